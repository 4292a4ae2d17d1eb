"""The value of the customers of a channel, the most that winning one may cost, and intervals of both.

Put here: lifetime value, payback and bids with their intervals, the verdict and its reason. Keep out: sums per channel
(`acquisition_economics.py`), the formulas (`models/retention_value.py`), the intervals of contribution and retention
(`worth_intervals.py`).
"""

import math

import numpy as np
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import ALL
from regulars.pipelines.models.comparisons.skewed_means import FEWEST_FOR_A_COMPARISON, Group, Shape
from regulars.pipelines.models.fitting.fitting import FloatArray
from regulars.pipelines.models.retention_value import (
    HIGHEST_RETENTION,
    LONGEST_PAYBACK_MONTHS,
    combine_ends,
    compute_clv_before_cost,
    find_payback_month,
    sum_contribution_by_month,
)
from regulars.pipelines.transforms.money.acquisition_spending import GROUP, list_groupings
from regulars.pipelines.transforms.money.worth_intervals import bound_clv, find_intervals
from regulars.pipelines.transforms.money.yearly_value import EconomicsSettings
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.rates import ENDS

VALUES = ["clv_simple", "clv_simple_total"]
"""What is averaged: the value by orders (of customers without any, by subscriptions), and that by both."""
SURE_TO_WIN = math.log(20)
"""The expected number at which a Poisson count is 0 in one of twenty cases."""


def average_clv(customer_clv: IntoFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Average the value of customers by channel and type, `all` included, with its 95 % interval.

    Args:
        customer_clv: `marts.customer_clv`; `customer_idx` and the values of `VALUES`.
        customers: `customer_idx` and their channel and type.

    Returns:
        `customers_valued`, and the mean of each of `VALUES` with its ends.
    """
    worth = read_into_polars(select_columns(customer_clv, "customer_idx", *VALUES)).drop_nulls()
    rows = worth.with_columns(pl.col(VALUES).cast(pl.Float64)).join(
        customers.select("customer_idx", *GROUP), on="customer_idx"
    )
    groups = list_groupings(rows.sort(*VALUES, "customer_idx"))
    counts = groups.group_by(GROUP).agg(customers_valued=pl.len().cast(pl.Int64))
    for value in VALUES:
        counts = counts.join(_average(groups, rows[value], value), on=GROUP, how="left")
    return counts


def _average(groups: pl.DataFrame, everybody: pl.Series, value: str) -> pl.DataFrame:
    """Average one value of each group: `average_<value>` with its ends."""
    name, column = f"average_{value}", pl.col(value)
    averages = groups.group_by(GROUP).agg(column.mean().alias(name), variance=column.var(), size=pl.len())
    moments = averages.select(name, pl.col("variance").fill_null(math.nan), "size")
    group = Group(*(each.cast(pl.Float64).to_numpy() for each in moments))
    ends = Shape(everybody.to_numpy()).bound_means(group)
    bounds = (pl.Series(f"{name}{end}", values) for end, values in zip(ENDS, ends, strict=True))
    return averages.with_columns(each.fill_nan(None) for each in bounds).drop("variance", "size")


def add_worth(
    rows: pl.DataFrame, no_history: str | None, economics: EconomicsSettings, discount_rate: float, shape: Shape
) -> pl.DataFrame:
    """Add lifetime value, payback and the most that may be paid, with their intervals; else the reason.

    Args:
        rows: The year's sums of each group, its churn, contribution and cost.
        no_history: Why churn cannot be known, or None.
        economics: The margin, and the goals for it.
        discount_rate: Annual rate at which lifetime value is discounted.
        shape: Of what all customers bought in the year.
    """
    rows = rows.with_columns(
        churn_rate_12m=pl.lit(None, pl.Float64) if no_history else pl.col("churn_rate_12m"),
    ).with_columns(worth_reason=_find_worth_reason(no_history))
    is_sound = rows["worth_reason"].is_null().to_numpy()
    m = np.where(is_sound, rows["contribution_per_customer_12m"].fill_null(np.nan).to_numpy(), np.nan)
    r = np.where(
        is_sound, np.minimum(1 - rows["churn_rate_12m"].fill_null(np.nan).to_numpy(), HIGHEST_RETENTION), np.nan
    )
    cost = rows["cost_per_customer"].fill_null(np.nan).to_numpy()
    clv = compute_clv_before_cost(m, r, discount_rate)
    bids = _list_bids(clv, sum_contribution_by_month(m, r, economics.payback_months)[:, -1], economics)
    contributions, retentions = find_intervals(rows, m, r, shape)
    (m_low, m_high), (r_low, r_high) = contributions, retentions
    ends: dict[str, FloatArray] = {}
    for end, m_end, r_end in zip(ENDS, contributions, retentions, strict=True):
        worth = bound_clv(clv, m, (m_end, r_end), discount_rate)
        of_m = np.maximum(m_end, 0) / m
        by_month = sum_contribution_by_month(m, r_end, economics.payback_months)[:, -1]
        brought = bids["most_for_payback"] * combine_ends(of_m, by_month / bids["most_for_payback"])
        ends[f"clv_before_cost{end}"] = worth
        ends[f"most_to_bid{end}"] = np.min(list(_list_bids(worth, brought, economics).values()), axis=0)
    paid = np.where(is_sound, cost, np.nan)
    columns = {
        **bids,
        **ends,
        "retention_rate_12m": r,
        "clv_before_cost": clv,
        "clv_to_cost_ratio": np.divide(clv, cost, out=np.full_like(clv, np.nan), where=cost > 0),
        "payback_months": find_payback_month(m, r, paid),
        "payback_months_low": find_payback_month(m_high, r_high, paid),
        "payback_months_high": find_payback_month(m_low, r_low, paid),
        "most_to_bid": np.min(list(bids.values()), axis=0),
    }
    return rows.with_columns(pl.Series(name, values).fill_nan(None) for name, values in columns.items()).with_columns(
        reason=_find_reason(), is_complete=pl.col("payback_months").is_not_null()
    )


def _list_bids(clv: FloatArray, brought: FloatArray, economics: EconomicsSettings) -> dict[str, FloatArray]:
    """The three limits of the cost per customer: two by lifetime value, one by the wanted payback."""
    return {
        "most_for_margin": clv * (1 - economics.margin_to_keep),
        "most_for_ratio": clv / economics.clv_to_cost,
        "most_for_payback": brought,
    }


def _find_worth_reason(no_history: str | None) -> pl.Expr:
    """Find why the value of customers is not known."""
    each = pl.col("contribution_per_customer_12m")
    return (
        pl.when(pl.col("average_customers_12m").fill_null(0) == 0)
        .then(pl.lit("no customer of the channel was active in the 12 months"))
        .when(pl.col("churn_rate_12m").is_null())
        .then(pl.lit(no_history))
        .when(pl.col("churn_rate_12m") >= 1)
        .then(pl.lit("more customers left within the 12 months than there were on average: retention is undefined"))
        .when(each.is_null())
        .then(pl.lit("the margin is unknown: deliver costs of order lines, or set economics.contribution_margin"))
        .when(each <= 0)
        .then(pl.lit("customers brought no contribution in the 12 months"))
    )


def add_verdict(rows: pl.DataFrame) -> pl.DataFrame:
    """Add whether customers cost more than they may, whether that is beyond chance, and the reason where it is not.

    Customers always cost too much where money was spent and no customer was won. A verdict is beyond chance where it is
    the same at both ends of the interval of `most_to_bid` and there are `FEWEST_FOR_A_COMPARISON` customers; without a
    customer won, where the spend should have won `SURE_TO_WIN` customers at the upper end of the interval of all
    channels together.
    """
    cost, most = pl.col("cost_per_customer").cast(pl.Float64), pl.col("most_to_bid").cast(pl.Float64)
    won_nobody = cost.is_null() & (pl.col("spend") > 0)
    is_few = pl.col("average_customers_12m") < FEWEST_FOR_A_COMPARISON
    at_ends = [cost > pl.col(f"most_to_bid{end}").cast(pl.Float64) for end in ENDS]
    is_same = ((at_ends[0] == at_ends[1]) & ~is_few).fill_null(False)
    most_of_all = _take_from_total(pl.col("most_to_bid_high").cast(pl.Float64))
    are_few_known = _take_from_total(is_few)
    is_sure = (pl.col("spend").cast(pl.Float64) > SURE_TO_WIN * most_of_all) & ~are_few_known
    return rows.with_columns(
        is_above_most=won_nobody | (cost > most),
        is_beyond_chance=pl.when(won_nobody & most_of_all.is_not_null())
        .then(is_sure)
        .when(cost.is_not_null() & most.is_not_null())
        .then(is_same),
    ).with_columns(
        reason=pl.when(won_nobody & ~pl.col("is_beyond_chance"))
        .then(pl.lit("money was spent and nobody was won, which may be chance: ") + _explain_chance(are_few_known))
        .when(pl.col("reason").is_not_null() | pl.col("is_beyond_chance"))
        .then("reason")
        .when(is_few)
        .then(pl.lit(f"fewer than {FEWEST_FOR_A_COMPARISON} customers on average: what they are worth may be chance"))
        .otherwise(pl.lit("whether they cost more than may be bid may be chance: the cost is within its interval"))
    )


def _explain_chance(are_few_known: pl.Expr) -> pl.Expr:
    """Why it may be chance that no customer was won."""
    few = f"fewer than {FEWEST_FOR_A_COMPARISON} customers are known on average, too few to tell what one is worth"
    return pl.when(are_few_known).then(pl.lit(few)).otherwise(pl.lit("so little should have won few customers"))


def _take_from_total(value: pl.Expr) -> pl.Expr:
    """The value in the row of all channels and types."""
    return value.filter(pl.all_horizontal(pl.col(name) == ALL for name in GROUP)).first()


def _find_reason() -> pl.Expr:
    """Find why payback or ratio is not known: an unknown value, an unknown cost, or a cost that never comes back."""
    return (
        pl.when(pl.col("cost_per_customer").is_null() & pl.col("spend").is_not_null())
        .then(pl.lit("money was spent and nobody was won"))
        .when(pl.col("worth_reason").is_not_null())
        .then("worth_reason")
        .when(pl.col("cost_per_customer").is_null())
        .then(pl.lit("the cost is unknown: deliver spend, or set acquisition_cost"))
        .when(pl.col("payback_months").is_null())
        .then(pl.lit(f"the cost does not come back within {LONGEST_PAYBACK_MONTHS} months"))
        .when(pl.col("cost_per_customer") == 0)
        .then(pl.lit("winning these customers cost nothing: there is no ratio of their value to it"))
    )
