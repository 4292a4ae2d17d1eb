"""Finds the products that are sold for less than they cost, or whose cost no rate converts.

Put here: what lines say of their own cost, and costs that stay empty. Keep out: costs that hardly can be right
(`doubts/service_and_goods.py`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

FEWEST_LINES = 20
LEAST_SHARE = 0.05
"""A product is named from so many lines below its cost on, which are so large a part of its lines whose cost is known:
a single voucher or clearance is no finding."""
SHOWN = 3
_BELOW_COST = """
    select
        lines.product_id,
        arg_max(lines.product_name, (lines.order_date, lines.order_id, lines.line_number)) as product_name,
        count(*) filter (lines.gross_sales - lines.discounts < lines.cost) as below,
        count(*) as line_count,
        sum(greatest(lines.cost - lines.gross_sales + lines.discounts, 0)) as lost,
        any_value(company.currency),
    from core.order_lines as lines
    cross join raw.company as company
    where lines.is_countable and lines.cost is not null and lines.quantity > 0 and lines.gross_sales > 0
        and lines.order_date <= company.as_of and lines.order_date > company.as_of - interval 365 days
    group by lines.system, lines.product_id
    having below >= $fewest and below >= $share * line_count
    order by below desc, lost desc, lines.product_id, lines.system
"""
_NOT_CONVERTED = """
    -- one row per source with products whose cost is delivered and empty in the company's currency
    select
        source,
        sum(product_count)::bigint as product_count,
        string_agg(format('{:,} in {}', product_count, cost_currency), ', ' order by product_count desc, cost_currency),
        any_value(as_of),
    from (
        select own_row._source as source, products.cost_currency, count(*)::bigint as product_count
        from core.products as products
        join staging.products as own_row
            on own_row._system = products.system and own_row.product_id = products.product_id
        where products.unit_cost_original is not null and products.unit_cost is null
        group by all
    )
    cross join raw.company
    group by source
    order by source
"""


def find_products_sold_below_cost(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Products of which many lines of the last 12 months brought less, after discounts, than their goods cost."""
    rows = con.execute(_BELOW_COST, {"fewest": FEWEST_LINES, "share": LEAST_SHARE}).fetchall()
    if not rows:
        return
    named = "; ".join(
        f"{' '.join(each for each in (product, name) if each) or 'lines without a product'}: {below:,} of {lines:,} "
        f"lines, {lost:,.2f} {currency} below cost"
        for product, name, below, lines, lost, currency in rows[:SHOWN]
    )
    more = f"; and {len(rows) - SHOWN:,} more products" if len(rows) > SHOWN else ""
    count = sum(below for _, _, below, *_ in rows)
    yield make_finding(
        "products_sold_below_cost",
        f"In the last 12 months {count:,} lines were sold for less, after discounts, than their goods cost, of "
        f"products that have {FEWEST_LINES} such lines or more, at least {LEAST_SHARE:.0%} of theirs. {named}{more}.",
        "See whether the price or the cost is wrong: a product with pieces of many sizes needs a cost per line. Lines "
        "that are given away are not counted.",
        table="core.order_lines",
        count=count,
    )


def find_product_costs_not_converted(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Products whose cost is in a currency without a rate, or too large at it, by source."""
    for source, count, currencies, as_of in con.execute(_NOT_CONVERTED).fetchall():
        yield make_finding(
            "product_costs_not_converted",
            f"{source}: the costs of {count:,} products are not known in the company's currency: {currencies}. There "
            f"is no rate of the currency on or before {as_of}, or the cost has more than 14 digits at it.",
            "Add the rate to a source of `fx_rates`, or correct `cost_currency` of products; a missing rate is never "
            "taken as 1. Until then `unit_cost` in core.products is empty; no margin is made of it.",
            source=source,
            kind="products",
            table="core.products",
            count=count,
        )
