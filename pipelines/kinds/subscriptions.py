"""Subscriptions: which customer pays for which plan, how much and how long.

Put here: what a row of `subscriptions` holds and keeps. Keep out: SQL that reads it.
"""

from regulars.pipelines.kinds.shape.columns import CURRENCY, UPDATED_AT, make_customer_columns
from regulars.pipelines.kinds.shape.kind import CoreAmount, Kind, KindColumn, Money, Reference, RowRule

WORTH = """coalesce(
    try_cast(monthly_amount as decimal(18,4)),
    try(cast(
        cast(
            (
                cast(try_cast(amount as decimal(18,4))::decimal(38,4) * 10000 as hugeint)
                * cast(coalesce(try_cast(quantity as decimal(18,4)), 1)::decimal(38,4) * 10000 as hugeint)
                * case billing_interval
                    when 'day' then 365 when 'week' then 52 when 'quarter' then 4 when 'year' then 1 else 12
                end + 60000
            ) // 120000 as decimal(38,0)
        ) * 0.0001 as decimal(18,4)
    ))
)"""
"""SQL: the monthly amount of a period."""

KIND = Kind(
    name="subscriptions",
    purpose="Who pays again and again, for which plan, how much and how long.",
    description=(
        "Subscriptions as delivered, in our column names; all text. A subscription has a row for each period of an "
        "item at one plan and price: a new plan, price or currency is a new row of the same item with a later "
        "started_at, and takes the place of the row before from that day on. Items, such as a base price and seats "
        "beside it, run side by side and add up. They are told apart by item_id; without it a subscription is one "
        "item, unless rows of it begin at the same moment: then each plan is an item. A tool that only exports what "
        "holds now gives one row each; then no expansion or contraction can be seen. A later delivery of a "
        "subscription replaces all its rows, and a row that breaks a critical rule quarantines the whole subscription. "
        "Only dates and amounts decide whether a subscription is live; of the tool's words for its state only `paused` "
        "is read. A pause brings no revenue and is not a cancellation: give paused_at and resumed_at; or end the row "
        "with the status `paused` where the pause begins, and begin a row where it ends; or give a row of its own with "
        "the status `paused` and an amount of 0. A row of the same plan with an amount of 0 is free time, which is not "
        "a cancellation either."
    ),
    grain="One row per period of a subscription of a system.",
    staging_grain="One row per period of a subscription at one plan and price.",
    columns=(
        KindColumn("subscription_id", "id", "The subscription's id in its system.", is_required=True),
        KindColumn(
            "item_id",
            "id",
            "Which of the subscription's items the row belongs to, such as a price or product id. NULL: see above.",
        ),
        *make_customer_columns("The subscriber's"),
        KindColumn("plan", "text", "The plan's name in this period. NULL: not known."),
        KindColumn(
            "status",
            "text",
            "The tool's own word for the subscription's state; `paused`, in whatever case, is understood.",
            is_descriptive=True,
        ),
        CURRENCY,
        KindColumn(
            "monthly_amount",
            "number",
            (
                "What the item is worth a month in this period, after discounts that go on, without tax; "
                "0 while it is free. NULL: made from amount, quantity and billing_interval."
            ),
            unit="subscription currency a month",
            minimum=0,
        ),
        KindColumn(
            "amount",
            "number",
            (
                "The price of one unit for one billing interval, for tools that do not give the monthly "
                "amount; a month of it is rounded half up to 4 decimals."
            ),
            unit="subscription currency",
            minimum=0,
        ),
        KindColumn(
            "quantity",
            "number",
            "How many units, such as seats. NULL: 1. Only used with `amount`.",
            unit="units",
            minimum=0,
        ),
        KindColumn(
            "billing_interval",
            "lower",
            "What `amount` pays for. NULL: a month. For any other interval the mapping makes monthly_amount.",
            values={
                "day": "Billed each day; a month is 365/12 days.",
                "week": "Billed each week; a month is 52/12 weeks.",
                "month": "Billed each month.",
                "quarter": "Billed every three months.",
                "year": "Billed each year; a twelfth of it a month.",
            },
        ),
        KindColumn(
            "started_at", "moment", "When this plan and price began, UTC; may lie in the future.", is_required=True
        ),
        KindColumn(
            "trial_ends_at",
            "moment",
            "Until when it is free, UTC; before that the period counts nowhere. NULL: no trial.",
        ),
        KindColumn(
            "paused_at",
            "moment",
            "Since when its latest pause lasts, or lasted, UTC. NULL: no pause, or one that `status` tells.",
        ),
        KindColumn(
            "resumed_at",
            "moment",
            "When that pause ended, UTC. NULL, or before paused_at: with the item's next row or its end, else not yet.",
        ),
        KindColumn("cancelled_at", "moment", "When it was cancelled, UTC; often before it ends. NULL: not cancelled."),
        KindColumn(
            "ended_at",
            "moment",
            (
                "When it stopped, or will stop, being charged, UTC. NULL: on cancelled_at; if that is NULL too, with "
                "the item's next row, else not yet. A tool that cancels at the end of the paid period gives "
                "that end here. A term that simply ends has no cancelled_at."
            ),
        ),
        KindColumn("cancel_reason", "text", "Why it was cancelled, in the tool's words.", is_descriptive=True),
        KindColumn(
            "is_involuntary",
            "boolean",
            "Whether it ended without the customer's will, such as by a failed payment. A `no` counts as the "
            "customer's will, also without a cancel_reason. NULL: not known.",
            is_descriptive=True,
            is_emptied=True,
        ),
        UPDATED_AT,
    ),
    document=("subscription_id",),
    record_id=(),
    delivery="incremental",
    example={"subscription_id": "u1", "started_at": "2026-03-01 10:00:00", "currency": "EUR", "monthly_amount": "10"},
    rules=(
        RowRule(
            name="monthly_amount_is_known",
            description=(
                "monthly_amount is given, or amount, from which it is made; what is made has at most 14 "
                "digits before the point"
            ),
            dimension="completeness",
            predicate=f"monthly_amount is not null or {WORTH} is not null",
        ),
        RowRule(
            name="ends_after_its_start",
            description="ended_at, or cancelled_at where that is missing, is not before started_at",
            dimension="consistency",
            predicate=(
                "coalesce(try_cast(ended_at as timestamp), try_cast(cancelled_at as timestamp)) >= try_cast(started_at "
                "as timestamp)"
            ),
        ),
        RowRule(
            name="an_item_begins_once",
            description=(
                "No two rows of one item of a subscription begin at the same moment; rows side by side need different "
                "item ids or plans"
            ),
            dimension="uniqueness",
            query="""
                select *
                from {table}
                qualify count(*) over (
                    partition by
                        _system, subscription_id, item_id, case when item_id is null then plan end,
                        try_cast(started_at as timestamp)
                ) > 1
            """,
        ),
        RowRule(
            name="a_pause_has_a_day",
            description=(
                "A paused row that costs something says since when it is paused, by paused_at or ended_at; without "
                "either it brings no revenue from its start on"
            ),
            dimension="completeness",
            predicate=(
                "lower(trim(coalesce(status, ''))) <> 'paused' or coalesce(paused_at, ended_at) is not null or "
                "try_cast(coalesce(monthly_amount, amount) as decimal(18,4)) = 0"
            ),
            severity="warning",
        ),
    ),
    reference=Reference("subscription", makes_customer=True),
    money=Money(
        amount=WORTH,
        day="started_at",
        core=(CoreAmount("core.subscriptions", "monthly_amount", "started_date"),),
    ),
)
