"""Finds emerging themes: mentioned more than in the weeks before, by more than chance.

Put here: the comparison of a week with those before it. Keep out: the counts (`feedback_themes.py`), and the p-value
(`pipelines/models/comparisons/significance.py`).
"""

import polars as pl

from regulars.pipelines.definitions.enumerations import UNMATCHED
from regulars.pipelines.definitions.windows import THEME_WEEKS
from regulars.pipelines.models.comparisons.significance import compute_rise_p
from regulars.pipelines.transforms.false_discovery import is_significant

FEWEST_EMERGING = 5
"""The fewest comments of a week for an emerging theme, and of all nine weeks for a comparison."""
SERIES, WEEK = ["language", "theme"], ["language", "week_idx"]


def add_emergence(cells: pl.DataFrame) -> pl.DataFrame:
    """Compare each cell with the `THEME_WEEKS` weeks before it.

    Args:
        cells: `week_idx`, `language`, `theme`, `comments`, `all_comments`, `is_complete`; a row for every theme and
            language of every week.

    Returns:
        The rows with `earlier_comments`, `earlier_all_comments`, `earlier_comment_rate`, `dispersion` (1 or more: the
        variance of the shares of the language's themes from week to week ÷ that by chance), `rise_p_value` and
        `is_emerging`. The last three are NULL where one of the weeks before is missing, or the week is not over.
        Comments without a theme have a p-value too, but never emerge (NULL).
    """
    ordered = cells.sort(*SERIES, "week_idx")  # the last digit of a mean depends on the order of its rows
    compared = _compute_p(_add_dispersion(_add_earlier_weeks(ordered)))
    is_theme = pl.col("theme") != UNMATCHED
    of_themes = compared.with_columns(p_of_theme=pl.when(is_theme).then("rise_p_value"))
    stands = is_significant("p_of_theme", "week_idx").fill_null(value=False)
    is_emerging = stands & (pl.col("comments") >= FEWEST_EMERGING)
    return of_themes.with_columns(is_emerging=pl.when(is_theme & pl.col("is_comparable")).then(is_emerging)).drop(
        "p_of_theme"
    )


def _add_earlier_weeks(cells: pl.DataFrame) -> pl.DataFrame:
    counts, sizes = pl.col("comments"), pl.col("all_comments")

    def sum_before(value: pl.Expr) -> pl.Expr:
        return value.rolling_sum(THEME_WEEKS).shift(1).over(SERIES, order_by="week_idx")

    summed = cells.with_columns(
        earlier_comments=sum_before(counts),
        earlier_all_comments=sum_before(sizes),
        weeks=sum_before((sizes > 0).cast(pl.Int64)),
    )
    rate = pl.col("earlier_comments") / pl.col("earlier_all_comments")
    is_comparable = pl.col("is_complete") & (pl.col("earlier_all_comments") > 0) & (sizes > 0)
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
    deviations = pl.sum_horizontal([_find_deviation(weeks) for weeks in range(1, THEME_WEEKS + 1)])
    is_known = (rate > 0) & (rate < 1) & (pl.col("weeks") > 1)
    spread = pl.when(is_known).then(deviations / (rate * (1 - rate)) / (pl.col("weeks") - 1))
    dispersion = pl.max_horizontal(pl.lit(1.0), pl.col("spread").mean().over(WEEK))
    return cells.with_columns(spread=spread).with_columns(dispersion=pl.when("is_comparable").then(dispersion))


def _find_deviation(weeks_ago: int) -> pl.Expr:
    """By how much a theme's count of an earlier week differs from the common rate: (c − n r)² / n."""
    count, size = (
        pl.col(name).shift(weeks_ago).over(SERIES, order_by="week_idx") for name in ("comments", "all_comments")
    )
    off = count - size * pl.col("earlier_comment_rate")
    return pl.when(size > 0).then(off**2 / size).otherwise(0.0)


def _compute_p(cells: pl.DataFrame) -> pl.DataFrame:
    """Add the p-value of a rise, of counts divided by their dispersion."""
    is_enough = pl.col("comments") + pl.col("earlier_comments") >= FEWEST_EMERGING
    cells = cells.with_row_index("row")
    some = cells.filter(pl.col("is_comparable") & is_enough)
    dispersion = some["dispersion"].to_numpy()
    p = compute_rise_p(
        some["comments"].to_numpy() / dispersion,
        some["all_comments"].cast(pl.Float64).to_numpy(),
        some["earlier_comments"].to_numpy() / dispersion,
        some["earlier_all_comments"].cast(pl.Float64).to_numpy(),
    )
    found = some.select("row").with_columns(rise_p_value=pl.Series(p, dtype=pl.Float64))
    return cells.join(found, on="row", how="left").drop("row")
