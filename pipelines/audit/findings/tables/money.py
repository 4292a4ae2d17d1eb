"""Measures how the parts of refunds are known, which discounts were spread, and which subscriptions were never charged.

Put here: money that core derived, capped, spread or left beside. Keep out: doing so (`sql/core/refunds.sql`,
`sql/core/order_lines.sql`, `sql/core/subscriptions.sql`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

_REFUNDS = """
    with
        cases as (
            select
                source,
                unnest([
                    {'name': 'refund_goods_derived', 'is_case': goods_basis = 'derived', 'amount': goods},
                    {'name': 'refund_order_unknown', 'is_case': goods_basis = 'no_order', 'amount': goods},
                    {'name': 'refund_beyond_order', 'is_case': is_capped, 'amount': other},
                    {'name': 'refund_of_uncounted_order', 'is_case': not is_countable, 'amount': amount},
                    {'name': 'refund_day_estimated', 'is_case': date_is_estimated, 'amount': goods}
                ], recursive := true),
            from core.refunds
        )

    select
        source,
        name,
        count(*) filter (is_case) as cases,
        count(*) as refunds,
        coalesce(sum(amount) filter (is_case), 0) as amount,
    from cases
    group by source, name
    having cases > 0
    order by source, name
"""

_CUT_LINES = """
    -- lines beside refunds that tell more goods than the refund has, in the company's currency
    with
        told as (
            select
                lines.source,
                sum(cast(lines.told_goods_original as decimal(38, 4)) - lines.goods_original) * any_value(fx.rate)
                    as left_out,
            from core.refund_lines as lines
            join core.fx_rates as fx on fx.currency = lines.currency and fx.rate_date = lines.refund_date
            where not lines.is_order_line
            group by lines.source, lines.system, lines.refund_id
        )

    select
        source,
        count(*) filter (left_out > 0) as cases,
        count(*) as refunds,
        sum(left_out) as left_out,
    from told
    group by source
    having cases > 0
    order by source
"""

_SPREAD = """
    select
        source,
        count(distinct (system, order_id)) as orders,
    from core.order_lines
    where spread_discounts_original <> 0
    group by source
    order by source
"""

_REPLACED = """
    select source, count(*) as periods, sum(monthly_amount) as amount
    from core.subscriptions
    where active_until = active_from and end_type = 'replaced' and monthly_amount > 0 and paused_from is null
    group by source
    order by source
"""

_SUCCESSIVE = """
    with
        followed as (
            select
                _source as source,
                plan,
                coalesce(ended_at, cancelled_at) as own_end,
                lead(plan) over items as next_plan,
                lead(started_at) over items as next_start,
                count(*) over (partition by _system, subscription_id, started_at) as beginning_together,
            from staging.subscriptions
            where item_id is null
            window items as (partition by _system, subscription_id order by started_at, _row_id)
        )

    select source, count(*) as periods, count(own_end) as overlapping
    from followed
    where next_plan is distinct from plan and next_start is not null and beginning_together = 1
        and (own_end is null or own_end > next_start)
    group by source
    order by source
"""
"""Rows without an item whose subscription goes on with another plan, though they say no end, or one after its start."""

_SENTENCES = {
    "refund_goods_derived": (
        "tell only the whole amount; {amount} of it is goods, by the proportions of their orders",
        "Map the goods, shipping and tax of refunds where the tool exports them.",
    ),
    "refund_order_unknown": (
        "belong to no order that was delivered; all of them, {amount}, lowers sales, with shipping and tax if they "
        "were given back too",
        "Deliver the orders, map `order_id` of the refunds, or map the goods of refunds.",
    ),
    "refund_beyond_order": (
        "give back more than their orders had left; the {amount} beyond it lowers no sales",
        "See `is_capped` in core.refunds; map shipping and tax of orders where they are missing, and look for refunds "
        "that were delivered twice.",
    ),
    "refund_of_uncounted_order": (
        "belong to test or cancelled orders or to orders without sales; their {amount} lowers no sales",
        "Nothing, if these orders should not count; `is_countable` in core.refunds is false for them.",
    ),
    "refund_day_estimated": (
        "have no day of their own; the {amount} of goods that they give back counts on the days of their orders",
        "Map `refunded_at` where the tool exports it.",
    ),
}
"""Name -> what the refunds do, and what to do about it."""


def find_refund_findings(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Refunds whose goods were derived or capped, of no order or one that does not count, or without a day.

    Args:
        con: The build, with `core.refunds`.
    """
    currency = con.execute("select currency from raw.company").fetchall()[0][0]
    for source, name, cases, refunds, amount in con.execute(_REFUNDS).fetchall():
        says, advice = _SENTENCES[name]
        yield make_finding(
            name,
            f"{source}: {cases:,} of {refunds:,} refunds {says.format(amount=f'{amount:,.2f} {currency}')}.",
            advice,
            source=source,
            table="core.refunds",
            count=cases,
            share=cases / refunds,
        )


def find_cut_refund_lines(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Refunds whose lines tell more goods than they gave back.

    Args:
        con: The build, with `core.refund_lines`.
    """
    currency = con.execute("select currency from raw.company").fetchall()[0][0]
    for source, cases, refunds, left_out in con.execute(_CUT_LINES).fetchall():
        yield make_finding(
            "refund_lines_cut",
            f"{source}: the lines of {cases:,} of {refunds:,} refunds tell {left_out:,.2f} {currency} more goods than "
            "the refunds gave back; the lines share what there is, and none is left where the refund has no goods.",
            "Map the goods of lines after discounts and without tax; look for refunds that give back shipping only, or "
            "more than their order had left.",
            source=source,
            table="core.refund_lines",
            count=cases,
            share=cases / refunds,
        )


def find_spread_discounts(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Orders whose own discounts were spread over their lines.

    Args:
        con: The build, with `core.order_lines`.
    """
    for source, orders in con.execute(_SPREAD).fetchall():
        yield make_finding(
            "discounts_spread",
            f"{source}: {orders:,} orders give other discounts than their lines; the difference was spread over the "
            "lines by what they cost.",
            "Nothing, if the tool gives discounts of whole orders; otherwise map the discounts of lines.",
            source=source,
            table="core.order_lines",
            count=orders,
        )


def find_never_charged_periods(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Periods of subscriptions that another one replaced on their first day.

    Args:
        con: The build, with `core.subscriptions`.
    """
    currency = con.execute("select currency from raw.company").fetchall()[0][0]
    for source, periods, amount in con.execute(_REPLACED).fetchall():
        yield make_finding(
            "subscription_period_replaced",
            f"{source}: {periods:,} periods of subscriptions, worth {amount:,.2f} {currency} a month, were never "
            "charged, since another row of the same item takes their place on their first day.",
            "If they run side by side, map `item_id`; otherwise look for corrections that were exported as new rows.",
            source=source,
            table="core.subscriptions",
            count=periods,
        )


def find_plans_taken_as_successive(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Periods that end with the start of another plan only because nothing says that both run side by side.

    Args:
        con: The build, with `staging.subscriptions`.
    """
    for source, periods, overlapping in con.execute(_SUCCESSIVE).fetchall():
        yield make_finding(
            "subscription_plans_successive",
            f"{source}: {periods:,} periods without an item id are taken to end where another plan of their "
            f"subscription begins; {overlapping:,} of them say a later end.",
            "If the plans run side by side, map `item_id`; they then add up. If one replaces the other, all is right.",
            source=source,
            table="core.subscriptions",
            count=periods,
        )
