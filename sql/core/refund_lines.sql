-- One row per refund line: what a refund gave back of which product.
with
    -- refund lines of order line files make up their refund; lines delivered beside a refund say what it is of
    lines as (
        select
            _system as system,
            document_id as refund_id,
            _row_id,
            _source as source,
            product_id,
            product_name,
            category,
            abs(quantity) as quantity,
            cast(null as varchar) as reason,
            coalesce(discounts, 0)
                - coalesce(gross_sales, cast(cast(quantity as decimal(38, 4)) * unit_price as decimal(18, 4)), 0)
                as amount_original,
            true as is_order_line,
        from staging.order_lines
        where line_type = 'refund'
        union all by name
        select
            _system as system,
            refund_id,
            _row_id,
            _source as source,
            product_id,
            product_name,
            category,
            quantity,
            reason,
            goods as amount_original,
            false as is_order_line,
        from staging.refund_lines
        -- lines whose refund has not come give back nothing, and are none of a refund made of order lines
        semi join staging.refunds as own
            on own._system = refund_lines._system and own.refund_id = refund_lines.refund_id
    ),

    -- money in ten-thousandths, as whole numbers, so that shares are rounded exactly
    dated as (
        select
            lines.* replace (coalesce(lines.reason, refunds.reason) as reason),
            row_number() over so_far as line_number,
            refunds.order_id,
            refunds.customer_idx,
            refunds.refund_date,
            refunds.currency,
            refunds.is_countable,
            fx.rate,
            cast(sum(cast(lines.amount_original as decimal(38, 4))) over so_far as decimal(38, 4)) as amount_so_far,
            cast(amount_so_far * 10000 as hugeint) as units_so_far,
            cast(sum(cast(lines.amount_original as decimal(38, 4))) over whole_refund * 10000 as hugeint) as units,
            cast(cast(refunds.goods_original as decimal(38, 4)) * 10000 as hugeint) as units_of_goods,
        from lines
        join core.refunds as refunds on refunds.system = lines.system and refunds.refund_id = lines.refund_id
        left join core.fx_rates as fx on fx.currency = refunds.currency and fx.rate_date = refunds.refund_date
        window
            whole_refund as (partition by lines.system, lines.refund_id),
            so_far as (partition by lines.system, lines.refund_id order by lines._row_id rows unbounded preceding)
    ),

    -- lines that tell more than the goods of their refund, such as with tax or beyond the order, share those goods
    shared as (
        select
            *,
            case
                when units = 0 then units_so_far
                when sign(units) <> sign(units_of_goods) then 0
                when abs(units) <= abs(units_of_goods) then units_so_far
                else units_so_far * units_of_goods // units
            end as goods_units_so_far,
            cast(cast(goods_units_so_far as decimal(38, 0)) * 0.0001 as decimal(38, 4)) as goods_so_far,
        from dated
    ),

    each as (
        select
            *,
            goods_so_far
                - lag(goods_so_far, 1, cast(0 as decimal(38, 4))) over (
                    partition by system, refund_id order by line_number
                ) as own_goods,
        from shared
    )

-- converted as sums up to each line, so that the lines make up the refund's amount to the last decimal
select
    each.system,
    each.refund_id,
    cast(each.line_number as integer) as line_number,
    each.source,
    each.order_id,
    each.customer_idx,
    each.refund_date,
    each.product_id,
    coalesce(each.product_name, products.product_name) as product_name,
    coalesce(products.category, each.category) as category,
    cast(each.quantity as decimal(18, 4)) as quantity,
    each.reason,
    each.currency,
    cast(each.amount_original as decimal(18, 4)) as amount_original,
    cast(each.own_goods as decimal(18, 4)) as goods_original,
    cast(
        cast(each.amount_so_far * each.rate as decimal(18, 4))
        - cast((each.amount_so_far - each.amount_original) * each.rate as decimal(18, 4)) as decimal(18, 4)
    ) as amount,
    cast(
        cast(each.goods_so_far * each.rate as decimal(18, 4))
        - cast((each.goods_so_far - each.own_goods) * each.rate as decimal(18, 4)) as decimal(18, 4)
    ) as goods,
    each.is_order_line,
    each.is_countable,
from each
left join core.products as products on products.system = each.system and products.product_id = each.product_id
