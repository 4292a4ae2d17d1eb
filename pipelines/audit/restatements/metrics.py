"""Lists the published metrics whose changes `meta.restatements` explains.

Put here: where a metric is published, its period, and what it is the ratio of. Keep out: how it is computed (its
mart), and why it changed (`causes.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from regulars.pipelines.definitions.enumerations import NPS_ROLLING_GRAIN

Window = Literal["period", "history"]

SAME = 1e-9
"""Values that differ by no more than this, relative to their size, are equal: sums of doubles have no fixed order."""


@dataclass(frozen=True)
class Metric:
    """One published metric, with a value per period (and key).

    `of` and `per` must be sums over orders, refunds, answers, subscriptions or customers, so that the effect of a
    changed record can be found from the records of the customers concerned alone.

    Attributes:
        name: Its name for readers.
        table: The table that publishes it.
        unit: Its unit.
        of: What is counted: a column or a sum of columns.
        per: What it is divided by; None: the metric is `of` itself.
        start: First day of the period.
        end: Last day of the period.
        key: What else a row is about, as text.
        where: Column -> the one value that counts; a column that the table does not have is ignored.
        only: Which of those rows hold the metric.
        window: `period`: only records of the period can change it; `history`: all records up to the period's end can.
    """

    name: str
    table: str
    unit: str
    of: pl.Expr
    start: pl.Expr
    end: pl.Expr
    per: pl.Expr | None = None
    key: pl.Expr = field(default_factory=lambda: pl.lit("all"))
    where: Mapping[str, str] = field(default_factory=dict)
    only: pl.Expr = field(default_factory=lambda: pl.lit(True))
    window: Window = "period"


def _sales(name: str, unit: str, *columns: str, window: Window = "period") -> Metric:
    month = pl.col("month")
    counted = pl.sum_horizontal(pl.col(column).cast(pl.Float64) for column in columns)
    return Metric(
        name, "marts.sales_new_vs_returning", unit, counted, month, month.dt.month_end(),
        where={"dimension": "all"}, window=window,
    )  # fmt: skip


def _churn(name: str, unit: str, of: str, per: str | None = None) -> Metric:
    end = pl.col("month_end")
    return Metric(
        name, "marts.churn", unit, pl.col(of).cast(pl.Float64), end.dt.month_start(), end,
        per=None if per is None else pl.col(per), where={"dimension": "all"}, window="history",
    )  # fmt: skip


def _cohort(name: str, unit: str, of: str, per: str | None, only: pl.Expr) -> Metric:
    start = pl.col("period_start")
    return Metric(
        name, "marts.retention_cohorts", unit, pl.col(of).cast(pl.Float64), start, start.dt.month_end(),
        per=None if per is None else pl.col(per).cast(pl.Float64),
        key=pl.format("cohort {}", pl.col("cohort_start").dt.strftime("%Y-%m")),
        where={"grain": "month", "dimension": "all"}, only=only, window="history",
    )  # fmt: skip


def _nps(name: str, unit: str, grain: str, of: pl.Expr, per: pl.Expr | None, only: pl.Expr) -> Metric:
    return Metric(
        name, "marts.nps", unit, of, pl.col("period_start"), pl.col("period_end"), per=per, key=pl.col("grain"),
        where={"grain": grain, "dimension": "all"}, only=only,
    )  # fmt: skip


def _mrr(name: str, unit: str, of: str, per: str | None = None) -> Metric:
    month = pl.col("month")
    return Metric(
        name, "marts.mrr_movements", unit, pl.col(of).cast(pl.Float64), month, month.dt.month_end(),
        per=None if per is None else pl.col(per).cast(pl.Float64), where={"dimension": "all"}, window="history",
    )  # fmt: skip


_first, _later = pl.col("period_number") == 0, pl.col("period_number") > 0
_points = 100.0 * (pl.col("promoters") - pl.col("detractors")).cast(pl.Float64)
_answers = pl.col("responses").cast(pl.Float64)
_month_ends = pl.col("period_end") == pl.col("period_end").dt.month_end()
_orders = ("new_orders", "returning_orders", "unknown_customer_orders")

METRICS = (
    _sales("net_sales", "company currency", "net_sales"),
    _sales("orders", "orders", *_orders),
    _sales("new_customers", "customers", "new_customers", window="history"),
    _sales("customers_with_repeat_orders", "customers", "customers_with_repeat_orders", window="history"),
    _churn("active_customers", "customers", "active_customers"),
    _churn("churned_customers_12m", "customers", "churned_customers_12m"),
    _churn("churn_rate_12m", "ratio", "churned_customers_12m", "average_customers_12m"),
    _cohort("cohort_size", "customers", "cohort_size", None, _first),
    _cohort("retention_rate", "ratio", "retained_customers", "cohort_size", _later),
    _cohort("cohort_net_sales", "company currency", "net_sales", None, pl.lit(True)),
    _nps("nps", "points", "week", _points, _answers, pl.lit(True)),
    _nps("nps", "points", NPS_ROLLING_GRAIN, _points, _answers, _month_ends),
    _nps("nps_responses", "answers", "week", _answers, None, pl.lit(True)),
    _mrr("closing_mrr", "company currency", "closing_mrr"),
    _mrr("gross_revenue_retention_12m", "ratio", "retained_mrr_12m", "base_mrr_12m"),
    _mrr("net_revenue_retention_12m", "ratio", "current_mrr_12m", "base_mrr_12m"),
)
"""NPS has weeks and rolling windows; of the rolling ones only those that end with a month."""

KEY = ("metric", "key", "period_start")
VALUES: dict[str, type[pl.DataType]] = {
    "metric": pl.String,
    "table_name": pl.String,
    "unit": pl.String,
    "window": pl.String,
    "key": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "of": pl.Float64,
    "per": pl.Float64,
    "value": pl.Float64,
}


def read_metrics(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Read every metric that a published table holds.

    Args:
        rows: The table, or a part of it with all rows of its metrics.
        table: Its name.

    Returns:
        The columns of `VALUES`. `value` is `of`, or `of` / `per`; NULL where one is NULL or `per` is 0.
    """
    read = [_read(rows, metric) for metric in METRICS if metric.table == table]
    return pl.concat([pl.DataFrame(schema=VALUES), *read])


def list_wanted_values(table: str, columns: list[str]) -> dict[str, set[str]]:
    """Column -> the values that the metrics of a table need, for columns that the table has and all metrics filter."""
    metrics = [metric for metric in METRICS if metric.table == table]
    filtered = set(columns).intersection(*(metric.where for metric in metrics))
    return {column: {metric.where[column] for metric in metrics} for column in sorted(filtered)}


def _read(rows: pl.DataFrame, metric: Metric) -> pl.DataFrame:
    for column, value in metric.where.items():
        if column in rows.columns:
            rows = rows.filter(pl.col(column) == value)
    per = pl.lit(1.0) if metric.per is None else metric.per
    parts = (metric.only, metric.key, metric.start, metric.end, metric.of, per)
    if not {name for part in parts for name in part.meta.root_names()} <= set(rows.columns):
        return pl.DataFrame(schema=VALUES)  # a table of an older version, without this metric
    return (
        rows.filter(metric.only)
        .select(
            metric=pl.lit(metric.name),
            table_name=pl.lit(metric.table),
            unit=pl.lit(metric.unit),
            window=pl.lit(metric.window),
            key=metric.key,
            period_start=metric.start,
            period_end=metric.end,
            of=metric.of,
            per=per,
        )
        .with_columns(value=divide(pl.col("of"), pl.col("per")))
        .cast(VALUES)  # type: ignore[arg-type]
    )


def divide(of: pl.Expr, per: pl.Expr) -> pl.Expr:
    """`of` / `per`; NULL where `per` is 0."""
    return pl.when(per.abs() > SAME).then(of / per)


def count_compared(before: pl.DataFrame, after: pl.DataFrame) -> int:
    """Count the metrics of both generations that have a value in one of them, each once per key and period."""
    return pl.concat([before, after]).filter(pl.col("value").is_not_null()).select("table_name", *KEY).n_unique()


def find_restated(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Find the metrics whose value changed.

    A count or an amount that exists on one side only is 0 on the other; a rate is unknown there.

    Args:
        before: The parent's metrics of periods that were over, as `read_metrics` gives them.
        after: This run's metrics of the same periods.

    Returns:
        `KEY`, `table_name`, `unit`, `window`, `period_end`, and `of`, `per`, `value` with `_before` and `_after`.
    """
    facts = ["table_name", "unit", "window", "period_end"]
    numbers = ["of", "per", "value"]
    both = before.rename({name: f"{name}_before" for name in numbers}).join(
        after.rename({name: f"{name}_after" for name in numbers}), on=[*KEY, *facts], how="full", coalesce=True
    )
    is_rate = pl.col("unit").is_in(["ratio", "points"])
    for side in ("before", "after"):
        plain = pl.when(is_rate).then(f"value_{side}").otherwise(pl.col(f"value_{side}").fill_null(0.0))
        both = both.with_columns(
            plain.alias(f"value_{side}"),
            pl.col(f"of_{side}").fill_null(0.0),
            pl.when(is_rate).then(pl.col(f"per_{side}").fill_null(0.0)).otherwise(1.0).alias(f"per_{side}"),
        )
    was, is_now = pl.col("value_before"), pl.col("value_after")
    differs = ((was - is_now).abs() > SAME * (1 + was.abs())).fill_null(was.is_null() != is_now.is_null())
    return both.filter(differs).sort("table_name", *KEY)
