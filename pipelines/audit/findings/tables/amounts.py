"""Measures amounts and quantities that are missing or cannot be in the unit that the settings say.

Put here: gross errors of money and pieces, seen in core. Keep out: how numbers are written
(`pipelines/sources/mapping/evidence.py`), and changes since the last run.
"""

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

FEW = 20
"""Fewer orders say nothing about a source."""

_ORDERS = """
    select
        source,
        count(*) as order_count,
        count(*) filter (gross_sales_original < 0) as negative_count,
        median(gross_sales) filter (is_countable) as median_order,
        count(*) filter (is_countable) as countable_count,
        coalesce(avg((gross_sales_original = floor(gross_sales_original))::integer) filter (is_countable), 0)
            as whole_share,
    from core.orders
    group by source
    order by source
"""

_EMPTY = """
    select orders._source, count(*)
    from staging.orders as orders
    where orders.gross_sales is null
        and not coalesce(orders.is_test, false)
        and not coalesce(orders.is_cancelled, false)
        and not exists (
            from staging.order_lines as lines
            where lines._system = orders._system
                and lines.order_id = orders.order_id
                and lines.line_type = 'sale'
                and coalesce(lines.gross_sales, lines.unit_price) is not null
        )
    group by orders._source
    order by orders._source
"""

_BARCODES = """
    select _source, count(*)
    from staging.order_lines
    where abs(quantity) >= 100000000000 and quantity = floor(quantity)
    group by _source
    order by _source
"""
"""Numbers of 12 digits or more: UPC, EAN-13, GTIN-14."""


def find_odd_amounts(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Orders below zero, and sources whose median order is many times that of the others.

    Args:
        con: The build, with `core.orders`.
    """
    sources = con.execute(_ORDERS).fetchall()
    found = [
        make_finding(
            "orders_below_zero",
            f"{negative:,} of {count:,} orders of `{source}` ({negative / count:.1%}) have negative gross sales.",
            "If they are refunds, feed them to the kind `refunds`, or mark their lines with `line_type: refund`.",
            source=source,
            table="core.orders",
            count=negative,
            share=negative / count,
        )
        for source, count, negative, *_ in sources
        if negative
    ]
    return [*found, *_compare_medians([(row[0], row[3], row[5]) for row in sources if row[4] >= FEW and row[3]])]


def _compare_medians(sources: list[tuple[str, float, float]]) -> list[Finding]:
    """How many times the median order of a source is that of the source with the smallest one.

    Args:
        sources: Name, median order in the company's currency, share of whole amounts.
    """
    if len(sources) < 2:
        return []
    smallest = min(sources, key=lambda each: each[1])
    return [
        make_finding(
            "amounts_in_another_unit",
            f"The median order of `{source}` is {median:,.2f} in the company's currency, {median / smallest[1]:,.0f} "
            f"times that of `{smallest[0]}` ({smallest[1]:,.2f})"
            + (", and its amounts are whole numbers." if whole > 0.99 else "."),
            f"If `{source}` writes cents, divide in the mapping, for example `gross_sales: {{sql: amount::decimal / "
            "100}`.",
            source=source,
            table="core.orders",
            count=int(median / smallest[1]),
        )
        for source, median, whole in sources
        if source != smallest[0]
    ]


def find_empty_amounts(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per source of orders: how many have neither an amount nor a line with one.

    Args:
        con: The build, with the staging tables. Tests and cancelled orders are left out.
    """
    return [
        make_finding(
            "amounts_empty",
            f"{count:,} orders of `{source}` have no gross_sales and no line with a price: they count as 0.",
            "Map the amount, or deliver the lines; if the orders are no sales, map `is_cancelled` or exclude them.",
            source=source,
            kind="orders",
            count=count,
        )
        for source, count in con.execute(_EMPTY).fetchall()
    ]


def find_barcode_quantities(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per source of order lines: how many quantities have 12 to 14 digits.

    Args:
        con: The build, with the staging tables.
    """
    return [
        make_finding(
            "quantities_like_barcodes",
            f"{count:,} order_lines of `{source}` have a quantity of 12 digits or more, as a bar code has.",
            "Correct the orders in the tool and deliver them again, or exclude the lines: their amounts are wrong too.",
            source=source,
            kind="order_lines",
            count=count,
        )
        for source, count in con.execute(_BARCODES).fetchall()
    ]
