"""The tickets and bad experiences of each customer.

Put here: counting tickets and bad experiences per customer. Keep out: what a bad experience is (`transforms/care`).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.customers.view.changes import WEEK
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns


class RiskSettings(Protocol):
    """What a company sets about bad experiences."""

    @property
    def window_days(self) -> int:
        """The days up to as_of in which experiences count."""

    @property
    def failed_payment_statuses(self) -> Sequence[str]:
        """What a payment's status says when it failed."""


def count_tickets(tickets: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Count each customer's tickets up to `as_of`; tickets without a known customer count for the unknown customer.

    Args:
        tickets: `core.tickets`.
        as_of: Last day that counts.

    Returns:
        `customer_idx`, `ticket_count`, `open_ticket_count` (not solved by the end of `as_of`), `last_ticket_on`, and
        `tickets_this_week` (opened in the `WEEK` days that end with `as_of`).
    """
    names = ("customer_idx", "opened_at", "opened_date", "solved_at", "minutes_until_as_of", "system", "ticket_id")
    solved_minutes = (pl.col("solved_at") - pl.col("opened_at")).dt.total_seconds(fractional=True) / 60
    return (
        read_into_polars(select_columns(tickets, *names))
        .filter(pl.col("opened_date") <= as_of)
        .with_columns(
            customer_idx=pl.col("customer_idx").fill_null(UNKNOWN_CUSTOMER_IDX),
            is_open=~(solved_minutes <= pl.col("minutes_until_as_of")).fill_null(value=False),
        )
        .sort("customer_idx", "opened_at", "system", "ticket_id")
        .group_by("customer_idx", maintain_order=True)
        .agg(
            ticket_count=pl.len().cast(pl.Int64),
            open_ticket_count=pl.col("is_open").sum().cast(pl.Int64),
            last_ticket_on=pl.col("opened_date").last(),
            tickets_this_week=(pl.col("opened_date") > as_of - dt.timedelta(days=WEEK)).sum().cast(pl.Int64),
        )
    )


def count_bad_experiences(bad_experiences: IntoFrame, *, as_of: dt.date, service_risk: RiskSettings) -> pl.DataFrame:
    """Count each known customer's bad experiences of the window that ends with `as_of`.

    Args:
        bad_experiences: `marts.bad_experiences`.
        as_of: Last day that counts.
        service_risk: How long the window is.

    Returns:
        `customer_idx`, `bad_experience_count`, `last_experience_on`, `last_leading_sign`.
    """
    age = (pl.lit(as_of) - pl.col("experienced_on")).dt.total_days()
    names = ("customer_idx", "experience_number", "experienced_on", "leading_sign")
    return (
        read_into_polars(select_columns(bad_experiences, *names))
        .filter(pl.col("customer_idx") != UNKNOWN_CUSTOMER_IDX, age < service_risk.window_days)
        .sort("customer_idx", "experience_number")
        .group_by("customer_idx", maintain_order=True)
        .agg(
            bad_experience_count=pl.len().cast(pl.Int64),
            last_experience_on=pl.col("experienced_on").max(),
            last_leading_sign=pl.col("leading_sign").last(),
        )
    )
