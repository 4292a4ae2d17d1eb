"""What the season does to the category of a product in a week to come, beside a forecast that does not know of it.

Put here: which row of `marts.seasonality` a week is about. Keep out: the indices (`seasonality.py`), the forecast
(`demand_forecast.py`).
"""

import polars as pl
from narwhals.typing import IntoFrame

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
    names = ("customer_type", "category", "month_of_year", "season_index", "stands_out")
    known = (
        read_into_polars(select_columns(seasonality, *names))
        .filter((pl.col("customer_type") == ALL) & (pl.col("category") != ALL))
        .select("season_index", season_of="category", month_of_year="month_of_year", is_season_left_out="stands_out")
    )
    own = pl.col("category").is_in(known["season_of"].unique().implode())
    return (
        weeks.with_columns(
            season_of=pl.when(own).then("category").when(pl.col("category").is_not_null()).then(pl.lit(OTHER)),
            month_of_year=pl.col("week_start").dt.offset_by(MIDDLE_OF_WEEK).dt.month().cast(pl.Int32),
        )
        .join(
            known.with_columns(pl.col("month_of_year").cast(pl.Int32)),
            on=["season_of", "month_of_year"],
            how="left",
            maintain_order="left",
        )
        .drop("season_of", "month_of_year")
    )
