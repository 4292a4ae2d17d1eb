-- One row per currency and day on which money may have moved: the newest rate delivered on or before that day.
with
    -- the company's day of a moment lies at most one day beside its UTC day
    days as (
        select distinct utc_date + beside.days as rate_date
        from staging.money_days
        cross join (values (-1), (0), (1)) as beside (days)
        where utc_date is not null
        union
        select as_of from raw.company
    ),

    currencies as (
        select distinct currency from staging.fx_rates
    )

select
    days.rate_date,
    company.currency,
    cast(1 as decimal(18, 8)) as rate,
from days
cross join raw.company as company
union all
select
    wanted.rate_date,
    wanted.currency,
    known.rate,
from (
    select days.rate_date, currencies.currency
    from days
    cross join currencies
    anti join raw.company as company on company.currency = currencies.currency
) as wanted
asof join (
    -- of two sources with a rate for one day, the newest delivery
    select rate_date, currency, arg_max(rate, _row_id) as rate
    from staging.fx_rates
    group by rate_date, currency
) as known
    on known.currency = wanted.currency and known.rate_date <= wanted.rate_date
