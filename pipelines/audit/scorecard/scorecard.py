"""Writes `marts.scorecard`: the targets of the settings beside the published metrics that they are about.

Put here: reading each metric from its table and writing the rows. Keep out: the verdict (`assessment.py`), the SELECT
of a metric (`contracts/metric_periods.py`), whether a metric exists (`contracts/scorecard_targets.py`).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from regulars.pipelines.audit.scorecard.assessment import Aim, PeriodValue, assess_periods
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.metric_periods import (
    PublishedMetric,
    describe_coverage,
    list_published_metrics,
    select_periods,
)
from regulars.pipelines.contracts.scorecard_targets import name_metric
from regulars.pipelines.run.run import Run
from regulars.pipelines.settings.aims.scorecard import ScorecardTarget
from regulars.pipelines.transforms.rates import bound_rate

TABLE = "marts.scorecard"
WHOLE = "all"


def list_scorecard_inputs(contracts: Mapping[str, Contract]) -> frozenset[str]:
    """Every table with a metric that a target may be about."""
    return frozenset(each.contract.table for each in list_published_metrics(contracts).values()) - {TABLE}


def write_scorecard(run: Run) -> None:
    """Write the table: a row per target and period."""
    metrics = list_published_metrics(run.contracts)
    rows = [
        row
        for number, target in enumerate(run.settings.scorecard, 1)
        for row in _assess(run, number, target, metrics[name_metric(target)])
    ]
    types = run.contracts[TABLE].types
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame({name: [] for name, _ in types})
    run.warehouse.write_frame(TABLE, frame.select(name for name, _ in types), types)


def _assess(run: Run, number: int, target: ScorecardTarget, found: PublishedMetric) -> Iterator[dict[str, Any]]:
    coverage = describe_coverage(found, target.where, target.period)
    aim = Aim(
        target.target,
        found.metric.good,
        target.period,
        is_sum=found.is_sum,
        is_state=found.is_state,
        coverage=coverage,
    )
    scope = ", ".join(f"{name} = {value}" for name, value in target.where.items()) or WHOLE
    about = {
        "target_number": number,
        "lens": target.lens,
        "table_name": found.contract.table,
        "metric": found.metric.name,
        "scope": scope,
        "period": target.period,
        "target": target.target,
        "good": found.metric.good,
        "format": found.metric.format,
        "as_of": run.as_of,
    }
    for row in assess_periods(aim, _read_values(run, target, found), run.as_of):
        yield about | row


def _read_values(run: Run, target: ScorecardTarget, found: PublishedMetric) -> dict[dt.date, PeriodValue]:
    query = select_periods(found, target.where, target.period)
    return read_period_values(run.warehouse.con.execute(query, {"as_of": run.as_of}).pl())


def read_period_values(rows: pl.DataFrame) -> dict[dt.date, PeriodValue]:
    """Read the values of periods; a share of several rows has Wilson's interval, by what these rows are together.

    Args:
        rows: As the SELECT of `select_periods` gives them.
    """
    bounds = zip(("low", "high"), bound_rate(pl.col("value"), pl.col("share_of")), strict=True)
    is_share = pl.col("share_of") > 0
    filled = {name: pl.coalesce(name, pl.when(is_share).then(bound)) for name, bound in bounds}
    known = rows.with_columns(**filled).drop("share_of")
    return {start: PeriodValue(*found) for start, *found in known.iter_rows()}
