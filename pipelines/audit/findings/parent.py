"""Compares a generation with its parent: sources that are gone, months that were over and fell or rose.

Put here: findings that need the parent generation. Keep out: why a metric changed (`pipelines/audit/restatements`).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

ON_PURPOSE = ("settings", "definition", "code_version", "customers_merged", "customers_split")
"""Causes of a restatement that are meant to change numbers of the past. The erasure of customers is one where the
settings have come to exclude somebody; otherwise records that an export has lost look the same."""

_REMOVED = ("removed_order", "removed_refund")

SETTLED_DAYS = 14
"""Until so many days after its end a month may rise: orders and refunds arrive late."""

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
ORDERED_FALLS = """
    select count(distinct period_start)
    from meta.restatements
    where generation = $generation
        and key = 'all'
        and list_contains($metrics::varchar[], metric)
        and list_contains($ordered::varchar[], cause)
        and explained_change < 0
"""
RISEN_MONTHS = """
    -- one row per metric and month that was over for a while and is higher now: by which share of what it was, without
    -- what raised it on purpose, and less one average order
    with
        risen as (
            select
                metric,
                period_start,
                any_value(value_before) as was,
                any_value(value_after) as is_now,
                coalesce(sum(explained_change) filter (list_contains($on_purpose::varchar[], cause)), 0) as on_purpose,
            from meta.restatements
            where generation = $generation and key = 'all' and metric in ('net_sales', 'orders')
                and period_start + interval 1 month + to_days($settled) <= $parent_as_of
            group by metric, period_start
        )

    select
        metric,
        period_start,
        was,
        is_now,
        (is_now - was - greatest(on_purpose, 0)) / was - 1 / greatest(coalesce(before.orders, 1), 1) as share,
    from risen
    left join orders_before as before on before.month = risen.period_start
    where was > 0 and is_now > was
    order by metric, period_start
"""
ORDERS_BEFORE = """
    create or replace temp view orders_before as
    select month, sum(new_orders + returning_orders + unknown_customer_orders) as orders
    from {sales}
    group by month
"""


def list_ordered_causes(changed: Iterable[str]) -> tuple[str, ...]:
    """The causes of a restatement that the company ordered when it changed its lists of test people and erased ones.

    Args:
        changed: The keys of settings that changed since the parent.
    """
    keys = {key.partition(" ")[0] for key in changed}
    people = any(key.startswith("exclude.") for key in keys)
    return (*(("erasure",) if people else ()), *(_REMOVED if "exclude.order_ids" in keys else ()))


def find_fallen_months(
    con: duckdb.DuckDBPyConnection, generation: int, sales_before: str, ordered: Sequence[str] = ()
) -> Iterator[Finding]:
    """Months that were over when the parent was published, whose sales, orders or active customers fell.

    What the company ordered in its settings does not count as a fall, and is said.

    Args:
        con: The build, with `meta.restatements`.
        generation: The number of this run's generation.
        sales_before: What stands after `from` to read the parent's `marts.sales_new_vs_returning`.
        ordered: The causes that the company ordered; a result of `list_ordered_causes`.
    """
    con.execute(ORDERS_BEFORE.format(sales=sales_before))
    values = {"generation": generation, "on_purpose": [*ON_PURPOSE, *ordered], "metrics": list(METRICS)}
    yield from _find_ordered_falls(con, generation, ordered)
    for metric, month, was, is_now, share in con.execute(FALLEN_MONTHS, values).fetchall():
        yield make_finding(
            "closed_month_fell",
            f"{METRICS[metric].capitalize()} of {month:%B %Y} fell from {was:,.0f} to {is_now:,.0f}, although the "
            "month was over when the last generation was published.",
            "`meta.restatements` of a run that is allowed says why; see which source lost or changed records.",
            count=1,
            share=min(max(share, 0.0), 1.0),
        )


def _find_ordered_falls(con: duckdb.DuckDBPyConnection, generation: int, ordered: Sequence[str]) -> Iterator[Finding]:
    values = {"generation": generation, "ordered": list(ordered), "metrics": list(METRICS)}
    months = con.execute(ORDERED_FALLS, values).fetchall()[0][0]
    if months:
        yield make_finding(
            "closed_months_lost_excluded",
            f"{months:,} months that were over are lower now, because the settings have come to exclude people or "
            "orders.",
            "Nothing, if that was meant; `meta.restatements` says how much each month lost.",
            count=int(months),
        )


def find_risen_months(con: duckdb.DuckDBPyConnection, generation: int, parent_as_of: dt.date) -> Iterator[Finding]:
    """Months that were over for a while when the parent was published, whose sales or orders rose.

    Args:
        con: The build, with `meta.restatements` and `orders_before`, which `find_fallen_months` makes.
        generation: The number of this run's generation.
        parent_as_of: The last day that the parent counted.
    """
    values = {
        "generation": generation,
        "on_purpose": list(ON_PURPOSE),
        "settled": SETTLED_DAYS,
        "parent_as_of": parent_as_of,
    }
    for metric, month, was, is_now, share in con.execute(RISEN_MONTHS, values).fetchall():
        yield make_finding(
            "closed_month_rose",
            f"{METRICS[metric].capitalize()} of {month:%B %Y} rose from {was:,.0f} to {is_now:,.0f}, although the "
            f"month had been over for more than {SETTLED_DAYS} days when the last generation was published.",
            "See whether older orders were delivered on purpose, or the same orders came again under other ids or from "
            "another system and count twice; `meta.restatements` says which orders are new.",
            count=1,
            share=min(max(share, 0.0), 1.0),
        )


def find_gone_sources(
    parent_sources: Iterable[Mapping[str, Any]],
    parent_findings: Iterable[Mapping[str, Any]],
    systems: Mapping[str, str],
) -> Iterator[Finding]:
    """Sources that fed rows into the parent or a generation before it, and that the settings have no more.

    They are found night after night until the source is back; an acknowledgement keeps them quiet. A source is back
    under another name when a new one has its `system`.


    Args:
        parent_sources: The rows of the parent's `meta.sources`.
        parent_findings: The rows of the parent's `meta.findings`.
        systems: Source of the settings -> its system.
    """
    known = {str(each["source"]) for each in parent_sources}
    new = sorted(systems.keys() - known)
    for each in parent_sources:
        is_renamed = any(systems[name] == each["system"] for name in new)
        if each["source"] not in systems and each["rows_loaded"] and not is_renamed:
            renamed = f" {', '.join(new)} {'is' if len(new) == 1 else 'are'} new: was it renamed?" if new else ""
            yield make_finding(
                "source_gone",
                f"{each['source']} fed {each['rows_loaded']:,} rows into an earlier generation, and is not in the "
                f"settings any more.{renamed}",
                f"If it is renamed, give it `system: {each['system']}`: otherwise its customers get new ids. If it is "
                "gone for good, say so in `findings.acknowledged`.",
                source=str(each["source"]),
                count=int(each["rows_loaded"]),
            )
    for each in parent_findings:
        is_back = each["source"] in systems or each["source"] in systems.values()
        if each["finding"] == "source_gone" and not is_back:
            yield make_finding(
                "source_gone",
                str(each["sentence"]),
                str(each["advice"]),
                source=str(each["source"]),
                count=int(each["found_count"]),
            )


def find_missing_parent_files(
    generation: str, missing: Sequence[str], *, can_read_duckdb_file: bool
) -> Iterator[Finding]:
    """Parquet files of the parent that are missing on the disk, and what that does to this run.

    Args:
        generation: The parent's name.
        missing: The names of the files.
        can_read_duckdb_file: Whether the parent's DuckDB file, which holds the same tables, is there.
    """
    if not missing:
        return
    carried_on = (
        "The history of own segments, and what deliveries are compared by, was read from its DuckDB file instead"
        if can_read_duckdb_file
        else "Its DuckDB file is missing too: the history of own segments, and what deliveries are compared by, begins "
        "anew where its file is among them"
    )
    yield make_finding(
        "parent_files_missing",
        f"{len(missing)} Parquet files of {generation} are missing, the first of them {missing[0]}. {carried_on}. What "
        "has changed since cannot be explained.",
        "See with `regulars verify` what is missing, and who or what deletes files in the home; a backup of the "
        "generation's folder, put back before the next run, brings the history back.",
        count=len(missing),
        example=missing[0],
    )
