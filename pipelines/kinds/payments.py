"""How orders were paid.

Put here: what a row of `payments` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import CURRENCY, UPDATED_AT
from regulars.pipelines.kinds.shape.kind import CoreAmount, Kind, KindColumn, Money, RowRule

KIND = Kind(
    name="payments",
    purpose="How orders were paid.",
    description=(
        "Payments and attempts to pay as delivered, in our column names; all text. They never change the amount of an "
        "order. Deliver those that succeeded too: an order whose payment failed counts as unpaid until one does."
    ),
    grain="One row per delivered payment of an order.",
    staging_grain="One row per payment.",
    columns=(
        KindColumn("order_id", "id", "The order that was paid, or was to be paid, in its system.", is_required=True),
        KindColumn("payment_id", "id", "The payment's id in its system, where it has one."),
        KindColumn("method", "text", "How it was paid, such as card, voucher, transfer.", is_descriptive=True),
        KindColumn("status", "text", "The tool's own word for the payment's state: it tells the failed ones."),
        KindColumn(
            "amount",
            "number",
            "What was paid, or was to be paid where it failed.",
            is_required=True,
            unit="payment currency",
        ),
        CURRENCY,
        KindColumn("paid_at", "moment", "When it was paid, or was to be paid where it failed, UTC.", is_emptied=True),
        UPDATED_AT,
    ),
    document=("order_id",),
    record_id=("order_id", "payment_id"),
    delivery="append",
    example={"order_id": "o1", "amount": "10", "currency": "EUR"},
    rules=(
        RowRule(
            name="order_is_known",
            description="A payment belongs to an order that raw.orders or raw.order_lines has",
            dimension="consistency",
            query="""
                select *
                from {table} payment
                where not exists (
                    select 1 from raw.orders o where o._system = payment._system and o.order_id = payment.order_id
                ) and not exists (
                    select 1 from raw.order_lines l where l._system = payment._system and l.order_id = payment.order_id
                )
            """,
            severity="warning",
        ),
    ),
    money=Money(
        amount="try_cast(amount as decimal(18,4))",
        day="paid_at",
        core=(CoreAmount("core.payments", "amount"),),
    ),
)
