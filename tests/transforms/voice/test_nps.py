import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from regulars.pipelines.definitions.enumerations import (
    NPS_LONG_ROLLING_GRAIN,
    NPS_ROLLING_GRAIN,
    NPS_YEAR_ROLLING_GRAIN,
)
from regulars.pipelines.definitions.windows import NPS_LONG_ROLLING_DAYS, NPS_ROLLING_DAYS, NPS_YEAR_ROLLING_DAYS
from regulars.pipelines.transforms.voice.adjusted_wald import compute_nps
from regulars.pipelines.transforms.voice.nps import COLUMNS
from tests.transforms.voice.nps_tables import AS_OF, CUSTOMERS, answer, groups, on_duckdb, on_polars, row, table


def test_the_score_is_the_share_of_promoters_less_the_share_of_detractors():
    answers = [answer("2026-02-02 09:00", points) for points in (10, 9, 9, 9, 8, 7, 6, 0)]
    found = row(*answers, grain="day", period_end="2026-02-02")
    assert (found["responses"], found["promoters"], found["passives"], found["detractors"]) == (8, 4, 2, 2)
    assert found["nps"] == 25.0


def test_the_interval_adds_three_quarters_of_a_promoter_and_of_a_detractor_and_three_answers():
    # 5 promoters, 3 passives, 2 detractors: 5.75/13 − 2.75/13 = 0.230769, variance (8.5/13 − 0.053254)/13, z 1.959964
    counts = pl.DataFrame({"promoters": [5], "detractors": [2], "responses": [10]})
    found = counts.select(**compute_nps(*(pl.col(name) for name in counts.columns))).row(0)
    assert found == pytest.approx((30.0, -19.05059, 65.20443), abs=1e-4)


def test_the_interval_holds_its_own_score_of_any_number_of_votes_and_stays_within_100():
    counts = pl.DataFrame(
        [(p, d, n) for n in range(1, 41) for p in range(n + 1) for d in range(n + 1 - p)],
        schema=["promoters", "detractors", "responses"],
        orient="row",
    )
    found = counts.with_columns(**compute_nps(*(pl.col(name) for name in counts.columns)))
    assert found["nps_low"].min() == -100
    assert found["nps_high"].max() == 100
    assert found["nps"].is_between(found["nps_low"], found["nps_high"]).all()


def test_one_vote_stretches_the_published_interval_to_its_score():
    counts = pl.DataFrame({"promoters": [1, 0, 0], "detractors": [0, 0, 1], "responses": [1, 1, 1]})
    found = counts.select(**compute_nps(*(pl.col(name) for name in counts.columns)))
    assert found.row(0) == (100, pytest.approx(-48.4986, abs=1e-3), 100)
    assert found.row(2) == (-100, -100, pytest.approx(48.4986, abs=1e-3))
    assert found["nps_low"][1] == -found["nps_high"][1]


def test_the_latest_answer_of_a_person_is_the_vote():
    answers = answer("2026-02-02 09:00", 10, "ada"), answer("2026-02-02 10:00", 3, "ada")
    assert groups(*answers, grain="day") == {("2026-02-02", "all"): (0, 0, 1)}


def test_two_answers_of_one_moment_are_ordered_by_their_id():
    first, second = (answer("2026-02-02 09:00", points, "ada", response_id=key) for points, key in ((3, "a"), (9, "b")))
    assert (
        groups(first, second, grain="day") == groups(second, first, grain="day") == {("2026-02-02", "all"): (1, 0, 0)}
    )


def test_a_person_known_by_no_contact_votes_as_customer():
    answers = answer("2026-02-02 09:00", 10, customer=1), answer("2026-02-03 09:00", 7, customer=1)
    assert groups(*answers, grain="week") == {("2026-02-08", "all"): (0, 1, 0)}


def test_two_contacts_of_one_account_have_a_vote_each():
    answers = answer("2026-02-02 09:00", 10, "ada", 1), answer("2026-02-02 09:00", 2, "bob", 1)
    assert groups(*answers, grain="day") == {("2026-02-02", "all"): (1, 0, 1)}


def test_anonymous_answers_count_each():
    answers = [
        answer("2026-02-02 09:00", 10),
        answer("2026-02-02 09:00", 10),
        answer("2026-02-02 09:00", 9, customer=0),
    ]
    assert groups(*answers, grain="day") == {("2026-02-02", "all"): (3, 0, 0)}


def test_answers_of_other_surveys_are_pooled_and_answers_that_are_no_nps_are_not():
    answers = (
        answer("2026-02-02 09:00", 10, "ada", system="crm"),
        answer("2026-02-02 11:00", 8, "ada", system="forms"),
        answer("2026-02-02 12:00", None, "ada"),
    )
    assert groups(*answers, grain="day") == {("2026-02-02", "all"): (0, 1, 0)}


@pytest.mark.parametrize("score", [8.5, 11, -1])
def test_fractions_and_scores_off_the_scale_are_no_nps(score: float):
    found = on_polars(table([answer("2026-02-02 09:00", 8, "ada") | {"score": score}]))
    assert found.is_empty()


def test_a_vote_counts_for_as_many_days_as_the_window_has():
    ends = [end for end, _ in groups(answer("2026-01-12 09:00", 10, "ada"))]
    last = dt.date(2026, 1, 12) + dt.timedelta(days=NPS_ROLLING_DAYS - 1)
    assert (ends[0], ends[-1], len(ends)) == ("2026-01-12", str(last), NPS_ROLLING_DAYS)


def test_a_new_answer_replaces_the_persons_vote_from_its_day_on():
    found = groups(answer("2026-01-12 09:00", 10, "ada"), answer("2026-01-20 09:00", 5, "ada"))
    last = dt.date(2026, 1, 20) + dt.timedelta(days=NPS_ROLLING_DAYS - 1)
    assert found["2026-01-19", "all"] == (1, 0, 0)
    assert found["2026-01-20", "all"] == (0, 0, 1)
    assert found[str(last), "all"] == (0, 0, 1)
    assert (str(last + dt.timedelta(days=1)), "all") not in found


def test_weeks_begin_on_monday_also_across_a_year_end():
    answers = answer("2026-01-04 23:00", 10, "ada"), answer("2026-01-05 01:00", 0, "ada")
    assert groups(*answers, grain="week") == {("2026-01-04", "all"): (1, 0, 0), ("2026-01-11", "all"): (0, 0, 1)}


def test_answers_after_the_as_of_day_are_ignored():
    answers = answer("2026-03-31 09:00", 10, "ada"), answer("2026-04-01 09:00", 0, "ada")
    assert groups(*answers, grain="week") == {("2026-04-05", "all"): (1, 0, 0)}


def test_days_without_votes_have_no_score_but_a_row():
    found = row(answer("2026-02-02 09:00", 10), answer("2026-02-04 09:00", 0), grain="day", period_end="2026-02-03")
    assert (found["responses"], found["nps"], found["nps_low"], found["is_complete"]) == (0, None, None, True)


def test_every_period_from_the_first_answer_to_the_as_of_day_has_a_row():
    found = on_polars(table([answer("2026-02-02 09:00", 10)]))
    whole = found.filter(pl.col("dimension") == "all").group_by("grain").len()
    rolling = {NPS_ROLLING_GRAIN: 58, NPS_LONG_ROLLING_GRAIN: 58, NPS_YEAR_ROLLING_GRAIN: 2}
    assert dict(whole.iter_rows()) == {"day": 58, "week": 9, "month": 2} | rolling


@pytest.mark.parametrize("grain", [NPS_LONG_ROLLING_GRAIN, NPS_YEAR_ROLLING_GRAIN])
def test_other_dimensions_have_a_long_window_at_the_end_of_each_month_and_on_the_last_day(grain: str):
    answers = [answer("2026-01-12 09:00", 10, customer=1)]
    as_of = dt.date(2026, 3, 20)
    found = groups(*answers, grain=grain, dimension="customer_type", as_of=as_of)
    assert [end for end, _ in found] == ["2026-01-31", "2026-02-28", "2026-03-20"]
    assert len(groups(*answers, grain=grain, as_of=as_of)) == (68 if grain == NPS_LONG_ROLLING_GRAIN else 3)


def test_the_year_before_the_last_one_is_compared_and_has_no_row_within_a_month():
    answers = [answer("2024-01-12 09:00", 0), answer("2026-03-02 09:00", 10)]
    years = on_polars(table(answers), dt.date(2026, 3, 20)).filter(grain=NPS_YEAR_ROLLING_GRAIN, dimension="all")
    within = years.filter(pl.col("period_end") != pl.col("period_end").dt.month_end())
    assert within["period_end"].to_list() == [dt.date(2026, 3, 20)]
    assert within["responses_before"].to_list() == [0]


def test_other_dimensions_have_a_short_window_at_the_end_of_each_week_and_month_and_on_the_last_day():
    answers = [answer("2026-01-12 09:00", 10, customer=1)]
    last_day = dt.date(2026, 2, 5)
    found = groups(*answers, dimension="customer_type", as_of=last_day)
    weeks, month, as_of = ["2026-01-18", "2026-01-25", "2026-02-01"], "2026-01-31", "2026-02-05"
    assert [end for end, _ in found] == sorted([*weeks, month, as_of])
    assert len(groups(*answers, as_of=last_day)) == 25  # every day of the whole
    assert [end for end, _ in groups(*answers, grain="day", dimension="customer_type")] == ["2026-01-12"]


def test_the_window_before_one_that_ends_with_a_week_is_shown_of_every_value_too():
    days = [AS_OF - dt.timedelta(days=number) for number in range(3 * NPS_ROLLING_DAYS)]
    votes = [answer(f"{day} 09:00", 10, f"p{day}", 1) for day in days]
    found = on_polars(table(votes)).filter(grain=NPS_ROLLING_GRAIN, dimension="customer_type")
    weeks = found.filter(pl.col("period_end").dt.weekday() == 7, pl.col("responses_before").is_not_null())
    assert weeks.height >= 3
    before = weeks.select(period_end=pl.col("period_start") - pl.duration(days=1), responses="responses_before")
    assert before.join(found, on=["period_end", "responses"], how="anti").is_empty()


def test_a_week_is_complete_on_its_sunday():
    assert not row(answer("2026-02-02 09:00", 10), grain="week", period_end="2026-04-05")["is_complete"]
    sunday = dt.date(2026, 2, 8)
    assert row(answer("2026-02-02 09:00", 10), grain="week", period_end="2026-02-08", as_of=sunday)["is_complete"]


def test_the_month_under_way_has_a_score_so_far_and_is_not_complete():
    january, february = answer("2026-01-31 23:00", 10, "ada"), answer("2026-02-01 01:00", 0, "ada")
    assert groups(january, february, grain="month") == {
        ("2026-01-31", "all"): (1, 0, 0),
        ("2026-02-28", "all"): (0, 0, 1),
    }
    for day, is_complete in ((27, False), (28, True)):
        found = row(january, february, grain="month", period_end="2026-02-28", as_of=dt.date(2026, 2, day))
        assert (found["period_start"], found["nps"]) == (dt.date(2026, 2, 1), -100)
        assert found["is_complete"] is is_complete
        assert (found["nps_before"] is not None) is is_complete


def test_a_rolling_window_is_complete_once_answers_reach_back_to_its_first_day():
    first = answer("2026-01-12 09:00", 10)
    whole = dt.date(2026, 1, 12) + dt.timedelta(days=NPS_ROLLING_DAYS - 1)
    before = str(whole - dt.timedelta(days=1))
    assert not row(first, grain=NPS_ROLLING_GRAIN, period_end=before)["is_complete"]
    assert row(first, grain=NPS_ROLLING_GRAIN, period_end=str(whole))["is_complete"]


def test_dimensions_without_any_value_are_left_out_and_missing_values_are_unknown():
    answers = answer("2026-02-02 09:00", 10, customer=1), answer("2026-02-02 09:00", 0)
    found = on_polars(table(list(answers)))
    assert set(found["dimension"]) == {"all", "customer_type", "country"}
    assert groups(*answers, grain="day", dimension="customer_type") == {
        ("2026-02-02", "office"): (1, 0, 0),
        ("2026-02-02", "unknown"): (0, 0, 1),
    }


def test_a_person_has_one_vote_at_every_touchpoint():
    answers = (
        answer("2026-02-02 09:00", 10, "ada", touchpoint="delivery"),
        answer("2026-02-03 09:00", 0, "ada", touchpoint="support"),
        answer("2026-02-04 09:00", 8, "ada", touchpoint="support"),
    )
    assert groups(*answers, grain="week", dimension="touchpoint") == {
        ("2026-02-08", "delivery"): (1, 0, 0),
        ("2026-02-08", "support"): (0, 1, 0),
    }
    assert groups(*answers, grain="week") == {("2026-02-08", "all"): (0, 1, 0)}


@pytest.mark.parametrize("engine", [on_polars, on_duckdb])
def test_without_answers_the_table_is_empty(engine: Callable[..., pl.DataFrame]):
    empty = engine(table([]))
    assert empty.is_empty()
    assert empty.schema == COLUMNS


def test_an_answer_on_a_day_that_the_calendar_lacks_is_an_error():
    with pytest.raises(ValueError, match="calendar"):
        on_polars(table([answer("2014-12-31 09:00", 10)]))


def counted_naively(answers: pl.DataFrame, as_of: dt.date) -> dict[tuple[str, dt.date, str, str], Counter[str]]:
    """Every window filtered, every person's latest answer picked: slow and plain."""
    attributes = {idx: (kind, country) for _, idx, kind, country, *_ in CUSTOMERS.rows()}
    rows = [each for each in answers.to_dicts() if each["nps_group"] and each["answered_date"] <= as_of]
    found: dict[tuple[str, dt.date, str, str], Counter[str]] = {}
    for offset in range((as_of - dt.date(2026, 1, 1)).days + 32):
        end = dt.date(2026, 1, 1) + dt.timedelta(days=offset)
        longer = {NPS_LONG_ROLLING_GRAIN: NPS_LONG_ROLLING_DAYS, NPS_YEAR_ROLLING_GRAIN: NPS_YEAR_ROLLING_DAYS}
        rolling = {NPS_ROLLING_GRAIN: NPS_ROLLING_DAYS, **longer}
        windows = {"day": 1, **rolling} if end <= as_of else {}
        ends_a_month = end == as_of or (end + dt.timedelta(days=1)).day == 1
        ends_a_week = end.isoweekday() == 7
        if ends_a_week:
            windows["week"] = 7
        if (end + dt.timedelta(days=1)).day == 1:
            windows["month"] = end.day
        for grain, length in windows.items():
            inside = [each for each in rows if 0 <= (end - each["answered_date"]).days < length]
            latest: dict[tuple[str, str, object], dict[str, Any]] = {}
            for each in sorted(inside, key=lambda each: (each["answered_at"], each["response_id"], each["system"])):
                person = each["contact_id"] or each["customer_idx"] or (each["system"], each["response_id"])
                kind, country = attributes.get(each["customer_idx"], (None, None))
                values = {"all": "all", "customer_type": kind, "country": country}
                for dimension, value in values.items():
                    latest[dimension, "", person] = each | {"value": value or "unknown"}
                touchpoint = each["touchpoint"] or "unknown"
                latest["touchpoint", touchpoint, person] = each | {"value": touchpoint}
            for (dimension, _, _), each in latest.items():
                is_every_day = grain not in rolling or (dimension == "all" and grain != NPS_YEAR_ROLLING_GRAIN)
                is_week = ends_a_week and grain == NPS_ROLLING_GRAIN
                if not (is_every_day or is_week or ends_a_month):
                    continue
                found.setdefault((grain, end, dimension, each["value"]), Counter())[each["nps_group"]] += 1
    return found


people = st.sampled_from([("ada", 1), ("bob", 1), (None, 2), (None, 1), (None, None), ("eve", None), (None, 0)])
some_answers = st.lists(
    st.tuples(
        st.integers(0, 75 * 3),
        people,
        st.integers(0, 10),
        st.sampled_from([None, "web", "shop"]),
        st.sampled_from("xy"),
    ),
    max_size=25,
)


@given(some_answers, st.integers(0, 80), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize("engine", [on_polars, on_duckdb])
def test_every_window_holds_each_persons_latest_answer(engine: Any, drawn: Any, days: int, random: Any):
    midnight = dt.datetime.fromisoformat("2026-01-01 00:00")
    answers = [
        answer(str(midnight + dt.timedelta(hours=8 * thirds)), points, *who, touchpoint=touchpoint, system=system)
        for thirds, who, points, touchpoint, system in drawn
    ]
    frame = table(answers)
    as_of = dt.date(2026, 1, 1) + dt.timedelta(days=days)
    found = engine(frame.sample(fraction=1, shuffle=True, seed=random.randint(0, 9)), as_of)
    votes = found.filter(pl.col("responses") > 0)
    expected = counted_naively(frame, as_of)
    dimensions = set(votes["dimension"])
    columns = ["grain", "period_end", "dimension", "dimension_value", "promoters", "passives", "detractors"]
    assert {tuple(key): tuple(counts) for *key, a, b, c in votes.select(columns).rows() for counts in [(a, b, c)]} == {
        key: (counts["promoter"], counts["passive"], counts["detractor"])
        for key, counts in expected.items()
        if key[2] in dimensions
    }
    for dimension in {"all", "customer_type", "country", "touchpoint"} - dimensions:
        assert {key[3] for key in expected if key[2] == dimension} <= {"unknown"}


def test_the_order_of_rows_does_not_matter():
    answers = table([answer(f"2026-02-{1 + n % 28:02} 09:00", n % 11, f"c{n % 5}", n % 3) for n in range(60)])
    expected = on_polars(answers)
    for seed in range(3):
        assert_frame_equal(on_polars(answers.sample(fraction=1, shuffle=True, seed=seed)), expected)


def left_out(at: str, reason: str, customer: int | None = None, **more: Any) -> dict[str, Any]:
    """An answer that is called NPS and is none."""
    return answer(at, None, None, customer, nps_left_out_reason=reason, **more)


def rows_of(found: pl.DataFrame, grain: str, dimension: str = "all") -> dict[Any, tuple[int, int, int, int]]:
    """Period's end and value -> votes, left out, of these on another scale and fractions; only periods with answers."""
    chosen = found.filter(
        (pl.col("grain") == grain)
        & (pl.col("dimension") == dimension)
        & (pl.sum_horizontal("responses", "responses_left_out") > 0)
    )
    columns = [
        "period_end",
        "dimension_value",
        "responses",
        "responses_left_out",
        "left_out_other_scale",
        "left_out_fractions",
    ]
    return {(end.isoformat(), value): tuple(counts) for end, value, *counts in chosen.select(columns).rows()}


@pytest.mark.parametrize("engine", [on_polars, on_duckdb])
def test_answers_that_no_score_counts_are_counted_beside_it(engine: Any):
    answers = [
        answer("2026-03-02 09:00", 9, "ada", 1),
        left_out("2026-03-02 10:00", "other_scale", 1),
        left_out("2026-03-04 10:00", "other_scale", 1),
        left_out("2026-03-04 10:00", "fraction", 2, touchpoint="web"),
    ]
    found = engine(table(answers))
    assert rows_of(found, "day") == {("2026-03-02", "all"): (1, 1, 1, 0), ("2026-03-04", "all"): (0, 2, 1, 1)}
    assert rows_of(found, "week") == {("2026-03-08", "all"): (1, 3, 2, 1)}
    assert rows_of(found, "week", "customer_type") == {
        ("2026-03-08", "home"): (0, 1, 0, 1),
        ("2026-03-08", "office"): (1, 2, 2, 0),
    }
    assert rows_of(found, "day", "touchpoint")[("2026-03-04", "web")] == (0, 1, 0, 1)
    rolling = rows_of(found, NPS_ROLLING_GRAIN)
    assert rolling[("2026-03-04", "all")] == (1, 3, 2, 1)
    first = AS_OF - dt.timedelta(days=NPS_ROLLING_DAYS - 1)
    is_in = [first <= dt.date(2026, 3, day) for day in (2, 4, 4)]
    assert rolling[(AS_OF.isoformat(), "all")][1:] == (sum(is_in), sum(is_in[:2]), is_in[2])
    assert found.filter(pl.col("responses") == 0)["nps"].null_count() == found.filter(pl.col("responses") == 0).height


def test_a_company_whose_answers_are_all_left_out_has_no_score_and_the_count():
    found = on_polars(table([left_out("2026-03-30 09:00", "other_scale")]))
    assert rows_of(found, "day") == {("2026-03-30", "all"): (0, 1, 1, 0)}
    assert found["nps"].null_count() == found.height
