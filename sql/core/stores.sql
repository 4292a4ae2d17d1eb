-- One row per store: those delivered as stores, and those that only orders name.
with
    named_by_orders as (
        select distinct system, store_id
        from core.orders
        where store_id is not null
    )

select
    _system as system,
    store_id,
    store_name,
    store_type,
    coalesce(countries.country, stores.country) as country,
    region,
    city,
from staging.stores as stores
left join staging.countries as countries on countries.delivered = stores.country
union all by name
select named_by_orders.*
from named_by_orders
anti join staging.stores as own on own._system = named_by_orders.system and own.store_id = named_by_orders.store_id
