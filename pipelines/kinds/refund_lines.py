"""The products that refunds gave back, from tools that deliver refunds and their lines separately.

Put here: what a row of `refund_lines` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import UPDATED_AT
from regulars.pipelines.kinds.shape.kind import Kind, KindColumn, RowRule

KIND = Kind(
    name="refund_lines",
    purpose="Which products refunds gave back.",
    description=(
        "The lines of refunds as delivered, in our column names; all text. A line says which product a row of the kind "
        "refunds, of the same system, gave back, as the item of a credit note, and gives back no money of its own: "
        "what lines tell beyond the goods of their refund is cut, and what no line tells is of no known product. A bad "
        "line quarantines all lines of its refund, and the refund still counts. Lines may come before their refund: "
        "until it is there they are counted as a warning and give back nothing. Refund lines that stand among the "
        "lines of orders are in raw.order_lines."
    ),
    grain="One row per delivered line of a refund.",
    staging_grain="One row per line of a refund that was delivered as such, identical lines included.",
    columns=(
        KindColumn("refund_id", "id", "The refund it belongs to, as in refunds.", is_required=True),
        KindColumn(
            "line_id",
            "id",
            "The line's own id, or its number within the refund. NULL: the file does not say; equal lines are then "
            "lines of their own.",
        ),
        KindColumn("product_id", "id", "The product's id in its system. NULL: the line names none."),
        KindColumn("product_name", "text", "The product's name as on the line.", is_descriptive=True),
        KindColumn("category", "text", "The product's category as on the line.", is_descriptive=True),
        KindColumn(
            "quantity",
            "number",
            "How many were given back; a positive number: turn the sign in the mapping where the tool writes it "
            "negative. 0 where money was given back and the goods were kept; 1 when the file does not say.",
            is_required=True,
            default="1",
            unit="pieces",
            minimum=0,
        ),
        KindColumn(
            "goods",
            "number",
            "What was given back for the goods of the line, after discounts, without shipping and tax; a positive "
            "number, in the currency of the refund.",
            is_required=True,
            unit="refund currency",
            minimum=0,
        ),
        KindColumn(
            "reason",
            "text",
            "Why the line was given back, in the tool's words. NULL: the reason of its refund.",
            is_descriptive=True,
        ),
        UPDATED_AT,
    ),
    is_part_of="refunds",
    document=("refund_id",),
    record_id=("refund_id", "line_id"),
    delivery="append",
    example={"refund_id": "r1", "product_id": "p1", "quantity": "1", "goods": "3"},
    rules=(
        RowRule(
            name="refund_is_known",
            description="A refund line belongs to a refund that raw.refunds has; until then it gives back nothing",
            dimension="consistency",
            query="""
                select *
                from {table} line
                where not exists (
                    select 1 from raw.refunds r where r._system = line._system and r.refund_id = line.refund_id
                )
            """,
            severity="warning",
        ),
    ),
)
