-- One row per adjustment: the adjustment lines of one document and day together.
with
    from_lines as (
        select
            _system as system,
            document_id as adjustment_id,
            order_id,
            arg_min(_source, _row_id) as source,
            min(ordered_at) as adjusted_at,
            -- an adjustment in two currencies has no total: its currency stays empty and the contract stops it
            case when min(currency) = max(currency) then min(currency) end as currency,
            sum(coalesce(gross_sales, cast(cast(quantity as decimal(38, 4)) * unit_price as decimal(18, 4)), 0))
                - coalesce(sum(discounts), 0)
                as amount,
        from staging.order_lines
        where line_type = 'adjustment'
        group by _system, document_id, order_id
    ),

    dated as (
        select
            lines.system,
            lines.adjustment_id,
            lines.source,
            coalesce(
                cast(timezone(company.timezone, timezone('UTC', lines.adjusted_at)) as date),
                orders.order_date
            ) as adjustment_date,
            coalesce(orders.currency, lines.currency) as currency,
            cast(lines.amount as decimal(18, 4)) as amount_original,
        from from_lines as lines
        cross join raw.company as company
        left join core.orders as orders on orders.system = lines.system and orders.order_id = lines.order_id
    )

select
    dated.system,
    dated.adjustment_id,
    dated.source,
    dated.adjustment_date,
    'adjustment' as kind,
    dated.currency,
    dated.amount_original,
    cast(cast(dated.amount_original as decimal(38, 4)) * fx.rate as decimal(18, 4)) as amount,
from dated
left join core.fx_rates as fx on fx.currency = dated.currency and fx.rate_date = dated.adjustment_date
