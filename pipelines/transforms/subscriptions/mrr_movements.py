"""The mart `mrr_movements`: how monthly recurring revenue (MRR) grows and shrinks, and how much of it is retained.

A movement is a change, on one day, of what a customer pays per month for all subscriptions together: from nothing (new,
or reactivation of a former subscriber), to nothing (churned), up (expansion) or down (contraction). Revenue that a
pause or free time takes away is paused, and revenue that returns after it is resumed: a pause is not churn. Rows of a
plan count the change of that plan, and a customer who stays and moves revenue to another plan makes a switch, so that
every plan adds up.

Put here: movements. Keep out: the changes behind them (`revenue_changes.py`), the share of last year's revenue that is
retained (`revenue_retention.py`), cancellations (`subscription_churn.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.rates import ENDS
from regulars.pipelines.transforms.subscriptions.revenue_changes import UNITS, list_changes
from regulars.pipelines.transforms.subscriptions.revenue_retention import (
    RATES,
    ROW,
    YEAR_AGO,
    add_rates,
    compare_with_last_year,
)
from regulars.pipelines.transforms.subscriptions.subscription_periods import list_live_periods, list_months_since

GAINS = ("new", "reactivation", "resumed", "expansion", "switched_in")
LOSSES = ("contraction", "switched_out", "paused", "churned")
MOVEMENTS = (*GAINS, *LOSSES)
COUNTED = {
    "new": "new_subscribers",
    "reactivation": "reactivated_subscribers",
    "resumed": "resumed_customers",
    "switched_in": "switched_in_customers",
    "switched_out": "switched_out_customers",
    "paused": "paused_customers",
    "churned": "churned_subscribers",
}
"""Movement -> the column that counts its customers."""

COLUMNS: dict[str, PolarsDataType] = {
    "month": pl.Date,
    "dimension": pl.String,
    "dimension_value": pl.String,
    "opening_mrr": MONEY,
    **{f"{movement}_mrr": MONEY for movement in MOVEMENTS},
    "closing_mrr": MONEY,
    "opening_customers": pl.Int64,
    **dict.fromkeys(COUNTED.values(), pl.Int64),
    "closing_customers": pl.Int64,
    "base_mrr_12m": MONEY,
    "retained_mrr_12m": MONEY,
    "current_mrr_12m": MONEY,
    "base_customers_12m": pl.Int64,
    "retained_customers_12m": pl.Int64,
    **{f"{rate}{end}": pl.Float64 for rate in RATES for end in ("", *ENDS)},
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}


def mrr_movements(subscriptions: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Sum movements per month, over all plans and per plan, from the first charged day to the month of `as_of`.

    Args:
        subscriptions: `core.subscriptions`.
        as_of: Last day that counts; its month is counted so far.

    Returns:
        The columns of `COLUMNS`, sorted by dimension, value and month. Empty without subscriptions. Movements are
        positive; closing = opening + new + reactivation + resumed + expansion + switched_in − contraction −
        switched_out − paused − churned.
    """
    changes = list_changes(list_live_periods(subscriptions), as_of)
    if changes.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    moved = sum_movements(changes)
    months = list_months_since(moved.group_by(ROW).agg(first=pl.col("month").min()), as_of)
    for part in (moved, compare_with_last_year(changes)):
        months = months.join(part, on=[*ROW, "month"], how="left")
    rated = add_rates(_add_running_totals(months), as_of)
    return rated.select(
        _convert_to_money(name) if kind == MONEY else pl.col(name).cast(kind) for name, kind in COLUMNS.items()
    )


def _convert_to_money(name: str) -> pl.Expr:
    return (pl.col(name).cast(pl.Decimal(38, 4)) / UNITS).cast(MONEY)


def sum_movements(changes: pl.DataFrame) -> pl.DataFrame:
    """Sum amounts (in `UNITS`) and customers by movement, per dimension value and month.

    Within a plan, a switch comes from or goes to another plan of a staying customer.
    """
    had, has = pl.col("plan_before"), pl.col("plan_before") + pl.col("delta")
    of_all = (
        changes.group_by("subscriber", "day", "is_first", "before", "after", "is_paused", "was_paused")
        .agg(pl.col("delta", "paused", "resumed").sum())
        .with_columns(dimension=pl.lit(ALL), value=pl.lit(ALL), enters=pl.lit(value=False), leaves=pl.lit(value=False))
    )
    of_plan = changes.with_columns(
        dimension=pl.lit("plan"),
        value=pl.col("plan").cast(pl.String),
        enters=(had == 0) & (has > 0),
        leaves=(had > 0) & (has == 0),
    )
    columns = ("day", "dimension", "value", "is_first", "before", "after", "is_paused", "was_paused", "delta", "paused")
    moved = pl.concat([each.select(*columns, "resumed", "enters", "leaves") for each in (of_all, of_plan)])
    summed = (
        pl.concat(_split_into_movements(moved.lazy()))
        .filter(pl.col("amount") > 0)
        .group_by(
            "dimension",
            pl.col("value").alias("dimension_value"),
            pl.col("day").dt.month_start().alias("month"),
            "movement",
        )
        .agg(pl.col("amount").sum(), pl.col("counts").sum().cast(pl.Int64).alias("count"))
        .collect()
    )
    of = {movement: pl.col("movement") == number for number, movement in enumerate(MOVEMENTS)}
    return summed.group_by(*ROW, "month").agg(
        *(pl.col("amount").filter(is_it).sum().alias(f"{movement}_mrr") for movement, is_it in of.items()),
        *(pl.col("count").filter(of[movement]).sum().alias(name) for movement, name in COUNTED.items()),
    )


def _number_movement(movement: str) -> pl.Expr:
    return pl.lit(MOVEMENTS.index(movement), pl.Int8)


def _split_into_movements(moved: pl.LazyFrame) -> list[pl.LazyFrame]:
    """Split every change into its movements: `dimension`, `value`, `day`, `movement`, `amount` and `counts`.

    A customer who comes from or goes to zero makes one movement. For a customer who stays, revenue that enters or
    leaves a pause is a movement of its own beside the rest. `counts`: the movement brings the customer into the row's
    dimension value, or out of it.
    """
    stays = (pl.col("before") > 0) & (pl.col("after") > 0)
    rest = pl.col("delta") + pl.col("paused") - pl.col("resumed")
    whole = (
        pl.when("is_first")
        .then(_number_movement("new"))
        .when((pl.col("before") == 0) & pl.col("was_paused"))
        .then(_number_movement("resumed"))
        .when(pl.col("before") == 0)
        .then(_number_movement("reactivation"))
        .when("is_paused")
        .then(_number_movement("paused"))
        .otherwise(_number_movement("churned"))
    )
    enters, leaves = pl.col("enters") & (pl.col("resumed") == 0), pl.col("leaves") & (pl.col("paused") == 0)
    of_rest = (
        pl.when(enters)
        .then(_number_movement("switched_in"))
        .when(leaves)
        .then(_number_movement("switched_out"))
        .when(rest > 0)
        .then(_number_movement("expansion"))
        .otherwise(_number_movement("contraction"))
    )
    staying = moved.filter(stays)
    parts = (
        (moved.filter(~stays), whole, pl.col("delta").abs(), pl.lit(value=True)),
        (staying, of_rest, rest.abs(), enters | leaves),
        (staying, _number_movement("paused"), pl.col("paused"), pl.col("leaves")),
        (staying, _number_movement("resumed"), pl.col("resumed"), pl.col("enters")),
    )
    return [
        rows.select("dimension", "value", "day", movement=movement, amount=amount, counts=counts)
        for rows, movement, amount, counts in parts
    ]


def _add_running_totals(months: pl.DataFrame) -> pl.DataFrame:
    """Fill months without a movement, and add opening and closing values."""
    flows = [name for name in months.columns if name not in (*ROW, "month")]
    gained = pl.sum_horizontal(f"{movement}_mrr" for movement in GAINS)
    lost = pl.sum_horizontal(f"{movement}_mrr" for movement in LOSSES)
    came = pl.sum_horizontal(COUNTED[movement] for movement in GAINS if movement in COUNTED)
    went = pl.sum_horizontal(COUNTED[movement] for movement in LOSSES if movement in COUNTED)
    return (
        months.with_columns(pl.col(flows).fill_null(0))
        .sort(*ROW, "month")
        .with_columns(
            pl.col(YEAR_AGO).cum_sum().over(ROW),
            closing_mrr=(gained - lost).cum_sum().over(ROW),
            closing_customers=(came - went).cum_sum().over(ROW),
        )
        .with_columns(
            opening_mrr=pl.col("closing_mrr") - gained + lost,
            opening_customers=pl.col("closing_customers") - came + went,
        )
    )
