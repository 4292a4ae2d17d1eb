"""Doubts about amounts: parts that count twice, lines that are not their orders, rates where taxes should be.

Put here: orders, lines and refunds. Keep out: whether prices include the tax (`tables/taxes.py`), and what core derived
(`tables/money.py`).
"""

from regulars.pipelines.audit.findings.doubts.doubt import Doubt

_TOLD = """
    with
        paid as (
            select system, order_id, currency, sum(amount_original) as amount
            from core.payments
            group by all
        ),

        -- what was paid, and what the lines add up to, beside what the order says
        told as (
            select
                orders.source,
                cast(own.gross_sales as decimal(38, 4)) as gross,
                coalesce(own.discounts, 0) as discounts,
                coalesce(own.shipping, 0) as shipping,
                coalesce(own.tax, 0) as tax,
                paid.amount as paid,
                totals.gross_sales as lines,
                cast(orders.gross_sales_original as decimal(38, 4)) - orders.discounts_original
                    + orders.shipping_original + orders.tax_original as all_parts,
            from core.orders as orders
            join staging.orders as own on own._system = orders.system and own.order_id = orders.order_id
            left join paid
                on paid.system = orders.system
                and paid.order_id = orders.order_id
                and paid.currency = orders.currency
            left join staging.order_line_totals as totals
                on totals.system = orders.system and totals.order_id = orders.order_id
            where own.gross_sales > 0
        )
"""
_WITHIN = (
    _TOLD
    + """
    select
        source,
        count(*) filter (({within}) and not ({beside})),
        count(*) filter (({within}) or ({beside})),
    from told
    where {part} > 0
    group by source
    having count(*) filter (({within}) or ({beside})) >= 10
    order by source
"""
)
_SHIPPING = _WITHIN.format(
    part="shipping",
    within="coalesce(paid = all_parts - shipping, false) or coalesce(lines = gross - shipping, false)",
    beside="coalesce(paid = all_parts, false) or coalesce(lines = gross, false)",
)
_DISCOUNTS = _WITHIN.format(
    part="discounts",
    within="coalesce(paid = all_parts + discounts, false) or coalesce(lines = gross + discounts, false)",
    beside="coalesce(paid = all_parts, false) or coalesce(lines = gross, false)",
)
_LINES = (
    _TOLD
    + """
    select
        source,
        count(*) filter (
            least(
                abs(lines - gross), abs(lines - gross + tax), abs(lines - gross - tax), abs(lines - gross - discounts),
                abs(lines - gross + shipping), abs(lines - gross + shipping + tax)
            ) > gross * 0.01 + 0.02
        ),
        count(*),
    from told
    where lines is not null
    group by source
    having count(*) >= 10
    order by source
"""
)
_TAX_RATES = """
    select _source, count(*) filter (tax > 0), count(*)
    from staging.orders
    group by _source
    having count(distinct tax) filter (tax > 0) <= 2
        and count(distinct gross_sales) filter (tax > 0) >= 10
        and bool_and(
            tax <= 1
            or tax in (5, 5.5, 6, 7, 8, 9, 10, 12, 13.5, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 25.5, 27)
        ) filter (tax > 0)
        and median(gross_sales) > 5
    order by _source
"""
_GIFT_CARDS = """
    select
        _source,
        count(*) filter (regexp_matches(
            lower(concat_ws(' ', product_name, category)),
            'gift ?-?(card|voucher|certificate)|gutschein|(carte|ch[eè]que)[- ]cadeau|tarjeta regalo|cadeaubon'
            '|lahjakort|presentkort|gavekort|buono regalo'
        )),
        count(*),
    from staging.order_lines
    where line_type = 'sale'
    group by _source
    order by _source
"""
_NEGATIVE_LINES = """
    select
        _source,
        count(*) filter (
            coalesce(gross_sales, cast(quantity as decimal(38, 4)) * unit_price) < 0 or coalesce(quantity < 0, false)
        ),
        count(*),
    from staging.order_lines
    where line_type = 'sale'
    group by _source
    having count(*) >= 20
    order by _source
"""
_REFUND_LINES_ABOVE_ZERO = """
    select
        _source,
        count(*) filter (coalesce(gross_sales, cast(coalesce(quantity, 1) as decimal(38, 4)) * unit_price) > 0),
        count(*),
    from staging.order_lines
    where line_type = 'refund'
    group by _source
    order by _source
"""
_LINE_TOTALS = """
    -- an unmapped column that is called a total and holds the unit price, where there are several pieces
    with
        several as (
            select
                raw._source as source,
                raw._row_id as row_id,
                cast(raw.unit_price as decimal(18, 4)) as unit_price,
                cast(raw.quantity as decimal(18, 4)) as quantity,
                raw._rest as rest,
            from raw.order_lines as raw
            where raw._rest is not null and raw.line_type = 'sale' and raw.gross_sales is null
                and try_cast(raw.quantity as decimal(18, 4)) > 1 and try_cast(raw.unit_price as decimal(18, 4)) > 0
            qualify row_number() over (partition by raw._source order by raw._row_id) <= 1000
        ),

        totals as (
            select
                several.*,
                try_cast(rest ->> ('$."' || replace(key, '"', '') || '"') as decimal(38, 4)) as total,
            from several, unnest(json_keys(rest)) as keys (key)
            where regexp_matches(lower(key), 'total|amount|betrag|summe|montant|importe')
        )

    select source, count(distinct row_id) filter (total = unit_price), count(distinct row_id)
    from totals
    where total is not null
    group by source
    having count(distinct row_id) filter (total = cast(unit_price as decimal(38, 4)) * quantity) = 0
    order by source
"""
_REFUND_UNIT = """
    select
        refunds.source,
        count(*) filter (
            cast(refunds.amount_original as decimal(38, 4)) * 100 in (
                orders.gross_sales_original,
                cast(orders.gross_sales_original as decimal(38, 4)) - orders.discounts_original
                    + orders.shipping_original + orders.tax_original
            )
        ),
        count(*),
    from core.refunds as refunds
    join core.orders as orders using (system, order_id)
    where refunds.amount_original > 0
    group by refunds.source
    having count(*) >= 5
    order by refunds.source
"""
_SAME_REFUNDS = """
    with
        known as (
            select source, system, refund_id, order_id, customer_idx, refund_date, currency, amount_original
            from core.refunds
            where customer_idx > 0 and amount_original > 0
        ),

        sizes as (select source, count(*) as refund_count from known group by source),

        pairs as (
            select
                first.source || ', ' || second.source as sources,
                count(distinct (first.system, first.refund_id)) as firsts,
                count(distinct (second.system, second.refund_id)) as seconds,
                any_value(least(size_1.refund_count, size_2.refund_count)) as refund_count,
            from known as first
            join known as second using (customer_idx, currency, amount_original)
            join sizes as size_1 on size_1.source = first.source
            join sizes as size_2 on size_2.source = second.source
            where first.source < second.source
                and abs(first.refund_date - second.refund_date) <= 3
                and (first.order_id = second.order_id or first.order_id is null or second.order_id is null)
            group by first.source, second.source
        )

    select sources, least(firsts, seconds, refund_count), refund_count
    from pairs
    where least(firsts, seconds) >= 5
    order by sources
"""

MONEY_DOUBTS = (
    Doubt(
        "shipping_within_gross_sales",
        "orders",
        _SHIPPING,
        "orders with shipping, whose payments or lines tell, have it in `gross_sales` too, so that it counts as goods",
        "Take it off in the mapping, such as `gross_sales: {sql: total::decimal(18, 4) - shipping::decimal(18, 4)}`.",
    ),
    Doubt(
        "discounts_taken_twice",
        "orders",
        _DISCOUNTS,
        "orders with discounts, whose payments or lines tell, have a `gross_sales` that is after discounts already",
        "Map the amount before discounts to `gross_sales`, or no `discounts`.",
    ),
    Doubt(
        "lines_unlike_orders",
        "orders",
        _LINES,
        "orders with lines have another amount than their lines together, with or without shipping, tax and discounts",
        "See whether lines are missing, and whether `gross_sales` of orders and of lines mean the same.",
    ),
    Doubt(
        "taxes_like_rates",
        "orders",
        _TAX_RATES,
        "orders have one and the same tax, whatever their amount, as rates in percent or shares are",
        "Map the amount of the tax, or multiply in the mapping.",
    ),
    Doubt(
        "gift_cards_sold",
        "order_lines",
        _GIFT_CARDS,
        "sale lines are gift cards by their name; they count as sales now, and again when somebody pays with them",
        "Leave the lines out with `exclude`, or mark them with `line_type: adjustment`.",
    ),
    Doubt(
        "negative_sale_lines",
        "order_lines",
        _NEGATIVE_LINES,
        "sale lines have an amount or a quantity below zero, as discounts, vouchers and returns have",
        "Mark returns with `line_type: refund`, and other lines below zero with `line_type: adjustment`.",
    ),
    Doubt(
        "refund_lines_above_zero",
        "order_lines",
        _REFUND_LINES_ABOVE_ZERO,
        "refund lines have an amount above zero, and so raise sales where money was given back",
        "Turn the sign in the mapping where the tool writes refunds without one, such as "
        "`quantity: {sql: \"if(type = 'refund', -1, 1) * quantity::integer\"}`.",
    ),
    Doubt(
        "line_totals_as_prices",
        "order_lines",
        _LINE_TOTALS,
        "lines of several pieces have a `unit_price` that another column calls the total of the line",
        "Map it to `gross_sales` of the lines instead of `unit_price`.",
    ),
    Doubt(
        "refunds_in_another_unit",
        "refunds",
        _REFUND_UNIT,
        "refunds are exactly a hundredth of their orders, as when orders are in cents and refunds are not",
        "Divide the amounts of orders by 100 in the mapping.",
    ),
    Doubt(
        "same_refunds_in_two_sources",
        "refunds",
        _SAME_REFUNDS,
        "refunds of the smaller source are in the other one too, of the same customer and amount within three days: "
        "they lower sales twice",
        "Take refunds from one of the two, or leave them out of the other one with `exclude`.",
    ),
)
"""What is asked about money."""
