-- One row per order with sale lines: what its lines add up to.
select
    _system as system,
    order_id,
    count(*) as line_count,
    sum(coalesce(gross_sales, cast(cast(quantity as decimal(38, 4)) * unit_price as decimal(18, 4)))) as gross_sales,
    sum(discounts) as discounts,
    sum(shipping) as shipping,
from staging.order_lines
where line_type = 'sale'
group by all
