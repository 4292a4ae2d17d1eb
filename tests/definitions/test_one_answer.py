"""The same question asked of several published tables has one answer; where it has not, the difference is explained."""

from itertools import combinations
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.contracts.odcs.names import read_shared_names
from regulars.pipelines.settings.package import CONTRACTS_FOLDER

CONTRACTS = load_contracts(CONTRACTS_FOLDER)
NUMBERS = read_shared_names(CONTRACTS_FOLDER).numbers

MONTH = "date '2026-06-01'"
OF_MONTH = f"month = {MONTH}"
OF_YEAR = "year(month) = 2025"

QUESTIONS = {
    "How many customers are there, of all time?": [
        "select count(*) from marts.customer_360 where not is_unknown and lifecycle <> 'prospect'",
        "select count(*) from marts.customer_clv",
        "select customers from marts.predicted_totals_all",
        "select sum(customers) from marts.nps_value_all",
        "select sum(newly_active_customers) from marts.churn_all",
        "select customers_to_date from marts.churn_all order by month_end desc limit 1",
        "select replace(regexp_extract(headline, 'customers: ([0-9,]+)', 1), ',', '')::int from meta.runs",
        """
        select count(distinct customer_idx) from (
            select customer_idx from core.orders where is_countable
            union all select customer_idx from core.subscriptions where monthly_amount > 0
        ) where customer_idx > 0
        """,
    ],
    "How many customers are active?": [
        "select count(*) from marts.customer_360 where is_active and not is_unknown",
        "select active_customers from marts.churn_all order by month_end desc limit 1",
        "select any_value(active_customers) from marts.retention_economics_all",
        "select sum(active_customers) from marts.nps_value_all",
        "select replace(regexp_extract(headline, '([0-9,]+) active', 1), ',', '')::int from meta.runs",
    ],
    "How many customers are lost, of all who ever were one?": [
        "select still_lapsed_customers from marts.churn_all order by month_end desc limit 1",
        "select count(*) from marts.customer_360 where lifecycle = 'lapsed'",
        "select count(*) from marts.churned_customers",
        "select sum(lapsed_customers) from marts.nps_value_all",
        "select customers_to_date - active_customers from marts.churn_all order by month_end desc limit 1",
    ],
    "How many customers ordered last month?": [
        f"select customers_with_orders from marts.purchase_behaviour_all where {OF_MONTH}",
        f"""
        select count(distinct customer_idx) from core.orders
        where is_countable and customer_idx > 0 and date_trunc('month', order_date) = {MONTH}
        """,
        f"""
        select sum(retained_customers) from marts.retention_cohorts_monthly
        where cohort_start + to_months(period_number) = {MONTH}
        """,
    ],
    "How many customers were new last month?": [
        f"select new_customers from marts.purchase_behaviour_all where {OF_MONTH}",
        f"select new_customers from marts.sales_new_vs_returning where {OF_MONTH}",
        f"select max(cohort_size) from marts.retention_cohorts_monthly where cohort_start = {MONTH}",
    ],
    "How many orders were placed last month?": [
        f"""
        select new_orders + returning_orders + unknown_customer_orders
        from marts.sales_new_vs_returning where {OF_MONTH}
        """,
        f"select count(*) from core.orders where is_countable and date_trunc('month', order_date) = {MONTH}",
        f"""
        select known_customer_orders + unknown_customer_orders
        from marts.purchase_behaviour_all join marts.sales_new_vs_returning using (month) where {OF_MONTH}
        """,
    ],
    "How many orders were ever placed?": [
        "select sum(order_count) from marts.customer_360",
        "select sum(new_orders + returning_orders + unknown_customer_orders) from marts.sales_new_vs_returning",
        "select count(*) from core.orders where is_countable and order_date <= (select as_of from meta.runs)",
    ],
    "How many orders have known customers ever placed?": [
        "select sum(order_count) from marts.customer_clv",
        "select sum(order_count) from marts.customer_360 where not is_unknown",
        "select sum(order_count) from marts.retention_cohorts_monthly",
        "select sum(known_customer_orders) from marts.purchase_behaviour_all",
    ],
    **{
        f"What were net sales of {when}?": [
            f"select sum(net_sales) from marts.sales_new_vs_returning where {rows}",
            f"""
            select sum(amount) from (
                select order_date as day, gross_sales - discounts as amount from core.orders where is_countable
                union all select refund_date, -goods from core.refunds where is_countable
            ) cross join (select date_trunc('month', day) as month)
            where day <= (select as_of from meta.runs) and {rows}
            """,
            f"""
            select sum(product_sales) - sum(refunds) from marts.product_sales where {rows}
            """,
        ]
        for when, rows in {"last month": OF_MONTH, "last year": OF_YEAR, "all time": "true"}.items()
    },
    "What did known customers bring, net, of all time?": [
        "select sum(net_sales_to_date) from marts.customer_clv",
        "select sum(net_sales_to_date) from marts.customer_360 where order_count > 0 and not is_unknown",
        "select sum(net_sales) from marts.retention_cohorts_monthly",
        "select sum(known_customer_net_sales) from marts.purchase_behaviour_all",
        "select sum(net_sales_to_date) from marts.nps_value_all",
    ],
    "What did all customers bring, net, of all time?": [
        "select sum(net_sales_to_date) from marts.customer_360",
        "select sum(net_sales) from marts.sales_new_vs_returning",
        """
        select net_sales_above_zero + net_sales_below_zero + unknown_net_sales
        from marts.revenue_concentration where scope = 'to_date' and period_end = as_of
        """,
    ],
    "What did known customers bring, net, in the last twelve months?": [
        "select any_value(net_sales_12m) from marts.retention_economics_all",
        """
        select net_sales_above_zero + net_sales_below_zero
        from marts.revenue_concentration where scope = 'last_12_months' and period_end = as_of
        """,
    ],
    "What was given back last year?": [
        f"select sum(refunds) from marts.sales_new_vs_returning where {OF_YEAR}",
        f"select sum(refunds) from marts.product_sales where {OF_YEAR}",
        "select sum(goods) from core.refunds where is_countable and year(refund_date) = 2025",
    ],
    "What was given back of all time?": [
        "select sum(refunds) from marts.customer_360",
        "select sum(refunds) from marts.sales_new_vs_returning",
        "select sum(refunds) from marts.product_sales",
        "select sum(goods) from core.refunds where is_countable",
    ],
    "What was given back to customers who ever ordered?": [
        "select sum(refunds) from marts.retention_cohorts_monthly",
        "select sum(known_customer_refunds) from marts.purchase_behaviour_all",
        "select sum(refunds) from marts.customer_360 where order_count > 0 and not is_unknown",
    ],
    "How many people answered in the last 28 days of answers, and what is the NPS?": [
        """
        select (responses, round(nps)) from marts.nps
        where grain = 'rolling_28d' and dimension = 'all' and period_end = (
            select max(period_end) from marts.nps where grain = 'day' and dimension = 'all' and responses > 0)
        """,
        """
        select (
            regexp_extract(headline, 'of ([0-9,]+) answers', 1)::bigint,
            regexp_extract(headline, 'NPS: ([+-]?[0-9]+)', 1)::double)
        from meta.runs
        """,
    ],
    "What is the monthly recurring revenue?": [
        "select closing_mrr from marts.mrr_movements_all order by month desc limit 1",
        "select sum(mrr) from marts.customer_360",
        "select sum(mrr) from marts.customer_clv",
        "select sum(mrr) from marts.nps_value_all",
    ],
    "How many customers pay for a subscription?": [
        "select closing_customers from marts.mrr_movements_all order by month desc limit 1",
        "select count(*) from marts.customer_360 where mrr > 0 and not is_unknown",
    ],
    "How many customers were lost in the last twelve months?": [
        "select churned_customers_12m from marts.churn_all order by month_end desc limit 1",
        "select count(*) from marts.churned_customers where lapsed_on > as_of - interval 1 year",
        "select count(*) from marts.customer_360 where lifecycle = 'lapsed' and lapses_on > as_of - interval 1 year",
    ],
    "What is the churn of the last twelve months?": [
        "select round(churn_rate_12m, 9) from marts.churn_all order by month_end desc limit 1",
        "select any_value(round(churn_rate_12m, 9)) from marts.retention_economics_all",
        """
        select round(churn_rate_12m, 9) from marts.acquisition_economics
        where acquisition_channel = 'all' and customer_type = 'all'
        """,
    ],
    "What will customers bring in the next twelve months?": [
        "select predicted_value_12m from marts.predicted_totals_all",
        "select sum(predicted_value_12m) from marts.customer_clv",
        "select sum(predicted_value_12m) from marts.customer_360",
        "select sum(predicted_value_12m) from marts.nps_value_all",
    ],
    "How many customers are detractors by an answer that still counts?": [
        "select count(*) from marts.customer_360 where nps_group = 'detractor' and lifecycle <> 'prospect'",
        "select customers from marts.nps_value_all where nps_group = 'detractor'",
        """
        select count(*) from (
            select distinct on (customer_idx) customer_idx, nps_group, answered_date from core.survey_responses
            where nps_group is not null and customer_idx > 0 order by customer_idx, answered_at desc)
        where nps_group = 'detractor' and answered_date >= (select as_of - 365 from meta.runs)
        and customer_idx in (
            select customer_idx from core.orders where is_countable
            union all select customer_idx from core.subscriptions where monthly_amount > 0)
        """,
    ],
    "Who is overdue, most of all by their own rhythm?": [
        """
        select list((customer_id, frequency, next_order_due_on, round(overdue_ratio, 9)) order by customer_id)::varchar
        from marts.customer_360 where overdue_ratio is not null
        """,
        """
        with
            days as (
                select distinct customer_idx, order_date from core.orders
                where is_countable and customer_idx > 0 and order_date <= (select as_of from meta.runs)),
            gaps as (
                select *, order_date - lag(order_date) over (partition by customer_idx order by order_date) as gap
                from days),
            rhythms as (
                select customer_idx, count(gap) as frequency, median(gap) as typical, max(order_date) as last_order
                from gaps group by customer_idx having count(gap) > 1)
        select list(
            (customer_id, frequency, last_order + ceil(typical)::int, round((as_of - last_order) / typical, 9))
            order by customer_id)::varchar
        from rhythms join core.customers using (customer_idx)
        join (select customer_id from marts.customer_360 where is_active and lapses_on > as_of) using (customer_id)
        cross join (select as_of from meta.runs)
        where as_of - last_order > greatest(7, 2 * typical)
        """,
    ],
    "How many customers agreed to e-mails?": [
        "select count(*) from marts.customer_360 where email_opt_in",
        "select count(*) from core.customers where email_opt_in",
    ],
    "How many orders were delivered late?": [
        "select sum(late_orders) from marts.order_delivery_all",
        "select count(*) from marts.bad_experiences where has_late_delivery",
        "select count(*) from marts.customer_events where event_type = 'delivered_late'",
    ],
    "How many tickets were opened?": [
        "select sum(ticket_count) from marts.customer_360",
        "select sum(tickets + left_out_tickets) from marts.support_response_all",
        "select count(*) from core.tickets",
    ],
}
"""Question -> SELECTs of one value, each from another table."""

APART = {
    "The net sales of a month by purchase_behaviour leave out the unknown customer, and who only has refunds": (
        """
        select list(net_sales - known_customer_net_sales order by month)
        from marts.sales_new_vs_returning join marts.purchase_behaviour_all using (month)
        """,
        """
        with
            others as (
                select order_date as day, customer_idx, gross_sales - discounts as amount
                from core.orders where is_countable
                union all
                select refund_date, customer_idx, -goods from core.refunds where is_countable
            ),
            buyers as (select distinct customer_idx from core.orders where is_countable and customer_idx > 0)
        select list(left_out order by month)
        from (
            select month, coalesce(sum(amount), 0) as left_out
            from marts.purchase_behaviour_all
            left join (from others anti join buyers using (customer_idx)) on date_trunc('month', day) = month
            group by month
        )
        """,
    ),
    "nps_value leaves out whom referrers brought who never bought or subscribed": (
        """
        select list(missing) from (
            select (select sum(brought_customers) from marts.referrals) - sum(referred_customers) as missing
            from marts.nps_value_all)
        """,
        """
        select list(brought) from (
            select sum(brought_customers) as brought
            from marts.referrals join marts.customer_360 using (customer_id) where lifecycle = 'prospect')
        """,
    ),
    "ticket_opened holds no complaint: with complaint_opened they are all tickets": (
        """
        select [
            count(*) filter (event_type = 'ticket_opened'),
            count(*) filter (event_type in ('ticket_opened', 'complaint_opened'))]
        from marts.customer_events
        """,
        "select [count(*) filter (not coalesce(is_complaint, false)), count(*)] from core.tickets",
    ),
    "active_without_subscription counts who has had a trial or free plan alone": (
        "select [sum(active_without_subscription)] from marts.lapse_after_experiences",
        """
        with
            charged as (
                select customer_idx from core.subscriptions
                where monthly_amount > 0 and coalesce(active_until > active_from, true)
            ),
            active as (
                select distinct customer_idx from core.orders
                where is_countable and customer_idx > 0 and order_date > (
                    select max(as_of) - max(lapse_days)::int from marts.lapse_proposal))
        select [count(*)] from active anti join charged using (customer_idx)
        """,
    ),
    "sales of a store are not those of its till: some online orders name one": (
        "select [sum(product_sales)] from marts.product_sales where store_id <> 'unknown'",
        """
        select [sum(gross_sales - discounts)] from core.orders
        where is_countable and store_id is not null and order_date <= (select max(as_of) from marts.product_sales)
        """,
    ),
}
"""Why two tables differ -> by how much they do, and by how much they have to."""

OF_ONE_CUSTOMER = [
    (name, first, second)
    for name, tables in NUMBERS.items()
    for first, second in combinations(sorted(table for table, whom in tables.items() if whom == "customer"), 2)
]


@pytest.fixture(scope="module")
def con(published_demo: Path):
    with duckdb.connect(str(published_demo / "home" / "current" / "regulars.duckdb"), read_only=True) as con:
        yield con


def ask(con: duckdb.DuckDBPyConnection, query: str) -> object:
    [[value]] = con.execute(query).fetchall()
    return value


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_one_answer_whatever_table_is_asked(con, question: str):
    answers = {" ".join(query.split()): ask(con, query) for query in QUESTIONS[question]}
    assert len({*answers.values()}) == 1, answers
    assert None not in answers.values()


@pytest.mark.parametrize("reason", APART)
def test_what_two_tables_differ_by_is_what_the_reason_says(con, reason: str):
    found, expected = (ask(con, query) for query in APART[reason])
    assert found == expected
    assert any(found)


@pytest.mark.parametrize(("name", "first", "second"), OF_ONE_CUSTOMER)
def test_a_number_of_one_customer_is_the_same_in_every_table(con, name: str, first: str, second: str):
    keys = [{column.name for column in CONTRACTS[table].columns} for table in (first, second)]
    key = "customer_id" if all("customer_id" in columns for columns in keys) else "customer_idx"
    compared, differing = con.execute(f"""
        select count(*), count(*) filter (abs(a.{name} - b.{name}) > 0.00005 * greatest(1, abs(a.{name})))
        from {first} as a join {second} as b using ({key})
        where a.{name} is not null and b.{name} is not null
    """).fetchall()[0]
    assert differing == 0
    assert compared > 0
