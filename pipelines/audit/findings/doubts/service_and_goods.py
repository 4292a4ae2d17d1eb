"""Doubts about tickets, marketing spend, products and exchange rates.

Put here: those doubts. Keep out: orders (`money.py`).
"""

from regulars.pipelines.audit.findings.doubts.doubt import Doubt
from regulars.pipelines.definitions.rough_rates import USD_PER_UNIT

_MIDNIGHT = """
    select _source, count(*), count(*)
    from staging.tickets
    where first_public_reply_at is not null
    group by _source
    having count(*) >= 20
        and count(distinct opened_at::time) <= 2
        and count(distinct first_public_reply_at::time) >= 10
    order by _source
"""
_AT_ONCE = """
    select _source, count(*) filter (first_public_reply_at <= opened_at + interval 10 seconds), count(*)
    from staging.tickets
    where first_public_reply_at is not null
    group by _source
    having count(*) >= 20 and count(distinct opened_at::time) > 2
    order by _source
"""
_DAY_AND_MONTH = """
    select source, count(*) filter (is_sum), count(*)
    from (
        select
            _source as source,
            count(*) >= 4 and count(distinct month) >= 4 and 2 * max(amount) = sum(amount) as is_sum,
        from staging.acquisition_spend
        where amount > 0
        group by _source, channel, campaign, currency, date_trunc('month', month)
    )
    group by source
    order by source
"""
_TOTALS = r"""
    with
        spend as (
            select
                _source as source,
                date_trunc('month', month) as month,
                amount,
                regexp_full_match(
                    lower(trim(channel)),
                    '(grand |sub|zwischen)?[ -]?(totals?|totale|totaal|suma|summe|sum|somme|gesamt)'
                ) or regexp_full_match(
                    lower(trim(coalesce(campaign, ''))), '(grand |sub|zwischen)?[ -]?(totals?|summe|sum|somme|gesamt)'
                ) as is_named,
            from staging.acquisition_spend
            where amount > 0
        ),

        months as (
            select source, month, count(*) as row_count, count(*) filter (is_named) as named,
                count(*) >= 3 and 2 * max(amount) = sum(amount) as has_sum,
            from spend
            group by all
        )

    select
        source,
        case when sum(named) > 0 then sum(named)
            when count(*) >= 2 and count(*) filter (has_sum) = count(*) then count(*) else 0 end,
        sum(row_count),
    from months
    group by source
    order by source
"""
_CHANNELS = """
    with
        known as (
            select distinct acquisition_channel as channel from core.customers where acquisition_channel is not null
        )

    select source, count(distinct channel) filter (known.channel is null), count(distinct spend.channel)
    from core.acquisition_spend as spend
    left join known using (channel)
    where exists (select 1 from known) and spend.amount > 0
    group by source
    order by source
"""
_COSTS = """
    select lines.source, count(*) filter (products.unit_cost * lines.quantity > lines.gross_sales), count(*)
    from core.order_lines as lines
    join core.products as products using (system, product_id)
    where products.unit_cost > 0 and lines.quantity > 0 and lines.gross_sales > 0
    group by lines.source
    having count(*) >= 20
    order by lines.source
"""
_UNCONVERTED = """
    with
        -- what a piece costs in the company's currency, by the product list or by lines
        said as (
            select products.system, products.product_id, products.unit_cost_original as piece
            from core.products as products
            join raw.company as company on company.currency = products.cost_currency
            union
            select lines.system, lines.product_id, lines.cost_original / lines.quantity
            from core.order_lines as lines
            join raw.company as company on company.currency = lines.cost_currency
            where lines.quantity > 0
        ),

        -- of a product whose lines have many costs any number is near one of them
        known as (
            from said
            semi join (
                select system, product_id from said group by all having count(distinct round(piece, 2)) <= 20
            ) as alike using (system, product_id)
        )

    select lines.source, count(*) filter (is_known), count(*)
    from (
        select
            lines.source,
            exists (
                from known
                where known.system = lines.system and known.product_id = lines.product_id
                    and abs(known.piece - lines.cost_original / lines.quantity) < 0.005
            ) as is_known,
        from core.order_lines as lines
        join core.fx_rates as fx on fx.currency = lines.cost_currency and fx.rate_date = lines.order_date
        anti join raw.company as company on company.currency = lines.cost_currency
        semi join known on known.system = lines.system and known.product_id = lines.product_id
        -- near a rate of 1 a cost is about the same number in both currencies
        where lines.cost_original > 0 and lines.quantity > 0 and abs(fx.rate - 1) > 0.02
    ) as lines
    group by lines.source
    having count(*) >= 20
    order by lines.source
"""
_ROUGH = ", ".join(f"('{currency}', {worth})" for currency, worth in sorted(USD_PER_UNIT.items()))
_RATES = f"""
    with
        rough(currency, worth) as (values {_ROUGH}),

        usual as (
            select rates.*, median(rate) over (partition by rates.currency) as middle
            from staging.fx_rates as rates
            anti join raw.company as company on company.currency = rates.currency
        )

    select
        usual._source,
        count(*) filter (
            greatest(usual.rate / usual.middle, usual.middle / usual.rate) > 4
            or coalesce(greatest(
                usual.rate * own.worth / theirs.worth, theirs.worth / (usual.rate * own.worth)
            ) > 4, false)
        ),
        count(*),
    from usual
    cross join raw.company as company
    left join rough as own on own.currency = company.currency
    left join rough as theirs on theirs.currency = usual.currency
    group by usual._source
    order by usual._source
"""

SERVICE_AND_GOODS_DOUBTS = (
    Doubt(
        "tickets_opened_at_midnight",
        "tickets",
        _MIDNIGHT,
        "answered tickets were opened at one time of day, as days without hours are; replies are counted from it",
        "Map the moment, not the day, to `opened_at`.",
    ),
    Doubt(
        "replies_at_once",
        "tickets",
        _AT_ONCE,
        "answered tickets had their first reply within ten seconds, as the automatic one comes",
        "Map the first reply that a person wrote to `first_public_reply_at`.",
    ),
    Doubt(
        "spend_by_day_and_month",
        "acquisition_spend",
        _DAY_AND_MONTH,
        "months of a campaign hold days and a row that is the sum of them: the month counts twice",
        "Leave out the rows of whole months, or those of days, with `exclude`.",
    ),
    Doubt(
        "totals_rows",
        "acquisition_spend",
        _TOTALS,
        "rows of spend add up others, by their name or by their amount in every month",
        "Export without totals, or leave them out with `exclude`.",
    ),
    Doubt(
        "spend_channels_unmatched",
        "acquisition_spend",
        _CHANNELS,
        "channels with spend are the acquisition channel of no customer, so that their customers cost nothing",
        "Write channels as `acquisition_channel` of customers writes them, in the mapping.",
    ),
    Doubt(
        "costs_beyond_prices",
        "order_lines",
        _COSTS,
        "lines sold for less than their product costs, as when costs are in cents or of a whole box",
        "See which column is mapped to `cost` of products.",
    ),
    Doubt(
        "costs_not_in_order_currency",
        "order_lines",
        _UNCONVERTED,
        "lines with a cost in a foreign currency have the number that the product costs in the company's: the cost is "
        "probably in the company's currency",
        "Where costs are in the company's currency whatever the order's, write `cost_currency: {value: EUR}`, with its "
        "code, in the mapping of order_lines.",
    ),
    Doubt(
        "rate_stands_out",
        "fx_rates",
        _RATES,
        "rates are more than four times from the usual ones of their currency, as rates per 100 units or the other way "
        "round are",
        "A rate is what one unit of the foreign currency is worth in the company's: divide, or write "
        "`rate: {sql: 1 / rate::double}`.",
    ),
)
"""What is asked about tickets, spend, products and rates."""
