"""Signs that a customer needs an answer: tickets without a reply, complaints, detractors, bad experiences.

A detractor's answer and bad experiences count until the customer orders on a later day: after that, a call does not
help. A ticket needs its answer whether or not the customer orders.
Put here: these signs. Keep out: what customers buy (`purchase_signs.py`), and which sign leads (`owner_worklists.py`).
"""

import datetime as dt
from typing import Protocol

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.windows import DETRACTOR_DAYS
from regulars.pipelines.transforms.care.replies import BREACHED, find_outcome
from regulars.pipelines.transforms.care.service_risk_customers import DUE
from regulars.pipelines.transforms.customers.latest_answers import find_latest_nps
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.worklists.reasons import count_days, take_sign

TICKET_DAYS = 90
"""Older tickets give no sign: they were probably solved without being closed."""

SOLVE_DAYS = 7
"""Days within which a complaint is to be solved."""

TICKET_COLUMNS = (
    *("customer_idx", "opened_at", "opened_date", "solved_at", "is_complaint"),
    *("first_reply_minutes", "minutes_until_as_of"),
)


class SupportSettings(Protocol):
    """What a company sets about support."""

    @property
    def reply_within_minutes(self) -> int:
        """How long a first public reply may take."""


def find_ticket_signs(tickets: IntoFrame, *, as_of: dt.date, support: SupportSettings) -> pl.DataFrame:
    """Find tickets that wait too long for a reply, in business hours, and complaints that are not solved.

    Args:
        tickets: `core.tickets`.
        as_of: Last day that counts.
        support: How long a reply may take.

    Returns:
        The columns of `SIGN`, one row per ticket; `happened_on` is the day it was opened.
    """
    recent = (
        nw.from_native(tickets)
        .lazy()
        .filter(nw.col("no_reply_due_reason").is_null() & ~nw.col("customer_idx").is_null())
        .filter(nw.col("opened_date").is_between(as_of - dt.timedelta(days=TICKET_DAYS), as_of))
        .with_columns(outcome=find_outcome("_business", support.reply_within_minutes))
        .select(*TICKET_COLUMNS, "outcome")
    )
    waited = pl.col("minutes_until_as_of")
    solved_minutes = (pl.col("solved_at") - pl.col("opened_at")).dt.total_seconds(fractional=True) / 60
    is_complaint = pl.col("is_complaint").fill_null(value=False)
    has_reply = (pl.col("first_reply_minutes") <= waited).fill_null(value=False)
    is_unanswered = (pl.col("outcome") == BREACHED) & ~has_reply
    found = read_into_polars(recent.to_native()).filter(
        ~(solved_minutes <= waited).fill_null(value=False), is_unanswered | is_complaint
    )
    days = count_days((pl.lit(as_of) - pl.col("opened_date")).dt.total_days())
    noun = pl.when(is_complaint).then(pl.lit("complaint")).otherwise(pl.lit("ticket"))
    tomorrow = _find_next_day(as_of)
    solve_by = pl.max_horizontal(pl.col("opened_date") + dt.timedelta(days=SOLVE_DAYS), tomorrow)
    return found.select(
        take_sign(
            reason=pl.when(is_unanswered).then(pl.lit("unanswered_ticket")).otherwise(pl.lit("open_complaint")),
            happened_on=pl.col("opened_date"),
            until_date=pl.when(is_unanswered).then(tomorrow).otherwise(solve_by),
            why=pl.when(is_unanswered)
            .then(pl.format("{} of {} has had no reply for {}", noun, "opened_date", days))
            .otherwise(pl.format("complaint of {} is not solved after {}", "opened_date", days)),
        )
    )


def find_detractors(survey_responses: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Find customers whose latest NPS answer is a detractor's, at most `DETRACTOR_DAYS` old.

    Args:
        survey_responses: `core.survey_responses`.
        as_of: Last day that counts.

    Returns:
        The columns of `SIGN`, one row per customer; `happened_on` is the day of the answer.
    """
    latest = find_latest_nps(survey_responses, as_of=as_of)
    answered = pl.col("latest_nps_date")
    is_recent = answered >= as_of - dt.timedelta(days=DETRACTOR_DAYS)
    return latest.filter((pl.col("latest_nps_group") == "detractor") & is_recent).select(
        take_sign(
            reason=pl.lit("detractor"),
            happened_on=answered,
            is_settled_by_order=pl.lit(value=True),
            until_date=pl.max_horizontal(answered + dt.timedelta(days=DETRACTOR_DAYS), _find_next_day(as_of)),
            why=pl.format("scored {} of 10 on {}", pl.col("latest_nps_score").cast(pl.Int64), answered),
        )
    )


def find_service_risks(service_risk_customers: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Find customers with too many bad experiences who are to be called for them.

    Args:
        service_risk_customers: `marts.service_risk_customers`; its `call_status` says who.
        as_of: Last day that counts.

    Returns:
        The columns of `SIGN`, one row per customer; `happened_on` is the day of the last experience.
    """
    names = ("customer_idx", "bad_experience_count", "last_experience_on", "leading_signs", "call_status")
    last = pl.col("last_experience_on")
    found = read_into_polars(select_columns(service_risk_customers, *names))
    return found.filter(pl.col("call_status") == DUE).select(
        take_sign(
            reason=pl.lit("service_risk"),
            happened_on=last,
            is_settled_by_order=pl.lit(value=True),
            until_date=pl.max_horizontal(last + dt.timedelta(days=DETRACTOR_DAYS), _find_next_day(as_of)),
            why=pl.format(
                "{} bad experiences, the last on {}: {}",
                "bad_experience_count",
                last,
                pl.col("leading_signs").str.replace_all("_", " "),
            ),
        )
    )


def _find_next_day(as_of: dt.date) -> pl.Expr:
    return pl.lit(as_of + dt.timedelta(days=1))
