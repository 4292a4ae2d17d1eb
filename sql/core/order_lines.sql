-- One row per line of an order; lines that are refunds or adjustments are not here.
with
    lines as (
        select
            *,
            row_number() over (partition by _system, order_id order by _row_id) as line_number,
            coalesce(gross_sales, cast(cast(quantity as decimal(38, 4)) * unit_price as decimal(18, 4)), 0)
                as gross_sales_original,
            coalesce(discounts, 0) as discounts_original,
        from staging.order_lines
        where line_type = 'sale'
    )

select
    orders.system,
    orders.order_id,
    cast(lines.line_number as integer) as line_number,
    lines._source as source,
    orders.customer_idx,
    orders.order_date,
    lines.product_id,
    lines.product_name,
    lines.category,
    lines.quantity,
    lines.unit_price,
    -- a line is in its order's currency: many exports name it only there
    orders.currency,
    lines.gross_sales_original,
    lines.discounts_original,
    cast(cast(lines.gross_sales_original as decimal(38, 4)) * fx.rate as decimal(18, 4)) as gross_sales,
    cast(cast(lines.discounts_original as decimal(38, 4)) * fx.rate as decimal(18, 4)) as discounts,
    cast(cast(lines.cost as decimal(38, 4)) * fx.rate as decimal(18, 4)) as cost,
    orders.is_countable,
    orders.is_first_order,
from lines
join core.orders as orders on orders.system = lines._system and orders.order_id = lines.order_id
left join core.fx_rates as fx on fx.currency = orders.currency and fx.rate_date = orders.order_date
