"""The mart `customer_events`: every touchpoint of every department with a customer, in one timeline.

Put here: one order for all events. Keep out: what is an event (`event_sources.py`).
"""

import datetime as dt
from collections.abc import Iterator

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.journey.event_sources import EVENT_DEPARTMENTS, EventReader, PaymentSettings
from regulars.pipelines.transforms.local_days import CompanyZone
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "customer_idx": pl.Int32,
    "event_number": pl.Int32,
    "happened_at": pl.Datetime("us"),
    "event_date": pl.Date,
    "is_time_known": pl.Boolean,
    "department": pl.String,
    "event_type": pl.String,
    "source": pl.String,
    "system": pl.String,
    "reference_id": pl.String,
    "amount": MONEY,
    "score": pl.Decimal(9, 4),
    "detail": pl.String,
    "as_of": pl.Date,
}

SECONDS, TYPES = 2**33, 32
"""More seconds than there are between any two moments up to as_of, and more types than exist: one number that encodes
customer, second and type sorts many times faster than three columns, for up to 33 million customers."""

PIECE_ROWS = 1_000_000


def customer_events(
    customers: IntoFrame,
    orders: IntoFrame,
    refunds: IntoFrame,
    payments: IntoFrame,
    tickets: IntoFrame,
    survey_invitations: IntoFrame,
    survey_responses: IntoFrame,
    subscriptions: IntoFrame,
    *,
    as_of: dt.date,
    company: CompanyZone,
    service_risk: PaymentSettings,
) -> Iterator[pl.DataFrame]:
    """List all events of all customers up to `as_of`, those of the unknown customer included.

    Args:
        customers: `core.customers`.
        orders: `core.orders`.
        refunds: `core.refunds`.
        payments: `core.payments`.
        tickets: `core.tickets`.
        survey_invitations: `core.survey_invitations`.
        survey_responses: `core.survey_responses`.
        subscriptions: `core.subscriptions`.
        as_of: Last day that counts.
        company: Its zone.
        service_risk: The statuses of failed payments.

    Yields:
        The columns of `COLUMNS`, sorted by customer_id and event_number: `PIECE_ROWS` rows at a time, since this is the
        largest table of all.
    """
    reader = EventReader(as_of, company)
    events = _join_pieces(
        [
            *reader.list_customer_events(customers),
            *reader.list_order_events(orders, customers),
            *reader.list_refund_events(refunds),
            *reader.list_payment_events(payments, orders, service_risk),
            *reader.list_ticket_events(tickets),
            *reader.list_survey_events(survey_invitations, survey_responses),
            *reader.list_subscription_events(subscriptions),
        ]
    )
    names = read_into_polars(select_columns(customers, "customer_id", "customer_idx")).sort("customer_id")
    places = names.select(pl.col("customer_idx").arg_sort().cast(pl.Int64))["customer_idx"]  # numbers are dense
    events = events.with_columns(place=places.gather(events["customer_idx"]))
    department = pl.col("event_type").replace_strict(EVENT_DEPARTMENTS, return_dtype=pl.String)
    order = find_order_of_events(events)
    for start in range(0, max(len(order), 1), PIECE_ROWS):
        piece = order.slice(start, PIECE_ROWS)
        rows = events[piece["row"]].with_columns(piece["event_number"])
        yield rows.with_columns(
            customer_id=names["customer_id"].gather(rows["place"]), department=department, as_of=pl.lit(as_of)
        ).select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())


def _join_pieces(pieces: list[pl.DataFrame]) -> pl.DataFrame:
    """Join frames of the same columns into one that is contiguous in memory, and empty the list.

    One column at a time is copied and dropped from the pieces, so at most one column is in memory twice.
    """
    joined = []
    for name in pieces[0].columns:
        joined.append(pl.concat([piece[name] for piece in pieces], rechunk=True))
        for place, piece in enumerate(pieces):
            pieces[place] = piece.drop(name)
    pieces.clear()
    return pl.DataFrame(joined)


def find_order_of_events(events: pl.DataFrame) -> pl.DataFrame:
    """Find the order of events by customer and moment, and number them per customer.

    Args:
        events: The columns of `event_sources.COLUMNS`, and `place`: the customer's place in the order of ids.

    Returns:
        `row`, the position of an event in `events`, and `event_number`, from 1. Events of one second are sorted by
        type, then by moment, system and reference.
    """
    moment = pl.col("place") * SECONDS + pl.col("happened_at").dt.epoch("s")
    keys = events.select(key=moment * TYPES + pl.col("event_type").to_physical().cast(pl.Int64))["key"]
    order = keys.arg_sort()
    keys = keys.gather(order)
    is_repeated = keys == keys.shift(1)
    is_tie = is_repeated.fill_null(value=False) | is_repeated.shift(-1).fill_null(value=False)
    # Few events share all three: only those are sorted by more columns.
    ties = events.with_row_index("row")[order.filter(is_tie)].with_columns(key=keys.filter(is_tie))
    by = ["key", "happened_at", "system", "reference_id", "amount", "detail"]
    order = order.scatter(is_tie.arg_true(), ties.sort(by, nulls_last=True)["row"])
    places = events["place"].gather(order)
    starts = places.rle().struct.field("len").cast(pl.Int64)
    before = (starts.cum_sum() - starts).gather(places.rle_id())
    numbers = pl.int_range(1, len(order) + 1, eager=True) - before
    return pl.DataFrame({"row": order, "event_number": numbers.cast(pl.Int32)})
