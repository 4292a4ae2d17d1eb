"""Proves that recurring revenue is what sources delivered: from their rows to the published MRR and revenue of a month.

`tie_out.py` leads delivered amounts to core, in the month in which each period begins. What is published of a month is
what all periods charged in it are worth, so that the way goes on here.
Put here: this way, each number by its own scan. Keep out: amounts as delivered by source and currency (`tie_out.py`),
validating the outcome (the contract of `meta.subscription_tie_out`).
"""

import duckdb

from regulars.pipelines.kinds.subscriptions import KIND, WORTH

TABLE = "meta.subscription_tie_out"
READS = frozenset(
    {"staging.subscriptions", "core.subscriptions", "core.fx_rates", "marts.mrr_movements"}
    | {"marts.sales_new_vs_returning"}
)
IS_PAUSED_WITHIN = "paused_from > active_from and (paused_until < active_until or active_until is null)"


def write_subscription_tie_out(con: duckdb.DuckDBPyConnection) -> None:
    """Make `meta.subscription_tie_out`: one row per month, from the first in which a delivered row begins.

    closing_mrr = what all rows that begin by then are worth a month, less quarantined, superseded and duplicate rows,
    less periods that were never charged, have not begun to be charged, have ended or are paused.
    subscription_revenue = closing_mrr, less days of the month on which its periods were not charged, and what periods
    brought in the month that are no longer charged at its end. Amounts are in the company's currency, at the rate of
    the day on which a row begins.

    Args:
        con: The build, with everything up to the marts filled.
    """
    con.execute(f"create temp table steps as {_select_changes_of_rows()} union all {_CHANGES_OF_PERIODS}")
    con.execute(f"create temp table charged as {_CHARGED_BY_MONTH}")
    con.execute(f"create temp table added_up as {_STEPS_TO_DATE}")
    con.execute(f"create table {TABLE} as {_BRIDGE}")
    con.execute("drop table steps; drop table charged; drop table added_up")


def _select_changes_of_rows() -> str:
    """What delivered rows are worth, on the day on which each begins, and what became of those left out."""
    zone = "(select timezone from raw.company)"
    worth = "cast(cast(priced.own as decimal(38, 4)) * priced.rate as decimal(18, 4))"
    return f"""
        select
            started_date as day,
            coalesce(fate, 'kept') as step,
            coalesce({worth}, 0) as amount,
            cast({worth} is null as integer) as rows_without_amount,
        from (
            select
                delivered.*,
                case when delivered.currency = company.currency then 1 else rates.rate end as rate,
            from (
                select
                    _row_id,
                    currency,
                    {WORTH} as own,
                    cast(timezone({zone}, timezone('UTC', try_cast(started_at as timestamp))) as date) as started_date,
                from landed.subscriptions
            ) as delivered
            cross join raw.company as company
            asof left join core.fx_rates as rates
                on rates.currency = delivered.currency and rates.rate_date <= delivered.started_date
        ) as priced
        left join (
            select row_id, 'quarantined' as fate from quarantine.rows where kind = '{KIND.name}'
            union all
            select row_id, outcome from quarantine.left_out where kind = '{KIND.name}'
        ) as fates on fates.row_id = priced._row_id
    """


_CHANGES_OF_PERIODS = f"""
    select unnest(days) as day, unnest(steps) as step, unnest(amounts) as amount, 0 as rows_without_amount
    from (
        select
            case
                when active_until = active_from then [started_date]
                when {IS_PAUSED_WITHIN}
                    then [started_date, active_from, active_until, paused_from, paused_until]
                else [started_date, active_from, active_until]
            end as days,
            case when active_until = active_from then ['never_charged']
                else ['not_begun', 'not_begun', 'ended', 'on_pause', 'on_pause'][:len(days)] end as steps,
            case when active_until = active_from then [monthly_amount]
                else [monthly_amount, -monthly_amount, monthly_amount, monthly_amount, -monthly_amount][:len(days)]
            end as amounts,
        from core.subscriptions
    )
"""
"""What periods of core do to MRR: that they have not begun to be charged, until they are; that they end; a pause."""

_CHARGED_BY_MONTH = f"""
    with
        active_intervals as (
            select active_from as since, paused_from as until, monthly_amount
            from core.subscriptions
            where {IS_PAUSED_WITHIN}
            union all
            select
                case when {IS_PAUSED_WITHIN} then paused_until else active_from end,
                active_until,
                monthly_amount,
            from core.subscriptions
        ),

        months as (
            select
                *,
                unnest(generate_series(
                    date_trunc('month', since),
                    date_trunc('month', least(until - 1, company.as_of)),
                    interval 1 month
                ))::date as month,
                company.as_of,
            from active_intervals
            cross join raw.company as company
            where monthly_amount > 0 and (until is null or until > since) and since <= company.as_of
        ),

        counted as (
            select
                *,
                least(coalesce(until, as_of + 1), as_of + 1, cast(month + interval 1 month as date))
                    - greatest(since, month) as days,
                cast(month + interval 1 month as date) - month as in_month,
                cast(cast(monthly_amount as decimal(38, 4)) * 10000 as hugeint) as units,
                until is null or until > least(last_day(month), as_of) as is_live,
            from months
        )

    -- each interval and month is rounded half up, in whole numbers, because DECIMAL / DECIMAL is a DOUBLE
    select
        month,
        is_live,
        monthly_amount,
        cast(cast((2 * units * days + in_month) // (2 * in_month) as decimal(38, 0)) * 0.0001 as decimal(18, 4))
            as revenue,
    from counted
"""
"""What each charged interval brings in each month, and whether it is still charged at the month's end."""

_STEPS_TO_DATE = """
    with
        months as (
            select
                unnest(generate_series(date_trunc('month', first_day), as_of, interval 1 month))::date as month,
                as_of,
            from (select as_of, (select min(day) from steps where day <= as_of) as first_day from raw.company)
        ),

        by_month as (
            select
                date_trunc('month', day)::date as month,
                sum(if(step in ('kept', 'quarantined', 'superseded', 'duplicate'), amount, 0)) as delivered,
                sum(if(step = 'quarantined', amount, 0)) as quarantined,
                sum(if(step = 'superseded', amount, 0)) as superseded,
                sum(if(step = 'duplicate', amount, 0)) as duplicate,
                sum(if(step = 'never_charged', amount, 0)) as never_charged,
                sum(if(step = 'not_begun', amount, 0)) as not_begun,
                sum(if(step = 'ended', amount, 0)) as ended,
                sum(if(step = 'on_pause', amount, 0)) as on_pause,
                sum(rows_without_amount) as rows_without_amount,
            from steps
            where day <= (select as_of from raw.company)
            group by all
        )

    select
        months.month,
        least(last_day(months.month), months.as_of) as counted_to,
        cast(sum(delivered) over to_date as decimal(38, 4)) as delivered_mrr_to_date,
        cast(sum(quarantined) over to_date as decimal(38, 4)) as quarantined_mrr_to_date,
        cast(sum(superseded) over to_date as decimal(38, 4)) as superseded_mrr_to_date,
        cast(sum(duplicate) over to_date as decimal(38, 4)) as duplicate_mrr_to_date,
        cast(sum(never_charged) over to_date as decimal(38, 4)) as never_charged_mrr_to_date,
        cast(sum(not_begun) over to_date as decimal(38, 4)) as not_begun_mrr,
        cast(sum(ended) over to_date as decimal(38, 4)) as ended_mrr_to_date,
        cast(sum(on_pause) over to_date as decimal(38, 4)) as on_pause_mrr,
        cast(sum(rows_without_amount) over to_date as bigint) as rows_without_amount,
    from months
    left join by_month using (month)
    window to_date as (order by months.month)
"""
"""The steps added up to the end of each month; the first has some, so that no sum is NULL."""

_BRIDGE = """
    with
        of_month as (
            select
                month,
                sum(if(is_live, monthly_amount - revenue, 0)) as uncharged,
                sum(if(is_live, 0, revenue)) as ended,
            from charged
            group by all
        ),

        bridged as (
            select
                added_up.*,
                cast(coalesce(mrr.closing_mrr, 0) as decimal(18, 4)) as closing_mrr,
                cast(coalesce(of_month.uncharged, 0) as decimal(38, 4)) as uncharged_revenue,
                cast(coalesce(of_month.ended, 0) as decimal(38, 4)) as ended_revenue,
                cast(coalesce(sales.subscription_revenue, 0) as decimal(18, 4)) as subscription_revenue,
            from added_up
            left join of_month using (month)
            left join marts.mrr_movements as mrr on mrr.month = added_up.month and mrr.dimension = 'all'
            left join marts.sales_new_vs_returning as sales on sales.month = added_up.month
        )

    select
        bridged.* exclude (uncharged_revenue, ended_revenue, subscription_revenue, rows_without_amount),
        cast(
            delivered_mrr_to_date - quarantined_mrr_to_date - superseded_mrr_to_date - duplicate_mrr_to_date
            - never_charged_mrr_to_date - not_begun_mrr - ended_mrr_to_date - on_pause_mrr - closing_mrr
            as decimal(38, 4)
        ) as mrr_difference,
        uncharged_revenue,
        ended_revenue,
        subscription_revenue,
        cast(closing_mrr - uncharged_revenue + ended_revenue - subscription_revenue as decimal(38, 4))
            as subscription_revenue_difference,
        rows_without_amount,
        case
            when rows_without_amount = 1
                then '1 row has no amount here: its own is not a number, or no rate of its currency is known'
            when rows_without_amount > 1
                then rows_without_amount
                    || ' rows have no amount here: their own are not numbers, or no rates of their currencies are known'
        end as reason,
    from bridged
    order by month
"""
"""The steps beside what the marts publish of each month."""
