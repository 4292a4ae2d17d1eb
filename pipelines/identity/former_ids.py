"""Finds the current customer for each id that is no longer in use.

Put here: following ids through merges and removals. Keep out: which id a component keeps (`stable_ids.py`).
"""

import polars as pl

FORMER_IDS = {
    "former_customer_id": pl.String,
    "customer_id": pl.String,
    "ended_in_generation": pl.Int32,
    "record_share": pl.Float64,
}
"""One row per customer id that no record has any more: the customer with most of its last records now, or NULL; the
generation since which it is out of use; and the share of its last records with that customer, 0 to 1."""


def find_former_ids(person_map: pl.DataFrame, current: pl.Series) -> pl.DataFrame:
    """Follow every id that was used once, and is not now, to the customer of today.

    The last records of an id are those that had it until it ended. The id leads to the customer that most of them went
    to next; in a tie, to the one whose record has the least key. If that id has ended too, it is followed further.

    Args:
        person_map: Every id that a record ever had: `record_key`, `customer_id`, `since_generation`.
        current: The ids in use now.

    Returns:
        The columns of `FORMER_IDS`, sorted. An id whose records are all gone leads to NULL, and so does one whose
        records have no customer now, or one that leads back to itself; then `record_share` is NULL.
    """
    ids = pl.col("customer_id")
    in_use = current.alias("customer_id").to_frame()
    ended = (
        person_map.select("record_key", "customer_id")
        .filter(ids.is_not_null())
        .join(in_use, on="customer_id", how="anti")
    )
    # few ids ever end: the rest of the map need not be sorted
    periods = person_map.select("record_key", "customer_id", "since_generation").join(
        ended, on="record_key", how="semi"
    )
    following = (
        periods.sort("record_key", "since_generation")
        .with_columns(
            next_id=ids.shift(-1).over("record_key"), until=pl.col("since_generation").shift(-1).over("record_key")
        )
        .join(ended.select("customer_id").unique(), on="customer_id", how="semi")
    )
    last = following.filter(
        (pl.col("until") == pl.col("until").max().over("customer_id"))
        | pl.col("until").max().over("customer_id").is_null()
    )
    steps = (
        last.group_by("customer_id", "next_id")
        .agg(pl.len().alias("count"), pl.col("record_key").min(), pl.col("until").first())
        .with_columns(share=pl.col("count") / pl.col("count").sum().over("customer_id"))
        .sort(pl.col("next_id").is_null(), -pl.col("count").cast(pl.Int64), "record_key")
        .unique("customer_id", keep="first", maintain_order=True)
    )
    return _follow(steps, current).sort("former_customer_id").cast(FORMER_IDS)  # type: ignore[arg-type]


def _follow(steps: pl.DataFrame, current: pl.Series) -> pl.DataFrame:
    """The columns of `FORMER_IDS`: each id followed until it is in use, or leads nowhere.

    Two ids whose records were exchanged and then removed would lead to each other for ever: they lead nowhere.
    """
    found = steps.select(
        pl.col("customer_id").alias("former_customer_id"),
        "next_id",
        pl.col("until").alias("ended_in_generation"),
        pl.col("share").alias("record_share"),
    )
    in_use = current.filter(current.is_in(found["next_id"].implode()))  # of millions of ids, those that matter here
    has_ended = pl.col("next_id").is_not_null() & ~pl.col("next_id").is_in(in_use.implode())
    for _ in range(len(steps).bit_length() + 1):  # each round follows twice as many steps as the one before
        if not found.select(has_ended.any()).item():
            break
        further = found.select(next_id="former_customer_id", further="next_id")
        found = (
            found.join(further, on="next_id", how="left")
            .with_columns(next_id=pl.when(has_ended).then("further").otherwise("next_id"))
            .drop("further")
        )
    customer = pl.when(~has_ended).then("next_id")
    return found.select(
        "former_customer_id",
        customer.alias("customer_id"),
        "ended_in_generation",
        pl.when(customer.is_not_null()).then("record_share").alias("record_share"),
    )
