"""The mart `bad_experiences`: what went wrong for which customer, each real event counted once.

Put here: which signs are one experience. Keep out: what is a sign (`bad_signs.py`), which customers had too many
(`service_risk_customers.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import BAD_SIGNS
from regulars.pipelines.transforms.care.bad_signs import RiskSettings, list_bad_signs
from regulars.pipelines.transforms.care.support_response import SupportSettings
from regulars.pipelines.transforms.local_days import CompanyZone
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

FLAGS = {sign: f"has_{sign}" for sign in BAD_SIGNS}
"""Sign -> the column that says whether an experience has it."""

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "customer_idx": pl.Int32,
    "experience_number": pl.Int32,
    "experienced_on": pl.Date,
    "last_sign_on": pl.Date,
    "leading_sign": pl.String,
    "sign_count": pl.Int64,
    **dict.fromkeys(FLAGS.values(), pl.Boolean),
    "subject": pl.String,
    "system": pl.String,
    "subject_id": pl.String,
    "ticket_system": pl.String,
    "ticket_id": pl.String,
    "is_unknown": pl.Boolean,
    "as_of": pl.Date,
}


def bad_experiences(
    orders: IntoFrame,
    refunds: IntoFrame,
    refund_lines: IntoFrame,
    payments: IntoFrame,
    tickets: IntoFrame,
    survey_responses: IntoFrame,
    subscriptions: IntoFrame,
    customers: IntoFrame,
    *,
    as_of: dt.date,
    company: CompanyZone,
    support: SupportSettings,
    service_risk: RiskSettings,
) -> pl.DataFrame:
    """List bad experiences: close signs of one order, ticket or subscription are one experience.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        refund_lines: `core.refund_lines`; why each line came back.
        payments: `core.payments`.
        tickets: `core.tickets`.
        survey_responses: `core.survey_responses`.
        subscriptions: `core.subscriptions`.
        customers: `core.customers`; `customer_id`, `customer_idx`.
        as_of: Last day that counts.
        company: Its zone.
        support: How long a reply may take.
        service_risk: What counts, and how far apart signs of one experience may be.

    Returns:
        The columns of `COLUMNS`, sorted by customer_id and experience_number. Experiences without a known customer are
        rows of the unknown customer.
    """
    signs = list_bad_signs(
        orders,
        refunds,
        refund_lines,
        payments,
        tickets,
        survey_responses,
        subscriptions,
        as_of=as_of,
        company=company,
        support=support,
        service_risk=service_risk,
    )
    names = read_into_polars(select_columns(customers, "customer_id", "customer_idx", "is_unknown"))
    return (
        join_signs(signs, service_risk.same_event_days)
        .join(names, on="customer_idx", how="left")
        .with_columns(as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("customer_id", "experience_number")
    )


def join_signs(signs: pl.DataFrame, same_event_days: int) -> pl.DataFrame:
    """Join the signs of one subject that have at most `same_event_days` between one and the next.

    Args:
        signs: As `list_bad_signs` returns them.
        same_event_days: The most days between two signs in a row.

    Returns:
        A row per experience with the columns of `COLUMNS` but `customer_id`, `is_unknown` and `as_of`; experiences of a
        customer are numbered by day.
    """
    subject = ["customer_idx", "subject", "system", "subject_id"]
    rows = signs.with_columns(pl.col("day").cast(pl.Int32), rank=_rank_signs())
    sorted_rows = rows.sort(*subject, "day", "rank", "ticket_system", "ticket_id", nulls_last=True)
    is_new = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in subject)
    is_later = pl.col("day") - pl.col("day").shift(1) > same_event_days
    return (
        sorted_rows.with_columns(event=(is_new | is_later).fill_null(value=True).cum_sum())
        .group_by("event", *subject)
        .agg(
            pl.col("day").min().cast(pl.Date).alias("experienced_on"),
            pl.col("day").max().cast(pl.Date).alias("last_sign_on"),
            pl.col("sign").sort_by("rank").first().alias("leading_sign"),
            pl.col("sign").n_unique().cast(pl.Int64).alias("sign_count"),
            pl.col("ticket_system", "ticket_id").drop_nulls().first(),
            *((pl.col("sign") == sign).any().alias(flag) for sign, flag in FLAGS.items()),
        )
        .sort("customer_idx", "experienced_on", "event")
        .with_columns(experience_number=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("customer_idx"))
    )


def _rank_signs() -> pl.Expr:
    """The place of a sign in `BAD_SIGNS`: the gravest is 0."""
    return pl.col("sign").replace_strict({sign: place for place, sign in enumerate(BAD_SIGNS)}, return_dtype=pl.Int32)
