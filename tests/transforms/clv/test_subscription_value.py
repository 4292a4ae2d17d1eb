"""Subscriptions in `customer_clv`: who never ordered, what is predicted, and what is added up."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from regulars.pipelines.contracts.odcs.load import load_contract
from regulars.pipelines.contracts.violations import select_failed_count
from regulars.pipelines.settings.economics import Economics
from regulars.pipelines.transforms.clv.clv_evaluation import clv_evaluation
from regulars.pipelines.transforms.clv.clv_models import clv_models
from regulars.pipelines.transforms.clv.customer_clv import customer_clv
from regulars.pipelines.transforms.clv.method_choice import find_best_model, find_chosen_method
from regulars.pipelines.transforms.clv.values.subscription_value import explain_factor
from tests.transforms import subscription_tables
from tests.transforms.clv.test_customer_clv import NO_LINES, core
from tests.transforms.subscription_tables import leaving_company, period

ROOT = Path(__file__).parents[3]
CONTRACTS = [
    load_contract(ROOT / "data_contracts" / name)
    for name in ("marts/customer_clv.odcs.yaml", "meta/clv_evaluation.odcs.yaml")
]
AS_OF = dt.date(2025, 12, 31)
SUBSCRIBER, BUYER, BOTH, OLD = 1001, 1002, 1003, 1004
Tables = dict[str, pl.DataFrame]


def value(subscriptions: list[subscription_tables.Row], *, in_orders: bool = False, **more: Any) -> Tables:
    """The mart and the evaluation of a company in which 1002 and 1003 have bought once, for 1000, and 1004 for 1."""
    first = more.pop("first_order", "2025-01-01")
    frames = core([("both", "2025-01-01", "1000"), ("buyer", "2025-01-01", "1000"), ("old", first, "1")])
    renumbered = {1: BOTH, 2: BUYER, 3: OLD}
    people = sorted({BUYER, BOTH, OLD} | {row["customer_idx"] for row in subscriptions})
    frames["orders"] = frames["orders"].with_columns(pl.col("customer_idx").replace_strict(renumbered))
    frames["orders"] = frames["orders"].with_columns(pl.col("customer_idx").cast(pl.Int32))
    frames["customers"] = pl.DataFrame(
        {"customer_idx": people, "customer_id": [str(each) for each in people]},
        schema_overrides={"customer_idx": pl.Int32},
    ).with_columns(
        customer_type=pl.lit("office"),
        acquisition_cost=pl.when(pl.col("customer_idx") == SUBSCRIBER).then(Decimal(50)).cast(pl.Decimal(18, 4)),
    )
    frames["subscriptions"] = subscription_tables.table(*subscriptions)
    bought = (frames["orders"], frames["refunds"], frames["calendar"])
    models = clv_models(*bought, as_of=AS_OF)
    evaluation = clv_evaluation(*bought, models, frames["subscriptions"], as_of=AS_OF)
    mart = customer_clv(
        **({"order_lines": NO_LINES} | frames),
        clv_models=models,
        clv_evaluation=evaluation,
        as_of=AS_OF,
        lapse_days=365,
        max_lifetime_years=10,
        discount_rate=0.1,
        value_basis=more.pop("value_basis", "net_sales"),
        economics=more.pop("economics", Economics()),
        subscription_revenue_is_in_orders=in_orders,
    )
    return {"mart": mart, "evaluation": evaluation}


THREE = [period(SUBSCRIBER, "2025-07-01", amount="20"), period(BOTH, "2025-12-01", amount="31")]


@pytest.fixture(scope="module")
def few() -> Tables:
    """Two subscriptions: too few to say how long they last."""
    return value(THREE)


@pytest.fixture(scope="module")
def many() -> Tables:
    """The same with three years of subscribers who come and leave, so that churn is known too."""
    return value([*THREE, *leaving_company()], first_order="2023-01-01")


def of(tables: Tables, customer: int) -> dict[str, Any]:
    return tables["mart"].row(by_predicate=pl.col("customer_idx") == customer, named=True)


def test_who_never_ordered_is_worth_what_the_subscription_brought(few):
    found = of(few, SUBSCRIBER)
    assert (found["order_count"], found["net_sales_to_date"], found["first_order_date"]) == (0, 0, None)
    assert (found["is_subscriber"], found["mrr"], found["subscription_revenue_to_date"]) == (True, 20, 120)
    # half a year counts as a whole one; nothing is known of churn, so that the lifetime is the half year observed
    assert (found["value_to_date"], found["avg_annual_value"]) == (120, 120)
    assert found["avg_annual_value_total"] == 120
    assert found["expected_lifetime_years"] == pytest.approx(183 / 365.25)
    assert float(found["clv_simple"]) == pytest.approx(120 * 183 / 365.25 - 50, abs=0.0001)
    assert found["clv_simple_total"] == found["clv_simple"]


def test_where_nothing_can_be_said_of_orders_or_subscriptions_the_reason_says_so(few):
    found = of(few, SUBSCRIBER)
    assert found["method"] == "subscription_survival"
    assert found["reason"].startswith("without an order: the value is subscription revenue")
    assert "subscription revenue is not predicted: too few to project" in found["reason"]
    assert found["predicted_value_12m"] is None
    assert found["predicted_subscription_revenue_12m"] is found["predicted_total_value_12m"] is None


def test_who_has_no_subscription_has_none_to_come(many):
    found = of(many, BUYER)
    assert (found["is_subscriber"], found["mrr"]) == (False, 0)
    assert found["predicted_subscription_revenue_36m"] == found["predicted_subscription_revenue_36m_high"] == 0
    assert found["predicted_total_value_12m"] == found["predicted_value_12m"]
    assert "subscription" not in found["reason"]


def test_predicted_subscriptions_stand_beside_orders_and_in_the_total(many):
    both, alone = of(many, BOTH), of(many, SUBSCRIBER)
    assert 0 < both["predicted_subscription_revenue_12m"] < 12 * 31
    for span in ("12m", "36m", "lifetime"):
        of_subscription = both[f"predicted_subscription_revenue_{span}"]
        assert both[f"predicted_total_value_{span}"] == both[f"predicted_value_{span}"] + of_subscription
        assert alone[f"predicted_total_value_{span}"] == alone[f"predicted_subscription_revenue_{span}"] > 0
        low, high = (both[f"predicted_subscription_revenue_{span}{end}"] for end in ("_low", "_high"))
        assert low < of_subscription < high
    assert alone["clv_predicted"] is None
    assert alone["clv_predicted_total"] == 120 + alone["predicted_subscription_revenue_lifetime"] - 50
    assert "tested over 365 days: multiplied by" in both["reason"]


@pytest.mark.parametrize(
    ("factor", "actual", "said"),
    [
        (1.143, 1214.0, "multiplied by 1.143, a part of the 1.214 of the test, which few subscribers decided"),
        (1.2144, 1214.0, "multiplied by 1.214, as in the test"),
        (1.0, 0.0, "multiplied by 1.000"),
    ],
)
def test_the_factor_says_how_much_of_the_test_it_is(factor: float, actual: float, said: str):
    assert explain_factor({"value_calibration": factor, "predicted_value": 1000.0, "actual_value": actual}) == said


@pytest.mark.parametrize("kind", ["few", "many"])
def test_the_tier_is_the_share_of_those_who_are_worth_more_with_subscriptions(kind, request):
    rows = request.getfixturevalue(kind)["mart"].to_dicts()
    worth = {
        row["customer_idx"]: row["clv_predicted"] if row["clv_predicted_total"] is None else row["clv_predicted_total"]
        for row in rows
    }
    known = [each for each in worth.values() if each is not None]
    for row in rows:
        mine = worth[row["customer_idx"]]
        if mine is None:
            assert row["clv_tier"] is None
            continue
        above = sum(each > mine for each in known) / len(known)
        names = ((0.1, "top_10_percent"), (0.3, "next_20_percent"), (0.7, "middle"), (2, "lowest_30_percent"))
        assert row["clv_tier"] == next(name for share, name in names if above < share)


def test_a_subscriber_without_orders_has_a_tier_once_subscriptions_can_be_predicted(few, many):
    assert of(few, SUBSCRIBER)["clv_tier"] is None
    assert of(many, SUBSCRIBER)["clv_tier"] is not None


def test_where_subscriptions_cannot_be_predicted_the_tier_is_by_the_orders():
    found = of(value(THREE, first_order="2023-01-01"), BOTH)
    assert (found["clv_predicted"] is None, found["clv_predicted_total"]) == (False, None)
    assert found["clv_tier"] is not None


def test_more_months_bring_more_and_a_lifetime_is_discounted(many):
    found = of(many, BOTH)
    year, three = (float(found[f"predicted_subscription_revenue_{span}"]) for span in ("12m", "36m"))
    assert year < three < 3 * year
    assert float(found["predicted_subscription_revenue_lifetime"]) > year


def test_where_orders_hold_subscription_revenue_it_is_not_added_again():
    found = value([*THREE, *leaving_company()], in_orders=True)
    assert found["mart"]["customer_idx"].sort().to_list() == [BUYER, BOTH, OLD]
    both = of(found, BOTH)
    assert both["total_revenue_to_date"] == both["net_sales_to_date"]
    assert both["predicted_subscription_revenue_12m"] > 0
    assert both["predicted_total_value_12m"] == both["predicted_value_12m"]
    assert both["clv_predicted_total"] == both["clv_predicted"]


def test_by_the_margin_subscription_revenue_counts_at_the_same_rate():
    by_margin = value(
        [*THREE, *leaving_company()], value_basis="contribution_margin", economics=Economics(contribution_margin=0.5)
    )
    found = of(by_margin, SUBSCRIBER)
    assert (found["value_to_date"], found["subscription_revenue_to_date"]) == (60, 120)
    half = float(found["predicted_subscription_revenue_12m"]) / 2
    assert float(found["predicted_total_value_12m"]) == pytest.approx(half, abs=0.0001)


def test_the_test_of_subscriptions_competes_with_no_method_of_orders(many):
    row = many["evaluation"].row(0, named=True)
    assert many["evaluation"].height == 1
    assert (row["method"], row["scope"], row["is_chosen"]) == ("subscription_survival", "subscribers", True)
    assert row["predicted_purchases"] is None
    assert find_chosen_method(many["evaluation"]) is find_best_model(many["evaluation"]) is None


@pytest.mark.parametrize("kind", ["few", "many"])
def test_no_rule_of_the_contracts_is_broken(kind, request):
    tables = request.getfixturevalue(kind)
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.execute("create schema meta")
        for contract, frame in zip(CONTRACTS, (tables["mart"], tables["evaluation"]), strict=True):
            con.register("frame", frame.to_arrow())
            con.execute(f"create table {contract.table} as from frame")
            for rule in contract.rules:
                if rule.type in ("predicate", "finite", "range", "one_of", "required", "structure"):
                    failed = con.sql(select_failed_count(rule, contract.table)).fetchall()[0][0]
                    assert failed == 0, rule.id
