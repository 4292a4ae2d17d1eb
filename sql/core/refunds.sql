-- One row per refund: those delivered as refunds, and the refund lines of one document and day together.
with
    from_lines as (
        select
            _system as system,
            document_id as refund_id,
            order_id,
            arg_min(_source, _row_id) as source,
            arg_min({'system': coalesce(customer_system, _system), 'id': customer_record_id}, _row_id)
                filter (customer_record_id is not null) as customer_record,
            min(ordered_at) as refunded_at,
            -- a refund in two currencies has no total: its currency stays empty and the contract stops it
            case when min(currency) = max(currency) then min(currency) end as currency,
            coalesce(sum(discounts), 0)
                - sum(coalesce(gross_sales, cast(cast(quantity as decimal(38, 4)) * unit_price as decimal(18, 4)), 0))
                as amount,
            true as is_in_order_currency,
        from staging.order_lines
        where line_type = 'refund'
        group by _system, document_id, order_id
    ),

    -- the refund's share of the tax in its order's amounts, to the cent, half away from zero; in ten-thousandths, as
    -- whole numbers
    tax_of_lines as (
        select
            from_lines.system,
            from_lines.refund_id,
            from_lines.order_id,
            cast(cast(from_lines.amount as decimal(38, 4)) * 10000 as hugeint) as given_back,
            cast(
                (cast(included.tax_in_gross_sales as decimal(38, 4)) - included.tax_in_discounts) * 10000 as hugeint
            ) as order_tax,
            cast((cast(included.gross_sales as decimal(38, 4)) - included.discounts) * 10000 as hugeint) as order_goods,
            sign(given_back) * sign(order_tax) * sign(order_goods)
                * ((2 * abs(given_back) * abs(order_tax) + 100 * abs(order_goods)) // nullif(200 * abs(order_goods), 0))
                as cents,
            cast(cast(100 * cents as decimal(38, 0)) * 0.0001 as decimal(18, 4)) as tax,
        from from_lines
        join staging.included_tax as included
            on included.system = from_lines.system and included.order_id = from_lines.order_id and included.is_in_lines
    ),

    -- what lines beside a refund tell of its goods
    goods_of_lines as (
        select
            _system,
            refund_id,
            sum(goods) as goods_of_lines,
        from staging.refund_lines
        group by _system, refund_id
        having sum(goods) > 0
    ),

    delivered as (
        select
            _system as system,
            refund_id,
            order_id,
            _source as source,
            coalesce(customer_system, _system) as customer_system,
            customer_record_id,
            refunded_at,
            currency,
            coalesce(amount, coalesce(goods, 0) + coalesce(shipping, 0) + coalesce(tax, 0)) as amount,
            coalesce(goods, amount - coalesce(shipping, 0) - coalesce(tax, 0), 0) as goods,
            coalesce(shipping, 0) as shipping,
            coalesce(tax, 0) as tax,
            coalesce(goods, shipping, tax) is not null as is_told,
            case when not is_told and goods_of_lines <= amount then goods_of_lines end as goods_of_lines,
            reason,
            false as is_in_order_currency,
        from staging.refunds
        left join goods_of_lines using (_system, refund_id)
        union all by name
        -- lines of an order whose prices include tax give back goods with their tax
        select
            from_lines.* exclude (customer_record),
            from_lines.customer_record.system as customer_system,
            from_lines.customer_record.id as customer_record_id,
            coalesce(shared.tax, 0) as tax,
            from_lines.amount - coalesce(shared.tax, 0) as goods,
            0 as shipping,
            true as is_told,
        from from_lines
        left join tax_of_lines as shared using (system, refund_id, order_id)
    ),

    dated as (
        select
            delivered.system,
            delivered.refund_id,
            delivered.source,
            orders.order_id,
            coalesce(
                by_record.customer_id,
                by_refund.customer_id,
                orders.customer_id,
                '00000000-0000-0000-0000-000000000000'
            ) as customer_id,
            coalesce(by_record.customer_idx, by_refund.customer_idx, orders.customer_idx, 0) as customer_idx,
            delivered.refunded_at,
            coalesce(
                cast(timezone(company.timezone, timezone('UTC', delivered.refunded_at)) as date),
                orders.order_date
            ) as refund_date,
            delivered.refunded_at is null as date_is_estimated,
            delivered.reason,
            case when is_in_order_currency then coalesce(orders.currency, delivered.currency)
                else delivered.currency end as currency,
            cast(delivered.amount as decimal(18, 4)) as amount_original,
            delivered.is_told,
            coalesce(orders.is_countable, true) as is_countable,
            orders.currency as order_currency,
            -- money in ten-thousandths from here on: whole numbers, so that shares are rounded exactly
            cast(cast(delivered.amount as decimal(38, 4)) * 10000 as hugeint) as given_back,
            cast(cast(delivered.goods as decimal(38, 4)) * 10000 as hugeint) as told_goods,
            cast(cast(delivered.goods_of_lines as decimal(38, 4)) * 10000 as hugeint) as line_goods,
            cast(cast(delivered.shipping as decimal(38, 4)) * 10000 as hugeint) as told_shipping,
            cast(cast(delivered.tax as decimal(38, 4)) * 10000 as hugeint) as told_tax,
            cast(
                greatest(cast(orders.gross_sales_original as decimal(38, 4)) - orders.discounts_original, 0) * 10000
                as hugeint
            ) as order_goods,
            cast(greatest(cast(orders.shipping_original as decimal(38, 4)), 0) * 10000 as hugeint) as order_shipping,
            cast(greatest(cast(orders.tax_original as decimal(38, 4)), 0) * 10000 as hugeint) as order_tax,
        from delivered
        cross join raw.company as company
        left join core.orders as orders
            on orders.system = delivered.system and orders.order_id = delivered.order_id
        left join identity.customer_links as by_record
            on by_record.link_type = 'customer_record'
            and by_record.system = delivered.customer_system
            and by_record.source_record_id = delivered.customer_record_id
        left join identity.customer_links as by_refund
            on by_refund.link_type = 'refund'
            and by_refund.system = delivered.system
            and by_refund.source_record_id = delivered.refund_id
    ),

    -- lines tell the goods of a refund that does not, if refunds that tell them and earlier lines leave as much of the
    -- order; the rest of the refund is shipping and tax of the order in proportion, to the cent
    by_lines as (
        select
            *,
            line_goods is not null and (
                currency is distinct from order_currency
                or sum(case when is_told then told_goods else 0 end) over whole + sum(line_goods) over so_far
                <= order_goods
            ) as is_of_lines,
            order_shipping + order_tax as order_rest,
            case when currency is distinct from order_currency and order_rest > 0 then given_back - line_goods
                else least(given_back - line_goods, order_rest) end as line_rest,
            (2 * line_rest * order_shipping + 100 * order_rest) // nullif(200 * order_rest, 0) * 100 as half_up,
            least(coalesce(half_up, 0), line_rest) as line_shipping,
        from dated
        where order_id is not null
        window
            whole as (partition by system, order_id, currency),
            so_far as (
                partition by system, order_id, currency
                order by refund_date, refunded_at, refund_id
                rows unbounded preceding
            )
    ),

    of_orders as (
        select
            * exclude (line_goods, is_of_lines, order_rest, line_rest, half_up, line_shipping) replace (
                is_told or is_of_lines as is_told,
                case when is_of_lines then line_goods else told_goods end as told_goods,
                case when is_of_lines then line_shipping else told_shipping end as told_shipping,
                case when is_of_lines then line_rest - line_shipping else told_tax end as told_tax
            ),
        from by_lines
    ),

    -- the refunds of one order in time order: what they told, and what they gave back without telling parts
    in_order as (
        select
            *,
            currency is not distinct from order_currency as is_same_currency,
            sum(case when is_told then told_goods else 0 end) over so_far as told_goods_so_far,
            sum(case when is_told then 0 else given_back end) over so_far as untold_so_far,
            sum(case when is_told then told_goods else 0 end) over whole as told_goods_of_order,
            sum(case when is_told then told_shipping else 0 end) over whole as told_shipping_of_order,
            sum(case when is_told then told_tax else 0 end) over whole as told_tax_of_order,
            -- the smallest step in which parts are rounded: a cent, unless an amount has fractions of one
            case when bool_and(given_back % 100 = 0) over whole and order_goods % 100 = 0 and order_shipping % 100 = 0
                and order_tax % 100 = 0 then 100 else 1 end as step,
        from of_orders
        window
            whole as (partition by system, order_id, currency),
            so_far as (
                partition by system, order_id, currency
                order by refund_date, refunded_at, refund_id
                rows unbounded preceding
            )
    ),

    -- what refunds without parts have to share: what refunds with parts leave of the order; no more than the order in
    -- its own currency, and the order's proportions alone in another one
    shared as (
        select
            *,
            case when is_same_currency
                then order_goods - least(greatest(cast(told_goods_of_order as hugeint), 0), order_goods)
                else order_goods end // step as goods_left,
            case when is_same_currency then greatest(order_shipping - cast(told_shipping_of_order as hugeint), 0)
                else order_shipping end // step as shipping_left,
            case when is_same_currency then greatest(order_tax - cast(told_tax_of_order as hugeint), 0)
                else order_tax end // step as tax_left,
            goods_left + shipping_left + tax_left as all_left,
            cast(untold_so_far as hugeint) // step as untold_after,
            untold_after - case when is_told then 0 else given_back // step end as untold_before,
            case when is_same_currency then least(untold_after, all_left) else untold_after end as after,
            case when is_same_currency then least(untold_before, all_left) else untold_before end as before,
        from in_order
    ),

    -- shares up to and including a refund less shares before it, each rounded half up: the last cent ties
    derived as (
        select
            *,
            coalesce((2 * after * goods_left + all_left) // nullif(2 * all_left, 0), 0) as goods_after,
            coalesce((2 * before * goods_left + all_left) // nullif(2 * all_left, 0), 0) as goods_before,
            shipping_left + tax_left as rest_left,
            coalesce((2 * (after - goods_after) * shipping_left + rest_left) // nullif(2 * rest_left, 0), 0)
                as shipping_after,
            coalesce((2 * (before - goods_before) * shipping_left + rest_left) // nullif(2 * rest_left, 0), 0)
                as shipping_before,
        from shared
    ),

    parted as (
        select
            * exclude (order_goods, order_shipping, order_tax),
            case
                when not is_told then (goods_after - goods_before) * step
                when is_same_currency then least(cast(told_goods_so_far as hugeint), order_goods)
                    - least(cast(told_goods_so_far as hugeint) - told_goods, order_goods)
                else told_goods
            end as goods_given,
            case when is_told then told_shipping else (shipping_after - shipping_before) * step end as shipping_given,
            case
                when is_told then told_tax
                when all_left = 0 then 0
                else ((after - goods_after - shipping_after) - (before - goods_before - shipping_before)) * step
            end as tax_given,
            case
                when is_told then 'told'
                when order_shipping + order_tax = 0 then 'order_has_no_parts'
                else 'derived'
            end as goods_basis,
            case when is_told then goods_given <> told_goods
                else after - before <> untold_after - untold_before end as is_capped,
        from derived
        union all by name
        select
            * exclude (line_goods),
            coalesce(line_goods, told_goods) as goods_given,
            told_shipping as shipping_given,
            told_tax as tax_given,
            case when is_told or line_goods is not null then 'told' else 'no_order' end as goods_basis,
            false as is_capped,
        from dated
        where order_id is null
    ),

    -- parts are converted as sums up to each part, so that they make up the converted amount to the last decimal
    converted as (
        select
            parted.*,
            cast(cast(goods_given as decimal(38, 0)) * 0.0001 as decimal(18, 4)) as goods_original,
            cast(cast(shipping_given as decimal(38, 0)) * 0.0001 as decimal(18, 4)) as shipping_original,
            cast(cast(tax_given as decimal(38, 0)) * 0.0001 as decimal(18, 4)) as tax_original,
            cast(
                cast(given_back - goods_given - shipping_given - tax_given as decimal(38, 0)) * 0.0001 as decimal(18, 4)
            ) as other_original,
            cast(cast(amount_original as decimal(38, 4)) * fx.rate as decimal(18, 4)) as amount,
            cast(cast(goods_original as decimal(38, 4)) * fx.rate as decimal(18, 4)) as goods,
            cast((cast(goods_original as decimal(38, 4)) + shipping_original) * fx.rate as decimal(18, 4))
                as goods_and_shipping,
            cast(
                (cast(goods_original as decimal(38, 4)) + shipping_original + tax_original) * fx.rate as decimal(18, 4)
            ) as goods_shipping_and_tax,
        from parted
        left join core.fx_rates as fx on fx.currency = parted.currency and fx.rate_date = parted.refund_date
    )

select
    system,
    refund_id,
    source,
    order_id,
    customer_id,
    customer_idx,
    refund_date,
    date_is_estimated,
    reason,
    currency,
    amount_original,
    goods_original,
    shipping_original,
    tax_original,
    other_original,
    amount,
    goods,
    cast(goods_and_shipping - goods as decimal(18, 4)) as shipping,
    cast(goods_shipping_and_tax - goods_and_shipping as decimal(18, 4)) as tax,
    cast(amount - goods_shipping_and_tax as decimal(18, 4)) as other,
    goods_basis,
    is_capped,
    is_countable,
from converted
