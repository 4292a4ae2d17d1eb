-- One row per line of an order; lines that are refunds or adjustments are not here.
with
    delivered as (
        select
            *,
            row_number() over (partition by _system, order_id order by _row_id) as line_number,
            coalesce(gross_sales, cast(cast(quantity as decimal(38, 4)) * unit_price as decimal(18, 4)), 0) as gross,
            coalesce(discounts, 0) as discount,
        from staging.order_lines
        where line_type = 'sale'
    ),

    -- the tax that an order's amounts include lies in those of its lines in proportion; in ten-thousandths, as whole
    -- numbers
    taxed as (
        select
            lines._row_id,
            cast(sum(cast(lines.gross as decimal(38, 4))) over up_to_here * 10000 as hugeint) as gross_so_far,
            cast(sum(cast(lines.discount as decimal(38, 4))) over up_to_here * 10000 as hugeint) as discount_so_far,
            cast(cast(lines.gross as decimal(38, 4)) * 10000 as hugeint) as gross_units,
            cast(cast(lines.discount as decimal(38, 4)) * 10000 as hugeint) as discount_units,
            cast(cast(included.gross_sales as decimal(38, 4)) * 10000 as hugeint) as gross_of_order,
            cast(cast(included.discounts as decimal(38, 4)) * 10000 as hugeint) as discount_of_order,
            cast(cast(included.tax_in_gross_sales as decimal(38, 4)) * 10000 as hugeint) as in_gross,
            cast(cast(included.tax_in_discounts as decimal(38, 4)) * 10000 as hugeint) as in_discount,
            case when bool_and(gross_units % 100 = 0 and discount_units % 100 = 0) over whole_order
                and in_gross % 100 = 0 and in_discount % 100 = 0 then 100 else 1 end as step,
        from delivered as lines
        join staging.included_tax as included
            on included.system = lines._system and included.order_id = lines.order_id and included.is_in_lines
        window
            whole_order as (partition by lines._system, lines.order_id),
            up_to_here as (
                partition by lines._system, lines.order_id order by lines._row_id rows unbounded preceding
            )
    ),

    -- what lies in the lines up to one less what lies in those before it, each rounded half up: the last cent ties
    tax_in_lines as (
        select
            _row_id,
            gross_so_far - gross_units as gross_before,
            discount_so_far - discount_units as discount_before,
            sign(in_gross) * sign(gross_of_order) as direction,
            nullif(2 * abs(gross_of_order) * step, 0) as gross_divisor,
            nullif(2 * discount_of_order * step, 0) as discount_divisor,
            direction * sign(gross_so_far)
                * ((2 * abs(in_gross) * abs(gross_so_far) + gross_divisor // 2) // gross_divisor) as tax_after,
            direction * sign(gross_before)
                * ((2 * abs(in_gross) * abs(gross_before) + gross_divisor // 2) // gross_divisor) as tax_before,
            (2 * in_discount * discount_so_far + discount_divisor // 2) // discount_divisor as discount_tax_after,
            (2 * in_discount * discount_before + discount_divisor // 2) // discount_divisor as discount_tax_before,
            cast(cast(coalesce(tax_after - tax_before, 0) * step as decimal(38, 0)) * 0.0001 as decimal(18, 4))
                as in_gross_sales,
            cast(
                cast(coalesce(discount_tax_after - discount_tax_before, 0) * step as decimal(38, 0)) * 0.0001
                as decimal(18, 4)
            ) as in_discounts,
        from taxed
    ),

    lines as (
        select
            delivered.*,
            cast(delivered.gross - coalesce(tax.in_gross_sales, 0) as decimal(18, 4)) as gross_sales_original,
            cast(delivered.discount - coalesce(tax.in_discounts, 0) as decimal(18, 4)) as own_discounts,
            cast(coalesce(tax.in_gross_sales - tax.in_discounts, 0) as decimal(18, 4)) as included_tax_original,
        from delivered
        left join tax_in_lines as tax on tax._row_id = delivered._row_id
    ),

    -- orders whose own discounts are not those of their lines, and by how much; in ten-thousandths, as whole numbers
    orders_to_spread as (
        select
            orders.system,
            orders.order_id,
            cast(cast(orders.discounts_original as decimal(38, 4)) * 10000 as hugeint) - line_sums.discounts
                as difference,
            case when difference % 100 = 0 then 100 else 1 end as step,
            line_sums.after_discounts,
            line_sums.line_count,
        from core.orders as orders
        join (
            select
                _system as system,
                order_id,
                sum(cast(cast(own_discounts as decimal(38, 4)) * 10000 as hugeint)) as discounts,
                sum(
                    cast(greatest(cast(gross_sales_original as decimal(38, 4)) - own_discounts, 0) * 10000 as hugeint)
                ) as after_discounts,
                count(*) as line_count,
            from lines
            group by all
        ) as line_sums
            on line_sums.system = orders.system and line_sums.order_id = orders.order_id
        where cast(cast(orders.discounts_original as decimal(38, 4)) * 10000 as hugeint) <> line_sums.discounts
    ),

    -- more is spread by what the lines cost after their own discounts (evenly where that is nothing), less by their own
    -- discounts
    weighed as (
        select
            lines._system as system,
            lines.order_id,
            lines.line_number,
            orders.difference,
            orders.step,
            abs(orders.difference) // orders.step as steps,
            cast(
                case
                    when orders.difference < 0 then cast(lines.own_discounts as decimal(38, 4)) * 10000
                    when orders.after_discounts = 0 then 1
                    else greatest(cast(lines.gross_sales_original as decimal(38, 4)) - lines.own_discounts, 0) * 10000
                end as hugeint
            ) as weight,
            cast(sum(weight) over (partition by lines._system, lines.order_id) as hugeint) as all_weights,
            steps * weight // all_weights as whole_steps,
            steps * weight % all_weights as remainder,
        from lines
        join orders_to_spread as orders on orders.system = lines._system and orders.order_id = lines.order_id
    ),

    -- steps that are left over go to the lines with the largest remainders, of equal ones to the first
    spread as (
        select
            system,
            order_id,
            line_number,
            whole_steps
                + case
                    when row_number() over (
                        partition by system, order_id order by remainder desc, line_number
                    ) <= steps - sum(whole_steps) over (partition by system, order_id) then 1
                    else 0
                end as own_steps,
            cast(cast(sign(difference) * own_steps * step as decimal(38, 0)) * 0.0001 as decimal(18, 4))
                as spread_discounts,
        from weighed
    ),

    discounted as (
        select
            lines.*,
            coalesce(spread.spread_discounts, 0) as spread_discounts_original,
            cast(lines.own_discounts + spread_discounts_original as decimal(18, 4)) as discounts_original,
        from lines
        left join spread
            on spread.system = lines._system
            and spread.order_id = lines.order_id
            and spread.line_number = lines.line_number
    ),

    -- lines are converted as sums up to each line, so that they make up their order's amount to the last decimal
    converted as (
        select
            discounted.*,
            orders.system,
            orders.customer_idx,
            orders.order_date,
            orders.currency as order_currency,
            orders.is_countable,
            orders.is_first_order,
            fx.rate,
            -- a cost is in its order's currency unless the export names another
            case when discounted.cost is not null then coalesce(discounted.cost_currency, orders.currency) end
                as currency_of_cost,
            fx_of_cost.rate as rate_of_cost,
            sum(cast(discounted.gross_sales_original as decimal(38, 4))) over up_to_here as gross_sales_so_far,
            sum(cast(discounted.discounts_original as decimal(38, 4))) over up_to_here as discounts_so_far,
        from discounted
        join core.orders as orders
            on orders.system = discounted._system and orders.order_id = discounted.order_id
        left join core.fx_rates as fx on fx.currency = orders.currency and fx.rate_date = orders.order_date
        left join core.fx_rates as fx_of_cost
            on fx_of_cost.currency = coalesce(discounted.cost_currency, orders.currency)
            and fx_of_cost.rate_date = orders.order_date
        window up_to_here as (
            partition by discounted._system, discounted.order_id
            order by discounted._row_id
            rows unbounded preceding
        )
    )

select
    system,
    order_id,
    cast(line_number as integer) as line_number,
    _source as source,
    customer_idx,
    order_date,
    product_id,
    product_name,
    category,
    quantity,
    unit_price,
    -- a line is in its order's currency: many exports name it only there
    order_currency as currency,
    gross_sales_original,
    discounts_original,
    spread_discounts_original,
    included_tax_original,
    cast(
        cast(gross_sales_so_far * rate as decimal(38, 4))
        - cast((gross_sales_so_far - gross_sales_original) * rate as decimal(38, 4)) as decimal(18, 4)
    ) as gross_sales,
    cast(
        cast(discounts_so_far * rate as decimal(38, 4))
        - cast((discounts_so_far - discounts_original) * rate as decimal(38, 4)) as decimal(18, 4)
    ) as discounts,
    cost as cost_original,
    currency_of_cost as cost_currency,
    cast(cast(cost as decimal(38, 4)) * rate_of_cost as decimal(18, 4)) as cost,
    is_countable,
    is_first_order,
from converted
