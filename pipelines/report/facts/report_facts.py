"""What the report shows, read from the marts and `meta`.

Put here: reading, one query per table. Keep out: wording and drawing. Whatever is missing comes back empty, and the
page says so.
Only counts, amounts and the company's own words for its sources are read: no personal value can reach the page.
"""

import dataclasses
import datetime as dt

import duckdb

from regulars.pipelines.definitions.windows import DEFAULT_LAPSE_DAYS
from regulars.pipelines.report.facts.predictions import Predictions, read_predictions
from regulars.pipelines.report.facts.reading import Rows, read_rows
from regulars.pipelines.transforms.customers.headline import Headline

COMPANY = "from raw.company"
LAPSE = "select lapse_days from marts.lapse_proposal"
RUNS = "from meta.runs order by generation"
COHORTS = """
    from marts.retention_cohorts
    where grain = 'month' and dimension = 'all'
    order by cohort_start, period_number
"""
CHURN = "from marts.churn where dimension = 'all' order by month_end"
NPS = "from marts.nps where dimension = 'all' order by grain, period_end"
THEME_WEEKS_SHOWN = 4
THEMES = f"""
    with
        weeks as (
            select distinct week_start
            from marts.feedback_themes
            where is_complete
            order by week_start desc
            limit {THEME_WEEKS_SHOWN}
        ),
        themes as (
            select
                theme,
                min(week_start) as first_day,
                max(week_end) as last_day,
                sum(comments) as comments,
                sum(all_comments) as all_comments,
                sum(nps_responses) as nps_responses,
                sum(detractor_responses) as detractor_responses,
                sum(performance * comments) / sum(comments) as performance,
                max(week_start) filter (where is_emerging) as emerged_on,
            from marts.feedback_themes
            semi join weeks using (week_start)
            where language = 'all'
            group by theme
        )
    from themes
    where comments > 0 or theme = 'unmatched'
    order by
        emerged_on desc nulls last,
        comments * if(
            2 * nps_responses >= comments, detractor_responses / nps_responses, 1 - performance / 100
        ) desc nulls last,
        theme
"""
SALES = "from marts.sales_new_vs_returning order by month"
CONCENTRATION = "from marts.revenue_concentration where period_end = as_of order by scope desc"
LAPSES = "from marts.lapse_after_experiences order by experience_count"
AT_RISK = """
    select customer_id, bad_experience_count, last_experience_on, service_risk_value_12m, count(*) over () as customers,
        coalesce(sum(service_risk_value_12m) over (), 0)::double as value_of_all,
        (select max(experience_count) from marts.lapse_after_experiences) as threshold
    from marts.service_risk_customers
    order by service_risk_value_12m desc nulls last, customer_id
    limit 10
"""
WORKLISTS = """
    with left_out as (select sum(left_out) as left_out from (
        select any_value(owner_customers_left_out) as left_out from marts.owner_worklists group by owner
    ))
    select customer_id, owner, why, until_date, at_stake, keepable_value, count(*) over () as customers,
        sum(keepable_value) over () as keepable_together, (select left_out::bigint from left_out) as left_out
    from marts.owner_worklists
    order by company_rank
    limit 10
"""
SCORECARD = """
    from marts.scorecard
    qualify row_number() over (
        partition by target_number order by is_on_track is null, period_start desc
    ) = 1
    order by target_number
"""
SOURCES = "from meta.sources order by source"
RESTATEMENTS = "from meta.restatements order by table_name, metric, key, period_start, cause_rank"
REASONS = "from meta.quarantine_reasons order by records desc, source, kind, rule"
TIE_OUT = """
    select source, kind, currency, count(distinct month) as months, sum(source_amount) as source_amount,
        sum(orders_amount + spread_discounts_amount + included_tax_amount) as orders_amount,
        sum(refunds_amount) as refunds_amount, sum(adjustments_amount) as adjustments_amount,
        sum(payments_amount) as payments_amount,
        sum(subscriptions_amount + never_charged_amount) as subscriptions_amount,
        sum(quarantined_amount) as quarantined_amount,
        sum(superseded_amount) + sum(duplicate_amount) as superseded_amount,
        sum(difference) as difference, count(*) filter (difference <> 0) as wrong_months
    from meta.tie_out
    group by source, kind, currency
    order by source, kind, currency
"""
FINDINGS = """
    from meta.findings
    order by case severity when 'stop' then 1 when 'warning' then 2 else 3 end, finding_id
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
        headline: The three numbers that a person wants first.
        as_of: The last day that counts; None when no table says.
        currency: The company's currency, such as `EUR`; empty when unknown.
        lapse_days: Days without an order after which a customer counts as lost.
        cohorts: `marts.retention_cohorts`, months of the whole base.
        churn: `marts.churn` of the whole base.
        nps: `marts.nps` of the whole base, all grains.
        themes: `marts.feedback_themes` of the last whole weeks, a row per theme, what emerges first.
        sales: `marts.sales_new_vs_returning`.
        concentration: `marts.revenue_concentration`, the last day of each scope.
        at_risk: `marts.service_risk_customers` of whom most is expected, and how many there are with what together.
        lapses: `marts.lapse_after_experiences`.
        worklists: `marts.owner_worklists`, the ten customers of the highest priority, beside what all lists hold.
        scorecard: `marts.scorecard`, of each target the last period that was compared, else the last one.
        sources: `meta.sources`.
        reasons: `meta.quarantine_reasons`.
        tie_out: `meta.tie_out`, summed per source, kind and currency.
        checks: `meta.checks`, broken rules first.
        findings: `meta.findings`, the most severe first.
        restatements: `meta.restatements` of this generation.
        predictions: What `marts.customer_clv` expects, and how the models did.
    """

    company: str
    generation: str
    headline: Headline
    as_of: dt.date | None = None
    currency: str = ""
    lapse_days: int = DEFAULT_LAPSE_DAYS
    cohorts: Rows = ()
    churn: Rows = ()
    nps: Rows = ()
    themes: Rows = ()
    sales: Rows = ()
    concentration: Rows = ()
    at_risk: Rows = ()
    lapses: Rows = ()
    worklists: Rows = ()
    scorecard: Rows = ()
    sources: Rows = ()
    reasons: Rows = ()
    tie_out: Rows = ()
    checks: Rows = ()
    findings: Rows = ()
    restatements: Rows = ()
    predictions: Predictions = dataclasses.field(default_factory=Predictions)


def read_facts(con: duckdb.DuckDBPyConnection, company: str, generation: str, headline: Headline) -> ReportFacts:
    """Read the report's facts.

    Args:
        con: The run's build, or a published `regulars.duckdb` (which knows no reasons and no currency).
        company: The company's name.
        generation: The generation's name.
        headline: The three numbers that a person wants first.
    """
    churn = read_rows(con, CHURN, "marts.churn")
    settings = read_rows(con, COMPANY, "raw.company")
    lapse = [row["lapse_days"] for row in (*settings, *read_rows(con, LAPSE, "marts.lapse_proposal"))]
    days = [
        row["as_of"] for row in (*settings, *read_rows(con, RUNS, "meta.runs"), *churn) if row.get("as_of") is not None
    ]
    return ReportFacts(
        company=company,
        generation=generation,
        headline=headline,
        as_of=days[0] if days else None,
        currency=settings[0].get("currency") or "" if settings else "",
        lapse_days=next((each for each in lapse if each), DEFAULT_LAPSE_DAYS),
        cohorts=read_cohorts(con),
        churn=churn,
        nps=read_rows(con, NPS, "marts.nps"),
        themes=read_rows(con, THEMES, "marts.feedback_themes"),
        sales=read_rows(con, SALES, "marts.sales_new_vs_returning"),
        concentration=read_rows(con, CONCENTRATION, "marts.revenue_concentration"),
        at_risk=read_rows(con, AT_RISK, "marts.service_risk_customers", "marts.lapse_after_experiences"),
        lapses=read_rows(con, LAPSES, "marts.lapse_after_experiences"),
        worklists=read_rows(con, WORKLISTS, "marts.owner_worklists"),
        scorecard=read_scorecard(con),
        sources=read_rows(con, SOURCES, "meta.sources"),
        reasons=read_rows(con, REASONS, "meta.quarantine_reasons"),
        tie_out=read_rows(con, TIE_OUT, "meta.tie_out"),
        checks=read_rows(con, CHECKS, "meta.checks"),
        findings=read_rows(con, FINDINGS, "meta.findings"),
        restatements=[
            row
            for row in read_rows(con, RESTATEMENTS, "meta.restatements")
            if f"g{row['generation']:06d}" == generation
        ],
        predictions=read_predictions(con),
    )


def read_cohorts(con: duckdb.DuckDBPyConnection) -> Rows:
    """`marts.retention_cohorts`, months of the whole base, in order."""
    return read_rows(con, COHORTS, "marts.retention_cohorts")


def read_scorecard(con: duckdb.DuckDBPyConnection) -> Rows:
    """`marts.scorecard`: of each target the last period that was compared, else the last one."""
    return read_rows(con, SCORECARD, "marts.scorecard")


def read_currency(con: duckdb.DuckDBPyConnection) -> str:
    """The company's currency; empty when unknown."""
    rows = read_rows(con, COMPANY, "raw.company")
    return str(rows[0].get("currency") or "") if rows else ""
