"""Faults of money, subscriptions, surveys, tickets, spend and goods: right, said or refused, and never silently wrong.

Each group of faults is one company, which is run once.
"""

from collections.abc import Mapping

import pytest

from tests.attacks.account_faults import ACCOUNTS, CUSTOMERS_ARE_ACCOUNTS
from tests.attacks.batches import Batch, Fault
from tests.attacks.container_faults import ARCHIVES, DATABASES, WORKBOOKS
from tests.attacks.further_faults import GOODS, SPEND, TICKETS
from tests.attacks.moment_faults import MOMENTS, VERSIONS
from tests.attacks.money_faults import AMOUNTS, CURRENCIES, REFUNDS
from tests.attacks.people_faults import ANSWERS, FURTHER_SUBSCRIPTIONS, PEOPLE
from tests.attacks.phone_faults import LINKED_BY_PHONE, PHONES
from tests.attacks.subscription_faults import SUBSCRIPTIONS
from tests.attacks.survey_faults import SURVEYS
from tests.attacks.tool_faults import TOOLS
from tests.attacks.written_faults import TEXTS, WRITTEN_AMOUNTS, WRITTEN_IDS

pytestmark = pytest.mark.slow

GROUPS: Mapping[str, Mapping[str, Fault]] = {
    "refunds": REFUNDS,
    "amounts": AMOUNTS,
    "currencies": CURRENCIES,
    "subscriptions": SUBSCRIPTIONS,
    "surveys": SURVEYS,
    "tickets": TICKETS,
    "spend": SPEND,
    "goods": GOODS,
    "moments": MOMENTS,
    "versions": VERSIONS,
    "written amounts": WRITTEN_AMOUNTS,
    "written ids": WRITTEN_IDS,
    "texts": TEXTS,
    "people": PEOPLE,
    "answers": ANSWERS,
    "further subscriptions": FURTHER_SUBSCRIPTIONS,
    "tools": TOOLS,
    "workbooks": WORKBOOKS,
    "archives": ARCHIVES,
    "databases": DATABASES,
    "phones": PHONES,
    "accounts": ACCOUNTS,
}
TOPS = {"phones": LINKED_BY_PHONE, "accounts": CUSTOMERS_ARE_ACCOUNTS}
"""Group -> what else its company sets."""
LIVE = "system = '{key}' and active_from <= date '2026-03-31' and coalesce(active_until > date '2026-03-31', true)"
QUESTIONS = {
    "sales": (
        "select coalesce(sum(gross_sales) filter (is_countable), 0)::double from core.orders where system = '{key}'"
    ),
    "discounts": "select sum(discounts)::double from core.orders where system = '{key}'",
    "lines": "select sum(gross_sales)::double from core.order_lines where system = '{key}'",
    "costs": "select sum(unit_cost)::double from core.products where system = '{key}'",
    "stock": "select count(in_stock) from core.products where system = '{key}'",
    "refunded": "select coalesce(sum(goods), 0)::double from core.refunds where starts_with(system, '{key}')",
    "countable_refunds": (
        "select coalesce(sum(goods) filter (is_countable), 0)::double from core.refunds where system = '{key}'"
    ),
    "mrr": f"select coalesce(sum(monthly_amount), 0)::double from core.subscriptions where {LIVE}",
    "subscribers": f"select count(distinct subscription_id) from core.subscriptions where {LIVE}",
    "answers": "select count(*) from core.survey_responses where system = '{key}'",
    "nps_counted": "select count(nps_group) from core.survey_responses where system = '{key}'",
    "least_of_first": (
        "select min(score)::double from core.survey_responses where system = '{key}' and response_id = 's1'"
    ),
    "answered_in_april": (
        "select count(*) from core.survey_responses where system = '{key}' and answered_date >= '2026-04-01'"
    ),
    "customers": "select count(*) from core.customer_source_ids where system = '{key}'",
    "people": "select count(distinct customer_id) from core.customer_source_ids where starts_with(system, '{key}')",
    "tickets": "select count(*) from core.tickets where system = '{key}'",
    "complaints": "select count(*) filter (is_complaint) from core.tickets where system = '{key}'",
    "reply_minutes": "select avg(first_reply_minutes)::double from core.tickets where system = '{key}'",
    "moments": "select count(distinct ordered_at) from core.orders where system = '{key}'",
    "on_29_march": "select count(*) from core.orders where system = '{key}' and order_date = '2026-03-29'",
    "on_26_october": "select count(*) from core.orders where system = '{key}' and order_date = '2025-10-26'",
    "buyers": "select count(distinct customer_idx) from core.orders where system = '{key}'",
    "spend": "select sum(amount)::double from core.acquisition_spend where system = '{key}'",
}


@pytest.fixture(scope="module")
def batches(tmp_path_factory):
    """Group -> its company, run when it is first asked for."""
    tried: dict[str, Batch] = {}

    def try_group(group: str) -> Batch:
        if group not in tried:
            tried[group] = Batch(GROUPS[group], tmp_path_factory.mktemp(group), QUESTIONS, TOPS.get(group, ""))
        return tried[group]

    return try_group


@pytest.mark.parametrize("group", GROUPS)
def test_no_fault_ends_in_a_trace_or_stops_the_others(group, batches):
    outcome = batches(group).outcome
    if outcome.trace is not None:
        raise outcome.trace
    assert "this is a bug" not in outcome.said


@pytest.mark.parametrize(("group", "name"), [(group, name) for group, faults in GROUPS.items() for name in faults])
def test_a_fault_of_an_export_is_never_silently_wrong(group, name, batches):
    batch, fault = batches(group), GROUPS[group][name]
    said = batch.find_said(name)
    is_right = fault.right is not None and batch.read_numbers(name) == pytest.approx(fault.right)
    is_said = any(each in said for each in fault.said)
    assert is_said or (is_right and not fault.must_say), f"{batch.read_numbers(name)}\n{said}"
    if fault.is_quiet:
        assert is_right, batch.read_numbers(name)
        assert not batch.find_warnings(name), said
