"""What changed about a customer since a week ago.

The week before is computed anew from the same tables, with the rules and the knowledge of today. So it is the same
whichever nights a run took place in, and a rule that changed is no change of a customer.
Put here: comparing two days. Keep out: where a customer stands on a day (`standing.py`).
"""

import polars as pl

WEEK = 7
"""Days between the two."""

COMPARED = {
    "lifecycle": "lifecycle",
    "segment": "segment",
    "value_tier": "value tier",
    "latest_nps_group": "NPS group",
    "risk": "risk",
}
"""What is compared, and how the sentence calls it."""

COUNTED = {"order_count": "order", "nps_response_count": "NPS answer"}
"""What is counted on both days, and how the sentence calls one more of it."""


def take_week_before(standing: pl.DataFrame) -> pl.DataFrame:
    """Take what is compared from the standing of a week ago: `customer_id`, and each column with `_last_week`."""
    return standing.select("customer_id", pl.col([*COMPARED, *COUNTED]).name.suffix("_last_week"))


def describe_changes() -> pl.Expr:
    """Describe the changes of a known customer in words, such as `1 order; risk from watch to none`; NULL: none.

    Of those who have lapsed the risk is not said: that it is `none` now is no good news.
    """
    counts = [_count_new(name, noun) for name, noun in COUNTED.items()]
    tickets = pl.when(pl.col("tickets_this_week") > 0).then(_count("tickets_this_week", "ticket"))
    has_lapsed = (pl.col("lifecycle") == "lapsed").fill_null(value=False)
    moves = [
        pl.when(~has_lapsed if name == "risk" else pl.lit(value=True)).then(_describe_move(name, word))
        for name, word in COMPARED.items()
    ]
    words = pl.concat_str([*counts, tickets, *moves], separator="; ", ignore_nulls=True)
    return pl.when(~pl.col("is_unknown"), words != "").then(words)


def _count_new(name: str, noun: str) -> pl.Expr:
    more = pl.col(name) - pl.col(f"{name}_last_week")
    return pl.when(more > 0).then(pl.format("{} " + noun + "{}", more, _write_plural(more)))


def _count(name: str, noun: str) -> pl.Expr:
    return pl.format("{} " + noun + "{}", pl.col(name), _write_plural(pl.col(name)))


def _write_plural(count: pl.Expr) -> pl.Expr:
    return pl.when(count == 1).then(pl.lit("")).otherwise(pl.lit("s"))


def _describe_move(name: str, word: str) -> pl.Expr:
    before, now = pl.col(f"{name}_last_week"), pl.col(name)
    return (
        pl.when(before.is_null() & now.is_not_null())
        .then(pl.format(word + " now {}", now))
        .when(before != now)
        .then(pl.format(word + " from {} to {}", before, now))
    )
