"""Which referrals count: the referred customer came later and has bought, and the referrals form no cycle.

Put here: the outcome of each referral. Keep out: the graph (`referral_chains.py`), sums over the referrals that count
(`referrals.py`, `referral_worth.py`).
"""

import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.transforms.customers.referral_chains import NOBODY, find_cycles, measure_depth
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

READ = ("customer_id", "is_unknown", "lifecycle", "referred_by_customer_id", "first_order_date")
COUNTED, PROSPECT, SELF, CIRCLE, LATE = "counted", "prospect", "self", "circle", "late"
"""The outcomes of a referral: it counts, or why it does not."""


def list_known_customers(customers: IntoFrame, customer_360: IntoFrame, *columns: str) -> pl.DataFrame:
    """List the known customers with the columns that decide on their referrals, sorted by `customer_id`.

    Args:
        customers: `core.customers`; `customer_id`, `is_own_referrer`.
        customer_360: `marts.customer_360`; the unknown customer is left out.
        columns: Further columns of it to keep.
    """
    everybody = read_into_polars(select_columns(customer_360, *READ, *columns)).filter(~pl.col("is_unknown"))
    own = read_into_polars(select_columns(customers, "customer_id", "is_own_referrer"))
    return everybody.join(own, on="customer_id", how="left").sort("customer_id")


def decide_referrals(customers: pl.DataFrame) -> pl.DataFrame:
    """Add `referrer_id`, the `outcome` of the referral (NULL without one), and `chain_depth`.

    A referral in a cycle does not count, and neither does that of a customer whose first order is older than the
    referrer's.

    Args:
        customers: As `list_known_customers` returns them.

    Returns:
        The customers who were referred or refer, also to themselves; others are left out.
    """
    people = _keep_chain_members(customers)
    places = people.select("customer_id", "first_order_date").with_row_index("place")
    by = people.select(customer_id="referred_by_customer_id").join(
        places, on="customer_id", how="left", maintain_order="left"
    )
    referrer = by["place"].cast(pl.Int64).fill_null(NOBODY).to_numpy()
    drawn = people.with_columns(
        is_on_circle=pl.Series(find_cycles(referrer)), first_order_of_referrer=by["first_order_date"]
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


def _keep_chain_members(customers: pl.DataFrame) -> pl.DataFrame:
    referrers = customers.select(customer_id="referred_by_customer_id").drop_nulls().unique()
    is_in_chain = pl.col("referred_by_customer_id").is_not_null() | pl.col("is_own_referrer") | pl.col("is_referrer")
    marked = customers.join(
        referrers.with_columns(is_referrer=pl.lit(value=True)), on="customer_id", how="left", maintain_order="left"
    )
    return marked.filter(is_in_chain.fill_null(value=False)).drop("is_referrer")
