"""Measures whether values are made of what the settings want: of the contribution margin, where costs are known.

Put here: the comparison. Keep out: when costs are enough (`pipelines/transforms/clv/values/value_basis.py`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

_CUSTOMERS_VALUED_OTHERWISE = """
    select
        count_if(clv.value_basis <> company.value_basis),
        1 - sum(clv.sales_with_cost_rate * clv.net_sales_to_date) / nullif(sum(clv.net_sales_to_date), 0)
    from marts.customer_clv as clv, raw.company as company
"""


def find_values_of_another_basis(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Customers whose values are net sales although the settings want the contribution margin."""
    ((customers, unknown),) = con.execute(_CUSTOMERS_VALUED_OTHERWISE).fetchall()
    if customers:
        yield make_finding(
            "costs_known_for_few_sales",
            "The settings want values of the contribution margin, and the cost of about "
            f"{unknown or 0:.0%} of sales is not known: values of {customers:,} customers are net sales.",
            "Deliver `cost` with order_lines, set economics.contribution_margin, or lower "
            "economics.least_sales_with_cost.",
            table="marts.customer_clv",
            count=customers,
        )
