"""Finds emerging themes: mentioned more than in the weeks before, by more than chance.

Put here: the comparison of a week with those before it. Keep out: the counts (`feedback_themes.py`), and the p-value
(`pipelines/models/comparisons/significance.py`).
"""

import functools
import operator

import polars as pl

from regulars.pipelines.definitions.enumerations import UNMATCHED
from regulars.pipelines.definitions.windows import THEME_WEEKS
from regulars.pipelines.models.comparisons.significance import compute_rise_p
from regulars.pipelines.transforms.false_discovery import is_significant

FEWEST_EMERGING = 5
"""The fewest comments of a week for an emerging theme, and of all nine weeks for a comparison."""
WEEK, CELL = ["language", "week_idx"], ["language", "theme", "week_idx"]
LAGS = range(THEME_WEEKS + 1)
"""How many weeks ago a comment that is compared was written; 0 is the week itself."""


def add_emergence(cells: pl.DataFrame, comments: pl.DataFrame, sizes: pl.DataFrame) -> pl.DataFrame:
    """Compare each cell with the `THEME_WEEKS` weeks before it, by the surveys that ran in all of them.

    A survey that begins or ends brings other writers and other questions: its comments are left out until it has run
    through all of the weeks.

    Args:
        cells: `week_idx`, `language`, `theme`, `is_complete`; a row for every theme and language of every week.
        comments: `week_idx`, `language`, `theme`, `survey`, and how many `comments` there are.
        sizes: `week_idx`, `language`, `survey`, and how many comments there are of any theme, as `all_comments`.

    Returns:
        The rows with `compared_comments` and `compared_all_comments` (of the surveys that ran), `earlier_comments`,
        `earlier_all_comments`, `earlier_comment_rate`, `dispersion` (1 or more: the variance of the shares of the
        language's themes from week to week ÷ that by chance), `rise_p_value`, `is_emerging`, and the `left_out_surveys`
        as a text. The three before the last are NULL where one of the weeks before is missing, or the week is not over.
        Comments without a theme have a p-value too, but never emerge (NULL).
    """
    running = find_running_surveys(sizes)
    ordered = (
        cells.sort(*CELL)  # the last digit of a mean depends on the order of its rows
        .join(_sum_by_lag(comments, "comments", CELL, running), on=CELL, how="left", maintain_order="left")
        .join(_sum_by_lag(sizes, "all_comments", WEEK, running), on=WEEK, how="left", maintain_order="left")
        .join(_name_left_out(sizes, running), on=WEEK, how="left", maintain_order="left")
    )
    compared = _compute_p(_add_dispersion(_add_earlier_weeks(ordered)))
    is_theme = pl.col("theme") != UNMATCHED
    of_themes = compared.with_columns(p_of_theme=pl.when(is_theme).then("rise_p_value"))
    stands = is_significant("p_of_theme", "week_idx").fill_null(value=False)
    is_emerging = stands & (pl.col("compared_comments") >= FEWEST_EMERGING)
    return of_themes.with_columns(is_emerging=pl.when(is_theme & pl.col("is_comparable")).then(is_emerging)).drop(
        "p_of_theme"
    )


def find_running_surveys(sizes: pl.DataFrame) -> pl.DataFrame:
    """`survey` and `week_idx` of the weeks that may be compared by a survey: it ran in them and in those before.

    That is, it has comments in the week, and in the earlier and the later half of the weeks before it, and its first
    comment is not later than the first of these weeks.
    """
    weeks = sizes.select("survey", "week_idx").unique()
    first = weeks.group_by("survey").agg(first_week=pl.col("week_idx").min())
    halves = range(1, THEME_WEEKS // 2 + 1), range(THEME_WEEKS // 2 + 1, THEME_WEEKS + 1)
    running = weeks.join(first, on="survey").filter(pl.col("first_week") <= pl.col("week_idx") - THEME_WEEKS)
    for half in halves:
        written = pl.concat([weeks.with_columns(pl.col("week_idx") + lag) for lag in half])
        running = running.join(written, on=["survey", "week_idx"], how="semi")
    return running.select("survey", "week_idx")


def _move(counted: pl.DataFrame) -> pl.DataFrame:
    """Each count once for each week that it is compared in, `lag` weeks later."""
    return pl.concat([counted.with_columns(pl.col("week_idx") + lag, lag=pl.lit(lag)) for lag in LAGS])


def _sum_by_lag(counted: pl.DataFrame, name: str, keys: list[str], running: pl.DataFrame) -> pl.DataFrame:
    """The sums of `name` over running surveys, as a column for each lag: `comments_0` to `comments_8`."""
    sums = {f"{name}_{lag}": pl.col(name).filter(pl.col("lag") == lag).sum().cast(pl.Int64) for lag in LAGS}
    return _move(counted).join(running, on=["survey", "week_idx"]).group_by(keys).agg(**sums)


def _name_left_out(sizes: pl.DataFrame, running: pl.DataFrame) -> pl.DataFrame:
    """The surveys with comments in the nine weeks that did not run in all of them, as `left_out_surveys`."""
    left_out = _move(sizes).join(running, on=["survey", "week_idx"], how="anti")
    return left_out.group_by(WEEK).agg(left_out_surveys=pl.col("survey").unique().sort().str.join(", "))


def _add_earlier_weeks(cells: pl.DataFrame) -> pl.DataFrame:
    counted = [f"{name}_{lag}" for name in ("comments", "all_comments") for lag in LAGS]
    filled = cells.with_columns(pl.col(counted).fill_null(0))
    has_begun = pl.col("week_idx") - pl.col("week_idx").min() >= THEME_WEEKS
    earlier = {
        f"earlier_{name}": pl.when(has_begun).then(pl.sum_horizontal(f"{name}_{lag}" for lag in LAGS[1:]))
        for name in ("comments", "all_comments")
    }
    summed = filled.with_columns(
        **earlier,
        compared_comments="comments_0",
        compared_all_comments="all_comments_0",
        weeks=pl.sum_horizontal((pl.col(f"all_comments_{lag}") > 0).cast(pl.Int64) for lag in LAGS[1:]),
    )
    rate = pl.col("earlier_comments") / pl.col("earlier_all_comments")
    is_comparable = pl.col("is_complete") & (pl.col("earlier_all_comments") > 0) & (pl.col("compared_all_comments") > 0)
    return summed.with_columns(
        earlier_comment_rate=pl.when(pl.col("earlier_all_comments") > 0).then(rate),
        is_comparable=is_comparable.fill_null(value=False),
    )


def _add_dispersion(cells: pl.DataFrame) -> pl.DataFrame:
    """Add the mean Pearson dispersion of the language's themes in the weeks before, 1 where it is less.

    Of counts c of n, with the common rate r: the sum of (c − n r)² / (n r (1 − r)), divided by one less than the weeks.
    A sum of squared deviations cannot fall below 0. The mean over themes varies less than the value of each theme.
    """
    rate = pl.col("earlier_comment_rate")
    # one after the other: `sum_horizontal` adds up floats in an order that depends on the number of threads
    deviations = functools.reduce(operator.add, map(_find_deviation, LAGS[1:]))
    is_known = (rate > 0) & (rate < 1) & (pl.col("weeks") > 1)
    spread = pl.when(is_known).then(deviations / (rate * (1 - rate)) / (pl.col("weeks") - 1))
    dispersion = pl.max_horizontal(pl.lit(1.0), pl.col("spread").mean().over(WEEK))
    return cells.with_columns(spread=spread).with_columns(dispersion=pl.when("is_comparable").then(dispersion))


def _find_deviation(lag: int) -> pl.Expr:
    """By how much a theme's count of an earlier week differs from the common rate: (c − n r)² / n."""
    count, size = pl.col(f"comments_{lag}"), pl.col(f"all_comments_{lag}")
    off = count - size * pl.col("earlier_comment_rate")
    return pl.when(size > 0).then(off**2 / size).otherwise(0.0)


def _compute_p(cells: pl.DataFrame) -> pl.DataFrame:
    """Add the p-value of a rise, of counts divided by their dispersion."""
    is_enough = pl.col("compared_comments") + pl.col("earlier_comments") >= FEWEST_EMERGING
    cells = cells.with_row_index("row")
    some = cells.filter(pl.col("is_comparable") & is_enough)
    dispersion = some["dispersion"].to_numpy()
    p = compute_rise_p(
        some["compared_comments"].to_numpy() / dispersion,
        some["compared_all_comments"].cast(pl.Float64).to_numpy(),
        some["earlier_comments"].to_numpy() / dispersion,
        some["earlier_all_comments"].cast(pl.Float64).to_numpy(),
    )
    found = some.select("row").with_columns(rise_p_value=pl.Series(p, dtype=pl.Float64))
    return cells.join(found, on="row", how="left").drop("row")
