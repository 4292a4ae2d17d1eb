"""Maps a file that no profile knows, by the names of its columns and by what their values look like.

Put here: which kind it may be, which column is which, how sure that is and why. Keep out: how days and amounts are
written (`written_formats.py`), and asking.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.sources.recognition.amounts import (
    drop_net_of_fees,
    find_refunds,
    find_tax_basis,
    is_before_tax,
    is_goods_alone,
    question_silent_tax,
    settle_tax,
)
from regulars.pipelines.sources.recognition.column_facts import ColumnFacts
from regulars.pipelines.sources.recognition.column_names import (
    bare_name,
    match_names,
    name_facts,
    plain_name,
    read_names,
)
from regulars.pipelines.sources.recognition.flags import Flags, find_flags
from regulars.pipelines.sources.recognition.further_columns import (
    question_spend,
    settle_first_reply,
    settle_subscriptions,
)
from regulars.pipelines.sources.recognition.open_questions import Questions
from regulars.pipelines.sources.recognition.other_rows import (
    find_staff_column,
    has_totals,
    leave_out_rows,
    question_row_types,
    question_staff,
    question_suppliers,
    question_things,
)
from regulars.pipelines.sources.recognition.state_flags import read_states
from regulars.pipelines.sources.recognition.states import States
from regulars.pipelines.sources.surveys.unfinished_answers import Unfinished, add_rule
from regulars.pipelines.warehouse.sql_text import quote_identifier

NEEDED: Mapping[str, tuple[str, ...]] = {
    "subscriptions": ("subscription_id", "started_at", "amount"),
    "order_lines": ("order_id", "product_id", "quantity", "unit_price"),
    "orders": ("order_id", "ordered_at", "gross_sales"),
    "survey_responses": ("score", "answered_at"),
    "tickets": ("ticket_id", "opened_at"),
    "fx_rates": ("rate_date", "currency", "rate"),
    "acquisition_spend": ("month", "campaign", "amount"),
    "customers": ("customer_record_id", "email"),
    "products": ("product_id", "product_name", "category"),
}
"""Kind -> the columns without which a file is not of it; the more telling kinds first."""
_INSTEAD = {"amount": "monthly_amount", "campaign": "channel"}
"""A column that a kind needs -> another that does as well."""
_RECOMMEND = re.compile(r"recommend|weiterempfehl|suositte|recommand|recomend|rekommend|aanbevel|polec|anbefal", re.I)
_DAMAGED_ID = re.compile(r"9([.,]9+)?A\+9+")
"""The shape of a long id that a spreadsheet has opened and saved, as 7.21045E+12."""
_EXTRAS = {
    "tax",
    "vat",
    "shipping",
    "discount",
    "discounts",
    "mwst",
    "ust",
    "versand",
    "rabatt",
    "freight",
    "tip",
    "fee",
    "fees",
}
_PRICED = {"orders": "gross_sales", "order_lines": "unit_price"}
"""Kind -> its amount that may hold the tax."""
_COMMON = {"id", "created", "created at", "date", "datum", "amount", "total", "name", "email", "timestamp"}
"""Names that tables of every kind have: a key by such a name alone says nothing of the kind."""
_ONE_ROW_EACH = ("customers", "orders", "tickets", "products")
_MOST = 0.9
_FEW = 2
_FEW_ADDRESSES = 0.2

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
        further_kinds: Kind -> its mapping, for kinds that the same rows feed too.
    """

    kind: str
    columns: dict[str, Any]
    sureness: Sureness
    reasons: list[str] = field(default_factory=list)
    questions: Questions = field(default_factory=Questions)
    exclude: dict[str, str] = field(default_factory=dict)
    further_questions: Questions = field(default_factory=Questions)
    further_kinds: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def written(self) -> dict[str, Any]:
        """Its mapping as the settings write it: one kind with `kind`, several with `kinds`."""
        if not self.further_kinds:
            return {"kind": self.kind, "columns": self.columns}
        return {"kinds": {self.kind: {"columns": self.columns}, **self.further_kinds}}


def guess_mapping(
    facts: Sequence[ColumnFacts], states: Sequence[States] = (), unfinished: Sequence[Unfinished] = ()
) -> Guess | None:
    """What a file may be; None where nothing speaks for any kind.

    Args:
        facts: What its columns look like.
        states: What its columns of states say.
        unfinished: What its columns say of unfinished answers, if it is a survey.
    """
    by_name = name_facts(facts)
    for kind, needed in NEEDED.items():
        if kind == "customers" and find_staff_column(facts):
            continue
        columns = dict(match_names(kind, drop_net_of_fees(by_name) if kind == "orders" else by_name))
        if kind == "subscriptions" and "order_id" in dict(match_names("orders", by_name)):
            continue  # orders that subscriptions made
        reasons = [f"{ours} by the name `{each.column}`" for ours, each in columns.items() if ours in needed]
        _match_shapes(kind, columns, facts, reasons)
        needed = tuple(each if each in columns else _INSTEAD.get(each, each) for each in needed)
        is_there = all(name in columns for name in needed)
        # columns without a value say nothing, unless no record is there at all
        is_filled = is_there and (all(columns[name].filled for name in needed) or not facts[0].row_count)
        if is_filled:
            guess = _check(kind, columns, facts, reasons)
            used = {each.column for each in columns.values()}
            guess = _add_flags(guess, find_flags(kind, by_name, used))
            if kind == "survey_responses":
                _leave_out_unfinished(guess, [each for each in unfinished if each.column not in used])
            if kind == "orders" and (refunds := find_refunds(by_name, guess.columns)):
                guess = replace(guess, further_kinds={"refunds": refunds})
            return _add_flags(guess, read_states(kind, states, guess.columns, has_refunds=bool(guess.further_kinds)))
    return None


def _add_flags(guess: Guess, flags: Flags) -> Guess:
    return replace(
        guess,
        columns={**guess.columns, **flags.columns},
        reasons=[*guess.reasons, *flags.reasons],
        exclude={**guess.exclude, **flags.exclude},
        further_questions=Questions(guess.further_questions, flags.questions),
    )


def _match_shapes(kind: str, columns: dict[str, ColumnFacts], facts: Sequence[ColumnFacts], reasons: list[str]) -> None:
    """Add what only the values tell: an address, an answer from 0 to 10 to a question that asks to recommend."""
    used = {each.column for each in columns.values()}
    free = [each for each in facts if each.column not in used and each.filled]
    if kind == "survey_responses" and "score" not in columns:
        asked = [each for each in free if _RECOMMEND.search(each.column) and each.share(each.scores) >= _MOST]
        if len(asked) == 1:
            columns["score"] = asked[0]
            reasons.append("score by a question that asks to recommend and is answered from 0 to 10")
    if "email" in read_names()[kind] and "email" not in columns:
        addresses = [each for each in free if each.share(each.emails) >= _MOST]
        if len(addresses) == 1:
            columns["email"] = addresses[0]
            reasons.append(f"email by its values, {addresses[0].share(addresses[0].emails):.0%} of which are addresses")


def _check(kind: str, found: dict[str, ColumnFacts], facts: Sequence[ColumnFacts], reasons: list[str]) -> Guess:
    """Compare the values with what the names say; whatever does not agree is a question."""
    questions, further = Questions(), Questions()
    columns: dict[str, Any] = {}
    by_names = all("by the name" in reason for reason in reasons)
    needed = {each if each in found else _INSTEAD.get(each, each) for each in NEEDED[kind]}
    for ours, each in found.items():
        doubt = _find_doubt(kind, ours, each)
        if doubt and ours not in needed:
            continue  # a column of another meaning, which nothing needs
        columns[ours] = each.column
        if doubt:
            questions.ask(ours, doubt)
    doubts = {*questions}  # nobody can say of words whether they hold the tax
    if kind == "orders":
        if "gross_sales" not in doubts:
            questions.ask_all(_question_total(found["gross_sales"], facts, columns))
        settle_tax(found, columns, reasons, questions)
    if kind in _PRICED and _PRICED[kind] not in doubts:
        further.ask_all(question_silent_tax(found[_PRICED[kind]], columns))
    if kind == "order_lines" and find_tax_basis(price := found["unit_price"].column) in ("with", "either"):
        questions.ask("unit_price", f"`{price}` is with tax, or may be: which column is the price without?")
    if kind == "subscriptions":
        priced = "monthly_amount" if "monthly_amount" in columns else "amount"
        settle_subscriptions(found, facts, columns, reasons, questions)
        if priced not in doubts:
            further.ask_all(question_silent_tax(found[priced], columns))
    if kind == "acquisition_spend":
        questions.ask_all(question_spend(found, facts))
    if kind == "tickets":
        further.ask_all(settle_first_reply(facts, columns, reasons).items())
    questions.ask_all(question_suppliers(kind, facts, columns))
    questions.ask_all(question_row_types(kind, facts, columns))
    questions.ask_all(question_staff(kind, facts))
    questions.ask_all(question_things(kind, facts))
    if kind == "survey_responses":
        questions.ask_all(_set_scale(found["score"], columns))
        _name_responses(found, columns, reasons)
    key = found[NEEDED[kind][0]]
    exclude = dict(leave_out_rows(kind, found, reasons))
    if kind in _ONE_ROW_EACH:
        if plain_name(key.column) in _COMMON and "kind" not in questions:
            questions.ask(
                "kind", f"nothing but common names such as `{key.column}` speaks for it: are its rows {kind}?"
            )
        if key.distinct < key.filled * 0.9:
            questions.ask(NEEDED[kind][0], f"`{key.column}` repeats: what names one record?")
    if not facts or not facts[0].row_count:
        questions.ask("kind", "the file has a header and no record, so that only its names speak: is it what it seems?")
    sureness: Sureness = "unsure" if questions else "sure" if by_names else "likely"
    return Guess(kind, columns, sureness, reasons, questions, exclude, further_questions=further)


def _leave_out_unfinished(guess: Guess, found: Sequence[Unfinished]) -> None:
    add_rule(guess.exclude, found)
    guess.reasons.extend(f"{each.words}: left out" for each in found)


def _find_doubt(kind: str, ours: str, each: ColumnFacts) -> str:
    """What in the values speaks against a column being ours; empty: nothing."""
    column = KINDS[kind].column(ours)
    if column is None or not each.filled:
        return ""
    if ours == "email" and each.share(each.emails) < 0.8:
        return f"only {each.share(each.emails):.0%} of `{each.column}` are addresses: which column is the address?"
    if ours == "month" and has_totals(each):
        return ""
    if column.form == "id" and _DAMAGED_ID.fullmatch(each.shape):
        return (
            f"`{each.column}` is written like `{each.shape}`, as a spreadsheet cuts long ids: export it from the tool"
        )
    if column.form == "id" and ours != "customer_record_id" and each.share(each.emails) > _FEW_ADDRESSES:
        return f"`{each.column}` holds e-mail addresses: are columns exchanged, or which one is it?"
    if column.form in ("moment", "date") and each.share(each.days) < _MOST:
        return f"`{each.column}` is written like `{each.shape}`: which column is the day?"
    if column.form == "number" and ours != "score" and (each.share(each.numbers) < _MOST or "%" in each.shape):
        return f"`{each.column}` is written like `{each.shape}`: which column is the number?"
    if column.form == "currency" and not re.fullmatch("[Aa]{3}", each.shape):
        return f"`{each.column}` is written like `{each.shape}`: which currency is meant?"
    return ""


def _question_total(
    amount: ColumnFacts, facts: Sequence[ColumnFacts], columns: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    is_settled = bool(find_tax_basis(amount.column)) or is_before_tax(amount.column)  # its name says it of the tax
    is_beside = bool({"shipping", "discounts", *(() if is_settled else ("tax",))} & columns.keys())
    beside = [each for each in facts if each is not amount and not (is_settled and each.column == columns.get("tax"))]
    words = {word for each in beside for word in bare_name(each.column.casefold()).split()}
    if amount.filled > _FEW and amount.whole == amount.filled:
        yield "gross_sales", f"no value of `{amount.column}` has cents: is it in cents, or in whole units?"
    elif not is_goods_alone(amount.column) and (is_beside or words & _EXTRAS):
        yield "gross_sales", f"are tax, shipping and discounts within `{amount.column}`, or beside it?"


def _name_responses(found: Mapping[str, ColumnFacts], columns: dict[str, Any], reasons: list[str]) -> None:
    """An answer without an id of its own is told apart by its time and its address."""
    if "response_id" not in found:
        cells = [quote_identifier(found[ours].column) for ours in ("answered_at", "email", "score") if ours in found]
        columns["response_id"] = {"sql": f"concat_ws(' ', {', '.join(cells)})"}
        reasons.append("answers have no id of their own and are told apart by time, address and score")


def _set_scale(score: ColumnFacts, columns: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The survey's type and scale, where the values tell."""
    named_nps = "nps" in plain_name(score.column).split() or _RECOMMEND.search(score.column)
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
