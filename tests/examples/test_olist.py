"""Olist: every total, customer, cohort and churn that a run published, against the CSV files themselves."""

import datetime as dt
from collections import Counter
from decimal import Decimal

import pytest

from tests.examples.independent_calendar import month_end, month_of, months_after, months_from, year_before
from tests.examples.independent_olist import FILES, read_olist
from tests.examples.independent_retention import churn, cohorts, concentration, new_and_returning, simple_value

pytestmark = pytest.mark.slow
AS_OF = dt.date(2018, 9, 3)
FIRST_DAY = dt.date(2016, 10, 4)
KINDS = {
    "customers": "customers",
    "orders": "orders",
    "order_items": "order_lines",
    "payments": "payments",
    "products": "products",
    "reviews": "survey_responses",
    "sellers": "stores",
}
"""Source -> the kind that it feeds."""


@pytest.fixture(scope="module")
def run(real_run):
    return real_run("olist", "olist_3k")


@pytest.fixture(scope="module")
def source(run):
    return read_olist(run.data)


@pytest.fixture(scope="module")
def persons(run, source):
    """Our customer id -> Olist's unique customer id."""
    pairs = run.rows(
        "select customer_id, source_record_id from core.customer_source_ids where record_type = 'customer'"
    )
    found = {ours: source.person_of[theirs] for ours, theirs in pairs if theirs in source.person_of}
    assert len(set(found.values())) == len(found), "one person became two customers"
    return found


def test_every_row_of_every_file_is_accounted_for(run, source):
    published = run.rows(
        "select source, kind, rows_read, rows_loaded, rows_quarantined, rows_superseded from meta.row_accounting"
    )
    assert sorted(published) == sorted(
        (name, KINDS[name], len(source.rows[name]), len(source.rows[name]), 0, 0) for name in FILES
    )


def test_a_person_with_two_customer_ids_is_one_customer(run, source, persons):
    assert set(persons.values()) == set(source.person_of.values())
    assert run.row("select count(*) from core.customers where not is_unknown") == (2_995,)
    ours = {
        theirs: customer
        for customer, theirs in run.rows(
            "select customer_id, source_record_id from core.customer_source_ids where record_type = 'customer'"
        )
    }
    assert {theirs: persons[ours[theirs]] for theirs in source.person_of} == source.person_of


def test_every_order_has_its_day_its_person_and_its_amounts(run, source, persons):
    published = run.rows(
        "select order_id, customer_id, order_date, status, line_count, gross_sales, shipping, is_countable "
        "from core.orders"
    )
    assert sorted((order, persons[customer], *facts) for order, customer, *facts in published) == sorted(
        (each.order_id, each.person, each.day, each.status, each.items, each.gross_sales, each.shipping, countable)
        for each in source.orders.values()
        for countable in [each.is_countable]
    )


def test_the_totals_are_those_that_the_files_add_up_to(run):
    assert run.row("select sum(gross_sales), sum(shipping) from core.orders") == (
        Decimal("392468.58"),
        Decimal("68855.36"),
    )
    assert run.row("select count(*), sum(gross_sales) from core.order_lines") == (3_397, Decimal("392468.58"))
    assert run.row("select count(*), sum(amount) from core.payments") == (3_170, Decimal("468087.37"))


def test_the_payments_of_every_order_agree(run, source):
    published = run.rows("select order_id, count(*), sum(amount) from core.payments group by order_id")
    assert sorted(published) == sorted(
        (each.order_id, len(each.payments), sum(each.payments)) for each in source.orders.values() if each.payments
    )


def test_cancelled_orders_and_orders_without_items_are_there_but_do_not_count(run):
    assert run.row(
        """
        select
            count(*) filter (is_cancelled),
            count(*) filter (line_count = 0),
            count(*) filter (is_countable),
            sum(gross_sales) filter (is_countable),
        from core.orders
        """
    ) == (41, 24, 2_959, Decimal("389748.37"))


def test_every_month_of_items_and_payments_ties_out_to_the_cent(run, source):
    published = run.rows(
        """
        select source, month, source_amount, orders_amount, payments_amount, refunds_amount, adjustments_amount,
            quarantined_amount, superseded_amount, difference
        from meta.tie_out
        where source_amount <> 0
        """
    )
    expected = []
    for month in {month_of(order.day) for order in source.orders.values()}:
        orders = [order for order in source.orders.values() if month_of(order.day) == month]
        items = sum((order.gross_sales for order in orders), Decimal(0))
        paid = sum((amount for order in orders for amount in order.payments), Decimal(0))
        expected += [("order_items", month, items, items, 0, 0, 0, 0, 0, 0)] * (items > 0)
        expected += [("payments", month, paid, 0, paid, 0, 0, 0, 0, 0)] * (paid > 0)
    assert sorted(published) == sorted(expected)


def test_reviews_are_satisfaction_scores_of_their_order_and_no_nps(run, source):
    published = run.rows(
        "select order_id, survey_type, score, scale_min, scale_max, nps_group, answered_date, has_comment, language "
        "from core.survey_responses"
    )
    assert Counter(published) == Counter(
        (
            row["order_id"],
            "csat",
            Decimal(row["review_score"]),
            1,
            5,
            None,
            dt.date.fromisoformat(row["review_answer_timestamp"][:10]),
            bool((row["review_comment_title"] + row["review_comment_message"]).strip()),
            "pt",
        )
        for row in source.rows["reviews"]
    )
    assert run.row("select coalesce(sum(responses), 0) from marts.nps") == (0,)


def test_a_review_is_known_to_be_by_the_person_who_ordered(run, source, persons):
    published = run.rows("select order_id, customer_id from core.survey_responses")
    assert {order: persons.get(customer) for order, customer in published} == {
        row["order_id"]: source.orders[row["order_id"]].person for row in source.rows["reviews"]
    }


def test_every_product_is_there_with_its_category(run, source):
    published = run.rows("select product_id, category from core.products")
    assert sorted(published, key=str) == sorted(
        ((row["product_id"], row["product_category_name"] or None) for row in source.rows["products"]), key=str
    )


def test_every_customer_is_worth_what_they_bought(run, source, persons):
    published = {
        persons[customer]: tuple(facts)
        for customer, *facts in run.rows(
            "select customer_id, net_sales_to_date, order_count, first_order_date, last_order_date "
            "from marts.customer_clv"
        )
    }
    assert published == {
        person: (each.net_sales, len(each.orders), min(each.order_days), max(each.order_days))
        for person, each in source.histories().items()
    }


def test_every_cell_of_every_monthly_cohort_agrees(run, source):
    published = {
        (start, period): tuple(facts)
        for start, period, *facts in run.rows(
            """
            select cohort_start, period_number, cohort_size, retained_customers, order_count, net_sales, is_complete
            from marts.retention_cohorts
            where grain = 'month' and dimension = 'all'
            """
        )
    }
    expected = cohorts(source.histories(), AS_OF)
    assert published == {
        key: (cell.cohort_size, cell.retained_customers, cell.order_count, cell.net_sales, cell.is_complete)
        for key, cell in expected.items()
    }
    assert sum(cell.retained_customers for (_, period), cell in expected.items() if period) == 3


def test_churn_is_counted_but_no_rate_is_given_with_less_than_two_years(run, source):
    published = {
        end: tuple(facts)
        for end, *facts in run.rows(
            "select month_end, churned_customers_12m, active_customers, newly_active_customers, reactivated_customers, "
            "lapsed_in_month, churn_rate_12m from marts.churn where dimension = 'all'"
        )
    }
    assert published == {
        end: (
            month.churned_12m,
            month.active,
            month.new_in_month,
            month.reactivated_in_month,
            month.lapsed_in_month,
            None,
        )
        for end, month in churn(source.histories(), FIRST_DAY, AS_OF).items()
    }


def test_every_customer_is_worth_what_the_simple_formula_says(run, source, persons):
    histories = source.histories()
    known = churn(histories, FIRST_DAY, AS_OF)
    churn_rate = known[max(known)].rate
    for customer, observed, lifetime, average, value, cost in run.rows(
        "select customer_id, years_observed, expected_lifetime_years, avg_annual_value, clv_simple, acquisition_cost "
        "from marts.customer_clv"
    ):
        expected = simple_value(histories[persons[customer]], AS_OF, churn_rate)
        assert cost is None
        assert (observed, lifetime) == pytest.approx((expected.years_observed, expected.expected_years), rel=1e-9)
        assert float(value) == pytest.approx(expected.value, rel=1e-9, abs=0.001)
        assert float(average) * lifetime == pytest.approx(float(value), abs=0.001)


def test_the_list_of_lost_customers_holds_everybody_who_has_lapsed(run, source, persons):
    published = {
        persons[customer]: tuple(facts)
        for customer, *facts in run.rows(
            "select customer_id, first_order_date, last_order_date, lapsed_on, order_count, net_sales_to_date, "
            "net_sales_last_active_year from marts.churned_customers"
        )
    }
    expected = {}
    for name, each in source.histories().items():
        if each.orders and (AS_OF - each.order_days[-1]).days >= 365:
            first, last = each.order_days[0], each.order_days[-1]
            lost = each.net_sales_between(last - dt.timedelta(days=364), AS_OF)
            orders, lapsed = len(each.orders), last + dt.timedelta(days=365)
            expected[name] = (first, last, lapsed, orders, each.net_sales, lost)
    assert published == expected


def test_sales_of_new_and_returning_customers_agree_in_every_month(run, source):
    published = {
        month: tuple(facts)
        for month, *facts in run.rows(
            """
            select month, new_customers, new_orders, new_customer_sales, customers_with_repeat_orders, returning_orders,
                returning_customer_sales, unknown_customer_orders, unknown_customer_sales, refunds
            from marts.sales_new_vs_returning
            """
        )
    }
    months = new_and_returning(source.histories())
    expected = {}
    for start in months_from(FIRST_DAY, AS_OF):
        month = months[start]
        expected[start] = (
            month.new_customers,
            month.new_customers,
            month.new_sales,
            len(month.returning_customers),
            month.returning_orders,
            month.returning_sales,
            0,
            0,
            0,
        )
    assert published == expected


def test_how_much_hangs_on_few_customers_agrees_on_every_day(run, source):
    rows = run.rows(
        """
        select scope, period_end, is_complete, customers_in_shares, net_sales_above_zero, customers_without_sales,
            net_sales_below_zero, top_1_percent_share, top_5_percent_share, top_10_percent_share,
            top_20_percent_share, largest_customer_share, hhi, gini
        from marts.revenue_concentration
        """
    )
    assert {AS_OF, month_end(months_after(AS_OF, -1))} <= {day for _, day, *_ in rows}
    histories = source.histories()
    for scope, day, is_complete, customers, net_sales, without_sales, below_zero, *shares in rows:
        first = dt.date.min if scope == "to_date" else year_before(day) + dt.timedelta(days=1)
        expected = concentration(histories, first, day)
        assert (customers, net_sales, without_sales, below_zero) == (
            expected.customers,
            expected.net_sales,
            expected.customers_without_sales,
            expected.net_sales_below_zero,
        )
        assert is_complete == (scope == "to_date" or first >= FIRST_DAY)
        if is_complete:
            wanted = [*expected.top.values(), expected.largest, expected.hhi, expected.gini]
            assert shares == pytest.approx([float(each) for each in wanted], rel=1e-9)
        else:
            assert shares == [None] * 7
