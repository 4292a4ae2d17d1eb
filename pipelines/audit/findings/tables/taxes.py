"""Measures whether prices include the tax: what payments, refunds, totals and tax rates say against the settings.

Put here: the evidence, order by order. Keep out: taking the tax out of prices (`sql/staging/included_tax.sql`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

_EVIDENCE = """
    with
        -- what the settings say that the buyer paid, and what it was if they are wrong
        taxed as (
            select
                orders.source,
                orders.system,
                orders.order_id,
                orders.currency,
                coalesce(own.prices_include_tax, false) as says_included,
                cast(orders.gross_sales_original as decimal(38, 4)) - orders.discounts_original
                    + orders.shipping_original as without_tax,
                cast(orders.tax_original as decimal(38, 4)) as charged_tax,
                without_tax + charged_tax as paid_as_said,
                case when says_included then without_tax + 2 * charged_tax else without_tax end as paid_otherwise,
            from core.orders as orders
            join staging.orders as own on own._system = orders.system and own.order_id = orders.order_id
            where orders.tax_original > 0 and without_tax > 0
        ),

        -- unmapped columns of a thousand orders per source, where they hold amounts and are not named like a part
        sampled as (
            select taxed.*, raw._rest
            from taxed
            join raw.orders as raw on raw._system = taxed.system and raw.order_id = taxed.order_id
            where raw._rest is not null
            qualify row_number() over (partition by taxed.source order by raw._row_id) <= 1000
        ),

        unmapped as (
            select
                sampled.*,
                key as name,
                try_cast(replace(_rest ->> ('$."' || replace(key, '"', '') || '"'), ',', '.') as decimal(38, 4))
                    as paid,
            from sampled, unnest(json_keys(_rest)) as keys (key)
            where not regexp_matches(lower(key), 'sub|net|excl|before|without|ohne|hors|item|goods|tax|vat|line')
        ),

        told as (
            select system, order_id, currency, sum(amount_original) as paid
            from core.payments
            group by system, order_id, currency
            union all
            select system, order_id, currency, sum(amount_original)
            from core.refunds
            group by system, order_id, currency
            union all
            select system, order_id, currency, paid from unmapped where paid is not null
        ),

        judged as (
            select
                taxed.source,
                taxed.says_included,
                coalesce(bool_or(told.paid = paid_as_said), false) as is_as_said,
                coalesce(bool_or(told.paid = paid_otherwise), false) as is_otherwise,
                -- without any such amount the rate may tell: 19 of 119 are 19 % within, 19 of 100 are 19 % beside;
                -- only from 15 % on, and not 25 %, which is 20 % of the whole: these are no other country's rate
                bool_or(
                    not says_included and without_tax >= 20
                    and abs(charged_tax - without_tax * percent / (100 + percent)) <= 0.005
                ) as has_rate_within,
            from taxed
            left join told using (system, order_id, currency)
            cross join (select unnest([15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 27]) as percent) as rates
            group by taxed.source, taxed.says_included, taxed.system, taxed.order_id
        ),

        counted as (
            select
                source,
                says_included,
                count(*) filter (is_as_said or is_otherwise) as told,
                count(*) filter (is_otherwise and not is_as_said) as otherwise,
                count(*) filter (has_rate_within) as rated,
                count(*) as orders,
            from judged
            group by source, says_included
        )

    select
        source,
        says_included,
        case when told > 0 then otherwise else rated end as contradicting,
        case when told > 0 then told else orders end as known,
        told > 0 as is_told,
    from counted
    where contradicting > 0
    order by source, says_included
"""


_UNKNOWN = """
    select orders.source, count(*)
    from core.orders as orders
    join staging.orders as own on own._system = orders.system and own.order_id = orders.order_id
    where own.prices_include_tax
    group by orders.source
    having count(own.tax) = 0
    order by orders.source
"""


def find_unknown_included_taxes(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Sources whose prices include the tax, by the settings, and that tell it of no order.

    Args:
        con: The build, with staging and core.
    """
    for source, count in con.execute(_UNKNOWN).fetchall():
        yield make_finding(
            "included_tax_unknown",
            f"{source}: prices include the tax, by the settings, and no order tells it: sales are too high by it, in "
            f"{count:,} orders.",
            f"Map `tax` for the orders of `{source}`, or an amount without tax as `gross_sales`.",
            source=source,
            table="core.orders",
            count=count,
        )


def find_taxes_against_settings(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Sources of orders whose tax lies within prices though the settings say beside them, or the other way round.

    Args:
        con: The build, with raw, staging and core.
    """
    for source, says_included, count, known, is_told in con.execute(_EVIDENCE).fetchall():
        how = "their payments, refunds or totals" if is_told else "the rates of their taxes"
        if says_included:
            name, means, advice = (
                "tax_beside_prices",
                "the tax was charged beside gross_sales, and sales are too low by it",
                f"Take `prices_include_tax` out of the mapping of `{source}`.",
            )
        else:
            name, means, advice = (
                "tax_within_prices",
                "gross_sales includes the tax: sales are too high by it, and refunds give back too little goods",
                f"Map `prices_include_tax: {{value: true}}` for the orders of `{source}`; the tax is then taken out.",
            )
        yield make_finding(
            name,
            f"{source}: by {how}, {means}, in {count:,} of {known:,} orders with tax that tell.",
            advice,
            source=source,
            table="core.orders",
            count=count,
            share=count / known,
        )
