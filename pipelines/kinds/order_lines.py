"""The lines of each order, and orders of files that hold only lines.

Put here: what a row of `order_lines` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import COST_CURRENCY, CURRENCY, PLACE, UPDATED_AT, make_customer_columns
from regulars.pipelines.kinds.shape.kind import CoreAmount, Kind, KindColumn, Money, Reference, RowRule

LINE_AMOUNT = """coalesce(
    try_cast(gross_sales as decimal(18,4)),
    try_cast(
        try_cast(quantity as decimal(18,4))::decimal(38,4) * try_cast(unit_price as decimal(18,4)) as decimal(18,4)
    )
)"""
"""SQL: the amount of a line before discounts; NULL where it is not known or does not fit."""

KIND = Kind(
    name="order_lines",
    purpose="The lines of each order, and orders of files that hold only lines.",
    description=(
        "Order lines as delivered, in our column names; all text. Refund and adjustment lines stand beside sale lines "
        "and differ in line_type. Identical lines within one delivery are real and kept; a later delivery of "
        "an order replaces all its lines. A bad line quarantines its whole order."
    ),
    grain="One row per delivered line of an order.",
    staging_grain="One row per line of an order, a refund or an adjustment, identical lines included.",
    columns=(
        KindColumn(
            "order_id", "id", "The order, invoice or credit note the line belongs to, in its system.", is_required=True
        ),
        KindColumn(
            "line_type",
            "lower",
            "What the line is. The mapping says how to tell; without a word from it every line is a sale.",
            is_required=True,
            default="sale",
            values={
                "sale": "Goods sold.",
                "refund": "Money given back; quantity or gross_sales is negative.",
                "adjustment": "Money that is no sale, such as bad debt; signed.",
            },
        ),
        KindColumn(
            "line_id",
            "id",
            "The line's own id, or its number within the order. NULL: the file does not say; equal lines are then "
            "lines of their own.",
        ),
        KindColumn("product_id", "id", "The product's id in its system."),
        KindColumn("product_name", "text", "The product's name as on the line.", is_descriptive=True),
        KindColumn("category", "text", "The product's category as on the line.", is_descriptive=True),
        KindColumn(
            "quantity",
            "number",
            (
                "How many; negative on refund lines of some tools; 1 when the file does not say; without "
                "gross_sales, quantity × unit_price must fit 14 digits too."
            ),
            is_required=True,
            default="1",
            unit="pieces",
        ),
        KindColumn(
            "unit_price", "number", "Price of one before discounts. Tenths of a cent are real.", unit="order currency"
        ),
        KindColumn(
            "gross_sales",
            "number",
            "The line before discounts. NULL: quantity × unit_price, rounded half away from zero to 4 decimals.",
            unit="order currency",
        ),
        KindColumn(
            "discounts",
            "number",
            "Discounts on the line, a positive number. NULL: none.",
            unit="order currency",
            minimum=0,
        ),
        KindColumn(
            "shipping",
            "number",
            "What the buyer paid for sending the line. In `currency`. NULL: not known per line.",
            unit="order currency",
            minimum=0,
        ),
        KindColumn(
            "cost",
            "number",
            "What the line's goods cost the company, all pieces together, in `cost_currency`. NULL: not known.",
            is_emptied=True,
            unit="cost_currency, else order currency",
            minimum=0,
        ),
        KindColumn("cost_currency", "currency", COST_CURRENCY.format(currency="the order's currency")),
        *make_customer_columns("The buyer's"),
        KindColumn(
            "ordered_at", "moment", "When the order was placed, UTC; needed where no source of orders has the order."
        ),
        CURRENCY,
        KindColumn(
            "channel", "text", "Where the order was placed, such as web, store, telephone.", is_descriptive=True
        ),
        KindColumn("store_id", "id", "The store's id in its system.", is_descriptive=True),
        *PLACE,
        KindColumn("is_test", "boolean", "Whether the order is a test: it never counts. NULL: no."),
        UPDATED_AT,
    ),
    document=("order_id",),
    record_id=("order_id", "line_type", "line_id"),
    delivery="incremental",
    example={"order_id": "o1", "line_type": "sale", "quantity": "1", "unit_price": "10", "currency": "EUR"},
    rules=(
        RowRule(
            name="line_amount_fits",
            description="quantity × unit_price, where gross_sales is not given, has at most 14 digits before the point",
            dimension="accuracy",
            predicate=(
                "gross_sales is not null or abs(try_cast(quantity as decimal(18,4))::decimal(38,4) * "
                "try_cast(unit_price as decimal(18,4))) < 99999999999999.99995"
            ),
        ),
        RowRule(
            name="order_is_known",
            description="A line without its own ordered_at belongs to an order that raw.orders has",
            dimension="consistency",
            query="""
                select *
                from {table} line
                where line.ordered_at is null and not exists (
                    select 1 from raw.orders o where o._system = line._system and o.order_id = line.order_id
                )
            """,
        ),
        RowRule(
            name="has_a_price",
            description="A line has a unit_price or gross_sales; without either it counts as 0",
            dimension="completeness",
            predicate="unit_price is not null or gross_sales is not null",
            severity="warning",
        ),
    ),
    shares_document_with="orders",
    reference=Reference("order", makes_customer=True),
    money=Money(
        amount=(
            f"cast(coalesce({LINE_AMOUNT}, 0) as decimal(38,4)) - coalesce(try_cast(discounts as decimal(18,4)), 0)"
        ),
        day="ordered_at",
        core=(
            CoreAmount("core.order_lines", "gross_sales"),
            CoreAmount("core.refunds", "amount", "refund_date"),
            CoreAmount("core.adjustments", "amount", "adjustment_date"),
        ),
    ),
)
