"""The mart `satisfaction_drivers`: what matters, how much, and how well it is done."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars.pipelines.contracts.violations import select_failed_count
from regulars.pipelines.models.drivers.relative_weights import compute_importance
from regulars.pipelines.transforms.voice.satisfaction_drivers import satisfaction_drivers
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import contract_of

AS_OF = dt.date(2026, 3, 31)
RESPONSES = {
    "system": pl.String,
    "response_id": pl.String,
    "survey_type": pl.String,
    "score": pl.Decimal(9, 4),
    "nps_group": pl.String,
    "answered_date": pl.Date,
    "contact_id": pl.String,
    "customer_idx": pl.Int32,
    "order_system": pl.String,
    "order_id": pl.String,
}
ANSWERS = {
    "system": pl.String,
    "response_id": pl.String,
    "question_id": pl.String,
    "question": pl.String,
    "score": pl.Decimal(9, 4),
    "scale_min": pl.Decimal(9, 4),
    "scale_max": pl.Decimal(9, 4),
}
ORDERS = {
    "system": pl.String,
    "order_id": pl.String,
    "ordered_at": pl.Datetime("us"),
    "promised_at": pl.Datetime("us"),
    "delivered_at": pl.Datetime("us"),
    "line_count": pl.Int32,
    "gross_sales": pl.Decimal(18, 4),
    "discounts": pl.Decimal(18, 4),
    "shipping": pl.Decimal(18, 4),
}


@dataclass(frozen=True)
class Looked:
    driver_days: int = 90


def response(number: int, score: float, day: dt.date = AS_OF, **more: Any) -> dict[str, Any]:
    row = {"system": "forms", "response_id": f"r{number}", "survey_type": "nps", "score": score, "nps_group": "passive"}
    return row | {"answered_date": day, "contact_id": f"p{number}", "order_system": None, "order_id": None} | more


def answer(number: int, question: str, points: float | None, best: int = 5, **more: Any) -> dict[str, Any]:
    row = {"system": "forms", "response_id": f"r{number}", "question_id": question, "question": f"How was {question}?"}
    return row | {"score": points, "scale_min": 1, "scale_max": best} | more


def tables(
    responses: list[dict[str, Any]], answers: list[dict[str, Any]], orders: list[dict[str, Any]] | None = None
) -> dict[str, pl.DataFrame]:
    return {
        "survey_responses": pl.DataFrame(responses, schema=RESPONSES),
        "survey_answers": pl.DataFrame(answers, schema=ANSWERS),
        "orders": pl.DataFrame(orders or [], schema=ORDERS),
    }


def mart_of(frames: dict[str, pl.DataFrame], engine: str = "polars") -> pl.DataFrame:
    with ENGINES[engine](frames) as read:
        return satisfaction_drivers(*read.values(), as_of=AS_OF, surveys=Looked())


def survey(n: int, seed: int = 1, effect_of_price: float = 0.0) -> dict[str, pl.DataFrame]:
    """Taste has an effect, price goes with it; taste is done better."""
    rng = np.random.default_rng(seed)
    halo = rng.normal(size=n)
    taste, price = (np.clip(np.rint(centre + halo + rng.normal(0, 0.8, n)), 1, 5) for centre in (4.2, 3.0))
    felt = 7.5 + 1.2 * (taste - 4) + effect_of_price * (price - 3) + rng.normal(0, 1.3, n)
    scores = np.clip(np.rint(felt), 0, 10)
    answers = [answer(i, q, v) for i in range(n) for q, v in (("taste", taste[i]), ("price", price[i]))]
    return tables([response(i, score) for i, score in enumerate(scores)], answers)


def by_driver(mart: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["driver"]: row for row in mart.iter_rows(named=True)}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_driver_with_an_effect_matters_and_the_one_that_goes_along_does_not(engine):
    rows = by_driver(mart_of(survey(400), engine))
    taste, price = rows["taste"], rows["price"]
    assert (taste["matters"], price["matters"]) == (True, False)
    assert taste["importance"] > 0.6
    assert price["importance_low"] > 0  # a halo gives a share to what has no effect
    assert (taste["quadrant"], price["quadrant"]) == ("keep_great", "good_enough")
    assert price["performance_high"] < taste["performance_low"]
    assert (taste["importance_rank"], price["importance_rank"]) == (1, 2)
    assert (taste["is_complete"], taste["reason"], taste["scored_responses"]) == (True, None, 400)


def test_an_effect_that_is_taken_away_is_no_longer_found():
    assert by_driver(mart_of(survey(400, effect_of_price=0.8)))["price"]["matters"]
    assert not by_driver(mart_of(survey(400, effect_of_price=0.0)))["price"]["matters"]


def test_importance_and_performance_are_those_computed_by_hand():
    frames = survey(150)
    wide = frames["survey_answers"].pivot("question_id", index="response_id", values="score")
    rows = wide.join(frames["survey_responses"].select("response_id", outcome="score"), on="response_id")
    numbers = rows.select("price", "taste", "outcome").cast(pl.Float64).to_numpy()
    found = by_driver(mart_of(frames))
    importance = compute_importance(np.corrcoef(numbers.T))
    assert [found["price"]["importance"], found["taste"]["importance"]] == pytest.approx(importance, abs=1e-6)
    assert found["taste"]["performance"] == pytest.approx(((numbers[:, 1] - 1) / 4).mean() * 100)
    assert found["taste"]["top_box_rate"] == pytest.approx((numbers[:, 1] == 5).mean())
    design = np.column_stack([np.ones(150), numbers[:, :2]])
    slopes = np.linalg.lstsq(design, numbers[:, 2], rcond=None)[0]
    assert [found["price"]["effect"], found["taste"]["effect"]] == pytest.approx(slopes[1:])
    # HC3 errors: each residual by what its answer leaves of itself, one answer at a time
    inverse = np.linalg.inv(design.T @ design)
    spread = np.zeros((3, 3))
    for answers, outcome in zip(design, numbers[:, 2], strict=True):
        off = (outcome - answers @ slopes) / (1 - answers @ inverse @ answers)
        spread += off**2 * np.outer(answers, answers)
    t = slopes / np.sqrt(np.diag(inverse @ spread @ inverse))
    p = 2 * stats.t.sf(np.abs(t), 147)
    reach = stats.t.ppf(0.975, 147) * np.sqrt(np.diag(inverse @ spread @ inverse))[1:]
    for name, ends in (("price", slopes[1] + reach[0] * np.r_[-1, 1]), ("taste", slopes[2] + reach[1] * np.r_[-1, 1])):
        assert [found[name]["effect_low"], found[name]["effect_high"]] == pytest.approx(ends)
        assert found[name]["complete_responses"] == 150
    assert [found["price"]["effect_p_value"], found["taste"]["effect_p_value"]] == pytest.approx(p[1:])
    for place, name in enumerate(("price", "taste")):
        assert found[name]["mean_value"] == pytest.approx(numbers[:, place].mean())
        assert found[name]["standard_deviation"] == pytest.approx(numbers[:, place].std(ddof=1))
    for one, other in (("price", "taste"), ("taste", "price")):  # of two drivers, what one has the other lacks
        assert found[one]["importance_low"] < found[one]["importance"] < found[one]["importance_high"]
        assert found[one]["importance_high"] == pytest.approx(1 - found[other]["importance_low"])


@pytest.mark.parametrize(
    ("n", "has_importance", "has_quadrant", "is_complete", "reason"),
    [
        (29, False, False, False, "fewer than 30 answers to it"),
        (30, True, False, False, "fewer than 100 answers: the order may be chance"),
        (99, True, False, False, "fewer than 100 answers: the order may be chance"),
        (100, True, True, False, "indicative: fewer than 200 answers"),
        (199, True, True, False, "indicative: fewer than 200 answers"),
        (200, True, True, True, None),
    ],
)
def test_few_answers_say_less_and_why(n, has_importance, has_quadrant, is_complete, reason):
    for row in mart_of(survey(n)).iter_rows(named=True):
        assert (row["importance"] is not None, row["quadrant"] is not None) == (has_importance, has_quadrant)
        assert (row["is_complete"], row["reason"]) == (is_complete, reason)


def test_a_late_delivery_drives_the_score_and_has_no_scale():
    rng = np.random.default_rng(3)
    late = rng.integers(-2, 9, 250)
    promised = dt.datetime.combine(dt.date(2026, 3, 1), dt.time(12))
    scores = np.clip(np.rint(4.5 - 0.3 * np.maximum(late, 0) + rng.normal(0, 0.6, 250)), 1, 5)
    orders = [
        {
            "system": "shop",
            "order_id": f"o{i}",
            "ordered_at": promised - dt.timedelta(days=int(rng.integers(2, 9))),
            "promised_at": promised,
            "delivered_at": promised + dt.timedelta(days=int(days)),
        }
        for i, days in enumerate(late)
    ]
    told = {"survey_type": "csat", "nps_group": None, "order_system": "shop"}
    responses = [response(i, score, order_id=f"o{i}", **told) for i, score in enumerate(scores)]
    rows = by_driver(mart_of(tables(responses, [], orders)))
    assert set(rows) == {"days_late", "days_to_deliver"}
    assert rows["days_late"]["matters"]
    assert rows["days_late"]["effect"] < -0.2
    assert (rows["days_late"]["performance"], rows["days_late"]["quadrant"]) == (None, None)
    assert rows["days_late"]["mean_value"] == pytest.approx(np.maximum(late, 0).mean())


def test_what_was_ordered_may_drive_the_score_beside_how_it_was_delivered():
    rng = np.random.default_rng(4)
    lines, price = rng.integers(1, 6, 250), rng.integers(10, 90, 250)
    scores = np.clip(np.rint(9 - lines + rng.normal(0, 0.5, 250)), 0, 10)
    orders = [
        {"system": "shop", "order_id": f"o{i}", "line_count": n, "gross_sales": p + 5, "discounts": 5, "shipping": p}
        for i, (n, p) in enumerate(zip(lines.tolist(), price.tolist(), strict=True))
    ]
    responses = [response(i, score, order_system="shop", order_id=f"o{i}") for i, score in enumerate(scores)]
    rows = by_driver(mart_of(tables(responses, [], orders)))
    assert set(rows) == {"lines_in_order", "order_value", "shipping_share"}
    assert rows["lines_in_order"]["effect"] == pytest.approx(-1, abs=0.1)
    assert rows["order_value"]["mean_value"] == pytest.approx(price.mean())
    assert rows["shipping_share"]["mean_value"] == 0.5
    assert rows["shipping_share"]["reason"] == "all answers are the same"


def test_a_parcel_that_was_lost_for_years_counts_as_the_slowest_usual_one():
    rng = np.random.default_rng(3)
    days = rng.integers(1, 9, 200)
    scores = np.clip(np.rint(8 - 0.5 * days + rng.normal(0, 0.6, 200)), 0, 10)
    begin = dt.datetime.combine(dt.date(2026, 3, 1), dt.time(12))

    def effect_with(slowest: int) -> float:
        took = [slowest, *(int(each) for each in days[1:])]
        orders = [
            {
                "system": "shop",
                "order_id": f"o{i}",
                "ordered_at": begin,
                "delivered_at": begin + dt.timedelta(days=each),
            }
            for i, each in enumerate(took)
        ]
        responses = [response(i, s, order_system="shop", order_id=f"o{i}") for i, s in enumerate(scores)]
        return by_driver(mart_of(tables(responses, [], orders)))["days_to_deliver"]["effect"]

    assert effect_with(900) == pytest.approx(effect_with(8))
    assert effect_with(8) < -0.4


def test_of_two_drivers_that_say_the_same_one_is_left_out_and_named():
    frames = survey(120)
    echo = frames["survey_answers"].filter(question_id="taste").with_columns(question_id=pl.lit("taste again"))
    frames["survey_answers"] = pl.concat([frames["survey_answers"], echo])
    rows = by_driver(mart_of(frames))
    again = rows["taste again"]
    assert (again["importance"], again["matters"], again["reason"]) == (None, None, "says the same as taste")
    assert rows["taste"]["matters"]
    assert rows["taste"]["importance"] == pytest.approx(by_driver(mart_of(survey(120)))["taste"]["importance"])


def test_questions_that_some_skip_are_compared_without_those_who_skip_all():
    frames = survey(300)
    skipped = (pl.col("question_id") == "taste") & (pl.col("response_id").str.ends_with("3"))
    alone = pl.DataFrame([response(number, 9) for number in (901, 902)], schema=RESPONSES)
    frames["survey_answers"] = frames["survey_answers"].filter(~skipped)
    frames["survey_responses"] = pl.concat([frames["survey_responses"], alone])
    rows = by_driver(mart_of(frames))
    assert rows["taste"]["scored_responses"] == 300
    assert (rows["taste"]["driver_responses"], rows["price"]["driver_responses"]) == (270, 300)
    assert rows["taste"]["complete_responses"] == 270


def test_surveys_never_meet_and_old_answers_and_those_that_are_no_nps_are_left_out():
    frames = survey(60)
    old = [response(500 + i, i % 10, AS_OF - dt.timedelta(days=90)) for i in range(40)]
    none = [response(600 + i, i % 10, nps_group=None) for i in range(40)]
    other = [response(i, i % 7, system="other", survey_type="csat", nps_group=None) for i in range(40)]
    frames["survey_responses"] = pl.concat(
        [frames["survey_responses"], pl.DataFrame([*old, *none, *other], schema=RESPONSES)]
    )
    more = [answer(number, "taste", number % 5 + 1) for number in (*range(500, 540), *range(600, 640))]
    more += [answer(i, "speed", i % 5 + 1, system="other") for i in range(40)]
    frames["survey_answers"] = pl.concat([frames["survey_answers"], pl.DataFrame(more, schema=ANSWERS)])
    mart = mart_of(frames)
    counted = mart.select("system", "survey_type", "driver", "driver_responses").rows()
    assert set(counted) == {
        ("forms", "nps", "taste", 60),
        ("forms", "nps", "price", 60),
        ("other", "csat", "speed", 40),
    }
    assert mart.filter(system="other")["quadrant"].null_count() == 1  # a single driver has no quadrant


def test_a_question_that_all_answer_alike_drives_nothing_and_says_so():
    frames = survey(120)
    same = pl.DataFrame([answer(i, "colour", 5) for i in range(120)], schema=ANSWERS)
    frames["survey_answers"] = pl.concat([frames["survey_answers"], same])
    row = by_driver(mart_of(frames))["colour"]
    assert (row["importance"], row["performance"], row["reason"]) == (None, 100.0, "all answers are the same")


def test_without_surveys_the_table_is_empty():
    assert mart_of(tables([], [])).is_empty()


def test_the_same_answers_give_the_same_numbers_in_any_order_and_keep_the_contract():
    frames = survey(150)
    first = mart_of(frames)
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=4) for name, frame in frames.items()}
    assert mart_of(shuffled).equals(first)
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.register("frame", first.to_arrow())
        con.execute("create table marts.satisfaction_drivers as from frame")
        for rule in contract_of("satisfaction_drivers").rules:
            failed = con.execute(select_failed_count(rule, "marts.satisfaction_drivers")).fetchall()[0][0]
            assert failed == 0, rule.id


@pytest.mark.slow
def test_in_surveys_of_noise_one_driver_in_ten_surveys_matters():
    """Six drivers that all go together and an outcome of its own: how many surveys flag any."""
    flagged = 0
    for seed in range(60):
        rng = np.random.default_rng(100 + seed)
        halo = rng.normal(size=(120, 1))
        items = np.clip(np.rint(3.5 + halo + rng.normal(0, 0.8, (120, 6))), 1, 5)
        answers = [answer(i, f"q{j}", items[i, j]) for i in range(120) for j in range(6)]
        scores = rng.integers(0, 11, 120)
        flagged += bool(mart_of(tables([response(i, s) for i, s in enumerate(scores)], answers))["matters"].any())
    assert flagged / 60 < 0.25


def test_a_scale_of_one_point_has_no_performance():
    given = [response(number, 9 - number % 3) for number in range(12)]
    drivers = mart_of(tables(given, [answer(number, "delivery", 1, best=1) for number in range(12)]))
    [row] = drivers.filter(pl.col("driver") == "delivery").to_dicts()
    assert (row["mean_value"], row["performance"]) == (1.0, None)
