"""The spend on winning customers, by month and channel.

Put here: what a row of `acquisition_spend` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import CURRENCY, UPDATED_AT
from regulars.pipelines.kinds.shape.kind import CoreAmount, Kind, KindColumn, Money

KIND = Kind(
    name="acquisition_spend",
    purpose="The spend on winning customers, by month and channel.",
    description=(
        "Marketing spend as delivered, in our column names; all text. A month and channel may have several rows, one "
        "per campaign; a later delivery of the month and channel replaces all of them. Spend by day counts in its "
        "month."
    ),
    grain="One row per month, channel and campaign of a system.",
    staging_grain="One row per month, channel and campaign.",
    columns=(
        KindColumn(
            "month", "date", "Any day of the month, such as its first; converted at that day's rate.", is_required=True
        ),
        KindColumn(
            "channel", "text", "The channel, named as acquisition_channel of customers names it.", is_required=True
        ),
        KindColumn("campaign", "text", "The campaign's name. NULL: not known.", is_descriptive=True),
        CURRENCY,
        KindColumn(
            "amount", "number", "What was spent, without tax.", is_required=True, unit="spend currency", minimum=0
        ),
        UPDATED_AT,
    ),
    document=("month", "channel"),
    record_id=(),
    delivery="incremental",
    example={"month": "2026-03-01", "channel": "search ads", "currency": "EUR", "amount": "250"},
    money=Money(
        amount="try_cast(amount as decimal(18,4))",
        day="month",
        core=(CoreAmount("core.acquisition_spend", "amount", "month"),),
    ),
)
