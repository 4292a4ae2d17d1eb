"""The customers who were active a year ago and no longer are, as spans of months.

A customer is gone at a month-end if they were active at the month-end a year before and are not active now, whatever
happened in between. New customers do not count here, while the denominator of the 12-month churn includes them.

Put here: these spans, and their count by month. Keep out: active intervals (`active_intervals.py`), rates (`churn.py`).
"""

from itertools import count

import polars as pl
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR, number_months


def list_gone_spans(active_intervals: pl.DataFrame) -> pl.DataFrame:
    """List the spans in which customers are gone: one row per active interval and later gap that it reaches.

    An interval moved by 12 months covers the month-ends at which its customer was active a year before; the customer is
    gone where this overlaps a gap between the customer's intervals. Most intervals reach only the gap that follows
    them; each further gap is searched among fewer intervals.

    Args:
        active_intervals: As `list_active_intervals` gives them, in their order.

    Returns:
        `customer_idx`; `from_month` and `until_month` (numbers of months): gone at the month-ends from the first on,
        and before the second. Spans of one customer do not overlap.
    """
    lapse_month = number_months(pl.col("lapse_date"))
    # active at the month-ends from the month of the start on, up to the one before the month of the lapse
    gaps = active_intervals.select(
        "customer_idx",
        begins=number_months(pl.col("start")) + MONTHS_PER_YEAR,
        ends=lapse_month + MONTHS_PER_YEAR,
        lapse_month=lapse_month,
        return_month=number_months(pl.col("return_date")),
    )
    spans = []
    for later in count():
        is_own = pl.col("customer_idx") == pl.col("customer_idx").shift(-later)
        lapse = pl.col("lapse_month").shift(-later)
        is_near = is_own & (lapse < pl.col("ends"))
        if not gaps.select(is_near.any()).item():
            break
        spans.append(
            gaps.select(
                "customer_idx",
                is_near=is_near,
                from_month=pl.max_horizontal("begins", lapse),
                until_month=pl.min_horizontal("ends", pl.col("return_month").shift(-later)),
            ).filter(pl.col("is_near") & (pl.col("from_month") < pl.col("until_month")))
        )
    schema: dict[str, PolarsDataType] = {
        "customer_idx": active_intervals.schema["customer_idx"],
        "from_month": pl.Int32,
        "until_month": pl.Int32,
    }
    return pl.concat(spans).select(*schema) if spans else pl.DataFrame(schema=schema)


def count_gone_by_month(gone_spans: pl.DataFrame, months: pl.DataFrame) -> pl.DataFrame:
    """Count the customers who are gone at every month-end.

    Args:
        gone_spans: As `list_gone_spans` gives them, with `dimension_value`.
        months: `dimension_value`, `month_end`: every month of every value, from the first active interval on.

    Returns:
        `months` with `gone_of_active_a_year_ago`, sorted.
    """
    keys = ["dimension_value", "month"]
    moves = pl.concat(
        gone_spans.select("dimension_value", month=pl.col(edge), move=pl.lit(move, pl.Int64))
        for edge, move in (("from_month", 1), ("until_month", -1))
    )
    numbered = months.with_columns(month=number_months(pl.col("month_end")))
    moved = numbered.join(moves.group_by(keys).agg(pl.col("move").sum()), on=keys, how="left").sort(keys)
    return moved.select(
        "dimension_value",
        "month_end",
        gone_of_active_a_year_ago=pl.col("move").fill_null(0).cum_sum().over("dimension_value"),
    )
