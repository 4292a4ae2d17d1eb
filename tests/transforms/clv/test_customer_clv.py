import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from regulars.pipelines.definitions.enumerations import ValueBasis
from regulars.pipelines.models.names import BY_COHORT, PURCHASE_MODELS
from regulars.pipelines.settings.economics import Economics
from regulars.pipelines.transforms.clv.clv_evaluation import clv_evaluation
from regulars.pipelines.transforms.clv.clv_models import clv_models
from regulars.pipelines.transforms.clv.customer_clv import customer_clv
from regulars.pipelines.transforms.clv.customer_clv_columns import COLUMNS
from tests.transforms import simulated_company, subscription_tables
from tests.transforms.simulated_company import beta_geo_company, clockwork_company

AS_OF = dt.date(2026, 3, 31)
MONEY = pl.Decimal(18, 4)
DAYS = pl.date_range(dt.date(2010, 1, 1), dt.date(2026, 12, 31), eager=True)
CALENDAR = pl.DataFrame({"day": DAYS}).with_columns(day_idx=pl.col("day").cast(pl.Int32))
AS_MEASURED = Economics()
NO_LINES = pl.DataFrame(
    schema={
        "customer_idx": pl.Int32,
        "order_date": pl.Date,
        "is_countable": pl.Boolean,
        "gross_sales": MONEY,
        "discounts": MONEY,
        "cost": MONEY,
    }
)
TOO_FEW = "the history is too short, or too few customers came back, to test a model"


def core(
    bought: list[tuple[str, str, str]],
    refunds: list[tuple[str, str, str]] | None = None,
    costs: dict[str, str] | None = None,
) -> dict[str, pl.DataFrame]:
    """Core tables from (customer, day, gross_sales); the customer `unknown` is the unknown one."""
    names = sorted({name for name, *_ in [*bought, *(refunds or [])]} - {"unknown"})
    idx = {"unknown": 0} | {name: number for number, name in enumerate(names, 1)}
    orders = [(idx[name], dt.date.fromisoformat(day), True, Decimal(money), Decimal(0)) for name, day, money in bought]
    back = [(idx[name], dt.date.fromisoformat(day), Decimal(money), True) for name, day, money in refunds or []]
    known = {name: Decimal(cost) for name, cost in (costs or {}).items()}
    people = [(name, number, "office", known.get(name)) for name, number in idx.items()]
    return {
        "orders": pl.DataFrame(
            orders,
            schema={
                "customer_idx": pl.Int32,
                "order_date": pl.Date,
                "is_countable": pl.Boolean,
                "gross_sales": MONEY,
                "discounts": MONEY,
            },
            orient="row",
        ),
        "refunds": pl.DataFrame(
            back,
            schema={"customer_idx": pl.Int32, "refund_date": pl.Date, "goods": MONEY, "is_countable": pl.Boolean},
            orient="row",
        ),
        "subscriptions": subscription_tables.table(),
        "customers": pl.DataFrame(
            people,
            schema={
                "customer_id": pl.String,
                "customer_idx": pl.Int32,
                "customer_type": pl.String,
                "acquisition_cost": MONEY,
            },
            orient="row",
        ),
        "calendar": CALENDAR,
    }


def clv(
    frames: dict[str, Any],
    as_of: dt.date = AS_OF,
    *,
    max_lifetime_years: float = 10,
    discount_rate: float = 0.1,
    value_basis: ValueBasis = "net_sales",
    economics: Economics = AS_MEASURED,
    models: pl.DataFrame | None = None,
    evaluation: pl.DataFrame | None = None,
) -> pl.DataFrame:
    bought = (frames["orders"], frames["refunds"], frames["calendar"])
    models = clv_models(*bought, as_of=as_of) if models is None else models
    if evaluation is None:
        evaluation = clv_evaluation(*bought, models.lazy(), frames["subscriptions"], as_of=as_of)
    return customer_clv(
        **({"order_lines": NO_LINES} | frames),
        clv_models=models.lazy(),
        clv_evaluation=evaluation.lazy(),
        as_of=as_of,
        lapse_days=365,
        max_lifetime_years=max_lifetime_years,
        discount_rate=discount_rate,
        value_basis=value_basis,
        economics=economics,
        subscription_revenue_is_in_orders=False,
    )


def test_subscription_revenue_stands_beside_net_sales_and_in_the_total():
    frames = core([("ada", "2025-03-31", "1000")], costs={"ada": "100"})
    frames["subscriptions"] = subscription_tables.table(subscription_tables.period(1, "2026-01-01", amount="20"))
    ada = clv(frames).row(0, named=True)
    assert (ada["net_sales_to_date"], ada["subscription_revenue_to_date"], ada["total_revenue_to_date"]) == (
        1000,
        60,
        1060,
    )
    years = ada["expected_lifetime_years"]
    assert float(ada["clv_simple"]) == pytest.approx(1000 * years - 100, abs=0.001)
    assert float(ada["clv_simple_total"]) == pytest.approx(1060 * years - 100, abs=0.001)


def test_refunds_lower_the_value_and_may_make_it_negative():
    found = clv(core([("ada", "2026-01-01", "100")], [("ada", "2026-02-01", "130.5")])).row(0, named=True)
    assert found["net_sales_to_date"] == found["avg_annual_value"] == Decimal("-30.5")
    assert found["clv_simple"] == Decimal("-7.4319")  # 89 days are 0.243669 years


def test_customers_without_a_countable_order_and_the_unknown_customer_have_no_row():
    found = clv(core([("ada", "2026-01-01", "100"), ("unknown", "2026-01-01", "5")], [("bob", "2026-02-01", "1")]))
    assert found["customer_id"].to_list() == ["ada"]


def test_the_crms_acquisition_cost_is_used():
    found = clv(core([("ada", "2026-01-01", "100")], costs={"ada": "12.5"})).row(0, named=True)
    assert found["acquisition_cost"] == Decimal("12.5")


def test_without_orders_the_table_is_empty():
    found = clv({name: frame.lazy() for name, frame in core([]).items()})
    assert found.is_empty()
    assert found.schema == COLUMNS


def test_a_live_subscriber_is_observed_and_expected_on_however_old_the_last_order_is():
    frames = core([("ada", "2020-03-31", "500"), ("bob", "2020-03-31", "500"), ("cem", "2020-03-31", "500")])
    frames["subscriptions"] = subscription_tables.table(
        subscription_tables.period(1, "2022-01-01"), subscription_tables.period(2, "2020-06-01", "2023-04-01")
    )
    ada, bob, cem = clv(frames).to_dicts()
    assert ada["years_observed"] == pytest.approx(2191 / 365.25)
    assert "lapsed" not in ada["reason"]
    assert ada["expected_lifetime_years"] == 10  # nobody was lost in the last 12 months: the cap decides
    assert (
        bob["years_observed"] == bob["expected_lifetime_years"] == pytest.approx(1096 / 365.25)
    )  # to the end of the paid time
    assert cem["years_observed"] == pytest.approx(365 / 365.25)
    assert all("lapsed: the simple formula adds no further years" in each["reason"] for each in (bob, cem))


def test_the_churn_of_the_formula_is_the_published_one_with_subscribers_who_never_ordered():
    bought = [(name, f"{year}-03-15", "100") for name in ("ada", "bob") for year in (2022, 2023, 2024, 2025)]
    frames = core([*bought, ("ada", "2026-03-01", "50")])
    people = frames["customers"]
    more = people.filter(customer_id="ada").with_columns(customer_id=pl.lit("cem"), customer_idx=pl.lit(3, pl.Int32))
    frames["customers"] = pl.concat([people, more])
    frames["subscriptions"] = subscription_tables.table(subscription_tables.period(3, "2023-01-01", "2025-12-01"))
    ada = clv(frames).filter(customer_id="ada")
    # bob lapses on 2026-03-15 and cem on 2025-12-01; at 13 month-ends 13 + 12 + 9 are active
    left = ada["expected_lifetime_years"].item() - ada["years_observed"].item()
    assert left == pytest.approx(min(10 - ada["years_observed"].item(), (13 + 12 + 9) / 13 / 2))


@pytest.fixture(scope="module")
def modelled() -> pl.DataFrame:
    """Customers who behave as a model says, valued."""
    frames = {name: frame.lazy() for name, frame in beta_geo_company(2000).items()}
    return clv(frames, simulated_company.AS_OF)


def test_the_best_model_predicts_with_an_interval(modelled):
    assert modelled["method"].unique().to_list()[0].removesuffix(BY_COHORT) in PURCHASE_MODELS
    assert modelled["p_alive"].is_between(0, 1).all()
    for span in ("12m", "36m", "lifetime"):
        low, high = modelled[f"predicted_value_{span}_low"], modelled[f"predicted_value_{span}_high"]
        assert (low <= high).all()
        assert (high.filter((modelled["predicted_purchases_12m"] > 1) & (modelled["p_alive"] > 0.8)) > 0).all()
    assert (modelled["predicted_purchases_36m"] >= modelled["predicted_purchases_12m"]).all()
    for what in ("purchases_36m", "value_36m"):
        for end in ("_low", "_high"):
            of_year = modelled[f"predicted_{what.replace('36m', '12m')}{end}"]
            assert (modelled[f"predicted_{what}{end}"] >= of_year).all()
    assert modelled["interval_nominal_coverage_12m"].is_between(0.799, 1).all()


def test_who_bought_once_may_be_gone_and_nobody_is_expected_to_take_money_out(modelled):
    once = modelled.filter(pl.col("frequency") == 0)
    assert once.height > 100
    assert once["p_alive"].max() < 0.99
    least = modelled.select(pl.col("^predicted_.*$").min().cast(pl.Float64)).row(0)
    assert min(least) >= 0


def test_predicted_value_is_expected_purchases_times_expected_spend(modelled):
    product = modelled["predicted_purchases_12m"] * modelled["expected_spend"].cast(pl.Float64)
    assert (product - modelled["predicted_value_12m"].cast(pl.Float64)).abs().max() < 0.01


def test_the_acquisition_cost_is_taken_off_once():
    frames = beta_geo_company(400)
    frames["customers"] = frames["customers"].with_columns(acquisition_cost=pl.lit(Decimal(7)).cast(MONEY))
    found = clv({name: frame.lazy() for name, frame in frames.items()}, simulated_company.AS_OF)
    assert (found["clv_predicted"] == found["net_sales_to_date"] + found["predicted_value_lifetime"] - Decimal(7)).all()


def test_a_lifetime_is_worth_less_than_its_purchases_undiscounted(modelled):
    undiscounted = modelled["predicted_purchases_lifetime"] * modelled["expected_spend"].cast(pl.Float64)
    assert (modelled["predicted_value_lifetime"].cast(pl.Float64) <= undiscounted + 0.001).all()


def test_the_same_run_gives_the_same_intervals():
    company = beta_geo_company(600)
    frames = {name: frame.sample(fraction=1, shuffle=True, seed=3).lazy() for name, frame in company.items()}
    found = clv(frames, simulated_company.AS_OF, discount_rate=0)
    assert_frame_equal(found, value_without_discount(beta_geo_company, 600, 10), check_exact=True)


def test_where_an_average_wins_it_predicts_and_says_so_and_p_alive_is_the_best_models():
    frames = {name: frame.lazy() for name, frame in clockwork_company(200).items()}
    found = clv(frames, simulated_company.AS_OF)
    assert set(found["method"]) == {"own_average"}
    assert found["reason"].str.starts_with("own_average chosen: nothing predicted").all()
    assert found["p_alive"].null_count() == 0
    years = found.filter(pl.col("predicted_purchases_12m") > 0)
    assert (years["predicted_value_12m"].cast(pl.Float64) - 10 * years["predicted_purchases_12m"]).abs().max() < 1e-4


def test_an_average_that_predicts_has_intervals_made_of_its_errors_in_the_test():
    frames = {name: frame.lazy() for name, frame in clockwork_company(200).items()}
    found = clv(frames, simulated_company.AS_OF)
    for what in ("purchases", "value"):
        for span in ("12m", "36m", "lifetime"):
            low, expected, high = (
                found[f"predicted_{what}_{span}{end}"].cast(pl.Float64) for end in ("_low", "", "_high")
            )
            assert (low >= 0).all()
            assert (low <= high).all()
            assert (high - low).max() < 0.4 * expected.max()  # everybody buys by the clock
    ends = (found[f"predicted_purchases_12m_{end}"] for end in ("low", "high"))
    assert found["predicted_purchases_12m"].round().is_between(*ends).mean() > 0.7


def test_every_row_states_the_test_of_its_method(modelled):
    [stated] = modelled.select("^test_.*$").unique().to_dicts()
    assert stated["test_horizon_days"] == 365
    assert abs(stated["test_purchases_error_rate"]) < 0.15
    assert stated["test_interval_coverage"] == pytest.approx(modelled["interval_nominal_coverage_12m"].mean(), abs=0.06)
    assert modelled["reason"].str.contains("tested over 365 days: purchases multiplied by ").all()


def test_nobody_who_bought_once_is_certain_to_be_alive_whichever_model_predicts(modelled):
    once = modelled.filter(frequency=0)
    assert once["p_alive"].max() < 0.999
    assert once["p_alive"].n_unique() > 100
    frames = {name: frame.lazy() for name, frame in beta_geo_company(400, seed=4).items()}
    for _, group in clv(frames, simulated_company.AS_OF).group_by("frequency"):
        assert group["p_alive"].max() < 1


def test_no_expected_value_is_negative_where_more_was_given_back_than_bought():
    bought = [(f"c{n}", f"{year}-03-15", "100") for n in range(5) for year in (2022, 2023, 2024, 2025)]
    found = clv(core(bought, [("c1", "2025-04-01", "900")]))
    assert found.filter(customer_id="c1")["avg_annual_value"].item() < 0
    for span in ("12m", "36m", "lifetime"):
        assert found[f"predicted_value_{span}"].min() >= 0


def test_fifty_customers_get_the_simple_formula_with_a_reason():
    frames = {name: frame.lazy() for name, frame in clockwork_company(50).items()}
    found = clv(frames, simulated_company.AS_OF)
    assert found.height == 50
    assert set(found["method"]) == {"simple"}
    assert found["reason"].str.starts_with(f"{TOO_FEW}: predicted by the simple formula").all()
    assert (found["predicted_value_12m"] == found["avg_annual_value"]).all()  # nobody churns
    assert (found["predicted_value_36m"] == 3 * found["avg_annual_value"]).all()


def test_a_customer_active_for_longer_than_the_cap_goes_on_buying():
    bought = [("ada", f"{year}-{month:02}-15", "10") for year in range(2014, 2026) for month in range(1, 13)]
    ada = clv(core(bought), discount_rate=0).row(0, named=True)
    years = ada["years_observed"]
    assert years == pytest.approx(4458 / 365.25)
    assert ada["expected_lifetime_years"] == years  # the formula adds no years beyond the cap
    assert ada["predicted_purchases_12m"] == pytest.approx(144 / years)
    assert ada["predicted_purchases_36m"] == pytest.approx(3 * 144 / years)
    assert ada["predicted_value_12m"] == ada["avg_annual_value"]
    assert ada["predicted_purchases_lifetime"] == ada["predicted_purchases_36m"]
    assert ada["predicted_value_lifetime"] == ada["predicted_value_36m"] == 3 * ada["avg_annual_value"]


def test_the_years_that_churn_leaves_cut_a_horizon_and_the_lifetime_alike():
    bought = [(name, f"{year}-03-15", "100") for name in ("ada", "bob") for year in (2022, 2023, 2024)]
    found = clv(
        core([*bought, ("ada", "2025-12-15", "50")]), dt.date(2025, 12, 31), max_lifetime_years=1, discount_rate=0
    )
    ada, bob = found.to_dicts()
    # both lapse in March 2025, ada returns in December: at 13 month-ends 2 + 2 + 2 + 0 + … + 1 are active, one is lost
    a_year = 4 / ada["years_observed"]
    assert ada["predicted_purchases_12m"] == pytest.approx(a_year * 7 / 13)
    assert ada["predicted_purchases_36m"] == ada["predicted_purchases_lifetime"] == ada["predicted_purchases_12m"]
    assert bob["predicted_purchases_12m"] == bob["predicted_purchases_lifetime"] == 0


def columns_ahead(*spans: str) -> list[str]:
    """The published columns of these horizons."""
    return [name for name in COLUMNS if name.startswith("predicted_") and any(f"_{span}" in name for span in spans)]


Company = Callable[[int], dict[str, pl.DataFrame]]


@cache
def grade_methods(company: Company, customers: int) -> tuple[dict[str, pl.LazyFrame], pl.DataFrame, pl.DataFrame]:
    """The tables of a company, its models and their evaluation: no cap and no rate changes these."""
    frames = {name: frame.lazy() for name, frame in company(customers).items()}
    bought = (frames["orders"], frames["refunds"], frames["calendar"])
    as_of = simulated_company.AS_OF
    models = clv_models(*bought, as_of=as_of)
    return frames, models, clv_evaluation(*bought, models.lazy(), frames["subscriptions"], as_of=as_of)


@cache
def value_without_discount(company: Company, customers: int, cap: float) -> pl.DataFrame:
    """The customers of a company, valued at a discount rate of nothing."""
    frames, models, graded = grade_methods(company, customers)
    asked: Any = {"max_lifetime_years": cap, "discount_rate": 0, "models": models, "evaluation": graded}
    return clv(frames, simulated_company.AS_OF, **asked)


def check_a_cap_cuts_no_horizon(company: Company, customers: int, cap: float) -> None:
    """The same 12 and 36 months whatever the cap, and a lifetime that brings at least the 36 months."""
    found, at_ten_years = (value_without_discount(company, customers, years) for years in (cap, 10))
    assert set(found["method"]) == set(at_ten_years["method"])
    expected = [name for name in columns_ahead("12m", "36m") if not name.endswith(("_low", "_high"))]
    assert_frame_equal(found.select(expected), at_ten_years.select(expected), check_exact=True)
    for name in columns_ahead("lifetime"):
        less = found[name].cast(pl.Float64) - found[name.replace("lifetime", "36m")].cast(pl.Float64)
        assert (less.drop_nulls() >= -1e-9).all(), f"{name} is below the 36 months"
    assert (found["predicted_purchases_lifetime"] <= at_ten_years["predicted_purchases_lifetime"] + 1e-9).all()
    assert found["predicted_purchases_36m"].sum() > found["predicted_purchases_12m"].sum() > 0


@pytest.mark.parametrize("cap", [0.5, 1, 2, 2.5])
def test_a_cap_below_three_years_cuts_no_horizon_of_the_formula(cap):
    check_a_cap_cuts_no_horizon(clockwork_company, 50, cap)


@pytest.mark.parametrize("cap", [0.5, 2])
def test_a_cap_below_three_years_cuts_no_horizon_of_an_average(cap):
    check_a_cap_cuts_no_horizon(clockwork_company, 200, cap)


@pytest.mark.parametrize("cap", [0.5, 2])
def test_a_cap_below_three_years_cuts_no_horizon_of_a_model(cap):
    check_a_cap_cuts_no_horizon(beta_geo_company, 600, cap)


def test_while_churn_is_not_known_a_small_company_is_predicted_by_customers_alike():
    orders = [(f"c{n}", str(dt.date(2025, 9, 1) + dt.timedelta(days=7 * n % 180)), "10") for n in range(60)]
    found = clv(core(orders))
    assert set(found["method"]) == {"segment_average"}
    assert found["reason"].str.starts_with(f"{TOO_FEW}, and churn is not known yet").all()
    assert found["predicted_value_12m"].null_count() == 0
    assert found["predicted_value_lifetime"].null_count() == found["clv_predicted"].null_count() == found.height


def test_engines_and_row_orders_agree():
    bought = [
        (f"c{n % 17}", str(dt.date(2023, 1, 1) + dt.timedelta(days=n * n % 1100)), f"{10 + n % 7}.1234")
        for n in range(120)
    ]
    frames = core(bought, [("c3", "2025-01-01", "7.1234")], {"c4": "12.5"})
    expected = clv({name: frame.lazy() for name, frame in frames.items()})
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=7).lazy() for name, frame in frames.items()}
    assert_frame_equal(clv(shuffled), expected, check_exact=True)
    with duckdb.connect() as con:
        for name, frame in frames.items():
            con.register(f"{name}_frame", frame)
            con.execute(f"create table {name} as select * from {name}_frame")
        assert_frame_equal(clv({name: con.table(name) for name in frames}), expected, check_exact=True)
