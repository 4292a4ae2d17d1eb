"""The mart `seasonality`: how much customers of each type buy of each category, by month of the year.

Put here: months, customer types and categories, and their sums. Keep out: the index itself
(`models/demand/seasonal_index.py`).
"""

import datetime as dt
from collections.abc import Iterator

import narwhals as nw
import numpy as np
import polars as pl
from narwhals.typing import IntoFrame
from numpy.typing import NDArray
from polars._typing import PolarsDataType
from scipy.special import erfc  # type: ignore[import-untyped]

from regulars.pipelines.definitions.enumerations import ALL, OTHER, UNKNOWN, UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import SEASON_YEARS
from regulars.pipelines.models.comparisons.significance import Z_95
from regulars.pipelines.models.demand.seasonal_index import MONTHS, compute_season_index
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.cohorts.customer_dimensions import split_customers
from regulars.pipelines.transforms.day_numbers import find_last_month_end
from regulars.pipelines.transforms.false_discovery import is_significant
from regulars.pipelines.transforms.purchases.purchases import read_into_polars
from regulars.pipelines.transforms.rare_values import NAMED_VALUES

COLUMNS: dict[str, PolarsDataType] = {
    "customer_type": pl.String,
    "category": pl.String,
    "month_of_year": pl.Int32,
    "years_behind": pl.Int32,
    "buying_customers": pl.Int64,
    "product_sales": MONEY,
    "season_index": pl.Float64,
    "season_index_low": pl.Float64,
    "season_index_high": pl.Float64,
    "p_value": pl.Float64,
    "stands_out": pl.Boolean,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
GROUP = ["customer_type", "category"]
FEWEST_YEARS, FEWEST_CUSTOMERS = 2, 100
TOO_YOUNG = "less than two whole years of sales"
TOO_FEW = f"fewer than {FEWEST_CUSTOMERS} customers bought in these years, counted in each month"


def seasonality(
    order_lines: IntoFrame, products: IntoFrame, customer_dimensions: IntoFrame, calendar: IntoFrame, *, as_of: dt.date
) -> pl.DataFrame:
    """Measure the season: one row per customer type, category and month of the year, `all` included.

    Args:
        order_lines: `core.order_lines`; uses `system`, `product_id`, `category`, `customer_idx`, `order_date`,
            `gross_sales`, `discounts`, `is_countable`.
        products: `core.products`; `system`, `product_id`, `category`.
        customer_dimensions: `marts.customer_dimensions`; `customer_idx`, `customer_type`.
        calendar: `core.calendar`; `day`, `month_idx`.
        as_of: Last day that counts; its month is left out until it is over.

    Returns:
        The columns of `COLUMNS`, sorted by type, category and month.
    """
    last_day = find_last_month_end(as_of)
    last = last_day.year * MONTHS + last_day.month - 1
    bought = _sum_by_customer_month(order_lines, products, calendar, last_day)
    kinds = split_customers(customer_dimensions, ["customer_type"]).with_columns(
        pl.col("customer_type").cast(pl.String)
    )
    months = _sum_by_group_month(bought.join(kinds, on="customer_idx"))
    rows = list(_measure_groups(months, last))
    if not rows:
        return pl.DataFrame(schema=COLUMNS)
    measured = pl.concat(rows).with_columns(
        season_index_low=(pl.col("season_index") - Z_95 * pl.col("error")).clip(0),
        season_index_high=pl.col("season_index") + Z_95 * pl.col("error"),
        family=pl.lit(ALL),
        is_complete=pl.col("season_index").is_not_null(),
        as_of=pl.lit(as_of),
    )
    return (
        measured.with_columns(stands_out=is_significant("p_value", "family"))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort(*GROUP, "month_of_year")
    )


def _sum_by_customer_month(
    order_lines: IntoFrame, products: IntoFrame, calendar: IntoFrame, last_day: dt.date
) -> pl.DataFrame:
    """Sum sales by known customer, month and category, of the years that count; Decimal, so that sums are exact."""
    first_day = (last_day + dt.timedelta(days=1)).replace(year=(last_day + dt.timedelta(days=1)).year - SEASON_YEARS)
    day = nw.col("order_date")
    is_in = (
        nw.col("is_countable")
        & (nw.col("customer_idx") != UNKNOWN_CUSTOMER_IDX)
        & (day <= last_day)
        & (day >= first_day)
    )
    months = nw.from_native(calendar).lazy().select("month_idx", order_date=nw.col("day"))
    lines = (
        nw.from_native(order_lines)
        .lazy()
        .filter(is_in)
        .join(months, on="order_date", how="left")
        .select(
            "system",
            "product_id",
            "category",
            "customer_idx",
            "month_idx",
            sales=nw.col("gross_sales") - nw.col("discounts"),
        )
        .group_by("system", "product_id", "category", "customer_idx", "month_idx")
        .agg(nw.col("sales").sum())
    )
    of_product = nw.from_native(products).lazy().select("system", "product_id", known_category="category").to_native()
    category = pl.coalesce("known_category", "category").fill_null(UNKNOWN)
    rows = (
        read_into_polars(lines.to_native())
        .join(read_into_polars(of_product), on=["system", "product_id"], how="left")
        .with_columns(category.alias("category"))
    )
    by_sales = rows.group_by("category").agg(pl.col("sales").sum()).sort("sales", "category", descending=[True, False])
    named = by_sales["category"].head(NAMED_VALUES).implode()
    few = pl.when(pl.col("category").is_in(named)).then("category").otherwise(pl.lit(OTHER))
    cells = ("category", "customer_idx", "month_idx")
    return rows.with_columns(few.alias("category")).group_by(cells).agg(pl.col("sales").sum())


def _sum_by_group_month(bought: pl.DataFrame) -> pl.DataFrame:
    """Sum by type, category and month, `all` included: customers who bought, their sales, and the squares of these."""
    bought = bought.sort("customer_idx", "month_idx", "category")
    whole = bought.group_by("customer_type", "customer_idx", "month_idx").agg(pl.col("sales").sum())
    both = pl.concat([bought, whole.with_columns(category=pl.lit(ALL)).select(bought.columns)])
    every = pl.concat([both, both.with_columns(customer_type=pl.lit(ALL))]).sort(*GROUP, "month_idx", "customer_idx")
    return (
        every.group_by(*GROUP, "month_idx")
        .agg(
            customers=pl.len().cast(pl.Int64),
            sales=pl.col("sales").sum().cast(pl.Float64),
            squares=(pl.col("sales").cast(pl.Float64) ** 2).sum(),
        )
        .sort(*GROUP, "month_idx")
    )


def _measure_groups(months: pl.DataFrame, last: int) -> Iterator[pl.DataFrame]:
    """Measure groups with equally many whole years at once, 12 rows each."""
    known = months.group_by(GROUP).agg(first=pl.col("month_idx").min()).sort(GROUP)
    years = (last + 1 - known["first"]) // MONTHS
    known = known.with_columns(years=years)
    for (count,), groups in known.group_by("years", maintain_order=True):
        whole = max(int(count), 1)
        start = last + 1 - whole * MONTHS
        numbered = groups.select(GROUP).with_row_index("group")
        cells = months.join(numbered, on=GROUP).filter(pl.col("month_idx") >= start)
        place = (cells["group"].to_numpy(), cells["month_idx"].to_numpy() - start)
        shape = (len(groups), whole * MONTHS)
        yield _measure(
            numbered,
            {name: _spread(cells[name], place, shape) for name in ("sales", "squares", "customers")},
            start,
            int(count),
        )


def _spread(values: pl.Series, place: tuple[NDArray[np.int64], ...], shape: tuple[int, int]) -> NDArray[np.float64]:
    grid = np.zeros(shape)
    grid[place] = values.cast(pl.Float64).to_numpy()
    return grid


def _add_one_customer(sums: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Squares of the months plus that of a typical customer, since a month without a sale is not certain either."""
    total = sums["customers"].sum(axis=1, keepdims=True)
    typical = sums["squares"].sum(axis=1, keepdims=True) / np.maximum(total, 1)
    return np.where(sums["squares"] > 0, sums["squares"], typical)


def _measure(groups: pl.DataFrame, sums: dict[str, NDArray[np.float64]], start: int, years: int) -> pl.DataFrame:
    """Measure groups of one length: 12 rows each."""
    n, t = sums["sales"].shape
    by_month = {name: values.reshape(n, t // MONTHS, MONTHS).sum(axis=1) for name, values in sums.items()}
    index = np.full((n, MONTHS), np.nan)
    error = index.copy()
    is_young = years < FEWEST_YEARS
    enough = sums["customers"].sum(axis=1) >= FEWEST_CUSTOMERS
    if not is_young:
        index, error = compute_season_index(sums["sales"], _add_one_customer(sums))
    is_sound = np.isfinite(index).all(axis=1) & (error > 0).all(axis=1)
    is_known = np.broadcast_to((is_sound & enough)[:, np.newaxis], index.shape)
    index, error = np.where(is_known, index, np.nan), np.where(is_known, error, np.nan)
    p_value = erfc(np.abs(index - 1) / error / np.sqrt(2))
    why = TOO_YOUNG if is_young else TOO_FEW
    rows = groups[np.repeat(np.arange(n), MONTHS)].select(GROUP)
    columns = {"season_index": index, "error": error, "p_value": p_value, "product_sales": by_month["sales"]}
    return rows.with_columns(
        *(pl.Series(name, values.ravel()).fill_nan(None) for name, values in columns.items()),
        pl.Series("buying_customers", by_month["customers"].ravel()).cast(pl.Int64),
        pl.Series("month_of_year", np.tile((start + np.arange(MONTHS)) % MONTHS + 1, n)),
        reason=pl.when(~pl.Series(is_known.ravel())).then(pl.lit(why)),
        years_behind=pl.lit(max(years, 0)),
    )
