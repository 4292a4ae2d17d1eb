"""How a value of a dimension differs from all others of the same window, and how often chance alone is flagged."""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import false_discovery_control, multinomial, norm

from regulars.pipelines.definitions.enumerations import ALL, NPS_LONG_ROLLING_GRAIN, NPS_YEAR_ROLLING_GRAIN
from regulars.pipelines.transforms.voice.adjusted_wald import compare_scores
from regulars.pipelines.transforms.voice.survey_windows import FEW_VOTES
from tests.transforms.voice.nps_tables import CUSTOMERS, Asked, answer, on_duckdb, on_polars, table

DIFFERENCE = [f"nps_over_others{end}" for end in ("", "_low", "_high", "_p_value")]
MONTH = dt.date(2026, 3, 31)
GRAINS = (NPS_LONG_ROLLING_GRAIN, NPS_YEAR_ROLLING_GRAIN)


def in_march(points: Sequence[int], customer: int | None = None, **more: Any) -> list[dict[str, Any]]:
    return [
        answer(f"2026-03-{1 + n % 31:02} 09:00", each, f"{customer}-{more}-{n}", customer, **more)
        for n, each in enumerate(points)
    ]


def march(found: pl.DataFrame, dimension: str) -> dict[str, dict[str, Any]]:
    rows = found.filter(grain="month", period_end=MONTH, dimension=dimension)
    return {row["dimension_value"]: row for row in rows.iter_rows(named=True)}


def compare_naively(own: list[int], others: list[int], people: int) -> tuple[float, float, float, float]:
    """Difference, ends of the interval and p of two lists of answers, of which the second counts as so many people."""

    def adjust(points: list[int], n: float) -> tuple[float, float]:
        shares = [
            sum(lowest <= each <= highest for each in points) / len(points) for lowest, highest in ((9, 10), (0, 6))
        ]
        up, down = ((n * share + 0.75) / (n + 3) for share in shares)
        return up - down, (up + down - (up - down) ** 2) / (n + 3)

    def score(points: list[int]) -> float:
        return 100 * (sum(each >= 9 for each in points) - sum(each <= 6 for each in points)) / len(points)

    (mine, variance), (theirs, other_variance) = adjust(own, len(own)), adjust(others, people)
    error = math.sqrt(variance + other_variance)
    half = norm.ppf(0.975) * error
    return (
        score(own) - score(others),
        100 * (mine - theirs - half),
        100 * (mine - theirs + half),
        2 * norm.sf(abs(mine - theirs) / error),
    )


@pytest.mark.parametrize("engine", [on_polars, on_duckdb])
def test_a_value_is_compared_with_all_other_answers_of_the_window(engine: Any):
    office, home, nobody = [10] * 40 + [8] * 10, [10] * 10 + [0] * 20, [0] * 35
    rows = [*in_march(office, 1), *in_march(home, 2), *in_march(nobody)]
    found = march(engine(table(rows)), "customer_type")
    values = {"office": office, "home": home, "unknown": nobody}
    for value, points in values.items():
        others = [each for name, more in values.items() if name != value for each in more]
        assert found[value]["responses_of_others"] == len(others)
        assert [found[value][name] for name in DIFFERENCE] == pytest.approx(
            compare_naively(points, others, len(others))
        )
    p_values = [found[value]["nps_over_others_p_value"] for value in values]
    stands = [found[value]["is_nps_over_others_significant"] for value in values]
    assert stands == (false_discovery_control(p_values) <= 0.1).tolist() == [True, True, True]


def test_the_whole_and_a_value_that_stands_alone_are_compared_with_nothing():
    found = on_polars(table(in_march([10, 0, 8], 1)))
    alone, whole = march(found, "country")["DE"], march(found, ALL)[ALL]
    assert (alone["responses_of_others"], alone["nps_of_others"], alone["nps_over_others"]) == (0, None, None)
    assert (whole["responses_of_others"], whole["nps_over_others"], whole["is_nps_over_others_significant"]) == (
        *(None, None, None),
    )


@pytest.mark.parametrize(("size", "is_compared"), [(FEW_VOTES - 1, False), (FEW_VOTES, True)])
def test_fewer_than_thirty_votes_are_not_compared_nor_compared_with(size, is_compared):
    found = march(on_polars(table([*in_march([0] * size, 1), *in_march([10] * 200, 2)])), "customer_type")
    for value in ("office", "home"):
        assert [found[value][name] is not None for name in DIFFERENCE] == [is_compared] * 4
        assert found[value]["is_nps_over_others_significant"] is (True if is_compared else None)
    says_so = "; not compared with the others: fewer than 30 of them voted"
    assert found["home"]["reason"].endswith(says_so) is not is_compared
    assert ("not compared" in found["office"]["reason"]) is False  # of few votes it is said that they are too few


def test_a_window_that_is_not_over_is_not_compared():
    rows = [*in_march([10] * 30, 1), *in_march([0] * 30, 2)]
    early = march(on_polars(table(rows), dt.date(2026, 3, 30)), "customer_type")["office"]
    assert (early["nps_of_others"], early["nps_over_others"], early["nps_over_others_p_value"]) == (-100, None, None)
    assert march(on_polars(table(rows)), "customer_type")["office"]["is_nps_over_others_significant"]


def test_the_same_people_behind_several_other_values_count_once_each():
    """100 at the till; the same 100 others at four more touchpoints, who always say the same."""
    till, elsewhere = [10] * 50 + [0] * 50, [10] * 36 + [0] * 64
    rows = in_march(till, touchpoint="till")
    for place in "abcd":
        rows += [each | {"touchpoint": place} for each in in_march(elsewhere, touchpoint="elsewhere")]
    found = march(on_polars(table(rows)), "touchpoint")["till"]
    assert found["responses_of_others"] == 400
    expected = compare_naively(till, elsewhere, 100)
    assert [found[name] for name in DIFFERENCE] == pytest.approx(expected)
    assert found["nps_over_others_p_value"] > 0.04
    assert compare_naively(till, elsewhere * 4, 400)[3] < 0.02


def test_people_who_answer_everywhere_count_as_the_other_values_do_on_average():
    rows = [
        each | {"touchpoint": place} for place in "abc" for each in in_march([10] * 20 + [0] * 20, touchpoint="any")
    ]
    found = march(on_polars(table(rows)), "touchpoint")["a"]
    points = [10] * 20 + [0] * 20
    assert [found[name] for name in DIFFERENCE] == pytest.approx(compare_naively(points, points * 2, 40))


@pytest.mark.parametrize("truth", [(0.5, 0.3, 0.2), (0.7, 0.2, 0.1), (0.9, 0.08, 0.02)])
@pytest.mark.parametrize("size", [FEW_VOTES, 40, 60])
def test_a_small_value_beside_many_others_alarms_in_at_most_one_of_twenty_windows(truth, size):
    """Every outcome of the value counted with its chance; the others are so many that they are as in truth."""
    counts = [(up, size - up - down, down) for up in range(size + 1) for down in range(size + 1 - up)]
    frame = pl.DataFrame([(up, down) for up, _, down in counts], schema=["up", "down"], orient="row")
    others = [pl.lit(share * 100_000) for share in (truth[0], truth[2], 1)]
    z = frame.select(compare_scores([pl.col("up"), pl.col("down"), pl.lit(size)], others)[2]).to_series().to_numpy()
    chances = multinomial.pmf(counts, size, truth)
    assert chances[np.abs(z) > norm.ppf(0.975)].sum() < 0.06


def draw_company(rng: np.random.Generator, months: int) -> pl.DataFrame:
    """Answers of which every region and touchpoint has one 50/30/20; a person may answer at three touchpoints alike."""
    firsts = [dt.date(2016 + n // 12, 1 + n % 12, 1) for n in range(months)]
    rows = []
    for first in firsts:
        for person, points in enumerate(rng.choice([10, 8, 0], 400, p=[0.5, 0.3, 0.2]).tolist()):
            places = rng.choice(5, 3, replace=False)[: 1 + person % 3]
            rows += [
                answer(
                    f"{first:%Y-%m}-{1 + person % 28:02} 09:00",
                    points,
                    f"{first}{person}",
                    1 + person % 8,
                    touchpoint=f"t{place}",
                )
                for place in places.tolist()
            ]
    return table(rows)


def test_where_no_value_differs_about_one_window_of_ten_has_a_flag():
    kinds = pl.DataFrame({"customer_idx": range(1, 9)}, schema={"customer_idx": pl.Int32}).with_columns(
        customer_id=pl.format("c{}", "customer_idx"),
        region=pl.format("r{}", "customer_idx"),
        customer_type=pl.format("k{}", pl.col("customer_idx") % 2),
    )
    found = on_polars(
        draw_company(np.random.default_rng(5), 120),
        dt.date(2025, 12, 31),
        customers=pl.concat([CUSTOMERS.clear(), kinds], how="diagonal"),
        asked=Asked(("region", "customer_type", "touchpoint")),
    )
    tested = found.filter(grain="month").drop_nulls("nps_over_others")
    flags, alarms = pl.col("is_nps_over_others_significant"), pl.col("nps_over_others_p_value") < 0.05
    families = tested.group_by("dimension", "period_end").agg(flags.any(), alarms.mean())
    rates = (
        families.group_by("dimension")
        .agg(pl.len(), flags.mean(), pl.col("nps_over_others_p_value").mean())
        .sort("dimension")
    )
    assert rates["len"].to_list() == [120, 120, 120]
    by_person, by_answer = rates.filter(pl.col("dimension") != "touchpoint"), rates.filter(dimension="touchpoint")
    assert by_person["is_nps_over_others_significant"].is_between(0.04, 0.16).all()  # 10 % ± two standard errors
    assert by_person["nps_over_others_p_value"].is_between(0.03, 0.07).all()
    assert by_answer["nps_over_others_p_value"].item() < 0.05  # who answers alike on both sides hides differences


def test_a_store_with_few_votes_in_a_quarter_is_compared_over_a_year():
    days = [MONTH - dt.timedelta(days=8 * number) for number in range(47)]
    votes = [
        answer(f"{day} 09:00", points, f"{store}{day}", touchpoint=store)
        for store, points in (("web", 10), ("kiosk", 0))
        for day in days
    ]
    found = on_polars(table(votes)).filter(dimension="touchpoint", dimension_value="kiosk", period_end=MONTH)
    quarter, year = (found.row(by_predicate=pl.col("grain") == grain, named=True) for grain in GRAINS)
    assert (quarter["responses"], quarter["nps_over_others"]) == (12, None)
    assert (year["responses"], year["nps_over_others"], year["is_nps_over_others_significant"]) == (46, -200, True)
