"""Orders, one row each.

Put here: what a row of `orders` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import CURRENCY, PLACE, UPDATED_AT, make_customer_columns
from regulars.pipelines.kinds.shape.kind import CoreAmount, Kind, KindColumn, Money, Reference, RowRule

KIND = Kind(
    name="orders",
    purpose="What was bought, one row per order.",
    description=(
        "Order headers as delivered, in our column names; all text. A file of order lines only has no rows here: its "
        "orders are grouped from raw.order_lines. A row that breaks a critical rule quarantines its order with all its "
        "lines."
    ),
    grain="One row per order of a system.",
    staging_grain="One row per order of the systems that export orders.",
    columns=(
        KindColumn(
            "order_id",
            "id",
            "The order's id in its system. Whole numbers delivered as doubles must print without `.0`.",
            is_required=True,
        ),
        *make_customer_columns("The buyer's"),
        KindColumn(
            "ordered_at",
            "moment",
            "When the order was placed, UTC: the mapping converts from the source's zone.",
            is_required=True,
        ),
        KindColumn("status", "text", "The tool's own word for the order's state."),
        CURRENCY,
        KindColumn(
            "gross_sales",
            "number",
            (
                "Goods before discounts, without shipping, and without tax unless prices_include_tax. NULL: the sum of "
                "the order's lines."
            ),
            unit="order currency",
        ),
        KindColumn(
            "discounts", "number", "All discounts, a positive number. NULL: none.", unit="order currency", minimum=0
        ),
        KindColumn("shipping", "number", "Shipping charged. NULL: none.", unit="order currency"),
        KindColumn(
            "tax",
            "number",
            "Tax charged: beside the other amounts, or within them where prices_include_tax. NULL: none.",
            unit="order currency",
        ),
        KindColumn(
            "prices_include_tax",
            "boolean",
            (
                "Whether gross_sales, discounts and shipping, and the amounts of the order's lines, include the tax: "
                "it is then taken out of them in proportion. Shops with gross prices map `{value: true}`. NULL: no."
            ),
        ),
        KindColumn(
            "channel", "text", "Where the order was placed, such as web, store, telephone.", is_descriptive=True
        ),
        KindColumn("store_id", "id", "The store's id in its system.", is_descriptive=True),
        *PLACE,
        KindColumn("promised_at", "moment", "When delivery was declared, UTC.", is_emptied=True),
        KindColumn("delivered_at", "moment", "When it was delivered, UTC.", is_emptied=True),
        KindColumn("is_test", "boolean", "Whether the order is a test: it never counts. NULL: no."),
        KindColumn("is_cancelled", "boolean", "Whether the order was cancelled: it never counts. NULL: no."),
        UPDATED_AT,
    ),
    document=("order_id",),
    record_id=("order_id",),
    delivery="incremental",
    example={"order_id": "o1", "ordered_at": "2026-03-01 10:00:00", "currency": "EUR", "gross_sales": "10"},
    shares_document_with="order_lines",
    rules=(
        RowRule(
            name="included_tax_is_within_prices",
            description="Where prices include the tax, it is at most gross_sales − discounts + shipping",
            dimension="consistency",
            predicate=(
                "coalesce(prices_include_tax, 'false') <> 'true' or gross_sales is null or "
                "abs(try_cast(tax as decimal(18,4))::decimal(38,4)) <= abs("
                "try_cast(gross_sales as decimal(18,4))::decimal(38,4) "
                "- coalesce(try_cast(discounts as decimal(18,4)), 0) "
                "+ coalesce(try_cast(shipping as decimal(18,4)), 0))"
            ),
        ),
    ),
    reference=Reference("order", makes_customer=True),
    money=Money(
        amount=(
            "cast(coalesce(try_cast(gross_sales as decimal(18,4)), 0) as decimal(38,4)) "
            "- coalesce(try_cast(discounts as decimal(18,4)), 0)"
        ),
        day="ordered_at",
        core=(CoreAmount("core.orders", "gross_sales", "order_date"),),
    ),
)
