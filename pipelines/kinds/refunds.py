"""Money given back to customers.

Put here: what a row of `refunds` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import CURRENCY, UPDATED_AT, make_customer_columns
from regulars.pipelines.kinds.shape.kind import CoreAmount, Kind, KindColumn, Money, Reference, RowRule

PARTS = """(
    cast(coalesce(try_cast(goods as decimal(18,4)), 0) as decimal(38,4))
    + coalesce(try_cast(shipping as decimal(18,4)), 0)
    + coalesce(try_cast(tax as decimal(18,4)), 0)
)"""
"""SQL: the sum of the delivered parts of a refund."""

WORTH = f"coalesce(cast(try_cast(amount as decimal(18,4)) as decimal(38,4)), {PARTS})"
"""SQL: the whole amount of a refund."""

KIND = Kind(
    name="refunds",
    purpose="Money given back to customers.",
    description=(
        "Refunds as delivered, in our column names; all text. A refund counts on its own day, linked to an order or "
        "not. Only the goods that it gives back lower sales. A tool that tells only the whole amount, such as 130.90 "
        "with shipping and tax, maps `amount` alone: the goods are then those that its lines in raw.refund_lines tell, "
        "else derived from the order. Refunds that a tool writes as order lines are in raw.order_lines."
    ),
    grain="One row per refund of a system.",
    staging_grain="One row per refund of the systems that export refunds.",
    columns=(
        KindColumn("refund_id", "id", "The refund's id in its system.", is_required=True),
        KindColumn("order_id", "id", "The order it belongs to, same system; NULL when the tool does not say."),
        *make_customer_columns("The buyer's"),
        KindColumn(
            "refunded_at",
            "moment",
            "When the money was given back, UTC. NULL: not known; the refund then counts on the day of its order.",
        ),
        CURRENCY,
        KindColumn(
            "amount",
            "number",
            (
                "All money given back, with shipping and tax where they were given back too; a positive number: turn "
                "the sign in the mapping where the tool writes it negative. NULL: goods + shipping + tax."
            ),
            unit="refund currency",
            minimum=0,
        ),
        KindColumn(
            "goods",
            "number",
            (
                "The part of it that is goods, without shipping and tax. NULL: what amount leaves after shipping and "
                "tax where one of them is told, else what its lines tell, else derived from the order."
            ),
            unit="refund currency",
            minimum=0,
        ),
        KindColumn(
            "shipping",
            "number",
            "The part of it that is shipping. NULL: none where another part is told, else derived from the order.",
            unit="refund currency",
            minimum=0,
        ),
        KindColumn(
            "tax",
            "number",
            "The part of it that is tax. NULL: none where another part is told, else derived from the order.",
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
    rules=(
        RowRule(
            name="amount_is_known",
            description="amount is given, or one of goods, shipping and tax",
            dimension="completeness",
            predicate="coalesce(amount, goods, shipping, tax) is not null",
        ),
        RowRule(
            name="parts_are_within_amount",
            description=(
                "goods, shipping and tax together are at most amount, and at most 14 digits before the point; an "
                "amount without tax must not be delivered with the tax beside it"
            ),
            dimension="consistency",
            predicate=f"{PARTS} <= coalesce(try_cast(amount as decimal(18,4)), 99999999999999.9999)",
        ),
        RowRule(
            name="day_is_known",
            description="A refund without refunded_at belongs to an order that raw.orders or raw.order_lines has",
            dimension="consistency",
            query="""
                select *
                from {table} refund
                where refund.refunded_at is null and not exists (
                    select 1 from raw.orders o where o._system = refund._system and o.order_id = refund.order_id
                    union all
                    select 1 from raw.order_lines l
                    where l._system = refund._system and l.order_id = refund.order_id and l.line_type = 'sale'
                )
            """,
        ),
    ),
    reference=Reference("refund", makes_customer=True),
    money=Money(
        amount=f"-{WORTH}",
        day="refunded_at",
        core=(CoreAmount("core.refunds", "amount", "refund_date"),),
    ),
)
