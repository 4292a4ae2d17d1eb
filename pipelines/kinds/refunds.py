"""Money given back to customers.

Put here: what a row of `refunds` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import CURRENCY, UPDATED_AT, make_customer_columns
from regulars.pipelines.kinds.shape.kind import CoreAmount, Kind, KindColumn, Money, Reference

KIND = Kind(
    name="refunds",
    purpose="Money given back to customers.",
    description=(
        "Refunds as delivered, in our column names; all text. A refund counts on its own day, linked to an order or "
        "not. Refunds that a tool writes as order lines are in raw.order_lines."
    ),
    grain="One row per refund of a system.",
    staging_grain="One row per refund of the systems that export refunds.",
    columns=(
        KindColumn("refund_id", "id", "The refund's id in its system.", is_required=True),
        KindColumn("order_id", "id", "The order it belongs to, same system; NULL when the tool does not say."),
        *make_customer_columns("The buyer's"),
        KindColumn("refunded_at", "moment", "When the money was given back, UTC.", is_required=True),
        CURRENCY,
        KindColumn(
            "amount",
            "number",
            "Money given back, a positive number: turn the sign in the mapping where the tool writes it negative.",
            is_required=True,
            unit="refund currency",
            minimum=0,
        ),
        KindColumn("reason", "text", "Why it was given back, in the tool's words.", is_descriptive=True),
        UPDATED_AT,
    ),
    document=("refund_id",),
    record_id=("refund_id",),
    delivery="append",
    example={"refund_id": "r1", "refunded_at": "2026-03-05 10:00:00", "currency": "EUR", "amount": "3"},
    reference=Reference("refund", makes_customer=True),
    money=Money(
        amount="-try_cast(amount as decimal(18,4))",
        day="refunded_at",
        core=(CoreAmount("core.refunds", "amount", "refund_date"),),
    ),
)
