"""Whether predictions were right: a year that the models had not seen, expected against what came.

Put here: the section, and tenth by tenth (`meta.clv_evaluation`). Keep out: week by week (`tracking.py`), what is
expected of the next year (`worth.py`).
"""

from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.bars import Pair, PairedBars
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Key, Part, Section, Table, absent
from regulars.pipelines.report.sections.methods import (
    chosen_rows,
    describe_amount_error,
    describe_count_error,
    name_method,
)
from regulars.pipelines.report.sections.tracking import cumulative_part, weekly_part
from regulars.pipelines.report.words import counted
from regulars.pipelines.report.words.words import ABSENT, Words


def tested_section(facts: ReportFacts, words: Words) -> Section:
    """Expected against actual: in all, by tenth, by week, and by method."""
    title = words.say("Were such predictions right?")
    means = words.say(
        "In every run each method is told nothing of the latest stretch, predicts it, and is compared with what "
        "happened. The one that is closest for single customers is used, and of those that are hardly apart the one "
        "whose total is closest; that may be a plain average. A purchase is a day with an order. Tenths are of the "
        "customers, by the value expected of them."
    )
    found = facts.predictions
    if not found.tests:
        return Section("tested", title, "", [[absent(_why_untested(found.expected, words))]], means)
    rows = [
        decile_parts(found.tests, facts.currency, words),
        [weekly_part(found.weeks, words), cumulative_part(found.weeks, words)] if found.weeks else [_no_weeks(words)],
        [Part(table=_methods_table(found.tests, words))],
        [Part(table=_reasons_table(found.tests, words))],
    ]
    return Section("tested", title, describe_test(found.tests, words), rows, means)


def _why_untested(expected: Row | None, words: Words) -> str:
    if expected is None:
        return words.say("Nothing could be tested yet.")
    return words.say("Nothing could be tested yet: {reason}.", reason=expected["reason"])


def _no_weeks(words: Words) -> Part:
    nothing = absent(words.say("No model could be followed: none was tested."))
    return Part(title=words.say("Repeat purchases, week by week"), sentences=nothing.sentences)


def describe_test(tests: Rows, words: Words) -> str:
    """What the method that is used expected, and what came."""
    [whole] = chosen_rows(tests, "all")
    told = words.say(
        "Told nothing after {trained_through}, {method} expected {expected} purchases of {customers} in the {days} to "
        "{day}; {actual} came ({error}).",
        trained_through=words.day(whole["trained_through"]),
        method=name_method(whole["method"], words),
        expected=words.count(whole["predicted_purchases"]),
        customers=counted.customers(words, whole["customers"]),
        days=counted.days(words, whole["horizon_days"]),
        day=words.day(whole["as_of"]),
        actual=words.count(whole["actual_purchases"]),
        error=describe_count_error(whole["purchases_error_rate"], words),
    )
    plain = words.say("No model did clearly better for single customers than this plain average, so it predicts.")
    return f"{told} {plain}" if whole["is_baseline"] else told


def decile_parts(tests: Rows, currency: str, words: Words) -> list[Part]:
    """Expected against actual by tenth of the customers: purchases, and value."""
    rows = sorted(chosen_rows(tests, "decile"), key=lambda row: int(row["scope_value"]))
    if not rows:
        return [absent(words.say("There are too few customers for tenths."))]
    return [_purchases_part(rows, words), _value_part(rows, currency, words)]


def _purchases_part(rows: Rows, words: Words) -> Part:
    best = rows[-1]
    pairs = [_pair(row, row["predicted_purchases"], row["actual_purchases"], "", words) for row in rows]
    name = words.say("Purchases per customer by decile, expected and actual")
    return Part(
        title=words.say("Purchases per customer, by tenth"),
        legend=_legend(words),
        picture=PairedBars(name, pairs, words.short, height=230, width=HALF),
        caption=words.say(
            "Of the tenth expected to bring most ({customers}), {expected} purchases were expected, {actual} came "
            "({error}).",
            customers=counted.customers(words, best["customers"]),
            expected=words.count(best["predicted_purchases"]),
            actual=words.count(best["actual_purchases"]),
            error=describe_count_error(best["purchases_error_rate"], words),
        ),
    )


def _value_part(rows: Rows, currency: str, words: Words) -> Part:
    best = rows[-1]
    pairs = [_pair(row, row["predicted_value"], row["actual_value"], currency, words) for row in rows]
    name = words.say("Value per customer by decile, expected and actual")
    return Part(
        title=words.say("Value per customer, by tenth"),
        legend=_legend(words),
        picture=PairedBars(name, pairs, words.short, height=230, width=HALF),
        caption=words.say(
            "Of the tenth expected to bring most ({customers}), {expected} was expected, {actual} came ({error}).",
            customers=counted.customers(words, best["customers"]),
            expected=words.amount(best["predicted_value"], currency),
            actual=words.amount(best["actual_value"], currency),
            error=describe_amount_error(best["value_error_rate"], words),
        ),
    )


def _legend(words: Words) -> list[Key]:
    return [Key("b", words.say("expected")), Key("a", words.say("came"))]


def _pair(row: Row, predicted: float, actual: float, currency: str, words: Words) -> Pair:
    expected, came = (max(0.0, total / row["customers"]) for total in (predicted, actual))
    told = words.say(
        "decile {decile}: {expected} expected, {actual} came, each of {customers}",
        decile=row["scope_value"],
        expected=words.amount(expected, currency, 2),
        actual=words.amount(came, currency, 2),
        customers=counted.customers(words, row["customers"]),
    )
    return Pair(str(row["scope_value"]), expected, came, told)


def _methods_table(tests: Rows, words: Words) -> Table:
    """Every method with its errors, the one that is used first."""
    headers = [
        words.say("method"),
        words.say("used?"),
        words.say("customers"),
        words.say("purchases expected"),
        words.say("came"),
        words.say("total off by"),
        words.say("off per customer"),
        words.say("order of customers right"),
        words.say("share of value in its best fifth"),
        words.say("coverage of ranges, nominal / actual"),
    ]
    body = [
        [
            name_method(row["method"], words),
            words.say("yes") if row["is_chosen"] else words.say("no"),
            words.count(row["customers"]),
            words.count(row["predicted_purchases"]),
            words.count(row["actual_purchases"]),
            words.change(row["purchases_error_rate"]),
            words.number(row["mae_purchases"], 2),
            words.number(row["rank_correlation_purchases"], 2),
            words.percent(row["top_20_percent_capture"], 0),
            _coverage(row, words),
        ]
        for row in _of_everybody(tests)
    ]
    caption = words.say("Methods, each told nothing of the test")
    return Table(caption, headers, body, fold=words.say("All methods compared"))


def _reasons_table(tests: Rows, words: Words) -> Table:
    caption = words.say("Why each is used or not, and what is wrong with its fit")
    body = [[name_method(row["method"], words), str(row["reason"])] for row in _of_everybody(tests)]
    fold = words.say("Why each method is used or not")
    return Table(caption, [words.say("method"), words.say("why")], body, texts=2, fold=fold)


def _of_everybody(tests: Rows) -> list[Row]:
    return [row for row in tests if row["scope"] == "all"]


def _coverage(row: Row, words: Words) -> str:
    if not row["customers_with_interval"]:
        return ABSENT
    nominal = words.percent(row["purchases_interval_nominal_coverage"], 0)
    return f"{nominal} / {words.percent(row['purchases_interval_covered'], 0)}"
