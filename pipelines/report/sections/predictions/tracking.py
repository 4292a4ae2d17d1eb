"""Repeat purchases of all customers week by week, expected against what came, also after the model's training.

Put here: pictures and words of `meta.clv_tracking`. Keep out: how each method did (`tested.py`).
"""

from regulars.pipelines.report.charts.axes import HALF, list_month_labels
from regulars.pipelines.report.charts.lines import Line, LineChart, Point
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.parts import Key, Part
from regulars.pipelines.report.sections.predictions.methods import describe_count_error, name_method
from regulars.pipelines.report.words import counts
from regulars.pipelines.report.words.words import Words

WEEKS_SHOWN, POINTS_OF_A_CURVE = 156, 120


def make_weekly_part(weeks: Rows, words: Words) -> Part:
    """The latest three years, week by week."""
    shown = weeks[-WEEKS_SHOWN:]
    actual = [Point(row["week_end"], float(row["actual_purchases"]), _describe_week(row, words)) for row in shown]
    expected = [Point(row["week_end"], row["expected_purchases"]) for row in shown]
    name = words.say("Repeat purchases by week, expected and actual")
    return Part(
        title=words.say("Repeat purchases, week by week"),
        legend=_make_legend(words),
        picture=_make_chart(name, shown, expected, actual, words),
        caption=_describe_forecast(weeks, words),
    )


def make_cumulative_part(weeks: Rows, words: Words) -> Part:
    """All weeks, added up."""
    thin = -(-len(weeks) // POINTS_OF_A_CURVE)
    shown = weeks[::-1][::thin][::-1]  # from the last one back, so that the last is drawn
    actual = [
        Point(row["week_end"], float(row["cumulative_actual_purchases"]), _describe_weeks_so_far(row, words))
        for row in shown
    ]
    expected = [Point(row["week_end"], row["cumulative_expected_purchases"]) for row in shown]
    name = words.say("Repeat purchases so far, expected and actual")
    return Part(
        title=words.say("All repeat purchases so far"),
        legend=_make_legend(words),
        picture=_make_chart(name, shown, expected, actual, words),
        caption=_describe_total(weeks[-1], words),
    )


def _make_legend(words: Words) -> list[Key]:
    return [Key("a line", words.say("actual")), Key("b line", words.say("expected"))]


def _make_chart(name: str, weeks: Rows, expected: list[Point], actual: list[Point], words: Words) -> LineChart:
    first, last, cut = weeks[0]["week_end"], weeks[-1]["week_end"], weeks[0]["trained_through"]
    return LineChart(
        name,
        [Line("b", expected), Line("a", actual)],
        words.short,
        list_month_labels(first, last, words, HALF),
        low=0,
        height=230,
        width=HALF,
        marks=[(cut, words.say("not seen by the model →"))] if first <= cut < last else [],
    )


def _describe_week(row: Row, words: Words) -> str:
    return _describe_point(row, row["actual_purchases"], row["expected_purchases"], words)


def _describe_weeks_so_far(row: Row, words: Words) -> str:
    return _describe_point(row, row["cumulative_actual_purchases"], row["cumulative_expected_purchases"], words)


def _describe_point(row: Row, actual: float, expected: float, words: Words) -> str:
    return words.say(
        "{day}: {actual} actual, {expected} expected",
        day=words.day(row["week_end"]),
        actual=words.count(actual),
        expected=words.count(expected),
    )


def _describe_forecast(weeks: Rows, words: Words) -> str:
    """What the model expected of the weeks that it had not seen, and what came."""
    unseen = [row for row in weeks if row["is_forecast"]]
    method = name_method(weeks[0]["method"], words)
    if not unseen:
        day = words.day(weeks[0]["trained_through"])
        return words.say("The training of {method} reaches to {day}.", method=method, day=day)
    expected = sum(row["expected_purchases"] for row in unseen)
    actual = sum(row["actual_purchases"] for row in unseen)
    return words.say(
        "In the {weeks} after its training {method} expected {expected} repeat purchases; there were {actual} "
        "({error}). It knows no seasons, so only the level should agree.",
        weeks=counts.format_weeks(words, len(unseen)),
        method=method,
        expected=words.count(expected),
        actual=words.count(actual),
        error=describe_count_error(expected / actual - 1 if actual else None, words),
    )


def _describe_total(last: Row, words: Words) -> str:
    """What came and was expected by the last week, since the beginning."""
    expected, actual = last["cumulative_expected_purchases"], last["cumulative_actual_purchases"]
    return words.say(
        "By {day} there were {actual} repeat purchases; {expected} were expected ({error}).",
        day=words.day(last["week_end"]),
        actual=words.count(actual),
        expected=words.count(expected),
        error=describe_count_error(expected / actual - 1 if actual else None, words),
    )
