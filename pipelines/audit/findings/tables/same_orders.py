"""Measures how many orders two systems seem to hold both, or one system twice.

Put here: orders of one customer, day and amount in two systems, or of one second under two ids. Keep out: versions
of one order (deliveries).
"""

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

FEW = 10
"""Fewer are an accident."""

_SAME_ORDERS = """
    with
        counted as (
            select system, customer_idx, order_date, currency, gross_sales_original, count(*) as n
            from core.orders
            where customer_idx > 0 and gross_sales_original > 0
            group by all
        ),
        sizes as (select system, sum(n) as order_count from counted group by system)

    select
        first.system as one,
        second.system as other,
        cast(sum(least(first.n, second.n)) as bigint) as same_count,
        cast(least(any_value(size_1.order_count), any_value(size_2.order_count)) as bigint) as order_count,
    from counted as first
    join counted as second using (customer_idx, order_date, currency, gross_sales_original)
    join sizes as size_1 on size_1.system = first.system
    join sizes as size_2 on size_2.system = second.system
    where first.system < second.system
    group by first.system, second.system
    order by first.system, second.system
"""
"""One row per pair of systems; `order_count` is that of the smaller one."""


_TWICE = """
    with
        counted as (
            select system, count(*) as n
            from core.orders
            where customer_idx > 0 and gross_sales_original > 0 and ordered_at::time <> time '00:00:00'
            group by system, customer_idx, ordered_at, currency, gross_sales_original
        )

    select system, cast(sum(n - 1) as bigint) as twice_count, cast(sum(n) as bigint) as order_count
    from counted
    group by system
    having sum(n - 1) >= $few
    order by system
"""


def find_same_orders(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Orders that two systems hold both, and those that one system holds under two ids.

    Args:
        con: The build, with `core.orders`.
    """
    return [*_find_in_two_systems(con), *_find_in_one_system(con)]


def _find_in_one_system(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per system: orders of one customer, second and amount that have several ids."""
    return [
        make_finding(
            "orders_under_two_ids",
            f"{twice:,} of {count:,} orders of `{system}` have the customer, the second and the amount of another one, "
            "and another id: they may count twice.",
            "See whether the tool has given its orders new ids, or an older export writes them otherwise; map one id, "
            "or leave the older files out.",
            source=system,
            table="core.orders",
            count=twice,
            share=twice / count,
        )
        for system, twice, count in con.execute(_TWICE, {"few": FEW}).fetchall()
    ]


def _find_in_two_systems(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per pair of systems: how many orders of the smaller one the other holds too; with one system, nothing."""
    systems = con.execute("select count(distinct system) from core.orders").fetchall()[0][0]
    if systems < 2:
        return []
    return [
        make_finding(
            "same_orders_in_two_systems",
            f"{same:,} of {count:,} orders of `{one}` or `{other}` ({same / count:.1%} of the smaller one) are in "
            "both, with the same customer, day and amount: they may count twice.",
            "If they are the same orders, give both sources one `system` where the order ids are equal, or exclude "
            "them from one of the two.",
            source=f"{one}, {other}",
            table="core.orders",
            count=same,
            share=same / count,
        )
        for one, other, same, count in con.execute(_SAME_ORDERS).fetchall()
        if same >= FEW
    ]
