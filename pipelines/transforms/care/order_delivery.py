"""The mart `order_delivery`: how many orders were delivered when promised, how late the others came, how long all took.

Put here: counts, shares and days by month, and of the last year, split by where orders went and were placed. Keep out:
when an order is late (`promised_orders.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL, DELIVERY_DIMENSIONS, LAST_YEAR_GRAIN, UNKNOWN
from regulars.pipelines.definitions.windows import LAST_YEAR_DAYS
from regulars.pipelines.transforms.care.promised_orders import (
    IN_TIME,
    LATE,
    LEFT_OUT,
    PENDING,
    UNDELIVERED,
    DeliverySettings,
    add_outcome,
    list_delivering_systems,
    select_promised,
)
from regulars.pipelines.transforms.local_days import CompanyZone
from regulars.pipelines.transforms.purchases.purchases import make_lazy, read_lazy
from regulars.pipelines.transforms.rates import name_bounds
from regulars.pipelines.transforms.voice.votes import count_days_between

COUNTS = {f"{outcome}_orders": outcome for outcome in (IN_TIME, LATE, PENDING, UNDELIVERED, LEFT_OUT)}
"""Column -> the outcome that it counts."""

DAYS = {"days_to_delivery": (IN_TIME, LATE), "days_late": (LATE,)}
"""How long it took -> the outcomes of the orders of which the table shows the median and the slowest tenth."""

QUANTILES = {"median": 0.5, "slowest_tenth": 0.9}
"""Beginning of a column's name -> the share of orders that took at most as long."""

COLUMNS: dict[str, PolarsDataType] = {
    "grain": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "dimension": pl.String,
    "dimension_value": pl.String,
    "promised_orders": pl.Int64,
    "in_time_orders": pl.Int64,
    "late_orders": pl.Int64,
    "pending_orders": pl.Int64,
    "undelivered_orders": pl.Int64,
    "delivered_orders": pl.Int64,
    **{f"{rate}{end}": pl.Float64 for rate in ("late_rate", "on_time_delivery_rate") for end in ("", "_low", "_high")},
    **{f"{quantile}_{days}": pl.Float64 for days in DAYS for quantile in QUANTILES},
    "left_out_orders": pl.Int64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
PERIOD = ["grain", "period_start", "period_end"]


def order_delivery(
    orders: IntoFrame, *, as_of: dt.date, company: CompanyZone, service_risk: DeliverySettings
) -> pl.DataFrame:
    """Count orders in time, late and not delivered, per grain, period and dimension value, by the promised day.

    Args:
        orders: `core.orders`; those that are neither a test nor cancelled.
        as_of: Last day that counts; orders promised for later are left out, and later deliveries do not count yet.
        company: Its zone.
        service_risk: After how many days an order is taken as not delivered.

    Returns:
        The columns of `COLUMNS`, sorted by grain, period_end, dimension and value; `all` has every month from that of
        the first promised day to that of `as_of`, the other dimensions only periods with orders; the year that ends
        with `as_of` is one period. Empty where no order says when it was promised.
    """
    promised = _list_promised(orders, as_of, company, service_risk.undelivered_days)
    if promised.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    first: dt.date = promised["day"].min()  # type: ignore[assignment] # of a column of dates
    year_start = as_of - dt.timedelta(days=LAST_YEAR_DAYS - 1)
    in_periods = pl.concat(
        [
            promised.with_columns(grain=pl.lit("month"), **_bound_month(pl.col("day"))),
            promised.filter(pl.col("day") >= year_start).with_columns(**_name_year(year_start, as_of)),
        ]
    )
    return (
        _count_all(in_periods, _list_periods(first, year_start, as_of))
        .with_columns(
            delivered_orders=pl.col("in_time_orders") + pl.col("late_orders"),
            promised_orders=pl.sum_horizontal(f"{each}_orders" for each in (IN_TIME, LATE, PENDING, UNDELIVERED)),
        )
        .with_columns(
            late_rate=pl.when(pl.col("delivered_orders") > 0).then(pl.col("late_orders") / pl.col("delivered_orders")),
            on_time_delivery_rate=pl.when(pl.col("promised_orders") > 0).then(
                pl.col("in_time_orders") / pl.col("promised_orders")
            ),
            reason=_explain(first, as_of),
            as_of=pl.lit(as_of),
        )
        .with_columns(
            is_complete=_is_complete(first, as_of),
            **name_bounds("late_rate", pl.col("delivered_orders")),
            **name_bounds("on_time_delivery_rate", pl.col("promised_orders")),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("grain", "period_end", "dimension", "dimension_value")
    )


def _list_promised(orders: IntoFrame, as_of: dt.date, company: CompanyZone, undelivered_days: int) -> pl.DataFrame:
    """One row per order: `day`, `outcome`, its dimensions, and the days of `DAYS` where it was delivered."""
    scan = make_lazy(orders)
    places = {"country": "country", "region": "region", "store": "store_id", "channel": "channel"}
    rows = read_lazy(
        select_promised(scan, as_of, company).select("system", "ordered_at", "promised_at", "delivered_at", **places)
    )
    days = {
        "days_to_delivery": count_days_between(pl.col("ordered_at"), pl.col("delivered_at")),
        "days_late": count_days_between(pl.col("promised_at"), pl.col("delivered_at")),
    }
    return (
        add_outcome(
            rows, list_delivering_systems(scan), as_of=as_of, company=company, undelivered_days=undelivered_days
        )
        .with_columns(
            pl.when(pl.col("outcome").is_in(DAYS[name])).then(value.clip(lower_bound=0)).alias(name)
            for name, value in days.items()
        )
        .drop("system", "ordered_at", "promised_at", "delivered_at")
    )


def _list_periods(first: dt.date, year_start: dt.date, as_of: dt.date) -> pl.DataFrame:
    """Every month from that of `first` to that of `as_of`, and the year that ends with it."""
    days = pl.DataFrame({"day": pl.date_range(first.replace(day=1), as_of, "1mo", eager=True)})
    months = days.select(grain=pl.lit("month"), **_bound_month(pl.col("day")))
    return pl.concat([months, days.head(1).select(**_name_year(year_start, as_of))])


def _bound_month(day: pl.Expr) -> dict[str, pl.Expr]:
    return {"period_start": day.dt.month_start(), "period_end": day.dt.month_end()}


def _name_year(start: dt.date, end: dt.date) -> dict[str, pl.Expr]:
    return {"grain": pl.lit(LAST_YEAR_GRAIN), "period_start": pl.lit(start), "period_end": pl.lit(end)}


def _count_all(promised: pl.DataFrame, spine: pl.DataFrame) -> pl.DataFrame:
    """Count by each dimension with at least one value; `all` also in periods of `spine` without orders."""
    found = []
    for dimension in DELIVERY_DIMENSIONS:
        if dimension != ALL and promised[dimension].null_count() == len(promised):
            continue
        value = pl.lit(ALL) if dimension == ALL else pl.col(dimension).fill_null(UNKNOWN)
        keys = [*PERIOD, pl.lit(dimension).alias("dimension"), value.alias("dimension_value")]
        counts = {name: (pl.col("outcome") == outcome).sum().cast(pl.Int64) for name, outcome in COUNTS.items()}
        days = {
            f"{name}_{of}": pl.col(of).quantile(share, interpolation="linear")
            for of in DAYS
            for name, share in QUANTILES.items()
        }
        found.append(promised.group_by(keys).agg(**counts, **days))
    every = spine.with_columns(dimension=pl.lit(ALL), dimension_value=pl.lit(ALL))
    missing = every.join(found[0], on=every.columns, how="anti").with_columns(
        pl.lit(0, pl.Int64).alias(name) for name in COUNTS
    )
    return pl.concat([*found, missing], how="diagonal")


def _is_complete(first: dt.date, as_of: dt.date) -> pl.Expr:
    is_whole = (pl.col("grain") != LAST_YEAR_GRAIN) | (pl.col("period_start") >= first)
    return is_whole & (pl.col("period_end") <= as_of) & (pl.col("pending_orders") == 0)


def _explain(first: dt.date, as_of: dt.date) -> pl.Expr:
    """Why late_rate is not known, or only so far; NULL where it is known for the whole period."""
    since = f"promised days are known from {first} on, which is not the whole of the {LAST_YEAR_DAYS} days"
    return (
        pl.when((pl.col("promised_orders") == 0) & (pl.col("left_out_orders") > 0))
        .then(pl.lit("the source does not say when orders were delivered"))
        .when(pl.col("promised_orders") == 0)
        .then(pl.lit("no order was promised for the period"))
        .when(pl.col("delivered_orders") == 0)
        .then(pl.lit("none of its orders is delivered"))
        .when(pl.col("period_end") > as_of)
        .then(pl.lit("the month is not over"))
        .when(pl.col("pending_orders") > 0)
        .then(pl.lit("orders past their promised moment may still be delivered, late"))
        .when((pl.col("grain") == LAST_YEAR_GRAIN) & (pl.col("period_start") < first))
        .then(pl.lit(since))
    )
