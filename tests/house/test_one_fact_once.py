"""Names of models and methods, grains, dimensions and windows stand once in the code; contracts and settings follow."""

import ast
from typing import get_args

import pytest

from regulars.pipelines.audit.doubtful_numbers import GROUPS as DOUBT_GROUPS
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.definitions.enumerations import (
    ALL,
    DIMENSIONS,
    GRAINS,
    NPS_DIMENSIONS,
    NPS_GRAINS,
    NPS_LONG_ROLLING_GRAIN,
    NPS_ROLLING_GRAIN,
    NPS_YEAR_ROLLING_GRAIN,
    SCORE_DIMENSIONS,
    Dimension,
    Grain,
    RfmSegment,
)
from regulars.pipelines.definitions.value_tiers import describe_value_tiers
from regulars.pipelines.models.demand.forecasts import MEAN_SO_FAR, SES_AND_MEAN, SHARED, TSB
from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.models.names import BY_COHORT, PURCHASE_MODELS, SPEND_MODELS, SUBSCRIPTION_MODELS
from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.churn.churn import CHURN_COLUMNS
from regulars.pipelines.transforms.clv.customer_clv_columns import COLUMNS as CLV_COLUMNS
from regulars.pipelines.transforms.clv.methods import (
    BASELINES,
    METHODS,
    PREDICTING_MODELS,
    SUBSCRIPTION_SURVIVAL,
    SURE_OF_ONE_TIME_BUYERS,
)
from regulars.pipelines.transforms.clv.totals.predicted_totals import COLUMNS as TOTALS_COLUMNS
from regulars.pipelines.transforms.clv.totals.predicted_totals import SCOPES
from regulars.pipelines.transforms.cohorts.cohort_cells import GRAINS as CALENDAR_GRAINS
from regulars.pipelines.transforms.cohorts.customer_dimensions import COLUMNS as DIMENSION_COLUMNS
from regulars.pipelines.transforms.cohorts.purchase_behaviour import COLUMNS as BEHAVIOUR_COLUMNS
from regulars.pipelines.transforms.customers.rfm_scores import SEGMENTS
from regulars.pipelines.transforms.money.acquisition_spending import BY_BOTH, BY_CUSTOMER, BY_SPEND
from regulars.pipelines.transforms.money.yearly_value import BY_SETTINGS, MEASURED
from regulars.pipelines.transforms.products.offer_verdicts import (
    BETTER,
    DUE,
    HABIT,
    NEW,
    NO_DIFFERENCE,
    NOT_TESTED,
    VERDICTS,
    WORSE,
)
from regulars.pipelines.transforms.subscriptions.subscription_survival import MODELS
from regulars.pipelines.transforms.value_tier import USUAL_TIERS
from regulars.pipelines.transforms.voice.nps import COLUMNS as NPS_COLUMNS
from tests.house.code import PIPELINES, ROOT, name_of, tree_of

CONTRACTS = load_contracts(ROOT / "data_contracts")

ALLOWED = {
    ("marts.customer_clv", "method"): METHODS,
    ("meta.clv_evaluation", "method"): (*BASELINES, *PREDICTING_MODELS, SUBSCRIPTION_SURVIVAL),
    ("meta.clv_tracking", "method"): PREDICTING_MODELS,
    ("meta.clv_models", "model"): (*PREDICTING_MODELS, *SPEND_MODELS),
    ("marts.subscription_survival", "model"): SUBSCRIPTION_MODELS,
    ("marts.predicted_totals", "scope"): ("all", *SCOPES),
    ("marts.retention_cohorts", "grain"): GRAINS,
    ("marts.acquisition_economics", "cost_basis"): (BY_SPEND, BY_CUSTOMER, BY_BOTH),
    ("marts.acquisition_economics", "margin_basis"): (BY_SETTINGS, MEASURED),
    ("marts.retention_economics", "margin_basis"): (BY_SETTINGS, MEASURED),
    ("marts.next_best_offers", "offer_kind"): (DUE, HABIT, NEW),
    **dict.fromkeys(
        [("marts.next_best_offers", name) for name in VERDICTS], (BETTER, NO_DIFFERENCE, WORSE, NOT_TESTED)
    ),
    ("meta.doubtful_numbers", "doubt_group"): DOUBT_GROUPS,
    ("marts.demand_forecast", "method"): (SES_AND_MEAN, TSB, MEAN_SO_FAR, SHARED),
    ("marts.nps", "grain"): NPS_GRAINS,
    ("marts.nps", "dimension"): NPS_DIMENSIONS,
    ("marts.satisfaction_scores", "grain"): NPS_GRAINS,
    ("marts.satisfaction_scores", "dimension"): SCORE_DIMENSIONS,
    ("marts.customer_segments", "segment"): {*(segment for segment, *_ in SEGMENTS), *get_args(RfmSegment)},
    ("marts.customer_segments", "value_tier"): set(describe_value_tiers(USUAL_TIERS)),
}
"""Table and column -> the values that the code gives it."""

COLUMNS = {
    "marts.churn": CHURN_COLUMNS,
    "marts.customer_clv": CLV_COLUMNS,
    "marts.customer_dimensions": DIMENSION_COLUMNS,
    "marts.predicted_totals": TOTALS_COLUMNS,
    "marts.nps": NPS_COLUMNS,
    "marts.purchase_behaviour": BEHAVIOUR_COLUMNS,
}


def allowed_values(contract: Contract, column: str) -> set[str]:
    rules = [rule for rule in contract.rules if rule.type == "one_of" and rule.columns == (column,)]
    return {value for rule in rules for value in rule.arguments["values"]}


@pytest.mark.parametrize(("table", "column"), ALLOWED)
def test_a_contract_allows_exactly_the_values_of_the_code(table, column):
    assert allowed_values(CONTRACTS[table], column) == set(ALLOWED[table, column])


@pytest.mark.parametrize("table", COLUMNS)
def test_columns_named_after_a_window_are_those_of_the_contract(table):
    assert list(COLUMNS[table]) == [name for name, _ in CONTRACTS[table].types]


def test_grains_named_after_a_window_are_written_nowhere_but_with_the_window():
    written = [*ROOT.joinpath("data_contracts").rglob("*.yaml"), *ROOT.joinpath("pipelines").rglob("*.py")]
    named = (NPS_ROLLING_GRAIN, NPS_LONG_ROLLING_GRAIN, NPS_YEAR_ROLLING_GRAIN)
    assert not [path for path in written if any(name in path.read_text(encoding="utf-8") for name in named)]


@pytest.mark.parametrize("name", PURCHASE_MODELS)
def test_every_purchase_model_has_a_class_of_its_own(name):
    kinds = [model.load() for model in PURCHASE_MODELS.values()]
    assert issubclass(PURCHASE_MODELS[name].load(), DropoutModel)
    assert kinds.count(PURCHASE_MODELS[name].load()) == 1


def test_every_subscription_model_has_a_class():
    assert set(MODELS.values()) == set(SUBSCRIPTION_MODELS)


def test_every_purchase_model_is_also_fitted_by_cohort():
    assert set(PREDICTING_MODELS) == {*PURCHASE_MODELS, *(name + BY_COHORT for name in PURCHASE_MODELS)}


def test_methods_sure_of_one_time_buyers_are_models():
    assert set(SURE_OF_ONE_TIME_BUYERS) < set(PREDICTING_MODELS)


def test_settings_offer_the_grains_that_the_calendar_has():
    assert tuple(CALENDAR_GRAINS) == get_args(Grain) == GRAINS
    assert Cohorts().grains == list(GRAINS)


def test_customers_are_split_by_columns_of_customer_dimensions():
    assert set(get_args(Dimension)) == set(DIMENSIONS) <= set(DIMENSION_COLUMNS)
    assert ALL not in DIMENSIONS


def test_how_far_an_interval_of_95_percent_reaches_is_written_in_one_module():
    quantiles = {
        name_of(path)
        for path in PIPELINES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, float)
        and (node.value == 0.975 or 1.95 < node.value < 1.97)
    }
    assert quantiles == {"pipelines/models/comparisons/significance.py"}
