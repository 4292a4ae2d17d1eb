"""Online Retail: every total, customer, cohort and churn that a run published, against the two files themselves."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import pytest

from tests.examples.independent_calendar import month_end, month_of, months_after, months_from, year_before
from tests.examples.independent_online_retail import (
    FILES,
    Invoice,
    read_online_retail,
    totals_by_month,
)
from tests.examples.independent_retention import churn, cohorts, concentration, new_and_returning, simple_value

pytestmark = pytest.mark.slow
AS_OF = dt.date(2011, 12, 9)
FIRST_DAY = dt.date(2009, 12, 1)
KINDS = ("sale", "refund", "adjustment")


@pytest.fixture(scope="module")
def run(real_run):
    return real_run("online_retail", "online_retail")


@pytest.fixture(scope="module")
def source(run):
    return read_online_retail(run.data)


@pytest.fixture(scope="module")
def histories(source):
    return source.histories()


@pytest.fixture(scope="module")
def expected_cohorts(histories):
    return cohorts(histories, AS_OF)


@pytest.fixture(scope="module")
def expected_churn(histories):
    return churn(histories, FIRST_DAY, AS_OF)


@pytest.fixture(scope="module")
def retail_ids(run):
    """Our customer id -> the retailer's."""
    pairs = run.rows(
        "select customer_id, source_record_id from core.customer_source_ids where record_type = 'customer'"
    )
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_the_files_hold_what_their_description_says(source):
    lines = {name: sum(invoice.lines for invoice in source.read if invoice.source == name) for name in FILES}
    assert lines == {"retail_2009": 525_461, "retail_2010": 541_909}
    assert len({invoice.number for invoice in source.superseded}) == 1_088


def test_every_row_of_both_files_is_accounted_for(run, source):
    published = run.rows(
        """
        select source, rows_read, rows_loaded, rows_quarantined, rows_superseded
        from meta.row_accounting
        """
    )
    expected = []
    for name in FILES:
        read = sum(invoice.lines for invoice in source.read if invoice.source == name)
        superseded = sum(invoice.lines for invoice in source.superseded if invoice.source == name)
        expected.append((name, read, read - superseded, 0, superseded))
    assert sorted(published) == sorted(expected)


def test_an_invoice_in_both_files_stands_as_the_later_file_has_it(run, source):
    published = run.rows("select source, count(*) from core.orders group by all")
    sales = source.of_kind("sale")
    assert dict(published) == {name: sum(1 for each in sales if each.source == name) for name in FILES}


def test_identical_lines_of_one_invoice_are_all_kept(run, source):
    published = run.row("select count(*), sum(quantity), sum(gross_sales_original) from core.order_lines")
    sales = source.of_kind("sale")
    assert published == (
        sum(invoice.lines for invoice in sales),
        sum(invoice.units for invoice in sales),
        sum(invoice.amount for invoice in sales),
    )


def test_every_invoice_is_an_order_with_its_day_and_its_amount_to_a_tenth_of_a_penny(run, source):
    published = run.rows("select order_id, order_date, line_count, gross_sales, is_countable from core.orders")
    assert sorted(published) == sorted(
        (each.number, each.day, each.lines, each.amount, each.is_countable) for each in source.of_kind("sale")
    )


def test_cancellations_are_refunds_on_their_own_day(run, source):
    published = run.rows("select refund_id, refund_date, amount, order_id from core.refunds")
    assert sorted(published) == sorted((each.number, each.day, -each.amount, None) for each in source.of_kind("refund"))


def test_written_off_debt_is_an_adjustment_and_no_sale(run, source):
    published = run.rows("select adjustment_id, adjustment_date, amount from core.adjustments")
    assert sorted(published) == sorted((each.number, each.day, each.amount) for each in source.of_kind("adjustment"))


@pytest.mark.parametrize(
    ("table", "day", "amount", "kind", "sign"),
    [
        ("core.orders", "order_date", "gross_sales", "sale", 1),
        ("core.refunds", "refund_date", "amount", "refund", -1),
        ("core.adjustments", "adjustment_date", "amount", "adjustment", 1),
    ],
)
def test_the_totals_of_every_month_agree(run, source, table, day, amount, kind, sign):
    published = run.rows(f"select date_trunc('month', {day})::date, count(*), sum({amount}) from {table} group by all")
    expected = totals_by_month(source.of_kind(kind))
    assert sorted(published) == sorted((month, count, sign * total) for month, (count, total) in expected.items())


def test_every_month_of_each_file_ties_out_to_the_penny(run, source):
    published = run.rows(
        """
        select source, month, source_amount, orders_amount, refunds_amount, adjustments_amount, payments_amount,
            quarantined_amount, superseded_amount, difference
        from meta.tie_out
        """
    )
    standing = set(source.standing)
    expected = []
    for name in FILES:
        for month, read in _by_month(each for each in source.read if each.source == name).items():
            amounts = {kind: _sum(each for each in read if each in standing and each.kind == kind) for kind in KINDS}
            superseded = _sum(each for each in read if each not in standing)
            orders, refunds, adjustments = (amounts[kind] for kind in KINDS)
            expected.append((name, month, _sum(read), orders, -refunds, adjustments, 0, 0, superseded, 0))
    assert sorted(published) == sorted(expected)
    assert sum(amount for _, _, amount, *_ in published) == _sum(source.read)


def _by_month(invoices: Iterable[Invoice]) -> dict[dt.date, list[Invoice]]:
    found: dict[dt.date, list[Invoice]] = defaultdict(list)
    for invoice in invoices:
        found[month_of(invoice.day)].append(invoice)
    return found


def _sum(invoices: Iterable[Invoice]) -> Decimal:
    return sum((each.amount for each in invoices), Decimal(0))


def test_everybody_in_the_files_is_a_customer_and_nobody_else(run, source, retail_ids):
    assert sorted(retail_ids.values()) == sorted({each.customer for each in source.standing if each.customer})
    assert run.row("select count(*) from core.customers where not is_unknown") == (len(retail_ids),)


def test_sales_to_nobody_in_particular_belong_to_the_unknown_customer(run, source):
    nobody = [each for each in source.standing if each.customer is None]
    assert run.row(
        "select count(*), sum(gross_sales), count(*) filter (is_first_order) from core.orders where customer_idx = 0"
    ) == (
        sum(1 for each in nobody if each.kind == "sale"),
        _sum(each for each in nobody if each.kind == "sale"),
        0,
    )
    assert run.row("select sum(amount) from core.refunds where customer_idx = 0") == (
        -_sum(each for each in nobody if each.kind == "refund"),
    )


def test_every_customer_is_worth_what_they_bought_less_what_they_returned(run, histories, retail_ids):
    published = {
        retail_ids[customer]: tuple(facts)
        for customer, *facts in run.rows(
            "select customer_id, net_sales_to_date, order_count, first_order_date, last_order_date "
            "from marts.customer_clv"
        )
    }
    assert published == {
        name: (each.net_sales, len(each.orders), min(each.order_days), max(each.order_days))
        for name, each in histories.items()
        if each.orders
    }


def test_customers_who_only_returned_things_are_in_the_customer_table_alone(run, histories, retail_ids):
    published = run.rows("select customer_id, net_sales_to_date from marts.customer_360 where order_count = 0")
    net_sales = {retail_ids[customer]: amount for customer, amount in published if customer in retail_ids}
    only_returns = {name: each.net_sales for name, each in histories.items() if not each.orders}
    assert {name: amount for name, amount in net_sales.items() if amount} == {
        name: amount for name, amount in only_returns.items() if amount
    }


def test_the_customer_table_holds_all_money(run, source):
    sales = _sum(each for each in source.standing if each.is_countable)
    refunds = -_sum(source.of_kind("refund"))
    assert run.row("select sum(gross_sales), sum(refunds), sum(net_sales_to_date) from marts.customer_360") == (
        sales,
        refunds,
        sales - refunds,
    )


def test_every_cell_of_every_monthly_cohort_agrees(run, expected_cohorts):
    published = {
        (start, period): tuple(facts)
        for start, period, *facts in run.rows(
            """
            select cohort_start, period_number, cohort_size, retained_customers, order_count, net_sales, is_complete
            from marts.retention_cohorts
            where grain = 'month' and dimension = 'all' and dimension_value = 'all'
            """
        )
    }
    assert published == {
        key: (cell.cohort_size, cell.retained_customers, cell.order_count, cell.net_sales, cell.is_complete)
        for key, cell in expected_cohorts.items()
    }
    assert len(expected_cohorts) == 25 * 26 // 2


def test_a_rate_is_given_for_complete_cells_only(run):
    assert (
        run.rows(
            """
        select cohort_start, period_number from marts.retention_cohorts
        where case when is_complete then retention_rate is distinct from retained_customers / cohort_size
            else retention_rate is not null end
        """
        )
        == []
    )


def test_what_a_cohort_brought_per_customer_adds_up_over_its_cells(run, expected_cohorts):
    for start, period, per_customer in run.rows(
        """
        select cohort_start, period_number, cumulative_net_sales_per_customer
        from marts.retention_cohorts where grain = 'month' and dimension = 'all' and is_complete
        """
    ):
        so_far = sum(expected_cohorts[start, earlier].net_sales for earlier in range(period + 1))
        assert per_customer == pytest.approx(float(so_far) / expected_cohorts[start, 0].cohort_size, rel=1e-12)


def test_churn_of_every_month_agrees(run, expected_churn):
    published = {
        end: tuple(facts)
        for end, *facts in run.rows(
            "select month_end, churned_customers_12m, active_customers, newly_active_customers, reactivated_customers, "
            "lapsed_in_month from marts.churn where dimension = 'all'"
        )
    }
    assert published == {
        end: (month.churned_12m, month.active, month.new_in_month, month.reactivated_in_month, month.lapsed_in_month)
        for end, month in expected_churn.items()
    }


def test_the_churn_rate_is_unknown_until_two_years_of_history_lie_behind_it(run, expected_churn):
    published = {
        end: (average, rate)
        for end, average, rate in run.rows(
            "select month_end, average_customers_12m, churn_rate_12m from marts.churn "
            "where dimension = 'all' and churn_rate_12m is not null"
        )
    }
    assert set(published) == {end for end, month in expected_churn.items() if month.rate is not None}
    for end, (average, rate) in published.items():
        assert float(average) == pytest.approx(expected_churn[end].average, rel=1e-12)
        assert rate == pytest.approx(expected_churn[end].rate, rel=1e-12)


def test_every_customer_is_worth_what_the_simple_formula_says(run, histories, retail_ids, expected_churn):
    churn_rate = expected_churn[max(expected_churn)].rate
    for customer, observed, lifetime, average, value, cost in run.rows(
        "select customer_id, years_observed, expected_lifetime_years, avg_annual_value, clv_simple, acquisition_cost "
        "from marts.customer_clv"
    ):
        expected = simple_value(histories[retail_ids[customer]], AS_OF, churn_rate)
        assert cost is None
        assert (observed, lifetime) == pytest.approx((expected.years_observed, expected.expected_years), rel=1e-9)
        assert float(value) == pytest.approx(expected.value, rel=1e-9, abs=0.001)
        assert float(average) * lifetime == pytest.approx(float(value), abs=0.001)


def test_the_list_of_lost_customers_holds_everybody_who_has_lapsed(run, histories, retail_ids):
    published = {
        retail_ids[customer]: tuple(facts)
        for customer, *facts in run.rows(
            "select customer_id, first_order_date, last_order_date, lapsed_on, order_count, net_sales_to_date, "
            "net_sales_last_active_year from marts.churned_customers"
        )
    }
    expected = {}
    for name, each in histories.items():
        if each.orders and (AS_OF - each.order_days[-1]).days >= 365:
            first, last = each.order_days[0], each.order_days[-1]
            lost = each.net_sales_between(last - dt.timedelta(days=364), AS_OF)
            orders, lapsed = len(each.orders), last + dt.timedelta(days=365)
            expected[name] = (first, last, lapsed, orders, each.net_sales, lost)
    assert published == expected


def test_sales_of_new_and_returning_customers_agree_in_every_month(run, source, histories):
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
    months = new_and_returning(histories)
    expected = {}
    for start in months_from(FIRST_DAY, AS_OF):
        month = months[start]
        nobody = [each for each in source.standing if each.customer is None and month_of(each.day) == start]
        given_back = [each for each in source.of_kind("refund") if month_of(each.day) == start]
        expected[start] = (
            month.new_customers,
            month.new_customers,
            month.new_sales,
            len(month.returning_customers),
            month.returning_orders,
            month.returning_sales,
            sum(1 for each in nobody if each.is_countable),
            _sum(each for each in nobody if each.is_countable),
            -_sum(given_back),
        )
    assert published == expected


def test_how_much_hangs_on_few_customers_agrees_on_every_day(run, histories):
    rows = run.rows(
        """
        select scope, period_end, is_complete, customers_in_shares, net_sales_above_zero, customers_without_sales,
            net_sales_below_zero, top_1_percent_share, top_5_percent_share, top_10_percent_share,
            top_20_percent_share, largest_customer_share, hhi, gini
        from marts.revenue_concentration
        """
    )
    assert {AS_OF, month_end(months_after(AS_OF, -1))} <= {day for _, day, *_ in rows}
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
