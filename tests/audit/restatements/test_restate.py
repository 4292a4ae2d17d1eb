"""Which metrics are restated, and by which causes the changes are explained."""

import random
import shutil
from collections import defaultdict

import duckdb
import polars as pl
import pytest

from regulars.pipelines.audit.restatements.metrics import count_compared
from regulars.pipelines.run.lineage import Lineage, changed_settings
from tests.audit.restatements.two_generations import company, parent_in, published, replays, restatements
from tests.builders import AS_OF, UNKNOWN

JANUARY, MARCH = "2025-01-10 10:00:00", "2025-03-10 10:00:00"
ANN = {"order_id": "o1", "email": "ann@example.org", "ordered_at": JANUARY, "gross_sales": "100"}
BOB = {"order_id": "o2", "email": "bob@example.org", "ordered_at": MARCH, "gross_sales": "20"}


def shares_of(rows, metric):
    """Month -> cause -> its share, for one metric."""
    found = defaultdict(dict)
    for row in rows:
        if row["metric"] == metric:
            found[f"{row['period_start']:%Y-%m}"][row["cause"]] = row["explained_change"]
    return dict(found)


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The generation before, in which Ann bought in January and Bob in March."""
    return published(company(raw__orders=[ANN, BOB]), tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def lapsing_sooner():
    """The same company, with other settings."""
    return company(lapse_days=30, raw__orders=[BOB, ANN])


def restated_by(before, *orders):
    con = company(raw__orders=orders)
    return restatements(con, parent_in(before, con))


def test_the_same_deliveries_restate_nothing(before):
    assert restated_by(before, BOB, ANN) == []


def test_what_was_compared_is_counted_whether_or_not_it_changed(before):
    same, moved = {}, {}
    for counts, order in ((same, BOB), (moved, {**BOB, "ordered_at": "2025-02-10 10:00:00"})):
        con = company(raw__orders=[ANN, order])
        rows = restatements(con, parent_in(before, con), comparison=counts)
        changed = {(row["metric"], row["key"], row["period_start"]) for row in rows}
        assert counts["metrics_changed"] == len(changed)
    assert (same["metrics_changed"], moved["metrics_changed"] > 0) == (0, True)
    table = f"from '{before}/parquet/marts/sales_new_vs_returning.parquet'"
    ((months,),) = duckdb.sql(f"select count(*) {table} where last_day(month) <= date '{AS_OF}'").fetchall()
    assert same["metrics_compared"] > 4 * months > 0  # sales alone has four


def test_a_parent_without_a_table_that_is_compared_restates_nothing(before, monkeypatch):
    con, counts = company(raw__orders=[ANN]), {}
    parent = parent_in(before, con)
    monkeypatch.setattr(parent, "has", lambda table: not table.startswith("core."))
    assert restatements(con, parent, comparison=counts) == []
    assert counts == {"metrics_compared": 0, "metrics_changed": 0}


def test_a_figure_counts_once_where_one_generation_knows_it():
    key = {"metric": "nps", "table_name": "marts.nps", "unit": "points", "window": "period", "key": "week"}
    weeks = [{**key, "period_start": day, "period_end": day, "of": 1.0, "per": 2.0} for day in (1, 2, 3)]
    before, after = (
        pl.DataFrame([{**week, "value": value} for week, value in zip(weeks, values, strict=True)])
        for values in ((0.5, None, None), (0.5, 0.5, None))
    )
    assert count_compared(before, after) == 2


def test_an_order_that_moves_to_another_month_changes_both(before):
    rows = restated_by(before, ANN, {**BOB, "ordered_at": "2025-02-10 10:00:00"})
    assert shares_of(rows, "net_sales") == {"2025-02": {"changed_order": 20.0}, "2025-03": {"changed_order": -20.0}}
    assert {row["record_count"] for row in rows if row["metric"] == "net_sales"} == {1}


def test_a_changed_exchange_rate_is_not_put_down_to_the_order(tmp_path):
    orders = [ANN, {**BOB, "currency": "USD"}]
    old, new = (
        company(raw__orders=orders, raw__fx_rates=[{"currency": "USD", "rate_date": "2025-03-01", "rate": rate}])
        for rate in ("0.5", "0.75")
    )
    rows = restatements(new, parent_in(published(old, tmp_path), new))
    assert shares_of(rows, "net_sales") == {"2025-03": {"exchange_rate": 5.0}}


def test_a_late_order_before_all_others_makes_its_customer_new_earlier(before):
    rows = restated_by(before, ANN, BOB, {**BOB, "order_id": "o0", "ordered_at": "2024-12-01 10:00:00"})
    assert shares_of(rows, "new_customers") == {"2024-12": {"late_order": 1.0}, "2025-03": {"late_order": -1.0}}
    assert shares_of(rows, "cohort_size") == {"2024-12": {"late_order": 1.0}, "2025-03": {"late_order": -1.0}}


def test_a_late_subscription_keeps_its_customer_active_and_is_the_cause(before):
    club = {"subscription_id": "s1", "email": "ann@example.org", "started_at": "2025-06-01"}
    con = company(raw__orders=[ANN, BOB], raw__subscriptions=[{**club, "monthly_amount": "10"}])
    rows = restatements(con, parent_in(before, con))
    assert shares_of(rows, "active_customers") == {
        "2026-01": {"late_subscription": 1.0}
    }  # Ann's order alone lapsed by then


def test_a_late_subscriber_who_never_ordered_is_one_more_active_customer(before):
    club = {"subscription_id": "s1", "email": "cem@example.org", "started_at": "2024-11-05", "ended_at": "2025-01-20"}
    con = company(raw__orders=[ANN, BOB], raw__subscriptions=[{**club, "monthly_amount": "10"}])
    rows = restatements(con, parent_in(before, con))
    found = shares_of(rows, "active_customers")
    assert set(found) == {"2024-11", "2024-12"}
    assert all(causes == {"late_subscription": 1.0} for causes in found.values())


def with_other_churn(before, folder, change):
    """The generation before with a change to what it published of churn."""
    copy = shutil.copytree(before, folder / "changed")
    file = copy / "parquet" / "marts" / "churn.parquet"
    with duckdb.connect() as con:
        con.execute(f"create table churn as from '{file}'")
        con.execute(change)
        con.execute(f"copy churn to '{file}' (format parquet)")
    return copy


def test_a_change_without_a_cause_is_unexplained(before, tmp_path):
    change = "update churn set active_customers = active_customers + 1 where month_end = '2025-03-31'"
    [row] = restated_by(with_other_churn(before, tmp_path, change), ANN, BOB)
    assert (row["metric"], row["change"], row["cause"]) == ("active_customers", -1.0, "unexplained")
    assert row["explained_change"] == -1.0
    assert row["reason"] == "Neither a delivery, nor settings, nor code explain this."


def test_a_metric_that_the_parent_did_not_publish_is_not_restated(before, lapsing_sooner, tmp_path):
    older = with_other_churn(before, tmp_path, "alter table churn drop column active_customers")
    rows = restatements(lapsing_sooner, parent_in(older, lapsing_sooner), lapse_days=30)
    assert {row["metric"] for row in rows} & {"active_customers", "churned_customers_12m"} == {"churned_customers_12m"}


@pytest.mark.parametrize(
    ("now", "definition", "causes"),
    [
        pytest.param(Lineage("c", settings={"lapse_days": "30"}), "1.0.0", {"settings"}, id="settings"),
        pytest.param(Lineage("d"), "1.0.0", {"code_version"}, id="code"),
        pytest.param(Lineage("d"), "1.1.0", {"definition"}, id="definition"),
        pytest.param(Lineage("d", settings={"lapse_days": "30"}), "1.0.0", {"settings", "code_version"}, id="both"),
    ],
)
def test_settings_definition_or_code_explain_what_records_do_not(before, lapsing_sooner, now, definition, causes):
    parent = parent_in(before, lapsing_sooner)
    rows = restatements(lapsing_sooner, parent, now=now, lapse_days=30, definition=definition)
    assert {row["cause"] for row in rows} == causes
    shares = {row["explained_change"] for row in rows if row["metric"] == "active_customers"}
    assert (shares == {None}) == (len(causes) > 1), "two of them cannot be separated"


def test_records_that_changed_without_a_new_file_are_explained_by_settings(before):
    con = company(raw__orders=[ANN, {**BOB, "gross_sales": "30"}])
    now = Lineage("c", settings={"sources.shop.columns.gross_sales": '"Total"'})
    rows = restatements(con, parent_in(before, con), now=now)
    assert shares_of(rows, "net_sales") == {"2025-03": {"settings": 10.0}}
    assert {row["reason"] for row in rows} == {"Settings changed: sources.shop.columns.gross_sales."}


def test_only_numbers_and_booleans_of_settings_are_shown():
    before = Lineage("c", settings={"lapse_days": "90", "identity.ignore_emails": '["a@example.org"]'})
    after = Lineage("c", settings={"lapse_days": "120", "sources.crm.path": '"x.csv"'})
    assert changed_settings(before, after) == ["identity.ignore_emails", "lapse_days 90 → 120", "sources.crm.path"]


def someones_company(chance, customers=25, orders=120):
    """Orders, refunds, subscriptions, answers and whose they are, over two and a half years."""

    def moment():
        return f"{chance.choice((2023, 2024, 2025))}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02} 10:00:00"

    def draw_customer():
        return f"c{chance.randrange(customers)}"

    bought = [
        {
            "order_id": f"o{n}",
            "customer_record_id": draw_customer() if n % 9 else None,
            "ordered_at": moment(),
            "gross_sales": f"{n}.25",
        }
        for n in range(orders)
    ]
    returned = [
        {"refund_id": f"r{n}", "order_id": f"o{n * 3}", "refunded_at": moment(), "amount": "1.5"} for n in range(20)
    ]
    answered = [
        {
            "response_id": f"a{n}",
            "customer_record_id": draw_customer(),
            "answered_at": moment(),
            "score": str(chance.randint(0, 10)),
        }
        for n in range(60)
    ]
    club = [
        {
            "subscription_id": f"s{n}",
            "customer_record_id": draw_customer() if n % 9 else None,
            "started_at": (started := moment()),
            "ended_at": chance.choice([None, f"{int(started[:4]) + 1}{started[4:]}"]),
            "monthly_amount": chance.choice(["0", "10", "25"]),
        }
        for n in range(40)
    ]
    return {
        "raw__orders": bought,
        "raw__refunds": returned,
        "raw__subscriptions": club,
        "raw__survey_responses": answered,
    }


def shaken(chance, tables):
    """The same, with some records late, changed or gone."""
    kept = {name: [row for row in rows if chance.random() > 0.04] for name, rows in tables.items()}
    for rows in kept.values():
        for row in chance.sample(rows, 4):
            for column, value in (("gross_sales", "7.5"), ("monthly_amount", "12"), ("amount", "2.5"), ("score", "5")):
                if column in row:
                    rows[rows.index(row)] = {**row, column: value}
    return kept


def merge(con, lost, heir):
    """Make two customers one in a build, as identity would have done it, and all marts again."""
    con.execute("insert into identity.events values (?, ?, 'merged')", [heir, lost])
    idx = con.execute("select customer_idx from core.customers where customer_id = ?", [heir]).fetchall()[0][0]
    for table in ("orders", "refunds", "subscriptions", "survey_responses"):
        con.execute(
            f"update core.{table} set customer_id = ?, customer_idx = ? where customer_id = ?", [heir, idx, lost]
        )
    con.execute("delete from core.customers where customer_id = ?", [lost])
    con.execute(
        "update core.orders as o set is_first_order = (system, order_id) = (select min_by((system, order_id), "
        "(ordered_at, system, order_id)) from core.orders where customer_idx = o.customer_idx and is_countable) "
        "where customer_idx = ?",
        [idx],
    )
    for name in ("sales_new_vs_returning", "churn", "retention_cohorts", "nps", "mrr_movements"):
        con.register("made", replays(con)(f"marts.{name}", None).to_arrow())
        con.execute(f"create or replace table marts.{name} as from made")
        con.unregister("made")


@pytest.mark.parametrize("seed", [0, pytest.param(4, marks=pytest.mark.slow)])
def test_every_change_of_records_is_explained_to_the_last_penny(seed, tmp_path):
    chance = random.Random(seed)
    everything = someones_company(chance)
    old, con = company(**shaken(chance, everything)), company(**shaken(chance, everything))
    both = con.execute(
        "select customer_id from core.orders where customer_id <> ? group by 1 having count(*) > 2 order by 1 limit 2",
        [UNKNOWN],
    ).fetchall()
    merge(con, both[0][0], both[1][0])
    rows = restatements(con, parent_in(published(old, tmp_path), con))
    causes = {row["cause"] for row in rows}
    assert {"late_order", "changed_order", "removed_order", "late_refund", "customers_merged"} <= causes
    assert {"changed_subscription", "late_subscription"} <= causes
    assert "unexplained" not in causes
    shares = defaultdict(float)
    for row in rows:
        if row["change"] is not None:
            shares[row["metric"], row["key"], row["period_start"], row["change"]] += row["explained_change"]
    assert len(shares) > 100
    for (*_, change), total in shares.items():
        assert total == pytest.approx(change, abs=1e-6)
