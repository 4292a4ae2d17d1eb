"""What the season does to the category of a product in a week to come, beside a forecast that does not know of it.

Put here: which row of `marts.seasonality` a week is about. Keep out: the indices (`seasonality.py`), the forecast
(`demand_forecast.py`).
"""

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from numpy.typing import NDArray

from regulars.pipelines.definitions.enumerations import ALL, OTHER
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

MIDDLE_OF_WEEK = "3d"
"""A week is of the month that holds its Thursday, and so most of its days."""


def add_season(weeks: pl.DataFrame, seasonality: IntoFrame) -> pl.DataFrame:
    """Add the season of each week's month, of all customers, in the product's category.

    Args:
        weeks: `week_start`, `category`; any other columns.
        seasonality: `marts.seasonality`; a category that is not among its own has the index of its `other`.

    Returns:
        `weeks` in their order, with `season_index` and `is_season_left_out` (whether that index stands out); both NULL
        without a category, and where no index is known.
    """
    known = (
        _read_indices(seasonality)
        .filter(pl.col("category") != ALL)
        .select("season_index", "month_of_year", season_of="category", is_season_left_out="stands_out")
    )
    own = pl.col("category").is_in(known["season_of"].unique().implode())
    return (
        weeks.with_columns(
            season_of=pl.when(own).then("category").when(pl.col("category").is_not_null()).then(pl.lit(OTHER)),
            month_of_year=_find_month(pl.col("week_start")),
        )
        .join(known, on=["season_of", "month_of_year"], how="left", maintain_order="left")
        .drop("season_of", "month_of_year")
    )


def find_season(week_starts: pl.Series, seasonality: IntoFrame) -> tuple[float | None, bool | None]:
    """The season of some weeks together, of all customers and categories.

    Args:
        week_starts: Date; Mondays.
        seasonality: `marts.seasonality`.

    Returns:
        The mean index of the weeks' months, and whether one of these stands out; both None where one is not known.
    """
    known = _read_indices(seasonality).filter(pl.col("category") == ALL, pl.col("season_index").is_not_null())
    months = pl.select(month_of_year=_find_month(pl.lit(week_starts))).join(known, on="month_of_year")
    if len(months) < len(week_starts):
        return None, None
    return float(months.select(pl.col("season_index").mean()).item()), bool(months["stands_out"].any())


def number_months(week_starts: pl.Series) -> NDArray[np.int64]:
    """The months of weeks, counted on through the years from the January of year 0."""
    middle = week_starts.dt.offset_by(MIDDLE_OF_WEEK)
    months: NDArray[np.int64] = (middle.dt.year().cast(pl.Int64) * 12 + middle.dt.month() - 1).to_numpy()
    return months


def _read_indices(seasonality: IntoFrame) -> pl.DataFrame:
    """The indices of all customers: `category`, `month_of_year`, `season_index`, `stands_out`."""
    names = ("customer_type", "category", "month_of_year", "season_index", "stands_out")
    of_all = read_into_polars(select_columns(seasonality, *names)).filter(pl.col("customer_type") == ALL)
    return of_all.drop("customer_type").with_columns(pl.col("month_of_year").cast(pl.Int32))


def _find_month(week_start: pl.Expr) -> pl.Expr:
    """The month that holds most of a week's days, 1 to 12."""
    return week_start.dt.offset_by(MIDDLE_OF_WEEK).dt.month().cast(pl.Int32)
