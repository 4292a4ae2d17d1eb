"""Ids that stay: who keeps which id when the records of a person come together or fall apart.

Put here: the rules of inheritance and the making of new ids. Keep out: why records belong together (`people.py`), and
how a correction that was taken back is recognised (`restored_ids.py`).

1. A component that stands again as when its id was made takes that id back.
2. Every other id goes to the component that holds most of its members. Of the ids it is given, a component takes one
   that all its members bore before (a merge made again), else the one that gives it most members. What it does not take
   goes to the next component that holds members of it.
3. A component that is left without an id gets one back that its members once had, when nobody bears it now.
4. Else it gets a new id, made from its first record.

Of equal claims to an id, the one wins whose component has no claim to another id; then the one with more members that
ever bore the id, then the one borne first, then that of the record delivered first. An id's text never decides: it is
chance. The order of rows never matters.
"""

import hashlib
import uuid
from dataclasses import dataclass

import polars as pl

from regulars.pipelines.identity.restored_ids import restore_ids


@dataclass(frozen=True)
class Kept:
    """Which id each component bears after this run.

    Attributes:
        ids: One row per component: `component`, `id`, `origin` (`restored`|`kept`|`returned`|`new`).
        members: `component`, `old_id`, `member_count`, `is_home`: where the members of each id that was borne until
            now are after this run, and whether this component holds most of them.
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
    claims = _claims(records.filter(pl.col("old_id").is_not_null()).rename({"old_id": "id"}))
    restored = restore_ids(records, claims, known)
    kept = _share_out(_without(claims, restored), records, known)

    left = _without(records.drop("old_id"), pl.concat([restored, kept]), "component")
    borne = pl.concat([known.filter("is_last").select("id"), restored.select("id")])
    former = known.filter(~pl.col("is_last")).join(borne, on="id", how="anti").select("record_key", "id").unique()
    returned = _share_out(_claims(left.join(former, on="record_key")), left, known)
    new = _new_ids(_without(left, returned, "component"), known, namespace)

    origins = {"restored": restored, "kept": kept, "returned": returned, "new": new}
    ids = pl.concat([ids.with_columns(origin=pl.lit(origin)) for origin, ids in origins.items()])
    return Kept(ids, _members(claims, records, known))


def _claims(bearers: pl.DataFrame) -> pl.DataFrame:
    """`component`, `id`, `member_count`: how many members of which id each component holds."""
    return bearers.group_by("component", "id").agg(member_count=pl.len().cast(pl.Int64))


def _without(rows: pl.DataFrame, settled: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """`rows` that have nothing to do with what is settled; `columns` are those to compare, by default both."""
    for column in columns or ("component", "id"):
        rows = rows.join(settled, on=column, how="anti")
    return rows


def _share_out(claims: pl.DataFrame, records: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`component`, `id`, both unique: each id to the component that holds most of it, until no claim is left."""
    is_disputed = pl.col("component").is_duplicated() | pl.col("id").is_duplicated()
    shares = [claims.filter(~is_disputed).select("component", "id")]
    claims = _rank(claims.filter(is_disputed), records, known)
    while len(claims):
        homes = claims.unique("id", keep="first", maintain_order=True)
        preferred = homes.sort(~pl.col("is_unanimous"), maintain_order=True)
        taken = preferred.unique("component", keep="first", maintain_order=True).select("component", "id")
        shares.append(taken)
        claims = _without(claims, taken)
    return pl.concat(shares)


def _rank(claims: pl.DataFrame, records: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`claims`, the strongest first: most members, no other claim, most that ever bore it, borne first, first record.

    The column `is_unanimous` is added: whether every known member of the component ever bore the id.
    """
    memory = (
        records.select("record_key", "row_id", "component")
        .join(claims, on="component", how="semi")
        .join(known.select("record_key", "id", since="since_generation"), on="record_key")
        .with_columns(known_count=pl.col("record_key").n_unique().over("component"))
        .sort("since", "row_id", "record_key")
        .group_by("component", "id", maintain_order=True)
        .agg(
            pl.col("since", "row_id", "record_key", "known_count").first(),
            ever_count=pl.col("record_key").n_unique().cast(pl.Int64),
        )
        .with_columns(is_unanimous=pl.col("ever_count") == pl.col("known_count"))
    )
    # a component that can bear another id yields to one that would need a new id
    other_claims = pl.len().over("component")
    # one record bears one id at a time: no two claims are equal
    return claims.join(memory, on=["component", "id"]).sort(
        -pl.col("member_count"), other_claims, -pl.col("ever_count"), "since", "row_id", "record_key"
    )


def _members(claims: pl.DataFrame, records: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Where the members of each old id are: the table `members` of `Kept`."""
    is_apart = pl.col("id").is_duplicated()
    most = _rank(claims.filter(is_apart), records, known).unique("id", keep="first", maintain_order=True)
    homes = pl.concat([frame.select("component", "id") for frame in (claims.filter(~is_apart), most)])
    return claims.join(homes.with_columns(is_home=True), on=["component", "id"], how="left").select(
        "component", "member_count", pl.col("id").alias("old_id"), pl.col("is_home").fill_null(False)
    )


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
    """`str(uuid.uuid5(namespace, name))`, several times as fast: the first run of a large company makes millions."""
    digest = hashlib.sha1(namespace + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
