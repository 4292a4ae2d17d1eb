"""Charges of the sample company's payment provider that failed.

Put here: which orders could not be charged at first, and the customers to whom that happened three times in a year.
Keep out: how a file is written.
"""

import numpy as np
import polars as pl

from regulars.pipelines.sample.further.export import Chunk, Drawn, FurtherExport, write_moment
from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.orders import PURCHASE
from regulars.pipelines.sample.simulation.people import NO_RECORD

SHARE_OF_ORDERS = 0.005
DAY = 86_400
END = c.DAYS * DAY
PLANTED_DAYS = 330
"""The planted failures lie in so many days at the end, well within a year."""
PLANTED_CUSTOMERS, PLANTED_FAILURES = 2, 3
METHODS = ("card", "direct debit")
COLUMNS = ("charge", "order", "method", "state", "currency", "amount", "tried")
TRUTH_COLUMNS = ("order_id", "person_id", "is_planted")


def draw_failures(rng: np.random.Generator, chunk: Chunk) -> Drawn:
    """A failed charge for some orders, and for three of the last year's orders of a few customers.

    Those customers had no late delivery in that time, so that it is the charges that put them at risk.
    """
    bought = chunk.orders.filter((pl.col("sort") == PURCHASE) & (pl.col("at") < END - DAY))
    planted = _choose_planted(bought, chunk) if chunk.is_first else bought["order_number"].clear()
    is_planted = pl.col("order_number").is_in(planted.to_list())
    size = len(bought)
    failed = bought.with_columns(
        tried=pl.col("at") + pl.Series(rng.integers(20, 900, size)),
        method=pl.Series(METHODS).gather(rng.integers(0, len(METHODS), size)),
        is_planted=is_planted,
        is_drawn=pl.Series(rng.random(size) < SHARE_OF_ORDERS),
    ).filter(pl.col("is_planted") | pl.col("is_drawn"))
    amount = pl.col("gross") - pl.col("discount") + pl.col("shipping") + pl.col("tax")
    order = pl.format("KK{}", "order_number")
    return Drawn(
        rows=failed.select(
            charge=pl.format("CH{}", "order_number"),
            order=order,
            method="method",
            state=pl.lit("failed"),
            currency=pl.when("is_pounds").then(pl.lit("GBP")).otherwise(pl.lit(c.CURRENCY)),
            amount=amount / 100,
            tried=write_moment(pl.col("tried")),
        ),
        truth=failed.select(
            order_id=order,
            person_id=pl.Series(chunk.people.person_id[failed["person"].to_numpy()]),
            is_planted="is_planted",
        ),
    )


def _choose_planted(bought: pl.DataFrame, chunk: Chunk) -> pl.Series:
    """Choose the orders of the first customers of the CRM with enough orders in time, none of them late."""
    has_record = pl.Series(chunk.people.record_id != NO_RECORD)
    lately = bought.filter(pl.col("at") >= END - PLANTED_DAYS * DAY, has_record.gather(bought["person"]))
    calm = lately.filter((pl.len() >= PLANTED_FAILURES).over("person"), ~pl.col("is_delayed").any().over("person"))
    persons = calm["person"].unique().sort().head(PLANTED_CUSTOMERS)
    chosen = calm.filter(pl.col("person").is_in(persons.to_list())).sort("person", "at")
    return chosen.group_by("person", maintain_order=True).head(PLANTED_FAILURES)["order_number"]


EXPORT = FurtherExport(file="failed_payments.csv", columns=COLUMNS, draw=draw_failures, truth_columns=TRUTH_COLUMNS)
"""The payment provider's list of charges that failed."""
