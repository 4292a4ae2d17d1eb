-- One row per period of a subscription's item at one plan and price; the item's next row ends the one before.
with
    owners as (
        select
            _system as system,
            subscription_id,
            arg_min({'system': coalesce(customer_system, _system), 'id': customer_record_id}, _row_id)
                filter (customer_record_id is not null) as customer_record,
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
            and by_record.system = owners.customer_record.system
            and by_record.source_record_id = owners.customer_record.id
        left join identity.customer_links as by_subscription
            on by_subscription.link_type = 'subscription'
            and by_subscription.system = owners.system
            and by_subscription.source_record_id = owners.subscription_id
    ),

    side_by_side as (
        select
            *,
            item_id is null and count(*) over (partition by _system, subscription_id, item_id, started_at) > 1
                as begins_with_another,
        from staging.subscriptions
    ),

    -- rows without an item that begin together make the plans of their subscription items; others follow one another
    itemised as (
        select
            *,
            case
                when item_id is not null then item_id
                when bool_or(begins_with_another) over (partition by _system, subscription_id, item_id)
                    then coalesce(plan, 'unknown')
            end as item,
        from side_by_side
    ),

    dated as (
        select
            periods.*,
            row_number() over (
                partition by periods._system, periods.subscription_id order by periods.started_at, periods._row_id
            ) as period_number,
            cast(timezone(company.timezone, timezone('UTC', periods.started_at)) as date) as started_date,
            cast(timezone(company.timezone, timezone('UTC', periods.cancelled_at)) as date) as cancelled_date,
            cast(
                timezone(company.timezone, timezone('UTC', greatest(periods.started_at, periods.trial_ends_at))) as date
            ) as free_until,
            case when periods.paused_at is not null then cast(
                timezone(company.timezone, timezone('UTC', greatest(periods.paused_at, periods.started_at))) as date
            ) end as paused_date,
            cast(timezone(company.timezone, timezone('UTC', periods.resumed_at)) as date) as resumed_date,
            coalesce(lower(trim(periods.status)) = 'paused', false) as says_paused,
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
        from itemised as periods
        cross join raw.company as company
    ),

    ended as (
        select
            *,
            lead(started_date) over items as next_start,
            -- the earlier of its own end and the start of the item's next row, where there is either
            least(own_end, next_start) as ended_on,
            last_value(case when monthly_amount_original > 0 then coalesce(plan, 'unknown') end ignore nulls) over (
                items rows between unbounded preceding and 1 preceding
            ) as plan_charged_before,
        from dated
        window items as (partition by _system, subscription_id, item order by period_number)
    ),

    -- a pause is told by its days, else by the status: of a row that ends, and was not cancelled, it follows; any other
    -- row that says so is itself the pause
    paused as (
        select
            *,
            case
                when paused_date is not null
                    then case when ended_on is null or paused_date < ended_on then paused_date end
                when not says_paused then null
                when monthly_amount_original = 0 or own_end is null then started_date
                when cancelled_at is null and (next_start is null or own_end < next_start) then own_end
            end as paused_from,
            case
                when paused_from is null then null
                when paused_date is not null
                    then case when resumed_at >= paused_at then least(resumed_date, ended_on) else ended_on end
                when monthly_amount_original > 0 and own_end is not null then next_start
                else ended_on
            end as paused_until,
            paused_date is not null and paused_until is not null and (ended_on is null or paused_until < ended_on)
                as is_resumed,
        from ended
    ),

    charged as (
        select
            *,
            case when is_resumed and paused_from <= free_until then greatest(free_until, paused_until)
                else free_until end
                as active_from,
            case when paused_from is not null and not is_resumed then least(ended_on, paused_from) else ended_on end
                as charged_until,
        from paused
    )

select
    charged._system as system,
    charged.subscription_id,
    cast(charged.period_number as integer) as period_number,
    charged.item as item_id,
    charged._source as source,
    known.customer_id,
    known.customer_idx,
    charged.plan,
    charged.status,
    charged.started_at,
    charged.started_date,
    charged.active_from,
    -- a period that ended before its trial did was never charged: it ends as it begins
    case when charged.charged_until is not null then greatest(charged.active_from, charged.charged_until) end
        as active_until,
    case when charged.paused_until is distinct from charged.paused_from then charged.paused_from end as paused_from,
    case when charged.paused_until is distinct from charged.paused_from then charged.paused_until end as paused_until,
    case
        when charged.paused_from is not null and not charged.is_resumed and charged.charged_until = charged.paused_from
            and charged.paused_until is distinct from charged.paused_from then 'paused'
        when charged.ended_on is null then null
        when charged.next_start <= charged.own_end or charged.own_end is null then 'replaced'
        when coalesce(charged.cancelled_at::varchar, charged.cancel_reason, charged.is_involuntary::varchar) is not null
            then 'cancelled'
        else 'ended'
    end as end_type,
    coalesce(
        charged.monthly_amount_original = 0 and charged.paused_from is null
            and charged.plan_charged_before = coalesce(charged.plan, 'unknown'),
        false
    ) as is_free_time,
    charged.cancelled_at,
    charged.cancelled_date,
    charged.cancel_reason,
    charged.is_involuntary,
    charged.currency,
    charged.monthly_amount_original,
    cast(cast(charged.monthly_amount_original as decimal(38, 4)) * fx.rate as decimal(18, 4)) as monthly_amount,
from charged
join known on known.system = charged._system and known.subscription_id = charged.subscription_id
left join core.fx_rates as fx on fx.currency = charged.currency and fx.rate_date = charged.started_date
