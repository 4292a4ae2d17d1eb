"""Values of the contribution margin: what is left of a customer's sales after the cost of the goods."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import duckdb
import polars as pl
import pytest

from regulars.pipelines.contracts.odcs.load import load_contract
from regulars.pipelines.contracts.violations import select_failed_count
from regulars.pipelines.definitions.enumerations import VALUE_BASES, ValueBasis
from regulars.pipelines.settings.economics import Economics
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.clv.clv_evaluation import clv_evaluation
from regulars.pipelines.transforms.clv.clv_models import clv_models
from regulars.pipelines.transforms.clv.customer_clv import customer_clv
from regulars.pipelines.transforms.clv.methods import PREDICTING_MODELS
from regulars.pipelines.transforms.clv.values.value_basis import make_values
from tests.transforms import simulated_company
from tests.transforms.clv.test_customer_clv import NO_LINES, clv, core
from tests.transforms.simulated_company import beta_geo_company

CONTRACT = load_contract(Path(__file__).parents[3] / "data_contracts" / "marts" / "customer_clv.odcs.yaml")
NAMES = {"ada": 1, "bob": 2, "cem": 3}
MARGIN: Any = {"value_basis": "contribution_margin"}


def lines(*rows: tuple[str, str, str, str | None]) -> pl.DataFrame:
    """Order lines from (customer, day, sales, cost)."""
    made = [
        (NAMES[name], dt.date.fromisoformat(day), True, Decimal(sales), Decimal(0), cost and Decimal(cost))
        for name, day, sales, cost in rows
    ]
    return pl.DataFrame(made, schema=NO_LINES.schema, orient="row")


def values(
    bought: list[tuple[str, str, str, str | None]], refunds: list[tuple[str, str, str]] | None = None, **more: Any
) -> dict[str, dict[str, Any]]:
    """Customer -> row, where each order has one line; the cost None is not known."""
    frames = core([row[:3] for row in bought], refunds) | {"order_lines": lines(*bought)}
    return {row["customer_id"]: row for row in clv(frames, **more).to_dicts()}


ADA_AND_BOB = [("ada", "2025-10-01", "100", "60"), ("bob", "2025-10-01", "300", "60")]


def test_each_customer_has_the_margin_of_what_they_buy():
    found = values(ADA_AND_BOB, **MARGIN)
    assert {name: (row["contribution_rate"], row["value_to_date"]) for name, row in found.items()} == {
        "ada": (pytest.approx(0.4), 40),
        "bob": (pytest.approx(0.8), 240),
    }
    assert found["ada"]["net_sales_to_date"] == 100
    assert {row["value_basis"] for row in found.values()} == {"contribution_margin"}


def test_net_sales_have_the_margin_beside_them():
    ada = values(ADA_AND_BOB)["ada"]
    assert (ada["value_basis"], ada["value_to_date"], ada["contribution_margin_to_date"]) == ("net_sales", 100, 40)
    assert ada["avg_annual_value"] == 100


def test_the_formula_is_of_the_margin_and_costs_of_winning_are_taken_off_once():
    frames = core([("ada", "2024-03-31", "1000")], costs={"ada": "50"})
    frames["order_lines"] = lines(("ada", "2024-03-31", "1000", "600"))
    ada = clv(frames, **MARGIN).row(0, named=True)
    # lapsed after a year: 400 a year for one year, less 50
    assert (ada["avg_annual_value"], ada["clv_simple"]) == (400, pytest.approx(Decimal(350), abs=Decimal("0.3")))
    assert ada["clv_predicted"] == 350 + ada["predicted_value_lifetime"]


def test_a_refund_takes_back_its_share_of_the_margin():
    ada = values(ADA_AND_BOB, [("ada", "2025-11-01", "100")], **MARGIN)["ada"]
    assert (ada["net_sales_to_date"], ada["value_to_date"]) == (0, 0)


def test_sales_without_a_cost_count_at_the_margin_of_all_others():
    bought = [*ADA_AND_BOB, ("ada", "2025-11-01", "100", None), ("cem", "2025-11-01", "50", None)]
    found = values(bought, economics=Economics(least_sales_with_cost=0.7), **MARGIN)
    # of 400 with a cost 280 are left: 0.7 for the 100 of Ada and the 50 of Cem that have none
    assert found["ada"]["contribution_rate"] == pytest.approx((40 + 70) / 200)
    assert found["cem"]["contribution_rate"] == pytest.approx(0.7)
    assert [found[name]["sales_with_cost_rate"] for name in ("ada", "bob", "cem")] == [0.5, 1, 0]


@pytest.mark.parametrize(("least", "basis"), [(0.73, "net_sales"), (0.72, "contribution_margin")])
def test_too_few_known_costs_leave_net_sales_and_say_so(least: float, basis: str):
    bought = [*ADA_AND_BOB, ("cem", "2025-11-01", "150", None)]  # the cost is known of 400 of 550
    found = values(bought, economics=Economics(least_sales_with_cost=least), **MARGIN)["bob"]
    says = "values are net sales: the cost is known of 73 % of sales, and economics.least_sales_with_cost asks for 73 %"
    assert found["value_basis"] == basis
    assert (says in found["reason"]) == (basis == "net_sales")
    assert found["value_to_date"] == (300 if basis == "net_sales" else 240)


def test_without_any_cost_there_is_no_margin():
    found = values([("ada", "2025-10-01", "100", None)], economics=Economics(least_sales_with_cost=0), **MARGIN)["ada"]
    assert (found["value_basis"], found["contribution_rate"], found["contribution_margin_to_date"]) == (
        "net_sales",
        None,
        None,
    )


def test_a_margin_of_the_settings_is_everybodys():
    found = values(ADA_AND_BOB, economics=Economics(contribution_margin=0.25), **MARGIN)
    assert [row["value_to_date"] for row in found.values()] == [25, 75]


def test_who_is_sold_to_below_cost_has_a_negative_value_and_no_negative_prediction():
    bought = [("ada", "2025-10-01", "100", "130"), ("bob", "2025-10-01", "300", "60")]
    ada = values(bought, **MARGIN)["ada"]
    assert ada["value_to_date"] == -30
    assert ada["predicted_value_12m"] == 0


@pytest.mark.parametrize(("basis", "rate"), [("net_sales", 1), ("contribution_margin", 0.5)])
def test_each_end_of_the_predicted_value_is_at_its_own_place(basis: ValueBasis, rate: float):
    spans = ("12m", "36m", "lifetime")
    ends = {"": 0, "_low": -10, "_high": 30}
    ahead = {
        f"predicted_value_{span}{end}": 100 * n + more for n, span in enumerate(spans, 2) for end, more in ends.items()
    }
    subscribed = {f"predicted_subscription_revenue_{span}": 8 * n for n, span in enumerate(spans, 1)}
    to_date = {"net_sales_to_date": 1000, "total_revenue_to_date": 1060, "acquisition_cost": 70}
    money = {name: [Decimal(value)] for name, value in {**ahead, **subscribed, **to_date}.items()}
    years = {"years_observed": [2.0], "years_left": [1.0], "expected_lifetime_years": [3.0]}
    table = pl.DataFrame({"order_count": [4], "contribution_rate": [0.5], **years, **money}).with_columns(
        pl.col(list(money)).cast(MONEY)
    )
    found = make_values(table, basis, subscription_revenue_is_in_orders=False).row(0, named=True)
    assert {name: found[name] for name in ahead} == {name: value * rate for name, value in ahead.items()}
    for n, span in enumerate(spans, 1):
        assert found[f"predicted_total_value_{span}"] == (100 * (n + 1) + 8 * n) * rate
    of_lifetime = [found[f"clv_predicted{end}"] for end in ("", "_low", "_high")]
    assert of_lifetime == [(1000 + 400 + more) * rate - 70 for more in (0, -10, 30)]
    assert found["clv_predicted_total"] == (1060 + 400 + 24) * rate - 70


@pytest.fixture(scope="module")
def fitted() -> dict[str, pl.DataFrame]:
    """The core tables of a simulated company, with the models of its customers and how they were graded."""
    frames = beta_geo_company(600)
    bought = (frames["orders"], frames["refunds"], frames["calendar"])
    models = clv_models(*bought, as_of=simulated_company.AS_OF)
    evaluation = clv_evaluation(*bought, models, frames["subscriptions"], as_of=simulated_company.AS_OF)
    return {**frames, "clv_models": models, "clv_evaluation": evaluation}


@pytest.fixture(scope="module")
def both(fitted) -> dict[str, pl.DataFrame]:
    """The mart of that company on either basis; a third buys at a margin of 0.9, others at 0.5."""
    share = pl.when(pl.col("customer_idx") % 3 == 0).then(0.1).otherwise(0.5)
    cost = (pl.col("gross_sales").cast(pl.Float64) * share).cast(pl.Decimal(18, 4))
    order_lines = fitted["orders"].select(*list(NO_LINES.columns)[:-1], cost=cost)
    bases: tuple[ValueBasis, ...] = get_args(ValueBasis)
    return {
        basis: customer_clv(
            **fitted,
            order_lines=order_lines,
            as_of=simulated_company.AS_OF,
            lapse_days=365,
            max_lifetime_years=10,
            discount_rate=0.1,
            value_basis=basis,
            economics=Economics(),
            subscription_revenue_is_in_orders=False,
        )
        for basis in bases
    }


def test_predictions_are_those_of_net_sales_times_the_margin(both):
    sales, margin = both["net_sales"], both["contribution_margin"]
    joined = sales.join(margin, on="customer_id", suffix="_left_over", maintain_order="left")
    for name in ("predicted_value_12m", "predicted_value_36m_high", "predicted_value_lifetime"):
        of_sales = (joined[name].cast(pl.Float64) * joined["contribution_rate"]).to_list()
        assert joined[f"{name}_left_over"].cast(pl.Float64).to_list() == pytest.approx(of_sales, abs=0.0001)
    for name in ("method", "predicted_purchases_12m", "test_value_error_rate", "expected_spend"):
        assert joined[name].to_list() == joined[f"{name}_left_over"].to_list()


def test_without_a_usable_model_of_spend_the_reason_says_what_intervals_leave_out(fitted):
    frames = dict(fitted)
    models, evaluation = frames.pop("clv_models"), frames.pop("clv_evaluation")
    broken = models.with_columns(converged=pl.col("converged") & (pl.col("model") != "gamma_gamma"))
    said = {}
    for name, given, graded in (("fitted", models, evaluation), ("broken", broken, None)):
        found = clv(frames, simulated_company.AS_OF, models=given, evaluation=graded)
        assert found["method"][0] in PREDICTING_MODELS
        said[name] = found["reason"].str.contains("no model of spend could be used").mean()
    assert said == {"fitted": 0, "broken": 1}


@pytest.mark.parametrize("basis", VALUE_BASES)
def test_the_mart_keeps_its_contract_on_either_basis(both, basis):
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.register("frame", both[basis].to_arrow())
        con.execute("create table marts.customer_clv as from frame")
        for rule in CONTRACT.rules:
            if rule.type in ("predicate", "finite", "range", "one_of", "required", "structure"):
                assert con.sql(select_failed_count(rule, CONTRACT.table)).fetchall()[0][0] == 0, rule.id
