"""Columns that several kinds share, so that they mean the same everywhere.

Put here: columns of two kinds or more. Keep out: columns of one kind.
"""

from regulars.pipelines.kinds.shape.kind import SOURCE_CURRENCY, KindColumn


def make_customer_columns(who: str) -> tuple[KindColumn, ...]:
    """The three columns by which a row names a customer.

    Args:
        who: The owner of the address, such as `The buyer's`.
    """
    return (
        KindColumn(
            "customer_record_id",
            "id",
            "The customer record it belongs to, in the system `customer_system`. NULL: no customer is named.",
        ),
        KindColumn("customer_system", "text", "The system whose id customer_record_id is; NULL: the row's own system."),
        KindColumn(
            "email",
            "text",
            f"{who} address as delivered; matched to customers after normalising.",
            is_personal=True,
        ),
    )


PLACE = (
    KindColumn(
        "country",
        "text",
        "Country the order went to: a code of ISO 3166 or a name, in any common language.",
        is_descriptive=True,
    ),
    KindColumn("region", "text", "State, province or sales region the order went to.", is_descriptive=True),
    KindColumn("city", "text", "City the order went to.", is_descriptive=True),
)
CURRENCY = KindColumn(
    "currency",
    "currency",
    "ISO 4217 code of the row's amounts, three capitals; where it is not mapped, the source's or company's currency.",
    is_required=True,
    default=SOURCE_CURRENCY,
)
COST_CURRENCY = "ISO 4217 code of `cost`, three capitals. NULL: {currency}."
"""What `cost_currency` means in the kinds that have a cost."""
UPDATED_AT = KindColumn(
    "updated_at",
    "moment",
    "When the record last changed in its system, UTC: of two versions the one that changed later is used, whatever the "
    "order in which they were delivered. NULL: the version delivered later is used.",
    is_emptied=True,
)
"""The version column: every kind has it as its last."""
