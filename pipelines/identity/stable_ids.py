"""Ids that stay: who keeps which id when the records of a person come together or fall apart.

Put here: the rules of inheritance and the making of new ids. Keep out: why records belong together (`people.py`).

An old id goes to the component that holds most of its members (of equals, the one whose members bore it first); a
component takes, of the ids it is given, the one that gives it most members. What leaves gets the id back that its
members once had, when nobody bears it now; else an id made from its first record. All ties are broken by content, so
the order of rows never matters.
"""

import hashlib
import uuid
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Kept:
    """Which id each component bears tonight.

    Attributes:
        ids: One row per component: `component`, `id`, `origin` (`kept`|`returned`|`new`).
        members: `component`, `old_id`, `member_count`, `is_home`: where the members of each id that was borne until
            now are tonight, and whether this is the component that the id went to.
    """

    ids: pl.DataFrame
    members: pl.DataFrame


def keep_ids(records: pl.DataFrame, history: pl.DataFrame, namespace: uuid.UUID) -> Kept:
    """Give every component of records its id.

    Args:
        records: One row per record: `record_key`, `component`, `row_id` (the lower, the earlier it was delivered; equal
            only within a component) and `old_id` (the one it bore until now, or NULL).
        history: Every id that a record ever had: `record_key`, `id`, `since_generation`, `is_last` (the record's
            newest row); may be empty.
        namespace: Keeps ids of different companies, and of contacts and customers, apart.
    """
    known = history.filter(pl.col("id").is_not_null())
    bearers = records.filter(pl.col("old_id").is_not_null()).rename({"old_id": "id"})
    members = _claims(bearers)
    homes = _homes(members, bearers, known)
    kept = _take(homes, known)

    left = records.drop("old_id").join(kept, on="component", how="anti")
    former = known.filter(~pl.col("is_last")).join(left, on="record_key", how="semi")
    free = former.join(known.filter("is_last"), on="id", how="anti").select("record_key", "id").unique()
    bearers = left.join(free, on="record_key")
    returned = _take(_homes(_claims(bearers), bearers, known), known)
    new = _new_ids(left.join(returned, on="component", how="anti"), known, namespace)

    origins = {"kept": kept, "returned": returned, "new": new}
    ids = pl.concat([ids.with_columns(origin=pl.lit(origin)) for origin, ids in origins.items()])
    at_home = homes.select("component", "id", is_home=pl.lit(True))
    members = members.join(at_home, on=["component", "id"], how="left").select(
        "component", "member_count", pl.col("id").alias("old_id"), pl.col("is_home").fill_null(False)
    )
    return Kept(ids, members)


def _claims(records: pl.DataFrame) -> pl.DataFrame:
    """How many members of which id each component holds, and the place of the first of them."""
    return records.group_by("component", "id").agg(
        member_count=pl.len().cast(pl.Int64), first_row_id=pl.col("row_id").min()
    )


def _homes(claims: pl.DataFrame, bearers: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The one claim to each id that wins: of the component with most of its members, then with the earliest of them."""
    undisputed = ~pl.col("id").is_duplicated()
    disputed = claims.filter(~undisputed)
    earliest = (
        bearers.join(disputed, on=["component", "id"], how="semi")
        .join(known, on=["record_key", "id"])
        .group_by("component", "id")
        .agg(borne_since=pl.col("since_generation").min())
    )
    won = (
        disputed.join(earliest, on=["component", "id"])
        .sort("id", -pl.col("member_count"), "borne_since", "first_row_id")
        .unique("id", keep="first", maintain_order=True)
    )
    return pl.concat([claims.filter(undisputed), won.select(claims.columns)])


def _take(homes: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`component`, `id`: of the ids it is given, a component takes the one that gives it most members."""
    undisputed = ~pl.col("component").is_duplicated()
    disputed = homes.filter(~undisputed)
    births = known.join(disputed, on="id", how="semi").group_by("id").agg(born=pl.col("since_generation").min())
    taken = (
        disputed.join(births, on="id")
        .sort("component", -pl.col("member_count"), "born", "id")
        .unique("component", keep="first", maintain_order=True)
    )
    return pl.concat([homes.filter(undisputed).select("component", "id"), taken.select("component", "id")])


def _new_ids(records: pl.DataFrame, known: pl.DataFrame, namespace: uuid.UUID) -> pl.DataFrame:
    """An id for each component, made from its first record; never one that was borne before."""
    is_first = pl.col("row_id") == pl.col("row_id").min().over("component")
    first = records.filter(is_first).group_by("component").agg(pl.col("record_key").min())
    made, attempt = [], 0
    while len(first):
        # no record key holds a NUL
        names = [key if attempt == 0 else f"{key}\0{attempt}" for key in first["record_key"]]
        ids = [_uuid5(namespace.bytes, name) for name in names]
        first = first.with_columns(pl.Series("id", ids, dtype=pl.String))
        made.append(first.join(known, on="id", how="anti").select("component", "id"))
        first = first.join(known, on="id", how="semi")
        attempt += 1
    return pl.concat([pl.DataFrame(schema={"component": pl.Int64, "id": pl.String}), *made])


def _uuid5(namespace: bytes, name: str) -> str:
    """`str(uuid.uuid5(namespace, name))`, several times as fast: the first night of a large company makes millions."""
    digest = hashlib.sha1(namespace + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
