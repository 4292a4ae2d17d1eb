"""Of the customers who were active a year ago, who is no longer: as spans of months.

A customer is gone at a month-end who was active at the month-end a year before and is not active at it, whatever came
in between. Newly won customers have no part in it, while the 12-month churn compares the lost with a base that they
are in.

Put here: these spans, and their count by month. Keep out: active intervals (`active_intervals.py`), rates (`churn.py`).
"""

from itertools import count

import polars as pl
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR, number_months


def list_gone_spans(active_intervals: pl.DataFrame) -> pl.DataFrame:
    """List when customers are gone who were active a year before: one row per interval and gap after it that it meets.

    An interval moved by 12 months tells at which month-ends its customer was active a year before; what of it lies in
    the gaps between the customer's intervals is the answer. Most intervals meet only the gap that follows them, as
    whoever lapses again within a year must have come back in between: each further gap is looked for among fewer.

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
    """Count those gone at every month-end.

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
