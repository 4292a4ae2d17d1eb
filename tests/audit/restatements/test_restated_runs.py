"""Whole runs, each with a change of the past: what meta.restatements says about it."""

import pytest

from tests.shop import COMPANY, CRM, FOUR_ORDERS, ORDERS, SURVEY, THREE_ANSWERS, TWO_CUSTOMERS, Shop

REFUNDS = """
  desk:
    path: refunds.csv
    kind: refunds
    system: till
    columns: {refund_id: id, order_id: order, refunded_at: at, amount: amount, currency: currency}
"""
ONE_REFUND = (("id", "order", "at", "amount", "currency"), ("r1", "o1", "2024-01-20 10:00:00", "1.00", "GBP"))
FULL_TILL = ORDERS.replace("orders-*.csv", "orders.csv").replace("incremental", "full")

THIS_RUN = """
    select strftime(period_start, '%Y-%m-%d'), value_before, value_after, cause, explained_change, record_count
    from meta.restatements
    where generation = (select generation from meta.runs) and metric = '{}' and key = '{}'
    order by period_start, cause_rank
"""


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """A shop with a CRM, a till of full deliveries, refunds and a survey, after its first run. Only to be copied."""
    shop = Shop(tmp_path_factory.mktemp("first"))
    shop.set_up(CRM, FULL_TILL, REFUNDS, SURVEY)
    shop.deliver("crm.csv", *TWO_CUSTOMERS)
    shop.deliver("orders.csv", *FOUR_ORDERS)
    shop.deliver("refunds.csv", *ONE_REFUND)
    shop.deliver("answers.csv", *THREE_ANSWERS)
    assert shop.run() == 0, shop.said
    return shop


@pytest.fixture(scope="module")
def second_run(first_run, tmp_path_factory):
    """A day later, after a run that failed: late and changed records, two customers who are one, another setting.

    The guest and her order are gone from every export.
    """
    shop = first_run.moved_to(tmp_path_factory.mktemp("second") / "shop")
    changed = ("o2", "c1", "", "2024-02-10 11:00:00", "60.50", "GBP")
    late = ("o5", "c2", "", "2024-02-28 11:00:00", "5.00", "GBP")
    merged = ("c2", "Bob", "bob@example.org", "020 7946 0002", "Olive", "c1")
    shop.set_up(CRM, FULL_TILL, REFUNDS, SURVEY, company=COMPANY.replace("as_of:", "lapse_days: 30\nas_of:"))
    shop.deliver("crm.csv", TWO_CUSTOMERS[0], TWO_CUSTOMERS[1], merged)
    shop.deliver("orders.csv", *FOUR_ORDERS[:2], changed, FOUR_ORDERS[3], late)
    shop.deliver("refunds.csv", *ONE_REFUND, ("r2", "o2", "2024-02-25 10:00:00", "2.50", "GBP"))
    shop.deliver("answers.csv", *THREE_ANSWERS, ("a4", "3", "2024-03-06 10:00:00", "zoe@example.org", ""))
    exports = shop.folder / "orders.csv"
    exports.rename(exports.with_suffix(".late"))
    assert shop.run() == 4
    exports.with_suffix(".late").rename(exports)
    assert shop.home.current_number() == 1
    assert shop.run("--as-of", "2024-04-01") == 0, shop.said
    return shop


def restated(shop, metric, key="all"):
    return shop.ask(THIS_RUN.format(metric, key))


def test_the_first_generation_restates_nothing(first_run):
    assert first_run.ask("select count(*) from meta.restatements") == [(0,)]


def test_every_cause_explains_its_part_of_the_months_sales(second_run):
    assert restated(second_run, "net_sales") == [
        ("2024-02-01", 70.5, 83.0, "changed_order", 10.0, 1),
        ("2024-02-01", 70.5, 83.0, "late_order", 5.0, 1),
        ("2024-02-01", 70.5, 83.0, "late_refund", -2.5, 1),
        ("2024-03-01", 30.0, 0.0, "erasure", -30.0, 1),
    ]


def test_a_merge_explains_a_customer_who_is_no_longer_counted(second_run):
    assert restated(second_run, "new_customers") == [
        ("2024-02-01", 1.0, 0.0, "customers_merged", -1.0, 1),
        ("2024-03-01", 1.0, 0.0, "erasure", -1.0, 1),
    ]
    assert restated(second_run, "cohort_size", "cohort 2024-02") == [
        ("2024-02-01", 1.0, 0.0, "customers_merged", -1.0, 1)
    ]


def test_a_late_answer_moves_the_score_of_its_week(second_run):
    [last] = [row for row in restated(second_run, "nps_responses", "week") if row[3] == "late_answer"]
    assert last == ("2024-03-04", 1.0, 2.0, "late_answer", 1.0, 1)


def test_a_changed_setting_is_named_and_explains_what_records_do_not(second_run):
    causes = {row[3] for row in restated(second_run, "active_customers")}
    assert "settings" in causes
    [(reason,)] = second_run.ask("select distinct reason from meta.restatements where cause = 'settings'")
    assert reason == "Settings changed: lapse_days default → 30."


def test_a_run_that_failed_leaves_the_comparison_to_the_next_one(second_run):
    assert set(second_run.ask("select generation, parent_generation from meta.restatements")) == {(2, 1)}


def test_the_report_says_what_changed_and_why(second_run):
    text = (second_run.home.current_link / "report.html").read_text(encoding="utf-8")
    assert "1 refund of the period reached us only after g000001." in text
