"""The choice of the method that predicts: the one with the smallest error of single customers in the test.

Put here: the choice, its reasons, and the summary of the chosen method's test.
Keep out: the errors (`clv_evaluation.py`).
"""

import datetime as dt
import math
from collections.abc import Mapping, Set
from typing import Any

import polars as pl

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.transforms.clv.clv_models import TrainedModels
from regulars.pipelines.transforms.clv.holdout import WHOLE_YEAR_DAYS
from regulars.pipelines.transforms.clv.methods import BASELINES, SEGMENT_AVERAGE, SIMPLE, SURE_OF_ONE_TIME_BUYERS
from regulars.pipelines.transforms.clv.purchase_history import choose_calibration_end

NEAR_ENOUGH = 1.01
"""Methods within 1 % of the smallest error are equally good; the one whose total is closest is chosen."""

ERRORS_BEYOND_CHANCE = 2.0
"""A plain average is chosen only where it is better than the best model by more standard errors than this."""

NOT_TESTED = "the history is too short, or too few customers came back, to test a model"


def choose_predicting_method(
    evaluation: pl.DataFrame, days: pl.DataFrame, valued: pl.DataFrame, as_of: dt.date
) -> tuple[str, str]:
    """Choose the method that predicts, and say why.

    The chosen method of the evaluation; without an evaluation the simple formula or, while churn is not known, the
    average of similar customers.

    Args:
        evaluation: `meta.clv_evaluation`.
        days: What each customer did on each day (`list_customer_days`).
        valued: Customers with orders; `churn`.
        as_of: Last day that counts.
    """
    chosen = find_chosen_method(evaluation)
    if chosen is not None:
        method, why = chosen
        return method, f"{method} {why}"
    if valued["churn"].is_null().all() and choose_calibration_end(days, as_of) is not None:
        return (
            SEGMENT_AVERAGE,
            f"{NOT_TESTED}, and churn is not known yet: predicted by what similar customers did lately",
        )
    return SIMPLE, f"{NOT_TESTED}: predicted by the simple formula"


def find_chosen_method(clv_evaluation: pl.DataFrame) -> tuple[str, str] | None:
    """Find the chosen method and the reason; None without an evaluation."""
    chosen = clv_evaluation.filter("is_chosen", pl.col("scope") == ALL).select("method", "reason").rows()
    return chosen[0] if chosen else None


def find_best_model(clv_evaluation: pl.DataFrame) -> str | None:
    """Find the chosen model or, where a baseline is chosen, the best of the models; None without an evaluation."""
    return next(iter(_rank_models(clv_evaluation)), None)


def find_model_of_p_alive(clv_evaluation: pl.DataFrame, known: Set[str]) -> str | None:
    """Find the best of the `known` models in which a one-time buyer can be gone; None without one."""
    ranked = (method for method in _rank_models(clv_evaluation) if method not in SURE_OF_ONE_TIME_BUYERS)
    return next((method for method in ranked if method in known), None)


def _rank_models(clv_evaluation: pl.DataFrame) -> list[str]:
    models = clv_evaluation.filter(~pl.col("is_baseline"), pl.col("scope") == ALL)
    return models.sort(~pl.col("is_chosen"), "rmse_purchases", "method")["method"].to_list()


def find_test(clv_evaluation: pl.DataFrame, method: str) -> Mapping[str, Any] | None:
    """Find how the method did in its test, the row of all customers; None where it was not tested."""
    rows = clv_evaluation.filter(pl.col("scope") == ALL, pl.col("method") == method).to_dicts()
    return rows[0] if rows else None


def describe_test(tested: Mapping[str, Any] | None) -> list[str]:
    """Say how long the method was tested, and what the test changed."""
    if tested is None:
        return []
    days = tested["horizon_days"]
    if days < WHOLE_YEAR_DAYS:
        known = "the error over 12 months is not known, and intervals are widened for it"
        return [f"tested over {days} days only: {known}"]
    factors = tested["purchases_calibration"], tested["value_calibration"]
    by = "purchases multiplied by {:.3f} and value by {:.3f}, as in the test".format(*factors)
    return [f"tested over {days} days: {by}"]


def list_test_results(tested: Mapping[str, Any] | None) -> list[pl.Expr]:
    """The results of the method's test: its length, its errors and the coverage of its intervals."""
    named = {
        "test_horizon_days": "horizon_days",
        "test_purchases_error_rate": "purchases_error_rate",
        "test_value_error_rate": "value_error_rate",
        "test_interval_coverage": "value_interval_covered",
    }
    return [pl.lit(tested[column] if tested else None).alias(name) for name, column in named.items()]


def choose_method(tested: Mapping[str, pl.DataFrame], usable: Set[str]) -> tuple[str, dict[str, str]]:
    """Choose the best of the usable methods; returns it, and the reason of each method.

    A model that converges on the history before the holdout but not on all history is not usable. A baseline is chosen
    only where its error is smaller than the best model's by more than chance, since it knows less about each customer.

    Args:
        tested: Method -> `predicted` and `actual`, one row per customer, in one order.
        usable: The methods that can predict today.
    """
    errors = {method: _measure_error(frame) for method, frame in tested.items()}
    model = _find_best(tested, errors, [each for each in tested if each in usable and each not in BASELINES])
    average = _find_best(tested, errors, [each for each in BASELINES if each in tested and each in usable])
    chosen = average if model is None or (average and _is_better(tested[average], tested[model])) else model
    if chosen is None:
        raise ValueError("no method can be chosen: at least one must be usable")
    return chosen, {method: _explain(method, chosen, errors, usable) for method in tested}


def _measure_error(frame: pl.DataFrame) -> float:
    """The root mean squared error of the purchases of single customers."""
    return math.sqrt(frame.select(((pl.col("predicted") - pl.col("actual")) ** 2).mean()).item())


def _find_best(tested: Mapping[str, pl.DataFrame], errors: Mapping[str, float], methods: list[str]) -> str | None:
    """Of the methods with nearly the smallest error, the one whose total is closest; among equals the first."""
    if not methods:
        return None
    smallest = min(errors[method] for method in methods)
    near = [method for method in methods if errors[method] <= NEAR_ENOUGH * smallest]
    return min(
        near, key=lambda method: abs(tested[method].select((pl.col("predicted") - pl.col("actual")).sum()).item())
    )


def _is_better(average: pl.DataFrame, model: pl.DataFrame) -> bool:
    """Whether the squared errors of the average are smaller than the model's by more than chance."""
    actual = average["actual"]
    gain = (model["predicted"] - actual) ** 2 - (average["predicted"] - actual) ** 2
    mean, spread = gain.mean(), gain.std()
    if not isinstance(mean, float) or not isinstance(spread, float):
        return False
    return mean > ERRORS_BEYOND_CHANCE * spread / math.sqrt(len(gain)) and mean > 0


def _explain(method: str, chosen: str, errors: Mapping[str, float], usable: Set[str]) -> str:
    """Say why a method is chosen or not."""
    smallest = min(error for each, error in errors.items() if each in usable)
    if method == chosen:
        if errors[method] <= smallest:
            return "chosen: nothing predicted the purchases of single customers better"
        if errors[method] <= NEAR_ENOUGH * smallest:
            return (
                "chosen: nothing predicted the purchases of single customers more than 1 % better, and its total is "
                "closest"
            )
        return "chosen: no plain average predicted the purchases of single customers better by more than chance"
    if method in BASELINES and errors[method] < errors[chosen] and chosen not in BASELINES:
        return "smaller error of the purchases of single customers, but not by more than chance"
    if errors[method] <= NEAR_ENOUGH * errors[chosen]:
        return "as good for single customers, but its total is further off"
    return "larger error of the purchases of single customers"


def list_flaws(method: str, trained: TrainedModels, usable: Set[str]) -> list[str]:
    """List what is wrong with the fits of a model."""
    messages = {model.message for _, model in trained.dropout.get(method, []) if model.at_boundary}
    unusable = [] if method in usable else ["not used: it did not converge on all of the history"]
    return [*unusable, *(f"at the boundary: {message}" for message in sorted(messages))]
