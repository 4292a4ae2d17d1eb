-- One row per order with sale lines: what its lines add up to, and what they say of the order, the first line first.
select
    _system as system,
    order_id,
    count(*) as line_count,
    sum(coalesce(gross_sales, cast(cast(quantity as decimal(38, 4)) * unit_price as decimal(18, 4)))) as gross_sales,
    sum(discounts) as discounts,
    sum(shipping) as shipping,
    arg_min({'system': coalesce(customer_system, _system), 'id': customer_record_id}, _row_id)
        filter (customer_record_id is not null) as customer_record,
    arg_min(store_id, _row_id) as store_id,
    arg_min(channel, _row_id) as channel,
    arg_min(country, _row_id) as country,
    arg_min(region, _row_id) as region,
    arg_min(city, _row_id) as city,
    coalesce(bool_or(is_test), false) as is_test,
from staging.order_lines
where line_type = 'sale'
group by all
