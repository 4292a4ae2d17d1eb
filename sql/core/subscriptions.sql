-- One row per period of a subscription at one plan and price; the next row ends the one before.
with
    owners as (
        select
            _system as system,
            subscription_id,
            coalesce(arg_min(customer_system, _row_id) filter (customer_record_id is not null), _system)
                as customer_system,
            arg_min(customer_record_id, _row_id) as customer_record_id,
        from staging.subscriptions
        group by _system, subscription_id
    ),

    known as (
        select
            owners.system,
            owners.subscription_id,
            coalesce(by_record.customer_id, by_subscription.customer_id, '00000000-0000-0000-0000-000000000000')
                as customer_id,
            coalesce(by_record.customer_idx, by_subscription.customer_idx, 0) as customer_idx,
        from owners
        left join identity.customer_links as by_record
            on by_record.link_type = 'customer_record'
            and by_record.system = owners.customer_system
            and by_record.source_record_id = owners.customer_record_id
        left join identity.customer_links as by_subscription
            on by_subscription.link_type = 'subscription'
            and by_subscription.system = owners.system
            and by_subscription.source_record_id = owners.subscription_id
    ),

    dated as (
        select
            periods.*,
            row_number() over (partition by periods._system, periods.subscription_id order by periods.started_at, periods._row_id)
                as period_number,
            cast(timezone(company.timezone, timezone('UTC', periods.started_at)) as date) as started_date,
            cast(timezone(company.timezone, timezone('UTC', periods.cancelled_at)) as date) as cancelled_date,
            cast(
                timezone(company.timezone, timezone('UTC', greatest(periods.started_at, periods.trial_ends_at))) as date
            ) as active_from,
            cast(
                timezone(company.timezone, timezone('UTC', coalesce(periods.ended_at, periods.cancelled_at))) as date
            ) as own_end,
            coalesce(
                periods.monthly_amount,
                -- a twelfth of a year's price, rounded half up; in whole numbers, because DECIMAL / DECIMAL is a DOUBLE
                cast(
                    cast(
                        (
                            cast(cast(periods.amount as decimal(38, 4)) * 10000 as hugeint)
                            * cast(cast(coalesce(periods.quantity, 1) as decimal(38, 4)) * 10000 as hugeint)
                            * case periods.billing_interval
                                when 'day' then 365 when 'week' then 52 when 'quarter' then 4 when 'year' then 1 else 12
                            end
                            + 60000
                        ) // 120000 as decimal(38, 0)
                    ) * 0.0001 as decimal(18, 4)
                )
            ) as monthly_amount_original,
        from staging.subscriptions as periods
        cross join raw.company as company
    ),

    ended as (
        select
            *,
            -- the earlier of its own end and the start of the next row, where there is either
            least(
                own_end,
                lead(started_date) over (partition by _system, subscription_id order by period_number)
            ) as ended_on,
        from dated
    )

select
    ended._system as system,
    ended.subscription_id,
    cast(ended.period_number as integer) as period_number,
    ended._source as source,
    known.customer_id,
    known.customer_idx,
    ended.plan,
    ended.status,
    ended.started_at,
    ended.started_date,
    ended.active_from,
    -- a period that ended before its trial did was never charged: it ends as it begins
    case when ended.ended_on is not null then greatest(ended.active_from, ended.ended_on) end as active_until,
    ended.cancelled_at,
    ended.cancelled_date,
    ended.cancel_reason,
    ended.is_involuntary,
    ended.currency,
    ended.monthly_amount_original,
    cast(cast(ended.monthly_amount_original as decimal(38, 4)) * fx.rate as decimal(18, 4)) as monthly_amount,
from ended
join known on known.system = ended._system and known.subscription_id = ended.subscription_id
left join core.fx_rates as fx on fx.currency = ended.currency and fx.rate_date = ended.started_date
