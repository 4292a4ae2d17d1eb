"""A company of four hundred known persons in five tools: who is who, what they brought and how they feel, exactly."""

from collections import defaultdict

import pytest

from tests.examples.five_tools.company import count_votes
from tests.shop import run_regulars

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shop(write_shop):
    """The company after one run."""
    shop = write_shop()
    assert shop.run() == 0, shop.said
    return shop


def test_every_record_is_of_its_person_and_no_other(shop, company, compare_pairs):
    rows = shop.ask("select record_type, system, source_record_id, contact_id from core.customer_source_ids")
    found = {(kind, system, record): contact for kind, system, record, contact in rows}
    assert found.keys() == company.owners.keys()
    agreement = compare_pairs(found, company.owners)
    assert (agreement.precision, agreement.recall) == (1.0, 1.0)


def test_there_are_as_many_customers_and_persons_as_in_truth(shop, company):
    assert shop.ask("select count(*) from core.customers where not is_unknown") == [(len(company.buyers),)]
    assert shop.ask("select count(*) from core.contacts") == [(len(set(company.owners.values())),)]


def test_net_sales_of_every_month_are_those_of_the_books(shop, company):
    net = defaultdict(int, company.books.sales)
    for month, amount in company.books.refunds.items():
        net[month] -= amount
    found = shop.ask("select strftime(month, '%Y-%m'), sum(net_sales) from marts.sales_new_vs_returning group by all")
    assert {month: amount for month, amount in found if amount} == {
        month: amount for month, amount in net.items() if amount
    }


def test_the_score_of_every_week_is_that_of_one_vote_per_person(shop, company):
    found = shop.ask(
        """
        select period_start::varchar, responses, promoters, detractors
        from marts.nps
        where dimension = 'all' and grain = 'week' and responses > 0
        """
    )
    assert {monday: tuple(votes) for monday, *votes in found} == count_votes(company)


def test_nothing_is_quarantined_and_the_run_says_what_it_did_not_link(shop):
    assert shop.ask("select source, rows_quarantined from meta.row_accounting where rows_quarantined > 0") == []
    names = "('shared_phones', 'names_kept_apart', 'links_forbidden', 'matches_name_nobody')"
    odd = dict(shop.ask(f"select finding, found_count from meta.findings where finding in {names}"))
    # the names keep the couple apart before the file of matches has to
    assert odd == {"shared_phones": 1, "names_kept_apart": 1}


def test_about_says_why_a_record_without_an_address_belongs_to_its_person(shop):
    said = run_regulars("about", "shopify:7000000011", "--home", shop.home.path).stdout
    assert (
        "shopify:7000000011 have the same telephone number, +49…" in said
        or "hubspot:9000011 have the same telephone" in said
    )
