"""When a theme emerges: false alarms and power on simulated companies."""

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from regulars.pipelines.transforms.voice import emerging_themes

WEEKS = 260
LANGUAGES = ("en", "fi", "pl")


def cells_of(counts: NDArray[np.int64], size: int) -> pl.DataFrame:
    """Cells of one company: `counts` by language, theme and week, of `size` comments a week in each language."""
    whole = np.concatenate([counts.sum(axis=0, keepdims=True), counts])
    languages, themes, weeks = whole.shape
    place = np.indices(whole.shape).reshape(3, -1)
    return pl.DataFrame(
        {
            "week_idx": place[2],
            "language": np.array(["all", *LANGUAGES])[place[0]],
            "theme": np.char.add("t", place[1].astype(str)),
            "comments": whole.reshape(-1),
            "all_comments": np.where(place[0] == 0, size * (languages - 1), size),
            "is_complete": [True] * (languages * themes * weeks),
        }
    )


def add_emergence(cells: pl.DataFrame) -> pl.DataFrame:
    """Compare the weeks of one survey."""
    sizes = cells.select("week_idx", "language", "all_comments", survey=pl.lit("app")).unique()
    comments = cells.select("week_idx", "language", "theme", "comments", survey=pl.lit("app"))
    return emerging_themes.add_emergence(cells, comments, sizes)


def share_of_alarms(cells: pl.DataFrame) -> float:
    """In how many of the weeks that can be compared anything is flagged, in any language."""
    weeks = add_emergence(cells).drop_nulls("is_emerging").group_by("week_idx").agg(pl.col("is_emerging").any())
    assert len(weeks) == WEEKS - 8
    return float(weeks["is_emerging"].mean())  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [15, 70, 350])
def test_where_nothing_changes_there_is_an_alarm_in_at_most_one_of_ten_weeks(size):
    rng = np.random.default_rng(size)
    rates = rng.uniform(0.01, 0.15, (1, 14, 1))
    assert share_of_alarms(cells_of(rng.binomial(size, rates, (3, 14, WEEKS)), size)) <= 0.10


def test_where_shares_always_vary_widely_alarms_stay_rare_thanks_to_the_dispersion():
    rng = np.random.default_rng(4)
    size, rates = 200, np.full((1, 14, WEEKS), 0.045)
    between = 1 / (size - 1)  # doubles the variance of a count
    drawn = rng.beta(rates * (1 / between - 1), (1 - rates) * (1 / between - 1))
    counts = rng.binomial(size, np.repeat(drawn, 3, axis=0))
    assert share_of_alarms(cells_of(counts, size)) <= 0.15
    chance_alone = add_emergence(cells_of(counts, size))
    assert chance_alone.drop_nulls("dispersion").filter(language="en")["dispersion"].median() > 1.5


def weeks_of_two_surveys(
    rng: np.random.Generator, rates: dict[str, list[float]], begins: int, ends: int
) -> pl.DataFrame:
    """Comments of an old survey in every week, and of a new one, with other themes, in some."""
    size, rows = 60, []
    for survey, shares in rates.items():
        for week in range(20):
            if survey == "old" or begins <= week < ends:
                drawn = rng.binomial(size, shares)
                rows += [
                    {"week_idx": week, "survey": survey, "theme": f"t{n}", "comments": int(count), "size": size}
                    for n, count in enumerate(drawn)
                ]
    return pl.DataFrame(rows).with_columns(language=pl.lit("all"))


def compare_surveys(counted: pl.DataFrame) -> pl.DataFrame:
    cells = counted.select("week_idx", "language", "theme", is_complete=True).unique()
    sizes = counted.select("week_idx", "language", "survey", all_comments="size").unique()
    return emerging_themes.add_emergence(cells, counted.drop("size"), sizes)


@pytest.mark.parametrize(("begins", "ends"), [(12, 20), (0, 12), (12, 14)])
def test_a_survey_about_something_else_that_begins_or_ends_raises_no_alarm(begins, ends):
    rng = np.random.default_rng(6)
    rates = {"old": [0.05] * 10, "new": [0.5, 0.4, *[0.02] * 8]}
    weeks = alarms = 0
    for _ in range(40):
        found = compare_surveys(weeks_of_two_surveys(rng, rates, begins, ends)).drop_nulls("is_emerging")
        by_week = found.group_by("week_idx").agg(pl.col("is_emerging").any())
        weeks, alarms = weeks + len(by_week), alarms + by_week["is_emerging"].sum()
    assert weeks == 40 * 12
    assert alarms / weeks <= 0.10


def test_a_new_survey_is_compared_when_it_has_run_in_all_nine_weeks():
    rng = np.random.default_rng(7)
    found = compare_surveys(weeks_of_two_surveys(rng, {"old": [0.1], "new": [0.1]}, 5, 20)).sort("week_idx")
    assert found["compared_all_comments"].to_list() == [0] * 8 + [60] * 5 + [120] * 7
    assert found["left_out_surveys"].to_list()[8:] == [
        None if week >= 13 or week < 5 else "new" for week in range(8, 20)
    ]
    assert found["earlier_all_comments"].to_list() == [None] * 8 + [480] * 5 + [960] * 7


def test_a_survey_that_asks_in_bursts_is_not_compared_with_its_last_burst():
    weeks = [0, 1, 2, 20, 21, 22, 23]
    sizes = pl.DataFrame({"week_idx": [*weeks, *range(30)], "survey": ["yearly"] * 7 + ["daily"] * 30})
    running = emerging_themes.find_running_surveys(sizes)
    assert set(running["survey"]) == {"daily"}
    assert sorted(running["week_idx"]) == list(range(8, 30))


def test_a_theme_that_trebles_in_one_week_is_nearly_always_found():
    rng = np.random.default_rng(9)
    found = 0
    for _ in range(40):
        counts = rng.binomial(66, 0.045, (3, 14, 9))
        counts[:, 0, 8] = rng.binomial(66, 0.135, 3)
        last = add_emergence(cells_of(counts, 66)).filter(week_idx=8, language="all", theme="t0")
        found += last["is_emerging"].item()
    assert found >= 34


def test_the_dispersion_is_that_of_pearson_by_hand_also_of_large_counts():
    rng = np.random.default_rng(3)
    for size in (40, 10**15):
        counts = np.rint(0.4 * size + 1.6 * np.sqrt(0.24 * size) * rng.normal(size=(3, 5, 12))).astype(np.int64)
        cells = cells_of(counts, size).with_columns(all_comments=pl.col("all_comments").cast(pl.Int64))
        found = add_emergence(cells).filter(language="fi", week_idx=10)["dispersion"].unique().to_list()
        spreads = []
        for theme in counts[1, :, 2:10]:
            whole = [int(each) for each in theme]
            rate = sum(whole) / (8 * size)
            off = [float(each * 8 - sum(whole)) / 8 for each in whole]  # exact: whole numbers of any size
            spreads.append(sum(each**2 for each in off) / (size * rate * (1 - rate)) / 7)
        assert found == [pytest.approx(float(np.mean(spreads)), rel=1e-6)]
        assert 1.5 < np.mean(spreads) < 4
