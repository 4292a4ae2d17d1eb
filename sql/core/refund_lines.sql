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
                as told,
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
            goods as told,
            false as is_order_line,
        from staging.refund_lines
        -- lines whose refund has not come give back nothing, and are none of a refund made of order lines
        semi join staging.refunds as own
            on own._system = refund_lines._system and own.refund_id = refund_lines.refund_id
    ),

    -- lines that tell more than the goods of their refund, such as with tax or beyond the order, share those goods; in
    -- ten-thousandths, as whole numbers, so that shares are rounded exactly
    refunds as (
        select
            of_refunds.*,
            fx.rate,
            cast(cast(of_refunds.goods_original as decimal(38, 4)) * 10000 as hugeint) as units,
            cast(cast(of_lines.told as decimal(38, 4)) * 10000 as hugeint) as told_units,
            told_units <> 0 and (sign(told_units) <> sign(units) or abs(told_units) > abs(units)) as is_shared,
            case when sign(told_units) = sign(units) then units else 0 end as shared_units,
        from (select system, refund_id, sum(told) as told from lines group by system, refund_id) as of_lines
        join core.refunds as of_refunds using (system, refund_id)
        left join core.fx_rates as fx on fx.currency = of_refunds.currency and fx.rate_date = of_refunds.refund_date
    ),

    numbered as (
        select
            lines.* replace (coalesce(lines.reason, refunds.reason) as reason),
            refunds.* exclude (system, refund_id, source, reason),
            row_number() over so_far as line_number,
            cast(sum(cast(lines.told as decimal(38, 4))) over so_far as decimal(38, 4)) as told_so_far,
            told_so_far - lines.told as told_before,
        from lines
        join refunds using (system, refund_id)
        window so_far as (partition by lines.system, lines.refund_id order by lines._row_id rows unbounded preceding)
    ),

    each as (
        select
            *,
            case when is_shared then
                cast(cast(cast(told_so_far * 10000 as hugeint) * shared_units // told_units as decimal(38, 0)) * 0.0001
                    as decimal(38, 4))
            else told_so_far end as goods_so_far,
            case when is_shared then
                cast(cast(cast(told_before * 10000 as hugeint) * shared_units // told_units as decimal(38, 0)) * 0.0001
                    as decimal(38, 4))
            else told_before end as goods_before,
            goods_so_far - goods_before as own_goods,
        from numbered
    )

-- converted as sums up to each line, so that the lines make up their refund to the last decimal
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
    cast(case when each.is_order_line then each.told end as decimal(18, 4)) as amount_original,
    cast(case when not each.is_order_line then each.told end as decimal(18, 4)) as told_goods_original,
    cast(each.own_goods as decimal(18, 4)) as goods_original,
    cast(case
        when not each.is_order_line then null
        when each.rate = 1 then each.told
        else cast(each.told_so_far * each.rate as decimal(18, 4))
            - cast(each.told_before * each.rate as decimal(18, 4))
    end as decimal(18, 4)) as amount,
    cast(case
        when each.rate = 1 then each.own_goods
        else cast(each.goods_so_far * each.rate as decimal(18, 4))
            - cast(each.goods_before * each.rate as decimal(18, 4))
    end as decimal(18, 4)) as goods,
    each.is_order_line,
    each.is_countable,
from each
left join core.products as products on products.system = each.system and products.product_id = each.product_id
