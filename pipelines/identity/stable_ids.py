"""Keeps ids stable: decides which component keeps which id when the records of a person are merged or split.

Put here: the rules of inheritance and the making of new ids. Keep out: why records belong together (`people.py`), and
how a correction that was taken back is recognised (`restored_ids.py`).

1. A component that is again as it was when its id was made takes that id back.
2. Every other id goes to the component that holds most of its members. A component that could have several ids takes
   one that all its members had before (a repeated merge), else the one with most of its members. An id that it does
   not take goes to the next component that holds members of it.
3. A component without an id gets one back that its members once had, if no component has it now.
4. Otherwise it gets a new id, made from its first record.

In a tie for an id, the component without a claim to another id wins; then the one with more members that ever had the
id, then the one that had it first, then the one whose record was delivered first. The text of an id never decides,
because it is random. The order of rows never matters.
"""

import hashlib
import sys
import uuid
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from regulars.pipelines.identity.dense import find_least_by_code, is_repeated, number_rows
from regulars.pipelines.identity.restored_ids import restore_ids

MEMBERS = {"component": pl.Int64, "member_count": pl.Int64, "old_id": pl.String, "is_home": pl.Boolean}
"""Columns of `StableIds.members`."""


@dataclass(frozen=True)
class StableIds:
    """The id of each component after this run.

    Attributes:
        ids: One row per component: `component`, `id`, `origin` (`restored`|`kept`|`returned`|`new`).
        members: `component`, `old_id`, `member_count`, `is_home`: in which components the members of each old id are
            now, and whether this component holds most of them.
    """

    ids: pl.DataFrame
    members: pl.DataFrame


def keep_ids(records: pl.DataFrame, history: pl.DataFrame, namespace: uuid.UUID) -> StableIds:
    """Give every component of records its id.

    Args:
        records: One row per record: `record_key`, `component`, `row_id` (lower if delivered earlier; equal only within
            a component) and `old_id` (the id it had until now, or NULL).
        history: Every id that a record ever had: `record_key`, `id`, `since_generation`, `is_last` (the record's
            newest row); may be empty.
        namespace: Makes the ids of different companies, and of contacts and customers, differ.
    """
    known = history.filter(pl.col("id").is_not_null())
    if known.is_empty():
        new = _make_new_ids(records, known, namespace)
        return StableIds(new.with_columns(origin=pl.lit("new")), pl.DataFrame(schema=MEMBERS))
    borne = records.filter(pl.col("old_id").is_not_null()).select("component", id="old_id")
    texts, number = number_rows(pl.concat([known.select("id"), borne.select("id")]))
    known = known.with_columns(pl.Series("id", number[: len(known)]))
    claims = _count_claims(borne.with_columns(pl.Series("id", number[len(known) :])))
    restored = restore_ids(records, claims, known)
    kept = _assign_ids(_remove_settled(claims, restored), records, known)

    left = _remove_settled(records.drop("old_id"), pl.concat([restored, kept]), "component")
    in_use = pl.concat([known.filter("is_last").select("id"), restored.select("id")])
    former = known.filter(~pl.col("is_last")).join(in_use, on="id", how="anti").select("record_key", "id").unique()
    returned = _assign_ids(_count_claims(left.join(former, on="record_key")), left, known)
    new = _make_new_ids(_remove_settled(left, returned, "component"), texts, namespace)

    origins = {"restored": restored, "kept": kept, "returned": returned}
    old = [ids.with_columns(texts["id"].gather(ids["id"]), origin=pl.lit(origin)) for origin, ids in origins.items()]
    members = _locate_members(claims, records, known)
    return StableIds(
        pl.concat([*old, new.with_columns(origin=pl.lit("new"))]),
        members.with_columns(texts["id"].gather(members["old_id"]).alias("old_id")),
    )


def _count_claims(bearers: pl.DataFrame) -> pl.DataFrame:
    """`component`, `id`, `member_count`: how many members of which id, by number, each component holds."""
    component, number = bearers["component"].to_numpy(), bearers["id"].to_numpy()
    width = int(number.max(initial=0)) + 1
    pairs, counts = np.unique(component * width + number, return_counts=True)
    return pl.DataFrame({"component": pairs // width, "id": pairs % width, "member_count": counts})


def _remove_settled(rows: pl.DataFrame, settled: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """`rows` without those whose `columns` (by default both `component` and `id`) occur in `settled`."""
    for column in columns or ("component", "id"):
        rows = rows.join(settled, on=column, how="anti")
    return rows


def _assign_ids(claims: pl.DataFrame, records: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`component`, `id`, both unique: each id to the component that holds most of it, until no claim is left."""
    is_disputed = is_repeated(claims["component"].to_numpy()) | is_repeated(claims["id"].to_numpy())
    shares = [claims.filter(~is_disputed).select("component", "id")]
    claims = _rank_claims(claims.filter(is_disputed), records, known)
    while len(claims):
        homes = claims.unique("id", keep="first", maintain_order=True)
        preferred = homes.sort(~pl.col("is_unanimous"), maintain_order=True)
        taken = preferred.unique("component", keep="first", maintain_order=True).select("component", "id")
        shares.append(taken)
        claims = _remove_settled(claims, taken)
    return pl.concat(shares)


def _rank_claims(claims: pl.DataFrame, records: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Sort `claims`, the strongest first.

    The order: most members, no other claim, most members that ever had the id, had it first, first record. Adds the
    column `is_unanimous`: whether every known member of the component ever had the id.
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
    # a component that can have another id gives way to one that would need a new id
    other_claims = pl.len().over("component")
    # one record has one id at a time: no two claims are equal
    return claims.join(memory, on=["component", "id"]).sort(
        -pl.col("member_count"), other_claims, -pl.col("ever_count"), "since", "row_id", "record_key"
    )


def _locate_members(claims: pl.DataFrame, records: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The components that hold the members of each old id: the table `members` of `StableIds`."""
    is_apart = is_repeated(claims["id"].to_numpy())
    apart = claims.filter(is_apart)
    most = _rank_claims(apart, records, known).unique("id", keep="first", maintain_order=True)
    homes = most.select("component", "id", is_home=True)
    apart = apart.join(homes, on=["component", "id"], how="left").with_columns(pl.col("is_home").fill_null(False))
    members = pl.concat([claims.filter(~is_apart).with_columns(is_home=True), apart])
    return members.select("component", "member_count", pl.col("id").alias("old_id"), "is_home")


def _make_new_ids(records: pl.DataFrame, known: pl.DataFrame, namespace: uuid.UUID) -> pl.DataFrame:
    """Make an id for each component from its first record; never an id that existed before."""
    first = _find_first_records(records)
    made, attempt = [], 0
    while len(first):
        # no record key holds a NUL
        names = first["record_key"] if attempt == 0 else first["record_key"] + f"\0{attempt}"
        first = first.with_columns(_make_uuid5(names, namespace))
        if known.is_empty():
            return first.select("component", "id")
        made.append(first.join(known, on="id", how="anti").select("component", "id"))
        first = first.join(known, on="id", how="semi")
        attempt += 1
    return pl.concat([pl.DataFrame(schema={"component": pl.Int64, "id": pl.String}), *made])


def _find_first_records(records: pl.DataFrame) -> pl.DataFrame:
    """`component` and `record_key` of the record of each component that was delivered first."""
    component, delivered = records["component"].to_numpy(), records["row_id"].to_numpy()
    least = find_least_by_code(records["row_id"], component, int(component.max(initial=-1)) + 1).to_numpy()
    first = records.filter(pl.Series(delivered == least[component])).select("component", "record_key")
    if not is_repeated(first["component"].to_numpy()).any():
        return first
    return first.group_by("component").agg(pl.col("record_key").min())  # of one row's records, the least key


_HEX_DIGITS = np.array([int.from_bytes(f"{byte:02x}".encode(), sys.byteorder) for byte in range(256)], np.uint16)
"""The two digits of every byte, as they stand in memory."""


def _make_uuid5(names: pl.Series, namespace: uuid.UUID) -> pl.Series:
    """`str(uuid.uuid5(namespace, name))` of every name, many times as fast: large companies need millions at once.

    Such an id is the first 16 bytes of a hash in hexadecimal groups; the first half of the seventh byte and two bits of
    the ninth are fixed (RFC 9562).
    """
    begun = hashlib.sha1(namespace.bytes, usedforsecurity=False)
    hashes = bytearray()
    for name in names.cast(pl.Binary).to_list():
        hashed = begun.copy()
        hashed.update(name)
        hashes += hashed.digest()
    octets = np.frombuffer(hashes, np.uint8).reshape(-1, 20)[:, :16].copy()
    octets[:, 6] = octets[:, 6] & 0x0F | 0x50
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    digits = _HEX_DIGITS[octets].view(np.uint8).reshape(-1, 32)
    written = np.full((len(octets), 36), ord("-"), np.uint8)
    for start, end, place in ((0, 8, 0), (8, 12, 9), (12, 16, 14), (16, 20, 19), (20, 32, 24)):
        written[:, place : place + end - start] = digits[:, start:end]
    ends = np.arange(0, written.size + 1, 36, dtype=np.int64)
    texts = pa.LargeStringArray.from_buffers(len(written), pa.py_buffer(ends.data), pa.py_buffer(written.data))
    return pl.Series("id", texts)
