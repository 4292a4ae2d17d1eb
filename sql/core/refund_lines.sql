-- One row per refund line: what a refund gave back of which product.
with
    lines as (
        select
            _system as system,
            document_id as refund_id,
            row_number() over (partition by _system, document_id order by _row_id) as line_number,
            _source as source,
            product_id,
            product_name,
            category,
            abs(quantity) as quantity,
            coalesce(discounts, 0)
                - coalesce(gross_sales, cast(cast(quantity as decimal(38, 4)) * unit_price as decimal(18, 4)), 0)
                as amount_original,
        from staging.order_lines
        where line_type = 'refund'
    ),

    -- converted as sums up to each line, so that the lines make up the refund's amount to the last decimal
    dated as (
        select
            lines.*,
            refunds.order_id,
            refunds.customer_idx,
            refunds.refund_date,
            refunds.currency,
            refunds.is_countable,
            fx.rate,
            cast(sum(cast(lines.amount_original as decimal(38, 4))) over so_far as decimal(38, 4)) as amount_so_far,
        from lines
        join core.refunds as refunds on refunds.system = lines.system and refunds.refund_id = lines.refund_id
        left join core.fx_rates as fx on fx.currency = refunds.currency and fx.rate_date = refunds.refund_date
        window so_far as (
            partition by lines.system, lines.refund_id order by lines.line_number rows unbounded preceding
        )
    )

select
    dated.system,
    dated.refund_id,
    cast(dated.line_number as integer) as line_number,
    dated.source,
    dated.order_id,
    dated.customer_idx,
    dated.refund_date,
    dated.product_id,
    coalesce(dated.product_name, products.product_name) as product_name,
    coalesce(products.category, dated.category) as category,
    cast(dated.quantity as decimal(18, 4)) as quantity,
    dated.currency,
    cast(dated.amount_original as decimal(18, 4)) as amount_original,
    cast(
        cast(dated.amount_so_far * dated.rate as decimal(18, 4))
        - cast((dated.amount_so_far - dated.amount_original) * dated.rate as decimal(18, 4)) as decimal(18, 4)
    ) as amount,
    dated.is_countable,
from dated
left join core.products as products on products.system = dated.system and products.product_id = dated.product_id
