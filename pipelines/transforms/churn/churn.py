"""The mart `churn`: how many customers are active, new, returned and lost, month by month.

An active interval (`active_intervals.py`) runs from its first day to the day before its lapse date. So every count at a
month-end is a difference of two running counts over active intervals; no table of customers × months is needed.

Put here: counts of active intervals by month. Keep out: what makes an active interval (`active_intervals.py`),
which customers were lost or came back (`churned_customers.py`), cohorts.
"""

import datetime as dt
import math

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.models.comparisons.proportions import compare_proportions
from regulars.pipelines.transforms.churn.active_intervals import (
    find_history_start,
    list_active_intervals,
    list_active_periods,
)
from regulars.pipelines.transforms.churn.gone_in_a_year import count_gone_by_month, list_gone_spans
from regulars.pipelines.transforms.cohorts.customer_dimensions import (
    CohortSettings,
    explain_only_value,
    split_customers,
)
from regulars.pipelines.transforms.day_numbers import MONTHS_PER_YEAR, number_months
from regulars.pipelines.transforms.false_discovery import is_significant
from regulars.pipelines.transforms.others import count_others
from regulars.pipelines.transforms.purchases.purchases import list_purchase_days, read_into_polars
from regulars.pipelines.transforms.rates import bound_rate, name_bounds

CHURN_COLUMNS: dict[str, PolarsDataType] = {
    "month_end": pl.Date,
    "dimension": pl.String,
    "dimension_value": pl.String,
    "churned_customers_12m": pl.Int64,
    "average_customers_12m": pl.Float64,
    "churn_rate_12m": pl.Float64,
    "churn_rate_12m_low": pl.Float64,
    "churn_rate_12m_high": pl.Float64,
    "active_a_year_ago": pl.Int64,
    "gone_of_active_a_year_ago": pl.Int64,
    "gone_rate_12m": pl.Float64,
    "gone_rate_12m_low": pl.Float64,
    "gone_rate_12m_high": pl.Float64,
    "active_a_year_ago_of_others": pl.Int64,
    "gone_rate_12m_of_others": pl.Float64,
    "gone_rate_12m_over_others": pl.Float64,
    "gone_rate_12m_over_others_low": pl.Float64,
    "gone_rate_12m_over_others_high": pl.Float64,
    "gone_rate_12m_over_others_p_value": pl.Float64,
    "is_gone_rate_12m_over_others_significant": pl.Boolean,
    "customers_to_date": pl.Int64,
    "active_customers": pl.Int64,
    "still_lapsed_customers": pl.Int64,
    "newly_active_customers": pl.Int64,
    "reactivated_customers": pl.Int64,
    "lapsed_in_month": pl.Int64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}

GONE_OVER_OTHERS = [f"gone_rate_12m_over_others{end}" for end in ("", "_low", "_high", "_p_value")]
ENOUGH = 30
"""The fewest customers on either side of a comparison."""


def churn(
    orders: IntoFrame,
    subscriptions: IntoFrame,
    calendar: IntoFrame,
    customer_dimensions: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    cohorts: CohortSettings,
) -> pl.DataFrame:
    """Count active, new, reactivated and lapsed customers per month, and the 12-month churn.

    The 12-month churn at month-end E is the number of customers whose lapse date lies in the 12 months to E and who
    have not returned by E, divided by the average of the active customers at the 13 month-ends E−12 … E. Orders after E
    do not change it. It is NULL until each of the 13 month-ends has `lapse_days` of history behind it; that history is
    the whole base's, also for one dimension value. Its interval is that of a proportion of the average customers
    (Wilson), and NULL where more were lost than there were on average.

    It is not the share of last year's customers who left: its denominator grows and shrinks with new customers.
    `gone_rate_12m` is that share: of the customers active at E−12, those not active at E. It is known wherever the
    12-month churn is known and customers were active at E−12. It is a proportion, so it serves to compare each value
    with all others of its dimension (Agresti and Caffo).

    Args:
        orders: `core.orders`; `customer_idx`, `order_date`, `is_countable`.
        subscriptions: `core.subscriptions`.
        calendar: `core.calendar`; `day`, `day_idx`.
        customer_dimensions: `marts.customer_dimensions`.
        as_of: Last day that counts; month-ends after it are left out.
        lapse_days: Days without an order after which a customer has lapsed.
        cohorts: Which dimensions to split by.

    Returns:
        The columns of `CHURN_COLUMNS`, one row per month-end from the first order or paid day to `as_of` and per value
        of each dimension (`all` is the whole base), sorted by them; without the unknown customer.
    """
    days = read_into_polars(list_purchase_days(orders, calendar, as_of=as_of))
    active_periods = list_active_periods(days, subscriptions, as_of=as_of, lapse_days=lapse_days)
    active_intervals, history = list_active_intervals(active_periods), find_history_start(active_periods, lapse_days)
    if active_intervals.is_empty() or history is None:
        return pl.DataFrame(schema=CHURN_COLUMNS)
    groups = split_customers(customer_dimensions, cohorts.dimensions)
    split, gone = (
        rows.join(groups, on="customer_idx").with_columns(pl.lit(ALL).alias(ALL))
        for rows in (active_intervals, list_gone_spans(active_intervals))
    )
    counts = [_count_values(split, gone, name, as_of) for name in (ALL, *cohorts.dimensions)]
    return (
        _compare_gone_rate(_add_gone_rate(_add_rates(pl.concat(counts), history)))
        .with_columns(as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in CHURN_COLUMNS.items())
        .sort("month_end", "dimension", "dimension_value")
    )


def _count_values(split: pl.DataFrame, gone: pl.DataFrame, name: str, as_of: dt.date) -> pl.DataFrame:
    """Count the values of one dimension, by active intervals and gone spans with every dimension beside them."""
    counted = count_customers_by_month_and_value(split.rename({name: "dimension_value"}), as_of)
    left = count_gone_by_month(gone.rename({name: "dimension_value"}), counted.select("dimension_value", "month_end"))
    return counted.join(left, on=["dimension_value", "month_end"], how="left", maintain_order="left").select(
        pl.lit(name).alias("dimension"), pl.col("dimension_value").cast(pl.String), pl.exclude("dimension_value")
    )


def _add_rates(counts: pl.DataFrame, history: dt.date) -> pl.DataFrame:
    """Add the average of active customers, the churn rate, and the reason where the rate is not known.

    Args:
        counts: As `count_customers_by_month_and_value` gives them, of one or more dimensions.
        history: The first day with lapse_days of history behind it.
    """
    known_from = pl.lit(history).dt.month_start().dt.offset_by(f"{MONTHS_PER_YEAR}mo").dt.month_end()
    has_history = pl.col("month_end") >= known_from
    average = pl.col("active_customers").rolling_sum(MONTHS_PER_YEAR + 1).over("dimension", "dimension_value") / (
        MONTHS_PER_YEAR + 1
    )
    rate = pl.col("churned_customers_12m") / pl.col("average_customers_12m")
    is_share = pl.col("is_complete") & (rate <= 1)
    low, high = bound_rate(rate, pl.col("average_customers_12m"))
    return (
        counts.sort("month_end")
        .with_columns(average_customers_12m=pl.when(has_history).then(average))
        .with_columns(is_complete=(pl.col("average_customers_12m") > 0).fill_null(False))
        .with_columns(
            churn_rate_12m=pl.when("is_complete").then(rate),
            churn_rate_12m_low=pl.when(is_share).then(low),
            churn_rate_12m_high=pl.when(is_share).then(high),
            reason=pl.when(~has_history)
            .then(pl.format("history too short: known from {} on", known_from.dt.to_string("iso")))
            .when(~pl.col("is_complete"))
            .then(pl.lit("no active customers in the 12 months")),
        )
    )


def _add_gone_rate(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the share of last year's active customers who are gone, where `_add_rates` found the year known."""
    before = (
        pl.col("active_customers").shift(MONTHS_PER_YEAR).over("dimension", "dimension_value", order_by="month_end")
    )
    has_history = pl.col("average_customers_12m").is_not_null()
    base = pl.col("active_a_year_ago")
    return (
        rows.with_columns(
            active_a_year_ago=pl.when(has_history).then(before),
            gone_of_active_a_year_ago=pl.when(has_history).then("gone_of_active_a_year_ago"),
        )
        .with_columns(gone_rate_12m=pl.when(base > 0).then(pl.col("gone_of_active_a_year_ago") / base))
        .with_columns(**name_bounds("gone_rate_12m", base))
    )


def _compare_gone_rate(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the difference of `gone_rate_12m` from all other values of the dimension, and whether it is significant.

    Nothing is compared where either side has fewer than `ENOUGH` customers of a year ago.
    """
    counts, family = ["gone_of_active_a_year_ago", "active_a_year_ago"], ("month_end", "dimension")
    gone, base, *others = (*counts, *(f"{name}_of_others" for name in counts))
    beside = rows.with_columns(**count_others(counts, *family))
    is_compared = pl.min_horizontal(pl.col(base), pl.col(others[1])) >= ENOUGH
    arrays = (pl.when(is_compared).then(pl.col(name).cast(pl.Float64)) for name in (gone, base, *others))
    numbers = beside.select(each.fill_null(math.nan).alias(str(place)) for place, each in enumerate(arrays))
    found = zip(GONE_OVER_OTHERS, compare_proportions(*(each.to_numpy() for each in numbers)), strict=True)
    return (
        beside.with_columns(
            gone_rate_12m_of_others=pl.when(pl.col(others[1]) > 0).then(pl.col(others[0]) / pl.col(others[1]))
        )
        .with_columns(pl.Series(name, values).fill_nan(None) for name, values in found)
        .with_columns(
            is_gone_rate_12m_over_others_significant=is_significant("gone_rate_12m_over_others_p_value", *family),
            reason=pl.when("is_complete").then(_say_what_else_is_missing()).otherwise("reason"),
        )
    )


def _say_what_else_is_missing() -> pl.Expr:
    """Why a known churn has no interval, no `gone_rate_12m` or no others to compare with; NULL where it has all."""
    parts = {
        "no interval of churn_rate_12m: more customers were lost than there were on average": pl.col(
            "churn_rate_12m_low"
        ).is_null(),
        "gone_rate_12m is not known: nobody was active a year before": pl.col("gone_rate_12m").is_null(),
        f"not compared with the others: fewer than {ENOUGH} customers of a year before on one side or both": (
            (pl.col("dimension") != ALL) & explain_only_value().is_null()
        )
        & pl.col(GONE_OVER_OTHERS[0]).is_null(),
    }
    sentences = (pl.when(is_so).then(pl.lit(sentence)) for sentence, is_so in parts.items())
    reason = pl.concat_str(explain_only_value(), *sentences, separator="; ", ignore_nulls=True)
    return pl.when(reason != "").then(reason)


def count_customers_by_month(active_intervals: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Count customers per month, from the month of the first start to the last month that is over by `as_of`.

    Args:
        active_intervals: As `list_active_intervals` gives them.
        as_of: Last day that counts.

    Returns:
        `month_end`; `newly_active_customers`, `reactivated_customers`, `lapsed_in_month` in the month; at its end
        `customers_to_date`, of whom `active_customers` and `still_lapsed_customers`, and `churned_customers_12m`.
        Sorted.
    """
    whole = active_intervals.with_columns(dimension_value=pl.lit(ALL))
    return count_customers_by_month_and_value(whole, as_of).drop("dimension_value")


def count_customers_by_month_and_value(active_intervals: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Count as `count_customers_by_month` does, per `dimension_value`; every value has a row for every month."""
    lapsed = active_intervals.filter(pl.col("lapse_date") <= as_of)
    lapse_month, return_month = number_months(pl.col("lapse_date")), number_months(pl.col("return_date"))
    # A customer counts as churned from the lapse month until 12 months are over or the customer returns. One who
    # returns in the month of the lapse never counts.
    end_of_churn = pl.min_horizontal(lapse_month + MONTHS_PER_YEAR, return_month)
    flows = {
        "newly_active_customers": active_intervals.filter("is_first").select(
            "dimension_value", month=number_months(pl.col("start"))
        ),
        "reactivated_customers": active_intervals.filter(~pl.col("is_first")).select(
            "dimension_value", month=number_months(pl.col("start"))
        ),
        "lapsed_in_month": lapsed.select("dimension_value", month=lapse_month),
        "no_longer_churned": lapsed.select("dimension_value", month=end_of_churn),
    }
    keys = ["dimension_value", "month"]
    months = active_intervals.select(pl.col("dimension_value").unique()).join(
        _list_months(as_of, active_intervals["start"].min()), how="cross"
    )
    for name, events in flows.items():
        counted = events.group_by(keys).agg(pl.len().cast(pl.Int64).alias(name))
        months = months.join(counted, on=keys, how="left").with_columns(pl.col(name).fill_null(0))
    gone = pl.col("lapsed_in_month") - pl.col("reactivated_customers")
    running = {
        "customers_to_date": pl.col("newly_active_customers"),
        "active_customers": pl.col("newly_active_customers") - gone,
        "still_lapsed_customers": gone,
        "churned_customers_12m": pl.col("lapsed_in_month") - pl.col("no_longer_churned"),
    }
    counts = {name: each.cum_sum().over("dimension_value") for name, each in running.items()}
    return months.sort(keys).with_columns(**counts)


def _list_months(as_of: dt.date, first: object) -> pl.DataFrame:
    """List `month` and `month_end` of the months from `first` that are over by `as_of`; empty without a first day."""
    starts = pl.Series("month_end", [], pl.Date)
    if isinstance(first, dt.date):
        starts = pl.date_range(first.replace(day=1), as_of, "1mo", eager=True).alias("month_end")
    ends = pl.DataFrame({"month_end": starts.dt.month_end()}).filter(pl.col("month_end") <= as_of)
    return ends.with_columns(month=number_months(pl.col("month_end")))
