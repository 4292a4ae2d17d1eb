"""What the company sells.

Put here: what a row of `products` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import COST_CURRENCY, UPDATED_AT
from regulars.pipelines.kinds.shape.kind import Kind, KindColumn

KIND = Kind(
    name="products",
    purpose="What the company sells.",
    description=(
        "Products as delivered, in our column names; all text. Without a source of products they are taken from order "
        "lines, as are a name and a category that a product lacks."
    ),
    grain="One row per product of a system.",
    staging_grain="One row per product.",
    columns=(
        KindColumn("product_id", "id", "The product's id in its system.", is_required=True),
        KindColumn("product_name", "text", "The product's name.", is_descriptive=True),
        KindColumn("category", "text", "The category that reports group by.", is_descriptive=True),
        KindColumn(
            "cost",
            "number",
            "What one piece costs the company, in `cost_currency`. Margins are made of the costs of order lines.",
            is_emptied=True,
            unit="cost_currency, else company currency",
            minimum=0,
        ),
        KindColumn("cost_currency", "currency", COST_CURRENCY.format(currency="the company's currency")),
        KindColumn(
            "in_stock",
            "boolean",
            "Whether it can be sold today. NULL: not known.",
            is_descriptive=True,
            is_emptied=True,
        ),
        UPDATED_AT,
    ),
    document=("product_id",),
    record_id=("product_id",),
    delivery="full",
    example={"product_id": "p1"},
)
