"""Finds the columns that mark test records and cancelled orders, in a file that no profile knows.

Put here: their names, and what follows from their values. Keep out: every other column (`guess.py`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.sources.recognition.column_facts import ColumnFacts
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
    questions: dict[str, str] = field(default_factory=dict)


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
        found.questions["exclude.tests"] = f"does `{each.column}` mark test records? Then {do}"
        return
    if is_column:
        found.columns["is_test"] = each.column
    else:
        found.exclude["tests"] = rule
    found.reasons.append(f"records that `{each.column}` marks are tests, which never count")
    if name in _MAY_BE_ANOTHER:
        found.questions["exclude.tests"] = f"is `{each.column}` the mark of test records, and no other test?"


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
        found.questions["columns.is_cancelled"] = (
            f"`{doubtful.column}` is written like `{doubtful.shape}`: which of its values say that an order was "
            "cancelled? Until then all count"
        )


def _choose(free: Mapping[str, ColumnFacts], names: Sequence[str]) -> tuple[str, ColumnFacts | None]:
    name = next((each for each in names if each in free), "")
    return name, free.get(name)
