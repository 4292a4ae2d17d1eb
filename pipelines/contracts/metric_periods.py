"""The values of any published metric by month, quarter or year, as one SELECT made from its definition.

Put here: finding a metric by its name, this SELECT, and what of a period its value covers. Keep out: how a metric is
defined (`metric.py`), and what its values are compared with (`audit/scorecard`).
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.expression import parse_expression
from regulars.pipelines.contracts.metric import Metric
from regulars.pipelines.definitions.enumerations import (
    NPS_LONG_ROLLING_GRAIN,
    NPS_ROLLING_GRAIN,
    NPS_YEAR_ROLLING_GRAIN,
    ScorecardPeriod,
)
from regulars.pipelines.definitions.windows import NPS_LONG_ROLLING_DAYS, NPS_ROLLING_DAYS, NPS_YEAR_ROLLING_DAYS
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

LAYER = "marts"
NESTED = ("day", "month", "quarter", "year")
"""Grains of which each ends where one of every earlier one ends; a week may lie in two months."""
CHOSEN = {"last": ("max", "latest"), "first": ("min", "first")}
"""How a metric that is never added up over time finds the one day of a period that counts: by what, and in words."""
SPANS = {
    NPS_ROLLING_GRAIN: f"{NPS_ROLLING_DAYS} days",
    NPS_LONG_ROLLING_GRAIN: f"{NPS_LONG_ROLLING_DAYS} days",
    NPS_YEAR_ROLLING_GRAIN: f"{NPS_YEAR_ROLLING_DAYS} days",
}
"""Grain -> its plain words, where it is no word itself."""


@dataclass(frozen=True)
class PublishedMetric:
    """A metric and the contract of the table that holds it."""

    contract: Contract
    metric: Metric

    @property
    def name(self) -> str:
        """Table and metric without the layer, such as `churn.churn_rate_12m`."""
        return f"{self.contract.name}.{self.metric.name}"

    @property
    def is_sum(self) -> bool:
        """Whether the metric grows day by day: a sum over time, not a ratio and no average."""
        if self.metric.over_time != "sum":
            return False
        nodes = list(ast.walk(parse_expression(self.metric.expression)))
        calls = {each.func.id for each in nodes if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)}
        return calls <= {"sum", "count"} and not any(isinstance(each, ast.Div) for each in nodes)

    @property
    def is_share(self) -> bool:
        """Whether it is the share of its `n` that something is true of, added up over time, with Wilson's interval."""
        metric = self.metric
        return bool(metric.interval and metric.over_time == "sum" and metric.expression.endswith(f"/ sum({metric.n})"))

    @property
    def is_state(self) -> bool:
        """Whether the table tells of as_of alone."""
        return self.metric.time_column == "as_of"


def list_published_metrics(contracts: Mapping[str, Contract]) -> dict[str, PublishedMetric]:
    """Every metric of the marts by its name, such as `churn.churn_rate_12m`."""
    tables = [contract for contract in contracts.values() if contract.layer == LAYER]
    found = [PublishedMetric(contract, metric) for contract in tables for metric in contract.metrics]
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


def choose_grain(found: PublishedMetric, where: Mapping[str, str], period: ScorecardPeriod) -> str:
    """The grain of the rows that are read: what is asked, or the metric's own; empty where the table has one alone.

    A window of days, such as the 28 days that end with a month, gives way to the period itself where the table has it.
    """
    column = found.metric.time_grain_column
    own = str(where.get(column) or found.metric.filter.get(column) or "")
    columns = [each for each in found.contract.columns if each.name == column]
    has_period = any(value == period for each in columns for value, _ in each.allowed_values)
    return period if own in SPANS and column not in where and has_period else own


def select_periods(found: PublishedMetric, where: Mapping[str, str], period: ScorecardPeriod) -> str:
    """One SELECT over the table, up to `$as_of`: one row per period with rows.

    Args:
        found: The metric.
        where: Column -> the one value that counts, as text; it goes before the metric's own filter.
        period: How long the periods are.

    Returns:
        SQL with the columns `period_start` DATE, `value` DOUBLE, `is_known` BOOLEAN (all that the value rests on is
        known for good), `groups` BIGINT: with more than one, rows that must not be added up were; `low` and `high`
        DOUBLE, the ends of the value's interval where the metric has one and the value is that of a single row; and
        `share_of` DOUBLE, how many the value is a share of, NULL where `is_share` is false.
    """
    metric, contract = found.metric, found.contract
    time = quote_identifier(metric.time_column)
    own = {name: value for name, value in metric.filter.items() if name not in where}
    if metric.time_grain_column in own:
        own[metric.time_grain_column] = choose_grain(found, where, period)
    asked = [f"cast({quote_identifier(name)} as varchar) = {quote_literal(value)}" for name, value in where.items()]
    own_not = {name: value for name, value in metric.filter_not.items() if name not in where}
    fixed = [
        *(f"{quote_identifier(name)} = {quote_literal(value)}" for name, value in own.items()),
        *(f"{quote_identifier(name)} <> {quote_literal(value)}" for name, value in own_not.items()),
    ]
    apart = [*metric.never_over, *(contract.key if metric.not_additive else ())]
    distinct = sorted({name for name in apart if name not in {metric.time_column, *where, *own}})
    groups = f"count(distinct ({', '.join(map(quote_identifier, distinct))}, 0))" if distinct else "1"
    # what is read off its row stands in one row alone, which `groups` says
    value = metric.sql if metric.expression else f"any_value({quote_identifier(metric.name)})"
    day = f"cast(chosen.{time} as date)"
    period_start = f"cast(date_trunc('{period}', chosen.{time}) as date)"  # a table may have a column of that name
    low, high = (
        f"cast(case when count(*) = 1 then any_value({quote_identifier(end)}) end as double)" if end else "null::double"
        for end in metric.interval or ("", "")
    )
    share_of = f"cast(sum({quote_identifier(metric.n)}) as double)" if found.is_share else "null::double"
    chosen, _ = CHOSEN.get(metric.over_time, ("", ""))
    one_day = f"qualify {day} = {chosen}({day}) over (partition by {period_start})" if chosen else ""
    return f"""
        with
            counted as (
                from {contract.table} as chosen
                where {" and ".join([*fixed, *asked, f"{day} <= $as_of"])}
                {one_day}
            ),
            by_period as (
                select
                    {period_start} as first_day,
                    cast({value} as double) as value,
                    bool_and(coalesce({_write_known(found)}, false)) as is_known,
                    {groups} as groups,
                    {low} as low,
                    {high} as high,
                    {share_of} as share_of,
                from counted as chosen
                group by 1
            )
        select first_day as period_start, value, is_known, groups, low, high, share_of
        from by_period
        order by all
    """


def describe_coverage(found: PublishedMetric, where: Mapping[str, str], period: ScorecardPeriod) -> str:
    """What of a period the value of `select_periods` covers, in plain words; empty where it is the whole period."""
    metric = found.metric
    grain = choose_grain(found, where, period) or metric.time_grain
    if found.is_state or grain == period:
        return ""
    is_within = grain in NESTED and NESTED.index(grain) < NESTED.index(period)
    if is_within and metric.over_time != "last":  # what the first month opens with, the quarter opens with
        return ""
    if metric.over_time == "sum":
        return f"each {SPANS.get(grain, grain)} counts as a whole in the {period} of its {metric.time_column}"
    _, which = CHOSEN[metric.over_time]
    return f"the value is that of the {which} {SPANS.get(grain, grain)}, not of the {period}"


def _write_known(found: PublishedMetric) -> str:
    """Whether a row is known for good, as SQL: its flag, or that a number is there."""
    known = found.metric.known
    if not known:
        return "true"
    kind = next(column.type for column in found.contract.columns if column.name == known)
    name = quote_identifier(known)
    return name if kind == "BOOLEAN" else f"{name} is not null"
