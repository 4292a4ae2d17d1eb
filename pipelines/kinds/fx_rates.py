"""Exchange rates of foreign currencies.

Put here: what a row of `fx_rates` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import UPDATED_AT
from regulars.pipelines.kinds.shape.kind import Kind, KindColumn

KIND = Kind(
    name="fx_rates",
    purpose="What foreign currencies are worth.",
    description=(
        "Exchange rates as delivered, in our column names; all text. The newest rate on or before an event's day is "
        "used; a missing rate stops the run, it is never taken as 1. A document with an amount that "
        "has more than 14 digits before the point after conversion is quarantined."
    ),
    grain="One row per day and currency of a system.",
    staging_grain="One row per currency and day for which a rate was delivered.",
    columns=(
        KindColumn("rate_date", "date", "The day the rate holds from.", is_required=True),
        KindColumn("currency", "currency", "ISO 4217 code of the foreign currency, three capitals.", is_required=True),
        KindColumn(
            "rate",
            "number",
            (
                "What one unit is worth in the company's currency; more than 0, at most 10 digits before and 8 after "
                "the point."
            ),
            is_required=True,
            unit="company currency per unit",
            type="DECIMAL(18,8)",
            more_than=0,
        ),
        UPDATED_AT,
    ),
    document=(
        "rate_date",
        "currency",
    ),
    record_id=(
        "rate_date",
        "currency",
    ),
    delivery="incremental",
    example={"rate_date": "2026-03-01", "currency": "USD", "rate": "0.9"},
)
