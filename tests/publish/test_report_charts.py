import datetime as dt
import re
from decimal import Decimal

import pytest

from regulars.pipelines.publish import report_words as words
from regulars.pipelines.publish.report_axes import nice_ticks
from regulars.pipelines.publish.report_charts import Bar, Pair, Point, bar_chart, line_chart, paired_bars, sparkline
from regulars.pipelines.publish.report_heat import Cell, Line, heat_map

DAY = dt.date(2026, 1, 31)


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
    assert nice_ticks(low, high) == pytest.approx(ticks)


def test_one_point_alone_is_drawn():
    assert 'class="dot a"' in line_chart("n", [("a", [Point(DAY, 0.5)])], words.short)


def test_a_day_without_a_value_parts_the_line():
    days = [DAY + dt.timedelta(days=n) for n in range(5)]
    line = [Point(day, value) for day, value in zip(days, [1.0, 2.0, None, 3.0, 4.0], strict=True)]
    assert line_chart("n", [("a", line)], words.short).count("<polyline") == 2


def test_a_bar_that_is_not_over_is_hatched():
    bars = [Bar(dt.date(2026, 1, 1), [1.0, 2.0]), Bar(dt.date(2026, 2, 1), [1.0, 0.0], is_complete=False)]
    assert bar_chart("n", bars, words.short).count('class="hatch"') == 1


def test_two_values_make_no_sparkline():
    assert sparkline([1.0, None, 2.0]) == ""
    assert "<svg" in sparkline([1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1234.5000"), "1,234.50"),
        (Decimal("0.0150"), "0.015"),
        (Decimal("-7"), "−7.00"),
        (Decimal("0E-4"), "0.00"),
        (None, "–"),
    ],
)
def test_money_shows_its_tenths_of_a_cent_where_there_are_any(value, text):
    assert words.money(value) == text


@pytest.mark.parametrize(("value", "text"), [(33.3, "+33"), (-7.6, "−8"), (0.2, "0"), (-0.2, "0"), (None, "–")])
def test_nps_has_a_sign_but_zero_has_none(value, text):
    assert words.score(value) == text


@pytest.mark.parametrize(("value", "text"), [(950, "950"), (1500, "1.5k"), (2_000_000, "2M"), (0, "0"), (-1000, "−1k")])
def test_an_axis_is_labelled_in_short(value, text):
    assert words.short(value) == text


def test_numbers_may_stand_along_a_chart():
    points = [Point(0, 0.0), Point(10, 1.0)]
    drawn = line_chart("n", [("a", points)], words.short, along=[(5, "half")], marks=[(2, "here")])
    assert ">half</text>" in drawn
    assert 'class="after"' in drawn  # left of the middle, the words stand to the right


def test_a_point_with_nothing_to_say_has_no_room_for_the_pointer():
    drawn = line_chart("n", [("a", [Point(0, 0.0, "zero"), Point(1, 1.0)])], words.short)
    assert drawn.count('class="touch"') == drawn.count("<title>") == 1


def test_two_bars_stand_beside_each_other():
    drawn = paired_bars("n", [Pair("1", 2.0, 4.0, "two of four")], words.short)
    heights = [float(height) for height in re.findall(r'class="bar \w"[^>]* height="([\d.]+)"', drawn)]
    assert heights[1] == pytest.approx(2 * heights[0], rel=1e-3)
    assert "<title>two of four</title>" in drawn


def test_nothing_expected_and_nothing_come_makes_empty_bars():
    assert 'height="0.0"' in paired_bars("n", [Pair("1", 0.0, 0.0)], words.short)


def test_a_heat_map_is_deepest_at_its_fullest_and_empty_where_nobody_can_be():
    drawn = heat_map("n", [Line("top", [Cell(0.2, "20 of 100"), None])], ["0", "1"], "months", full=0.2)
    assert drawn.count("<rect") == 1
    assert "--v:1.00" in drawn
    assert 'class="x deepest"' in drawn
    assert ">20%</text>" in drawn
    assert "<title>20 of 100</title>" in drawn


@pytest.mark.parametrize(("value", "text"), [(0.025, "+2.5%"), (-0.1, "−10.0%"), (12.0, "+1,200.0%"), (None, "–")])
def test_a_difference_has_its_sign(value, text):
    assert words.change(value) == text
