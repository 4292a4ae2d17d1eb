"""What the report shows, read from the marts and `meta`.

Put here: reading. Keep out: wording and drawing. Whatever is missing comes back empty, and the page says so.
Only counts, amounts and the company's own words for its sources are read: no personal value can reach the page.
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from pipelines.publish.tables import literal, quoted

Row = Mapping[str, Any]
Rows = Sequence[Row]

REASONS = """
    with broken as (
        select source, kind, unnest(string_split(rules, ',')) as rule from quarantine.rows
    ),
    promises as (select distinct table_name, rule, description from meta.checks)
    select broken.source, broken.kind, broken.rule, any_value(promises.description) as description, count(*) as rows
    from broken
    left join promises on promises.table_name = 'raw.' || broken.kind and promises.rule = broken.rule
    group by all
    order by rows desc, broken.source, broken.kind, broken.rule
"""
TIE_OUT = """
    select source, kind, currency, count(distinct month) as months, sum(source_amount) as source_amount,
        sum(orders_amount) as orders_amount, sum(refunds_amount) as refunds_amount,
        sum(adjustments_amount) as adjustments_amount, sum(payments_amount) as payments_amount,
        sum(subscriptions_amount) as subscriptions_amount,
        sum(quarantined_amount) as quarantined_amount, sum(superseded_amount) as superseded_amount,
        sum(difference) as difference, count(*) filter (difference <> 0) as wrong_months
    from meta.tie_out
    group by source, kind, currency
    order by source, kind, currency
"""
CHECKS = """
    select table_name, rule, severity, description, rows_checked, failed_count, passed
    from meta.checks
    order by passed, failed_count desc, table_name, rule
"""


@dataclasses.dataclass(frozen=True)
class ReportFacts:
    """Everything the page shows. Each list of rows may be empty; rows are mappings named like the tables' columns.

    Attributes:
        company: Its name.
        generation: The generation's name, e.g. `g000123`.
        numbers: The headline: label, value, n and text each.
        as_of: The last day that counts; None when no table says.
        currency: The company's currency, such as `EUR`; empty when unknown.
        lapse_days: Days without an order after which a customer counts as lost.
        cohorts: `marts.retention_cohorts`, months of the whole base.
        churn: `marts.churn` of the whole base.
        nps: `marts.nps` of the whole base, all grains.
        sales: `marts.sales_new_vs_returning`.
        concentration: `marts.revenue_concentration`, the last day of each scope.
        sources: `meta.sources`.
        reasons: source, kind, rule, description, rows: rows set aside by the promise they break.
        tie_out: `meta.tie_out`, summed per source, kind and currency.
        checks: `meta.checks`, broken promises first.
        restatements: `meta.restatements` of this generation.
    """

    company: str
    generation: str
    numbers: Rows
    as_of: dt.date | None = None
    currency: str = ""
    lapse_days: int = 365
    cohorts: Rows = ()
    churn: Rows = ()
    nps: Rows = ()
    sales: Rows = ()
    concentration: Rows = ()
    sources: Rows = ()
    reasons: Rows = ()
    tie_out: Rows = ()
    checks: Rows = ()
    restatements: Rows = ()


def read_facts(con: duckdb.DuckDBPyConnection, company: str, generation: str, numbers: Rows) -> ReportFacts:
    """Read the report's facts.

    Args:
        con: The night's build, or a published `regulars.duckdb` (which knows no reasons and no currency).
        company: The company's name.
        generation: The generation's name.
        numbers: The headline: label, value, n and text each.
    """
    whole = "dimension = 'all'"
    churn = _table(con, "marts.churn", whole, "month_end")
    runs = _table(con, "meta.runs", order="generation")
    settings = _table(con, "raw.company")
    days = [row["as_of"] for row in (*settings, *runs, *churn) if row.get("as_of") is not None]
    return ReportFacts(
        company=company,
        generation=generation,
        numbers=numbers,
        as_of=days[0] if days else None,
        currency=settings[0].get("currency") or "" if settings else "",
        lapse_days=settings[0].get("lapse_days") or 365 if settings else 365,
        cohorts=_table(con, "marts.retention_cohorts", f"grain = 'month' and {whole}", "cohort_start, period_number"),
        churn=churn,
        nps=_table(con, "marts.nps", whole, "grain, period_end"),
        sales=_table(con, "marts.sales_new_vs_returning", order="month"),
        concentration=_table(con, "marts.revenue_concentration", "period_end = as_of", "scope desc"),
        sources=_table(con, "meta.sources", order="source"),
        reasons=_rows(con, REASONS) if _has(con, "quarantine.rows") and _has(con, "meta.checks") else [],
        tie_out=_rows(con, TIE_OUT) if _has(con, "meta.tie_out") else [],
        checks=_rows(con, CHECKS) if _has(con, "meta.checks") else [],
        restatements=_table(
            con,
            "meta.restatements",
            f"printf('g%06d', generation) = {literal(generation)}",
            "table_name, metric, key, period_start, cause_rank",
        ),
    )


def _table(con: duckdb.DuckDBPyConnection, table: str, where: str = "true", order: str = "all") -> list[Row]:
    if not _has(con, table):
        return []
    return _rows(con, f"select * from {quoted(*table.split('.'))} where {where} order by {order}")


def _has(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    schema, name = table.split(".")
    found = con.execute(
        "select count(*) from information_schema.tables where table_catalog = current_database() "
        f"and table_schema = {literal(schema)} and table_name = {literal(name)}"
    ).fetchall()
    return bool(found[0][0])


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    cursor = con.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
