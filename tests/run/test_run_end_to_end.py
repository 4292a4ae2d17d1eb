"""Whole runs on exports of a handful of rows, as a company would live them: one after the other, good and bad."""

import datetime as dt
from zoneinfo import ZoneInfo

import duckdb
import pytest

from regulars.pipelines.home.home import Home
from tests.shop import (
    COMPANY,
    CRM,
    FOUR_ORDERS,
    LINES,
    ORDERS,
    SURVEY,
    THREE_ANSWERS,
    TWO_CUSTOMERS,
    Shop,
    run_regulars,
)

UNKNOWN = "00000000-0000-0000-0000-000000000000"


def yesterday() -> dt.date:
    return dt.datetime.now(ZoneInfo("Europe/London")).date() - dt.timedelta(days=1)


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


@pytest.fixture
def first_run(published_shop):
    """A shop with a CRM, a till and a survey, after its first run. Only to be looked at."""
    return published_shop


@pytest.fixture
def running_shop(first_run, tmp_path):
    """The same, to go on with."""
    return first_run.moved_to(tmp_path / "shop")


@pytest.fixture
def second_run(republished_shop):
    """The run after. Only to be looked at."""
    return republished_shop


def test_the_first_run_publishes_what_was_delivered(first_run):
    assert first_run.ask("select order_id, gross_sales::varchar from core.orders where is_countable order by 1") == [
        ("o1", "100.0000"),
        ("o2", "50.5000"),
        ("o3", "20.0000"),
        ("o4", "30.0000"),
    ]
    assert first_run.ask("select count(*) filter (not is_unknown), count(*) from core.customers") == [(3, 4)]
    assert first_run.ask("select sum(net_sales_to_date)::varchar from marts.customer_360") == [("200.5000",)]
    assert first_run.ask(
        "select kind, sum(rows_read)::int, sum(rows_loaded)::int from meta.row_accounting group by all order by all"
    ) == [("customers", 2, 2), ("orders", 4, 4), ("survey_responses", 3, 3)]
    assert "9 rows" in first_run.said
    assert "g000001" in first_run.said


def test_a_second_run_without_news_says_so_and_keeps_the_generation(running_shop):
    assert running_shop.run() == 0
    assert "nothing new" in running_shop.said
    assert [each.number for each in running_shop.home.generations()] == [1]


def test_a_run_says_which_day_counted_in_its_parent(first_run, second_run):
    as_of = "select parent, parent_as_of, as_of from meta.runs"
    ((parent, parent_as_of, first),) = first_run.ask(as_of)
    assert (parent, parent_as_of) == (None, None)
    assert second_run.ask(as_of)[0][:2] == (1, first)


def test_a_later_delivery_of_an_order_replaces_it_whole(second_run):
    assert second_run.home.current_number() == 2
    query = "select sum(gross_sales)::varchar, count(*) from core.orders"
    assert second_run.ask(query) == [("215.5000", 5)]
    assert second_run.ask(query, generation=1) == [("200.5000", 4)]
    assert second_run.ask(
        """
        select file_name, rows_read, rows_loaded, rows_quarantined, rows_superseded
        from meta.row_accounting where kind = 'orders' order by file_name
        """
    ) == [("orders-1.csv", 4, 3, 0, 1), ("orders-2.csv", 2, 2, 0, 0)]


def test_customers_keep_their_ids_over_runs_whatever_their_address_becomes(second_run):
    before, after = second_run.customers_by_record(1), second_run.customers_by_record(2)
    assert {record: after[record] for record in before} == before
    assert after["c0"] not in before.values()
    assert UNKNOWN not in after.values()


def test_an_optional_source_that_is_late_is_used_as_it_was_and_called_stale(second_run):
    assert second_run.ask("select source, is_stale from meta.sources order by all") == [
        ("crm", False),
        ("survey", True),
        ("till", False),
    ]
    assert second_run.ask("select count(*) from core.survey_responses") == [(3,)]
    assert "stale" in second_run.said


@pytest.mark.slow
def test_order_lines_alone_make_a_run_and_a_bad_one_quarantines_its_whole_order(shop):
    lines = LINES.replace("required: true", "max_quarantined: 0.5")
    shop.set_up(
        lines, CRM, SURVEY, company=COMPANY.replace("as_of:", "# as_of:")
    )  # the last two never delivered anything
    began = yesterday()
    header = ("order", "customer", "at", "product", "quantity", "price")
    shop.deliver(
        "lines-1.csv",
        header,
        ("o1", "c1", "2024-01-05 10:00:00", "tea", "2", "3.50"),
        ("o1", "c1", "2024-01-05 10:00:00", "tea", "2", "3.50"),
        ("o2", "c1", "2024-02-05 10:00:00", "tea", "many", "3.50"),
        ("o2", "c1", "2024-02-05 10:00:00", "cake", "1", "4.00"),
        ("o3", "c2", "2024-02-06 10:00:00", "cake", "1", "4.125"),
        ("o4", "c2", "2024-02-07 10:00:00", "cake", "one", "4.00"),
    )
    shop.deliver(
        "lines-2.csv",
        header,
        ("o1", "c1", "2024-01-05 10:00:00", "tea", "2", "dear"),  # a bad correction leaves the order as it was
        ("o4", "c2", "2024-02-07 10:00:00", "cake", "1", "4.00"),  # a good one mends it
    )
    assert shop.run() == 0, shop.said
    assert "3 quarantined" in shop.said
    assert shop.ask("select source from meta.sources where is_stale order by 1") == [("crm",), ("survey",)]
    assert shop.ask("select count(*) from core.customers where not is_unknown") == [(2,)]
    assert shop.ask("select distinct as_of from marts.customer_360") in ([(began,)], [(yesterday(),)])
    assert shop.ask("select order_id, line_count, gross_sales::varchar from core.orders order by 1") == [
        ("o1", 2, "14.0000"),
        ("o3", 1, "4.1250"),
        ("o4", 1, "4.0000"),
    ]
    assert shop.ask(
        """
        select file_name, rows_read, rows_loaded, rows_quarantined, rows_superseded
        from meta.row_accounting order by file_name
        """
    ) == [("lines-1.csv", 6, 3, 2, 1), ("lines-2.csv", 2, 1, 1, 0)]
    for empty in ("refunds", "adjustments", "payments", "survey_responses", "subscriptions"):
        assert shop.ask(f"select count(*) from core.{empty}") == [(0,)]
    for empty in ("mrr_movements", "subscription_churn", "subscription_survival"):
        assert shop.ask(f"select count(*) from marts.{empty}") == [(0,)]


@pytest.fixture(scope="module")
def without_a_crm(tmp_path_factory):
    """A till whose orders have their lines in another file, two of one order bad, and a survey; no CRM."""
    shop = Shop(tmp_path_factory.mktemp("till"))
    shop.set_up(
        ORDERS.replace("gross_sales: total", "").replace("till:", "till:\n    system: till"),
        LINES.replace("required: true", "system: till\n    max_quarantined: 0.9").replace("ordered_at: at, ", ""),
        SURVEY,
    )
    shop.deliver("orders-1.csv", *(row[:4] + row[5:] for row in FOUR_ORDERS))
    shop.deliver(
        "lines-1.csv",
        ("order", "customer", "product", "quantity", "price"),
        ("o1", "c1", "tea", "2", "3.50"),
        ("o2", "c1", "tea", "many", "3.50"),
        ("o2", "c1", "cake", "1", "4.00"),
        ("o3", "c2", "cake", "1", "4.00"),
    )
    shop.deliver("answers.csv", *THREE_ANSWERS)
    assert shop.run() == 65, "the order goes with its lines, and the till may quarantine no more than 1 %"
    assert shop.run("--allow", "quarantined=the till was being repaired") == 0, shop.said
    return shop


def test_an_order_whose_lines_are_bad_is_no_order(without_a_crm):
    assert without_a_crm.ask("select order_id, gross_sales::varchar from core.orders order by 1") == [
        ("o1", "7.0000"),
        ("o3", "4.0000"),
        ("o4", "0.0000"),
    ]
    counted = "select kind, rows_read, rows_loaded, rows_quarantined from meta.row_accounting order by kind"
    assert without_a_crm.ask(counted) == [
        ("order_lines", 4, 2, 2),
        ("orders", 4, 3, 1),
        ("survey_responses", 3, 3, 0),
    ]


def test_without_a_crm_customers_are_those_whom_orders_name(without_a_crm):
    assert without_a_crm.ask("select source from meta.sources where is_stale") == []
    assert without_a_crm.ask("select count(*) from core.customers where not is_unknown") == [(3,)]
    assert without_a_crm.ask("select count(*) from core.survey_responses") == [(3,)]
    every = "select distinct sum(net_sales)::varchar from marts.retention_cohorts group by grain, dimension"
    assert without_a_crm.ask(every) == [("11.0000",)]


def test_more_than_one_percent_of_bad_rows_stops_the_run_and_readers_keep_the_last_good_one(running_shop):
    running_shop.deliver("orders-2.csv", FOUR_ORDERS[0], ("o5", "c2", "", "2024-03-20 11:00:00", "five", "GBP"))
    assert running_shop.run() == 65
    assert "till" in running_shop.said
    assert "`regulars quarantine` shows the rows" in running_shop.said
    shown = run_regulars("quarantine", "--settings", running_shop.folder / "regulars.yaml")
    assert "till: 1 row of orders, in orders-2.csv, line 2 (row 1)" in shown.stdout
    assert running_shop.home.current_number() == 1
    assert running_shop.ask("select count(*) from core.orders") == [(4,)]


def test_a_required_file_that_is_missing_stops_the_run(running_shop):
    (running_shop.folder / "orders-1.csv").unlink()
    assert running_shop.run() == 4
    assert running_shop.said.count("orders-*.csv") == 1
    assert running_shop.home.current_number() == 1


def test_an_amount_without_a_rate_is_an_error_that_names_the_currency_and_the_day(running_shop):
    running_shop.deliver("orders-2.csv", FOUR_ORDERS[0], ("o5", "c2", "", "2024-03-20 11:00:00", "5.00", "NOK"))
    assert running_shop.run() == 3
    assert "NOK" in running_shop.said
    assert "2024-03-20" in running_shop.said
    assert running_shop.home.current_number() == 1


def test_a_second_run_at_once_is_sent_away(running_shop):
    with Home(running_shop.home.path).lock("another run"):
        assert running_shop.run() == 75
    assert "another run" in running_shop.said
    assert running_shop.home.current_number() == 1


CANARY = "canary.qz7x"


@pytest.mark.slow
def test_nothing_personal_leaves_the_landing_and_the_state(shop, tmp_path_factory):
    dagster_home = tmp_path_factory.mktemp("dagster")
    shop.environment = {"DAGSTER_HOME": str(dagster_home)}
    address = f"{CANARY}@example.org"
    shop.set_up(CRM, ORDERS + "    max_quarantined: 0.5\n", SURVEY)
    shop.deliver("crm.csv", TWO_CUSTOMERS[0], ("c1", CANARY, address, CANARY, "Olive", ""))
    shop.deliver(
        "orders-1.csv",
        *FOUR_ORDERS,
        ("o5", "", address, "2024-03-02 13:00:00", "30.00", "GBP"),
        ("o6", "", address, f"when {CANARY} called", CANARY, CANARY),
    )
    shop.deliver("answers.csv", *THREE_ANSWERS, ("a4", "9", "2024-03-04 09:00:00", address, f"call {CANARY}"))
    assert shop.run() == 0, shop.said
    said = shop.said
    bad = (address, f"when {CANARY} called", CANARY, CANARY)
    shop.deliver("orders-2.csv", FOUR_ORDERS[0], *((f"o{number}", "", *bad) for number in range(7, 17)))
    assert shop.run() == 65
    assert CANARY not in said + shop.said

    for path in [*shop.home.path.rglob("*"), *dagster_home.rglob("*")]:
        if path.is_file() and shop.home.state_folder not in path.parents and shop.home.landing not in path.parents:
            assert CANARY.encode() not in path.read_bytes(), path
    assert list(dagster_home.rglob("*.db")), "the runs were recorded"

    # compressed columns hide from a search of bytes
    generation = shop.home.current_link
    with duckdb.connect(str(generation / "regulars.duckdb"), read_only=True) as con:
        tables = con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        sources = [table for (table,) in tables] + [f"'{path}'" for path in generation.rglob("*.parquet")]
        assert len(sources) > 20
        for source in sources:
            found = con.execute(f"select count(*) from {source} as t where t::varchar like '%{CANARY}%'").fetchall()
            assert found == [(0,)], source
