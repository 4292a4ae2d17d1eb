-- One row per day, from the year of the first event to the year of the last, or of the last day that counts.
with
    events as (
        select min(order_date) as first_day, max(order_date) as last_day from core.orders
        union all
        select min(refund_date), max(refund_date) from core.refunds
        union all
        select min(adjustment_date), max(adjustment_date) from core.adjustments
        union all
        select min(answered_date), max(answered_date) from core.survey_responses
        union all
        select min(started_date), max(started_date) from core.subscriptions
        union all
        select
            min(cast(timezone(company.timezone, timezone('UTC', opened_at)) as date)),
            max(cast(timezone(company.timezone, timezone('UTC', greatest(opened_at, first_public_reply_at))) as date)),
        from staging.tickets
        cross join raw.company as company
        union all
        select as_of, as_of from raw.company
    ),

    days as (
        select
            cast(unnest(generate_series(
                date_trunc('year', min(first_day)),
                date_trunc('year', max(last_day)) + interval 1 year - interval 1 day,
                interval 1 day
            )) as date) as day,
        from events
    ),

    fiscal as (
        select
            days.day,
            company.fiscal_year_starts,
            cast((month(days.day) - company.fiscal_year_starts + 12) % 12 + 1 as integer) as fiscal_month,
            -- a fiscal year bears the name of the calendar year in which it ends
            year(days.day) + (fiscal_year_starts > 1 and month(days.day) >= fiscal_year_starts)::integer as fiscal_year,
            (fiscal_month + 2) // 3 as fiscal_quarter,
        from days
        cross join raw.company as company
    ),

    opened as (
        select
            days.day,
            coalesce(special_days.is_business_day, weekdays.is_business_day) as is_business_day,
            weekdays.closes_minute - weekdays.opens_minute as minutes,
        from days
        join raw.weekdays as weekdays on weekdays.iso_weekday = isodow(days.day)
        left join raw.special_days as special_days on special_days.day = days.day
    ),

    worked as (
        select
            day,
            is_business_day,
            coalesce(
                sum(minutes) filter (is_business_day)
                    over (order by day rows between unbounded preceding and 1 preceding),
                0
            ) as minutes_before,
        from opened
    )

select
    fiscal.day,
    cast(date_diff('day', date '1970-01-01', day) as integer) as day_idx,
    strftime(day, '%G-W%V') as iso_week,
    cast(date_trunc('week', day) as date) as week_start,
    cast(date_diff('day', date '1969-12-29', date_trunc('week', day)) // 7 as integer) as week_idx,
    cast(isodow(day) as integer) as iso_weekday,
    dayname(day) as weekday,
    cast(date_trunc('month', day) as date) as month,
    cast(year(day) * 12 + month(day) - 1 as integer) as month_idx,
    cast(date_trunc('quarter', day) as date) as quarter,
    cast(year(day) * 4 + quarter(day) - 1 as integer) as quarter_idx,
    cast(year(day) as integer) as year,
    cast(fiscal_year as integer) as fiscal_year,
    cast(date_trunc('month', day) - to_months(fiscal_month - 1) as date) as fiscal_year_start,
    cast(fiscal_quarter as integer) as fiscal_quarter,
    cast(date_trunc('month', day) - to_months((fiscal_month - 1) % 3) as date) as fiscal_quarter_start,
    cast(fiscal_year * 4 + fiscal_quarter - 1 as integer) as fiscal_quarter_idx,
    fiscal_month,
    day = last_day(day) as is_month_end,
    worked.is_business_day,
    cast(worked.minutes_before as integer) as business_minutes_before,
from fiscal
join worked using (day)
order by day
