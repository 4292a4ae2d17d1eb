"""Where to act by `satisfaction_drivers`: a quadrant only where chance does not decide it."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from tests.transforms.mart_rules import broken_rules
from tests.transforms.voice.test_satisfaction_drivers import answer, by_driver, mart_of, response, survey, tables

EFFECTS, CENTRES = np.array([1.2, 0.8, 0.0, 0.0, 0.0]), np.array([4.1, 3.2, 3.0, 3.7, 4.4])


def five_drivers(n: int, seed: int, best: float = 0.0) -> dict[str, Any]:
    """Two of five have an effect: the first is done well, the second badly; `best` brings all to the same level."""
    rng = np.random.default_rng(seed)
    halo = rng.normal(0, 0.7, (n, 1))
    items = np.clip(np.rint(CENTRES * (1 - best) + 3.7 * best + halo + rng.normal(0, 0.9, (n, 5))), 1, 5)
    scores = np.clip(np.rint(7 + (items - CENTRES) @ EFFECTS + rng.normal(0, 1, n)), 0, 10)
    answers = [answer(i, f"q{j}", items[i, j]) for i in range(n) for j in range(5)]
    return tables([response(i, score) for i, score in enumerate(scores)], answers)


def quadrant_by_hand(row: dict[str, Any], drivers: int) -> str:
    line = 1 / drivers
    if row["importance_high"] < line:
        return "good_enough" if not row["matters"] else "watch"
    if row["importance_low"] < line:
        return "too_close"
    if row["performance_over_mean_low"] >= 0:
        return "keep_great"
    return "improve" if row["performance_over_mean_high"] < 0 else "too_close"


@pytest.mark.parametrize(("n", "seed", "best"), [(100, 1, 0), (150, 2, 0), (400, 3, 0), (400, 4, 1), (900, 5, 0)])
def test_quadrants_are_those_told_by_the_intervals_of_the_row(n: int, seed: int, best: float):
    rows = mart_of(five_drivers(n, seed, best)).to_dicts()
    assert [row["quadrant"] for row in rows] == [quadrant_by_hand(row, 5) for row in rows]


def test_many_answers_tell_where_to_act_and_few_that_it_is_too_close():
    many, few = (by_driver(mart_of(five_drivers(n, 3))) for n in (900, 100))
    assert [many[f"q{place}"]["quadrant"] for place in range(5)] == [
        "keep_great",
        "improve",
        "good_enough",
        "good_enough",
        "good_enough",
    ]
    assert "too_close" in {row["quadrant"] for row in few.values()}


def test_an_important_driver_done_as_well_as_the_others_is_too_close():
    row = by_driver(mart_of(five_drivers(900, 3, 1)))["q0"]
    assert row["importance_low"] > 1 / 5
    assert row["performance_over_mean_low"] < 0 < row["performance_over_mean_high"]
    assert row["quadrant"] == "too_close"


def test_performance_has_the_interval_of_a_mean_of_persons():
    frames = survey(150)
    row = by_driver(mart_of(frames))["taste"]
    taste = frames["survey_answers"].filter(question_id="taste")["score"].cast(float).to_numpy()
    points = (taste - 1) * 25
    ends = stats.t.interval(0.95, 149, points.mean(), stats.sem(points))
    assert (row["performance_low"], row["performance_high"]) == pytest.approx(ends)
    both = frames["survey_answers"].pivot("question_id", index="response_id", values="score")
    lead = 25 * (both["taste"].cast(float) - both["price"].cast(float)).to_numpy() / 2
    ends = stats.t.interval(0.95, 149, lead.mean(), stats.sem(lead))
    assert row["performance_over_mean"] == pytest.approx(lead.mean())
    assert (row["performance_over_mean_low"], row["performance_over_mean_high"]) == pytest.approx(ends)


def test_intervals_stay_on_the_scale_and_need_two_persons_who_differ():
    scores = [5] * 39 + [1]
    given = [response(i, 9 - i % 3) for i in range(40)]
    asked = [answer(i, "good", score) for i, score in enumerate(scores)] + [answer(i, "same", 5) for i in range(40)]
    rows = by_driver(mart_of(tables(given, asked)))
    assert (rows["good"]["performance_high"], rows["same"]["performance_low"]) == (100, None)
    assert rows["good"]["performance_low"] < rows["good"]["performance"]
    assert rows["good"]["quadrant"] is None
    assert rows["good"]["performance_over_mean"] is None  # no other driver to compare with


def test_three_answers_of_each_person_are_no_more_certain_than_one():
    frames = survey(120)
    one = by_driver(mart_of(frames))["taste"]
    again = [frames["survey_responses"], frames["survey_answers"]]
    for name, rows in zip(("survey_responses", "survey_answers"), again, strict=True):
        copies = [rows.with_columns(response_id=rows["response_id"] + suffix) for suffix in ("", "-b", "-c")]
        frames[name] = copies[0].vstack(copies[1]).vstack(copies[2])
    three = by_driver(mart_of(frames))["taste"]
    for end in ("low", "high"):
        assert three[f"performance_{end}"] == pytest.approx(one[f"performance_{end}"])
        assert three[f"performance_over_mean_{end}"] == pytest.approx(one[f"performance_over_mean_{end}"])


def test_a_survey_that_one_contact_alone_answered_compares_no_drivers():
    """A tablet at the till that is one contact: many answers, and one person."""
    frames = survey(120)
    frames["survey_responses"] = frames["survey_responses"].with_columns(contact_id=pl.lit("the till"))
    mart = mart_of(frames)
    for name in ("performance_low", "performance_over_mean", "performance_over_mean_low", "quadrant"):
        assert mart[name].to_list() == [None, None]
    assert broken_rules("satisfaction_drivers", mart, {}) == set()
