"""A headline view of the published sample company: who adds up its columns finds the number of the whole base."""

from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.headline_view import HeadlineView
from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.contracts.view_contracts import make_view_contracts

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
VIEWS = [(contract, view) for contract in CONTRACTS.values() for view in contract.views]

COUNTED = {
    ("feedback_themes_all", "comments"): """
        select count(*) from core.survey_response_themes
        join core.survey_responses using (system, response_id)
        where answered_date <= (select max(as_of) from marts.feedback_themes)
    """,
    ("churn_all", "newly_active_customers"): """
        select count(distinct customer_idx) from (
            select customer_idx, order_date as day from core.orders where is_countable
            union all
            select customer_idx, active_from from core.subscriptions
            where monthly_amount > 0 and active_until is distinct from active_from)
        where customer_idx > 0 and day <= (select max(month_end) from marts.churn)
    """,
    (
        "purchase_behaviour_all",
        "known_customer_orders",
    ): "select count(*) from core.orders where is_countable and customer_idx > 0",
    ("purchase_behaviour_all", "known_customer_net_sales"): """
        select (select sum(gross_sales - discounts) from core.orders where is_countable and customer_idx > 0)
            - coalesce((select sum(goods) from core.refunds where is_countable and customer_idx in (
                select customer_idx from core.orders where is_countable and customer_idx > 0)), 0)
    """,
    ("retention_cohorts_monthly", "order_count"): """
        select count(*) from core.orders where is_countable and customer_idx > 0
    """,
    ("retention_cohorts_monthly", "net_sales"): "select sum(net_sales_to_date) from marts.customer_clv",
    ("retention_cohorts_monthly", "refunds"): """
        select sum(goods) from core.refunds where is_countable and customer_idx in (
            select customer_idx from core.orders where is_countable and customer_idx > 0)
    """,
    ("monthly_cohort_sizes", "cohort_size"): """
        select count(distinct customer_idx) from core.orders where is_countable and customer_idx > 0
    """,
    ("mrr_movements_all", "new_mrr"): """
        select closing_mrr + all_others from (
            select sum(churned_mrr + paused_mrr + contraction_mrr + switched_out_mrr - reactivation_mrr - resumed_mrr
                - expansion_mrr - switched_in_mrr) as all_others from marts.mrr_movements_all
        ), (select closing_mrr from marts.mrr_movements_all order by month desc limit 1)
    """,
    ("subscription_churn_all", "cancelled_subscriptions"): """
        select sum(cancelled_subscriptions) from marts.subscription_churn where dimension = 'cancel_reason'
    """,
    ("subscription_churn_all", "cancelled_mrr"): """
        select sum(cancelled_mrr) from marts.subscription_churn where dimension = 'end_type'
    """,
    ("acquisition_economics_by_channel", "spend"): """
        select spend from marts.acquisition_economics where acquisition_channel = 'all' and customer_type = 'all'
    """,
    ("acquisition_economics_by_channel", "new_customers_won"): """
        select new_customers_won from marts.acquisition_economics
        where acquisition_channel = 'all' and customer_type = 'all'
    """,
    ("nps_all_daily", "responses"): """
        select count(distinct (coalesce(contact_id, customer_idx::varchar, system || response_id), answered_date))
        from core.survey_responses where nps_group is not null
    """,
    ("support_response_all", "tickets"): """
        select sum(tickets) from marts.support_response where grain = 'week' and dimension = 'all'
    """,
    ("order_delivery_all", "late_orders"): """
        select count(*) from marts.bad_experiences where has_late_delivery
    """,
    ("demand_forecast_all", "demand"): """
        select sum(demand) from marts.demand_forecast where place_type = 'region'
    """,
}
"""(view, column) -> the same number, counted in another way."""


@pytest.fixture(scope="module")
def con(published_demo: Path):
    with duckdb.connect(str(published_demo / "home" / "current" / "regulars.duckdb"), read_only=True) as con:
        yield con


def test_every_view_is_published_with_its_columns_and_comments(con):
    found = dict(
        con.execute("select schema_name || '.' || view_name, comment from duckdb_views() where not internal").fetchall()
    )
    views = make_view_contracts(CONTRACTS)
    assert len(VIEWS) >= 16
    assert sorted(found) == sorted(views)
    for name, view in views.items():
        assert con.sql(f"from {name}").columns == [column.name for column in view.columns]
        assert found[name].startswith(view.purpose)


def test_no_view_allows_a_value_whose_rows_it_leaves_out(con):
    allowed = set(con.execute("select table_name, column_name, allowed_value from meta.allowed_values").fetchall())
    left_out = {(f"{contract.layer}.{view.name}", *each) for contract, view in VIEWS for each in view.where_not.items()}
    assert ("marts.nps_by_value", "dimension", "all") in left_out
    assert ("marts.nps_by_value", "dimension", "region") in allowed
    assert left_out & allowed == set()


@pytest.mark.parametrize(("contract", "view"), VIEWS, ids=lambda each: getattr(each, "name", None))
def test_what_is_left_of_the_key_names_one_row_of_a_view(con, contract: Contract, view: HeadlineView):
    name = f"{contract.layer}.{view.name}"
    key = ", ".join(make_view_contracts({contract.table: contract})[name].key) or "1"
    rows, distinct = con.execute(f"select count(*), count(distinct ({key})) from {name}").fetchall()[0]
    assert rows == distinct
    assert rows > 0


@pytest.mark.parametrize(
    ("contract", "view"),
    [(contract, view) for contract, view in VIEWS if view.where.get("dimension") == "all" and view.additive],
    ids=lambda each: getattr(each, "name", None),
)
def test_a_plain_sum_is_that_of_every_dimension_that_splits_the_base(con, contract: Contract, view: HeadlineView):
    """Every dimension holds the whole base, so each is another way of counting it."""
    fixed = {name: value for name, value in view.where.items() if name not in ("dimension", "dimension_value")}
    rows = " and ".join(["dimension <> 'all'", *(f"{name} = '{value}'" for name, value in fixed.items())])
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in view.additive)
    whole = con.execute(f"select {sums} from {contract.layer}.{view.name}").fetchall()[0]
    parts = con.execute(f"select dimension, {sums} from {contract.table} where {rows} group by all").fetchall()
    assert any(whole)
    for dimension, *values in parts:
        if dimension not in SPLITTING_OTHERWISE:
            assert dict(zip(view.additive, values, strict=True)) == dict(zip(view.additive, whole, strict=True)), (
                dimension
            )


SPLITTING_OTHERWISE = {
    *("touchpoint", "channel", "store", "language"),  # one person may have a vote of each value
    *("plan", "cancel_reason", "cancel_type", "end_type"),  # all that began stand beside each reason to end
}
"""Dimensions whose values do not add up to the whole base."""


@pytest.mark.parametrize(("view", "column"), COUNTED)
def test_a_plain_sum_is_what_counting_otherwise_finds(con, view: str, column: str):
    ((summed,),) = con.execute(f"select sum({column}) from marts.{view}").fetchall()
    assert summed == con.execute(COUNTED[view, column]).fetchall()[0][0]
    assert summed > 0


def test_every_metric_that_needs_a_filter_points_at_a_view_where_it_comes_out_the_same(con):
    rows = con.execute("""
        select table_name, expression, coalesce(filter, 'true'), view_name, coalesce(view_filter, 'true'), time_column
        from meta.metric_definitions where view_name is not null and expression is not null
    """).fetchall()
    assert len(rows) >= 25
    for table, expression, kept, view, rest, time in rows:
        on_table, on_view = (
            con.execute(
                f"select {time}, {expression} from {name} where {condition} group by all order by all"
            ).fetchall()
            for name, condition in ((table, kept), (view, rest))
        )
        assert on_view == on_table, (table, expression)
