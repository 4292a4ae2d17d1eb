"""The mart `feedback_themes`: what customers write about by week and language, and what emerges."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.transforms.voice.feedback_themes import COLUMNS, feedback_themes
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import broken_rules

DAYS = pl.date_range(dt.date(2025, 12, 1), dt.date(2026, 4, 30), eager=True)
CALENDAR = pl.DataFrame({"day": DAYS}).with_columns(week_idx=(pl.col("day").cast(pl.Int32) + 3) // 7)
AS_OF = dt.date(2026, 3, 29)  # a Sunday
MONDAY = dt.date(2026, 3, 23)
RESPONSES = {
    "system": pl.String,
    "response_id": pl.String,
    "survey_type": pl.String,
    "contact_id": pl.String,
    "customer_id": pl.String,
    "customer_idx": pl.Int32,
    "answered_date": pl.Date,
    "score": pl.Decimal(9, 4),
    "scale_min": pl.Decimal(9, 4),
    "scale_max": pl.Decimal(9, 4),
    "nps_group": pl.String,
    "has_comment": pl.Boolean,
}
THEMES = {"system": pl.String, "response_id": pl.String, "theme": pl.String, "comment_language": pl.String}
MONEY = pl.DataFrame(
    {"customer_id": ["c1", "c2", "c0"], "is_unknown": [False, False, True], "net_sales_to_date": ["100.5", "20", "7"]}
).with_columns(pl.col("net_sales_to_date").cast(pl.Decimal(18, 4)))


def wrote(
    *themes: str, day: dt.date = MONDAY, language: str = "en", score: int = 9, best: int = 10, who: str | None = None
) -> dict[str, Any]:
    group = "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"
    return {
        "themes": themes,
        "survey_type": "nps" if best == 10 else "csat",
        "comment_language": language,
        "answered_date": day,
        "score": Decimal(score),
        "scale_min": Decimal(0 if best == 10 else 1),
        "scale_max": Decimal(best),
        "nps_group": group if best == 10 else None,
        "contact_id": f"p{who}" if who else None,
        "customer_id": who,
        "customer_idx": int(who[1:]) if who else None,
    }


def tables_of(*comments: dict[str, Any]) -> dict[str, pl.DataFrame]:
    rows = [{"system": "s", "response_id": f"r{n:05}", "has_comment": True} | each for n, each in enumerate(comments)]
    tags = [{**row, "theme": theme} for row in rows for theme in row["themes"]]
    return {
        "survey_responses": pl.DataFrame(rows, schema=RESPONSES),
        "survey_response_themes": pl.DataFrame(tags, schema=THEMES),
        "customer_360": MONEY,
        "calendar": CALENDAR,
    }


def mart_of(*comments: dict[str, Any], engine: str = "polars", as_of: dt.date = AS_OF) -> pl.DataFrame:
    with ENGINES[engine](tables_of(*comments)) as tables:
        return feedback_themes(*tables.values(), as_of=as_of)


def cell(mart: pl.DataFrame, theme: str, language: str = "all", week: dt.date = MONDAY) -> dict[str, Any]:
    return mart.filter(week_start=week, theme=theme, language=language).row(0, named=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_cell_counts_comments_persons_and_scores_and_the_sales_of_those_who_write(engine):
    mart = mart_of(
        wrote("price", "delivery", score=3, who="c1"),
        wrote("price", score=9, who="c1"),
        wrote("price", score=8),
        wrote("price", score=5, best=5, who="c2"),
        wrote("unmatched", score=0),
        wrote("price", score=0, day=AS_OF + dt.timedelta(days=1)),
        engine=engine,
    )
    row = cell(mart, "price")
    assert (row["comments"], row["people"], row["all_comments"], row["customers_who_wrote"]) == (4, 3, 5, 2)
    assert row["comment_rate"] == pytest.approx(0.8)
    assert row["performance"] == pytest.approx((30 + 90 + 80 + 100) / 4)
    assert (row["nps_responses"], row["mean_nps_score"], row["detractor_responses"]) == (3, pytest.approx(20 / 3), 1)
    assert row["detractor_rate"] == pytest.approx(1 / 3)
    assert row["net_sales_to_date"] == Decimal("120.5000")
    assert (cell(mart, "unmatched")["comments"], cell(mart, "delivery")["net_sales_to_date"]) == (1, Decimal("100.5"))


def test_few_comments_of_a_language_show_neither_share_nor_score_and_all_languages_do():
    mart = mart_of(*[wrote("price", language="fi", score=2)] * 4, *[wrote("price", language="bn")] * 5)
    few, enough = cell(mart, "price", "fi"), cell(mart, "price", "bn")
    assert (few["comments"], few["comment_rate"], few["detractor_responses"], few["net_sales_to_date"]) == (
        4,
        None,
        None,
        None,
    )
    assert few["reason"] == "fewer than 5 comments: neither share nor score is shown"
    assert (enough["comment_rate"], enough["detractor_responses"]) == (1.0, 0)
    assert cell(mart, "price")["detractor_responses"] == 4


def test_weeks_without_a_comment_have_a_row_and_a_week_under_way_is_not_complete():
    mart = mart_of(wrote("price", day=dt.date(2026, 3, 2)), wrote("price"), as_of=dt.date(2026, 3, 25))
    assert [row["comments"] for row in mart.filter(language="all", theme="price").iter_rows(named=True)] == [1, 0, 0, 1]
    silent, last = cell(mart, "price", week=dt.date(2026, 3, 9)), cell(mart, "price")
    assert (silent["comment_rate"], silent["reason"]) == (None, "there are no comments")
    assert (last["is_complete"], last["is_emerging"], last["reason"]) == (False, None, "the week is not over")


def test_without_comments_there_are_no_rows():
    assert mart_of().columns == list(COLUMNS)
    assert mart_of().is_empty()


def weeks_of(counts: list[tuple[int, int]], theme: str = "price", language: str = "en") -> list[dict[str, Any]]:
    """Weeks up to `MONDAY`: how many comments have the theme, of how many."""
    first = MONDAY - dt.timedelta(weeks=len(counts) - 1)
    return [
        wrote(theme if n < count else "praise", day=first + dt.timedelta(weeks=week), language=language)
        for week, (count, size) in enumerate(counts)
        for n in range(size)
    ]


@pytest.mark.parametrize(
    ("before", "now", "p"),
    [((3, 120), (9, 120), 0.0053), ((1, 50), (6, 50), 0.00145), ((0.5, 40), (3, 40), 0.0190)],
)
def test_rise_p_values_are_those_of_the_worked_examples(before, now, p):
    count, size = before
    weeks = [(int(count * 8) // 8 + (week < int(count * 8) % 8), size) for week in range(8)]
    row = cell(mart_of(*weeks_of([*weeks, now])), "price")
    assert (row["earlier_comments"], row["earlier_all_comments"], row["dispersion"]) == (count * 8, size * 8, 1.0)
    assert row["earlier_comment_rate"] == pytest.approx(count / size)
    assert row["rise_p_value"] == pytest.approx(p, abs=5e-5 if p < 0.01 else 5e-4)
    assert row["is_emerging"] is (now[0] >= 5)


def test_with_fewer_than_eight_weeks_before_it_nothing_can_emerge():
    row = cell(mart_of(*weeks_of([(1, 50)] * 7 + [(40, 50)])), "price")
    assert (row["is_emerging"], row["rise_p_value"]) == (None, None)
    assert row["reason"] == "one of the 8 weeks before it is missing, or they have no comments"


def test_a_share_that_always_varies_widely_does_not_emerge_at_its_next_peak():
    steady, bursts = [(4, 50)] * 8, [(0, 50), (8, 50)] * 4
    assert cell(mart_of(*weeks_of([*steady, (12, 50)])), "price")["is_emerging"] is True
    row = cell(mart_of(*weeks_of([*bursts, (12, 50)])), "price")
    squares = sum((count - 4) ** 2 for count, _ in bursts) / (50 * 0.08 * 0.92) / 7
    assert row["dispersion"] == pytest.approx(squares)
    assert row["is_emerging"] is False


def test_comments_without_a_theme_never_emerge_and_their_p_value_says_that_they_grow():
    row = cell(mart_of(*weeks_of([(4, 50)] * 8 + [(40, 50)], theme="unmatched")), "unmatched")
    assert row["rise_p_value"] < 0.001
    assert row["is_emerging"] is None
    assert row["reason"] == "comments without a theme never emerge"


def test_a_fall_never_emerges():
    row = cell(mart_of(*weeks_of([(20, 50)] * 8 + [(5, 50)])), "price")
    assert row["rise_p_value"] > 0.99
    assert row["is_emerging"] is False


def drawn(rng: np.random.Generator, weeks: int, size: int, rates: dict[str, float]) -> list[dict[str, Any]]:
    """A company in which nothing changes: every comment has each theme with its own chance."""
    comments = []
    for week in range(weeks):
        for _ in range(size):
            themes = [theme for theme, rate in rates.items() if rng.random() < rate] or ["unmatched"]
            language = str(rng.choice(["en", "fi", "pl"]))
            day = MONDAY - dt.timedelta(weeks=weeks - 1 - week)
            comments.append(wrote(*themes, day=day, language=language))
    return comments


def test_a_theme_that_doubles_twice_in_one_week_is_found_and_without_it_nothing_is():
    rng = np.random.default_rng(5)
    rates = {"price": 0.05, "delivery": 0.2, "praise": 0.4}
    before = drawn(rng, 9, 100, rates)
    planted = [wrote("price", language=language) for language in ("en", "fi", "pl") for _ in range(6)]
    assert mart_of(*before)["is_emerging"].any() is False
    found = mart_of(*before, *planted).filter("is_emerging")
    assert ("price", "all") in found.select("theme", "language").rows()
    assert set(found["theme"]) == {"price"}


def test_counts_are_those_of_a_loop_over_comments_and_the_contract_holds():
    rng = np.random.default_rng(3)
    comments = [
        each | {"customer_id": f"c{n % 3}", "customer_idx": n % 3, "contact_id": f"p{n % 40}"}
        for n, each in enumerate(drawn(rng, 10, 30, {"price": 0.3, "delivery": 0.3, "praise": 0.4}))
    ]
    mart = mart_of(*comments)
    naive: dict[tuple[dt.date, str, str], int] = defaultdict(int)
    for each in comments:
        for theme in each["themes"]:
            naive[each["answered_date"], theme, "all"] += 1
            naive[each["answered_date"], theme, each["comment_language"]] += 1
    found = {row[:3]: row[3] for row in mart.select("week_start", "theme", "language", "comments").rows()}
    assert {key: count for key, count in found.items() if count} == dict(naive)
    assert broken_rules("feedback_themes", mart, tables_of(*comments)) == set()


def test_when_a_survey_begins_complaints_about_delivery_multiply_and_nothing_emerges():
    old = [
        wrote("delivery" if n < 2 else "praise", day=MONDAY - dt.timedelta(weeks=weeks), score=9 if n else 3)
        for weeks in range(9)
        for n in range(20)
    ]
    new = [wrote("delivery", best=5, score=2) for _ in range(30)] + [wrote("praise", best=5, score=5)] * 10
    row = cell(mart_of(*old, *new), "delivery")
    assert (row["comments"], row["all_comments"], row["compared_comments"], row["compared_all_comments"]) == (
        32,
        60,
        2,
        20,
    )
    assert (row["earlier_comments"], row["earlier_all_comments"], row["is_emerging"]) == (16, 160, False)
    assert row["reason"] == (
        "not compared, since the week or parts of the 8 weeks before it have none: comments of s (csat)"
    )
    assert (row["promoter_responses"], row["detractor_responses"], row["nps_responses"]) == (1, 1, 2)
    alone = cell(mart_of(*[each for each in old if each["answered_date"] != MONDAY], *new), "delivery")
    assert (alone["is_emerging"], alone["compared_all_comments"]) == (None, 0)
    assert alone["reason"].endswith("weeks before it have no comments of s (csat), s (nps)")
