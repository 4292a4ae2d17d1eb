-- One row per order whose prices include its tax: which part of the tax lies in which amount, in the order's currency.
with
    -- money in ten-thousandths: whole numbers, so that shares are rounded exactly
    delivered as (
        select
            orders._system as system,
            orders.order_id,
            cast(cast(coalesce(orders.gross_sales, totals.gross_sales, 0) as decimal(38, 4)) * 10000 as hugeint)
                as gross,
            cast(cast(coalesce(orders.discounts, totals.discounts, 0) as decimal(38, 4)) * 10000 as hugeint)
                as discount,
            cast(cast(coalesce(orders.shipping, totals.shipping, 0) as decimal(38, 4)) * 10000 as hugeint) as postage,
            cast(cast(orders.tax as decimal(38, 4)) * 10000 as hugeint) as tax,
            cast(cast(totals.gross_sales as decimal(38, 4)) * 10000 as hugeint) as gross_of_lines,
            gross - discount + postage as charged,
        from staging.orders as orders
        left join staging.order_line_totals as totals
            on totals.system = orders._system and totals.order_id = orders.order_id
        where orders.prices_include_tax and orders.tax <> 0
    ),

    -- the tax lies in each amount in proportion, in cents unless an amount has fractions of one
    shared as (
        select
            *,
            case when gross % 100 = 0 and discount % 100 = 0 and postage % 100 = 0 and tax % 100 = 0 then 100 else 1 end
                as step,
            case when sign(tax) = sign(charged) then least(abs(tax), abs(charged)) else 0 end as contained,
            2 * abs(charged) * step as divisor,
            coalesce((2 * contained * abs(discount) + abs(charged) * step) // nullif(divisor, 0), 0) * step
                as in_discount,
            sign(postage) * step
                * coalesce((2 * contained * abs(postage) + abs(charged) * step) // nullif(divisor, 0), 0) as in_postage,
            sign(charged) * contained + in_discount - in_postage as in_gross,
        from delivered
    )

select
    system,
    order_id,
    cast(cast(gross as decimal(38, 0)) * 0.0001 as decimal(18, 4)) as gross_sales,
    cast(cast(discount as decimal(38, 0)) * 0.0001 as decimal(18, 4)) as discounts,
    cast(cast(in_gross as decimal(38, 0)) * 0.0001 as decimal(18, 4)) as tax_in_gross_sales,
    cast(cast(in_discount as decimal(38, 0)) * 0.0001 as decimal(18, 4)) as tax_in_discounts,
    cast(cast(in_postage as decimal(38, 0)) * 0.0001 as decimal(18, 4)) as tax_in_shipping,
    -- lines that add up to the order without its tax are without tax already
    gross_of_lines is distinct from gross - in_gross as is_in_lines,
from shared
