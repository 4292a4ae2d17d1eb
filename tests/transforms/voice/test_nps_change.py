"""The change of the score against the window before, and the rate at which invitations are answered."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import false_discovery_control

from regulars.pipelines.definitions.enumerations import NPS_ROLLING_GRAIN, NPS_YEAR_ROLLING_GRAIN
from regulars.pipelines.definitions.windows import NPS_ROLLING_DAYS
from regulars.pipelines.models.comparisons.significance import compute_two_sided_p
from regulars.pipelines.transforms.false_discovery import is_significant
from regulars.pipelines.transforms.voice.adjusted_wald import compare_scores
from regulars.pipelines.transforms.voice.nps import FEWEST_OF_CHANGE
from tests.transforms.voice.nps_tables import (
    AS_OF,
    CUSTOMERS,
    INVITATION_SCHEMA,
    Asked,
    answer,
    on_duckdb,
    on_polars,
    table,
)

COUNTS = ("promoters", "detractors", "responses")


@pytest.mark.parametrize(
    ("before", "after", "interval", "z", "p"),
    [
        ((50, 20, 100), (62, 15, 100), (-4.3, 37.3), 1.5531, 0.1204),
        ((420, 180, 1000), (470, 160, 1000), (0.6, 13.4), 2.1303, 0.0331),
        ((55, 15, 100), (40, 25, 100), (-45.1, -3.4), -2.2795, 0.0226),
        ((6, 1, 10), (3, 4, 10), (-104.5, 12.2), -1.5492, 0.1213),
    ],
)
def test_a_change_is_compared_by_the_adjusted_scores_of_both_windows(before, after, interval, z, p):
    frame = pl.select(
        *(
            each.alias(str(number))
            for number, each in enumerate(compare_scores([pl.lit(n) for n in after], [pl.lit(n) for n in before]))
        )
    )
    *ends, found = frame.transpose().to_series().to_list()
    assert ends == pytest.approx(interval, abs=0.05)
    assert found == pytest.approx(z, abs=5e-5)
    assert compute_two_sided_p(np.array([found]))[0] == pytest.approx(p, abs=5e-5)


@pytest.mark.parametrize(
    "shares", [(0.5, 0.3, 0.2), (0.7, 0.2, 0.1), (0.9, 0.08, 0.02), (0.1, 0.2, 0.7), (0.6, 0.4, 0)]
)
@pytest.mark.parametrize("others", [10, 40, 500])
def test_the_fewest_votes_that_are_compared_beside_many_alarm_no_more_often_than_said(shares, others):
    rng = np.random.default_rng(11)
    windows = {"": FEWEST_OF_CHANGE, "before_": others}
    drawn = pl.DataFrame(
        {
            start + name: values
            for start, size in windows.items()
            for name, values in zip(COUNTS, (*rng.multinomial(size, shares, 20_000).T[[0, 2]], size), strict=True)
        }
    )
    names = ([pl.col(start + name) for name in COUNTS] for start in windows)
    z = drawn.select(compare_scores(*names)[2]).to_series().to_numpy()
    assert np.mean(compute_two_sided_p(z) < 0.05) < 0.072


def test_what_stands_is_what_benjamini_and_hochberg_let_stand_in_each_family():
    rng = np.random.default_rng(7)
    families = [rng.uniform(0, 1, 12) ** 3, rng.uniform(0, 1, 30), np.array([0.09]), np.array([0.05, 0.1, 0.1])]
    frame = pl.concat(
        pl.DataFrame({"family": number, "p": [*values, None]}) for number, values in enumerate(families)
    ).with_columns(stands=is_significant("p", "family"))
    for number, values in enumerate(families):
        found = frame.filter(pl.col("family") == number)["stands"].to_list()
        assert found == [*(false_discovery_control(values) <= 0.1 + 1e-12).tolist(), None]


def window_of_answers(last: str, promoters: int, detractors: int, **more: Any) -> list[dict[str, Any]]:
    points = [10] * promoters + [0] * detractors
    end = dt.datetime.fromisoformat(last)
    days = [end - dt.timedelta(days=n * (NPS_ROLLING_DAYS - 1) // (len(points) - 1)) for n in range(len(points))]
    return [
        answer(str(day), each, f"{last}-{number}", **more)
        for number, (day, each) in enumerate(zip(days, points, strict=True))
    ]


def rolling_row(
    found: pl.DataFrame, dimension: str = "all", value: str = "all", end: dt.date = AS_OF
) -> dict[str, Any]:
    is_row = (pl.col("grain") == NPS_ROLLING_GRAIN) & (pl.col("period_end") == end)
    return found.row(
        by_predicate=is_row & (pl.col("dimension") == dimension) & (pl.col("dimension_value") == value), named=True
    )


def test_a_window_is_compared_with_the_one_that_ended_the_day_before_it_began():
    before = str(dt.datetime.combine(AS_OF - dt.timedelta(days=NPS_ROLLING_DAYS), dt.time(9)))
    rows = window_of_answers(before, 30, 10) + window_of_answers(f"{AS_OF} 09:00", 10, 30)
    found = on_polars(table(rows))
    row = rolling_row(found)
    assert (row["responses"], row["responses_before"], row["nps"], row["nps_before"], row["nps_change"]) == (
        40,
        40,
        -50,
        50,
        -100,
    )
    assert row["is_nps_change_significant"]
    assert row["nps_change_verdict"] == "fallen"
    yesterday = rolling_row(found, end=AS_OF - dt.timedelta(days=1))
    assert (yesterday["responses_before"], yesterday["nps_change_p_value"]) == (None, None)  # began before all answers


@pytest.mark.parametrize(
    ("before", "after", "is_told", "reason"),
    [
        (10, 30, True, None),
        (9, 300, False, "no change is computed: fewer than 10 votes in the window before"),
        (300, 10, True, "fewer than 30 votes: too few to tell"),
        (300, 9, False, "fewer than 30 votes: too few to tell; no change is computed: fewer than 10 votes"),
    ],
)
def test_few_votes_beside_many_tell_no_change_and_the_reason_says_so(before, after, is_told, reason):
    day = str(dt.datetime.combine(AS_OF - dt.timedelta(days=NPS_ROLLING_DAYS), dt.time(9)))
    row = rolling_row(
        on_polars(table(window_of_answers(day, before, 0) + window_of_answers(f"{AS_OF} 09:00", 0, after)))
    )
    told = ("nps_change", "nps_change_low", "nps_change_high", "nps_change_p_value", "is_nps_change_significant")
    assert {row[name] is not None for name in told} == {is_told}
    assert (row["nps_before"], row["reason"]) == (100, reason)
    assert row["nps_change_verdict"] == ("fallen" if is_told else "too_few_votes")


def test_a_month_is_compared_with_the_month_before_whatever_their_lengths():
    months = {"2026-01": (30, 10), "2026-02": (10, 30), "2026-03": (20, 20)}
    rows = [
        answer(f"{month}-{1 + number % 28:02} 09:00", points, f"{month}-{number}")
        for month, (promoters, detractors) in months.items()
        for number, points in enumerate([10] * promoters + [0] * detractors)
    ]
    found = on_polars(table([*rows, answer("2026-01-31 09:00", 8), answer("2026-03-01 09:00", 8)]), AS_OF)
    columns = ["period_end", "responses", "responses_before", "nps_change", "is_nps_change_significant"]
    assert found.filter(grain="month", dimension="all").select(columns).rows() == [
        (dt.date(2026, 1, 31), 41, None, None, None),
        (dt.date(2026, 2, 28), 40, 41, pytest.approx(-50 - 2000 / 41), True),
        (dt.date(2026, 3, 31), 41, 40, 50, True),
    ]


def test_one_night_compares_all_values_of_a_grain_together():
    """A p-value of 0.04 stands alone, and not among four others that say nothing."""
    before = str(dt.datetime.combine(AS_OF - dt.timedelta(days=NPS_ROLLING_DAYS), dt.time(9)))
    rows = window_of_answers(before, 31, 19) + window_of_answers(f"{AS_OF} 09:00", 21, 29)
    alone = rolling_row(on_polars(table(rows)))
    assert 0.01 < alone["nps_change_p_value"] < 0.1
    assert alone["is_nps_change_significant"]
    quiet = [
        each
        for place in ("a", "b", "c", "d", "e", "f", "g")
        for last in (before, f"{AS_OF} 09:00")
        for each in window_of_answers(last, 15, 15, touchpoint=place)
    ]
    quiet = [each | {"contact_id": f"{each['touchpoint']}{each['contact_id']}"} for each in quiet]
    among = rolling_row(on_polars(table([each | {"touchpoint": "x"} for each in rows] + quiet)), "touchpoint", "x")
    assert among["nps_change_p_value"] == pytest.approx(alone["nps_change_p_value"])
    assert not among["is_nps_change_significant"]
    assert (alone["nps_change_verdict"], among["nps_change_verdict"]) == ("fallen", "may_be_chance")


def test_values_without_a_row_of_a_day_are_compared_together_with_the_whole_of_that_day():
    thursday = dt.date(2026, 3, 26)
    before = str(dt.datetime.combine(thursday - dt.timedelta(days=NPS_ROLLING_DAYS), dt.time(9)))
    rows = window_of_answers(before, 32, 20) + window_of_answers(f"{thursday} 09:00", 21, 31)
    alone = rolling_row(on_polars(table(rows)), end=thursday)
    assert alone["is_nps_change_significant"]
    places = [each | {"touchpoint": "abcd"[number % 4]} for number, each in enumerate(rows)]
    found = on_polars(table(places))
    of_day = found.filter(grain=NPS_ROLLING_GRAIN, period_end=thursday)
    assert of_day["dimension"].to_list() == ["all"]
    among = rolling_row(found, end=thursday)
    assert among["nps_change_p_value"] == alone["nps_change_p_value"]
    assert not among["is_nps_change_significant"]


def test_scores_are_split_by_owner_region_segment_store_channel_and_language():
    customers = CUSTOMERS.with_columns(region=pl.lit("Bavaria"), owner=pl.Series([None, "Olive", "Noor"]))
    segments = pl.DataFrame({"customer_id": ["c1", "c2"], "segment": ["loyal", "new"], "value_tier": ["middle"] * 2})
    rows = [
        answer("2026-03-02 09:00", 10, None, 1, store_id="north", channel="web", language="fi"),
        answer("2026-03-03 09:00", 0, None, 1, store_id="south", channel="web", language="bn"),
        answer("2026-03-04 09:00", 8, None, 2),
    ]
    wanted = ("region", "owner", "segment", "value_tier", "store", "channel", "language")
    found = on_polars(table(rows), customers=customers, segments=segments, asked=Asked(wanted))
    week = found.filter(pl.col("grain") == "week", pl.col("period_end") == dt.date(2026, 3, 8))
    votes = {
        (dimension, value): n for dimension, value, n in week.select("dimension", "dimension_value", "responses").rows()
    }
    assert votes == {
        ("all", "all"): 2,
        ("region", "Bavaria"): 2,
        ("owner", "Olive"): 1,
        ("owner", "Noor"): 1,
        ("segment", "loyal"): 1,
        ("segment", "new"): 1,
        ("value_tier", "middle"): 2,
        ("store", "north"): 1,
        ("store", "south"): 1,  # one vote at each store
        ("store", "unknown"): 1,
        ("channel", "web"): 1,
        ("channel", "unknown"): 1,
        ("language", "fi"): 1,
        ("language", "bn"): 1,
        ("language", "unknown"): 1,
    }


def test_values_beyond_the_twenty_most_frequent_are_other():
    rows = [answer("2026-03-02 09:00", 10, f"p{number}", touchpoint=f"t{number:02}") for number in range(23)] + [
        answer("2026-03-02 09:00", 10, f"q{number}", touchpoint=f"t{number:02}") for number in range(3, 23)
    ]
    found = on_polars(table(rows)).filter(
        pl.col("grain") == "day", pl.col("dimension") == "touchpoint", pl.col("responses") > 0
    )
    votes = dict(found.select("dimension_value", "responses").iter_rows())
    assert votes == {f"t{number:02}": 2 for number in range(3, 23)} | {"other": 3}


def invitation(at: str, person: str, response: str | None = None, **more: Any) -> dict[str, Any]:
    moment = dt.datetime.fromisoformat(at)
    row = {"system": "forms", "survey_type": "nps", "invited_at": moment, "invited_date": moment.date()}
    return row | {"contact_id": person, "response_id": response} | more


def invitations(*rows: dict[str, Any]) -> pl.DataFrame:
    numbered = [{"invitation_id": f"i{number:03}"} | row for number, row in enumerate(rows)]
    return pl.DataFrame(numbered, schema=INVITATION_SCHEMA)


ASKED_FOUR = (
    invitation("2026-02-02 09:00", "ada", "r000"),
    invitation("2026-02-03 09:00", "ada"),
    invitation("2026-02-03 09:00", "bob"),
    invitation("2026-02-04 09:00", "eve", "r001"),
    invitation("2026-02-04 09:00", "fay", "a response that was never delivered"),
    invitation("2026-02-04 09:00", "csat person", "r000", survey_type="csat"),
)


@pytest.mark.parametrize("engine", [on_polars, on_duckdb])
def test_the_rate_counts_each_invited_person_once(engine: Any):
    answers = table([answer("2026-02-02 19:00", 10, "ada"), answer("2026-02-11 09:00", 3, "eve")])
    found = engine(answers, invitations=invitations(*ASKED_FOUR))
    week = found.row(
        by_predicate=(pl.col("grain") == "week")
        & (pl.col("period_end") == dt.date(2026, 2, 8))
        & (pl.col("dimension") == "all"),
        named=True,
    )
    assert (week["people_invited"], week["people_who_answered"], week["response_rate"]) == (4, 2, 0.5)
    assert week["answering_days"] == 7.0
    assert week["responses"] == 1  # eve voted a week later


def test_the_rate_is_unknown_while_answers_may_come():
    answers = table([answer("2026-02-02 19:00", 10, "ada"), answer("2026-02-11 09:00", 3, "eve")])
    for day, is_complete in ((dt.date(2026, 2, 14), False), (dt.date(2026, 2, 15), True)):
        row = on_polars(answers, day, invitations=invitations(*ASKED_FOUR)).row(
            by_predicate=(pl.col("grain") == "week")
            & (pl.col("period_end") == dt.date(2026, 2, 8))
            & (pl.col("dimension") == "all"),
            named=True,
        )
        assert row["is_response_rate_complete"] is is_complete
        assert (row["response_rate"] is not None) is is_complete


@pytest.mark.parametrize("engine", [on_polars, on_duckdb])
def test_where_no_invitation_names_its_answer_the_next_answer_of_the_person_before_the_next_invitation_counts(
    engine: Any,
):
    asked = [
        invitation("2026-02-02 09:00", "ada"),
        invitation("2026-02-09 09:00", "ada"),
        invitation("2026-02-09 09:00", "bob"),
    ]
    answers = table([answer("2026-02-10 09:00", 10, "ada", system="other"), answer("2026-02-08 09:00", 10, "bob")])
    found = engine(answers, invitations=invitations(*asked)).filter(
        pl.col("grain") == "week", pl.col("dimension") == "all"
    )
    rates = {
        str(end): (a, b)
        for end, a, b in found.select("period_end", "people_invited", "people_who_answered").rows()
        if a
    }
    assert rates == {"2026-02-08": (1, 0), "2026-02-15": (2, 1)}


def test_answers_to_no_invitation_are_in_the_score_and_not_in_the_rate():
    found = on_polars(table([answer("2026-02-02 19:00", 10, "ada")]))
    week = found.filter(pl.col("grain") == "week").row(0, named=True)
    assert (week["responses"], week["people_invited"], week["response_rate"], week["is_response_rate_complete"]) == (
        1,
        0,
        None,
        False,
    )


def test_a_score_of_few_votes_says_so():
    reasons = {
        row["responses"]: row["reason"]
        for row in on_polars(
            table([answer("2026-02-02 09:00", 9, f"p{n}") for n in range(30)] + [answer("2026-02-10 09:00", 9)])
        )
        .filter(pl.col("grain") == "week", pl.col("dimension") == "all")
        .iter_rows(named=True)
    }
    before = "no change is computed: no vote in the window before, or it began before the first answer"
    few = "fewer than 30 votes: too few to tell; no change is computed: fewer than 10 votes"
    assert reasons == {30: before, 1: few, 0: "nobody answered"}


def test_where_nothing_changes_about_one_month_a_year_is_marked():
    """100 months of 150 answers, from five touchpoints and of two kinds of customers, all of one 50/30/20."""
    rng = np.random.default_rng(11)
    months = [dt.date(2018 + n // 12, 1 + n % 12, 1) for n in range(100)]
    points = rng.choice([10, 8, 0], (100, 150), p=[0.5, 0.3, 0.2]).tolist()
    rows = [
        answer(f"{month:%Y-%m}-{1 + k % 28:02} 09:00", each, f"{month}-{k}", 1 + k % 2, touchpoint=f"t{k % 5}")
        for month, drawn in zip(months, points, strict=True)
        for k, each in enumerate(drawn)
    ]
    found = on_polars(table(rows), dt.date(2026, 4, 30)).filter(pl.col("grain") == "month").drop_nulls("nps_change")
    flagged = found.group_by("period_end").agg(pl.col("is_nps_change_significant").any())
    assert len(flagged) == 99
    assert 0.02 <= flagged["is_nps_change_significant"].mean() <= 0.13
    assert 0.03 < (found["nps_change_p_value"] < 0.05).mean() < 0.07


@pytest.mark.slow
def test_a_company_in_which_nothing_changes_raises_an_alarm_in_few_weeks():
    """20 regions, 120 votes each and window, the same 50/30/20 always: the page measured 4 weeks a year at 10 %."""
    rng = np.random.default_rng(3)
    alarms, nights = 0, 400
    rows = []
    for night in range(nights):
        for region in range(20):
            now, before = rng.multinomial(120, (0.5, 0.3, 0.2)), rng.multinomial(120, (0.5, 0.3, 0.2))
            rows.append((night, region, now[0], now[2], 120, before[0], before[2], 120))
    frame = pl.DataFrame(
        rows, schema=["night", "region", *COUNTS, *(f"{name}_before" for name in COUNTS)], orient="row"
    )
    own, before_it = ([pl.col(name + end) for name in COUNTS] for end in ("", "_before"))
    frame = frame.with_columns(
        p=pl.Series(compute_two_sided_p(frame.select(compare_scores(own, before_it)[2]).to_series().to_numpy()))
    )
    flagged = frame.with_columns(stands=is_significant("p", "night")).group_by("night").agg(pl.col("stands").any())
    alarms = flagged["stands"].sum()
    assert 0.03 < alarms / nights < 0.13
    assert 0.6 < frame.group_by("night").agg((pl.col("p") < 0.05).any())["p"].mean() < 0.75


def test_a_year_is_compared_with_the_year_before():
    # a vote a month: 24 months of passives, then a year of promoters; the first year is the one before the last
    months = [dt.date(2023 + n // 12, n % 12 + 1, 15) for n in range(3, 39)]
    rows = [answer(f"{day} 09:00", 10 if day > dt.date(2025, 3, 31) else 8, f"p{day}") for day in months]
    found = on_polars(table([*rows, answer("2023-04-01 09:00", 8, "first")]))
    years = found.filter(pl.col("grain") == NPS_YEAR_ROLLING_GRAIN, pl.col("dimension") == "all")
    last = years.row(by_predicate=pl.col("period_end") == AS_OF, named=True)
    assert (last["responses"], last["nps"], last["responses_before"], last["nps_before"]) == (12, 100, 12, 0)
    assert last["nps_change"] == 100
    before = years.row(by_predicate=pl.col("period_end") == dt.date(2025, 3, 31), named=True)
    assert (before["nps"], before["nps_change"], before["is_complete"]) == (0, 0, True)
