-- One row per refund: those delivered as refunds, and the refund lines of one document and day together.
with
    from_lines as (
        select
            _system as system,
            document_id as refund_id,
            order_id,
            arg_min(_source, _row_id) as source,
            coalesce(
                arg_min(customer_system, _row_id) filter (customer_record_id is not null),
                _system
            ) as customer_system,
            arg_min(customer_record_id, _row_id) as customer_record_id,
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
            amount,
            reason,
            false as is_in_order_currency,
        from staging.refunds
        union all by name
        select * from from_lines
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
            coalesce(
                cast(timezone(company.timezone, timezone('UTC', delivered.refunded_at)) as date),
                orders.order_date
            ) as refund_date,
            delivered.refunded_at is null as date_is_estimated,
            delivered.reason,
            case when is_in_order_currency then coalesce(orders.currency, delivered.currency)
                else delivered.currency end as currency,
            cast(delivered.amount as decimal(18, 4)) as amount_original,
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
    )

select
    dated.system,
    dated.refund_id,
    dated.source,
    dated.order_id,
    dated.customer_id,
    dated.customer_idx,
    dated.refund_date,
    dated.date_is_estimated,
    dated.reason,
    dated.currency,
    dated.amount_original,
    cast(cast(dated.amount_original as decimal(38, 4)) * fx.rate as decimal(18, 4)) as amount,
from dated
left join core.fx_rates as fx on fx.currency = dated.currency and fx.rate_date = dated.refund_date
