"""Measures orders that can hardly be what they say: worth nothing or too much, of one second, of two customers.

Put here: what is odd about amounts and moments of orders within their source. Keep out: sources against each other
(`amounts.py`), and days far from all others (`pipelines/audit/findings/days.py`).
"""

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

FEW = 20
"""Fewer orders say nothing about a source."""
TIMES_MEDIAN = 1000
LARGEST = 100_000_000_000
"""An amount of twelve digits is a bar code or a telephone number, in any currency."""
FEWEST_DISCOUNTS = 5
FEWEST_AT_ONCE = 5

_ORDERS = f"""
    with
        counting as (
            select
                *,
                median(gross_sales) filter (gross_sales > 0) over (partition by _source) as usual,
                count(*) over (partition by _source, ordered_at) as same_moment,
            from staging.orders
            where not coalesce(is_test, false) and not coalesce(is_cancelled, false)
        )

    select
        _source,
        count(*) as order_count,
        count(*) filter (gross_sales = 0) as worthless,
        count(*) filter (gross_sales::double > {TIMES_MEDIAN} * usual::double or gross_sales >= {LARGEST})
            as standing_out,
        count(*) filter (discounts > gross_sales and gross_sales >= 0) as beyond,
        if(
            count(*) filter (discounts > 0) >= {FEWEST_DISCOUNTS}
            and max(discounts) < 1
            and any_value(usual) > 5,
            count(*) filter (discounts > 0),
            0
        ) as like_shares,
        max(same_moment) filter (ordered_at::time <> time '00:00:00') as most_at_once,
    from counting
    group by _source
    order by _source
"""
_REFUNDS = """
    select refunds.source, count(*)
    from core.refunds as refunds
    join core.orders as orders using (system, order_id)
    where refunds.refund_date < orders.order_date - 1 and not refunds.date_is_estimated
    group by refunds.source
    order by refunds.source
"""
_CONTRADICTIONS = """
    with
        orders as (
            select
                _source,
                coalesce(min(customer) <> max(customer), false) as several_customers,
                coalesce(min(store_id) <> max(store_id), false)
                    or coalesce(min(channel) <> max(channel), false)
                    or coalesce(min(country) <> max(country), false) as several_places,
            from (
                select *, coalesce(customer_system, _system) || ' ' || customer_record_id as customer
                from staging.order_lines
            )
            where line_type = 'sale'
            group by _source, _system, order_id
        )

    select
        _source,
        count(*) as order_count,
        count(*) filter (several_customers) as several_customers,
        count(*) filter (several_places) as several_places,
    from orders
    group by _source
    order by _source
"""
_WORDS: dict[str, tuple[str, str]] = {
    "orders_worth_nothing": (
        "have gross sales of 0, and so do not count as orders",
        "See whether the column mapped to `gross_sales` is the amount; if these are free orders, acknowledge it.",
    ),
    "orders_stand_out": (
        f"are worth more than {TIMES_MEDIAN:,} times the median order, or have amounts of twelve digits",
        "See whether another number, such as a bar code or a telephone number, stands in the column of the amount.",
    ),
    "discounts_beyond_goods": (
        "have discounts larger than their goods, so that they lower sales",
        "See whether the discounts are those of the whole order, and `gross_sales` is before discounts.",
    ),
    "discounts_like_shares": (
        "have discounts that are all below 1, as shares or percentages are",
        "If they are shares, multiply in the mapping, for example `discounts: {sql: total::decimal * discount}`.",
    ),
    "orders_of_one_moment": (
        "were placed in the same second",
        "See whether the column mapped to `ordered_at` is the moment of an import; map the one of the order.",
    ),
}


def find_odd_orders(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per source: orders whose amount, discounts or moment can hardly be right, and refunds before their order.

    Args:
        con: The build, with staging and core.
    """
    found = []
    for source, count, worthless, standing_out, beyond, like_shares, at_once in con.execute(_ORDERS).fetchall():
        few = count < FEW
        cases = (
            ("orders_worth_nothing", 0 if few else worthless),
            ("orders_stand_out", 0 if few else standing_out),
            ("discounts_beyond_goods", beyond),
            ("discounts_like_shares", like_shares),
            ("orders_of_one_moment", 0 if few or (at_once or 0) < FEWEST_AT_ONCE else at_once),
        )
        found += [_describe(name, source, cases_count, count) for name, cases_count in cases if cases_count]
    return [*found, *_find_early_refunds(con), *_find_contradicting_lines(con)]


def _describe(name: str, source: str, cases: int, count: int) -> Finding:
    what, advice = _WORDS[name]
    return make_finding(
        name,
        f"{cases:,} of {count:,} orders of `{source}` {what}.",
        advice,
        source=source,
        kind="orders",
        count=cases,
        share=cases / count,
    )


def _find_early_refunds(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    return [
        make_finding(
            "refunds_before_orders",
            f"{count:,} refunds of `{source}` were given back days before their order was placed.",
            "See whether both days are mapped in the right format, and whether the refunds name the right orders.",
            source=source,
            kind="refunds",
            count=count,
        )
        for source, count in con.execute(_REFUNDS).fetchall()
    ]


def _find_contradicting_lines(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    found = []
    for source, count, several_customers, several_places in con.execute(_CONTRADICTIONS).fetchall():
        cases = (
            ("lines_of_several_customers", several_customers, "customers"),
            ("lines_of_several_places", several_places, "stores, channels or countries"),
        )
        found += [
            make_finding(
                name,
                f"{orders:,} of {count:,} orders of `{source}` have lines of different {what}: the whole order counts "
                "for what its own row says, else for what its first line says.",
                "If they are orders of their own, map an id that tells them apart, such as "
                "`order_id: {sql: order_id || '-' || store}`.",
                source=source,
                kind="order_lines",
                count=orders,
                share=orders / count,
            )
            for name, orders, what in cases
            if orders
        ]
    return found
