-- One row per order: those delivered as orders, and those that only order lines name.
with
    -- orders without a row of their own
    told_by_lines as (
        select
            line._system as system,
            line.order_id,
            arg_min(line._source, line._row_id) as source,
            min(line.ordered_at) as ordered_at,
            -- an order in two currencies has no total: its currency stays empty and the contract stops it
            case when min(line.currency) = max(line.currency) then min(line.currency) end as currency,
        from staging.order_lines as line
        semi join (
            from staging.order_line_totals as totals
            anti join staging.orders as own_row
                on own_row._system = totals.system and own_row.order_id = totals.order_id
        ) as orphan
            on orphan.system = line._system and orphan.order_id = line.order_id
        where line.line_type = 'sale'
        group by line._system, line.order_id
    ),

    delivered as (
        select
            _system as system,
            order_id,
            _source as source,
            coalesce(customer_system, _system) as customer_system,
            customer_record_id,
            customer_record_id is not null or email is not null as names_customer,
            ordered_at,
            status,
            store_id,
            channel,
            country,
            region,
            city,
            currency,
            gross_sales,
            discounts,
            shipping,
            tax,
            promised_at,
            delivered_at,
            is_test,
            coalesce(is_cancelled, false) as is_cancelled,
        from staging.orders
        union all by name
        select *, false as is_cancelled, false as names_customer from told_by_lines
    ),

    known as (
        select
            delivered.* exclude (gross_sales, discounts, shipping, names_customer)
                replace (
                    -- what the order does not say of itself, its lines may
                    coalesce(delivered.store_id, totals.store_id) as store_id,
                    coalesce(delivered.channel, totals.channel) as channel,
                    coalesce(countries.country, delivered.country, totals.country) as country,
                    coalesce(delivered.region, totals.region) as region,
                    coalesce(delivered.city, totals.city) as city,
                    coalesce(delivered.is_test, totals.is_test, false) as is_test
                ),
            cast(
                coalesce(delivered.gross_sales, totals.gross_sales, 0) - coalesce(included.tax_in_gross_sales, 0)
                as decimal(18, 4)
            ) as gross_sales,
            cast(
                coalesce(delivered.discounts, totals.discounts, 0) - coalesce(included.tax_in_discounts, 0)
                as decimal(18, 4)
            ) as discounts,
            cast(
                coalesce(delivered.shipping, totals.shipping, 0) - coalesce(included.tax_in_shipping, 0)
                as decimal(18, 4)
            ) as shipping,
            cast(coalesce(included.tax_in_gross_sales - included.tax_in_discounts, 0) as decimal(18, 4))
                as included_tax,
            coalesce(totals.line_count, 0) as line_count,
            cast(timezone(company.timezone, timezone('UTC', delivered.ordered_at)) as date) as order_date,
            coalesce(by_record.customer_id, by_order.customer_id, '00000000-0000-0000-0000-000000000000')
                as customer_id,
            coalesce(by_record.customer_idx, by_order.customer_idx, 0) as customer_idx,
        from delivered
        cross join raw.company as company
        left join staging.order_line_totals as totals
            on totals.system = delivered.system and totals.order_id = delivered.order_id
        left join staging.included_tax as included
            on included.system = delivered.system and included.order_id = delivered.order_id
        left join identity.customer_links as by_record
            on by_record.link_type = 'customer_record'
            and by_record.system = if(names_customer, delivered.customer_system, totals.customer_record.system)
            and by_record.source_record_id
                = if(names_customer, delivered.customer_record_id, totals.customer_record.id)
        left join identity.customer_links as by_order
            on by_order.link_type = 'order'
            and by_order.system = delivered.system
            and by_order.source_record_id = delivered.order_id
        left join staging.countries as countries
            on countries.delivered = coalesce(delivered.country, totals.country)
    ),

    priced as (
        select
            known.*,
            cast(cast(known.gross_sales as decimal(38, 4)) * fx.rate as decimal(18, 4)) as gross_sales_reporting,
            fx.rate,
            not is_test and not is_cancelled and coalesce(gross_sales_reporting, 0) > 0 as is_countable,
        from known
        left join core.fx_rates as fx on fx.currency = known.currency and fx.rate_date = known.order_date
    ),

    first_moments as (
        select customer_idx, min(ordered_at) as ordered_at
        from priced
        where is_countable and customer_idx <> 0
        group by all
    ),

    -- of several orders in one moment the lowest system and id is the first
    first_orders as (
        select customer_idx, min({'system': system, 'order_id': order_id}) as first_order
        from priced
        semi join first_moments using (customer_idx, ordered_at)
        where is_countable
        group by all
    )

select
    system,
    order_id,
    source,
    customer_id,
    priced.customer_idx,
    ordered_at,
    order_date,
    status,
    store_id,
    channel,
    country,
    region,
    city,
    currency,
    gross_sales as gross_sales_original,
    discounts as discounts_original,
    shipping as shipping_original,
    coalesce(tax, 0) as tax_original,
    included_tax as included_tax_original,
    gross_sales_reporting as gross_sales,
    cast(cast(discounts as decimal(38, 4)) * rate as decimal(18, 4)) as discounts,
    cast(cast(shipping as decimal(38, 4)) * rate as decimal(18, 4)) as shipping,
    cast(cast(coalesce(tax, 0) as decimal(38, 4)) * rate as decimal(18, 4)) as tax,
    promised_at,
    delivered_at,
    cast(line_count as integer) as line_count,
    is_test,
    is_cancelled,
    is_countable,
    coalesce(first_order = {'system': system, 'order_id': order_id}, false) as is_first_order,
from priced
left join first_orders on first_orders.customer_idx = priced.customer_idx
