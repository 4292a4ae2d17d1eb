"""The shops that the company sells in.

Put here: what a row of `stores` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import UPDATED_AT
from regulars.pipelines.kinds.shape.kind import Kind, KindColumn

KIND = Kind(
    name="stores",
    purpose="The shops that the company sells in.",
    description=(
        "Stores as delivered, in our column names; all text. Without a source of stores, those that orders name are "
        "known by their ids alone."
    ),
    grain="One row per store of a system.",
    staging_grain="One row per store.",
    columns=(
        KindColumn("store_id", "id", "The store's id in its system, as orders name it.", is_required=True),
        KindColumn("store_name", "text", "The store's name.", is_descriptive=True),
        KindColumn(
            "store_type", "text", "The company's own type of store, such as own, franchise.", is_descriptive=True
        ),
        KindColumn(
            "country",
            "text",
            "The country it lies in: a code of ISO 3166 or a name, in any common language.",
            is_descriptive=True,
        ),
        KindColumn("region", "text", "The sales region it belongs to.", is_descriptive=True),
        KindColumn("city", "text", "The city it lies in.", is_descriptive=True),
        UPDATED_AT,
    ),
    document=("store_id",),
    record_id=("store_id",),
    delivery="full",
    example={"store_id": "1"},
)
