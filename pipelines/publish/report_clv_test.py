"""The section on whether predictions were right: a year that the models had not seen, expected against what came.

Put here: pictures and words of `meta.clv_evaluation` and `meta.clv_tracking`. Keep out: reading
(`report_clv_facts.py`), what is expected of the next year (`report_clv.py`).
"""

from collections.abc import Sequence

from regulars.pipelines.publish import report_words as words
from regulars.pipelines.publish.report_answers import section
from regulars.pipelines.publish.report_axes import HALF
from regulars.pipelines.publish.report_charts import Pair, Point, line_chart, paired_bars
from regulars.pipelines.publish.report_facts import ReportFacts
from regulars.pipelines.publish.report_methods import chosen_rows, named, off
from regulars.pipelines.publish.report_reading import Row, Rows

WEEKS_SHOWN, POINTS_OF_A_CURVE = 156, 120
TITLE = "Were such predictions right?"
MEANS = (
    "Every night each method is told nothing of the latest stretch, predicts it, and is compared with what happened. "
    "The one that is closest for single customers is used, and of those that are hardly apart the one whose total is "
    "closest; that may be a plain average. A purchase is a day with an order. Tenths are of the customers, by the "
    "value expected of them."
)


def tested(facts: ReportFacts) -> str:
    """The section."""
    found = facts.predictions
    if not found.tests:
        reason = f": {found.expected['reason']}" if found.expected else ""
        return section("tested", TITLE, "", words.nothing(f"Nothing could be tested yet{reason}."), MEANS)
    inside = deciles(found.tests, facts.currency) + tracking(found.weeks)
    inside += words.folded("All methods compared", methods_table(found.tests))
    return section("tested", TITLE, lede(found.tests), inside, MEANS)


def lede(tests: Rows) -> str:
    """What the method that is used expected, and what came."""
    [whole] = chosen_rows(tests, "all")
    told = (
        f"Told nothing after {words.day(whole['trained_through'])}, {named(whole['method'])} expected "
        f"{words.count(whole['predicted_purchases'])} purchases of {words.plural(whole['customers'], 'customer')} "
        f"in the {words.plural(whole['horizon_days'], 'day')} to {words.day(whole['as_of'])}; "
        f"{words.count(whole['actual_purchases'])} came ({off(whole['purchases_error_rate'])})."
    )
    if whole["is_baseline"]:
        return f"{told} No model did clearly better for single customers than this plain average, so it predicts."
    return told


def deciles(tests: Rows, currency: str) -> str:
    """Expected against actual by tenth of the customers: purchases, and value."""
    rows = sorted(chosen_rows(tests, "decile"), key=lambda row: int(row["scope_value"]))
    if not rows:
        return words.nothing("There are too few customers for tenths.")
    parts = decile_chart(rows, "purchases", "") + decile_chart(rows, "value", currency)
    return f'<div class="two">{parts}</div>'


def decile_chart(rows: Rows, what: str, currency: str) -> str:
    """Per customer and tenth, what was expected and what came.

    Args:
        rows: `meta.clv_evaluation` of one method, scope decile, in order.
        what: `purchases` or `value`.
        currency: Stands before a value.
    """
    pairs = [_pair(row, what, currency) for row in rows]
    title = "Purchases per customer" if what == "purchases" else "Value per customer"
    name = f"{title} by decile, expected and actual"
    drawn = paired_bars(name, pairs, words.short, height=230, width=HALF)
    legend = words.legend(("b", "expected"), ("a", "came"))
    best = rows[-1]
    expected, actual = (_figure(best[f"{kind}_{what}"], currency) for kind in ("predicted", "actual"))
    if what == "purchases":
        both = f"{expected} purchases were expected, {actual} came ({off(best['purchases_error_rate'])})"
    else:
        both = f"{expected} was expected, {actual} came ({off(best['value_error_rate'], 'too little', 'too much')})"
    told = f"Of the tenth expected to bring most ({words.plural(best['customers'], 'customer')}), {both}."
    return f"<div><h3>{title}, by tenth</h3>{legend}{drawn}{words.caption(told)}</div>"


def _figure(value: float, currency: str) -> str:
    return words.amount(value, currency) if currency else words.count(value)


def _pair(row: Row, what: str, currency: str) -> Pair:
    expected, actual = (max(0.0, row[f"{kind}_{what}"] / row["customers"]) for kind in ("predicted", "actual"))
    title = (
        f"decile {row['scope_value']}: {f'{currency} {expected:,.2f}'.strip()} expected, "
        f"{f'{currency} {actual:,.2f}'.strip()} came, each of {words.plural(row['customers'], 'customer')}"
    )
    return Pair(str(row["scope_value"]), expected, actual, title)


def tracking(weeks: Rows) -> str:
    """Repeat purchases of all customers, week by week and all told."""
    title = "<h3>Repeat purchases, week by week</h3>"
    if not weeks:
        return title + words.nothing("No model could be followed: none was tested.")
    legend = words.legend(("a line", "came"), ("b line", "expected"))
    weekly = f"{title}{legend}{weekly_chart(weeks)}{words.caption(tracking_told(weeks))}"
    sums = f"<h3>All repeat purchases so far</h3>{legend}{cumulative_chart(weeks)}{words.caption(sums_told(weeks))}"
    return f'<div class="two"><div>{weekly}</div><div>{sums}</div></div>'


def sums_told(weeks: Rows) -> str:
    """What came and was expected by the last week, since the beginning."""
    last = weeks[-1]
    expected, actual = last["cumulative_expected_purchases"], last["cumulative_actual_purchases"]
    error = off(expected / actual - 1 if actual else None)
    return (
        f"By {words.day(last['week_end'])}, {words.count(actual)} repeat purchases had come where "
        f"{words.count(expected)} were expected ({error})."
    )


def tracking_told(weeks: Rows) -> str:
    """What the model expected of the weeks that it had not seen, and what came."""
    unseen = [row for row in weeks if row["is_forecast"]]
    by = named(weeks[0]["method"])
    if not unseen:
        return f"{by[0].upper()}{by[1:]} was trained through {words.day(weeks[0]['trained_through'])}."
    expected = sum(row["expected_purchases"] for row in unseen)
    actual = sum(row["actual_purchases"] for row in unseen)
    error = off(expected / actual - 1 if actual else None)
    return (
        f"In the {words.plural(len(unseen), 'week')} after its training {by} expected {words.count(expected)} repeat "
        f"purchases; {words.count(actual)} came ({error}). It knows no seasons: it is the level that should agree."
    )


def weekly_chart(weeks: Rows) -> str:
    """The latest three years, week by week."""
    return _lines("Repeat purchases by week, expected and actual", weeks[-WEEKS_SHOWN:], "")


def cumulative_chart(weeks: Rows) -> str:
    """All weeks, added up."""
    thin = -(-len(weeks) // POINTS_OF_A_CURVE)
    kept = weeks[::-1][::thin][::-1]  # from the last one back, so that the last is drawn
    return _lines("Repeat purchases so far, expected and actual", kept, "cumulative_")


def _lines(name: str, weeks: Rows, sums: str) -> str:
    actual, expected = f"{sums}actual_purchases", f"{sums}expected_purchases"
    lines: Sequence[tuple[str, list[Point]]] = [
        ("b", [Point(row["week_end"], row[expected]) for row in weeks]),
        ("a", [Point(row["week_end"], float(row[actual]), _told(row, actual, expected)) for row in weeks]),
    ]
    cut = weeks[0]["trained_through"]
    marks = [(cut, "not seen by the model →")] if weeks[0]["week_end"] <= cut < weeks[-1]["week_end"] else []
    return line_chart(name, lines, words.short, low=0, height=230, width=HALF, marks=marks)


def _told(row: Row, actual: str, expected: str) -> str:
    return f"{words.day(row['week_end'])}: {words.count(row[actual])} came, {words.count(row[expected])} expected"


def methods_table(tests: Rows) -> str:
    """Every method with its errors, the one that is used first."""
    rows = [row for row in tests if row["scope"] == "all"]
    headers = [
        "method",
        "used?",
        "customers",
        "purchases expected",
        "came",
        "total off by",
        "off per customer",
        "order of customers right",
        "share of value in its best fifth",
        "ranges claimed / held",
    ]
    body = [
        [
            named(row["method"]),
            "yes" if row["is_chosen"] else "no",
            words.count(row["customers"]),
            words.count(row["predicted_purchases"]),
            words.count(row["actual_purchases"]),
            words.change(row["purchases_error_rate"]),
            f"{row['mae_purchases']:.2f}",
            words.ABSENT if row["rank_correlation_purchases"] is None else f"{row['rank_correlation_purchases']:.2f}",
            words.percent(row["top_20_percent_capture"], 0),
            _coverage(row),
        ]
        for row in rows
    ]
    why = [[named(row["method"]), str(row["reason"])] for row in rows]
    return words.table("Methods, each told nothing of the test", headers, body) + words.table(
        "Why each is used or not, and what is wrong with its fit", ["method", "why"], why, texts=2
    )


def _coverage(row: Row) -> str:
    if not row["customers_with_interval"]:
        return words.ABSENT
    claimed, held = (row[f"purchases_interval_{what}"] for what in ("nominal_coverage", "covered"))
    return f"{words.percent(claimed, 0)} / {words.percent(held, 0)}"
