-- One row per payment of an order.
with
    dated as (
        select
            payments.*,
            row_number() over (partition by payments._system, payments.order_id order by payments._row_id)
                as payment_number,
            -- a payment without a day is converted on its order's day, else on the last day that counts
            coalesce(
                cast(timezone(company.timezone, timezone('UTC', payments.paid_at)) as date),
                orders.order_date,
                company.as_of
            ) as rate_date,
        from staging.payments as payments
        cross join raw.company as company
        left join core.orders as orders
            on orders.system = payments._system and orders.order_id = payments.order_id
    )

select
    dated._system as system,
    dated.order_id,
    cast(dated.payment_number as integer) as payment_number,
    dated._source as source,
    dated.payment_id,
    dated.method,
    dated.status,
    dated.paid_at,
    dated.currency,
    dated.amount as amount_original,
    cast(cast(dated.amount as decimal(38, 4)) * fx.rate as decimal(18, 4)) as amount,
from dated
left join core.fx_rates as fx on fx.currency = dated.currency and fx.rate_date = dated.rate_date
