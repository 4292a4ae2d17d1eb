"""What the report shows, read from the marts and `meta`.

Put here: reading. Keep out: wording and drawing. Whatever is missing comes back empty, and the page says so.
Only counts, amounts and the company's own words for its sources are read: no personal value can reach the page.
"""

import dataclasses
import datetime as dt

import duckdb

from regulars.pipelines.publish.report_clv_facts import Predictions, read_predictions
from regulars.pipelines.publish.report_reading import Rows, has_table, read_rows, read_table
from regulars.pipelines.publish.targets.tables import literal

REASONS = """
    with broken as (
        select source, kind, unnest(string_split(rules, ',')) as rule from quarantine.rows
    ),
    rules as (select distinct table_name, rule, description from meta.checks)
    select broken.source, broken.kind, broken.rule, any_value(rules.description) as description, count(*) as rows
    from broken
    left join rules on rules.table_name = 'raw.' || broken.kind and rules.rule = broken.rule
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
        reasons: source, kind, rule, description, rows: rows quarantined by the rule they break.
        tie_out: `meta.tie_out`, summed per source, kind and currency.
        checks: `meta.checks`, broken rules first.
        restatements: `meta.restatements` of this generation.
        predictions: What `marts.customer_clv` expects, and how the models did.
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
    predictions: Predictions = dataclasses.field(default_factory=Predictions)


def read_facts(con: duckdb.DuckDBPyConnection, company: str, generation: str, numbers: Rows) -> ReportFacts:
    """Read the report's facts.

    Args:
        con: The run's build, or a published `regulars.duckdb` (which knows no reasons and no currency).
        company: The company's name.
        generation: The generation's name.
        numbers: The headline: label, value, n and text each.
    """
    whole = "dimension = 'all'"
    churn = read_table(con, "marts.churn", whole, "month_end")
    runs = read_table(con, "meta.runs", order="generation")
    settings = read_table(con, "raw.company")
    days = [row["as_of"] for row in (*settings, *runs, *churn) if row.get("as_of") is not None]
    return ReportFacts(
        company=company,
        generation=generation,
        numbers=numbers,
        as_of=days[0] if days else None,
        currency=settings[0].get("currency") or "" if settings else "",
        lapse_days=settings[0].get("lapse_days") or 365 if settings else 365,
        cohorts=read_table(
            con, "marts.retention_cohorts", f"grain = 'month' and {whole}", "cohort_start, period_number"
        ),
        churn=churn,
        nps=read_table(con, "marts.nps", whole, "grain, period_end"),
        sales=read_table(con, "marts.sales_new_vs_returning", order="month"),
        concentration=read_table(con, "marts.revenue_concentration", "period_end = as_of", "scope desc"),
        sources=read_table(con, "meta.sources", order="source"),
        reasons=read_rows(con, REASONS) if has_table(con, "quarantine.rows") and has_table(con, "meta.checks") else [],
        tie_out=read_rows(con, TIE_OUT) if has_table(con, "meta.tie_out") else [],
        checks=read_rows(con, CHECKS) if has_table(con, "meta.checks") else [],
        restatements=read_table(
            con,
            "meta.restatements",
            f"printf('g%06d', generation) = {literal(generation)}",
            "table_name, metric, key, period_start, cause_rank",
        ),
        predictions=read_predictions(con),
    )
