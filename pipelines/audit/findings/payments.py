"""Finds payments of which none succeeded, so that nobody can tell which orders were paid later.

Put here: what the payments that were delivered cannot say. Keep out: failed payments of customers
(`transforms/purchases/failed_payments.py`).
"""

from collections.abc import Iterator, Sequence

import duckdb

from regulars.pipelines.definitions.windows import PAYMENT_DAYS
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

FEWEST_PAYMENTS = 10
"""Fewer failures may be all that happened so far."""
_FAILED_ALONE = """
    select
        payments.source,
        count(*) as failures,
        count(distinct (orders.system, orders.order_id)) filter (orders.order_id is not null) as orders,
        count(distinct (orders.system, orders.order_id)) filter (lower(orders.status) = 'paid') as said_paid,
    from core.payments as payments
    left join core.orders as orders on orders.system = payments.system and orders.order_id = payments.order_id
    group by payments.source, payments.system
    having count(*) >= $fewest
        and not exists (
            from core.payments as other
            where other.system = payments.system and not list_contains($statuses, coalesce(lower(other.status), ''))
        )
    order by payments.source
"""


def find_payments_without_success(con: duckdb.DuckDBPyConnection, statuses: Sequence[str]) -> Iterator[Finding]:
    """Sources whose payments all failed, where no other source of the system has one that succeeded.

    Args:
        con: The build, with core.
        statuses: The statuses of failed payments, in upper or lower case.
    """
    words = [each.lower() for each in statuses]
    rows = con.execute(_FAILED_ALONE, {"fewest": FEWEST_PAYMENTS, "statuses": words}).fetchall()
    for source, failures, orders, paid in rows:
        but = f" {paid:,} of their {orders:,} orders are called paid by the shop." if paid else ""
        yield make_finding(
            "no_payment_succeeded",
            f"{source}: all {failures:,} payments that were delivered failed, so that nobody can tell which orders "
            f"were paid later: each counts as unpaid for {PAYMENT_DAYS} days.{but}",
            "Deliver successful payments too; or read unpaid_orders of marts.customer_360 as orders whose payment "
            "failed, which may be paid by now.",
            source=source,
            kind="payments",
            count=failures,
        )
