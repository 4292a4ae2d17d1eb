"""The mart `next_best_offers`: what to offer each customer next, and why, in a sentence.

Put here: which pairs may be offered, and their sentences. Keep out: chances (`purchase_pairs.py`), products that go
together (`basket_offers.py`), how good such offers were (`offer_evaluation.py`).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.products.basket_offers import list_neighbours, score_new_products
from regulars.pipelines.transforms.products.given_back import list_returned_products
from regulars.pipelines.transforms.products.offer_verdicts import (
    DUE,
    HABIT,
    NEW,
    VERDICTS,
    find_offer_verdicts,
)
from regulars.pipelines.transforms.products.purchase_chances import add_chances
from regulars.pipelines.transforms.products.purchase_pairs import (
    PAIR,
    PRODUCT,
    list_product_days,
    score_pairs,
    take_best,
)
from regulars.pipelines.transforms.purchases.purchases import read_into_polars, select_columns

COLUMNS: dict[str, PolarsDataType] = {
    "customer_id": pl.String,
    "customer_idx": pl.Int32,
    "email_opt_in": pl.Boolean,
    "offer_rank": pl.Int32,
    "system": pl.String,
    "product_id": pl.String,
    "product_name": pl.String,
    "category": pl.String,
    "offer_kind": pl.String,
    **dict.fromkeys(VERDICTS, pl.String),
    "offer_score": pl.Float64,
    "purchase_chance": pl.Float64,
    "product_purchases": pl.Int64,
    "last_bought_on": pl.Date,
    "mean_days_between": pl.Float64,
    "due_on": pl.Date,
    "why": pl.String,
    "excluded_products": pl.Int64,
    "excluded_because": pl.String,
    "reason": pl.String,
    "as_of": pl.Date,
}
TOO_SOON, FEWEST_FOR_RHYTHM = 0.5, 3
"""A customer with at least this many purchases of a product is not offered it before this share of the mean days
between purchases is over."""
BY_SETTINGS, NOT_IN_STOCK, GIVEN_BACK, MAYBE_GIVEN_BACK, TOO_LATELY = EXCLUSIONS = (
    "by the settings",
    "not in stock",
    "given back last time",
    "in an order with an unnamed refund last time",
    "bought lately",
)
"""Why a pair is not offered; the first reason that applies is shown."""


class OfferSettings(Protocol):
    """What a company sets about offers."""

    @property
    def places(self) -> int:
        """The most offers per customer."""

    @property
    def new_places(self) -> int:
        """How many of them may be products never bought."""

    @property
    def exclude_products(self) -> Sequence[str]:
        """Ids of products that are never offered."""

    @property
    def exclude_categories(self) -> Sequence[str]:
        """Categories that are never offered."""

    @property
    def without_consent(self) -> bool:
        """Whether customers who declined e-mail get offers too."""


def next_best_offers(
    order_lines: IntoFrame,
    refunds: IntoFrame,
    refund_lines: IntoFrame,
    products: IntoFrame,
    customers: IntoFrame,
    offer_evaluation: IntoFrame,
    *,
    as_of: dt.date,
    lapse_days: int,
    offers: OfferSettings,
) -> pl.DataFrame:
    """Choose offers: one row per customer and rank, of customers who bought in the last `lapse_days`.

    Args:
        order_lines: `core.order_lines`.
        refunds: `core.refunds`; `system`, `refund_id`, `order_id`, `refund_date`, `is_countable`.
        refund_lines: `core.refund_lines`; these columns and `product_id`.
        products: `core.products`; `system`, `product_id`, `product_name`, `category`, `in_stock`.
        customers: `core.customers`; `customer_id`, `customer_idx`, `email_opt_in`.
        offer_evaluation: `meta.offer_evaluation`; what the last test of such offers showed.
        as_of: Last day that counts.
        lapse_days: Days without an order after which a customer has lapsed.
        offers: Which products may be offered, and to which customers.

    Returns:
        The columns of `COLUMNS`, sorted by customer and rank.
    """
    today = count_days_since_epoch(as_of)
    days, numbered = list_product_days(order_lines, as_of=as_of)
    pairs = add_chances(score_pairs(days, today=today), days, today=today, lapse_days=lapse_days)
    named = _describe_products(products, numbered, offers)
    given_back = list_returned_products(order_lines, refunds, refund_lines, as_of=as_of).join(numbered, on=PRODUCT)
    marked = _mark_excluded(pairs, named, given_back)
    addressed = _list_addressable_customers(customers, pairs, today - lapse_days, offers)
    known = marked.join(addressed.select("customer_idx"), on="customer_idx", how="semi", maintain_order="left")
    own = take_best(known.filter(pl.col("excluded").is_null()), offers.places)
    neighbours = (
        list_neighbours(days, today=today)
        if offers.new_places
        else pl.DataFrame(schema={"product": pl.UInt32, "neighbour": pl.UInt32, "nearness": pl.Float64})
    )
    found = score_new_products(known, neighbours).join(
        named.filter(pl.col("product_excluded").is_null()).select("product"),
        on="product",
        how="semi",
        maintain_order="left",
    )
    rows = _join_kinds(own, take_best(found, offers.new_places), offers.places)
    return (
        rows.join(_count_excluded(known), on="customer_idx", how="left")
        .join(named, on="product", how="left")
        .join(named.select(because="product", because_name=_name_product()), on="because", how="left")
        .join(addressed, on="customer_idx", how="left")
        .join(find_offer_verdicts(offer_evaluation), on="offer_kind", how="left")
        .with_columns(
            why=_explain(),
            last_bought_on=pl.col("last_day").cast(pl.Date),
            product_purchases="purchases",
            mean_days_between="mean_days",
            due_on=pl.when(pl.col("offer_kind") == DUE).then(
                (pl.col("last_day") + pl.col("mean_days").round(mode="half_to_even").cast(pl.Int32)).cast(pl.Date)
            ),
            excluded_products=pl.col("excluded_products").fill_null(0),
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("customer_idx", "offer_rank")
    )


def _describe_products(products: IntoFrame, numbered: pl.DataFrame, offers: OfferSettings) -> pl.DataFrame:
    """Names and category of each numbered product, and why it may not be offered."""
    table = read_into_polars(select_columns(products, *PRODUCT, "product_name", "category", "in_stock"))
    by_settings = pl.col("product_id").is_in(pl.Series(offers.exclude_products, dtype=pl.String).implode()) | pl.col(
        "category"
    ).is_in(pl.Series(offers.exclude_categories, dtype=pl.String).implode()).fill_null(value=False)
    excluded = pl.when(by_settings).then(pl.lit(BY_SETTINGS)).when(pl.col("in_stock").not_()).then(pl.lit(NOT_IN_STOCK))
    return numbered.join(table, on=PRODUCT, how="left", maintain_order="left").with_columns(product_excluded=excluded)


def _mark_excluded(pairs: pl.DataFrame, named: pl.DataFrame, given_back: pl.DataFrame) -> pl.DataFrame:
    """Add `excluded`, the reason why a pair is not offered."""
    is_soon = (pl.col("purchases") >= FEWEST_FOR_RHYTHM) & (pl.col("gap") < TOO_SOON * pl.col("mean_days"))
    bought = [*PAIR, "last_day"]
    last_time = given_back.select(*PAIR, "is_named", last_day=pl.col("order_date").cast(pl.Int32))
    return (
        pairs.join(named.select("product", "product_excluded"), on="product", how="left", maintain_order="left")
        .join(last_time.group_by(bought).agg(pl.col("is_named").any()), on=bought, how="left", maintain_order="left")
        .with_columns(
            excluded=pl.when(pl.col("product_excluded").is_not_null())
            .then("product_excluded")
            .when("is_named")
            .then(pl.lit(GIVEN_BACK))
            .when(pl.col("is_named").not_())
            .then(pl.lit(MAYBE_GIVEN_BACK))
            .when(is_soon)
            .then(pl.lit(TOO_LATELY))
        )
    )


def _list_addressable_customers(
    customers: IntoFrame, pairs: pl.DataFrame, lapsed_before: int, offers: OfferSettings
) -> pl.DataFrame:
    """List the customers who may get offers: those who have not lapsed and did not decline e-mail."""
    recent = pairs.filter(pl.col("last_day") > lapsed_before).select("customer_idx").unique()
    table = read_into_polars(select_columns(customers, "customer_id", "customer_idx", "email_opt_in"))
    may = table if offers.without_consent else table.filter(pl.col("email_opt_in").fill_null(value=True))
    return may.join(recent, on="customer_idx", how="semi").select("customer_idx", "customer_id", "email_opt_in")


def _join_kinds(own: pl.DataFrame, found: pl.DataFrame, places: int) -> pl.DataFrame:
    """Append new products to the customer's own, or replace the last ones where all places are taken."""
    new = found.with_columns(offer_kind=pl.lit(NEW), offer_score=pl.col("nearness"))
    counts = new.group_by("customer_idx").agg(new_count=pl.len().cast(pl.Int32))
    kind = pl.when("is_regular").then(pl.lit(DUE)).otherwise(pl.lit(HABIT))
    kept = (
        own.join(counts, on="customer_idx", how="left", maintain_order="left")
        .filter(pl.col("rank") <= places - pl.col("new_count").fill_null(0))
        .with_columns(offer_kind=kind)
    )
    both = pl.concat(
        [kept.with_columns(is_new=pl.lit(0)), new.with_columns(is_new=pl.lit(1))], how="diagonal_relaxed"
    ).sort("customer_idx", "is_new", "rank")
    return both.with_columns(
        offer_rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("customer_idx"),
        purchases=pl.col("purchases").fill_null(0),
    )


def _count_excluded(known: pl.DataFrame) -> pl.DataFrame:
    """Count each customer's products that are not offered, and say why."""
    counts = known.group_by("customer_idx").agg(
        (pl.col("excluded") == reason).sum().cast(pl.Int64).alias(reason) for reason in EXCLUSIONS
    )
    texts = [pl.when(pl.col(reason) > 0).then(pl.format(f"{{}} {reason}", pl.col(reason))) for reason in EXCLUSIONS]
    return counts.select(
        "customer_idx",
        excluded_products=pl.sum_horizontal(EXCLUSIONS),
        excluded_because=pl.concat_str(texts, separator=", ", ignore_nulls=True).replace("", None),
    )


def _name_product() -> pl.Expr:
    return pl.coalesce("product_name", "product_id")


def _explain() -> pl.Expr:
    """Say in a sentence why the product is offered."""
    days = pl.col("mean_days").round(mode="half_to_even").cast(pl.Int64)
    return (
        pl.when(pl.col("offer_kind") == NEW)
        .then(pl.format("often in one basket with {}, which was bought last time", pl.col("because_name")))
        .when(pl.col("offer_kind") == DUE)
        .then(pl.format("bought every {} days, last {} days ago", days, pl.col("gap")))
        .when(pl.col("purchases") == 1)
        .then(pl.format("bought once, {} days ago", pl.col("gap")))
        .when("has_ended_rhythm")
        .then(pl.format("bought every {} days until {} days ago, a rhythm that has ended", days, pl.col("gap")))
        .otherwise(pl.format("bought on {} days, last {} days ago", pl.col("purchases"), pl.col("gap")))
    )
