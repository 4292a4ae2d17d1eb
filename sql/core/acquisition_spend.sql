-- One row per amount spent in a month on a channel.
select
    spend._system as system,
    cast(date_trunc('month', spend.month) as date) as month,
    spend.channel,
    cast(
        row_number() over (
            partition by spend._system, date_trunc('month', spend.month), spend.channel order by spend._row_id
        ) as integer
    ) as spend_number,
    spend._source as source,
    spend.campaign,
    spend.currency,
    spend.amount as amount_original,
    cast(cast(spend.amount as decimal(38, 4)) * fx.rate as decimal(18, 4)) as amount,
from staging.acquisition_spend as spend
left join core.fx_rates as fx on fx.currency = spend.currency and fx.rate_date = spend.month
