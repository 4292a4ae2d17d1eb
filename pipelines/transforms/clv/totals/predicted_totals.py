"""The mart `predicted_totals`: predicted sums over customers for 12 and 36 months, with intervals.

Put here: the groups that are added up, and their sums with intervals. Keep out: the errors of totals
(`total_errors.py`), predictions of single customers (`customer_clv.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL, UNASSIGNED, UNKNOWN, VALUES_OF_NONE
from regulars.pipelines.transforms.amounts import MONEY, divide_columns, round_to_money
from regulars.pipelines.transforms.clv.methods import SUBSCRIBERS
from regulars.pipelines.transforms.clv.totals.risk_differences import (
    ENOUGH,
    IS_SIGNIFICANT,
    OF_OTHERS,
    OVER_OTHERS,
    OWNER,
    PER_CUSTOMER,
    compare_owners,
)
from regulars.pipelines.transforms.clv.totals.total_errors import (
    NOMINAL_COVERAGE,
    TotalErrors,
    bound_total,
    read_total_errors,
)
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

SCOPES = ("value_tier", "clv_tier", "lifecycle", "segment", "risk", "at_risk_because", OWNER)
"""The columns by which customers are split; the values of each scope hold all customers."""

SOURCES = ("orders", "subscriptions")
"""The two parts of predicted money."""

YEARS = {"12m": 1, "36m": 3}
"""Horizons of the totals: name -> years."""

AT_RISK = {
    "value_at_risk_of_leaving_12m": "customers_with_value_at_risk_of_leaving",
    "value_at_any_risk_12m": "customers_with_value_at_any_risk",
}
"""Money that is a customer's whole predicted total, or 0 -> the number of customers of whom it is above 0."""

PARTS = {
    **{
        name: parts
        for horizon in YEARS
        for name, parts in (
            (f"predicted_value_{horizon}", (f"orders_{horizon}", "nothing")),
            (f"predicted_subscription_revenue_{horizon}", ("nothing", f"subscriptions_{horizon}")),
            (
                f"predicted_total_value_{horizon}",
                (f"orders_of_total_{horizon}", f"subscriptions_of_total_{horizon}"),
            ),
        )
    },
    **{name: (f"orders_of_{name}", f"subscriptions_of_{name}") for name in AT_RISK},
}
"""Column -> its part from orders, and its part from subscriptions; the name ends with the horizon."""

COLUMNS: dict[str, PolarsDataType] = {
    "scope": pl.String,
    "scope_value": pl.String,
    "customers": pl.Int64,
    "customers_predicted": pl.Int64,
    **dict.fromkeys(AT_RISK.values(), pl.Int64),
    **{f"{name}{end}": MONEY for name in PARTS for end in ("", "_low", "_high")},
    **dict.fromkeys([PER_CUSTOMER, OF_OTHERS, *OVER_OTHERS], pl.Float64),
    IS_SIGNIFICANT: pl.Boolean,
    "interval_nominal_coverage": pl.Float64,
    "value_basis": pl.String,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
FROM_CLV = (
    "customer_id",
    *(name for name in PARTS if name.startswith("predicted_")),
    *("clv_tier", "value_basis"),
)
FROM_360 = ("customer_id", *(scope for scope in SCOPES if scope != "clv_tier"), *AT_RISK)


def predicted_totals(
    customer_clv: IntoFrame, customer_360: IntoFrame, clv_evaluation: IntoFrame, *, as_of: dt.date
) -> pl.DataFrame:
    """Add up the predictions of customers, with 80 % intervals of the totals.

    Lifetimes are not added up: no test spans a lifetime, so the error of their total is unknown.

    Args:
        customer_clv: `marts.customer_clv`.
        customer_360: `marts.customer_360`; the groups, and the money at risk.
        clv_evaluation: `meta.clv_evaluation`; the errors of totals in the test.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`: one row for all customers of customer_clv, then one per value of each of `SCOPES`;
        empty without customers. A total without a test has no interval.
    """
    values = read_into_polars(select_columns(customer_clv, *FROM_CLV))
    if values.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    groups = read_into_polars(select_columns(customer_360, *FROM_360))
    evaluation = read_into_polars(clv_evaluation)
    of_orders, of_subscriptions = (read_total_errors(evaluation, scope) for scope in (ALL, SUBSCRIBERS))
    joined = values.join(groups, on="customer_id", how="left")
    customers = _split_into_parts(joined)
    owners = compare_owners(joined).with_columns(scope=pl.lit(OWNER))
    sums = pl.concat(
        customers.group_by(scope_value=pl.lit(ALL) if scope == ALL else _name_values(scope))
        .agg(**_list_sums())
        .select(pl.lit(scope).alias("scope"), pl.all())
        .sort("scope_value")
        for scope in (ALL, *SCOPES)
    ).join(owners, on=["scope", "scope_value"], how="left", maintain_order="left")
    return (
        sums.with_columns(
            each for name, parts in PARTS.items() for each in _bound(name, parts, of_orders, of_subscriptions)
        )
        .with_columns(
            interval_nominal_coverage=pl.when(pl.col("predicted_total_value_12m_low").is_not_null()).then(
                NOMINAL_COVERAGE
            ),
            value_basis=pl.lit(values["value_basis"].first(), pl.String),
            is_complete=pl.col("customers_predicted") == pl.col("customers"),
            **{PER_CUSTOMER: divide_columns("value_at_any_risk_12m", "customers_predicted")},
            reason=_give_reason(of_orders, of_subscriptions),
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    )


def _name_values(scope: str) -> pl.Expr:
    return pl.col(scope).fill_null(VALUES_OF_NONE.get(scope, UNKNOWN))


def _split_into_parts(customers: pl.DataFrame) -> pl.DataFrame:
    """Split each amount of a customer into the parts from orders and from subscriptions.

    The amount at risk is a customer's whole predicted total, or 0.
    """
    parts = {"nothing": pl.lit(0, MONEY)}
    for horizon in YEARS:
        orders, subscriptions, total = (
            pl.col(f"predicted_{what}_{horizon}") for what in ("value", "subscription_revenue", "total_value")
        )
        by_orders = pl.when(total.is_not_null()).then(orders.fill_null(0)).fill_null(0)
        parts |= {
            f"orders_{horizon}": orders.fill_null(0),
            f"subscriptions_{horizon}": subscriptions.fill_null(0),
            f"orders_of_total_{horizon}": by_orders,
            f"subscriptions_of_total_{horizon}": total.fill_null(0) - by_orders,
        }
    parts |= {
        f"{what}_of_{name}": pl.when(pl.col(name) > 0).then(parts[f"{what}_of_total_12m"])
        for what in SOURCES
        for name in AT_RISK
    }
    return customers.with_columns(**parts)


def _list_sums() -> dict[str, pl.Expr]:
    names = sorted({part for parts in PARTS.values() for part in parts})
    return {
        "customers": pl.len(),
        "customers_predicted": pl.col("predicted_total_value_12m").count(),
        **{count: (pl.col(name) > 0).sum() for name, count in AT_RISK.items()},
        **{name: pl.col(name).sum() for name in names},
        **{f"{name}_known": pl.col(name).count() > 0 for name in PARTS},
    }


def _bound(
    name: str, parts: tuple[str, str], of_orders: TotalErrors | None, of_subscriptions: TotalErrors | None
) -> list[pl.Expr]:
    """The total of a column and its interval; the errors of orders and subscriptions add up, as if fully correlated."""
    years = YEARS[name.rpartition("_")[2]]
    tested = [errors and errors.extend_to(years) for errors in (of_orders, of_subscriptions)]
    ends = zip(*(bound_total(pl.col(part), errors) for part, errors in zip(parts, tested, strict=True)), strict=True)
    low, high = (first + second for first, second in ends)
    is_known = pl.col(f"{name}_known")
    return [
        pl.when(is_known).then(pl.col(parts[0]) + pl.col(parts[1])).alias(name),
        pl.when(is_known).then(round_to_money(low)).alias(f"{name}_low"),
        pl.when(is_known).then(round_to_money(high)).alias(f"{name}_high"),
    ]


def _give_reason(of_orders: TotalErrors | None, of_subscriptions: TotalErrors | None) -> pl.Expr:
    missing = pl.col("customers") - pl.col("customers_predicted")
    untested = [
        pl.when(pl.col(part) > 0).then(pl.lit(f"no interval: predicted {what} could not be tested"))
        for what, part, errors in (
            ("orders", "orders_12m", of_orders),
            ("subscriptions", "subscriptions_12m", of_subscriptions),
        )
        if errors is None
    ]
    left_out = pl.when(missing > 0).then(
        pl.format("{} customers have no prediction and are not in the totals", missing)
    )
    is_few = (pl.col("scope") == OWNER) & (pl.col("scope_value") != UNASSIGNED) & pl.col(OF_OTHERS).is_null()
    few = pl.when(is_few).then(
        pl.lit(f"fewer than {ENOUGH} customers with a prediction, of the owner or of all others: not compared")
    )
    said = pl.concat_str([left_out, *untested, few], separator="; ", ignore_nulls=True)
    return pl.when(said != "").then(said)
