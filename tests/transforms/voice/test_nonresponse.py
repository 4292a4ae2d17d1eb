"""What those who do not answer would change: the score by answering wave, and weighted by value tier."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from regulars.pipelines.definitions.enumerations import NPS_LONG_ROLLING_GRAIN
from regulars.pipelines.transforms.voice.adjusted_wald import compute_nps
from regulars.pipelines.transforms.voice.nonresponse import weight_by_tier
from tests.transforms.voice.nps_tables import AS_OF, INVITATION_SCHEMA, Asked, answer, on_duckdb, on_polars, table

INVITED_AT = dt.datetime.fromisoformat("2026-03-01 09:00")


def invite(person: str, response: str | None) -> dict[str, Any]:
    row = {"system": "forms", "invitation_id": f"i-{person}", "survey_type": "nps", "invited_at": INVITED_AT}
    return row | {"invited_date": INVITED_AT.date(), "contact_id": person, "customer_idx": 0, "response_id": response}


def waves_of(mart: pl.DataFrame) -> dict[str, tuple[int, int, int, int]]:
    """Wave -> promoters, passives, detractors, people invited, of the last long window."""
    rows = mart.filter(grain=NPS_LONG_ROLLING_GRAIN, period_end=AS_OF, dimension="answering_wave")
    return {
        name: (a, b, c, d)
        for name, a, b, c, d in rows.select(
            "dimension_value", "promoters", "passives", "detractors", "people_invited"
        ).rows()
    }


@pytest.mark.parametrize("engine", [on_polars, on_duckdb])
@pytest.mark.parametrize("names_its_response", [True, False])
def test_late_answers_stand_apart_from_early_ones(engine: Callable[..., pl.DataFrame], names_its_response: bool):
    delays = {"ada": (1, 10), "bob": (2, 9), "eve": (5, 8), "kim": (20, 0), "joe": (25, 3)}
    answers = [
        answer(str(INVITED_AT + dt.timedelta(days=days)), points, person, response_id=f"r-{person}")
        for person, (days, points) in delays.items()
    ]
    answers.append(answer("2026-03-05 09:00", 7, "stranger"))
    sent = [invite(person, f"r-{person}" if names_its_response else None) for person in [*delays, "silent"]]
    mart = engine(table(answers), invitations=pl.DataFrame(sent, schema=INVITATION_SCHEMA))
    # the middle answer came after 5 days and is among the sooner ones
    assert waves_of(mart) == {"first_half": (2, 1, 0, 0), "second_half": (0, 0, 2, 0), "unknown": (0, 1, 0, 0)}


def test_without_invitations_nothing_is_early_or_late():
    assert "answering_wave" not in set(on_polars(table([answer("2026-03-02 09:00", 9)]))["dimension"])


def test_a_second_answer_takes_the_persons_vote_to_its_own_wave():
    first, again = INVITED_AT + dt.timedelta(days=1), INVITED_AT + dt.timedelta(days=9)
    answers = [
        answer(str(first), 10, "ada", response_id="r1"),
        answer(str(again), 2, "ada", response_id="r2"),
        answer(str(first), 9, "bob", response_id="r3"),
    ]
    sent = [invite("ada", "r1"), invite("ada", "r2") | {"invitation_id": "i2"}, invite("bob", "r3")]
    mart = on_polars(table(answers), invitations=pl.DataFrame(sent, schema=INVITATION_SCHEMA))
    assert {name: counts[:3] for name, counts in waves_of(mart).items()} == {
        "first_half": (1, 0, 0),
        "second_half": (0, 0, 1),
    }


def mart_of_tiers(votes: dict[str, tuple[int, int, int]], customers: dict[str, int]) -> dict[str, Any]:
    """The row of all of the last long window, where each vote is of a customer of its own.

    Args:
        votes: Tier -> promoters, passives, detractors.
        customers: Tier -> how many customers are in it.
    """
    tiers = [tier for tier, count in customers.items() for _ in range(count)]
    idx = range(1, len(tiers) + 1)
    known = pl.DataFrame(
        {"customer_id": [f"c{number}" for number in idx], "customer_idx": idx},
        schema_overrides={"customer_idx": pl.Int32},
    ).with_columns(pl.lit(None, pl.String).alias(name) for name in ("customer_type", "country", "region", "owner"))
    segments = known.select("customer_id", segment=pl.lit("regular"), value_tier=pl.Series(tiers))
    answers = []
    for tier, groups in votes.items():
        points = [score for score, count in zip((10, 8, 1), groups, strict=True) for _ in range(count)]
        of_tier = [number for number, name in zip(idx, tiers, strict=True) if name == tier]
        answers += [answer("2026-03-02 09:00", each, customer=who) for each, who in zip(points, of_tier, strict=False)]
    mart = on_polars(table(answers), customers=known, segments=segments, asked=Asked(("value_tier",)))
    return mart.filter(grain=NPS_LONG_ROLLING_GRAIN, period_end=AS_OF, dimension="all").row(0, named=True)


def test_each_tier_counts_as_often_as_it_stands_among_customers():
    found = mart_of_tiers({"high": (16, 2, 2), "low": (4, 2, 4)}, {"high": 20, "low": 180})
    assert (found["responses"], found["nps"]) == (30, pytest.approx(100 * 14 / 30))
    # a tenth of the customers scores 70, nine tenths 0
    assert found["nps_weighted"] == pytest.approx(7)
    # w = 0.1 ÷ (20/30) = 0.15 for 20 votes, 0.9 ÷ (10/30) = 2.7 for 10: 30² ÷ (20 × 0.0225 + 10 × 7.29) = 12.2699
    assert found["effective_responses"] == pytest.approx(30**2 / (20 * 0.15**2 + 10 * 2.7**2))
    n = found["effective_responses"]
    counts = pl.DataFrame({"p": [(0.1 * 0.8 + 0.9 * 0.4) * n], "d": [(0.1 * 0.1 + 0.9 * 0.4) * n], "n": [n]})
    low, high = counts.select(**compute_nps(pl.col("p"), pl.col("d"), pl.col("n"))).row(0)[1:]
    assert (found["nps_weighted_low"], found["nps_weighted_high"]) == pytest.approx((low, high))


def test_votes_in_proportion_to_customers_have_one_score_and_all_their_weight():
    found = mart_of_tiers({"high": (5, 3, 2), "low": (10, 6, 4)}, {"high": 50, "low": 100})
    assert found["nps_weighted"] == pytest.approx(found["nps"]) == pytest.approx(30)
    assert found["effective_responses"] == pytest.approx(30)


@pytest.mark.parametrize(
    ("votes", "customers"),
    [
        ({"high": (5, 3, 2), "low": (5, 3, 1)}, {"high": 50, "low": 100}),
        ({"high": (15, 3, 2)}, {"high": 50, "low": 1}),
    ],
    ids=["nine votes of a tier", "a tier without votes"],
)
def test_a_tier_of_few_votes_leaves_the_weighted_score_open(votes, customers):
    found = mart_of_tiers(votes, customers)
    assert (found["nps_weighted"], found["nps_weighted_low"], found["effective_responses"]) == (None, None, None)


def test_votes_without_a_tier_are_not_weighted():
    rows = [("all", "all", 25, 10, 5), ("value_tier", "high", 20, 10, 0), ("value_tier", "unknown", 15, 0, 15)]
    columns = ["dimension", "dimension_value", "responses", "promoters", "detractors"]
    periods = pl.DataFrame(rows, columns, orient="row").with_columns(grain=pl.lit("day"), period_end=AS_OF)
    customers = pl.DataFrame({"value_tier": ["high"], "customers": [7]})
    found = weight_by_tier(periods, customers)
    assert found["nps_weighted"].to_list() == [50, None, None]
    assert found["effective_responses"].to_list() == [20, None, None]


def test_weighted_scores_are_the_same_to_the_last_digit_in_any_order_of_the_rows():
    tiers = ["a", "b", "c", "d"]
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=number) for number in range(200)]
    periods = pl.DataFrame(
        [
            ("day", day, "value_tier", tier, 10 + (7 * i + 13 * j) % 89, (3 * i + j) % 9, (i + 5 * j) % 7)
            for i, day in enumerate(days)
            for j, tier in enumerate(tiers)
        ]
        + [("day", day, "all", "all", 100, 10, 10) for day in days],
        schema=["grain", "period_end", "dimension", "dimension_value", "responses", "promoters", "detractors"],
        orient="row",
    )
    customers = pl.DataFrame({"value_tier": tiers, "customers": [31, 87, 211, 1013]})
    whole = [
        weight_by_tier(periods.sample(fraction=1, shuffle=True, seed=seed), customers)
        .filter(pl.col("dimension") == "all")
        .sort("period_end")
        for seed in range(3)
    ]
    assert whole[0]["nps_weighted"].null_count() == 0
    assert whole[1].equals(whole[0])
    assert whole[2].equals(whole[0])
