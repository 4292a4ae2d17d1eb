"""The published figures of which a change is told: one entry each.

Put here: where a figure stands, what its period is, and what it is the ratio of. Keep out: how it is computed (its
mart), and why it changed (`causes.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from regulars.pipelines.enumerations import NPS_ROLLING_GRAIN

Window = Literal["period", "history"]

SAME = 1e-9
"""Two values that differ by no more than this, relative to their size, are one: sums of doubles have no fixed order."""


@dataclass(frozen=True)
class Figure:
    """One published figure per period (and key).

    `of` and `per` must be sums over orders, refunds, answers, subscriptions or customers, so that the effect of a
    changed record can be found from the records of the customers concerned alone.

    Attributes:
        metric: Its name for readers.
        table: Where it is published.
        unit: What it is counted in.
        of: What is counted: a column or a sum of columns.
        per: What it is divided by; None: it is `of` itself.
        start: First day of the period.
        end: Last day of the period.
        key: What else a row is about, as text.
        where: Column -> the one value that counts; a column that the table does not have is passed over.
        only: Which of those rows are figures.
        window: Whether only records of the period can change it, or any of the time up to its end.
    """

    metric: str
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


def _sales(metric: str, unit: str, *columns: str, window: Window = "period") -> Figure:
    month = pl.col("month")
    counted = pl.sum_horizontal(pl.col(column).cast(pl.Float64) for column in columns)
    return Figure(
        metric, "marts.sales_new_vs_returning", unit, counted, month, month.dt.month_end(),
        where={"dimension": "all"}, window=window,
    )  # fmt: skip


def _churn(metric: str, unit: str, of: str, per: str | None = None) -> Figure:
    end = pl.col("month_end")
    return Figure(
        metric, "marts.churn", unit, pl.col(of).cast(pl.Float64), end.dt.month_start(), end,
        per=None if per is None else pl.col(per), where={"dimension": "all"}, window="history",
    )  # fmt: skip


def _cohort(metric: str, unit: str, of: str, per: str | None, only: pl.Expr) -> Figure:
    start = pl.col("period_start")
    return Figure(
        metric, "marts.retention_cohorts", unit, pl.col(of).cast(pl.Float64), start, start.dt.month_end(),
        per=None if per is None else pl.col(per).cast(pl.Float64),
        key=pl.format("cohort {}", pl.col("cohort_start").dt.strftime("%Y-%m")),
        where={"grain": "month", "dimension": "all"}, only=only, window="history",
    )  # fmt: skip


def _nps(metric: str, unit: str, grain: str, of: pl.Expr, per: pl.Expr | None, only: pl.Expr) -> Figure:
    return Figure(
        metric, "marts.nps", unit, of, pl.col("period_start"), pl.col("period_end"), per=per, key=pl.col("grain"),
        where={"grain": grain, "dimension": "all"}, only=only,
    )  # fmt: skip


def _mrr(metric: str, unit: str, of: str, per: str | None = None) -> Figure:
    month = pl.col("month")
    return Figure(
        metric, "marts.mrr_movements", unit, pl.col(of).cast(pl.Float64), month, month.dt.month_end(),
        per=None if per is None else pl.col(per).cast(pl.Float64), where={"dimension": "all"}, window="history",
    )  # fmt: skip


_first, _later = pl.col("period_number") == 0, pl.col("period_number") > 0
_points = 100.0 * (pl.col("promoters") - pl.col("detractors")).cast(pl.Float64)
_answers = pl.col("responses").cast(pl.Float64)
_month_ends = pl.col("period_end") == pl.col("period_end").dt.month_end()
_orders = ("new_orders", "returning_orders", "unknown_customer_orders")

FIGURES = (
    _sales("net_sales", "company currency", "net_sales"),
    _sales("orders", "orders", *_orders),
    _sales("new_customers", "customers", "new_customers", window="history"),
    _sales("returning_customers", "customers", "returning_customers", window="history"),
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


def read_figures(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """Every figure that a published table holds.

    Args:
        rows: The table, or a part of it that holds all rows of its figures.
        table: Its name.

    Returns:
        The columns of `VALUES`. `value` is `of`, or `of` / `per`; NULL where one is NULL or `per` is 0.
    """
    read = [_read(rows, figure) for figure in FIGURES if figure.table == table]
    return pl.concat([pl.DataFrame(schema=VALUES), *read])


def wanted(table: str, columns: list[str]) -> dict[str, set[str]]:
    """Column -> the values that figures of a table need, for the columns it has and that every figure narrows down."""
    figures = [figure for figure in FIGURES if figure.table == table]
    narrowed = set(columns).intersection(*(figure.where for figure in figures))
    return {column: {figure.where[column] for figure in figures} for column in sorted(narrowed)}


def _read(rows: pl.DataFrame, figure: Figure) -> pl.DataFrame:
    for column, value in figure.where.items():
        if column in rows.columns:
            rows = rows.filter(pl.col(column) == value)
    per = pl.lit(1.0) if figure.per is None else figure.per
    parts = (figure.only, figure.key, figure.start, figure.end, figure.of, per)
    if not {name for part in parts for name in part.meta.root_names()} <= set(rows.columns):
        return pl.DataFrame(schema=VALUES)  # a table of an older version, which did not tell this figure
    return (
        rows.filter(figure.only)
        .select(
            metric=pl.lit(figure.metric),
            table_name=pl.lit(figure.table),
            unit=pl.lit(figure.unit),
            window=pl.lit(figure.window),
            key=figure.key,
            period_start=figure.start,
            period_end=figure.end,
            of=figure.of,
            per=per,
        )
        .with_columns(value=ratio(pl.col("of"), pl.col("per")))
        .cast(VALUES)  # type: ignore[arg-type]
    )


def ratio(of: pl.Expr, per: pl.Expr) -> pl.Expr:
    """`of` / `per`; NULL where nothing can be divided."""
    return pl.when(per.abs() > SAME).then(of / per)


def list_restated(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """The figures whose value is not what it was.

    A count or an amount that stood on one side only was or is 0 on the other; a rate is unknown there.

    Args:
        before: The parent's figures of periods that were over, as `read_figures` gives them.
        after: This run's figures of the same periods.

    Returns:
        `KEY`, `table_name`, `unit`, `window`, `period_end`, and `of`, `per`, `value` with `_before` and `_after`.
    """
    told = ["table_name", "unit", "window", "period_end"]
    numbers = ["of", "per", "value"]
    both = before.rename({name: f"{name}_before" for name in numbers}).join(
        after.rename({name: f"{name}_after" for name in numbers}), on=[*KEY, *told], how="full", coalesce=True
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
