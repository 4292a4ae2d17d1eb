"""How long subscriptions live: months by hand, survival against a plain count, the model against published numbers."""

import datetime as dt
import itertools
import math
from collections import Counter
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.transforms.subscriptions.subscription_survival import (
    COLUMNS,
    MONTHS_AHEAD,
    count_whole_months,
    subscription_survival,
)
from tests.transforms.subscription_tables import BEGINNING, DAYS_DRAWN, Row, period, subscriptions, table, walk_days

AS_OF = dt.date(2026, 3, 31)
REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)
"""Survivors of the cohort `Regular` of Fader and Hardie (2007), after each of seven renewals."""


def curve(*rows: Row, as_of: dt.date = AS_OF, dimension: str = "all", value: str = "all") -> list[dict[str, Any]]:
    frame = subscription_survival(table(*rows).lazy(), as_of=as_of)
    wanted = (pl.col("dimension") == dimension) & (pl.col("dimension_value") == value)
    return frame.filter(wanted).to_dicts()


def seen(*rows: Row, **where: Any) -> list[tuple[int, int]]:
    """At risk and survivors of the months that a subscription has reached."""
    return [(row["at_risk"], row["survivors"]) for row in curve(*rows, **where) if not row["is_projected"]]


@pytest.mark.parametrize(
    ("start", "day", "months"),
    [
        ("2025-01-15", "2025-01-15", 0),
        ("2025-01-15", "2025-02-14", 0),
        ("2025-01-15", "2025-02-15", 1),
        ("2025-01-31", "2025-02-27", 0),
        ("2025-01-31", "2025-02-28", 1),
        ("2025-01-31", "2025-03-30", 1),
        ("2024-02-29", "2025-02-28", 12),
        ("2025-11-30", "2026-02-28", 3),
    ],
)
def test_a_month_is_over_on_the_same_day_of_the_next_or_on_its_last(start: str, day: str, months: int):
    frame = pl.DataFrame({"start": [dt.date.fromisoformat(start)], "day": [dt.date.fromisoformat(day)]})
    assert frame.select(count_whole_months(pl.col("start"), pl.col("day"))).item() == months


def test_a_subscription_that_is_live_when_the_next_month_begins_has_survived_this_one():
    assert seen(period(1, "2026-01-10", "2026-02-10")) == [(1, 1), (1, 0)]
    assert seen(period(1, "2026-01-10", "2026-02-11")) == [(1, 1), (1, 1), (1, 0)]
    assert seen(period(1, "2026-01-10")) == [(1, 1), (1, 1), (1, 1)]


def test_who_left_in_a_month_that_is_not_over_counts_as_little_as_who_may_stay():
    assert seen(period(1, "2026-01-10", "2026-03-11"), period(2, "2026-01-10")) == [(2, 2), (2, 2), (2, 2)]


def test_subscriptions_count_as_far_as_they_have_come():
    rows = period(1, "2025-12-10"), period(2, "2026-02-10"), period(3, "2025-12-10", "2026-02-01")
    assert seen(*rows) == [(3, 3), (3, 3), (2, 1), (1, 1)]
    assert [row["observed_survival"] for row in curve(*rows)][:5] == [1, 1, 0.5, 0.5, None]


def test_the_observed_survival_has_the_interval_of_greenwood_on_the_scale_of_log_log():
    rows = [period(number, "2025-12-10") for number in range(6)]
    rows += [period(6, "2025-12-10", "2026-01-01"), period(7, "2025-12-10", "2026-02-01"), period(8, "2026-02-10")]
    start, first, second, third, projected = curve(*rows)[:5]
    assert [(each["at_risk"], each["survivors"]) for each in (first, second, third)] == [(9, 8), (7, 6), (6, 6)]
    survival, variance = 8 / 9 * 6 / 7, 1 / (9 * 8) + 1 / (7 * 6)
    width = math.exp(1.959963984540054 * math.sqrt(variance) / -math.log(survival))
    for each in (second, third):
        bounds = each["observed_survival_low"], each["observed_survival_high"]
        assert bounds == pytest.approx((survival**width, survival ** (1 / width)))
    gone = curve(period(1, "2025-12-10", "2026-01-15"), period(2, "2025-12-10", "2026-01-15"))[2]
    assert gone["observed_survival"] == 0
    for each in (start, projected, gone):
        assert (each["observed_survival_low"], each["observed_survival_high"]) == (None, None)


def test_a_subscription_counts_until_its_first_end_and_across_changes_of_price():
    rows = period(1, "2025-10-10", "2025-11-10"), period(1, "2025-11-10", "2025-12-01"), period(1, "2026-01-10")
    assert seen(*rows) == [(1, 1), (1, 1), (1, 0)]


def test_plans_are_those_of_the_start_and_years_those_of_the_first_day():
    rows = period(1, "2025-12-10", "2026-01-10", plan="S"), period(1, "2026-01-10", plan="M"), period(2, "2026-01-10")
    frame = subscription_survival(table(*rows), as_of=AS_OF)
    start = frame.filter(pl.col("months_since_start") == 0).select("dimension", "dimension_value", "at_risk").rows()
    assert start == [("all", "all", 2), ("plan", "S", 2), ("start_year", "2025", 1), ("start_year", "2026", 1)]


def test_too_few_subscriptions_have_no_projection_and_say_so():
    rows = curve(*(period(n, "2025-12-10") for n in range(1, 30)))
    assert {row["reason"] for row in rows} == {
        "too few to project: 29 subscriptions could renew and 0 of them did not; at least 30 and 10 are needed"
    }
    assert all(row["expected_survival"] is None for row in rows)
    assert len(rows) == 3 + MONTHS_AHEAD + 1


def regular() -> list[Row]:
    """The cohort `Regular`, each renewal a month, on the day of its seventh renewal."""
    lost = [before - after for before, after in itertools.pairwise(REGULAR)]
    ends = [f"2025-{2 + renewal:02}-01" for renewal, count in enumerate(lost) for _ in range(count)]
    ends += [None] * REGULAR[-1]  # type: ignore[list-item]
    return [period(number, "2025-01-01", end) for number, end in enumerate(ends, 1)]


def test_the_projection_is_the_published_one():
    rows = curve(*regular(), as_of=dt.date(2025, 8, 1))
    assert [row["survivors"] for row in rows[:8]] == list(REGULAR)
    assert [row["observed_survival"] for row in rows[:8]] == pytest.approx([count / 1000 for count in REGULAR])
    # Fader and Hardie (2007): alpha 0.704, beta 1.182; S(8) … S(12) and r(1) … r(3) as computed from the fit
    published = [0.220085, 0.204411, 0.191190, 0.179865, 0.170037]
    assert [row["expected_survival"] for row in rows[8:13]] == pytest.approx(published, abs=1e-4)
    rates = [row["expected_retention_rate"] for row in rows[1:4]]
    assert rates == pytest.approx([0.626706, 0.756047, 0.818823], abs=1e-4)
    assert all(0 < row["expected_survival_error"] < 0.03 for row in rows[1:])
    assert [row["is_projected"] for row in rows] == [False] * 8 + [True] * MONTHS_AHEAD


def test_where_subscribers_do_not_differ_the_same_share_is_expected_to_leave_every_month():
    ends = [f"2025-{2 + n % 6:02}-01" for n in range(60)]  # fewer stay each month: nobody seems more loyal
    rows = curve(*(period(n, "2025-01-01", end) for n, end in enumerate([*ends, None], 1)), as_of=dt.date(2025, 8, 1))
    assert (rows[0]["model"], rows[0]["reason"][:30]) == ("geometric", "subscribers do not differ dete")
    chances = sum(row["at_risk"] for row in rows[1:])
    kept = 1 - 60 / chances
    assert [row["expected_survival"] for row in rows] == pytest.approx([kept**month for month in range(len(rows))])


def test_a_model_that_does_not_fit_is_no_projection():
    ends = ["2025-02-01"] * 20 + [None] * 40
    rows = curve(*(period(n, "2025-01-01", end) for n, end in enumerate(ends, 1)), as_of=dt.date(2025, 8, 1))
    assert rows[0]["reason"].startswith("the model does not fit: ")  # they leave at once or never
    assert (rows[-1]["expected_survival"], rows[-1]["model"]) == (None, None)


def test_without_subscriptions_the_table_is_empty():
    with duckdb.connect() as con:
        con.register("nothing", table().to_arrow())
        found = subscription_survival(con.table("nothing"), as_of=AS_OF)
    assert found.is_empty()
    assert found.schema == COLUMNS


ONE_DAY = dt.timedelta(days=1)


def later(start: dt.date, months: int) -> dt.date:
    """The day a number of months later, the last of the month where that is shorter."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = (dt.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(start.day, last))


def counted(rows: list[Row], as_of: dt.date) -> list[tuple[int, int]]:
    """Month by month: whose month is over and who was live on every day until it began; and who is on the next."""

    at_risk: Counter[int] = Counter()
    survivors: Counter[int] = Counter()
    days: dict[str, list[dt.date]] = {}
    for day, state in walk_days(rows, BEGINNING + dt.timedelta(days=DAYS_DRAWN + 1)):
        for _, name in state:
            days.setdefault(name, []).append(day)
    for live in days.values():
        start = live[0]
        if start > as_of:
            continue
        gaps = [before + ONE_DAY for before, after in itertools.pairwise(live) if after - before > ONE_DAY]
        is_open = live[-1] > BEGINNING + dt.timedelta(days=DAYS_DRAWN)
        gone = gaps[0] if gaps else dt.date.max if is_open else live[-1] + ONE_DAY
        for month in range(200):
            if later(start, month) > as_of or (month and gone <= later(start, month - 1)):
                break
            at_risk[month] += 1
            survivors[month] += gone > later(start, month)
    return [(at_risk[month], survivors[month]) for month in sorted(at_risk)]


@settings(max_examples=25, deadline=None)
@given(subscriptions(), st.integers(0, 900))
def test_drawn_subscriptions_survive_as_a_plain_count_finds(rows: list[Row], days: int):
    as_of = BEGINNING + dt.timedelta(days=days)
    assert seen(*rows, as_of=as_of) == counted(rows, as_of)
