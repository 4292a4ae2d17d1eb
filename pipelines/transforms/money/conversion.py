"""The mart `conversion`: how many of the known customers and prospects of each channel have ever bought.

Put here: who bought, by the channel that won them. Keep out: what they cost and are worth (`acquisition_economics.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import REPEAT_DAYS
from regulars.pipelines.transforms.amounts import divide_columns
from regulars.pipelines.transforms.cohorts.customer_dimensions import split_customers
from regulars.pipelines.transforms.local_days import CompanyZone, find_end_of_day
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.rates import name_bounds

CHANNEL = "acquisition_channel"
COLUMNS: dict[str, PolarsDataType] = {
    CHANNEL: pl.String,
    "seen_customers": pl.Int64,
    "customers_who_bought": pl.Int64,
    "prospects": pl.Int64,
    f"prospects_{REPEAT_DAYS}d": pl.Int64,
    "conversion_rate": pl.Float64,
    "conversion_rate_low": pl.Float64,
    "conversion_rate_high": pl.Float64,
    "as_of": pl.Date,
}


def conversion(
    customers: IntoFrame, customer_dimensions: IntoFrame, *, as_of: dt.date, company: CompanyZone
) -> pl.DataFrame:
    """Count who bought and who never did, per channel.

    Args:
        customers: `core.customers`; prospects are among them.
        customer_dimensions: `marts.customer_dimensions`; whoever is there has bought.
        as_of: Last day that counts; who was first seen later is left out.
        company: The zone in which a day ends.

    Returns:
        The columns of `COLUMNS`, sorted by channel: the 20 with the most customers, `other` and `unknown`.
    """
    known = read_into_polars(select_columns(customers, "customer_idx", "first_seen_at", CHANNEL))
    bought = read_into_polars(select_columns(customer_dimensions, "customer_idx")).with_columns(has_bought=True)
    end, recent = (find_end_of_day(day, company) for day in (as_of, as_of - dt.timedelta(days=REPEAT_DAYS)))
    seen = (
        known.filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
        .join(bought, on="customer_idx", how="left")
        .with_columns(pl.col("has_bought").fill_null(value=False))
        .filter(pl.col("has_bought") | (pl.col("first_seen_at") < end).fill_null(value=True))
    )
    channels = split_customers(seen, [CHANNEL])
    counted = (
        seen.drop(CHANNEL)
        .join(channels, on="customer_idx")
        .group_by(CHANNEL)
        .agg(
            seen_customers=pl.len(),
            customers_who_bought=pl.col("has_bought").sum(),
            prospects=(~pl.col("has_bought")).sum(),
            **{f"prospects_{REPEAT_DAYS}d": (~pl.col("has_bought") & (pl.col("first_seen_at") >= recent)).sum()},
        )
    )
    return (
        counted.with_columns(conversion_rate=divide_columns("customers_who_bought", "seen_customers"))
        .with_columns(**name_bounds("conversion_rate", pl.col("seen_customers")), as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(CHANNEL)
    )
