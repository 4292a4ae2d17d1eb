"""Whole runs, each with a change of the past: what meta.restatements says about it."""

import pytest

from tests.audit.conftest import FULL_TILL, ONE_REFUND, REFUNDS
from tests.shop import COMPANY, CRM, FOUR_ORDERS, SURVEY, THREE_ANSWERS, TWO_CUSTOMERS, run_regulars

THIS_RUN = """
    select strftime(period_start, '%Y-%m-%d'), value_before, value_after, cause, explained_change, record_count
    from meta.restatements
    where generation = (select generation from meta.runs) and metric = '{}' and key = '{}'
    order by period_start, cause_rank
"""


@pytest.fixture(scope="module")
def second_run(backfilled_shop, tmp_path_factory):
    """A day later, after a backfill and a run that failed: late and changed records, a merge, another setting.

    The guest and her order are gone from every export.
    """
    shop = backfilled_shop.moved_to(tmp_path_factory.mktemp("second") / "shop")
    assert shop.home.current_number() == 1
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


def test_the_first_generation_restates_nothing(backfilled_shop):
    assert backfilled_shop.ask("select count(*) from meta.restatements", 1) == [(0,)]


def test_a_run_says_how_many_figures_it_compared_and_how_many_changed(backfilled_shop, second_run):
    counts = "select metrics_compared, metrics_changed from meta.runs"
    assert backfilled_shop.ask(counts, 1) == [(None, None)]
    ((compared, changed),) = second_run.ask(counts)
    assert second_run.ask("select count(*) from meta.restatements where cause_rank = 1") == [(changed,)]
    assert compared > changed > 0


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


def test_a_run_that_failed_or_is_a_backfill_leaves_the_comparison_to_the_next_one(second_run):
    assert set(second_run.ask("select generation, parent_generation from meta.restatements")) == {(3, 1)}


def test_a_run_of_an_earlier_day_is_kept_as_a_backfill_and_readers_stay_with_the_newest(second_run):
    backfill = second_run.home.generations()[1]
    assert (backfill.number, backfill.manifest.is_backfill) == (2, True)
    counted = "select sum(order_count)::int, max(as_of)::varchar from marts.customer_clv"
    assert second_run.ask(counted, generation=2) == [(3, "2024-02-29")]

    assert second_run.home.current_number() == 3
    assert second_run.home.current().manifest.parent == 1
    assert second_run.ask(counted) == [(4, "2024-04-01")]
    assert second_run.customers_by_record(1).items() >= second_run.customers_by_record(2).items()


def test_a_merged_customer_keeps_one_of_the_two_ids_and_all_orders(second_run):
    before, after = second_run.customers_by_record(1), second_run.customers_by_record(3)
    assert after["c1"] == after["c2"]
    assert after["c1"] in {before["c1"], before["c2"]}
    gone = before["c1"] if after["c1"] == before["c2"] else before["c2"]
    history = "select former_customer_id, customer_id, ended_in_generation, record_share from core.customer_id_history"
    assert (gone, after["c1"], 3, 1.0) in second_run.ask(history)
    about = run_regulars("about", str(gone), "--home", second_run.home.path).stdout
    assert about.startswith(f"customer {after['c1']}")
    assert "crm:c2 and crm:c1 were merged by the tool" in about or "crm:c1 and crm:c2 were merged by the tool" in about
    assert second_run.ask("select order_count from marts.customer_clv") == [(4,)]


def test_the_report_says_what_changed_and_why(second_run):
    text = (second_run.home.current_link / "report.html").read_text(encoding="utf-8")
    assert "1 refund of the period reached us only after g000001." in text
