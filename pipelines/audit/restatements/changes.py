"""Which records of core are not what they were in the parent generation: late, changed, gone, or of another customer.

Put here: comparing one generation's records with another's, in DuckDB. Keep out: what a changed record does to a figure
(`replay.py`).
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import duckdb
import polars as pl

from regulars.pipelines.kinds.registry import KINDS

UNKNOWN = "00000000-0000-0000-0000-000000000000"

MERGED, SPLIT, RATE, ERASED = "customers_merged", "customers_split", "exchange_rate", "erasure"


@dataclass(frozen=True)
class Compared:
    """A kind of record that figures are made of.

    Attributes:
        kind: In the singular, as causes are named: `late_order`.
        table: Of core.
        kinds: The kinds of delivered rows that it is made from.
        ids: Beside `system`, the columns that name a record; the first is what its kinds call their document.
        day: The column that says which period it belongs to.
        who: The columns that say whose it is, the deciding one first.
        told: The columns that figures are made of, in money as it was delivered.
        converted: Those made of them at the day's exchange rate.
    """

    kind: str
    table: str
    kinds: tuple[str, ...]
    ids: tuple[str, ...]
    day: str
    who: tuple[str, ...]
    told: tuple[str, ...]
    converted: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """What names a record."""
        return ("system", *self.ids)


COMPARED = (
    Compared(
        "order",
        "core.orders",
        ("orders", "order_lines"),
        ("order_id",),
        "order_date",
        ("customer_id",),
        ("ordered_at", "order_date", "is_countable", "gross_sales_original", "discounts_original", "currency"),
        ("gross_sales", "discounts"),
    ),
    Compared(
        "refund",
        "core.refunds",
        ("refunds", "order_lines"),
        ("refund_id",),
        "refund_date",
        ("customer_id",),
        ("refund_date", "amount_original", "currency"),
        ("amount",),
    ),
    Compared(
        "answer",
        "core.survey_responses",
        ("survey_responses",),
        ("response_id",),
        "answered_date",
        ("contact_id", "customer_id"),
        ("answered_at", "answered_date", "nps_group", "score"),
    ),
    Compared(
        "subscription",
        "core.subscriptions",
        ("subscriptions",),
        ("subscription_id", "period_number"),
        "started_date",
        ("customer_id",),
        ("plan", "started_date", "active_from", "active_until", "monthly_amount_original", "currency"),
        ("monthly_amount",),
    ),
)


@dataclass(frozen=True)
class News:
    """What may have changed records in this run beside what was delivered.

    Attributes:
        files: SHA-256 of every file that was read in this run and not by the parent; None: settings and code are the
            parent's, so that any change came with a delivery.
        sources: Sources that are read otherwise than by the parent: the settings change their records.
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
        records: One row per changed record: its key, `day_before`, `day_after`, the `who` columns with
            `_before` and `_after`, `cause` (NULL: only its customer is another) and `who_cause` (NULL: the customer is
            the same). A cause that no delivery explains is an empty text.
        before: The parent's records of everybody concerned, as core has them.
        after: This run's.
    """

    of: Compared
    records: pl.DataFrame
    before: pl.DataFrame
    after: pl.DataFrame


def changed_records(
    con: duckdb.DuckDBPyConnection, of: Compared, parent: str, *, until: dt.date, news: News
) -> pl.DataFrame:
    """The records of one kind that changed, up to a day.

    Args:
        con: This run's build.
        of: The kind.
        parent: SQL for the parent's table.
        until: Records that lie later, before and now, are left out.
        news: What may have changed beside deliveries.

    Returns:
        `Changes.records`, but with `was`, `stands`, `differs`, `is_converted` and `is_news` in place of causes.
    """
    there = set(con.sql(f"select * from {parent} limit 0").columns)  # an older version may lack a column
    told, converted = (tuple(name for name in names if name in there) for names in (of.told, of.converted))
    names = dict.fromkeys(("source", *of.key, *of.who, *told, *converted))
    keys = ", ".join(f"coalesce(new.{name}, old.{name}) as {name}" for name in (*of.key, "source"))
    who = ", ".join(f"old.{name} as {name}_before, new.{name} as {name}_after" for name in of.who)
    same = " and ".join(f"old.{name} = new.{name}" for name in of.key)
    stood, day = "old.system is not null", of.day
    found = f"""
        select
            {keys},
            old.{day} as day_before,
            new.{day} as day_after,
            {who},
            {stood} as was,
            new.system is not null as stands,
            {stood} and new.system is not null and {_any_differs(told + converted)} as differs,
            not {_any_differs(told)} as is_converted,
            old.{day} <> new.{day} and not {_any_differs([each for each in told if each != day])} as is_only_moved,
        from (select {", ".join(names)} from {of.table}) as new
        full join (select {", ".join(names)} from {parent}) as old on {same}
        where (old.system is null or new.system is null or {_any_differs(told + converted + of.who)})
            and least(coalesce(old.{day}, new.{day}), coalesce(new.{day}, old.{day})) <= date '{until}'
    """
    con.execute(f"create or replace temp table changed_records as {found}")
    result = con.sql(f"select *, {_is_news(of, news)} as is_news from changed_records").pl()
    con.execute("drop table changed_records")
    return result


def _any_differs(columns: Collection[str]) -> str:
    return "(" + (" or ".join(f"old.{name} is distinct from new.{name}" for name in columns) or "false") + ")"


def _is_news(of: Compared, news: News) -> str:
    """SQL: whether a changed record can come from a delivery that the parent did not have."""
    if news.files is None:
        return "true"
    shas = _texts(news.files)
    rows = " union all ".join(
        f"select _system, {KINDS[kind].document[0]} from staging.{kind} where _file_sha256 in {shas}"
        for kind in of.kinds
    )
    delivered = (
        f"case when stands then (system, {of.ids[0]}) in ({rows}) "
        f"else source in (select source from landed.files where file_sha256 in {shas}) end"
    )
    return (
        f"case when differs and is_converted then {str(news.rates).lower()} "
        f"when source in {_texts(news.sources)} or (is_only_moved and not {str(news.zone).lower()}) then false "
        f"else {delivered} end"
    )


def _texts(values: Collection[str]) -> str:
    return "(" + ", ".join("'" + each.replace("'", "''") + "'" for each in sorted(values) or [""]) + ")"


def with_causes(changed: pl.DataFrame, of: Compared, moves: pl.DataFrame, gone: pl.Series, news: News) -> pl.DataFrame:
    """Say why each record changed.

    Args:
        changed: As `changed_records` gives it.
        of: The kind.
        moves: `before`, `after`, `who_cause`: ids that were merged or split in this run; the deciding `who` column's.
        gone: Ids that nobody bears in this run and that were not merged away.
        news: What may have changed beside deliveries.

    Returns:
        `Changes.records`.
    """
    first = of.who[0]
    before = pl.col(f"{first}_before")
    # who was merged into several goes with the first of them by id: any would do, but always the same one
    heirs = moves.filter(pl.col("who_cause") == MERGED).group_by("before").agg(heir=pl.col("after").min())
    known = (
        changed.join(moves, left_on=[f"{first}_before", f"{first}_after"], right_on=["before", "after"], how="left")
        .join(heirs, left_on=f"{first}_before", right_on="before", how="left")
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
    who_cause = (
        # a removed record of a customer who was merged goes with the heir until it is removed
        pl.when(pl.col("was") & ~pl.col("stands") & pl.col("heir").is_not_null())
        .then(people)
        .when(moved & pl.col("who_cause").is_not_null())
        .then(pl.col("who_cause") if news.people else pl.lit(""))
        .when(moved)
        .then(pl.when("is_news").then(pl.lit(f"changed_{of.kind}")).otherwise(pl.lit("")))
    )
    return known.select(
        *of.key,
        "day_before",
        "day_after",
        *[f"{name}_before" for name in of.who],
        *[
            pl.when("stands").then(f"{name}_after").otherwise(pl.coalesce(heir, f"{name}_before"))
            for name, heir in zip(of.who, [pl.col("heir"), *[pl.lit(None, pl.String)] * (len(of.who) - 1)], strict=True)
        ],
        cause=pl.when(cause.is_not_null()).then(pl.when("is_news").then(cause).otherwise(pl.lit(""))),
        who_cause=who_cause,
    )
