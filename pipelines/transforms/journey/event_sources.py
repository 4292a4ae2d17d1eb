"""Events of customers, read from each core table that holds any.

Put here: which rows of which table are an event, of which type, and when. Keep out: the order of all events
(`customer_events.py`).
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.local_days import CompanyZone, find_end_of_day, find_local_day, find_start_of_day
from regulars.pipelines.transforms.purchases.purchases import make_lazy, read_lazy

SALES, SERVICE, MARKETING, FINANCE, LOGISTICS = "sales", "service", "marketing", "finance", "logistics"
EVENT_DEPARTMENTS = {
    "first_seen": MARKETING,
    "acquired": MARKETING,
    "order": SALES,
    "order_not_counted": SALES,
    "delivered": LOGISTICS,
    "delivered_late": LOGISTICS,
    "delivery_due": LOGISTICS,
    "refund": FINANCE,
    "payment_failed": FINANCE,
    "ticket_opened": SERVICE,
    "complaint_opened": SERVICE,
    "ticket_replied": SERVICE,
    "ticket_solved": SERVICE,
    "survey_invited": MARKETING,
    "survey_answered": MARKETING,
    "subscription_started": SALES,
    "subscription_changed": SALES,
    "subscription_paused": SALES,
    "subscription_resumed": SALES,
    "subscription_cancelled": SALES,
    "subscription_ended": SALES,
}
"""Type of event -> its department; the contract says what each means. Events of one moment are sorted in this order."""

EVENT_TYPE = pl.Enum(list(EVENT_DEPARTMENTS))

COLUMNS: Mapping[str, PolarsDataType] = {
    "customer_idx": pl.Int32,
    "happened_at": pl.Datetime("us"),
    "event_date": pl.Date,
    "is_time_known": pl.Boolean,
    "event_type": EVENT_TYPE,
    "source": pl.String,
    "system": pl.String,
    "reference_id": pl.String,
    "amount": MONEY,
    "score": pl.Decimal(9, 4),
    "detail": pl.String,
}


class PaymentSettings(Protocol):
    """What a company sets about payments."""

    @property
    def failed_payment_statuses(self) -> Sequence[str]:
        """What a payment's status says when it failed."""


class EventReader:
    """Reads events up to one day, in one company's zone."""

    def __init__(self, as_of: dt.date, company: CompanyZone) -> None:
        """Set the day and the zone.

        Args:
            as_of: Last day that counts.
            company: Its zone.
        """
        self.as_of = as_of
        self.company = company
        self.end = find_end_of_day(as_of, company)

    def list_customer_events(self, customers: IntoFrame) -> Iterator[pl.DataFrame]:
        """List the first sign of each known customer."""
        seen = make_lazy(customers).filter(~nw.col("is_unknown") & (nw.col("first_seen_at") < self.end))
        rows = read_lazy(seen.select("customer_idx", "first_seen_at", "acquisition_channel"))
        yield self._at(rows, "first_seen_at", type=pl.lit("first_seen"), detail="acquisition_channel")

    def list_order_events(self, orders: IntoFrame, customers: IntoFrame) -> Iterator[pl.DataFrame]:
        """List orders, first orders as acquisitions, and deliveries."""
        names = ["customer_idx", "ordered_at", "order_date", "source", "system", "order_id", "channel", "is_countable"]
        names += [
            "is_first_order",
            "gross_sales",
            "discounts",
            "promised_at",
            "delivered_at",
            "is_test",
            "is_cancelled",
        ]
        rows = read_lazy(make_lazy(orders).filter(nw.col("order_date") <= self.as_of).select(*names))
        rows = rows.rename({"order_id": "reference_id"})
        is_countable = pl.col("is_countable")
        yield self._at(
            rows,
            "ordered_at",
            day=pl.col("order_date"),
            type=pl.when(is_countable).then(pl.lit("order")).otherwise(pl.lit("order_not_counted")),
            amount=pl.when(is_countable).then(pl.col("gross_sales") - pl.col("discounts")),
            detail="channel",
        )
        won = read_lazy(make_lazy(customers).select("customer_idx", "acquisition_cost", "acquisition_channel"))
        yield self._at(
            rows.filter("is_first_order").join(won, on="customer_idx", how="left"),
            "ordered_at",
            day=pl.col("order_date"),
            type=pl.lit("acquired"),
            amount="acquisition_cost",
            detail="acquisition_channel",
        )
        sent = rows.filter(~pl.col("is_test"))
        is_late = (pl.col("delivered_at") > pl.col("promised_at")).fill_null(value=False)
        yield self._at(
            sent.filter(pl.col("delivered_at") < self.end),
            "delivered_at",
            type=pl.when(is_late).then(pl.lit("delivered_late")).otherwise(pl.lit("delivered")),
        )
        is_open = ~(pl.col("delivered_at") < self.end).fill_null(value=False)
        due = sent.filter(is_open, ~pl.col("is_cancelled"), pl.col("promised_at") < self.end)
        yield self._at(due, "promised_at", type=pl.lit("delivery_due"))

    def list_refund_events(self, refunds: IntoFrame) -> Iterator[pl.DataFrame]:
        """List refunds, each on its day."""
        given = make_lazy(refunds).filter(nw.col("refund_date") <= self.as_of)
        names = ["customer_idx", "refund_date", "source", "system", "refund_id", "amount", "reason"]
        rows = read_lazy(given.select(*names)).rename({"refund_id": "reference_id"})
        yield self._on(rows, "refund_date", type=pl.lit("refund"), amount="amount", detail="reason")

    def list_payment_events(
        self, payments: IntoFrame, orders: IntoFrame, service_risk: PaymentSettings
    ) -> Iterator[pl.DataFrame]:
        """List payments that failed; one without a moment on the day of its order."""
        statuses = [each.lower() for each in service_risk.failed_payment_statuses]
        failed = make_lazy(payments).filter(nw.col("status").str.to_lowercase().is_in(statuses))
        buyers = make_lazy(orders).select("system", "order_id", "customer_idx", "order_date")
        names = ["customer_idx", "order_date", "paid_at", "source", "system", "order_id", "amount", "method"]
        rows = read_lazy(failed.join(buyers, on=["system", "order_id"], how="inner").select(*names))
        rows = rows.rename({"order_id": "reference_id"})
        columns: dict[str, Any] = {"type": pl.lit("payment_failed"), "amount": "amount", "detail": "method"}
        yield self._at(rows.filter(pl.col("paid_at") < self.end), "paid_at", **columns)
        undated = rows.filter(pl.col("paid_at").is_null(), pl.col("order_date") <= self.as_of)
        yield self._on(undated, "order_date", **columns)

    def list_ticket_events(self, tickets: IntoFrame) -> Iterator[pl.DataFrame]:
        """List tickets opened, first replied to, and solved."""
        opened = make_lazy(tickets).filter(nw.col("opened_date") <= self.as_of)
        names = ["customer_idx", "opened_at", "first_public_reply_at", "solved_at", "source", "system", "ticket_id"]
        rows = read_lazy(opened.select(*names, "is_complaint", "channel", "reason")).rename(
            {"ticket_id": "reference_id"}
        )
        is_complaint = pl.col("is_complaint").fill_null(value=False)
        event_type = pl.when(is_complaint).then(pl.lit("complaint_opened")).otherwise(pl.lit("ticket_opened"))
        yield self._at(rows, "opened_at", type=event_type, detail="channel")
        for moment, happened in (("first_public_reply_at", "ticket_replied"), ("solved_at", "ticket_solved")):
            yield self._at(rows.filter(pl.col(moment) < self.end), moment, type=pl.lit(happened), detail="channel")

    def list_survey_events(self, survey_invitations: IntoFrame, survey_responses: IntoFrame) -> Iterator[pl.DataFrame]:
        """List invitations and answers."""
        names = ["customer_idx", "source", "system", "survey_type"]
        invited = make_lazy(survey_invitations).filter(nw.col("invited_date") <= self.as_of)
        rows = read_lazy(invited.select(*names, "invited_at", reference_id=nw.col("invitation_id")))
        yield self._at(rows, "invited_at", type=pl.lit("survey_invited"), detail="survey_type")
        answered = make_lazy(survey_responses).filter(nw.col("answered_date") <= self.as_of)
        rows = read_lazy(answered.select(*names, "answered_at", "score", reference_id=nw.col("response_id")))
        yield self._at(rows, "answered_at", type=pl.lit("survey_answered"), score="score", detail="survey_type")

    def list_subscription_events(self, subscriptions: IntoFrame) -> Iterator[pl.DataFrame]:
        """List starts, changes and ends of subscriptions: a later period is a change of plan, price or item."""
        names = ["customer_idx", "source", "system", "subscription_id", "period_number", "plan", "monthly_amount"]
        names += ["started_at", "started_date", "paused_from", "paused_until", "cancelled_at", "active_until"]
        begun = make_lazy(subscriptions).filter(nw.col("started_date") <= self.as_of)
        rows = read_lazy(begun.select(*names, "end_type")).rename({"subscription_id": "reference_id"})
        is_first = pl.col("period_number") == 1
        yield self._at(
            rows,
            "started_at",
            day=pl.col("started_date"),
            type=pl.when(is_first).then(pl.lit("subscription_started")).otherwise(pl.lit("subscription_changed")),
            amount="monthly_amount",
            detail="plan",
        )
        for event_type, name, holds in _list_days_of_subscriptions():
            happened = _mark_followed(rows).filter(pl.col(name) <= self.as_of, holds)
            yield self._on(happened, name, type=pl.lit(event_type), detail="plan")
        cancelled = rows.filter(pl.col("cancelled_at") < self.end).sort("period_number")
        once = cancelled.unique(["system", "reference_id", "cancelled_at"], keep="last", maintain_order=True)
        yield self._at(once, "cancelled_at", type=pl.lit("subscription_cancelled"), detail="plan")

    def _at(self, rows: pl.DataFrame, moment: str, *, day: pl.Expr | None = None, **columns: Any) -> pl.DataFrame:
        """Events of a moment; their day is that of the moment unless a column says it."""
        local = find_local_day(pl.col(moment), self.company) if day is None else day
        return _shape(rows, happened_at=moment, event_date=local, is_time_known=pl.lit(value=True), **columns)

    def _on(self, rows: pl.DataFrame, day: str, **columns: Any) -> pl.DataFrame:
        """Events of a day: their moment is its beginning."""
        start = find_start_of_day(pl.col(day), self.company)
        return _shape(rows, happened_at=start, event_date=day, is_time_known=pl.lit(value=False), **columns)


def _mark_followed(periods: pl.DataFrame) -> pl.DataFrame:
    """Add `is_followed`: whether another period of the subscription begins on the day on which a pause is over."""
    keys = ["system", "reference_id"]
    starts = periods.select(*keys, paused_until="started_date", is_followed=pl.lit(value=True)).unique()
    marked = periods.join(starts, on=[*keys, "paused_until"], how="left", maintain_order="left")
    return marked.with_columns(pl.col("is_followed").fill_null(value=False))


def _list_days_of_subscriptions() -> Iterator[tuple[str, str, pl.Expr]]:
    """Type of event, the column with its day, and when it holds: a pause ends by going on, or with the subscription."""
    goes_on = (pl.col("paused_until") < pl.col("active_until")).fill_null(pl.col("active_until").is_null())
    ends_paused = (pl.col("end_type") == "paused") & ~pl.col("is_followed")
    yield "subscription_paused", "paused_from", pl.lit(value=True)
    yield "subscription_resumed", "paused_until", goes_on | pl.col("is_followed")
    yield "subscription_ended", "active_until", pl.col("end_type").is_in(["cancelled", "ended"])
    yield "subscription_ended", "paused_until", ends_paused


def _shape(rows: pl.DataFrame, **columns: Any) -> pl.DataFrame:
    """The rows with the columns of `COLUMNS`: those given, those they have of this name, else NULL."""
    given = {("event_type" if name == "type" else name): column for name, column in columns.items()}
    kept = {"customer_idx": pl.col("customer_idx").fill_null(UNKNOWN_CUSTOMER_IDX)}
    kept |= {name: pl.col(name) for name in ("source", "system", "reference_id") if name in rows.columns}
    found = {name: pl.col(each) if isinstance(each, str) else each for name, each in {**kept, **given}.items()}
    return rows.select(found.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in COLUMNS.items())
