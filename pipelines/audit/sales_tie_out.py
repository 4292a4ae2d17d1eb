"""Proves that published sales are what sources delivered: from their orders to the net sales of a month.

`tie_out.py` leads delivered amounts to core, where test and cancelled orders are too. What is published of a month is
what counts of it, less discounts and refunds, so that the way goes on here.
Put here: this way, each number by its own scan. Keep out: amounts as delivered by source and currency (`tie_out.py`),
subscriptions (`subscription_tie_out.py`), validating the outcome (the contract of `meta.sales_tie_out`).
"""

import duckdb

from regulars.pipelines.kinds.order_lines import LINE_AMOUNT

TABLE = "meta.sales_tie_out"
READS = frozenset(
    {"staging.orders", "staging.order_lines", "staging.included_tax", "core.orders", "core.refunds", "staging.fx_rates"}
    | {"marts.sales_new_vs_returning"}
)
LEFT_OUT = {
    "quarantined_gross_sales": "quarantined",
    "superseded_gross_sales": "superseded",
    "duplicate_gross_sales": "duplicate",
}
"""Column -> what became of the delivered rows that it adds up."""
NOT_COUNTED = {
    "test_gross_sales": "is_test",
    "cancelled_gross_sales": "not is_test and is_cancelled",
    "negative_gross_sales": "not is_test and not is_cancelled and gross_sales < 0",
}
"""Column -> the orders of core that it adds up: each order that does not count, once."""


def write_sales_tie_out(con: duckdb.DuckDBPyConnection) -> None:
    """Make `meta.sales_tie_out`: one row per month with delivered orders, or of which the marts publish sales.

    gross_sales of countable orders = what orders were delivered with, less quarantined, superseded and duplicate rows,
    less tax that prices included, less test and cancelled orders and those below 0. net_sales = gross_sales less
    discounts and the goods of refunds that count. The invoices of the same orders come to gross_sales less discounts,
    with shipping and tax; all that was given back is beside it. Amounts are in the company's currency, at the rate of
    the order's day, or of the refund's.

    Args:
        con: The build, with everything up to the marts filled.
    """
    con.execute(f"create temp table carriers as {_ORDERS_WITH_AMOUNTS} union all by name {_LINES_WITH_AMOUNTS}")
    con.execute(f"create temp table delivered_by_month as {_select_delivered_by_month()}")
    con.execute(f"create table {TABLE} as {_select_bridge()}")
    con.execute("drop table carriers; drop table delivered_by_month")


_ZONE = "(select timezone from raw.company)"
_OWN_DAY = f"cast(timezone({_ZONE}, timezone('UTC', try_cast(ordered_at as timestamp))) as date)"

_ORDERS_WITH_AMOUNTS = f"""
    select
        'orders' as kind,
        _row_id as row_id,
        _system as system,
        order_id,
        {_OWN_DAY} as day,
        currency,
        try_cast(gross_sales as decimal(18, 4)) as own,
    from landed.orders
    where gross_sales is not null
"""
"""Delivered orders that say what they are worth."""

_LINES_WITH_AMOUNTS = f"""
    select
        'order_lines' as kind,
        lines._row_id as row_id,
        lines._system as system,
        coalesce(typed.order_id, lines.order_id) as order_id,
        coalesce(orders.order_date, lines.own_day, headers.day) as day,
        coalesce(orders.currency, lines.currency) as currency,
        lines.own,
    from (
        select
            *,
            -- a line without any price is worth 0
            coalesce({LINE_AMOUNT}, case when coalesce(gross_sales, unit_price) is null then 0 end) as own,
            {_OWN_DAY} as own_day,
        from landed.order_lines
        where line_type = 'sale'
    ) as lines
    left join staging.order_lines as typed on typed._row_id = lines._row_id
    left join core.orders as orders
        on orders.system = lines._system and orders.order_id = coalesce(typed.order_id, lines.order_id)
    left join staging.orders as used on used._system = lines._system and used.order_id = lines.order_id
    left join (
        select _system, order_id, min({_OWN_DAY}) as day, count(gross_sales) > 0 as has_amount
        from landed.orders
        group by all
    ) as headers on headers._system = lines._system and headers.order_id = lines.order_id
    where case
        when used.order_id is not null then used.gross_sales is null
        else typed._row_id is not null or headers.has_amount is not true
    end
"""
"""Delivered sale lines that say what their order is worth, since the order does not say it itself."""


def _select_delivered_by_month() -> str:
    """What orders were delivered with, what of it was left out, and the tax in the rest."""
    left_out = [f"sum(amount) filter (fate = '{fate}') as {column}," for column, fate in LEFT_OUT.items()]
    return f"""
        with
            fates as (
                select kind, row_id, 'quarantined' as fate from quarantine.rows
                union all
                select kind, row_id, outcome from quarantine.left_out
            ),

            -- added up by order before they are converted, as core does
            summed as (
                select
                    system,
                    order_id,
                    day,
                    currency,
                    coalesce(fate, 'kept') as fate,
                    sum(own) as own,
                    count(*) as row_count,
                    count(own) as amount_count,
                from carriers
                left join fates using (kind, row_id)
                group by all
            ),

            rated as (
                select
                    summed.*,
                    case when summed.currency = company.currency then 1 else rates.rate end as rate,
                    case when fate = 'kept' then coalesce(included.tax_in_gross_sales, 0) else 0 end as tax,
                from summed
                cross join raw.company as company
                left join staging.included_tax as included using (system, order_id)
                -- not core.fx_rates: it has no rates of days on which no row was kept
                asof left join (
                    select rate_date, currency, arg_max(rate, _row_id) as rate
                    from staging.fx_rates
                    group by all
                ) as rates
                    on rates.currency = summed.currency and rates.rate_date <= summed.day
                where summed.day <= company.as_of
            ),

            priced as (
                select
                    date_trunc('month', day)::date as month,
                    fate,
                    cast(cast(own as decimal(38, 4)) * rate as decimal(38, 4)) as amount,
                    amount - cast((cast(own as decimal(38, 4)) - tax) * rate as decimal(38, 4)) as included_tax,
                    case when rate is null then row_count else row_count - amount_count end as rows_without_amount,
                from rated
            )

        select
            month,
            sum(amount) as delivered_gross_sales,
            {" ".join(left_out)}
            sum(included_tax) as included_tax,
            sum(rows_without_amount) as order_rows_without_amount,
        from priced
        group by all
    """


_OF_DELIVERED = ("delivered_gross_sales", *LEFT_OUT, "included_tax")
_OF_CORE = (*NOT_COUNTED, "gross_sales", "discounts", "refunds", "shipping_charged", "tax_charged", "refund_total")
_NO_AMOUNT = "rows are in no amount: theirs is no number, or no rate of their currency is known"


def _select_bridge() -> str:
    """What was delivered beside what core counts of it, and what the marts publish."""
    not_counted = [f"sum(gross_sales) filter ({which}) as {column}," for column, which in NOT_COUNTED.items()]
    amounts = [f"cast(coalesce({name}, 0) as decimal(38, 4)) as {name}," for name in (*_OF_DELIVERED, *_OF_CORE)]
    return f"""
        with
            ordered as (
                select
                    date_trunc('month', order_date)::date as month,
                    {" ".join(not_counted)}
                    sum(gross_sales) filter (is_countable) as gross_sales,
                    sum(discounts) filter (is_countable) as discounts,
                    sum(shipping) filter (is_countable) as shipping_charged,
                    sum(tax) filter (is_countable) as tax_charged,
                from core.orders
                where order_date <= (select as_of from raw.company)
                group by all
            ),

            given_back as (
                select
                    date_trunc('month', refund_date)::date as month,
                    sum(goods) as refunds,
                    sum(amount) as refund_total,
                from core.refunds
                where is_countable and refund_date <= (select as_of from raw.company)
                group by all
            ),

            bridged as (
                select
                    month,
                    least(last_day(month), company.as_of) as counted_to,
                    {" ".join(amounts)}
                    cast(coalesce(sales.net_sales, 0) as decimal(18, 4)) as net_sales,
                    cast(coalesce(order_rows_without_amount, 0) as bigint) as order_rows_without_amount,
                from delivered_by_month
                full join ordered using (month)
                full join given_back using (month)
                full join (select month, net_sales from marts.sales_new_vs_returning) as sales using (month)
                cross join raw.company as company
            )

        select
            bridged.* exclude (
                discounts, refunds, net_sales, shipping_charged, tax_charged, refund_total, order_rows_without_amount
            ),
            cast({" - ".join((*_OF_DELIVERED, *NOT_COUNTED))} - gross_sales as decimal(38, 4))
                as gross_sales_difference,
            discounts,
            refunds,
            net_sales,
            cast(gross_sales - discounts - refunds - net_sales as decimal(38, 4)) as net_sales_difference,
            shipping_charged,
            tax_charged,
            cast(gross_sales - discounts + shipping_charged + tax_charged as decimal(38, 4)) as invoice_total,
            refund_total,
            order_rows_without_amount,
            case when order_rows_without_amount > 0
                then order_rows_without_amount || ' {_NO_AMOUNT}'
            end as reason,
        from bridged
        order by month
    """
