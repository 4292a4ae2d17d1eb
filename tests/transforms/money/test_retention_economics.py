"""The mart `retention_economics`: what a few points of retention are worth."""

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars.pipelines.models.comparisons.skewed_means import Group, Shape
from regulars.pipelines.settings.economics import Economics
from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.churn.churn import CHURN_COLUMNS
from regulars.pipelines.transforms.money.retention_economics import COLUMNS, retention_economics
from tests.transforms.core_tables import ENGINES, REFUND_SCHEMA, Row
from tests.transforms.mart_rules import broken_rules
from tests.transforms.products.product_tables import item, product_tables, sale

AS_OF = dt.date(2026, 4, 10)
MONTH_END = dt.date(2026, 3, 31)
FORTY_PERCENT = Economics(contribution_margin=0.4)


def month(churn_rate: float | None, customers: int = 1000, **more: Any) -> Row:
    """A row of `marts.churn`, of the whole base at the last month-end."""
    return {
        "month_end": MONTH_END,
        "dimension": "all",
        "dimension_value": "all",
        "churn_rate_12m": churn_rate,
        "average_customers_12m": float(customers),
        "active_customers": customers,
        "reason": "history too short" if churn_rate is None else None,
        **more,
    }


def inputs(
    *sales: Row, churn: list[Row], types: dict[int, str] | None = None, refunds: Sequence[Row] = ()
) -> dict[str, Any]:
    tables = product_tables(*sales)
    customers = sorted(set(tables["orders"]["customer_idx"]) - {0})
    known = {"customer_idx": customers, "customer_type": [(types or {}).get(each) for each in customers]}
    return {
        "orders": tables["orders"],
        "refunds": pl.DataFrame(list(refunds), schema=REFUND_SCHEMA),
        "order_lines": tables["order_lines"],
        "customer_dimensions": pl.DataFrame(known, schema={"customer_idx": pl.Int32, "customer_type": pl.String}),
        "churn": pl.DataFrame([{name: row.get(name) for name in CHURN_COLUMNS} for row in churn], schema=CHURN_COLUMNS),
    }


def mart(
    tables: dict[str, Any], economics: Economics = FORTY_PERCENT, engine: str = "polars", split: Sequence[str] = ()
) -> list[Row]:
    with ENGINES[engine](tables) as frames:
        found = retention_economics(
            **frames, as_of=AS_OF, cohorts=Cohorts(dimensions=list(split)), economics=economics, discount_rate=0.1
        )
    rules = {
        f"marts.{name}" if name in ("churn", "customer_dimensions") else name: rows for name, rows in tables.items()
    }
    assert broken_rules("retention_economics", found, rules) == set()
    return found.to_dicts()


THOUSAND = [sale("2025-06-05", item("bar", "60000")), sale("2026-03-31", item("bar", "40000"), customer=2)]
"""A hundred a year for each of a thousand customers."""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("churn_rate", "gains", "rest"),
    [
        (0.40, (1946, 3950, 10332), (0.187, 0.1245, 0.14)),
        (0.25, (3027, 6142, 16048), (0.175, 0.1169, 0.25)),
        (0.10, (4635, 9399, 24503), (0.166, 0.1108, 1.00)),
    ],
)
def test_a_thousand_customers_at_a_margin_of_forty_percent_gain_what_the_table_says(engine, churn_rate, gains, rest):
    rows = mart(inputs(*THOUSAND, churn=[month(churn_rate)]), engine=engine)
    assert [row["step_points"] for row in rows] == [1, 2, 5]
    assert [float(row["retention_gain"]) for row in rows] == pytest.approx(gains, abs=0.5)
    of_five = rows[2]
    assert of_five["retention_gain_rate"] == pytest.approx(rest[0], abs=0.0005)
    assert of_five["equal_cost_cut_rate"] == pytest.approx(rest[1], abs=0.00005)
    assert of_five["customer_years_gain_rate"] == pytest.approx(rest[2], abs=0.005)
    assert (of_five["is_step_capped"], of_five["reason"], of_five["margin_basis"]) == (False, None, "settings")


def test_clv_before_cost_is_that_of_the_formula():
    row = mart(inputs(*THOUSAND, churn=[month(0.2)]))[0]
    assert float(row["contribution_per_customer_12m"]) == 40
    assert float(row["clv_before_cost"]) == pytest.approx(146.67, abs=0.005)
    assert row["expected_customer_years"] == pytest.approx(5)


def test_of_what_customers_spend_in_the_horizon_the_margin_is_contribution_and_the_rest_cost():
    two_years = Economics(contribution_margin=0.4, horizon_years=2)
    row = mart(inputs(*THOUSAND, churn=[month(0.2)]), two_years)[0]
    assert (row["horizon_years"], float(row["net_sales_per_customer_12m"])) == (2, 100)
    # of 1000 customers 800 are left after a year and 640 after two; each spends 100 a year
    assert float(row["contribution_of_horizon"]) == pytest.approx((800 + 640) * 40)
    assert float(row["goods_cost_of_horizon"]) == pytest.approx((800 + 640) * 60)
    assert float(row["retention_gain"]) == pytest.approx((810 + 656.1 - 800 - 640) * 40)
    assert row["retention_gain_rate"] == pytest.approx(26.1 / 1440)
    assert row["equal_cost_cut_rate"] == pytest.approx(26.1 * 40 / (1440 * 60))


def test_the_first_year_brings_the_points_gained_and_a_year_on_average_its_part_of_the_whole():
    rows = mart(inputs(*THOUSAND, churn=[month(0.25)]), Economics(contribution_margin=0.4, horizon_years=3))
    # of 1000 customers with a contribution of 40, year by year: (750, 562.5, 421.875) stay now, of 760 so many
    gains = [(0.76**year - 0.75**year) * 40_000 for year in (1, 2, 3)]
    assert float(rows[0]["first_year_retention_gain"]) == pytest.approx(gains[0], abs=1e-4) == 400
    assert float(rows[0]["retention_gain"]) == pytest.approx(sum(gains), abs=1e-4)
    assert float(rows[0]["retention_gain_per_year"]) == pytest.approx(sum(gains) / 3, abs=1e-4)
    assert [float(row["first_year_retention_gain"]) for row in rows] == [400, 800, 2000]


def test_the_first_year_has_a_cost_cut_of_its_own():
    row = mart(inputs(*THOUSAND, churn=[month(0.25)]))[1]
    # 770 instead of 750 customers contribute 40 each; the goods of 750 cost 60 each
    assert float(row["first_year_goods_cost"]) == pytest.approx(750 * 60)
    assert row["first_year_equal_cost_cut_rate"] == pytest.approx(20 * 40 / (750 * 60))
    assert row["first_year_equal_cost_cut_rate"] < row["equal_cost_cut_rate"]


def test_the_worth_of_a_customer_is_as_sure_as_what_they_buy_and_how_many_stay():
    sales = [sale("2025-06-05", item("bar", str(20 * each)), customer=each) for each in range(1, 51)]
    row = mart(inputs(*sales, churn=[month(0.2, 50)]))[0]
    bought = np.array([20.0 * each for each in range(1, 51)])
    ends = find_ends_of_mean(bought)
    kept = find_wilson_ends(0.8, 50)
    for name, sign, stays, money in (("low", -1, kept[0], ends[0]), ("high", 1, kept[1], ends[1])):
        of_money, of_stay = math.log(money / bought.mean()), math.log((1.1 - 0.8) / (1.1 - stays))
        end = float(row["clv_before_cost"]) * math.exp(sign * math.hypot(of_money, of_stay))
        assert float(row[f"clv_before_cost_{name}"]) == pytest.approx(end, rel=1e-4)


@pytest.mark.parametrize("churn_rate", [0.2, 0.03, 0.01])
def test_the_gain_is_as_sure_as_what_customers_buy_and_how_many_stay(churn_rate):
    sales = [sale("2025-06-05", item("bar", str(20 * each)), customer=each) for each in range(1, 51)]
    bought = np.array([20.0 * each for each in range(1, 51)])
    of_sales = [end / bought.mean() for end in find_ends_of_mean(bought)]
    ends = find_wilson_ends(1 - churn_rate, 50)
    between = np.linspace(ends[0], min(ends[1], 0.99), 20_001)
    for row in mart(inputs(*sales, churn=[month(churn_rate, 50)]), Economics(contribution_margin=0.4, horizon_years=3)):
        for name, years in (("first_year_retention_gain", 1), ("retention_gain", 3)):
            possible = [count_years_gained(each, row["step_points"], years) for each in between]
            now = count_years_gained(1 - churn_rate, row["step_points"], years)
            for end, sign, most in (("low", -1, min(possible)), ("high", 1, max(possible))):
                if now == 0:  # no more can be kept than are
                    expected = 50 * 0.4 * bought.mean() * most * of_sales[1] if sign > 0 else 0
                else:
                    far = math.hypot(math.log(of_sales[sign > 0]), math.log(most / now) if most else math.inf)
                    expected = float(row[name]) * math.exp(sign * far)
                assert float(row[f"{name}_{end}"]) == pytest.approx(expected, rel=1e-3, abs=1e-3)
        for end in ("", "_low", "_high"):
            each = float(row[f"first_year_retention_gain{end}"]) / 50
            assert float(row[f"most_to_spend_per_customer{end}"]) == pytest.approx(each, abs=1e-4)


def count_years_gained(kept: float, points: int, years: int) -> float:
    """Years that a customer is there longer."""
    raised = max(kept, min(kept + points / 100, 0.99))
    return sum(raised**year - kept**year for year in range(1, years + 1))


def test_of_one_customer_the_gain_has_no_interval():
    row = mart(inputs(sale("2025-06-05", item("bar", "100")), churn=[month(0.2, 1)]))[0]
    assert row["first_year_retention_gain"] is not None
    assert row["first_year_retention_gain_low"] is row["most_to_spend_per_customer_high"] is None


def find_ends_of_mean(bought: np.ndarray) -> list[float]:
    group = Group(*np.array([[bought.mean()], [bought.var(ddof=1)], [len(bought)]]))
    return [end[0] for end in Shape(bought).bound_means(group)]


def find_wilson_ends(share: float, n: int) -> tuple[float, float]:
    """The interval of a share after Wilson."""
    z = stats.norm.ppf(0.975)
    middle, half = share + z**2 / (2 * n), z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


def test_over_a_horizon_of_one_year_the_gain_is_that_of_the_first_year():
    one_year = Economics(contribution_margin=0.4, horizon_years=1)
    for row in mart(inputs(*THOUSAND, churn=[month(0.03)]), one_year):
        assert row["first_year_retention_gain"] == row["retention_gain"] == row["retention_gain_per_year"]
        assert row["first_year_equal_cost_cut_rate"] == row["equal_cost_cut_rate"]


def test_the_margin_is_that_of_lines_whose_cost_is_known():
    sales = [
        sale("2025-06-05", item("bar", "100", cost="70"), item("box", "900")),
        sale("2024-06-05", item("bar", "5", cost="0")),
    ]
    row = mart(inputs(*sales, churn=[month(0.2, 10)]), Economics())[0]
    assert (row["margin_basis"], row["net_sales_12m"]) == ("measured", 1000)
    assert row["contribution_margin_rate"] == pytest.approx(0.3)
    assert float(row["contribution_per_customer_12m"]) == pytest.approx(30)


def test_sales_are_those_of_known_customers_within_the_12_months_less_refunds():
    given_back = {"refund_id": "r1", "customer_idx": 1, "is_countable": True, "goods": Decimal(10)}
    sales = [
        sale("2025-03-31", item("bar", "1")),
        sale("2025-04-01", item("bar", "20")),
        sale("2026-04-01", item("bar", "400")),
        sale("2026-03-01", item("bar", "8000"), customer=0),
    ]
    refunds = [given_back | {"refund_date": day} for day in (dt.date(2026, 3, 1), dt.date(2025, 3, 1))]
    assert mart(inputs(*sales, churn=[month(0.2)], refunds=refunds))[0]["net_sales_12m"] == 10


@pytest.mark.parametrize(
    ("churn_rate", "economics", "said"),
    [
        (None, FORTY_PERCENT, "history too short"),
        (1.0, FORTY_PERCENT, "retention is undefined"),
        (1.3, FORTY_PERCENT, "retention is undefined"),
        (0.2, Economics(), "the margin is unknown"),
    ],
)
def test_what_cannot_be_known_is_empty_and_says_why(churn_rate, economics, said):
    for row in mart(inputs(*THOUSAND, churn=[month(churn_rate)]), economics):
        assert said in row["reason"]
        assert (row["retention_gain"], row["equal_cost_cut_rate"], row["clv_before_cost"]) == (None, None, None)
        assert (row["first_year_retention_gain"], row["retention_gain_per_year"]) == (None, None)
        assert not row["is_complete"]


def test_without_sales_there_is_no_contribution_to_keep():
    rows = mart(inputs(sale("2020-01-01", item("bar")), churn=[month(0.2)]))
    assert {row["reason"] for row in rows} == {"customers brought no contribution in the 12 months"}


def test_retention_is_not_raised_beyond_the_cap():
    rows = mart(inputs(*THOUSAND, churn=[month(0.03)]))
    assert [row["raised_retention_rate"] for row in rows] == pytest.approx([0.98, 0.99, 0.99])
    assert [row["is_step_capped"] for row in rows] == [False, False, True]
    nobody_left = mart(inputs(*THOUSAND, churn=[month(0.0)]))
    assert [row["retention_gain"] for row in nobody_left] == [0, 0, 0]
    assert all(row["is_step_capped"] for row in nobody_left)


def test_where_nothing_costs_anything_no_cost_can_be_cut():
    row = mart(inputs(*THOUSAND, churn=[month(0.2)]), Economics(contribution_margin=1.0))[0]
    assert (row["equal_cost_cut_rate"], row["reason"]) == (None, None)


def test_groups_have_their_own_sales_churn_and_margin():
    sales = [
        sale("2026-01-05", item("bar", "100", cost="50")),
        sale("2026-01-05", item("box", "300", cost="30"), customer=2),
    ]
    groups = [
        month(rate, 10, dimension="customer_type", dimension_value=kind)
        for kind, rate in (("home", 0.5), ("office", 0.1))
    ]
    tables = inputs(*sales, churn=[month(0.3, 20), *groups], types={1: "home", 2: "office"})
    rows = {
        row["dimension_value"]: row for row in mart(tables, Economics(retention_points=[1]), split=["customer_type"])
    }
    assert {key: float(row["contribution_per_customer_12m"]) for key, row in rows.items()} == pytest.approx(
        {"all": 20 * 320 / 400, "home": 5, "office": 27}
    )
    assert rows["home"]["retention_rate_12m"] == pytest.approx(0.5)


def test_without_churn_the_table_is_empty_with_all_columns():
    tables = inputs(churn=[])
    found = retention_economics(
        **tables, as_of=AS_OF, cohorts=Cohorts(dimensions=[]), economics=FORTY_PERCENT, discount_rate=0.1
    )
    assert found.schema == pl.Schema(COLUMNS)
