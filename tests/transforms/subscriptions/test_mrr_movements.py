"""Recurring revenue, month by month, by hand."""

import datetime as dt
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import stats

from regulars.pipelines.transforms.subscriptions.mrr_movements import (
    COLUMNS,
    COUNTED,
    MOVEMENTS,
    mrr_movements,
)
from tests.transforms.subscription_tables import (
    Row,
    paused,
    period,
    table,
)
from tests.transforms.subscriptions.test_drawn_mrr_movements import bound_by_hand

AS_OF = dt.date(2026, 3, 15)


def movements(*rows: Row, plan: str | None = None, as_of: dt.date = AS_OF) -> dict[str, dict[str, Any]]:
    """Month -> what moved in it (amounts and customers that are not 0), over all plans or in one."""
    frame = mrr_movements(table(*rows).lazy(), as_of=as_of)
    wanted = ("all", "all") if plan is None else ("plan", plan)
    found = {}
    for row in frame.filter(pl.concat_str("dimension", "dimension_value") == "".join(wanted)).to_dicts():
        moved = {name: float(row[f"{name}_mrr"]) for name in MOVEMENTS}
        moved |= {name: row[name] for name in COUNTED.values()}
        found[str(row["month"])[:7]] = {name: value for name, value in moved.items() if value}
    return found


def month(*rows: Row, of: str, plan: str = "all", as_of: dt.date = AS_OF) -> dict[str, Any]:
    """The row of one month."""
    frame = mrr_movements(table(*rows).lazy(), as_of=as_of)
    same = (pl.col("month") == dt.date.fromisoformat(f"{of}-01")) & (pl.col("dimension_value") == plan)
    return frame.row(by_predicate=same, named=True)


def test_a_customer_comes_grows_shrinks_goes_and_returns():
    found = movements(
        period(1, "2025-10-03", "2025-11-05", "10"),
        period(1, "2025-11-05", "2025-12-05", "25"),
        period(1, "2025-12-05", "2026-01-20", "15"),
        period(1, "2026-03-01", None, "12"),
    )
    assert found == {
        "2025-10": {"new": 10, "new_subscribers": 1},
        "2025-11": {"expansion": 15},
        "2025-12": {"contraction": 10},
        "2026-01": {"churned": 15, "churned_subscribers": 1},
        "2026-02": {},
        "2026-03": {"reactivation": 12, "reactivated_subscribers": 1},
    }


def test_a_pause_is_neither_churn_nor_a_return():
    found = movements(
        paused(1, "2025-12-03", "2026-01-15", "2026-03-05", amount="20"), period(1, "2026-03-05", None, "20")
    )
    assert found == {
        "2025-12": {"new": 20, "new_subscribers": 1},
        "2026-01": {"paused": 20, "paused_customers": 1},
        "2026-02": {},
        "2026-03": {"resumed": 20, "resumed_customers": 1},
    }


def test_a_pause_within_a_row_is_one_too():
    pause = {"paused_from": dt.date(2026, 1, 15), "paused_until": dt.date(2026, 3, 5)}
    assert movements(period(1, "2025-12-03", None, "20") | pause) == {
        "2025-12": {"new": 20, "new_subscribers": 1},
        "2026-01": {"paused": 20, "paused_customers": 1},
        "2026-02": {},
        "2026-03": {"resumed": 20, "resumed_customers": 1},
    }


def test_free_time_on_the_same_plan_is_a_pause_and_a_free_plan_is_the_end():
    paid, again = period(1, "2026-01-03", "2026-02-03"), period(1, "2026-03-03")
    free = period(1, "2026-02-03", "2026-03-03", "0")
    assert movements(paid, free | {"is_free_time": True}, again)["2026-02"] == {"paused": 10, "paused_customers": 1}
    assert movements(paid, free, again)["2026-02"] == {"churned": 10, "churned_subscribers": 1}


def test_whoever_pauses_one_of_two_subscriptions_stays_a_payer():
    found = movements(period(1, "2026-01-03", None, "50"), paused(1, "2026-01-03", "2026-02-10", subscription=2))
    assert found["2026-02"] == {"paused": 10}


def test_items_side_by_side_are_one_subscriber():
    items = [
        period(1, "2026-03-03", amount=amount, plan=plan, item_id=plan) for amount, plan in (("50", "a"), ("30", "b"))
    ]
    assert movements(*items)["2026-03"] == {"new": 80, "new_subscribers": 1}


def test_a_second_subscription_is_expansion_and_its_end_contraction():
    found = movements(
        period(1, "2025-12-03"),
        period(1, "2026-01-03", "2026-02-03", "5", subscription=2),
    )
    assert found == {
        "2025-12": {"new": 10, "new_subscribers": 1},
        "2026-01": {"expansion": 5},
        "2026-02": {"contraction": 5},
        "2026-03": {},
    }


def test_a_subscription_that_takes_over_from_another_on_the_same_day_is_no_churn():
    rows = period(1, "2026-01-03", "2026-02-03"), period(1, "2026-02-03", None, "11", subscription=2)
    assert movements(*rows)["2026-02"] == {"expansion": 1}


def test_whoever_leaves_and_returns_within_a_month_does_both():
    rows = period(1, "2026-01-03", "2026-02-03"), period(1, "2026-02-09", None, "11", subscription=2)
    found = movements(*rows)["2026-02"]
    assert found == {"churned": 10, "churned_subscribers": 1, "reactivation": 11, "reactivated_subscribers": 1}


def test_a_switch_is_expansion_for_the_company_and_comes_from_one_plan_to_the_other():
    rows = period(1, "2026-01-03", "2026-02-03", "10", "S"), period(1, "2026-02-03", None, "30", "M")
    assert movements(*rows)["2026-02"] == {"expansion": 20}
    assert movements(*rows, plan="S")["2026-02"] == {"switched_out": 10, "switched_out_customers": 1}
    assert movements(*rows, plan="M") == {
        "2026-02": {"switched_in": 30, "switched_in_customers": 1},
        "2026-03": {},
    }


def test_a_switch_at_the_same_price_moves_nothing_but_the_plans():
    rows = period(1, "2026-01-03", "2026-02-03", "10", "S"), period(1, "2026-02-03", None, "10", "M")
    assert movements(*rows)["2026-02"] == {}
    assert movements(*rows, plan="M")["2026-02"] == {"switched_in": 10, "switched_in_customers": 1}


def test_a_plan_added_beside_another_comes_in_by_a_switch_and_leaves_by_one():
    rows = period(1, "2026-01-03"), period(1, "2026-02-03", "2026-03-03", "5", "M", subscription=2)
    assert [movements(*rows, plan="M")[f"2026-0{number}"] for number in (2, 3)] == [
        {"switched_in": 5, "switched_in_customers": 1},
        {"switched_out": 5, "switched_out_customers": 1},
    ]


def test_trials_and_free_periods_are_nothing_and_paying_after_them_is_new():
    rows = period(1, "2026-01-03", "2026-02-03", "0"), period(1, "2026-02-03", None, "10")
    assert movements(*rows) == {"2026-02": {"new": 10, "new_subscribers": 1}, "2026-03": {}}
    never = mrr_movements(table(period(1, "2026-01-03", None, "0"), period(2, "2026-01-03", "2026-01-03")), as_of=AS_OF)
    assert never.is_empty()


def test_what_starts_or_ends_after_the_as_of_day_has_not_happened():
    rows = period(1, "2026-01-03", "2026-03-16"), period(2, "2026-03-16"), period(3, "2026-02-03", "2026-03-15")
    assert movements(*rows) == {
        "2026-01": {"new": 10, "new_subscribers": 1},
        "2026-02": {"new": 10, "new_subscribers": 1},
        "2026-03": {"churned": 10, "churned_subscribers": 1},
    }


def test_subscriptions_that_name_nobody_are_customers_of_their_own():
    rows = period(0, "2026-01-03"), period(0, "2026-02-03", subscription=2)
    assert [found.get("new_subscribers") for found in movements(*rows).values()] == [1, 1, None]
    assert month(*rows, of="2026-03")["closing_customers"] == 2


def test_a_month_that_is_not_over_is_counted_so_far_and_has_no_rate():
    rows = period(1, "2024-12-03", None, "10"), period(2, "2025-03-03", None, "10")
    row = month(*rows, of="2026-03")
    assert (row["is_complete"], row["reason"], row["closing_mrr"]) == (False, "the month is not over", 20)
    assert (row["net_revenue_retention_12m"], row["base_customers_12m"]) == (None, 2)


def test_retention_looks_at_who_paid_a_year_ago_and_growth_of_some_never_makes_up_in_the_gross_rate():
    row = month(
        period(1, "2025-01-03", "2025-06-03", "10"),
        period(1, "2025-06-03", None, "25"),
        period(2, "2025-01-31", "2025-02-03", "20"),
        period(2, "2025-02-03", None, "5"),
        period(3, "2025-01-31", "2026-01-31", "10"),
        period(4, "2025-02-01", None, "100"),
        period(5, "2024-11-01", "2025-03-01", "10"),
        period(5, "2026-01-15", None, "4"),
        of="2026-01",
    )
    assert (row["base_mrr_12m"], row["base_customers_12m"]) == (50, 4)
    assert (row["retained_mrr_12m"], row["current_mrr_12m"]) == (10 + 5 + 0 + 4, 25 + 5 + 0 + 4)
    assert row["gross_revenue_retention_12m"] == pytest.approx(19 / 50)
    assert row["net_revenue_retention_12m"] == pytest.approx(34 / 50)
    assert (row["customer_retention_12m"], row["reason"]) == (0.75, None)


def test_retention_by_few_customers_says_how_little_it_knows():
    rows = [period(customer, "2025-01-03", amount=str(customer)) for customer in range(1, 5)]
    row = month(*rows, period(5, "2025-01-03", "2025-06-03", "5"), of="2026-01")
    assert row["net_revenue_retention_12m"] == row["gross_revenue_retention_12m"] == pytest.approx(10 / 15)
    amounts = np.array([1.0, 2, 3, 4, 5])
    low, high = bound_by_hand(amounts, amounts * (amounts < 5))
    assert (row["net_revenue_retention_12m_low"], row["net_revenue_retention_12m_high"]) == pytest.approx(
        (max(low, 0), high)
    )
    assert row["gross_revenue_retention_12m_high"] == 1
    wilson = stats.binomtest(4, 5).proportion_ci(method="wilson")
    assert (row["customer_retention_12m_low"], row["customer_retention_12m_high"]) == pytest.approx(wilson, abs=1e-9)


def test_one_customer_has_no_interval_of_revenue():
    row = month(period(1, "2025-01-03"), of="2026-01")
    assert (row["net_revenue_retention_12m"], row["net_revenue_retention_12m_low"]) == (1, None)
    assert row["gross_revenue_retention_12m_high"] is None
    assert row["reason"] == "no interval of revenue: it is of one customer"


def test_retention_is_known_twelve_months_after_the_first_month():
    rows = [period(1, "2025-01-03")]
    early, known = month(*rows, of="2025-12"), month(*rows, of="2026-01")
    assert early["reason"] == "history too short: known from 2026-01-31 on"
    assert (early["net_revenue_retention_12m"], known["net_revenue_retention_12m"]) == (None, 1)


def test_where_nobody_paid_a_year_before_there_is_no_rate():
    row = month(period(1, "2024-01-03", "2024-06-03"), period(2, "2026-01-03"), of="2026-02")
    assert (row["net_revenue_retention_12m"], row["reason"]) == (None, "no customer paid 12 months before")


def test_within_a_plan_whoever_switched_away_is_lost_to_it():
    rows = period(1, "2025-01-03", "2025-06-03", "10", "S"), period(1, "2025-06-03", None, "30", "M")
    assert month(*rows, of="2026-01")["net_revenue_retention_12m"] == 3
    assert month(*rows, of="2026-01", plan="S")["net_revenue_retention_12m"] == 0


def test_without_subscriptions_the_table_is_empty():
    with duckdb.connect() as con:
        con.register("nothing", table().to_arrow())
        found = mrr_movements(con.table("nothing"), as_of=AS_OF)
    assert found.is_empty()
    assert found.schema == COLUMNS


def test_the_order_of_rows_does_not_matter():
    rows = [
        period(n % 4, f"2025-{1 + n:02}-10", f"2025-{2 + n:02}-{5 + n:02}", str(n), "SM"[n % 2], subscription=n)
        for n in range(1, 11)
    ]
    expected = mrr_movements(table(*rows), as_of=AS_OF)
    assert_frame_equal(mrr_movements(table(*reversed(rows)), as_of=AS_OF), expected)
