-- One row per product: those delivered as products, and those that only order lines name.
with
    -- the newest name and category that a line says
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
    products._system as system,
    products.product_id,
    coalesce(products.product_name, sold.product_name) as product_name,
    coalesce(products.category, sold.category) as category,
    products.cost as unit_cost_original,
    case when products.cost is not null then coalesce(products.cost_currency, company.currency) end as cost_currency,
    -- a product has no day: its cost is converted at the rate of the last day that counts; one too long is NULL
    try_cast(cast(products.cost as decimal(38, 4)) * fx.rate as decimal(18, 4)) as unit_cost,
    products.in_stock,
from staging.products as products
left join sold on sold.system = products._system and sold.product_id = products.product_id
cross join raw.company as company
left join core.fx_rates as fx
    on fx.currency = coalesce(products.cost_currency, company.currency) and fx.rate_date = company.as_of
union all by name
select sold.*
from sold
anti join staging.products as own_row on own_row._system = sold.system and own_row.product_id = sold.product_id
