"""The mart `nps_value`: the money of promoters, passives, detractors and others, and the value at risk.

Put here: sums per group. Keep out: the score (`nps.py`), the group of a customer (`nps_groups.py`), the value of one
(`customer_clv.py`), the value of referred customers (`referrals`), tests of differences (`value_differences.py`).
"""

import datetime as dt
from collections.abc import Sequence

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL, OTHER, UNKNOWN
from regulars.pipelines.models.comparisons.skewed_means import FEWEST_FOR_A_COMPARISON, Shape
from regulars.pipelines.transforms.amounts import MONEY, divide_columns, round_to_money
from regulars.pipelines.transforms.clv.methods import SUBSCRIBERS
from regulars.pipelines.transforms.clv.totals.total_errors import TotalErrors, bound_total, read_total_errors
from regulars.pipelines.transforms.false_discovery import is_significant
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.voice.lapsed_rates import withhold_early_lapsed_rates
from regulars.pipelines.transforms.voice.nps_groups import NPS_GROUPS, AnswerSettings
from regulars.pipelines.transforms.voice.value_differences import (
    NAMES,
    compare_with_detractors,
    describe_annual_value,
    find_shape_of_value,
)

ENDS = ("low", "high")
MOST_REGIONS = 20
"""Regions with the most customers have rows of their own; the rest is `other`."""
COLUMNS: dict[str, PolarsDataType] = {
    "dimension": pl.String,
    "dimension_value": pl.String,
    "nps_group": pl.String,
    "customers": pl.Int64,
    "active_customers": pl.Int64,
    "lapsed_customers": pl.Int64,
    "lapsed_rate": pl.Float64,
    "net_sales_to_date": MONEY,
    "total_revenue_to_date": MONEY,
    "net_sales_per_customer": pl.Float64,
    "total_annual_value": MONEY,
    "annual_value_per_customer": pl.Float64,
    **dict.fromkeys(NAMES.values(), pl.Float64),
    "stands_out": pl.Boolean,
    "customers_with_predicted_value": pl.Int64,
    "predicted_value_12m": MONEY,
    "predicted_value_12m_low": MONEY,
    "predicted_value_12m_high": MONEY,
    "predicted_value_per_customer": pl.Float64,
    "predicted_value_per_customer_low": pl.Float64,
    "predicted_value_per_customer_high": pl.Float64,
    "customers_predicted": pl.Int64,
    "predicted_total_value_12m": MONEY,
    "predicted_total_value_12m_low": MONEY,
    "predicted_total_value_12m_high": MONEY,
    "mrr": MONEY,
    "detractors_at_risk": pl.Int64,
    "detractors_about_to_leave": pl.Int64,
    "leaving_detractor_value_12m": MONEY,
    "detractor_value_at_risk_12m": MONEY,
    "detractor_value_at_risk_12m_low": MONEY,
    "detractor_value_at_risk_12m_high": MONEY,
    "value_basis": pl.String,
    "referring_customers": pl.Int64,
    "referring_rate": pl.Float64,
    "referred_customers": pl.Int64,
    "referred_net_sales": MONEY,
    "referral_rate": pl.Float64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
SIGNS_OF_LEAVING = ("is_overdue", "is_near_lapse", "is_subscription_ending")
"""The columns of `marts.customer_360` that show that a customer is about to leave, whatever the answer."""

IS_DETRACTOR = pl.col("nps_group") == "detractor"
REFERRED = ("referring_customers", "referred_customers", "referred_net_sales")
READ = [
    *("customer_id", "is_unknown", "region", "lifecycle", "is_active", "nps_group"),
    *("net_sales_to_date", "total_revenue_to_date", "predicted_value_12m"),
    *("predicted_total_value_12m", "mrr", "value_basis"),
    *("avg_annual_value_total", *SIGNS_OF_LEAVING),
]


def nps_value(
    customer_360: IntoFrame,
    referrals: IntoFrame,
    clv_evaluation: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    surveys: AnswerSettings,
) -> pl.DataFrame:
    """Sum the money of customers by the group of their latest answer.

    Args:
        customer_360: `marts.customer_360`; the unknown customer and prospects are left out.
        referrals: `marts.referrals`; `customer_id`, `brought_customers`, `brought_net_sales`.
        clv_evaluation: `meta.clv_evaluation`; the errors of totals in the test.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        surveys: How old an answer may be, and so whether those who answered can have lapsed.

    Returns:
        The columns of `COLUMNS`: of all customers and of those of each region, one row per group of `NPS_GROUPS` in
        that order; empty without customers.
    """
    everybody = read_into_polars(select_columns(customer_360, *READ)).filter(~pl.col("is_unknown"))
    customers = everybody.filter(pl.col("lifecycle") != "prospect")
    if customers.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    brought = read_into_polars(select_columns(referrals, "customer_id", "brought_customers", "brought_net_sales"))
    basis = everybody["value_basis"].drop_nulls().first()
    known_referrals = brought["brought_customers"].sum() > 0
    parts = [("all", ALL, customers), *(("region", name, part) for name, part in _split_by_region(customers))]
    errors = [read_total_errors(read_into_polars(clv_evaluation), scope) for scope in (ALL, SUBSCRIBERS)]
    shape = find_shape_of_value(customers)
    rows = pl.concat(
        _sum_groups(part, brought if known_referrals else None, shape)
        .with_columns(
            *_bound_predicted_value(errors[0]),
            *_bound_parts("predicted_total_value_12m", ("orders_of_total", "subscriptions_of_total"), errors),
            *_bound_parts("detractor_value_at_risk_12m", ("orders_of_active", "subscriptions_of_active"), errors),
        )
        .with_columns(
            divide_columns(f"predicted_value_12m_{end}", "customers_with_predicted_value").alias(
                f"predicted_value_per_customer_{end}"
            )
            for end in ENDS
        )
        .with_columns(
            dimension=pl.lit(dimension),
            dimension_value=pl.lit(value),
            value_basis=pl.lit(basis, pl.String),
            as_of=pl.lit(as_of),
        )
        for dimension, value, part in parts
    )
    if surveys.max_answer_days <= lapse_days:
        rows = withhold_early_lapsed_rates(rows, customers)
    return rows.with_columns(stands_out=is_significant(NAMES["p_value"], "dimension")).select(
        pl.col(name).cast(kind) for name, kind in COLUMNS.items()
    )


def _split_by_region(customers: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Split customers by region, the largest first; those without one are `unknown`, those of small regions `other`."""
    named = pl.col("region").fill_null(UNKNOWN)
    counted = customers.group_by(region=named).agg(size=pl.len()).sort("size", "region", descending=[True, False])
    own = counted["region"].head(MOST_REGIONS)
    split = customers.with_columns(region=pl.when(named.is_in(own.implode())).then(named).otherwise(pl.lit(OTHER)))
    parts = split.partition_by("region", as_dict=True)
    return [(name, parts[name,]) for name in [*own, OTHER] if (name,) in parts]


def _sum_groups(customers: pl.DataFrame, brought: pl.DataFrame | None, shape: Shape) -> pl.DataFrame:
    """Sum the money of each group of some customers; `brought` is None where no source holds referrals."""
    is_active = pl.col("is_active")
    predicted, total = pl.col("predicted_value_12m"), pl.col("predicted_total_value_12m")
    sums = customers.group_by("nps_group").agg(
        customers=pl.len(),
        active_customers=is_active.sum(),
        lapsed_customers=(pl.col("lifecycle") == "lapsed").sum(),
        net_sales_to_date=pl.col("net_sales_to_date").sum(),
        total_revenue_to_date=pl.col("total_revenue_to_date").sum(),
        customers_with_predicted_value=predicted.count(),
        predicted_value_12m=predicted.sum(),
        mrr=pl.col("mrr").sum(),
        **describe_annual_value(),
        predicted_total_value_12m=total.sum(),
        orders_of_total=predicted.filter(total.is_not_null()).sum(),
        customers_predicted=total.count(),
        total_of_active=total.filter(is_active).sum(),
        orders_of_active=predicted.filter(is_active & total.is_not_null()).sum(),
        active_predicted=total.filter(is_active).count(),
        leaving_predicted=total.filter(is_active, pl.any_horizontal(SIGNS_OF_LEAVING)).count(),
        total_of_leaving=total.filter(is_active, pl.any_horizontal(SIGNS_OF_LEAVING)).sum(),
    )
    rows = (
        pl.DataFrame({"nps_group": NPS_GROUPS})
        .join(sums, on="nps_group", how="left")
        .join(_sum_referrals(customers, brought), on="nps_group", how="left")
        .with_columns(pl.exclude("nps_group", *REFERRED).fill_null(0))
    )
    return compare_with_detractors(rows, shape).with_columns(
        lapsed_rate=divide_columns("lapsed_customers", "customers"),
        net_sales_per_customer=divide_columns("net_sales_to_date", "customers"),
        annual_value_per_customer=divide_columns("total_annual_value", "customers"),
        predicted_value_12m=pl.when(pl.col("customers_with_predicted_value") > 0).then("predicted_value_12m"),
        predicted_value_per_customer=divide_columns("predicted_value_12m", "customers_with_predicted_value"),
        predicted_total_value_12m=pl.when(pl.col("customers_predicted") > 0).then("predicted_total_value_12m"),
        subscriptions_of_total=pl.col("predicted_total_value_12m") - pl.col("orders_of_total"),
        detractors_at_risk=pl.when(IS_DETRACTOR).then("active_predicted").otherwise(0),
        detractors_about_to_leave=pl.when(IS_DETRACTOR).then("leaving_predicted").otherwise(0),
        leaving_detractor_value_12m=_find_value_at_risk("total_of_leaving"),
        detractor_value_at_risk_12m=_find_value_at_risk("total_of_active"),
        subscriptions_of_active=pl.col("total_of_active") - pl.col("orders_of_active"),
        referring_rate=divide_columns("referring_customers", "customers"),
        referral_rate=divide_columns("referred_customers", "customers"),
        is_complete=pl.col("customers_with_predicted_value") == pl.col("customers"),
        reason=_give_reason(),
    )


def _sum_referrals(customers: pl.DataFrame, referrals: pl.DataFrame | None) -> pl.DataFrame:
    """Sum the referrals of each group; NULL where no source holds referrals."""
    if referrals is None:
        return pl.DataFrame({"nps_group": NPS_GROUPS}).with_columns(
            pl.lit(None, kind).alias(name) for name, kind in COLUMNS.items() if name in REFERRED
        )
    counted = (
        customers.join(referrals, on="customer_id")
        .group_by("nps_group")
        .agg(
            referring_customers=(pl.col("brought_customers") > 0).sum().cast(pl.Int64),
            referred_customers=pl.col("brought_customers").sum(),
            referred_net_sales=pl.col("brought_net_sales").cast(pl.Decimal(38, 4)).sum(),
        )
    )
    every = pl.DataFrame({"nps_group": NPS_GROUPS}).join(counted, on="nps_group", how="left")
    return every.with_columns(pl.col(*REFERRED).fill_null(0))


def _find_value_at_risk(total: str) -> pl.Expr:
    """The predicted yearly total of active detractors; 0 for other groups, NULL without predictions."""
    is_known = (pl.col("active_predicted") > 0) | (pl.col("active_customers") == 0)
    known = pl.when(is_known).then(total)
    return pl.when(IS_DETRACTOR).then(known).otherwise(pl.lit(0)).cast(MONEY)


def _bound_predicted_value(errors: TotalErrors | None) -> list[pl.Expr]:
    """The interval of the predicted total of a group, as for any other total of the same test."""
    bounds = bound_total(pl.col("predicted_value_12m"), errors)
    return [round_to_money(each).alias(f"predicted_value_12m_{end}") for end, each in zip(ENDS, bounds, strict=True)]


def _bound_parts(total: str, parts: tuple[str, str], errors: Sequence[TotalErrors | None]) -> list[pl.Expr]:
    """The ends of the interval of a total: those of its orders and of its subscriptions, added up."""
    ends = [
        bound_total(pl.when(pl.col(total) > 0).then(pl.col(name)).otherwise(pl.lit(0, MONEY)), of_part)
        for name, of_part in zip(parts, errors, strict=True)
    ]
    is_known = pl.col(total).is_not_null()
    return [
        pl.when(is_known).then(round_to_money(orders + subscriptions)).alias(f"{total}_{end}")
        for end, orders, subscriptions in zip(ENDS, *ends, strict=True)
    ]


def _give_reason() -> pl.Expr:
    missing = pl.col("customers") - pl.col("customers_with_predicted_value")
    not_at_risk = pl.col("active_customers") - pl.col("active_predicted")
    of_risk = pl.when(IS_DETRACTOR & (not_at_risk > 0)).then(
        pl.format(
            "detractor_value_at_risk_12m is without {} active customers of whom no total is predicted", not_at_risk
        )
    )
    of_values = pl.when(missing > 0).then(pl.format("{} customers have no predicted value", missing))
    return (
        pl.when(pl.col("customers") == 0)
        .then(pl.lit("the group has no customers"))
        .when((missing > 0) | of_risk.is_not_null())
        .then(pl.concat_str([of_values, of_risk], separator="; ", ignore_nulls=True))
        .when(pl.col("customers") < FEWEST_FOR_A_COMPARISON)
        .then(pl.lit(f"fewer than {FEWEST_FOR_A_COMPARISON} customers: their averages are uncertain"))
    )
