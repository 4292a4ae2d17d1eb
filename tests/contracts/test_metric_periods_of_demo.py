"""Every metric by month and quarter on the published sample company, beside its definition evaluated row by row."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from regulars.pipelines.contracts.metric_periods import PublishedMetric, list_published_metrics, select_periods
from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.definitions.enumerations import ScorecardPeriod

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
METRICS = {name: found for name, found in list_published_metrics(CONTRACTS).items() if not found.is_state}
MONTHS: dict[ScorecardPeriod, int] = {"month": 1, "quarter": 3}
Row = Mapping[str, Any]


@pytest.fixture(scope="module")
def demo(published_demo: Path):
    (database,) = (published_demo / "home").glob("generations/*/regulars.duckdb")
    with duckdb.connect(str(database), read_only=True, config={"threads": 1}) as con:
        yield con


@pytest.fixture(scope="module")
def read_rows(demo):
    """Table -> its rows, each table read once: most metrics share theirs with twenty others."""

    @cache
    def read(table: str) -> list[Row]:
        found = demo.sql(f"from {table}")
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    return read


def numbers(values: Sequence[Any]) -> list[float]:
    return [float(value) for value in values if value is not None]


AGGREGATES = {
    "sum": lambda values: sum(numbers(values)) if numbers(values) else None,
    "count": lambda values: len(numbers(values)),
    "avg": lambda values: sum(numbers(values)) / len(numbers(values)),
    "min": lambda values: min(numbers(values)),
    "max": lambda values: max(numbers(values)),
    "count_distinct": lambda values: len(set(numbers(values))),
}


def evaluate(expression: str, rows: Sequence[Row]) -> float | None:
    columns = {name: [row[name] for row in rows] for name in rows[0] if name in expression}
    try:
        return float(eval(expression, {"__builtins__": {}} | columns | AGGREGATES))
    except (TypeError, ZeroDivisionError):  # of a part that is not known, or nothing to divide by
        return None


def expect_periods(found: PublishedMetric, rows: Sequence[Row], as_of: dt.date, period: str):
    """First day -> value and whether it is known: the filtered rows of the period, or of its last or first day."""
    metric, months = found.metric, MONTHS[period]
    wanted = dict(metric.filter)
    if any(row.get("grain") == period for row in rows) and str(wanted.get("grain", "")).startswith("rolling_"):
        wanted["grain"] = period
    by_period = defaultdict(list)
    for row in rows:
        day = row[metric.time_column]
        is_kept = all(row[name] == value for name, value in wanted.items())
        holds_others = any(row[name] == value for name, value in metric.filter_not.items())
        if day is not None and day <= as_of and is_kept and not holds_others:
            by_period[dt.date(day.year, day.month - (day.month - 1) % months, 1)].append(row)
    expected = {}
    for start, inside in by_period.items():
        days = [row[metric.time_column] for row in inside]
        one_day = {"last": max(days), "first": min(days)}.get(metric.over_time)
        counted = [row for row in inside if one_day in (None, row[metric.time_column])]
        known = not metric.known or not any(row[metric.known] is each for row in counted for each in (None, False))
        if metric.expression:
            expected[start] = evaluate(metric.expression, counted), known
        elif len(counted) == 1:
            value = counted[0][metric.name]
            expected[start] = None if value is None else float(value), known
    return expected


@pytest.mark.parametrize("found", METRICS.values(), ids=METRICS)
def test_the_value_of_a_period_is_the_expression_over_all_rows_in_it(demo, read_rows, found):
    rows = read_rows(found.contract.table)
    (as_of,) = demo.sql("select max(as_of) from marts.support_response").fetchone()
    for period in MONTHS:
        read = demo.execute(select_periods(found, {}, period), {"as_of": as_of}).fetchall()
        expected = expect_periods(found, rows, as_of, period)
        is_one = bool(found.metric.expression)
        values = {start: (value, known) for start, value, known, groups, *_ in read if is_one or groups == 1}
        assert values.keys() == expected.keys()
        assert [values[start][1] for start in expected] == [known for _, known in expected.values()]
        for start, (value, _) in expected.items():
            assert values[start][0] == (value if value is None else pytest.approx(value, rel=1e-9, abs=1e-6)), start


def test_the_sample_company_has_months_of_many_days_in_several_grains(demo):
    """Else the test above could not see a month that is its first day alone, or days, weeks and the year added up."""
    counted = demo.sql("""
        select max(days), max(grains) from (
            select count(distinct period_end) as days, count(distinct grain) as grains from marts.support_response
            where complaints_decided > 0 group by date_trunc('month', period_end))
    """).fetchone()
    assert counted[0] > 5
    assert counted[1] == 3


@pytest.mark.parametrize("found", METRICS.values(), ids=METRICS)
def test_a_table_of_several_grains_is_read_in_one(found):
    metric = found.metric
    assert not metric.time_grain_column or metric.time_grain_column in metric.filter
    if metric.over_time == "sum":  # weeks would be cut by the end of a month, unless there is nothing finer
        assert metric.filter.get(metric.time_grain_column) != "week"
