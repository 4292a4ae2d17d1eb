"""The mart `referrals`: what a customer is worth together with the customers whom they brought.

Put here: which referrals count, and what is summed per referrer. Keep out: the graph (`referral_chains.py`), sums per
NPS group (`voice/nps_value.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.customers.referral_chains import NOBODY, find_circles, measure_depth
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns
from regulars.pipelines.transforms.voice.nps_groups import AnswerSettings, choose_nps_group

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "nps_group": pl.String,
    "net_sales_to_date": MONEY,
    "brought_customers": pl.Int64,
    "brought_net_sales": MONEY,
    "net_sales_with_brought": MONEY,
    "second_generation_customers": pl.Int64,
    "second_generation_net_sales": MONEY,
    "chain_depth": pl.Int64,
    "is_brought": pl.Boolean,
    "net_sales_counted_once": MONEY,
    "brought_prospects": pl.Int64,
    "self_referrals": pl.Int64,
    "circular_referrals": pl.Int64,
    "late_referrals": pl.Int64,
    "reason": pl.String,
    "as_of": pl.Date,
}
READ = [
    *("customer_id", "is_unknown", "lifecycle", "referred_by_customer_id", "first_order_date", "net_sales_to_date"),
    *("latest_nps_group", "latest_nps_at"),
]
COUNTED, PROSPECT, SELF, CIRCLE, LATE = "counted", "prospect", "self", "circle", "late"
"""What becomes of a referral: it counts, or why it does not."""
KINDS = {
    "brought_customers": COUNTED,
    "brought_prospects": PROSPECT,
    "self_referrals": SELF,
    "circular_referrals": CIRCLE,
    "late_referrals": LATE,
}


def referrals(
    customers: IntoFrame, customer_360: IntoFrame, *, as_of: dt.date, surveys: AnswerSettings
) -> pl.DataFrame:
    """Sum what each referrer and the customers brought are worth.

    Args:
        customers: `core.customers`; `customer_id`, `is_own_referrer`.
        customer_360: `marts.customer_360`; the unknown customer is left out.
        as_of: Last day that counts.
        surveys: How old an answer may be.

    Returns:
        The columns of `COLUMNS`, one row per customer whom a record names as a referrer, sorted by customer_id.
    """
    everybody = read_into_polars(select_columns(customer_360, *READ)).filter(~pl.col("is_unknown"))
    own = read_into_polars(select_columns(customers, "customer_id", "is_own_referrer"))
    people = _decide_referrals(everybody.join(own, on="customer_id", how="left").sort("customer_id"))
    counted = people.filter(outcome=COUNTED)
    first = _sum_by_referrer(counted, "brought", pl.lit(1), pl.col("net_sales_to_date"))
    second = _sum_by_referrer(
        counted.join(first, on="customer_id"),
        "second_generation",
        pl.col("brought_customers"),
        pl.col("brought_net_sales"),
    )
    outcomes = (
        people.filter(pl.col("outcome").is_not_null())
        .group_by(customer_id="referrer_id")
        .agg((pl.col("outcome") == kind).sum().cast(pl.Int64).alias(name) for name, kind in KINDS.items())
    )
    return (
        people.join(outcomes, on="customer_id")
        .join(first.drop("brought_customers"), on="customer_id", how="left")
        .join(second, on="customer_id", how="left")
        .with_columns(pl.col("^(brought|second_generation)_.*$").fill_null(0))
        .with_columns(
            nps_group=choose_nps_group(as_of, surveys.max_answer_days),
            net_sales_with_brought=pl.col("net_sales_to_date") + pl.col("brought_net_sales"),
            is_brought=(pl.col("outcome") == COUNTED).fill_null(value=False),
            reason=_give_reason(),
            as_of=pl.lit(as_of),
        )
        .with_columns(
            net_sales_counted_once=pl.when("is_brought").then("brought_net_sales").otherwise("net_sales_with_brought")
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("customer_id")
    )


def _decide_referrals(people: pl.DataFrame) -> pl.DataFrame:
    """Add `referrer_id`, what becomes of the referral (`outcome`, NULL without one), and `chain_depth`.

    A referral that leads back to the customer counts for nobody, nor does one of a customer whose first order is older
    than the referrer's.
    """
    places = people.select("customer_id", "first_order_date").with_row_index("place")
    by = people.select(customer_id="referred_by_customer_id").join(
        places, on="customer_id", how="left", maintain_order="left"
    )
    referrer = by["place"].cast(pl.Int64).fill_null(NOBODY).to_numpy()
    drawn = people.with_columns(
        is_on_circle=pl.Series(find_circles(referrer)), first_order_of_referrer=by["first_order_date"]
    )
    is_late = pl.col("first_order_date") < pl.col("first_order_of_referrer")
    is_referred = pl.col("referred_by_customer_id").is_in(people["customer_id"].implode())
    decided = drawn.with_columns(
        referrer_id=pl.when("is_own_referrer").then("customer_id").otherwise("referred_by_customer_id"),
        outcome=pl.when("is_own_referrer")
        .then(pl.lit(SELF))
        .when(is_referred.not_() | pl.col("referred_by_customer_id").is_null())
        .then(None)
        .when("is_on_circle")
        .then(pl.lit(CIRCLE))
        .when(is_late)
        .then(pl.lit(LATE))
        .when(pl.col("lifecycle") == "prospect")
        .then(pl.lit(PROSPECT))
        .otherwise(pl.lit(COUNTED)),
    )
    counts = (decided["outcome"] == COUNTED).fill_null(value=False).to_numpy()
    kept = referrer.copy()
    kept[~counts] = NOBODY
    return decided.with_columns(chain_depth=pl.Series(measure_depth(kept)))


def _sum_by_referrer(brought: pl.DataFrame, name: str, customers: pl.Expr, net_sales: pl.Expr) -> pl.DataFrame:
    """Sum customers and net sales by `referrer_id`, as `customer_id`; the columns begin with `name`."""
    return (
        brought.with_columns(_customers=customers, _net_sales=net_sales)
        .group_by(customer_id="referrer_id")
        .agg(
            pl.col("_customers").sum().cast(pl.Int64).alias(f"{name}_customers"),
            pl.col("_net_sales").cast(pl.Decimal(38, 4)).sum().alias(f"{name}_net_sales"),
        )
    )


def _give_reason() -> pl.Expr:
    """What of the customer's referrals was left out, and why; NULL where all count."""
    parts = {
        "self_referrals": "{} of the customer to itself",
        "circular_referrals": "{} in a circle of customers who brought each other",
        "late_referrals": "{} of customers who ordered before the referrer did",
    }
    texts = [pl.when(pl.col(name) > 0).then(pl.format(text, pl.col(name))) for name, text in parts.items()]
    joined = pl.concat_str(texts, separator=", ", ignore_nulls=True)
    return pl.when(joined != "").then(pl.format("referrals left out: {}", joined))
