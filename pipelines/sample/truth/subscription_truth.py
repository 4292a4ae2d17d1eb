"""The truth behind the coffee club's export.

Put here: `truth/subscriptions.csv` and what is nasty about the club. Keep out: drawing it (`subscriptions.py`).
"""

import polars as pl

from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.orders import compute_moment
from regulars.pipelines.sample.simulation.people import People
from regulars.pipelines.sample.simulation.subscriptions import END

SUBSCRIPTION_COLUMNS = (
    "subscription_id", "period", "person_id", "plan", "currency", "monthly_amount", "monthly_amount_eur", "active_from",
    "active_until", "dropout_probability", "paused_from", "paused_until",
)  # fmt: skip

EXPECTED_OF_CLUB = {
    "subscriptions that start after as_of": "in the file, but not counted",
    "subscriptions cancelled, but paid beyond as_of": "cancelled, and still in the recurring revenue",
    "trials given up before they were paid": "counted nowhere",
    "periods that overlap the next of their subscription": "end when the next one starts",
    "subscriptions of persons who had left the club": "reactivation",
}


def select_true_periods(people: People, periods: pl.DataFrame) -> pl.DataFrame:
    """The rows of `truth/subscriptions.csv`: each period as charged, with future ends that the export has.

    Args:
        people: The customers of a chunk.
        periods: As `add_pauses` returns them.
    """
    is_end_known = pl.col("ended_at").is_not_null() | (pl.col("status") == "replaced")
    return periods.select(
        subscription_id=pl.format("ABO-{}", "subscription_number"),
        period="period",
        person_id=pl.Series(people.person_id).gather(periods["person"]),
        plan="plan",
        currency=pl.when("is_pounds").then(pl.lit("GBP")).otherwise(pl.lit("EUR")),
        monthly_amount=pl.col("price") * pl.col("quantity") / 100,
        monthly_amount_eur=pl.col("amount_eur") / 10_000,
        active_from=_compute_local_day(pl.coalesce("trial_end", "at")),
        active_until=pl.when(is_end_known).then(_compute_local_day(pl.col("true_end"))),
        dropout_probability="dropout",
        paused_from=_compute_local_day(pl.col("paused_at")),
        paused_until=_compute_local_day(pl.col("resumed_at")),
    )


def count_nasty(periods: pl.DataFrame) -> dict[str, int]:
    """How often each key of `EXPECTED_OF_CLUB` happens in a chunk."""
    first, cancelled = pl.col("period") == 1, pl.col("status") == "cancelled"
    is_it = (
        first & pl.col("is_ahead"),
        cancelled & (pl.col("ended_at") >= END),
        pl.col("is_quit"),
        pl.col("is_overlapping"),
        first & pl.col("is_returned"),
    )
    return {what: periods.filter(true).height for what, true in zip(EXPECTED_OF_CLUB, is_it, strict=True)}


def _compute_local_day(seconds: pl.Expr) -> pl.Expr:
    return compute_moment(seconds).dt.convert_time_zone(c.TIMEZONE).dt.date()
