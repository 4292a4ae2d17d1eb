import polars as pl
import pytest

from regulars.pipelines.transforms.clv.method_choice import (
    choose_method,
    describe_test,
    find_best_model,
    find_model_of_p_alive,
)


def predicted(*values: float, actual: tuple[int, ...] = (0, 1, 2, 3) * 25) -> pl.DataFrame:
    """One prediction per customer, repeated over a hundred customers."""
    each = [values[place % len(values)] for place in range(len(actual))]
    return pl.DataFrame({"predicted": each, "actual": actual}, schema={"predicted": pl.Float64, "actual": pl.Int64})


NEAR, NEARER, FAR = predicted(0.5, 1, 2, 2.5), predicted(0.4, 1, 2, 2.6), predicted(3, 3, 0, 0)
WILD = predicted(0.5, 1, 2, 2.5, actual=(*((0, 1, 2, 3) * 24), 0, 1, 2, 400))
"""As near, but for one customer who bought four hundred times, which nothing foresaw."""


def choose(usable: set[str] | None = None, **tested: pl.DataFrame) -> tuple[str, dict[str, str]]:
    return choose_method(tested, set(tested) if usable is None else usable)


def test_the_model_with_the_smallest_error_of_single_customers_is_chosen():
    chosen, reasons = choose(own_average=FAR, bg_nbd=NEARER, pareto_nbd=NEAR)
    assert chosen == "bg_nbd"
    assert reasons["pareto_nbd"] == "larger error of the purchases of single customers"
    assert reasons["own_average"] == "larger error of the purchases of single customers"


def test_an_average_that_is_better_by_more_than_chance_is_chosen():
    chosen, reasons = choose(last_year=NEAR, bg_nbd=FAR)
    assert chosen == "last_year"
    assert reasons["last_year"] == "chosen: nothing predicted the purchases of single customers better"


def test_an_average_that_is_better_by_chance_is_not():
    better_once = predicted(0.5, 1, 2, 2.5, actual=WILD["actual"].to_list()).with_columns(
        predicted=pl.when(pl.col("actual") == 400).then(20.0).otherwise("predicted")
    )
    chosen, reasons = choose(last_year=better_once, bg_nbd=WILD)
    assert chosen == "bg_nbd"
    assert reasons["last_year"] == "smaller error of the purchases of single customers, but not by more than chance"
    assert reasons["bg_nbd"].startswith("chosen: no plain average predicted")


def test_of_models_within_one_per_cent_the_closest_total_is_chosen():
    high, low = predicted(0.501, 1.001, 2.001, 2.501), predicted(0.5, 1, 2, 2.5)
    chosen, reasons = choose(bg_nbd=high.with_columns(pl.col("predicted") + 0.01), mbg_nbd=low)
    assert chosen == "mbg_nbd"
    assert reasons["bg_nbd"] == "as good for single customers, but its total is further off"


def test_only_a_method_that_can_predict_today_is_chosen():
    assert choose({"own_average", "bg_nbd"}, own_average=FAR, bg_nbd=FAR, pareto_nbd=NEAR)[0] == "bg_nbd"
    assert choose({"own_average"}, own_average=FAR, pareto_nbd=NEAR)[0] == "own_average"
    with pytest.raises(ValueError, match="at least one must be usable"):
        choose(set(), own_average=FAR)


def graded(*rows: tuple[str, bool, float]) -> pl.DataFrame:
    """Method, whether it is chosen, and its error."""
    return pl.DataFrame(
        [(method, method.endswith("average"), "all", chosen, error) for method, chosen, error in rows],
        schema=["method", "is_baseline", "scope", "is_chosen", "rmse_purchases"],
        orient="row",
    )


def test_p_alive_is_never_by_a_model_that_holds_one_time_buyers_to_be_alive():
    tests = graded(
        ("bg_nbd", True, 1.0), ("bg_nbd_by_cohort", False, 1.1), ("pareto_nbd", False, 1.3), ("mbg_nbd", False, 1.2)
    )
    assert find_best_model(tests) == "bg_nbd"
    assert find_model_of_p_alive(tests, {"bg_nbd", "mbg_nbd", "pareto_nbd"}) == "mbg_nbd"
    assert find_model_of_p_alive(tests, {"bg_nbd", "pareto_nbd"}) == "pareto_nbd"
    assert find_model_of_p_alive(tests, {"bg_nbd", "bg_nbd_by_cohort"}) is None


def test_a_test_of_less_than_a_year_is_said_to_be_one():
    row = {"horizon_days": 182, "purchases_calibration": 1.0, "value_calibration": 1.0}
    assert describe_test(None) == []
    assert describe_test(row)[0].startswith("tested over 182 days only")
    row = {"horizon_days": 364, "purchases_calibration": 1.25, "value_calibration": 0.9}
    assert describe_test(row) == [
        "tested over 364 days: purchases multiplied by 1.250 and value by 0.900, as in the test"
    ]
