"""Four companies on their first evening: `init --yes`, `run`, no line by hand, and the totals of plain SQL."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.cases.shared_case import CASES
from tests.examples.first_evening.companies import COMPANIES
from tests.shop import Shop, run_regulars

pytestmark = pytest.mark.slow
SHARED = CASES.parent / "exports"

Ask = Callable[[str], list[tuple[object, ...]]]
SALES = {
    "shopify_and_survey": """
        with
            lines as (select * from read_csv('{0}/orders_export*.csv', all_varchar = true)),
            orders as (
                select distinct Name, strptime("Created at", '%Y-%m-%d %H:%M:%S %z') as sold_at,
                    Subtotal::decimal(18, 2) as goods, "Refunded Amount"::decimal(18, 2) as given_back
                from lines where "Financial Status" <> 'voided'
            )
        select strftime(sold_at at time zone 'Europe/Berlin', '%Y-%m') as month, sum(goods - given_back) as net
        from orders group by month having net <> 0 order by month
    """,
    "hubspot_and_stripe": """
        with
            deals as (select * from read_csv('{0}/hubspot-crm-exports-all-deals-*.csv', all_varchar = true)),
            payments as (select * from read_csv('{0}/unified_payments.csv', all_varchar = true)),
            amounts as (
                select timezone('Europe/Berlin', "Close Date"::timestamp) as sold_at, Amount::decimal(18, 2) as amount
                from deals where "Deal Stage" = 'Closed won'
                union all
                select timezone('UTC', "Created date (UTC)"::timestamp), "Converted Amount"::decimal(18, 2)
                from payments where Status = 'Paid'
                union all
                select timezone('UTC', "Refunded date (UTC)"::timestamp), -"Converted Amount Refunded"::decimal(18, 2)
                from payments where Status = 'Paid' and "Refunded date (UTC)" is not null
            )
        select strftime(sold_at at time zone 'Europe/Berlin', '%Y-%m') as month, sum(amount) as net
        from amounts group by month having net <> 0 order by month
    """,
    "salesforce": """
        select CLOSEDATE[:7] as month, sum(AMOUNT::decimal(18, 2)) as net
        from read_csv('{0}/Opportunity.csv', all_varchar = true)
        where ISWON = 'true' group by month order by month
    """,
    "woocommerce_form_and_zendesk": """
        select "date"[:7] as month, sum(order_total::decimal(18, 2)) as net
        from read_csv('{0}/orders-export-*.csv', all_varchar = true)
        where status = 'completed' group by month order by month
    """,
}
"""Net sales per month, of the files alone."""
VOTES = {
    "shopify_and_survey": """
        select count(*), count(*) filter (score >= 9), count(*) filter (score <= 6) from (
            select "How likely are you to recommend us to a friend?"::int as score
            from read_csv('{0}/klaviyo_survey_responses.csv', all_varchar = true))
    """,
    "woocommerce_form_and_zendesk": """
        select count(*), count(*) filter (score >= 9), count(*) filter (score <= 6) from (
            select "How likely are you to recommend us?"::int as score
            from read_csv('{0}/Customer feedback.csv', all_varchar = true))
    """,
}
BUYERS = dict.fromkeys(COMPANIES, 36) | {"salesforce": 36 + 12}
"""Customers: all persons, and at Salesforce the accounts too, since they may buy themselves."""


@pytest.fixture(scope="module", params=COMPANIES)
def evening(request, tmp_path_factory) -> tuple[str, Shop, str]:
    """A company's name, itself after `init --yes` and one run, and what `init` said."""
    if not SHARED.is_dir():
        pytest.skip("the headers of real exports are not here: put them into ../shared/data/exports")
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "exports").mkdir()
    COMPANIES[request.param](folder / "exports", SHARED)
    shop = Shop(folder)
    settings = folder / "regulars.yaml"
    said = run_regulars(
        "init", folder / "exports", "--yes", "--settings", settings, "--timezone", "Europe/Berlin", "--currency", "EUR"
    )
    assert said.code == 0, said.stderr
    assert shop.run() == 0, shop.said
    return request.param, shop, said.stdout


def ask_files(query: str, folder: Path) -> list[tuple[object, ...]]:
    with duckdb.connect() as con:
        return con.execute(query.format(folder / "exports")).fetchall()


def test_every_file_is_read(evening):
    _, shop, said = evening
    assert "not recognised" not in said
    assert "left alone" not in said
    files = {path.name for path in (shop.folder / "exports").iterdir()}
    read = {
        name for (name,) in shop.ask("select distinct regexp_extract(file_name, '[^/]+$') from meta.row_accounting")
    }
    assert read == files


def test_net_sales_of_every_month_are_those_of_plain_sql(evening):
    name, shop, _ = evening
    found = shop.ask("""
        select strftime(month, '%Y-%m') as month, sum(net_sales) as net
        from marts.sales_new_vs_returning
        group by month
        having net <> 0
        order by month
    """)
    assert found == ask_files(SALES[name], shop.folder)


def test_the_votes_are_those_of_plain_sql(evening):
    name, shop, _ = evening
    found = shop.ask("""
        select count(*), count(*) filter (score >= 9), count(*) filter (score <= 6)
        from core.survey_responses
        where survey_type = 'nps'
    """)
    assert found == (ask_files(VOTES[name], shop.folder) if name in VOTES else [(0, 0, 0)])


def test_every_person_is_one_customer_and_nothing_is_quarantined(evening):
    name, shop, _ = evening
    assert shop.ask("select count(*) from core.customers where not is_unknown") == [(BUYERS[name],)]
    assert shop.ask("select sum(rows_quarantined) from meta.row_accounting") == [(0,)]


def test_doctor_lists_what_nobody_has_answered(evening):
    name, shop, _ = evening
    said = run_regulars("doctor", "--settings", shop.folder / "regulars.yaml")
    assert said.code == 0, said.stdout
    assert ("open question" in said.stdout) == (name != "shopify_and_survey")
