"""Finds components that are again as they were when their id was made, since a correction was undone.

Put here: how to recognise such a component. Keep out: which component keeps an id otherwise (`stable_ids.py`).

The *founders* of an id are the records that it was made for and that had no id before. A record that got an existing id
as its first one is a *joiner* of that id: an order that came later, for instance. A component is restored when its
founders are all founders of one id and of no other. It then takes that id back, whatever happened since, and whatever
ids its records have now.

Joiners decide the exceptions. They follow founders who had the id before them: 7 is merged into the customer of 1, an
order joins them, the merge is taken back, and 7 leaves with the order. Any other joiner that sits outside its id's
component means that the old state has not come back: one founder alone does not take the id away from fifty orders.
"""

import polars as pl


def restore_ids(records: pl.DataFrame, claims: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Find the components that are again as they were when an id was made.

    Args:
        records: One row per record: `record_key`, `component`.
        claims: One row per component and id that a member had until now: `component`, `id`.
        known: Every id that a record ever had: `record_key`, `id`, `since_generation`, `is_last`.

    Returns:
        `component`, `id`, both unique. Components that never changed may be missing: they keep their id anyway.
    """
    disputed = _find_disputed_components(records, claims, known)
    if disputed.is_empty():
        return claims.select("component", "id").clear()
    members = _list_disputed_members(disputed, records, claims, known)
    founders = members.filter("is_founder")
    whole = (
        founders.group_by("component")
        .agg(
            pl.col("id").first(),
            id_count=pl.col("id").n_unique(),
            present_count=pl.len(),
            founder_count=pl.col("founder_count").first(),
        )
        .filter((pl.col("id_count") == 1) & (pl.col("present_count") == pl.col("founder_count")))
        .select("component", "id")
    )
    stray = _find_stray_joiners(members, founders, whole, known)
    return whole.join(stray, on="component", how="anti").join(stray, on="id", how="anti")


def _find_stray_joiners(
    members: pl.DataFrame, founders: pl.DataFrame, whole: pl.DataFrame, known: pl.DataFrame
) -> pl.DataFrame:
    """`component`, `id`: joiners of the id in another component, into which they followed none of its founders."""
    outside = members.filter(~pl.col("is_founder")).join(whole, on=["component", "id"], how="anti")
    led = (
        founders.join(whole, on="component", how="semi")
        .select("record_key", "component")
        .join(known, on="record_key")
        .group_by("component", "id")
        .agg(led_since=pl.col("since_generation").min())
    )
    followed = pl.col("led_since") <= pl.col("since_generation")
    return (
        outside.join(led, on=["component", "id"], how="left")
        .filter(~followed.fill_null(False))
        .select("component", "id")
    )


def _find_disputed_components(records: pl.DataFrame, claims: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`component`: those in which ids are disputed or a record had several ids."""
    moved = records.join(known.filter(~pl.col("is_last")), on="record_key", how="semi")
    disputed = claims.filter(pl.col("component").is_duplicated() | pl.col("id").is_duplicated())
    return pl.concat([moved.select("component"), disputed.select("component")]).unique()


def _list_disputed_members(
    components: pl.DataFrame, records: pl.DataFrame, claims: pl.DataFrame, known: pl.DataFrame
) -> pl.DataFrame:
    """The known members of the disputed components, and of those that bear one of their ids, with their first id.

    Returns:
        `record_key`, `component`, `id` (the first), `since_generation` (of the first id), `is_founder`,
        `founder_count` (of the id, records that are gone included).
    """
    first = _find_first_ids(records.join(components, on="component", how="semi"), known)
    # records that bear one of these ids now and never bore another are in components where nothing is disputed
    bearing = claims.join(first, on="id", how="semi").select("component")
    components = pl.concat([components, bearing]).unique()
    first = _find_first_ids(records.join(components, on="component", how="semi"), known)

    is_birth = pl.col("since_generation") == pl.col("since_generation").min()
    births = (
        known.join(first, on="id", how="semi")
        .group_by("id")
        .agg(born=pl.col("since_generation").min(), founder_count=is_birth.sum())
    )
    return (
        first.join(births, on="id").with_columns(is_founder=pl.col("since_generation") == pl.col("born")).drop("born")
    )


def _find_first_ids(records: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`record_key`, `component`, `id`, `since_generation`: the first id of each record that ever had one."""
    since = pl.col("since_generation")
    return (
        records.select("record_key", "component")
        .join(known.select("record_key", "id", "since_generation"), on="record_key")
        .filter(since == since.min().over("record_key"))
    )
