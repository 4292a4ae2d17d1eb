"""When a theme emerges: false alarms and power on simulated companies."""

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from regulars.pipelines.transforms.voice.emerging_themes import add_emergence

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
