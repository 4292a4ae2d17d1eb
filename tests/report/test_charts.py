import datetime as dt
import re
from decimal import Decimal

import pytest

from regulars.pipelines.report.charts.axes import choose_ticks, list_month_labels
from regulars.pipelines.report.charts.bars import Bar, BarChart, Pair, PairedBars
from regulars.pipelines.report.charts.heat_map import Cell, HeatMap, HeatRow, find_depth
from regulars.pipelines.report.charts.lines import Line, LineChart, Point, draw_sparkline
from regulars.pipelines.report.charts.svg import draw_svg, format_svg
from regulars.pipelines.report.words.words import read_words

DAY = dt.date(2026, 1, 31)
ENGLISH = read_words("en")


def drawn(picture, *, hover=True):
    return format_svg(draw_svg(picture, hover=hover))


def line_chart(*points, **options):
    return drawn(LineChart("n", [Line("a", points)], ENGLISH.short, **{"along": [], **options}))


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 0.47, [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        (-37, 92, [-50, 0, 50, 100]),
        (0, 27_000, [0, 10_000, 20_000, 30_000]),
        (0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (5, 5, [5, 5.2, 5.4, 5.6, 5.8, 6]),
        (0, 1e9, [0, 2e8, 4e8, 6e8, 8e8, 1e9]),
    ],
)
def test_an_axis_has_round_numbers_that_hold_everything(low, high, ticks):
    assert choose_ticks(low, high) == pytest.approx(ticks)


def test_one_point_alone_is_drawn():
    assert 'class="dot a"' in line_chart(Point(DAY, 0.5))


def test_a_day_without_a_value_parts_the_line():
    days = [DAY + dt.timedelta(days=n) for n in range(5)]
    line = [Point(day, value) for day, value in zip(days, [1.0, 2.0, None, 3.0, 4.0], strict=True)]
    assert line_chart(*line).count("<polyline") == 2


def rectangles(chart):
    """Class -> x, y and height of each rectangle, in order."""
    found = re.findall(r'<rect class="([^"]*)" x="([^"]*)" y="([^"]*)" width="[^"]*" height="([^"]*)"', chart)
    return [(kind, float(x), float(y), float(height)) for kind, x, y, height in found]


def test_a_bar_that_is_not_over_is_hatched():
    bars = [Bar(dt.date(2026, month, 1), [1.0, 2.0], is_complete=month < 3) for month in (1, 2, 3)]
    shapes = rectangles(drawn(BarChart("n", bars, ENGLISH.short, [])))
    [hatch] = [shape for shape in shapes if shape[0] == "hatch"]
    assert hatch[1] == shapes[-2][1]  # where the last month's parts stand
    assert hatch[3] == pytest.approx(shapes[-2][3] + shapes[-3][3], abs=0.1)  # as high as both


def test_parts_of_a_bar_stand_on_each_other():
    bar = Bar(dt.date(2026, 1, 1), [1.0, 2.0, 3.0])
    (_, _, first, tall), (_, _, second, taller), (_, _, third, tallest) = rectangles(
        drawn(BarChart("n", [bar], ENGLISH.short, []))
    )
    assert first == pytest.approx(second + taller, abs=0.1)
    assert second == pytest.approx(third + tallest, abs=0.1)
    assert (taller, tallest) == (pytest.approx(2 * tall, abs=0.2), pytest.approx(3 * tall, abs=0.2))


def test_a_band_goes_there_along_its_upper_edge_and_back_along_the_lower_one():
    points = [Point(place, 0.5, low=0.0, high=1.0) for place in (0, 1, 2)]
    [way] = re.findall('<polygon class="band a" points="([^"]*)"', line_chart(*points))
    x, y = zip(*(map(float, place.split(",")) for place in way.split()), strict=True)
    assert list(x) == [*x[:3], *reversed(x[:3])]
    assert max(y[:3]) < min(y[3:])  # y grows downwards


def test_letters_turn_bright_where_the_colour_is_too_deep_for_dark_ones():
    kinds = [find_depth(share, 0.5)[0] for share in (0.0, 0.33, 0.34, 0.41, 0.42, 0.9)]
    assert kinds == ["pale", "pale", "deep", "deep", "deepest", "deepest"]
    assert find_depth(0.9, 0.5)[1] == 1.0


def test_two_values_make_no_sparkline():
    assert draw_sparkline([1.0, None, 2.0]) is None
    assert "<polyline" in format_svg(draw_sparkline([1.0, 1.0, 1.0]))


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (Decimal("18560.6354"), "EUR", "18,560.64"),
        (Decimal("18560.6354"), "JPY", "18,561"),
        (Decimal("18560.6354"), "KWD", "18,560.635"),
        (Decimal("18560.6354"), None, "18,560.64"),
        (Decimal("1234.5000"), "EUR", "1,234.50"),
        (Decimal("0.0049"), "EUR", "0.0049"),
        (Decimal("-0.4"), "JPY", "−0.40"),
        (Decimal("-7"), "EUR", "−7.00"),
        (Decimal("0E-4"), "EUR", "0.00"),
        (None, "EUR", "–"),
    ],
)
def test_money_has_the_decimals_of_its_currency_and_is_never_written_as_nothing(value, currency, text):
    assert ENGLISH.money(value, currency) == text


def test_the_amounts_of_a_change_keep_their_tenths_of_a_cent():
    assert ENGLISH.exact_money(Decimal("0.0150")) == "0.015"


@pytest.mark.parametrize(("value", "text"), [(33.3, "+33"), (-7.6, "−8"), (0.2, "0"), (-0.2, "0"), (None, "–")])
def test_nps_has_a_sign_but_zero_has_none(value, text):
    assert ENGLISH.score(value) == text


@pytest.mark.parametrize(("value", "text"), [(950, "950"), (1500, "1.5k"), (2_000_000, "2M"), (0, "0"), (-1000, "−1k")])
def test_an_axis_is_labelled_in_short(value, text):
    assert ENGLISH.short(value) == text


def test_numbers_may_stand_along_a_chart():
    chart = line_chart(Point(0, 0.0), Point(10, 1.0), along=[(5, "half")], marks=[(2, "here")])
    assert ">half</text>" in chart
    assert 'class="after"' in chart  # left of the middle, the words stand to the right


def test_a_point_with_nothing_to_say_has_no_room_for_the_pointer():
    chart = line_chart(Point(0, 0.0, "zero"), Point(1, 1.0))
    assert chart.count('class="touch"') == chart.count("<title>") == 1


def test_what_a_name_holds_stays_text():
    hostile = LineChart("<script>\"'&", [Line("a", [Point(0, 1.0, "</title><script>")])], ENGLISH.short, [(0, "<b>")])
    chart = drawn(hostile)
    assert "<script" not in chart
    assert "<b>" not in chart


def test_months_beneath_a_chart_do_not_touch_and_name_the_year_once_a_year():
    labels = list_month_labels(dt.date(2025, 10, 15), dt.date(2026, 3, 1), ENGLISH)
    assert [text for _, text in labels] == ["Nov 2025", "Dec", "Jan 2026", "Feb", "Mar"]
    assert len(list_month_labels(dt.date(2016, 1, 1), dt.date(2026, 1, 1), ENGLISH, 500)) <= 8


def test_two_bars_stand_beside_each_other():
    chart = drawn(PairedBars("n", [Pair("1", 2.0, 4.0, "two of four")], ENGLISH.short))
    heights = [float(height) for height in re.findall(r'class="bar \w"[^>]* height="([\d.]+)"', chart)]
    assert heights[1] == pytest.approx(2 * heights[0], rel=1e-3)
    assert "<title>two of four</title>" in chart


def test_nothing_expected_and_nothing_come_makes_empty_bars():
    assert 'height="0.0"' in drawn(PairedBars("n", [Pair("1", 0.0, 0.0)], ENGLISH.short))


def test_a_heat_map_is_deepest_at_its_fullest_and_empty_where_nobody_can_be():
    row = HeatRow("top", [Cell(0.2, "20%", "20 of 100"), None])
    chart = drawn(HeatMap("n", [row], ["0", "1"], "months", full=0.2))
    assert chart.count("<rect") == 1
    assert "--v:1.00" in chart
    assert 'class="x deepest"' in chart
    assert ">20%</text>" in chart
    assert "<title>20 of 100</title>" in chart


@pytest.mark.parametrize(("value", "text"), [(0.025, "+2.5%"), (-0.1, "−10.0%"), (12.0, "+1,200.0%"), (None, "–")])
def test_a_difference_has_its_sign(value, text):
    assert ENGLISH.change(value) == text
