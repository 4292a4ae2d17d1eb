-- One row per line of an order, a refund or an adjustment, identical lines included; typed, each with its own document.
with
    typed as (
        select
            order_id,
            line_type,
            line_id,
            product_id,
            product_name,
            category,
            cast(quantity as decimal(18, 4)) as quantity,
            cast(unit_price as decimal(18, 4)) as unit_price,
            cast(gross_sales as decimal(18, 4)) as gross_sales,
            cast(discounts as decimal(18, 4)) as discounts,
            cast(shipping as decimal(18, 4)) as shipping,
            cast(cost as decimal(18, 4)) as cost,
            cost_currency,
            customer_record_id,
            customer_system,
            email,
            cast(ordered_at as timestamp) as ordered_at,
            line.currency,
            channel,
            store_id,
            country,
            region,
            city,
            cast(is_test as boolean) as is_test,
            cast(updated_at as timestamp) as updated_at,
            _source,
            _system,
            _delivery,
            _file_sha256,
            _row,
            _row_id,
            cast(timezone(company.timezone, timezone('UTC', cast(ordered_at as timestamp))) as date) as own_day,
        from raw.order_lines as line
        cross join raw.company as company
    ),

    first_lines as (
        select _system, order_id, line_type, min(ordered_at) as first_moment, min(own_day) as first_day
        from typed
        where ordered_at is not null
        group by all
        having min(ordered_at) < max(ordered_at)
    ),

    -- a sale more than a day after its order began is an order of its own: an exchange in March leaves January alone.
    -- Refunds and adjustments keep their days. Orders with a row of their own have the day that it says.
    later_lines as (
        select typed._row_id
        from typed
        join first_lines using (_system, order_id, line_type)
        left join (select distinct _system, order_id, true as has_own_row from raw.orders) as own
            using (_system, order_id)
        where case
            when line_type <> 'sale' then own_day > first_day
            else own.has_own_row is null and ordered_at > first_moment + interval 1 day
        end
    )

select
    typed.* exclude (own_day) replace (
        case
            when later_lines._row_id is not null and typed.line_type = 'sale' then order_id || ' ' || own_day
            else order_id
        end as order_id
    ),
    case when later_lines._row_id is not null then order_id || ' ' || own_day else order_id end as document_id,
from typed
left join later_lines on later_lines._row_id = typed._row_id
