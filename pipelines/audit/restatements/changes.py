"""Finds the records of core that changed since the parent generation: late, changed, removed, or another customer's.

Put here: comparing the records of two generations, in DuckDB. Keep out: what a changed record does to a metric
(`replay.py`).
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import duckdb
import polars as pl

from regulars.pipelines.kinds.shape.registry import KINDS

UNKNOWN = "00000000-0000-0000-0000-000000000000"

MERGED, SPLIT, RATE, ERASED = "customers_merged", "customers_split", "exchange_rate", "erasure"


@dataclass(frozen=True)
class RecordKind:
    """A kind of record that metrics are computed from.

    Attributes:
        kind: Its name in the singular, as causes are named: `late_order`.
        table: Its table in core.
        kinds: The kinds of source that feed it.
        ids: The columns that identify a record beside `system`; the first is the document of its kinds.
        day: The column that says which period a record belongs to.
        who: The columns that say whose a record is, the most important one first.
        values: The columns that metrics are computed from; money as it was delivered.
        converted: The columns computed from them at the day's exchange rate.
        link: The column by which records of other kinds decide its values too, as an order decides the goods of its
            refunds; empty: none do.
        linked_kinds: The kinds of source of those records; the column has the same name there.
    """

    kind: str
    table: str
    kinds: tuple[str, ...]
    ids: tuple[str, ...]
    day: str
    who: tuple[str, ...]
    values: tuple[str, ...]
    converted: tuple[str, ...] = ()
    link: str = ""
    linked_kinds: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a record."""
        return ("system", *self.ids)


RECORD_KINDS = (
    RecordKind(
        "order",
        "core.orders",
        ("orders", "order_lines"),
        ("order_id",),
        "order_date",
        ("customer_id",),
        ("ordered_at", "order_date", "is_countable", "gross_sales_original", "discounts_original", "currency"),
        ("gross_sales", "discounts"),
    ),
    RecordKind(
        "refund",
        "core.refunds",
        ("refunds", "refund_lines", "order_lines"),
        ("refund_id",),
        "refund_date",
        ("customer_id",),
        ("refund_date", "amount_original", "goods_original", "is_countable", "currency"),
        ("amount", "goods"),
        link="order_id",
        linked_kinds=("orders", "order_lines", "refunds"),
    ),
    RecordKind(
        "answer",
        "core.survey_responses",
        ("survey_responses",),
        ("response_id",),
        "answered_date",
        ("contact_id", "customer_id"),
        ("answered_at", "answered_date", "nps_group", "score"),
    ),
    RecordKind(
        "subscription",
        "core.subscriptions",
        ("subscriptions",),
        ("subscription_id", "period_number"),
        "started_date",
        ("customer_id",),
        (
            *("item_id", "plan", "started_date", "active_from", "active_until", "paused_from", "paused_until"),
            *("is_free_time", "monthly_amount_original", "currency"),
        ),
        ("monthly_amount",),
    ),
)


@dataclass(frozen=True)
class NewInputs:
    """What is new in this run, and so what may have changed records.

    Attributes:
        files: SHA-256 of every file that this run read and the parent did not; None: settings and code are the
            parent's, so every change came with a delivery.
        sources: Sources whose settings changed, which changes their records.
        zone: Whether the company's time zone is the parent's; another one moves records to another day.
        rates: Whether a changed exchange rate came with a delivery.
        people: Whether a merge or split came with a delivery.
    """

    files: Collection[str] | None = None
    sources: Collection[str] = ()
    zone: bool = True
    rates: bool = True
    people: bool = True


@dataclass(frozen=True)
class Changes:
    """The changed records of one kind, and all records of the customers concerned.

    Attributes:
        of: The kind.
        records: One row per changed record: its key, `day_before`, `day_after`, the `who` columns with `_before` and
            `_after`, `cause` (NULL: only its customer changed) and `who_cause` (NULL: its customer is the same). An
            empty text means that no delivery explains the change.
        before: The parent's records of the customers concerned, with the columns of core.
        after: This run's records of the same customers.
    """

    of: RecordKind
    records: pl.DataFrame
    before: pl.DataFrame
    after: pl.DataFrame


def find_changed_records(
    con: duckdb.DuckDBPyConnection, of: RecordKind, parent: str, *, until: dt.date, news: NewInputs
) -> pl.DataFrame:
    """Find the records of one kind that changed, up to a day.

    Args:
        con: This run's build.
        of: The kind.
        parent: SQL for the parent's table.
        until: Records that lie later, both before and now, are left out.
        news: What is new in this run.

    Returns:
        `Changes.records`, but with `was`, `stands`, `differs`, `is_converted` and `is_new` in place of causes.
    """
    known = set(con.sql(f"select * from {parent} limit 0").columns)  # an older version may lack a column
    values, converted = (tuple(name for name in names if name in known) for names in (of.values, of.converted))
    link = (of.link,) if of.link else ()
    columns = ", ".join(dict.fromkeys(("source", *of.key, *of.who, *values, *converted, *link)))
    key = ", ".join(f"coalesce(new.{name}, old.{name}) as {name}" for name in (*of.key, "source", *link))
    who = ", ".join(f"old.{name} as {name}_before, new.{name} as {name}_after" for name in of.who)
    has_same_key = " and ".join(f"old.{name} = new.{name}" for name in of.key)
    query = f"""
        with
        new_records as (
            select {columns} from {of.table}
        ),
        old_records as (
            select {columns} from {parent}
        ),
        changed_records as (
            select
                {key},
                old.{of.day} as day_before,
                new.{of.day} as day_after,
                {who},
                old.system is not null as was,
                new.system is not null as stands,
                was and stands and {_write_differs(values + converted)} as differs,
                not {_write_differs(values)} as is_converted,
                day_before <> day_after
                    and not {_write_differs([name for name in values if name != of.day])} as is_only_moved
            from new_records as new
            full join old_records as old on {has_same_key}
            where (old.system is null or new.system is null or {_write_differs(values + converted + of.who)})
                and least(
                    coalesce(old.{of.day}, new.{of.day}),
                    coalesce(new.{of.day}, old.{of.day})
                ) <= $until
        )
        select *, {_write_is_new(of, news)} as is_new
        from changed_records
    """
    inputs = {} if news.files is None else {"files": sorted(news.files), "sources": sorted(news.sources)}
    return con.execute(query, {"until": until, **inputs}).pl()


def _write_differs(columns: Collection[str]) -> str:
    """SQL: whether the old and the new record differ in one of these columns."""
    return "(" + (" or ".join(f"old.{name} is distinct from new.{name}" for name in columns) or "false") + ")"


_DOCUMENTS = {"order_lines": "document_id"}
"""Kind -> the column of its staging table that names the record of core, where that is not its document's first."""


def _write_is_new(of: RecordKind, news: NewInputs) -> str:
    """SQL: whether a changed record can come from a delivery that the parent did not have.

    It reads the parameters `$files` and `$sources`, unless no setting and no code changed.
    """
    if news.files is None:
        return "true"
    delivered = " union all ".join(
        f"""
        select _system, {_DOCUMENTS.get(kind, KINDS[kind].document[0])}
        from staging.{kind}
        where list_contains($files::varchar[], _file_sha256)
        """
        for kind in of.kinds
    )
    linked = " union all ".join(
        f"select _system, {of.link} from staging.{kind} where list_contains($files::varchar[], _file_sha256)"
        for kind in of.linked_kinds
    )
    is_linked = f"(was and stands and (system, {of.link}) in ({linked}))" if linked else "false"
    return f"""
        case
            when differs and is_converted then {str(news.rates).lower()}
            when list_contains($sources::varchar[], source) then false
            when is_only_moved and not {str(news.zone).lower()} then false
            when stands then coalesce((system, {of.ids[0]}) in ({delivered}) or {is_linked}, false)
            else source in (
                select source from landed.files where list_contains($files::varchar[], file_sha256)
            )
        end
    """


def add_causes(
    changed: pl.DataFrame, of: RecordKind, moves: pl.DataFrame, gone: pl.Series, news: NewInputs
) -> pl.DataFrame:
    """Add the cause of each change.

    Args:
        changed: The result of `find_changed_records`.
        of: The kind.
        moves: `before`, `after`, `who_cause`: ids of the first `who` column that were merged or split in this run.
        gone: Ids that no longer exist in this run and were not merged away.
        news: What is new in this run.

    Returns:
        `Changes.records`.
    """
    first = of.who[0]
    before = pl.col(f"{first}_before")
    # a customer merged into several goes with the first of them by id: any would do, but always the same one
    survivors = moves.filter(pl.col("who_cause") == MERGED).group_by("before").agg(survivor=pl.col("after").min())
    known = (
        changed.join(moves, left_on=[f"{first}_before", f"{first}_after"], right_on=["before", "after"], how="left")
        .join(survivors, left_on=f"{first}_before", right_on="before", how="left")
        .with_columns(is_gone=before.is_in(gone.implode()).fill_null(False))
    )
    removed = pl.when("is_gone").then(pl.lit(ERASED)).otherwise(pl.lit(f"removed_{of.kind}"))
    altered = pl.when("is_converted").then(pl.lit(RATE)).otherwise(pl.lit(f"changed_{of.kind}"))
    cause = (
        pl.when(~pl.col("was"))
        .then(pl.lit(f"late_{of.kind}"))
        .when(~pl.col("stands"))
        .then(removed)
        .when("differs")
        .then(altered)
    )
    moved = pl.col("was") & pl.col("stands") & pl.any_horizontal(
        pl.col(f"{name}_before").ne_missing(pl.col(f"{name}_after")) for name in of.who
    )  # fmt: skip
    people = pl.lit(MERGED if news.people else "")
    survivors_of_who = [pl.col("survivor"), *[pl.lit(None, pl.String)] * (len(of.who) - 1)]
    who_cause = (
        # a removed record of a merged customer belongs to the surviving customer until it is removed
        pl.when(pl.col("was") & ~pl.col("stands") & pl.col("survivor").is_not_null())
        .then(people)
        .when(moved & pl.col("who_cause").is_not_null())
        .then(pl.col("who_cause") if news.people else pl.lit(""))
        .when(moved)
        .then(pl.when("is_new").then(pl.lit(f"changed_{of.kind}")).otherwise(pl.lit("")))
    )
    return known.select(
        *of.key,
        "day_before",
        "day_after",
        *[f"{name}_before" for name in of.who],
        *[
            pl.when("stands").then(f"{name}_after").otherwise(pl.coalesce(survivor, f"{name}_before"))
            for name, survivor in zip(of.who, survivors_of_who, strict=True)
        ],
        cause=pl.when(cause.is_not_null()).then(pl.when("is_new").then(cause).otherwise(pl.lit(""))),
        who_cause=who_cause,
    )
