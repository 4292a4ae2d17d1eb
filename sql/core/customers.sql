-- One row per customer, and one for the unknown customer.
with
    -- the newest has the highest number: by the system's own moment of change, then by delivery and row
    ranked as (
        select
            links.customer_idx,
            crm.* replace (coalesce(countries.country, crm.country) as country),
            row_number() over (order by crm.updated_at nulls first, crm._row_id) as newness,
        from staging.customers as crm
        join identity.customer_links as links
            on links.link_type = 'customer_record'
            and links.system = crm._system
            and links.source_record_id = crm.customer_record_id
        left join staging.countries as countries on countries.delivered = crm.country
    ),

    -- only of attributes that the settings do not take from the newest record: none by default
    candidates as (
        select
            ranked.customer_idx,
            ranked.newness,
            ranked.updated_at is null as is_undated,
            survivorship.attribute,
            survivorship.rule,
            list_position(survivorship.systems, ranked._system) as system_place,
            case survivorship.attribute
                when 'address' then case
                    when coalesce(ranked.country, ranked.region, ranked.city) is not null
                        then cast(to_json([ranked.country, ranked.region, ranked.city]) as varchar)
                end
                when 'customer_type' then ranked.customer_type
                when 'acquisition_channel' then ranked.acquisition_channel
                when 'acquisition_cost' then cast(ranked.acquisition_cost as varchar)
                when 'owner' then ranked.owner
                when 'referred_by' then ranked.referred_by_record_id
                when 'email_opt_in' then cast(ranked.email_opt_in as varchar)
            end as value,
        from ranked
        cross join raw.survivorship as survivorship
    ),

    counted as (
        select *, count(*) over (partition by customer_idx, attribute, value) as value_count
        from candidates
        where value is not null
    ),

    -- the record that each customer takes such an attribute from
    survivors as (
        select
            customer_idx,
            attribute,
            newness,
        from counted
        qualify row_number() over (
            partition by customer_idx, attribute
            order by
                case when rule = 'systems' then system_place end nulls last,
                case when rule = 'most_frequent' then value_count end desc,
                case when rule = 'oldest' then is_undated end,
                case when rule = 'oldest' then newness end,
                newness desc
        ) = 1
    ),

    chosen as (
        select
            customer_idx,
            any_value(newness) filter (attribute = 'address') as address,
            any_value(newness) filter (attribute = 'customer_type') as customer_type,
            any_value(newness) filter (attribute = 'acquisition_channel') as acquisition_channel,
            any_value(newness) filter (attribute = 'acquisition_cost') as acquisition_cost,
            any_value(newness) filter (attribute = 'owner') as owner,
            any_value(newness) filter (attribute = 'referred_by') as referred_by,
            any_value(newness) filter (attribute = 'email_opt_in') as email_opt_in,
        from survivors
        group by customer_idx
    ),

    -- per attribute the chosen record's value, else the newest that is not empty; an address only as a whole
    crm as (
        select
            ranked.customer_idx,
            min(created_at) as created_at,
            arg_max({'country': country, 'region': region, 'city': city}, newness)
                filter (
                    coalesce(country, region, city) is not null and newness = coalesce(chosen.address, newness)
                ) as address,
            arg_max(ranked.customer_type, newness)
                filter (newness = coalesce(chosen.customer_type, newness)) as customer_type,
            arg_max(ranked.acquisition_channel, newness)
                filter (newness = coalesce(chosen.acquisition_channel, newness)) as acquisition_channel,
            arg_max(ranked.acquisition_cost, newness)
                filter (newness = coalesce(chosen.acquisition_cost, newness)) as acquisition_cost,
            arg_max(ranked.owner, newness) filter (newness = coalesce(chosen.owner, newness)) as owner,
            arg_max({'system': _system, 'id': referred_by_record_id}, newness)
                filter (
                    referred_by_record_id is not null and newness = coalesce(chosen.referred_by, newness)
                ) as referrer,
            arg_max(ranked.email_opt_in, newness)
                filter (newness = coalesce(chosen.email_opt_in, newness)) as email_opt_in,
            bool_and(coalesce(is_deleted, false)) as is_deleted,
        from ranked
        left join chosen on chosen.customer_idx = ranked.customer_idx
        group by ranked.customer_idx
    ),

    bought as (
        select
            customer_idx,
            min(ordered_at) as first_at,
            -- an order of a day to come tells an address only where no other order does
            coalesce(
                max(ordered_at) filter (coalesce(country, region, city) is not null and order_date <= company.as_of),
                max(ordered_at) filter (coalesce(country, region, city) is not null)
            ) as address_at,
        from core.orders
        cross join raw.company as company
        group by customer_idx
    ),

    -- the newest order's address; of two orders in one moment always the same one
    delivered_to as (
        select
            orders.customer_idx,
            max({'country': orders.country, 'region': orders.region, 'city': orders.city}) as address,
        from core.orders as orders
        semi join bought on bought.customer_idx = orders.customer_idx and bought.address_at = orders.ordered_at
        where orders.customer_idx > 0 and coalesce(orders.country, orders.region, orders.city) is not null
        group by orders.customer_idx
    ),

    answered as (
        select customer_idx, min(answered_at) as first_at
        from core.survey_responses
        where customer_idx is not null
        group by customer_idx
    ),

    subscribed as (
        select customer_idx, min(started_at) as first_at
        from core.subscriptions
        group by customer_idx
    ),

    everybody as (
        select distinct customer_id, customer_idx
        from identity.records
        where customer_id is not null
        union all
        select '00000000-0000-0000-0000-000000000000', 0
    )

select
    everybody.customer_id,
    cast(everybody.customer_idx as integer) as customer_idx,
    least(crm.created_at, bought.first_at, answered.first_at, subscribed.first_at) as first_seen_at,
    coalesce(crm.address, delivered_to.address).country as country,
    coalesce(named.country_name, coalesce(crm.address, delivered_to.address).country) as country_name,
    coalesce(crm.address, delivered_to.address).region as region,
    coalesce(crm.address, delivered_to.address).city as city,
    crm.customer_type,
    crm.acquisition_channel,
    case when everybody.customer_idx > 0
        then coalesce(crm.acquisition_cost, by_channel.cost, company.default_acquisition_cost)
    end as acquisition_cost,
    case
        when everybody.customer_idx = 0 then null
        when crm.acquisition_cost is not null then 'crm'
        when by_channel.cost is not null then 'channel'
        when company.default_acquisition_cost is not null then 'default'
    end as acquisition_cost_method,
    case when company.show_owner_names then crm.owner else owners.owner_id end as owner,
    nullif(referrers.customer_id, everybody.customer_id) as referred_by_customer_id,
    coalesce(referrers.customer_id = everybody.customer_id, false) as is_own_referrer,
    crm.email_opt_in,
    coalesce(crm.is_deleted, false) as is_deleted,
    everybody.customer_idx = 0 as is_unknown,
from everybody
cross join raw.company as company
left join crm on crm.customer_idx = everybody.customer_idx
left join bought on bought.customer_idx = everybody.customer_idx
left join delivered_to on delivered_to.customer_idx = everybody.customer_idx
left join answered on answered.customer_idx = everybody.customer_idx
left join subscribed on subscribed.customer_idx = everybody.customer_idx
left join raw.country_names as named on named.name = lower(coalesce(crm.address, delivered_to.address).country)
left join identity.owners as owners on owners.owner = crm.owner
left join raw.acquisition_costs as by_channel on by_channel.channel = crm.acquisition_channel
left join identity.customer_links as referrers
    on referrers.link_type = 'customer_record'
    and referrers.system = crm.referrer.system
    and referrers.source_record_id = crm.referrer.id
