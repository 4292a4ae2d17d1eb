"""The spend on winning customers, by channel and customer type.

A tool reports spend by month and channel. It is divided among the customer types like the month's first orders. The
customers of a channel without spend count with their known costs; those of them whose cost is unknown count with the
mean of their channel and type, or else of their channel: so that channels and types add up to the rows of all.

Put here: customers won and their cost. Keep out: their value (`acquisition_economics.py`).
"""

import datetime as dt

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import ALL, OTHER
from regulars.pipelines.transforms.cohorts.customer_dimensions import split_customers
from regulars.pipelines.transforms.purchases.purchases import read_into_polars

CHANNEL, TYPE = GROUP = ("acquisition_channel", "customer_type")
BY_SPEND, BY_CUSTOMER, BY_BOTH = "spend", "customers", "both"
"""Where the cost of a row comes from."""


def group_customers(customer_dimensions: IntoFrame) -> pl.DataFrame:
    """One row per customer: `customer_idx`, channel and type (rare ones are `other`), first order and known cost."""
    split = split_customers(customer_dimensions, GROUP)
    lazy = nw.from_native(customer_dimensions).lazy()
    facts = lazy.select("customer_idx", "first_order_date", "acquisition_cost", own_channel=CHANNEL).to_native()
    rows = split.with_columns(pl.col(GROUP).cast(pl.String)).join(read_into_polars(facts), on="customer_idx")
    return rows.sort("customer_idx")  # the last digit of a sum depends on the order of its rows


def list_groupings(rows: pl.DataFrame) -> pl.DataFrame:
    """Repeat the rows for four groupings: by channel and type, by either alone, and all together (`all`)."""
    groupings = ((CHANNEL, TYPE), (CHANNEL,), (TYPE,), ())
    return pl.concat(
        rows.with_columns(pl.lit(ALL).alias(name) for name in GROUP if name not in told_apart)
        for told_apart in groupings
    )


def sum_spending(
    customers: pl.DataFrame, acquisition_spend: IntoFrame, *, period_start: dt.date, period_end: dt.date
) -> pl.DataFrame:
    """Sum customers won and their cost over whole months: one row per channel and type, `all` included.

    Args:
        customers: As `group_customers` returns them.
        acquisition_spend: `core.acquisition_spend`; uses `month`, `channel`, `amount`.
        period_start: First day of the first month.
        period_end: Last day of the last month.

    Returns:
        `acquisition_channel`, `customer_type`, Int64 `new_customers`, Float64 `spend` (NULL: none was delivered for the
        channel), `spend_without_customers` (of months in which the channel won no customer; not in rows of a type) and
        `cost_per_customer` with its `cost_basis`.
    """
    won = customers.filter(pl.col("first_order_date").is_between(period_start, period_end)).with_columns(
        month=pl.col("first_order_date").dt.month_start()
    )
    spent = _read_spend(acquisition_spend, customers, period_start, period_end)
    by_month = won.group_by(*GROUP, "month").agg(
        new_customers=pl.len().cast(pl.Int64),
        costed_customers=pl.col("acquisition_cost").count().cast(pl.Int64),
        known_cost=pl.col("acquisition_cost").sum().cast(pl.Float64),
    )
    share = pl.col("new_customers") / pl.col("new_customers").sum().over(CHANNEL, "month")
    known_mean = pl.coalesce(_mean_known_cost(GROUP), _mean_known_cost((CHANNEL,)))
    has_spend = pl.col(CHANNEL).is_in(spent[CHANNEL].implode())
    divided = by_month.join(spent, on=[CHANNEL, "month"], how="left").with_columns(
        spend=pl.col("spend") * share,
        spend_without_customers=pl.lit(0.0),
        cost_beside_spend=pl.when(~has_spend).then(known_mean * pl.col("new_customers")),
    )
    nobody = spent.join(by_month, on=[CHANNEL, "month"], how="anti").with_columns(
        pl.lit(None, pl.String).alias(TYPE), new_customers=pl.lit(0, pl.Int64), spend_without_customers="spend"
    )
    rows = pl.concat([divided, nobody], how="diagonal_relaxed").sort(*GROUP, "month")
    sums = (
        list_groupings(rows)
        .filter(pl.col(TYPE).is_not_null())
        .group_by(GROUP)
        .agg(
            pl.col("new_customers", "cost_beside_spend", "spend", "spend_without_customers").sort().sum(),
            has_spend=pl.col("spend").is_not_null().any(),
            has_known_cost=pl.col("cost_beside_spend").is_not_null().any(),
        )
    )
    return _add_cost(sums)


def _read_spend(
    acquisition_spend: IntoFrame, customers: pl.DataFrame, period_start: dt.date, period_end: dt.date
) -> pl.DataFrame:
    """Read spend by month and channel; channels with few customers are `other`."""
    is_in = (nw.col("month") >= period_start) & (nw.col("month") <= period_end)
    scan = nw.from_native(acquisition_spend).lazy().filter(is_in).select("month", "channel", "amount").to_native()
    rare = customers.filter((pl.col(CHANNEL) == OTHER) & pl.col("own_channel").is_not_null())["own_channel"].unique()
    channel = pl.when(pl.col("channel").is_in(rare.implode())).then(pl.lit(OTHER)).otherwise("channel")
    return (
        read_into_polars(scan)
        .group_by(channel.alias(CHANNEL), "month")
        .agg(spend=pl.col("amount").sum().cast(pl.Float64))
    )


def _mean_known_cost(group: tuple[str, ...]) -> pl.Expr:
    """Average the known costs of the customers of a group; NULL where none is known."""
    known, costed = (pl.col(name).sum().over(group) for name in ("known_cost", "costed_customers"))
    return pl.when(costed > 0).then(known / costed)


def _add_cost(sums: pl.DataFrame) -> pl.DataFrame:
    """Add the cost per customer: spend, plus the known costs of customers of channels without spend.

    In a row of several channels, customers without either count with a cost of 0. Where spend won no customer, the
    basis is spend and the cost per customer is not known.
    """
    by_spend = pl.col("has_spend")
    by_customer = ~pl.col("has_spend") & pl.col("has_known_cost")
    return sums.with_columns(
        spend=pl.when("has_spend").then("spend"),
        cost_per_customer=pl.when((by_spend | by_customer) & (pl.col("new_customers") > 0)).then(
            (pl.col("spend") + pl.col("cost_beside_spend")) / pl.col("new_customers")
        ),
        cost_basis=pl.when(by_spend & (pl.col("cost_beside_spend") > 0))
        .then(pl.lit(BY_BOTH))
        .when(by_spend)
        .then(pl.lit(BY_SPEND))
        .when(by_customer)
        .then(pl.lit(BY_CUSTOMER)),
    ).drop("has_spend", "has_known_cost", "cost_beside_spend")
