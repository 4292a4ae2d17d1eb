"""Finds the columns that mark test records and cancelled orders, in a file that no profile knows.

Put here: their names, and what follows from their values. Keep out: every other column (`guess.py`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.sources.recognition.column_facts import ColumnFacts
from regulars.pipelines.sources.recognition.open_questions import Questions
from regulars.pipelines.warehouse.sql_text import quote_identifier

_TESTS = (
    *(
        "is test",
        "test order",
        "is test order",
        "test customer",
        "is test customer",
        "test mode",
        "testmode",
        "is demo",
    ),
    *("testbestellung", "testauftrag", "testkunde", "testitilaus", "test", "demo"),
)
_MAY_BE_ANOTHER = ("test", "demo")
"""Names that may mean another test, such as that of two prices."""
_CANCELLED_AT = (
    *(
        "cancelled at",
        "canceled at",
        "cancelled on",
        "canceled on",
        "cancelled date",
        "canceled date",
        "date cancelled",
    ),
    *("date canceled", "cancellation date", "cancel date", "cancelation date", "voided at", "storniert am"),
    *("stornodatum", "peruttu pvm", "annulé le"),
)
_CANCELLED = (
    *("is cancelled", "is canceled", "cancelled", "canceled", "is void", "voided", "void", "storniert", "storno"),
    *("peruttu", "annulé"),
)
_LEFT_AT = {
    *("unsub time", "unsubscribed at", "unsubscribe date", "unsubscribed on", "unsubscribed date", "opt out date"),
    *("opted out at", "opt out time", "unsubscribe time", "abgemeldet am", "peruttu uutiskirje", "désinscrit le"),
}
"""Names of the moment since when nobody may be written to."""
_LEFT = {
    *("unsubscribed", "opted out", "opt out", "email opt out", "opted out of email", "do not email", "no email"),
    *("unsubscribed from all email", "has opted out of email", "email optout", "abgemeldet", "désinscrit"),
}
_JOINED = {
    *("email opt in", "opted in", "opt in", "accepts marketing", "accepts email marketing", "email marketing consent"),
    *("marketing consent", "newsletter", "newsletter opt in", "email consent", "subscribed", "consent to email"),
}
_WRITES = {
    *("email status", "email subscription status", "newsletter status", "email marketing status", "member status"),
    *("email marketing consent", "consent", "email consent", "marketing status", "subscriber status", "opt in status"),
}
_NO_MAIL = ("unsubscribed", "opted out", "opted-out", "opted_out", "opt-out", "abgemeldet", "désinscrit", "cleaned")
_MAIL = ("subscribed", "opted in", "opted-in", "opted_in", "opt-in", "abonniert", "confirmed")
_MOST = 0.9


@dataclass(frozen=True)
class Flags:
    """What marks were found.

    Attributes:
        columns: Our column -> the file's, or an expression.
        exclude: Rules that leave records out, as the settings write them.
        reasons: Why, a sentence each.
        questions: What nobody can know; the source is read all the same.
    """

    columns: dict[str, Any] = field(default_factory=dict)
    exclude: dict[str, str] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    questions: Questions = field(default_factory=Questions)


def find_flags(kind: str, by_name: Mapping[str, ColumnFacts], used: Collection[str]) -> Flags:
    """The marks of a file.

    Args:
        kind: What its rows are.
        by_name: Its columns, by their names in small letters with blanks.
        used: Columns of the file that have another meaning.
    """
    free = {name: each for name, each in by_name.items() if each.column not in used}
    found = Flags()
    _find_tests(kind, free, found)
    if kind == "customers":
        _find_consent(free, found)
    if KINDS[kind].column("is_cancelled") is not None:
        _find_cancelled(free, found)
    return found


def _find_tests(kind: str, free: Mapping[str, ColumnFacts], found: Flags) -> None:
    name, each = _choose(free, _TESTS)
    if each is None:
        return
    is_column = KINDS[kind].column("is_test") is not None
    rule = f"lower(trim(coalesce({quote_identifier(each.column)}, ''))) in ('true', 't', 'yes', 'y', '1')"
    if each.filled and each.share(each.flags) < _MOST:
        do = "name it in `columns.is_test`" if is_column else "leave them out with a rule in `exclude`"
        found.questions.ask("exclude.tests", f"does `{each.column}` mark test records? Then {do}")
        return
    if is_column:
        found.columns["is_test"] = each.column
    else:
        found.exclude["tests"] = rule
    found.reasons.append(f"records that `{each.column}` marks are tests, which never count")
    if name in _MAY_BE_ANOTHER:
        found.questions.ask("exclude.tests", f"is `{each.column}` the mark of test records, and no other test?")


def _find_cancelled(free: Mapping[str, ColumnFacts], found: Flags) -> None:
    _, moment = _choose(free, _CANCELLED_AT)
    _, flag = _choose(free, _CANCELLED)
    if moment is not None and (not moment.filled or moment.share(moment.days) >= _MOST):
        found.columns["is_cancelled"] = {"sql": f"trim(coalesce({quote_identifier(moment.column)}, '')) <> ''"}
        found.reasons.append(f"an order with a value in `{moment.column}` is cancelled, and never counts")
    elif flag is not None and flag.filled and flag.share(flag.flags) >= _MOST:
        found.columns["is_cancelled"] = flag.column
        found.reasons.append(f"orders that `{flag.column}` marks are cancelled, and never count")
    elif (doubtful := moment or flag) is not None and doubtful.filled:
        found.questions.ask(
            "columns.is_cancelled",
            f"`{doubtful.column}` is written like `{doubtful.shape}`: which of its values say that an order was "
            "cancelled? Until then all count",
        )


def _find_consent(free: Mapping[str, ColumnFacts], found: Flags) -> None:
    """Whether each customer may be written to, where a moment, a yes or no, or a word of subscription says it."""
    filled = {name: each for name, each in free.items() if each.filled}
    moment = next((each for name, each in filled.items() if name in _LEFT_AT), None)
    left = next((each for name, each in filled.items() if name in _LEFT and each.share(each.flags) >= _MOST), None)
    joined = next((each for name, each in filled.items() if name in _JOINED and each.share(each.flags) >= _MOST), None)
    words = next((each for name, each in filled.items() if name in _WRITES and not each.flags), None)
    if moment is not None and moment.share(moment.days) >= _MOST:
        cell = quote_identifier(moment.column)
        found.columns["email_opt_in"] = {"sql": f"case when trim(coalesce({cell}, '')) <> '' then 'false' end"}
        found.reasons.append(f"who has a value in `{moment.column}` is not to be written to")
    elif left is not None:
        cell = f"lower(trim({quote_identifier(left.column)}))"
        found.columns["email_opt_in"] = {"sql": f"case when {cell} in ('true', 't', 'yes', 'y', '1') then 'false' end"}
        found.reasons.append(f"who is marked in `{left.column}` is not to be written to")
    elif joined is not None:
        found.columns["email_opt_in"] = joined.column
        found.reasons.append(f"`{joined.column}` says who may be written to")
    elif words is not None:
        cell = f"lower(trim({quote_identifier(words.column)}))"
        no, yes = (", ".join(f"'{word}'" for word in each) for each in (_NO_MAIL, _MAIL))
        found.columns["email_opt_in"] = {
            "sql": f"case when {cell} in ({no}) then 'false' when {cell} in ({yes}) then 'true' end"
        }
        found.reasons.append(f"whom `{words.column}` calls unsubscribed is not to be written to")


def _choose(free: Mapping[str, ColumnFacts], names: Sequence[str]) -> tuple[str, ColumnFacts | None]:
    name = next((each for each in names if each in free), "")
    return name, free.get(name)
