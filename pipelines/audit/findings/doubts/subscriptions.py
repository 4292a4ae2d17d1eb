"""Doubts about subscriptions: states against days, prices of years or of one seat, money that counts twice.

Put here: those doubts. Keep out: periods that replace one another (`tables/money.py`).
"""

from regulars.pipelines.audit.findings.doubts.doubt import Doubt

_STATUS = r"""
    with
        newest as (
            select subscriptions.*, company.as_of, trials.trial_ends_at
            from core.subscriptions as subscriptions
            cross join raw.company as company
            left join (
                select _system as system, subscription_id, max(trial_ends_at) as trial_ends_at
                from staging.subscriptions
                group by all
            ) as trials using (system, subscription_id)
            where subscriptions.status is not null
            qualify row_number() over (
                partition by system, subscription_id, item_id order by started_at desc, period_number desc
            ) = 1
        )

    select
        source,
        count(*) filter (
            case
                when regexp_matches(lower(status), '^(cancell?ed|expired|ended|terminated|churned|inactive|closed'
                    '|incomplete_expired|gek[üu]ndigt|beendet|r[ée]sili[ée]e?|cancelad[oa])$') then active_until is null
                when regexp_matches(lower(status), '^(in_)?trial(ing)?$')
                    then trial_ends_at is null and active_until is null
                when regexp_matches(lower(status), '^(active|live|aktiv|actif|activ[oa])$')
                    then active_until <= as_of and end_type in ('ended', 'cancelled')
                else false
            end
        ),
        count(*),
    from newest
    group by source
    order by source
"""
_PER_UNIT = """
    select source, sum(row_count) filter (is_constant), sum(row_count)
    from (
        select
            _source as source,
            plan,
            count(*) as row_count,
            count(distinct quantity) >= 2 and count(distinct monthly_amount) = 1 as is_constant,
        from staging.subscriptions
        where monthly_amount > 0 and quantity > 0
        group by all
    )
    group by source
    having sum(row_count) >= 10
    order by source
"""
_INTERVAL = r"""
    -- rows that their plan, or a column that no setting reads, calls yearly, against the others of their source
    with
        named as (
            select
                _source as source,
                try_cast(coalesce(monthly_amount, amount) as decimal(18, 4)) as price,
                regexp_matches(lower(coalesce(plan, '')), '(year|annual|jahr|jährl|annuel|anual|12[ -]?month)')
                    or regexp_matches(
                        lower(coalesce(_rest::varchar, '')),
                        ':"(1 ?)?(year(ly)?|annual(ly)?|p1y|jährlich|annuel|anual)"'
                    ) as is_yearly,
            from raw.subscriptions
            where billing_interval is null
        )

    select source, count(*) filter (is_yearly), count(*)
    from named
    where price > 0
    group by source
    having median(price) filter (is_yearly) >= 6 * median(price) filter (not is_yearly)
    order by source
"""
_AS_ORDERS = """
    -- the last day is no expression of both tables: DuckDB would compare every subscription with every order
    with
        subscribed as (
            select
                source,
                customer_idx,
                currency,
                monthly_amount_original,
                active_from,
                coalesce(active_until, date '9999-12-31') as last_day,
            from core.subscriptions
            where customer_idx > 0 and monthly_amount > 0
        ),

        charged as (
            select
                subscribed.source,
                subscribed.customer_idx,
                count(distinct date_trunc('month', orders.order_date)) as months,
            from subscribed
            left join core.orders as orders
                on orders.customer_idx = subscribed.customer_idx
                and orders.is_countable
                and orders.currency = subscribed.currency
                and orders.gross_sales_original = subscribed.monthly_amount_original
                and orders.order_date >= subscribed.active_from
                and orders.order_date <= subscribed.last_day
            group by all
        )

    select source, count(distinct customer_idx) filter (months >= 3), count(distinct customer_idx)
    from charged
    group by source
    having count(distinct customer_idx) >= 5
    order by source
"""
_TWO_SYSTEMS = """
    with
        live as (
            select system, source, customer_idx, subscriptions.currency, monthly_amount_original as amount
            from core.subscriptions as subscriptions
            cross join raw.company as company
            where customer_idx > 0 and monthly_amount > 0
                and active_from <= company.as_of and coalesce(active_until > company.as_of, true)
        ),

        sizes as (select system, count(distinct customer_idx) as customers from live group by system)

    select
        first.source || ', ' || second.source,
        count(distinct customer_idx),
        any_value(least(size_1.customers, size_2.customers)),
    from live as first
    join live as second using (customer_idx, currency, amount)
    join sizes as size_1 on size_1.system = first.system
    join sizes as size_2 on size_2.system = second.system
    where first.system < second.system
    group by first.source, second.source
    having count(distinct customer_idx) >= 5
    order by first.source, second.source
"""

SUBSCRIPTION_DOUBTS = (
    Doubt(
        "subscription_status_disagrees",
        "subscriptions",
        _STATUS,
        "subscriptions are called ended or on trial and have no day of it, or are called active and have ended; their "
        "days count",
        "Map `ended_at` and `trial_ends_at`; see that `ended_at` is no end of a paid period that is renewed.",
    ),
    Doubt(
        "monthly_amount_per_unit",
        "subscriptions",
        _PER_UNIT,
        "periods have one `monthly_amount` per plan, whatever their quantity: it is probably the price of one unit",
        "Map it to `amount`, which is multiplied by `quantity`.",
    ),
    Doubt(
        "billing_interval_not_read",
        "subscriptions",
        _INTERVAL,
        "periods are called yearly and cost many times what the others do: their price counts each month",
        "Map the price to `amount` and the interval to `billing_interval`.",
    ),
    Doubt(
        "subscription_charges_as_orders",
        "subscriptions",
        _AS_ORDERS,
        "subscribers have an order of their monthly amount in three months or more: the money counts as orders and as "
        "recurring revenue",
        "Leave the charges out of the orders with `exclude`.",
    ),
    Doubt(
        "same_subscriptions_in_two_systems",
        "subscriptions",
        _TWO_SYSTEMS,
        "subscribers of the smaller system pay the same amount in the other one: one subscription may count twice",
        "Take subscriptions from one of the two, or give both sources one `system` where the ids are equal.",
    ),
)
"""What is asked about subscriptions."""
