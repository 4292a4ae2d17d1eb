"""The rate at which invitations are answered: which of them are old enough to be in it."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.transforms.voice.survey_windows import CALENDAR_PERIODS, ROLLING
from tests.transforms.voice.nps_tables import INVITATION_SCHEMA, answer, on_duckdb, on_polars, table

AS_OF = dt.date(2026, 3, 31)
COUNTS = ("people_invited", "people_who_answered", "people_invited_in_time", "people_who_answered_in_time")
Asked = list[tuple[dt.date, str, bool]]


def draw_invitations(rng: np.random.Generator, slow: int) -> Asked:
    """A year and a half of invitations, of which some persons have several, and whether they were answered."""
    days = rng.integers(0, 540, 900)
    answered = rng.random(900) < 0.4
    people = rng.integers(0, 250, 900)
    return [
        (AS_OF - dt.timedelta(days=int(day)), f"p{person}", bool(yes and day > slow))
        for day, person, yes in zip(days, people, answered, strict=True)
    ]


def measure(asked: Asked, slow: int, engine: Any = on_polars) -> pl.DataFrame:
    """The mart, where all who answer do so `slow` days after they were asked."""
    rows, answers = [], []
    for number, (day, person, is_answered) in enumerate(sorted(asked)):
        row = {"system": "forms", "survey_type": "nps", "invitation_id": f"i{number:04}", "contact_id": person}
        moment = dt.datetime.combine(day, dt.time(9))
        rows.append(row | {"invited_at": moment, "invited_date": day, "response_id": None})
        if is_answered:
            rows[-1]["response_id"] = f"r{len(answers):03}"
            answers.append(answer(f"{day + dt.timedelta(days=slow)} 09:00", 9, person))
    found: pl.DataFrame = engine(table(answers), AS_OF, invitations=pl.DataFrame(rows, schema=INVITATION_SCHEMA))
    return found


def count_naively(asked: Asked, start: dt.date, end: dt.date) -> tuple[int, int]:
    within = [(person, is_answered) for day, person, is_answered in asked if start <= day <= end]
    return len({person for person, _ in within}), len({person for person, is_answered in within if is_answered})


@pytest.mark.parametrize(
    ("engine", "slow"), [(on_polars, 1), (on_duckdb, 2), (on_polars, 5), (on_polars, 9), (on_polars, 36)]
)
def test_only_invitations_that_are_old_enough_are_in_the_rate_of_most_of_a_window(engine, slow):
    asked = draw_invitations(np.random.default_rng(slow), slow)
    last = AS_OF - dt.timedelta(days=slow)
    found = measure(asked, slow, engine).filter(dimension="all")
    assert found["answering_days"].unique().to_list() == [slow]
    known = {}
    for row in found.iter_rows(named=True):
        start, end = row["period_start"], row["period_end"]
        expected = (*count_naively(asked, start, end), *count_naively(asked, start, min(end, last)))
        assert tuple(row[name] for name in COUNTS) == expected, (row["grain"], end)
        days, mature = (end - start).days + 1, (min(end, last) - start).days + 1
        is_known = row["is_complete"] and mature >= 0.9 * days
        assert row["is_response_rate_complete"] is is_known
        rate = expected[3] / expected[2] if is_known and expected[2] else None
        assert row["response_rate"] == pytest.approx(rate)
        known[row["grain"], end] = is_known
    longest = [grain for grain in ROLLING if known[grain, AS_OF]]
    assert longest == [*ROLLING][0 if slow <= 2 else 1 if slow <= 9 else 2 :]  # 9 of 90 days are a tenth
    assert known["month", AS_OF] is (slow <= 2)
    assert not known["day", AS_OF]


def test_without_answered_invitations_no_rate_is_known():
    found = measure([(AS_OF - dt.timedelta(days=9), "ada", False)], 1)
    assert set(found["people_invited"]) == {0, 1}
    assert (set(found["people_invited_in_time"]), set(found["response_rate"])) == ({0}, {None})
    assert not found["is_response_rate_complete"].any()
    assert {*found["grain"]} == {*CALENDAR_PERIODS, *ROLLING}
