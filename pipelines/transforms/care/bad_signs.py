"""Signs of bad experiences, read from all tables that hold any.

Put here: what is a sign, on which day, and of which order, ticket or subscription. Keep out: which signs are one
experience (`bad_experiences.py`), and when a reply (`replies.py`) or an order (`promised_orders.py`) is late.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Literal, Protocol

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX, BadSign
from regulars.pipelines.transforms.care.promised_orders import (
    LATE,
    UNDELIVERED,
    add_outcome,
    list_delivering_systems,
    select_promised,
)
from regulars.pipelines.transforms.care.replies import BREACHED, find_outcome
from regulars.pipelines.transforms.care.support_response import SupportSettings
from regulars.pipelines.transforms.local_days import CompanyZone, find_local_day
from regulars.pipelines.transforms.purchases.purchases import make_lazy, read_lazy
from regulars.pipelines.transforms.voice.nps import select_nps_answers

ORDER, TICKET, SUBSCRIPTION, RESPONSE, REFUND = "order", "ticket", "subscription", "survey_response", "refund"
"""What may go wrong. What belongs to a known order is about the order."""

NO_TICKETS = ("merged", "spam")
"""Values of `no_reply_due_reason` whose tickets give no sign at all: merged into another ticket, or spam."""

COLUMNS: dict[str, PolarsDataType] = {
    "customer_idx": pl.Int32,
    "day": pl.Date,
    "sign": pl.String,
    "subject": pl.String,
    "system": pl.String,
    "subject_id": pl.String,
    "ticket_system": pl.String,
    "ticket_id": pl.String,
}


class RiskSettings(Protocol):
    """What a company sets about bad experiences."""

    @property
    def threshold(self) -> int:
        """How many experiences put a customer at risk."""

    @property
    def window_days(self) -> int:
        """The days in which they are counted."""

    @property
    def same_event_days(self) -> int:
        """The most days between two signs of one experience."""

    @property
    def signs(self) -> Sequence[BadSign]:
        """What counts as a sign."""

    @property
    def refund_reasons(self) -> Sequence[str]:
        """Which refunds count, by their reason or that of one of their lines; none: all."""

    @property
    def undelivered_days(self) -> int:
        """Days after the promised day on which an order that was not delivered is a failed delivery."""

    @property
    def reply_time(self) -> Literal["clock", "business_hours"]:
        """How the time of a reply is counted."""

    @property
    def failed_payment_statuses(self) -> Sequence[str]:
        """What a payment's status says when it failed."""


def list_bad_signs(
    orders: IntoFrame,
    refunds: IntoFrame,
    refund_lines: IntoFrame,
    payments: IntoFrame,
    tickets: IntoFrame,
    survey_responses: IntoFrame,
    subscriptions: IntoFrame,
    *,
    as_of: dt.date,
    company: CompanyZone,
    support: SupportSettings,
    service_risk: RiskSettings,
) -> pl.DataFrame:
    """Scan all tables, on any engine, for signs of bad experiences up to `as_of`.

    Args:
        orders: `core.orders`.
        refunds: `core.refunds`.
        refund_lines: `core.refund_lines`; why each line came back.
        payments: `core.payments`.
        tickets: `core.tickets`.
        survey_responses: `core.survey_responses`.
        subscriptions: `core.subscriptions`.
        as_of: Last day that counts.
        company: Its zone.
        support: How long a reply may take.
        service_risk: What counts as a sign.

    Returns:
        The columns of `COLUMNS`, a row per sign, not sorted; `customer_idx` is `UNKNOWN_CUSTOMER_IDX` where no customer
        is known. `ticket_system` and `ticket_id` are those of signs that a ticket holds.
    """
    found = [
        *_list_late_deliveries(make_lazy(orders), as_of, company, service_risk.undelivered_days),
        _list_refunds(make_lazy(refunds), make_lazy(refund_lines), as_of, service_risk.refund_reasons),
        _list_failed_payments(make_lazy(payments), make_lazy(orders), company, service_risk.failed_payment_statuses),
        *_list_ticket_signs(make_lazy(tickets), as_of, support, service_risk.reply_time),
        _list_detractors(survey_responses, as_of),
        _list_involuntary_ends(make_lazy(subscriptions)),
    ]
    return (
        pl.concat([each.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items()) for each in found])
        .with_columns(pl.col("customer_idx").fill_null(UNKNOWN_CUSTOMER_IDX))
        .filter(pl.col("day") <= as_of, pl.col("sign").is_in(list(service_risk.signs)))
    )


def _list_late_deliveries(
    orders: "nw.LazyFrame[Any]", as_of: dt.date, company: CompanyZone, undelivered_days: int
) -> Iterator[pl.DataFrame]:
    """List orders delivered late, and those not delivered yet, each on the day that was promised."""
    promised, delivered = nw.col("promised_at"), nw.col("delivered_at")
    due = select_promised(orders, as_of, company).filter(delivered.is_null() | (delivered > promised))
    rows = read_lazy(due.select("customer_idx", "promised_at", "delivered_at", "system", "order_id"))
    found = add_outcome(
        rows, list_delivering_systems(orders), as_of=as_of, company=company, undelivered_days=undelivered_days
    ).select(
        "customer_idx",
        "system",
        "day",
        "outcome",
        subject=pl.lit(ORDER),
        subject_id="order_id",
        ticket_system=pl.lit(None),
        ticket_id=pl.lit(None),
    )
    yield found.filter(outcome=LATE).with_columns(sign=pl.lit("late_delivery"))
    yield found.filter(outcome=UNDELIVERED).with_columns(sign=pl.lit("failed_delivery"))


def _list_refunds(
    refunds: "nw.LazyFrame[Any]", refund_lines: "nw.LazyFrame[Any]", as_of: dt.date, reasons: Sequence[str]
) -> pl.DataFrame:
    """List refunds; if the settings name reasons, those with one of them on the refund or on one of its lines."""
    given = refunds.filter(nw.col("is_countable") & (nw.col("amount") > 0) & (nw.col("refund_date") <= as_of))
    if reasons:
        wanted = nw.col("reason").is_in(list(reasons))
        of_lines = refund_lines.filter(wanted).select("system", "refund_id").unique().with_columns(is_wanted=nw.lit(1))
        given = given.join(of_lines, on=["system", "refund_id"], how="left")
        given = given.filter(wanted | ~nw.col("is_wanted").is_null())
    has_order = pl.col("order_id").is_not_null()
    return read_lazy(given.select("customer_idx", "refund_date", "system", "refund_id", "order_id")).select(
        "customer_idx",
        "system",
        day="refund_date",
        sign=pl.lit("refund"),
        subject=pl.when(has_order).then(pl.lit(ORDER)).otherwise(pl.lit(REFUND)),
        subject_id=pl.coalesce("order_id", "refund_id"),
        ticket_system=pl.lit(None),
        ticket_id=pl.lit(None),
    )


def _list_failed_payments(
    payments: "nw.LazyFrame[Any]", orders: "nw.LazyFrame[Any]", company: CompanyZone, statuses: Sequence[str]
) -> pl.DataFrame:
    """List payments that failed, on the order's day where their own is not known."""
    failed = payments.filter(nw.col("status").str.to_lowercase().is_in([each.lower() for each in statuses]))
    of_orders = failed.select("system", "order_id", "paid_at").join(
        orders.select("system", "order_id", "customer_idx", "order_date"), on=["system", "order_id"], how="inner"
    )
    return read_lazy(of_orders).select(
        "customer_idx",
        "system",
        day=pl.coalesce(find_local_day(pl.col("paid_at"), company), "order_date"),
        sign=pl.lit("failed_payment"),
        subject=pl.lit(ORDER),
        subject_id="order_id",
        ticket_system=pl.lit(None),
        ticket_id=pl.lit(None),
    )


def _list_ticket_signs(
    tickets: "nw.LazyFrame[Any]", as_of: dt.date, support: SupportSettings, reply_time: str
) -> Iterator[pl.DataFrame]:
    """List complaints, late replies and reopened tickets, each on the day the ticket was opened.

    Only tickets without a `no_reply_due_reason` are due a reply; tickets in `NO_TICKETS` give no sign at all.
    """
    reason = nw.col("no_reply_due_reason")
    outcome = find_outcome("" if reply_time == "clock" else "_business", support.reply_within_minutes)
    signs = {
        "complaint": nw.col("is_complaint").fill_null(value=False),
        "late_reply": reason.is_null() & (outcome == BREACHED),
        "reopened_ticket": nw.col("reopened_count").fill_null(0) > 0,
    }
    counted = tickets.filter(reason.is_null() | ~reason.is_in(NO_TICKETS), nw.col("opened_date") <= as_of)
    ids = ["customer_idx", "opened_date", "system", "ticket_id", "order_system", "order_id"]
    rows = read_lazy(
        counted.with_columns(**signs).filter(nw.any_horizontal(*signs, ignore_nulls=True)).select(*ids, *signs)
    )
    has_order = pl.col("order_system").is_not_null()
    told = rows.with_columns(
        day="opened_date",
        subject=pl.when(has_order).then(pl.lit(ORDER)).otherwise(pl.lit(TICKET)),
        subject_id=pl.when(has_order).then("order_id").otherwise("ticket_id"),
        ticket_system="system",
        system=pl.coalesce("order_system", "system"),
    )
    for sign in signs:
        yield told.filter(sign).with_columns(sign=pl.lit(sign))


def _list_detractors(survey_responses: IntoFrame, as_of: dt.date) -> pl.DataFrame:
    answers = select_nps_answers(survey_responses, as_of=as_of).filter(nw.col("nps_group") == "detractor")
    ids = ["customer_idx", "answered_date", "system", "response_id", "order_system", "order_id"]
    has_order = pl.col("order_system").is_not_null()
    return read_lazy(answers.select(*ids)).select(
        "customer_idx",
        day="answered_date",
        sign=pl.lit("detractor"),
        subject=pl.when(has_order).then(pl.lit(ORDER)).otherwise(pl.lit(RESPONSE)),
        subject_id=pl.when(has_order).then("order_id").otherwise("response_id"),
        system=pl.coalesce("order_system", "system"),
        ticket_system=pl.lit(None),
        ticket_id=pl.lit(None),
    )


def _list_involuntary_ends(subscriptions: "nw.LazyFrame[Any]") -> pl.DataFrame:
    """List subscriptions that ended involuntarily: usually because payments failed."""
    is_end = nw.col("end_type").is_in(["cancelled", "ended"])
    ended = subscriptions.filter(nw.col("is_involuntary") & is_end)
    ids = ["customer_idx", "cancelled_date", "active_until", "system", "subscription_id"]
    return read_lazy(ended.select(*ids)).select(
        "customer_idx",
        "system",
        day=pl.coalesce("cancelled_date", "active_until"),
        sign=pl.lit("failed_payment"),
        subject=pl.lit(SUBSCRIPTION),
        subject_id="subscription_id",
        ticket_system=pl.lit(None),
        ticket_id=pl.lit(None),
    )
