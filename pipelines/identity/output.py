"""Makes the tables `identity.*` from records whose persons and ids are known.

Put here: the columns of those tables, and the events since the last run. Keep out: who is who (`people.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars.pipelines.identity.dense import look_up, sort_places
from regulars.pipelines.identity.former_ids import find_former_ids
from regulars.pipelines.identity.fuzzy.links import Likely
from regulars.pipelines.identity.references import LINKED_BY_PERSON, Staging
from regulars.pipelines.identity.stable_ids import StableIds
from regulars.pipelines.kinds.shape.kind import Reference
from regulars.pipelines.kinds.shape.registry import KINDS

PERSON_MAP = {
    "record_key": pl.String,
    "contact_id": pl.String,
    "customer_id": pl.String,
    "since_generation": pl.Int32,
}
"""Every id that a record ever had: one row per record and change. The row with the highest generation is valid."""


def read_history(previous: pl.DataFrame | None) -> pl.DataFrame:
    """The parent's person map with the column `is_last`: whether a row is the newest of its record."""
    history = (previous if previous is not None else pl.DataFrame(schema=PERSON_MAP)).select(
        pl.col(name).cast(data_type) for name, data_type in PERSON_MAP.items()
    )
    newest = pl.col("since_generation") == pl.col("since_generation").max().over("record_key")
    return history.with_columns(is_last=newest)


def add_old_ids(records: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """Add `record_key`, and the ids of records before this run: `old_contact_id` and `old_customer_id`."""
    last = history.filter("is_last").select(
        "record_key", old_contact_id=pl.col("contact_id"), old_customer_id=pl.col("customer_id")
    )
    key = pl.concat_str("record_type", "system", "source_record_id", separator="/")
    return records.with_columns(record_key=key).join(last, on="record_key", how="left")


@dataclass(frozen=True)
class People:
    """Who is who in this run.

    Attributes:
        records: `identity.records`, one row per source record.
        links: `identity.customer_links`, one row per link_type, system and source_record_id.
        events: `identity.events`: the customers that this run created, merged and split.
        person_map: `identity.person_map`: the parent's, and the changes of this run.
        evidence: `identity.links`, one row per link between two records. Holds addresses and numbers.
        former_ids: `identity.former_customer_ids`, one row per customer id that is no longer in use.
        shared_keys: How many addresses and telephone numbers were ignored because too many records or orders share
            them: `key_type` (`email`, `phone`), `system`, `shared_by` (`records`, `orders`), `key_count`,
            `shared_count`. Holds no address.
        likely_pairs: `identity.likely_pairs`: persons who are probably one, as in `fuzzy.links.LIKELY_PAIRS`.
        match_lists: The results of `always_match` and `never_match` of the settings: `unknown_pair_count` (pairs with a
            record or address that occurs nowhere else), `cut_count` (links not made), and `named_apart_count` (links of
            an address not made because names differ). `names_joined_count` as in `NamedEmails`, `unread_phone_count` as
            in `PhoneKeys`. `partly_compared_count` and `uncompared_count` as in `fuzzy.blocks.Compared`. One row.
    """

    records: pl.DataFrame
    links: pl.DataFrame
    events: pl.DataFrame
    person_map: pl.DataFrame
    evidence: pl.DataFrame
    former_ids: pl.DataFrame
    shared_keys: pl.DataFrame
    likely_pairs: pl.DataFrame
    match_lists: pl.DataFrame


@dataclass(frozen=True)
class Found:
    """Who is who, before ids.

    Attributes:
        records: `record_key`, `record_type`, `system`, `source_record_id`, `row_id`, `contact`, `customer` and the old
            ids.
        links: Every link between two records, as in `evidence.LINKS`.
        shared: How many keys were ignored, as in `People.shared_keys`.
        likely: Likely pairs, and how many records the search for them left out.
        counts: Columns of `People.match_lists` that are known already.
    """

    records: pl.DataFrame
    links: pl.DataFrame
    shared: pl.DataFrame
    likely: Likely
    counts: Mapping[str, int]


@dataclass(frozen=True)
class KeptIds:
    """The ids that contacts and customers have in this run."""

    contacts: StableIds
    customers: StableIds


def make_people(
    staging: Staging,
    by_lines: pl.DataFrame,
    found: Found,
    ids: KeptIds,
    history: pl.DataFrame,
    generation: int,
) -> People:
    """Add ids to the records and make the tables.

    Args:
        staging: The staging tables; rows that do not make a customer, such as answers to surveys, are linked here.
        by_lines: From `references.list_documents_known_by_lines`.
        found: Who is who, from `people.py`.
        ids: The ids of all contacts and customers.
        history: The parent's person map.
        generation: The generation of this run.
    """
    named = _add_ids(found.records, ids)
    person_map = _extend_person_map(named, history, generation)
    ever = person_map if len(history) else history  # on a first run no id can have ended
    return People(
        records=named.select(
            "record_key",
            "system",
            "record_type",
            "source_record_id",
            "contact_id",
            "customer_id",
            "customer_idx",
            (pl.col("row_id") // 2**40).cast(pl.Int32).alias("first_delivery"),
            pl.col("row_id").alias("first_row_id"),
        ),
        links=_make_links(staging, by_lines, named),
        events=_make_events(found.records, ids.customers, generation),
        person_map=person_map,
        evidence=found.links,
        former_ids=find_former_ids(ever, ids.customers.ids["id"]),
        shared_keys=found.shared,
        likely_pairs=found.likely.pairs,
        match_lists=_count_unmade_links(found),
    )


def _add_ids(records: pl.DataFrame, ids: KeptIds) -> pl.DataFrame:
    """Add `contact_id`, `customer_id` and `customer_idx`, which numbers customers in the order of their ids."""
    customers = ids.customers.ids
    numbered = customers[sort_places(customers["id"])].with_columns(
        pl.Series("customer_idx", range(1, len(customers) + 1), pl.Int32)
    )
    contact = look_up(ids.contacts.ids, "component", records["contact"])
    customer = look_up(numbered, "component", records["customer"])
    return records.with_columns(
        contact["id"].alias("contact_id"), customer["customer_idx"], customer["id"].alias("customer_id")
    )


def _count_unmade_links(found: Found) -> pl.DataFrame:
    """`People.match_lists`."""
    cut_by = found.links["cut_by"]
    counts = {
        **found.counts,
        "cut_count": int((cut_by == "never_match").sum() or 0),
        "named_apart_count": int((cut_by == "names").sum() or 0),
        "partly_compared_count": found.likely.partly_compared_count,
        "uncompared_count": found.likely.uncompared_count,
    }
    return pl.DataFrame([counts], schema=dict.fromkeys(counts, pl.Int64))


_WHO = ("customer_id", "customer_idx", "contact_id")


def _make_links(staging: Staging, by_lines: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    record_type = pl.col("record_type")
    link_type = pl.when(record_type == "customer").then(pl.lit("customer_record")).otherwise(record_type)
    found = named.select(
        link_type.alias("link_type"),
        "system",
        "source_record_id",
        *_WHO,
    )
    own = [kind.reference.record_type for kind in KINDS.values() if kind.reference and kind.reference.makes_customer]
    links = [found.filter(pl.col("link_type").is_in(["customer_record", *own]))]
    for name, reference in LINKED_BY_PERSON.items():
        rows = staging[name].select(
            system="_system",
            source_record_id=KINDS[name].document[0],
            of_system=pl.coalesce("customer_system", "_system"),
            record_id="customer_record_id",
            order_id=reference.order or pl.lit(None, pl.String),
        )
        delivered = rows.collect()
        if delivered.is_empty():
            continue
        linked = _link_by_person(delivered, reference, staging, by_lines, found)
        links.append(
            linked.select(pl.lit(reference.record_type).alias("link_type"), "system", "source_record_id", *_WHO)
        )
    return pl.concat(links)


def _link_by_person(
    rows: pl.DataFrame, reference: Reference, staging: Staging, by_lines: pl.DataFrame, found: pl.DataFrame
) -> pl.DataFrame:
    """Find the person by the customer record named, the address or the order: the first one with a customer."""
    orders = _find_customers_of_orders(staging, by_lines, found, rows["order_id"])
    rows = _add_order_system(rows, orders)
    ways = [
        (_filter_links(found, "customer_record"), ["of_system", "record_id"]),
        (_filter_links(found, reference.record_type), ["system", "source_record_id"]),
        (orders, ["order_system", "order_id"]),
    ]
    for number, (known, key) in enumerate(ways):
        known = known.rename({column: f"{column}_{number}" for column in _WHO})
        rows = rows.join(known, left_on=key, right_on=["system", "source_record_id"], how="left")
    numbers = range(len(ways))
    customer_first = [pl.when(pl.col(f"customer_id_{i}").is_not_null()).then(pl.lit(i)) for i in numbers]
    contact_first = [pl.when(pl.col(f"contact_id_{i}").is_not_null()).then(pl.lit(i)) for i in numbers]
    rows = rows.with_columns(way=pl.coalesce(*customer_first, *contact_first)).filter(pl.col("way").is_not_null())
    return rows.with_columns(
        pl.coalesce(*(pl.when(pl.col("way") == i).then(f"{column}_{i}") for i in numbers)).alias(column)
        for column in _WHO
    )


def _filter_links(found: pl.DataFrame, link_type: str) -> pl.DataFrame:
    return found.filter(pl.col("link_type") == link_type).drop("link_type")


def _find_customers_of_orders(
    staging: Staging, by_lines: pl.DataFrame, found: pl.DataFrame, order_ids: pl.Series
) -> pl.DataFrame:
    """Find the customers of orders of any tool with these ids: `system`, `source_record_id` and `_WHO`."""
    wanted = order_ids.drop_nulls().unique().to_frame()
    columns = ["_system", "order_id", "customer_system", "customer_record_id"]
    if wanted.is_empty():
        orders = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    else:
        own = staging["orders"].select(columns).join(wanted.lazy(), on="order_id", how="semi").collect()
        known_by_lines = by_lines.filter(pl.col("record_type") == "order").select(columns)
        orders = pl.concat([own, known_by_lines.join(wanted, on="order_id", how="semi")])
    orders = orders.with_columns(of_system=pl.coalesce("customer_system", "_system"))
    named = orders.filter(pl.col("customer_record_id").is_not_null()).join(
        _filter_links(found, "customer_record"),
        left_on=["of_system", "customer_record_id"],
        right_on=["system", "source_record_id"],
    )
    by_order = orders.filter(pl.col("customer_record_id").is_null()).join(
        _filter_links(found, "order"), left_on=["_system", "order_id"], right_on=["system", "source_record_id"]
    )
    return pl.concat(
        [frame.select(*_WHO, system="_system", source_record_id="order_id") for frame in (named, by_order)]
    )


def _add_order_system(rows: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Add the tool whose order a row names: its own, that of its customers, or the only one with such an order."""
    known = orders.select(order_id="source_record_id", order_system="system").unique()
    only = known.filter(pl.len().over("order_id") == 1)
    for number, of in enumerate(("system", "of_system")):
        here = known.with_columns(pl.col("order_system").alias(f"order_system_{number}"))
        rows = rows.join(here, left_on=["order_id", of], right_on=["order_id", "order_system"], how="left")
    return rows.join(only, on="order_id", how="left").with_columns(
        order_system=pl.coalesce("order_system_0", "order_system_1", "order_system")
    )


def _make_events(records: pl.DataFrame, customers: StableIds, generation: int) -> pl.DataFrame:
    """Customers created, merged and split since the last run; `record_count` says how many records are concerned."""
    ids = customers.ids.select("component", customer_id=pl.col("id"))
    moved = customers.members.join(ids, on="component").filter(pl.col("old_id") != pl.col("customer_id"))
    alive = moved.join(ids, left_on="old_id", right_on="customer_id", how="semi")["old_id"].implode()
    moved = (
        # an id that is gone was merged into the component with most of its records; its other records were split off
        moved.with_columns(
            event=pl.when(pl.col("old_id").is_in(alive) | ~pl.col("is_home"))
            .then(pl.lit("split"))
            .otherwise(pl.lit("merged"))
        ).select("customer_id", "event", "member_count", other_customer_id=pl.col("old_id"))
    ).rename({"member_count": "record_count"})
    created = customers.ids.filter(pl.col("origin") == "new").join(customers.members, on="component", how="anti")
    sizes = np.bincount(records["customer"].drop_nulls().to_numpy(), minlength=1)
    created = created.select(
        pl.Series("record_count", sizes[created["component"].to_numpy()], pl.Int64),
        customer_id="id",
        event=pl.lit("created"),
        other_customer_id=pl.lit(None, pl.String),
    )
    return pl.concat([moved, created.select(moved.columns)]).with_columns(generation=pl.lit(generation, pl.Int32))


def _extend_person_map(named: pl.DataFrame, history: pl.DataFrame, generation: int) -> pl.DataFrame:
    """The parent's map, and a row for every record that is new or whose ids changed."""
    changed = named.filter(
        pl.col("contact_id").ne_missing(pl.col("old_contact_id"))
        | pl.col("customer_id").ne_missing(pl.col("old_customer_id"))
    ).with_columns(since_generation=pl.lit(generation, pl.Int32))
    return pl.concat([history.select(PERSON_MAP.keys()), changed.select(PERSON_MAP.keys())])
