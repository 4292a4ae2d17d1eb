-- One row per product: those delivered as products, and those that only order lines name.
with
    sold as (
        select
            _system as system,
            product_id,
            arg_max(product_name, _row_id) as product_name,
            arg_max(category, _row_id) as category,
        from staging.order_lines
        where product_id is not null
        group by all
    )

select
    _system as system,
    product_id,
    product_name,
    category,
    cost as unit_cost,
    in_stock,
from staging.products
union all by name
select sold.*
from sold
anti join staging.products as own_row on own_row._system = sold.system and own_row.product_id = sold.product_id
