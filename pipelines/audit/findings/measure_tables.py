"""Measures the tables of staging, identity and core: what records say of each other, of who is who and of money.

Put here: which measurements there are. Keep out: each of them (a module per family beside this one).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import duckdb

from regulars.pipelines.audit.findings.costs import find_product_costs_not_converted, find_products_sold_below_cost
from regulars.pipelines.audit.findings.doubts.doubt import measure_doubts
from regulars.pipelines.audit.findings.doubts.money import MONEY_DOUBTS
from regulars.pipelines.audit.findings.doubts.service_and_goods import SERVICE_AND_GOODS_DOUBTS
from regulars.pipelines.audit.findings.doubts.subscriptions import SUBSCRIPTION_DOUBTS
from regulars.pipelines.audit.findings.doubts.surveys import SURVEY_DOUBTS
from regulars.pipelines.audit.findings.tables.accounts import find_odd_accounts, find_odd_domains
from regulars.pipelines.audit.findings.tables.amounts import (
    find_barcode_quantities,
    find_empty_amounts,
    find_odd_amounts,
)
from regulars.pipelines.audit.findings.tables.answers import find_left_out_answers
from regulars.pipelines.audit.findings.tables.footers import find_footers
from regulars.pipelines.audit.findings.tables.identity import find_odd_identities
from regulars.pipelines.audit.findings.tables.ids import find_damaged_ids
from regulars.pipelines.audit.findings.tables.links import find_buyers_without_record, find_unmatched_writers
from regulars.pipelines.audit.findings.tables.money import (
    find_cut_refund_lines,
    find_never_charged_periods,
    find_plans_taken_as_successive,
    find_refund_findings,
    find_spread_discounts,
)
from regulars.pipelines.audit.findings.tables.odd_orders import find_odd_orders
from regulars.pipelines.audit.findings.tables.own_attributes import find_odd_attributes
from regulars.pipelines.audit.findings.tables.placeholders import find_placeholders
from regulars.pipelines.audit.findings.tables.references import find_unmatched_references
from regulars.pipelines.audit.findings.tables.same_orders import find_same_orders
from regulars.pipelines.audit.findings.tables.taxes import find_taxes_against_settings, find_unknown_included_taxes
from regulars.pipelines.audit.findings.tables.texts import find_free_text, find_unknown_countries
from regulars.pipelines.findings.finding import Finding

MEASUREMENTS: Sequence[Callable[[duckdb.DuckDBPyConnection], Iterable[Finding]]] = (
    find_unmatched_references,
    find_unmatched_writers,
    find_buyers_without_record,
    find_same_orders,
    find_damaged_ids,
    find_footers,
    find_odd_identities,
    find_placeholders,
    find_odd_accounts,
    find_odd_domains,
    find_odd_amounts,
    find_empty_amounts,
    find_barcode_quantities,
    find_odd_orders,
    find_left_out_answers,
    find_free_text,
    find_unknown_countries,
    find_odd_attributes,
    find_refund_findings,
    find_cut_refund_lines,
    find_spread_discounts,
    find_never_charged_periods,
    find_plans_taken_as_successive,
    find_taxes_against_settings,
    find_unknown_included_taxes,
    find_products_sold_below_cost,
    find_product_costs_not_converted,
)


def measure_tables(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Everything that is measured in the tables of a build.

    Args:
        con: The build, with staging, identity and core.
    """
    for measure in MEASUREMENTS:
        yield from measure(con)
    yield from measure_doubts(con, (*MONEY_DOUBTS, *SUBSCRIPTION_DOUBTS, *SURVEY_DOUBTS, *SERVICE_AND_GOODS_DOUBTS))
