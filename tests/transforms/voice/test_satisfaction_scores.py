"""The mart `satisfaction_scores`: satisfaction and effort, each on its own scale."""

import datetime as dt
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy import stats

from regulars.pipelines.contracts.violations import select_failed_count
from regulars.pipelines.definitions.enumerations import NPS_ROLLING_GRAIN
from regulars.pipelines.definitions.windows import NPS_ROLLING_DAYS
from regulars.pipelines.transforms.voice.satisfaction_scores import _add_means, satisfaction_scores
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import contract_of
from tests.transforms.voice.nps_tables import ANSWER_SCHEMA, AS_OF, ASKED, CALENDAR, CUSTOMERS, SEGMENTS, answer

HALF = Fraction(1, 2)
SCHEMA = ANSWER_SCHEMA | {"scale_min": pl.Decimal(9, 4), "scale_max": pl.Decimal(9, 4)}


def rated(
    at: str, score: float, person: str | None = None, kind: str = "csat", best: int = 5, **more: Any
) -> dict[str, Any]:
    scale = {"survey_type": kind, "scale_min": 1, "scale_max": best, "score": score}
    return answer(at, None, person, **scale, **more)


def mart_of(*answers: dict[str, Any], engine: str = "polars", as_of: dt.date = AS_OF) -> pl.DataFrame:
    numbered = [{"response_id": f"r{number:03}"} | row for number, row in enumerate(answers)]
    frames = {
        "survey_responses": pl.DataFrame(numbered, schema=SCHEMA),
        "customers": CUSTOMERS,
        "customer_segments": SEGMENTS,
        "calendar": CALENDAR,
    }
    with ENGINES[engine](frames) as tables:
        return satisfaction_scores(*tables.values(), as_of=as_of, surveys=ASKED)


def row_of(mart: pl.DataFrame, end: str, grain: str = "day", kind: str = "csat", best: int = 5) -> dict[str, Any]:
    chosen = mart.filter(
        survey_type=kind, scale_max=float(best), grain=grain, period_end=dt.date.fromisoformat(end), dimension="all"
    )
    return chosen.row(0, named=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_scales_and_types_stay_apart_and_nps_is_none_of_them(engine):
    mart = mart_of(
        rated("2026-03-02 09:00", 4, "ada"),
        rated("2026-03-02 10:00", 2, "bob"),
        rated("2026-03-02 09:00", 6, "ada", best=7),
        rated("2026-03-02 09:00", 3, "ada", kind="ces"),
        rated("2026-03-02 09:00", 5, "ada", kind="nps"),
        engine=engine,
    )
    kinds = mart.select("survey_type", "scale_max").unique().sort("survey_type", "scale_max").rows()
    assert kinds == [("ces", 5.0), ("csat", 5.0), ("csat", 7.0)]
    row = row_of(mart, "2026-03-02")
    assert (row["responses"], row["mean_score"], row["satisfied_responses"], row["satisfied_rate"]) == (2, 3.0, 1, 0.5)
    assert row_of(mart, "2026-03-02", best=7)["satisfied_rate"] == 1.0


def test_the_latest_answer_of_a_person_on_a_scale_is_the_vote():
    mart = mart_of(rated("2026-03-02 09:00", 1, "ada"), rated("2026-03-05 09:00", 5, "ada"))
    assert row_of(mart, "2026-03-08", "week")["mean_score"] == 5.0
    assert row_of(mart, "2026-03-02")["mean_score"] == 1.0


def find_ends(scores: Sequence[float], worst: float, best: float) -> tuple[float, float]:
    """The ends by Student's t with half an answer at either end of the scale, in exact numbers."""
    weighted = [
        *((Fraction(str(score)), Fraction(1)) for score in scores),
        *((Fraction(e), HALF) for e in (worst, best)),
    ]
    n = len(scores) + 1
    middle = sum(score * weight for score, weight in weighted) / n
    error = math.sqrt(sum((score - middle) ** 2 * weight for score, weight in weighted) / (n - 1) / n)
    half = stats.t.ppf(0.975, n - 1) * error
    mean = sum(scores) / len(scores)
    return min(max(worst, float(middle) - half), mean), max(min(best, float(middle) + half), mean)


def test_intervals_are_those_of_student_beside_two_half_answers_and_of_wilson():
    scores = [5, 4, 4, 3, 5, 1, 2, 5, 4, 4]
    row = row_of(mart_of(*(rated("2026-03-02 09:00", s, f"p{n}") for n, s in enumerate(scores))), "2026-03-02")
    assert (row["score_total"], row["mean_score"]) == (sum(scores), pytest.approx(np.mean(scores)))
    low, high = find_ends(scores, 1, 5)
    assert (row["mean_score_low"], row["mean_score_high"]) == (pytest.approx(low), pytest.approx(high))
    share = stats.binomtest(7, 10).proportion_ci(method="wilson")
    assert (row["satisfied_rate_low"], row["satisfied_rate_high"]) == (
        pytest.approx(share.low),
        pytest.approx(share.high),
    )


def test_the_interval_of_answers_far_from_the_lowest_and_close_together_is_exact():
    scores = [9990 + step / 1000 for step in (0, 1, 1, 2, 0, 3, 1, 1)]
    row = row_of(
        mart_of(*(rated("2026-03-02 09:00", score, f"p{n}", best=10_000) for n, score in enumerate(scores))),
        "2026-03-02",
        best=10_000,
    )
    assert (row["mean_score_low"], row["mean_score_high"]) == pytest.approx(find_ends(scores, 1, 10_000), rel=1e-12)


def test_answers_that_are_all_the_same_may_be_chance():
    few, many = (
        row_of(mart_of(*(rated("2026-03-02 09:00", 5, f"p{n}") for n in range(votes))), "2026-03-02")
        for votes in (2, 60)
    )
    assert (few["mean_score_low"] < 2, few["mean_score_high"]) == (True, 5)
    assert (4.8 < many["mean_score_low"] < 5, many["mean_score_high"]) == (True, 5)


@pytest.mark.parametrize("votes", [2, 5, 12, 30])
def test_the_interval_of_a_mean_holds_the_truth_as_often_as_it_says(votes):
    # 85 of 100 give the best: Student's own interval holds the mean in 26, 56, 84 and 89 of 100
    rng = np.random.default_rng(votes)
    scores = rng.choice([2, 3, 4, 5], (300, votes), p=[0.01, 0.02, 0.12, 0.85])
    periods = pl.DataFrame(
        {
            "responses": np.full(300, votes),
            "units": (scores - 1).sum(axis=1) * 1000,
            "squares": np.square(scores - 1).sum(axis=1) * 1_000_000,
            "scale_min": 1.0,
            "scale_max": 5.0,
        }
    )
    found = _add_means(periods)
    assert found.select(pl.lit(4.81).is_between("mean_score_low", "mean_score_high").mean()).item() >= 0.94


def test_a_single_answer_has_no_interval_and_few_say_so():
    row = row_of(mart_of(rated("2026-03-02 09:00", 4)), "2026-03-02")
    assert (row["mean_score"], row["mean_score_low"], row["reason"]) == (
        4.0,
        None,
        "fewer than 30 votes: too few to tell",
    )


def test_days_without_answers_have_a_row_for_each_scale_and_no_score():
    mart = mart_of(rated("2026-03-02 09:00", 4), rated("2026-03-04 09:00", 4, kind="ces"))
    for kind in ("csat", "ces"):
        row = row_of(mart, "2026-03-03", kind=kind)
        assert (row["responses"], row["mean_score"], row["reason"]) == (0, None, "nobody answered")


def test_windows_hold_what_a_loop_over_answers_finds_and_the_contract_holds():
    rng = np.random.default_rng(2)
    columns = (
        rng.integers(0, 80, 150),
        rng.integers(0, 25, 150),
        rng.choice([1, 2, 3.5, 4, 5], 150),
        rng.integers(0, 3, 150),
    )
    places = ["web", "shop", None]
    drawn = [(int(d), f"p{p}", float(s), places[t]) for d, p, s, t in zip(*columns, strict=True)]
    midnight = dt.datetime.fromisoformat("2026-01-01 09:00")
    answers = [rated(str(midnight + dt.timedelta(days=d)), s, p, touchpoint=t) for d, p, s, t in drawn]
    mart = mart_of(*answers)
    for end in (dt.date(2026, 1, 31), dt.date(2026, 2, 15), dt.date(2026, 3, 20)):  # a month's end, a Sunday, a Friday
        latest: dict[tuple[str, str], float] = {}
        for each in sorted(enumerate(answers), key=lambda pair: (pair[1]["answered_at"], pair[0])):
            if 0 <= (end - each[1]["answered_date"]).days < NPS_ROLLING_DAYS:
                latest["all", each[1]["contact_id"]] = each[1]["score"]
                latest[each[1]["touchpoint"] or "unknown", each[1]["contact_id"]] = each[1]["score"]
        for value in ("all",) if end.isoweekday() == 5 else ("all", "web", "shop", "unknown"):
            scores = [score for (place, _), score in latest.items() if place == value]
            found = mart.filter(grain=NPS_ROLLING_GRAIN, period_end=end, dimension_value=value).filter(
                pl.col("dimension").is_in(["all", "touchpoint"])
            )
            assert found["responses"].to_list() == [len(scores)]
            assert found["mean_score"].item() == pytest.approx(np.mean(scores))
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.register("frame", mart.to_arrow())
        con.execute("create table marts.satisfaction_scores as from frame")
        for rule in contract_of("satisfaction_scores").rules:
            failed = con.execute(select_failed_count(rule, "marts.satisfaction_scores")).fetchall()[0][0]
            assert failed == 0, rule.id


def test_values_have_windows_that_end_with_a_week_a_month_or_the_last_day():
    mart = mart_of(rated("2026-01-12 09:00", 4, touchpoint="web"), as_of=dt.date(2026, 2, 5))
    rolling = mart.filter(grain=NPS_ROLLING_GRAIN).group_by("dimension").agg(pl.col("period_end"))
    ends = {dimension: [str(end) for end in days] for dimension, days in rolling.rows()}
    assert ends["touchpoint"] == ["2026-01-18", "2026-01-25", "2026-01-31", "2026-02-01", "2026-02-05"]
    assert len(ends["all"]) == 25


def test_without_answers_the_table_is_empty():
    assert mart_of().is_empty()
