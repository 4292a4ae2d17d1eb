"""Whether predictions were right: a year that the models had not seen, expected against what came.

Put here: the section, and tenth by tenth (`meta.clv_evaluation`). Keep out: week by week (`tracking.py`), what is
expected of the next year (`worth.py`).
"""

from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.bars import Pair, PairedBars
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Key, Part, Section, Table, make_absent_part
from regulars.pipelines.report.sections.predictions.methods import (
    chosen_rows,
    describe_amount_error,
    describe_count_error,
    name_method,
)
from regulars.pipelines.report.sections.predictions.tracking import make_cumulative_part, make_weekly_part
from regulars.pipelines.report.words import counts
from regulars.pipelines.report.words.words import ABSENT, Words
from regulars.pipelines.transforms.clv.holdout import WHOLE_YEAR_DAYS


def build_tested(facts: ReportFacts, words: Words) -> Section:
    """Expected against actual: in all, by tenth, by week, and by method."""
    title = words.say("Were past predictions right?")
    means = words.say(
        "In every run each method is fitted without the latest period, predicts it, and is compared with what "
        "happened. The method that comes closest for single customers is used; of methods that are almost equal, "
        "the one whose total is closest. It may be a plain average. A purchase is a day with an order. Tenths "
        "divide the customers by their expected value."
    )
    found = facts.predictions
    if not found.tests:
        return Section("tested", title, "", [[make_absent_part(_explain_untested(found.expected, words))]], means)
    rows = [
        make_decile_parts(found.tests, facts.currency, words),
        [make_weekly_part(found.weeks, words), make_cumulative_part(found.weeks, words)]
        if found.weeks
        else [_make_absent_weeks(words)],
        [Part(table=_make_methods_table(found.tests, words))],
        [Part(table=_make_reasons_table(found.tests, words))],
    ]
    return Section("tested", title, describe_test(found.tests, words), rows, means)


def _explain_untested(expected: Row | None, words: Words) -> str:
    if expected is None:
        return words.say("Nothing could be tested yet.")
    return words.say("Nothing could be tested yet: {reason}.", reason=expected["reason"])


def _make_absent_weeks(words: Words) -> Part:
    nothing = make_absent_part(words.say("No model could be followed: none was tested."))
    return Part(title=words.say("Repeat purchases, week by week"), sentences=nothing.sentences)


def describe_test(tests: Rows, words: Words) -> str:
    """What the method that is used expected, and what came."""
    [whole] = chosen_rows(tests, "all")
    text = words.say(
        "Fitted on data through {trained_through}, {method} expected {expected} purchases of {customers} in the "
        "{days} to {day}; there were {actual} ({error}).",
        trained_through=words.day(whole["trained_through"]),
        method=name_method(whole["method"], words),
        expected=words.count(whole["predicted_purchases"]),
        customers=counts.format_customers(words, whole["holdout_customers"]),
        days=counts.format_days(words, whole["horizon_days"]),
        day=words.day(whole["as_of"]),
        actual=words.count(whole["actual_purchases"]),
        error=describe_count_error(whole["purchases_error_rate"], words),
    )
    sentences = [text]
    if whole["is_baseline"]:
        sentences.append(
            words.say("No model did clearly better for single customers than this plain average, so it predicts.")
        )
    if whole["horizon_days"] < WHOLE_YEAR_DAYS:
        sentences.append(
            words.say("A year is predicted, and this test says little about one: intervals are wider for it.")
        )
    return " ".join(sentences)


def make_decile_parts(tests: Rows, currency: str, words: Words) -> list[Part]:
    """Expected against actual by tenth of the customers: purchases, and value."""
    rows = sorted(chosen_rows(tests, "decile"), key=lambda row: int(row["scope_value"]))
    if not rows:
        return [make_absent_part(words.say("There are too few customers for tenths."))]
    return [_make_purchases_part(rows, words), _make_value_part(rows, currency, words)]


def _make_purchases_part(rows: Rows, words: Words) -> Part:
    best = rows[-1]
    pairs = [_make_pair(row, row["predicted_purchases"], row["actual_purchases"], "", words) for row in rows]
    name = words.say("Purchases per customer by decile, expected and actual")
    return Part(
        title=words.say("Purchases per customer, by tenth"),
        legend=_make_legend(words),
        picture=PairedBars(name, pairs, words.short, height=230, width=HALF),
        caption=words.say(
            "The tenth with the highest expected value ({customers}) was expected to make {expected} purchases and "
            "made {actual} ({error}).",
            customers=counts.format_customers(words, best["holdout_customers"]),
            expected=words.count(best["predicted_purchases"]),
            actual=words.count(best["actual_purchases"]),
            error=describe_count_error(best["purchases_error_rate"], words),
        ),
    )


def _make_value_part(rows: Rows, currency: str, words: Words) -> Part:
    best = rows[-1]
    pairs = [_make_pair(row, row["predicted_value"], row["actual_value"], currency, words) for row in rows]
    name = words.say("Value per customer by decile, expected and actual")
    return Part(
        title=words.say("Value per customer, by tenth"),
        legend=_make_legend(words),
        picture=PairedBars(name, pairs, words.short, height=230, width=HALF),
        caption=words.say(
            "The tenth with the highest expected value ({customers}) was expected to bring {expected} and brought "
            "{actual} ({error}).",
            customers=counts.format_customers(words, best["holdout_customers"]),
            expected=words.amount(best["predicted_value"], currency),
            actual=words.amount(best["actual_value"], currency),
            error=describe_amount_error(best["value_error_rate"], words),
        ),
    )


def _make_legend(words: Words) -> list[Key]:
    return [Key("b", words.say("expected")), Key("a", words.say("actual"))]


def _make_pair(row: Row, predicted: float, actual: float, currency: str, words: Words) -> Pair:
    expected, came = (max(0.0, total / row["holdout_customers"]) for total in (predicted, actual))
    text = words.say(
        "decile {decile}: {expected} expected, {actual} actual, for each of {customers}",
        decile=row["scope_value"],
        expected=words.amount(expected, currency, 2),
        actual=words.amount(came, currency, 2),
        customers=counts.format_customers(words, row["holdout_customers"]),
    )
    return Pair(str(row["scope_value"]), expected, came, text)


def _make_methods_table(tests: Rows, words: Words) -> Table:
    """Every method with its errors, the one that is used first."""
    headers = [
        words.say("method"),
        words.say("used?"),
        words.say("customers"),
        words.say("purchases expected"),
        words.say("actual"),
        words.say("error of the total"),
        words.say("error per customer"),
        words.say("rank correlation"),
        words.say("share of the value in its top fifth"),
        words.say("coverage of ranges, nominal / actual"),
    ]
    body = [
        [
            name_method(row["method"], words),
            words.say("yes") if row["is_chosen"] else words.say("no"),
            words.count(row["holdout_customers"]),
            words.count(row["predicted_purchases"]),
            words.count(row["actual_purchases"]),
            words.change(row["purchases_error_rate"]),
            words.number(row["mae_purchases"], 2),
            words.number(row["rank_correlation_purchases"], 2),
            words.percent(row["top_20_percent_capture"], 0),
            _format_coverage(row, words),
        ]
        for row in _list_whole_base(tests)
    ]
    caption = words.say("Methods, each fitted without the test period")
    return Table(caption, headers, body, fold=words.say("All methods compared"))


def _make_reasons_table(tests: Rows, words: Words) -> Table:
    caption = words.say("Why each is used or not, and what is wrong with its fit")
    body = [[name_method(row["method"], words), str(row["reason"])] for row in _list_whole_base(tests)]
    fold = words.say("Why each method is used or not")
    return Table(caption, [words.say("method"), words.say("why")], body, texts=2, fold=fold)


def _list_whole_base(tests: Rows) -> list[Row]:
    return [row for row in tests if row["scope"] == "all"]


def _format_coverage(row: Row, words: Words) -> str:
    if not row["customers_with_interval"]:
        return ABSENT
    nominal = words.percent(row["purchases_interval_nominal_coverage"], 0)
    return f"{nominal} / {words.percent(row['purchases_interval_covered'], 0)}"
