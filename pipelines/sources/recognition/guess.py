"""Maps a file that no profile knows, by the names of its columns and by what their values look like.

Put here: which kind it may be, which column is which, how sure that is and why. Keep out: how days and amounts are
written (`written_formats.py`), and asking.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.sources.recognition.column_facts import ColumnFacts
from regulars.pipelines.sources.recognition.flags import Flags, find_flags
from regulars.pipelines.warehouse.sql_text import quote_identifier

_NAMES = Path(__file__).with_name("column_names.yaml")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "order_lines": ("order_id", "product_id", "quantity", "unit_price"),
    "orders": ("order_id", "ordered_at", "gross_sales"),
    "survey_responses": ("score", "answered_at"),
    "tickets": ("ticket_id", "opened_at"),
    "fx_rates": ("rate_date", "currency", "rate"),
    "customers": ("customer_record_id", "email"),
    "products": ("product_id", "product_name", "category"),
}
"""Kind -> the columns without which a file is not of it; the more telling kinds first."""
_RECOMMEND = re.compile(r"recommend|weiterempfehl|suositte|recommand|recomend|rekommend|aanbevel|polec|anbefal", re.I)
_WITH_EXTRAS = {"total", "amount", "order total", "grand total", "total amount", "total price", "gesamtbetrag", "sum"}
"""Names of amounts that may hold tax and shipping."""
_EXTRAS = {"tax", "vat", "shipping", "discount", "discounts", "mwst", "ust", "versand", "rabatt", "freight", "tip"}
_COMMON = {"id", "created", "created at", "date", "datum", "amount", "total", "name", "email", "timestamp"}
"""Names that tables of every kind have: a key by such a name alone says nothing of the kind."""
_ONE_ROW_EACH = ("customers", "orders", "tickets", "products")
_MOST = 0.9
_FEW = 2

Sureness = Literal["sure", "likely", "unsure"]


@dataclass(frozen=True)
class Guess:
    """What a file may be.

    Attributes:
        kind: The kind of its rows.
        columns: Our column -> the file's, or a constant.
        sureness: `sure`: names and values agree. `likely`: the values say it, the names do not. `unsure`: something
            must be answered first.
        reasons: Why, a sentence each.
        questions: What must be answered: a column of ours, or `kind` -> the question.
        exclude: Rules that leave records out.
        further_questions: A key of the source -> a question that does not keep the file from being read.
    """

    kind: str
    columns: dict[str, Any]
    sureness: Sureness
    reasons: list[str] = field(default_factory=list)
    questions: dict[str, str] = field(default_factory=dict)
    exclude: dict[str, str] = field(default_factory=dict)
    further_questions: dict[str, str] = field(default_factory=dict)


def guess_mapping(facts: Sequence[ColumnFacts]) -> Guess | None:
    """What a file may be; None where nothing speaks for any kind.

    Args:
        facts: What its columns look like.
    """
    by_name = {_plain(each.column): each for each in reversed(facts)}
    for kind, needed in _NEEDED.items():
        columns = dict(_match_names(kind, by_name))
        reasons = [f"{ours} by the name `{each.column}`" for ours, each in columns.items() if ours in needed]
        _match_shapes(kind, columns, facts, reasons)
        if all(name in columns for name in needed):
            guess = _check(kind, columns, facts, reasons)
            return _add_flags(guess, find_flags(kind, by_name, {each.column for each in columns.values()}))
    return None


def _add_flags(guess: Guess, flags: Flags) -> Guess:
    return replace(
        guess,
        columns={**guess.columns, **flags.columns},
        reasons=[*guess.reasons, *flags.reasons],
        exclude=flags.exclude,
        further_questions=flags.questions,
    )


@cache
def _read_names() -> Mapping[str, Mapping[str, Sequence[str]]]:
    found: dict[str, dict[str, list[str]]] = yaml.safe_load(_NAMES.read_text(encoding="utf-8"))
    return found


def _plain(name: str) -> str:
    """`Customer_ID (UTC)` as `customer id`: small letters, one blank for whatever stands between them."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"\(.*?\)", " ", name))
    return re.sub(r"[\W_]+", " ", spaced.casefold()).strip()


def _match_names(kind: str, by_name: Mapping[str, ColumnFacts]) -> Iterator[tuple[str, ColumnFacts]]:
    used: set[str] = set()
    for ours, names in _read_names()[kind].items():
        found = next((by_name[name] for name in names if name in by_name and by_name[name].column not in used), None)
        if found is not None:
            used.add(found.column)
            yield ours, found


def _match_shapes(kind: str, columns: dict[str, ColumnFacts], facts: Sequence[ColumnFacts], reasons: list[str]) -> None:
    """Add what only the values tell: an address, an answer from 0 to 10 to a question that asks to recommend."""
    used = {each.column for each in columns.values()}
    free = [each for each in facts if each.column not in used and each.filled]
    if kind == "survey_responses" and "score" not in columns:
        asked = [each for each in free if _RECOMMEND.search(each.column) and each.share(each.scores) >= _MOST]
        if len(asked) == 1:
            columns["score"] = asked[0]
            reasons.append("score by a question that asks to recommend and is answered from 0 to 10")
    if "email" in _read_names()[kind] and "email" not in columns:
        addresses = [each for each in free if each.share(each.emails) >= _MOST]
        if len(addresses) == 1:
            columns["email"] = addresses[0]
            reasons.append(f"email by its values, {addresses[0].share(addresses[0].emails):.0%} of which are addresses")


def _check(kind: str, found: dict[str, ColumnFacts], facts: Sequence[ColumnFacts], reasons: list[str]) -> Guess:
    """Compare the values with what the names say; whatever does not agree is a question."""
    questions: dict[str, str] = {}
    columns: dict[str, Any] = {}
    for ours, each in found.items():
        doubt = _find_doubt(kind, ours, each)
        if doubt and ours not in _NEEDED[kind]:
            continue  # a column of another meaning, which nothing needs
        columns[ours] = each.column
        if doubt:
            questions[ours] = doubt
    if kind == "orders":
        questions |= _question_total(found["gross_sales"], facts)
    if kind == "survey_responses":
        questions |= _set_scale(found["score"], columns)
        _name_responses(found, columns, reasons)
    key = found[_NEEDED[kind][0]]
    if kind in _ONE_ROW_EACH:
        if _plain(key.column) in _COMMON:
            questions["kind"] = f"nothing but common names such as `{key.column}` speaks for it: are its rows {kind}?"
        if key.distinct < key.filled * 0.9:
            questions[_NEEDED[kind][0]] = f"`{key.column}` repeats: what names one record?"
    if not facts or not facts[0].row_count:
        questions["kind"] = "the file has a header and no record, so that only its names speak: is it what it seems?"
    by_names = all("by the name" in reason for reason in reasons)
    return Guess(kind, columns, "unsure" if questions else "sure" if by_names else "likely", reasons, questions)


def _find_doubt(kind: str, ours: str, each: ColumnFacts) -> str:
    """What in the values speaks against a column being ours; empty: nothing."""
    column = KINDS[kind].column(ours)
    if column is None or not each.filled:
        return ""
    if ours == "email" and each.share(each.emails) < 0.8:
        return f"only {each.share(each.emails):.0%} of `{each.column}` are addresses: which column is the address?"
    if column.form in ("moment", "date") and each.share(each.days) < _MOST:
        return f"`{each.column}` is written like `{each.shape}`: which column is the day?"
    if column.form == "number" and each.share(each.numbers) < _MOST:
        return f"`{each.column}` is written like `{each.shape}`: which column is the number?"
    if column.form == "currency" and not re.fullmatch("[Aa]{3}", each.shape):
        return f"`{each.column}` is written like `{each.shape}`: which currency is meant?"
    return ""


def _question_total(amount: ColumnFacts, facts: Sequence[ColumnFacts]) -> Iterator[tuple[str, str]]:
    words = {word for each in facts for word in _plain(each.column).split()}
    if amount.filled > _FEW and amount.whole == amount.filled:
        yield "gross_sales", f"no value of `{amount.column}` has cents: is it in cents, or in whole units?"
    elif _plain(amount.column) in _WITH_EXTRAS and words & _EXTRAS:
        yield "gross_sales", f"are tax, shipping and discounts within `{amount.column}`, or beside it?"


def _name_responses(found: Mapping[str, ColumnFacts], columns: dict[str, Any], reasons: list[str]) -> None:
    """An answer without an id of its own is told apart by its time and its address."""
    if "response_id" not in found:
        cells = [quote_identifier(found[ours].column) for ours in ("answered_at", "email", "score") if ours in found]
        columns["response_id"] = {"sql": f"concat_ws(' ', {', '.join(cells)})"}
        reasons.append("answers have no id of their own and are told apart by time, address and score")


def _set_scale(score: ColumnFacts, columns: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The survey's type and scale, where the values tell."""
    named_nps = "nps" in _plain(score.column).split() or _RECOMMEND.search(score.column)
    if score.share(score.scores) < _MOST:
        yield "score", f"`{score.column}` is written like `{score.shape}`: which column is the score?"
    if named_nps and (score.highest or 0) > 5:
        columns |= {"survey_type": {"value": "nps"}, "scale_min": {"value": "0"}, "scale_max": {"value": "10"}}
    else:
        columns |= {"survey_type": {"value": "csat"}, "scale_min": {"value": "1"}, "scale_max": {"value": "5"}}
        yield (
            "survey_type",
            f"what does `{score.column}` ask, and on which scale (the highest answer is {score.highest})?",
        )
