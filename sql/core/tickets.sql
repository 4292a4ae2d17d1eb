-- One row per support ticket.
with
    -- orders of other tools than the helpdesk, where one tool alone has an order of this id
    orders_elsewhere as (
        select order_id, min(system) as system
        from core.orders
        semi join staging.tickets as tickets on tickets.order_id = orders.order_id
        group by order_id
        having count(*) = 1
    ),

    -- in the company's zone first, so that the change of the clocks needs nothing else
    tickets as (
        select
            -- staff: published by name only where the settings say so
            staging.* replace (if(company.show_owner_names, staging.owner, owners.owner_id) as owner),
            timezone(company.timezone, timezone('UTC', staging.opened_at)) as opened_local,
            timezone(company.timezone, timezone('UTC', staging.first_public_reply_at)) as replied_local,
            timezone('UTC', timezone(company.timezone, cast(company.as_of + 1 as timestamp))) as as_of_ends_at,
        from staging.tickets as staging
        cross join raw.company as company
        left join identity.owners as owners on owners.owner = staging.owner
    ),

    opening_hours as (
        select
            days.day,
            days.business_minutes_before * 60000::bigint as business_ms_before,
            weekdays.opens_minute * 60000::bigint as opens_ms,
            -- a closed day closes the moment it opens
            if(days.is_business_day, weekdays.closes_minute, weekdays.opens_minute) * 60000::bigint as closes_ms,
        from core.calendar as days
        join raw.weekdays as weekdays on weekdays.iso_weekday = isodow(days.day)
    ),

    until_as_of as (
        select opening_hours.business_ms_before + opening_hours.closes_ms - opening_hours.opens_ms as business_ms,
        from opening_hours
        join raw.company as company on company.as_of = opening_hours.day
    ),

    timed as (
        select
            tickets.*,
            opened_on.business_ms_before + greatest(0, least(
                epoch_ms(opened_local) - epoch_ms(date_trunc('day', opened_local)), opened_on.closes_ms
            ) - opened_on.opens_ms) as opened_business_ms,
            replied_on.business_ms_before + greatest(0, least(
                epoch_ms(replied_local) - epoch_ms(date_trunc('day', replied_local)), replied_on.closes_ms
            ) - replied_on.opens_ms) as replied_business_ms,
        from tickets
        left join opening_hours as opened_on on opened_on.day = cast(tickets.opened_local as date)
        left join opening_hours as replied_on on replied_on.day = cast(tickets.replied_local as date)
    )

select
    timed._system as system,
    timed.ticket_id,
    timed._source as source,
    links.contact_id,
    links.customer_id,
    links.customer_idx,
    timed.order_id,
    coalesce(of_same_tool.system, of_other_tool.system) as order_system,
    timed.opened_at,
    cast(timed.opened_local as date) as opened_date,
    timed.first_public_reply_at,
    (epoch_ms(timed.first_public_reply_at) - epoch_ms(timed.opened_at)) / 60000 as first_reply_minutes,
    (timed.replied_business_ms - timed.opened_business_ms) / 60000 as first_reply_business_minutes,
    if(
        timed.opened_at < timed.as_of_ends_at,
        (epoch_ms(timed.as_of_ends_at) - epoch_ms(timed.opened_at)) / 60000,
        null
    ) as minutes_until_as_of,
    if(
        timed.opened_at < timed.as_of_ends_at,
        (until_as_of.business_ms - timed.opened_business_ms) / 60000,
        null
    ) as business_minutes_until_as_of,
    -- a reply that came all the same says that the reason does not hold: it is in time or late like any other
    case
        when timed.no_reply_due_reason = 'solved_by_customer'
        and timed.first_public_reply_at is not null
        and (timed.solved_at is null or timed.first_public_reply_at <= timed.solved_at)
        then null
        when timed.no_reply_due_reason = 'reply_not_exported'
        and timed.first_public_reply_at is not null
        then null
        else timed.no_reply_due_reason
    end as no_reply_due_reason,
    timed.solved_at,
    timed.channel,
    timed.is_complaint,
    timed.reopened_count,
    timed.owner,
    timed.reason,
from timed
cross join until_as_of
left join identity.customer_links as links
    on links.link_type = 'ticket'
    and links.system = timed._system
    and links.source_record_id = timed.ticket_id
left join core.orders as of_same_tool
    on of_same_tool.system = timed._system
    and of_same_tool.order_id = timed.order_id
left join orders_elsewhere as of_other_tool on of_other_tool.order_id = timed.order_id
