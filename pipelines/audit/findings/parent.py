"""Compares a generation with its parent: sources that are gone, months that were over and fell.

Put here: findings that need the parent generation. Keep out: why a metric changed (`pipelines/audit/restatements`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

ON_PURPOSE = ("settings", "definition", "code_version", "customers_merged", "customers_split")
"""Causes of a restatement that are meant to change numbers of the past. The erasure of customers is none: records that
an export has lost look the same, and a few erased customers are less than the threshold."""

METRICS: Mapping[str, str] = {
    "net_sales": "net sales",
    "orders": "orders",
    "active_customers": "active customers",
}
"""Metric of `meta.restatements` that must not fall once its month is over -> what it is called."""

FALLEN_MONTHS = """
    -- one row per metric and month that was over and is lower now: by which share of what it was, without what lowered
    -- it on purpose, and less one average order (of customers: one customer)
    with
        fallen as (
            select
                metric,
                period_start,
                any_value(value_before) as was,
                coalesce(any_value(value_after), 0) as is_now,
                coalesce(sum(explained_change) filter (list_contains($on_purpose::varchar[], cause)), 0) as on_purpose,
            from meta.restatements
            where generation = $generation and key = 'all' and list_contains($metrics::varchar[], metric)
            group by metric, period_start
        )

    select
        metric,
        period_start,
        was,
        is_now,
        (was - is_now + least(on_purpose, 0)) / was
            - 1 / greatest(if(metric = 'active_customers', was, coalesce(before.orders, 1)), 1) as share,
    from fallen
    left join orders_before as before on before.month = fallen.period_start
    where was > 0 and is_now < was
    order by metric, period_start
"""
ORDERS_BEFORE = """
    create or replace temp view orders_before as
    select month, sum(new_orders + returning_orders + unknown_customer_orders) as orders
    from {sales}
    group by month
"""


def find_fallen_months(con: duckdb.DuckDBPyConnection, generation: int, sales_before: str) -> Iterator[Finding]:
    """Months that were over when the parent was published, whose sales, orders or active customers fell.

    Args:
        con: The build, with `meta.restatements`.
        generation: The number of this run's generation.
        sales_before: What stands after `from` to read the parent's `marts.sales_new_vs_returning`.
    """
    con.execute(ORDERS_BEFORE.format(sales=sales_before))
    values = {"generation": generation, "on_purpose": list(ON_PURPOSE), "metrics": list(METRICS)}
    for metric, month, was, is_now, share in con.execute(FALLEN_MONTHS, values).fetchall():
        yield make_finding(
            "closed_month_fell",
            f"{METRICS[metric].capitalize()} of {month:%B %Y} fell from {was:,.0f} to {is_now:,.0f}, although the "
            "month was over when the last generation was published.",
            "`meta.restatements` of a run that is allowed says why; see which source lost or changed records.",
            count=1,
            share=min(max(share, 0.0), 1.0),
        )


def find_gone_sources(parent_sources: Iterable[Mapping[str, Any]], sources: Collection[str]) -> Iterator[Finding]:
    """Sources that fed rows into the parent and that the settings do not have any more.

    Args:
        parent_sources: The rows of the parent's `meta.sources`.
        sources: The names of the settings.
    """
    known = {str(each["source"]) for each in parent_sources}
    new = sorted(set(sources) - known)
    for each in parent_sources:
        if each["source"] not in sources and each["rows_loaded"]:
            renamed = f" {', '.join(new)} {'is' if len(new) == 1 else 'are'} new: was it renamed?" if new else ""
            yield make_finding(
                "source_gone",
                f"{each['source']} fed {each['rows_loaded']:,} rows into the generation before, and is not in the "
                f"settings any more.{renamed}",
                f"If it is renamed, give it `system: {each['system']}`: otherwise its customers get new ids.",
                source=str(each["source"]),
                count=int(each["rows_loaded"]),
            )
