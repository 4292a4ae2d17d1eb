import datetime as dt
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from regulars.pipelines.models.names import BY_COHORT, PURCHASE_MODELS
from regulars.pipelines.transforms.clv.clv_evaluation import _join_outcome, clv_evaluation
from regulars.pipelines.transforms.clv.clv_models import _split_by_cohort, choose_cohorts, clv_models, read_models
from regulars.pipelines.transforms.clv.clv_tracking import clv_tracking
from regulars.pipelines.transforms.clv.method_choice import find_best_model, find_chosen_method
from regulars.pipelines.transforms.clv.purchase_history import choose_calibration_end, list_customer_days
from tests.transforms import subscription_tables
from tests.transforms.core_tables import MONEY
from tests.transforms.simulated_company import AS_OF, beta_geo_company, clockwork_company

ROOT = Path(__file__).parents[3]
CUT = AS_OF - dt.timedelta(days=365)
NO_SUBSCRIPTIONS = subscription_tables.table()
Tables = dict[str, pl.DataFrame]


@cache
def tables_of(kind: str, customers: int) -> Tables:
    return {"simulated": beta_geo_company, "clockwork": clockwork_company}[kind](customers)


@cache
def run(kind: str, customers: int) -> Tables:
    """`models`, `evaluation` and `tracking` of a company."""
    core = tables_of(kind, customers)
    bought = (core["orders"].lazy(), core["refunds"].lazy(), core["calendar"].lazy())
    models = clv_models(*bought, as_of=AS_OF)
    evaluation = clv_evaluation(*bought, models.lazy(), NO_SUBSCRIPTIONS, as_of=AS_OF)
    tracking = clv_tracking(*bought, models.lazy(), evaluation.lazy(), as_of=AS_OF)
    return {"models": models, "evaluation": evaluation, "tracking": tracking}


def overall(kind: str, customers: int) -> pl.DataFrame:
    return run(kind, customers)["evaluation"].filter(pl.col("scope") == "all")


def test_a_model_wins_where_customers_behave_like_one():
    method, reason = find_chosen_method(run("simulated", 3000)["evaluation"]) or ("", "")
    assert method.removesuffix(BY_COHORT) in PURCHASE_MODELS
    assert reason.startswith("chosen: nothing predicted the purchases")


def test_the_true_model_comes_close_in_total_and_beats_every_average():
    graded = overall("simulated", 3000)
    of = {row["method"]: row for row in graded.iter_rows(named=True)}
    assert abs(of["bg_nbd"]["purchases_error_rate"]) < 0.1
    assert all(
        of["bg_nbd"]["rmse_purchases"] < of[name]["rmse_purchases"]
        for name in ("own_average", "segment_average", "last_year")
    )


def test_intervals_hold_what_happened_as_often_as_they_claim():
    graded = run("simulated", 3000)["evaluation"].filter(pl.col("method") == "bg_nbd")
    everybody = graded.filter(pl.col("scope") == "all").row(0, named=True)
    assert everybody["customers_with_interval"] == everybody["holdout_customers"]
    assert everybody["value_interval_covered"] == pytest.approx(everybody["value_interval_nominal_coverage"], abs=0.03)
    deciles = graded.filter(pl.col("scope") == "decile", pl.col("value_interval_nominal_coverage") < 0.81)
    assert deciles.height >= 2
    assert deciles["value_interval_covered"].is_between(0.72, 0.88).all()


def test_an_average_wins_where_everybody_buys_by_the_clock():
    assert find_chosen_method(run("clockwork", 200)["evaluation"]) == (
        "own_average",
        "chosen: nothing predicted the purchases of single customers better",
    )


def test_what_happened_is_counted_and_added_as_plainly_as_can_be():
    core = tables_of("simulated", 3000)
    bought = core["orders"].unique(["customer_idx", "order_date"])
    firsts = bought.group_by("customer_idx").agg(pl.col("order_date").min().alias("first"))
    known = bought.join(firsts.filter(pl.col("first") <= CUT), on="customer_idx")
    later = known.filter(pl.col("order_date") > CUT)
    found = overall("simulated", 3000)
    assert set(found["actual_purchases"]) == {later.height}
    assert set(found["holdout_customers"]) == {known["customer_idx"].n_unique()}
    value = core["orders"].filter(pl.col("order_date") > CUT).join(known, on="customer_idx", how="semi")["gross_sales"]
    assert found["actual_value"].to_list() == pytest.approx([float(value.sum())] * found.height)


def test_deciles_run_from_the_least_to_the_most_expected():
    rows = run("simulated", 3000)["evaluation"].filter(pl.col("scope") == "decile", pl.col("method") == "pareto_nbd")
    assert rows["scope_value"].to_list() == [str(number) for number in range(1, 11)]
    mean = rows["predicted_value"] / rows["holdout_customers"]
    assert mean.is_sorted()


def test_fifty_customers_are_too_few_to_test_a_model():
    found = run("simulated", 50)
    assert found["models"].is_empty()
    assert found["evaluation"].is_empty()
    assert found["tracking"].is_empty()
    assert find_chosen_method(found["evaluation"]) is None


def test_a_model_is_read_back_as_it_was_fitted():
    rows = run("simulated", 3000)["models"]
    model = dict(read_models(rows, CUT).dropout["bg_nbd"])[None]
    written = rows.filter(pl.col("model") == "bg_nbd", pl.col("trained_through") == CUT)
    assert list(model.params) == ["r", "alpha", "a", "b"]
    shuffled = dict(read_models(rows.sort("parameter"), CUT).dropout["bg_nbd"])[None]
    assert shuffled.params == model.params
    assert shuffled.covariance.tolist() == model.covariance.tolist()
    assert list(model.params.values()) == written["estimate"].to_list()
    assert list(model.standard_errors.values()) == pytest.approx(written["standard_error"].to_list())
    assert not model.at_boundary


def test_models_are_trained_through_the_test_and_through_the_last_day():
    rows = run("simulated", 3000)["models"]
    assert set(rows["trained_through"]) == {CUT, AS_OF}
    assert {"bg_nbd", "mbg_nbd", "pareto_nbd", "gamma_gamma"} <= set(rows["model"])
    truth = {"r": 0.6, "alpha": 30.0, "a": 0.8, "b": 2.5}
    fitted = rows.filter(pl.col("model") == "bg_nbd", pl.col("trained_through") == AS_OF).select(
        "parameter", "estimate", "standard_error"
    )
    assert all(abs(estimate - truth[name]) < 4 * error for name, estimate, error in fitted.iter_rows())


def customers_from(*quarters: tuple[str, int, int]) -> pl.DataFrame:
    """Customers and repeat customers who first bought on each of these days."""
    rows = [
        (dt.date.fromisoformat(day), int(place < repeaters))
        for day, customers, repeaters in quarters
        for place in range(customers)
    ]
    return pl.DataFrame(rows, schema={"first_order_date": pl.Date, "frequency": pl.Int64}, orient="row")


def test_cohorts_are_quarters_put_together_until_each_has_enough_repeat_customers():
    history = customers_from(
        ("2025-01-15", 400, 200), ("2025-04-01", 200, 50), ("2025-07-01", 200, 60), ("2025-10-01", 400, 150)
    )
    assert [str(day) for day in choose_cohorts(history)] == ["2025-01-01", "2025-04-01", "2025-10-01"]


def test_a_customer_of_a_cohorts_first_day_is_in_it_and_in_no_other():
    history = customers_from(("2025-01-15", 1, 0), ("2025-03-31", 1, 0), ("2025-04-01", 1, 0), ("2025-04-02", 1, 0))
    first, second = _split_by_cohort(history, [dt.date(2025, 1, 15), dt.date(2025, 4, 1)])
    assert [str(day) for day in first[1]["first_order_date"]] == ["2025-01-15", "2025-03-31"]
    assert [str(day) for day in second[1]["first_order_date"]] == ["2025-04-01", "2025-04-02"]


def test_the_youngest_customers_join_the_cohort_before_while_they_are_few():
    history = customers_from(("2025-01-15", 400, 200), ("2025-04-01", 400, 150), ("2025-07-01", 400, 20))
    assert [str(day) for day in choose_cohorts(history)] == ["2025-01-01", "2025-04-01"]


def test_the_tracked_purchases_are_all_repeat_purchases_of_whole_weeks():
    tracking, core = run("simulated", 3000)["tracking"], tables_of("simulated", 3000)
    last = tracking.row(-1, named=True)
    bought = core["orders"].unique(["customer_idx", "order_date"]).filter(pl.col("order_date") <= last["week_end"])
    assert last["cumulative_actual_purchases"] == bought.height - bought["customer_idx"].n_unique()
    assert last["cumulative_expected_purchases"] == pytest.approx(last["cumulative_actual_purchases"], rel=0.1)
    assert tracking.filter("is_forecast")["week_end"].min() > CUT
    assert AS_OF - last["week_end"] < dt.timedelta(days=7)


def test_a_refunded_year_is_worth_less():
    core = tables_of("clockwork", 200)
    refunds = core["orders"].select(
        "customer_idx",
        refund_id=pl.int_range(pl.len()).cast(pl.String),
        refund_date="order_date",
        goods=(pl.col("gross_sales") / 2).cast(MONEY),
        is_countable=pl.lit(True),
    )
    bought = (core["orders"].lazy(), refunds.lazy(), core["calendar"].lazy())
    models = clv_models(*bought, as_of=AS_OF)
    graded = clv_evaluation(*bought, models.lazy(), NO_SUBSCRIPTIONS, as_of=AS_OF).filter(
        pl.col("method") == "last_year"
    )
    whole = overall("clockwork", 200).filter(pl.col("method") == "last_year")
    assert graded["actual_value"][0] == pytest.approx(whole["actual_value"][0] / 2)
    assert graded["predicted_value"][0] == pytest.approx(whole["predicted_value"][0] / 2)


def test_a_short_history_is_tested_on_its_second_half():
    core = tables_of("simulated", 50)
    days = list_customer_days(
        core["orders"].lazy(), core["refunds"].lazy(), core["calendar"].lazy(), as_of=dt.date(2023, 12, 31)
    )
    first = days["day_idx"].min()
    assert isinstance(first, int)
    span = dt.date(2023, 12, 31) - (dt.date(1970, 1, 1) + dt.timedelta(days=first))
    assert choose_calibration_end(days, dt.date(2023, 12, 31)) == dt.date(2023, 12, 31) - dt.timedelta(
        days=span.days // 2
    )


def graded_by(threads: int) -> str:
    """The evaluation of a company full of equal customers, as JSON, by a process with so many threads."""
    script = (
        "from tests.transforms.clv.test_clv_evaluation import run;"
        "print(run('simulated', 3000)['evaluation'].write_json())"
    )
    environment = {**os.environ, "POLARS_MAX_THREADS": str(threads), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_the_number_of_threads_changes_no_decile():
    another = 2 if pl.thread_pool_size() == 1 else 1
    assert graded_by(another).rstrip() == run("simulated", 3000)["evaluation"].write_json()


def test_the_order_of_the_rows_changes_no_decile():
    core = {
        name: frame.sample(fraction=1, shuffle=True, seed=5) for name, frame in tables_of("simulated", 3000).items()
    }
    bought = (core["orders"].lazy(), core["refunds"].lazy(), core["calendar"].lazy())
    found = clv_evaluation(*bought, run("simulated", 3000)["models"].lazy(), NO_SUBSCRIPTIONS, as_of=AS_OF)
    assert_frame_equal(found, run("simulated", 3000)["evaluation"], check_exact=True)


def test_customers_of_whom_the_same_is_expected_are_parted_by_their_number():
    happened = pl.DataFrame({"customer_idx": range(1, 41), "purchases": [0] * 40, "value": [0.0] * 40}).with_columns(
        first_order_date=pl.lit(dt.date(2025, 1, 1))
    )
    expected = pl.DataFrame({"purchases": [1.0] * 40, "value": [5.0] * 20 + [7.0] * 20})
    found = _join_outcome(happened, expected)
    assert found["decile"].to_list() == [str(place // 4 + 1) for place in range(40)]


def test_of_equal_models_the_first_by_name_tells_who_is_alive():
    rows = pl.DataFrame(
        {"method": ["pareto_nbd", "bg_nbd", "own_average"], "is_baseline": [False, False, True], "scope": ["all"] * 3}
    ).with_columns(is_chosen=pl.col("is_baseline"), rmse_purchases=pl.lit(1.0))
    assert find_best_model(rows) == find_best_model(rows.reverse()) == "bg_nbd"
