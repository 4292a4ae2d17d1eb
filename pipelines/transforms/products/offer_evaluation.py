"""The table `meta.offer_evaluation`: how often such offers would have been right in the last 28 days.

Put here: what each method would have offered, and what was bought. Keep out: today's offers (`next_best_offers.py`).
"""

import datetime as dt

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.windows import OFFER_DAYS
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.products.basket_offers import list_neighbours, score_new_products
from regulars.pipelines.transforms.products.purchase_pairs import (
    PAIR,
    list_product_days,
    score_pairs,
    take_best,
)

COLUMNS: dict[str, PolarsDataType] = {
    "scope": pl.String,
    "method": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "tested_customers": pl.Int64,
    "customers_with_choice_10": pl.Int64,
    "customers_hit_1": pl.Int64,
    "customers_hit_5": pl.Int64,
    "customers_hit_10": pl.Int64,
    "offers_10": pl.Int64,
    "offers_bought_10": pl.Int64,
    "hit_rate_1": pl.Float64,
    "hit_rate_5": pl.Float64,
    "hit_rate_10": pl.Float64,
    "precision_10": pl.Float64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
ANY, NEVER_BOUGHT = "any_product", "never_bought"
OFFERS, FREQUENCY, BEST_SELLERS, BASKETS = "offers", "personal_frequency", "best_sellers", "baskets"
PLACES, FEWER_PLACES = 10, 5
FEWEST_CUSTOMERS = 30
SHELF = 60
"""The number of best sellers to consider; a customer may have bought some of them already."""
TOO_FEW = f"fewer than {FEWEST_CUSTOMERS} customers had bought before and bought in the period"


def offer_evaluation(order_lines: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Evaluate offers: one row per scope and method.

    The offers are made from what was known 28 days before `as_of`; the customers are those who had bought by then and
    bought again in the 28 days.

    Args:
        order_lines: `core.order_lines`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by scope and method; rates are NULL with too few customers.
    """
    days, _ = list_product_days(order_lines, as_of=as_of)
    cut = count_days_since_epoch(as_of) - OFFER_DAYS
    known, later = days.filter(pl.col("day") <= cut), days.filter(pl.col("day") > cut)
    pairs = score_pairs(known, today=cut)
    bought = later.select(PAIR).unique().join(pairs.select("customer_idx").unique(), on="customer_idx", how="semi")
    never = bought.join(pairs.select(PAIR), on=PAIR, how="anti")
    tested = bought.select("customer_idx").unique().sort("customer_idx")
    own = pairs.join(tested, on="customer_idx", how="semi", maintain_order="left")
    shelf = _list_best_sellers(known, cut)
    frequent = own.sort("customer_idx", "purchases", "last_day", "product", descending=[False, True, True, False])
    sellers = tested.join(shelf, how="cross").sort("customer_idx", "place")
    unseen = sellers.join(pairs.select(PAIR), on=PAIR, how="anti", maintain_order="left")
    baskets = score_new_products(own, list_neighbours(known, today=cut))
    rows = [
        _grade(ANY, OFFERS, own, bought),
        _grade(ANY, FREQUENCY, frequent, bought),
        _grade(ANY, BEST_SELLERS, sellers, bought),
        _grade(NEVER_BOUGHT, BASKETS, baskets, never),
        _grade(NEVER_BOUGHT, BEST_SELLERS, unseen, never),
    ]
    start = as_of - dt.timedelta(days=OFFER_DAYS - 1)
    found = pl.DataFrame(rows).with_columns(
        period_start=pl.lit(start),
        period_end=pl.lit(as_of),
        is_complete=pl.col("tested_customers") >= FEWEST_CUSTOMERS,
        as_of=pl.lit(as_of),
    )
    customers, places = pl.col("tested_customers"), (1, FEWER_PLACES, PLACES)
    rates = {
        **{f"hit_rate_{place}": pl.col(f"customers_hit_{place}") / customers for place in places},
        "precision_10": pl.when(pl.col("offers_10") > 0).then(pl.col("offers_bought_10") / pl.col("offers_10")),
    }
    return (
        found.with_columns(pl.when("is_complete").then(rate).alias(name) for name, rate in rates.items())
        .with_columns(reason=pl.when(~pl.col("is_complete")).then(pl.lit(TOO_FEW)))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("scope", "method")
    )


def _list_best_sellers(known: pl.DataFrame, cut: int) -> pl.DataFrame:
    """List the products bought by the most customers in the 28 days before: `product`, `place`."""
    recent = known.filter(pl.col("day") > cut - OFFER_DAYS).select(PAIR).unique()
    by_customers = recent.group_by("product").len().sort("len", "product", descending=[True, False])
    return by_customers.head(SHELF).select("product").with_row_index("place")


def _grade(scope: str, method: str, ranked: pl.DataFrame, bought: pl.DataFrame) -> dict[str, str | int]:
    """Count the customers who bought one of their first offers, and the offers that were bought."""
    customers = bought.select("customer_idx").unique()
    choice = take_best(ranked.join(customers, on="customer_idx", how="semi", maintain_order="left"), PLACES + 1)
    offered = choice.filter(pl.col("rank") <= PLACES)
    hits = offered.join(bought, on=PAIR, how="semi")
    return {
        "scope": scope,
        "method": method,
        "tested_customers": len(customers),
        "customers_with_choice_10": len(choice) - len(offered),
        "customers_hit_1": len(hits.filter(pl.col("rank") == 1)),
        "customers_hit_5": hits.filter(pl.col("rank") <= FEWER_PLACES)["customer_idx"].n_unique(),
        "customers_hit_10": hits["customer_idx"].n_unique(),
        "offers_10": len(offered),
        "offers_bought_10": len(hits),
    }
