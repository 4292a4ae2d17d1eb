"""Writes `meta.reasons`: which published numbers are not known or not to be trusted yet, and why.

Each mart says in words of its own, row by row, why a number is missing or shaky. Whoever asks which numbers those are
would have to ask every table. Here the contracts say which tables have a `reason` or an `is_complete`.
Put here: counting the rows of each reason. Keep out: what a reason says (the transforms), findings of a run.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.run.run import Run
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal, quote_table

TABLE = "meta.reasons"
REASON, IS_COMPLETE, AS_OF = "reason", "is_complete", "as_of"
NO_REASON_GIVEN = "not complete yet"
"""What is said of rows that are not complete, where their table has no reason."""
OF_OTHERS = re.compile(r"^other_|_of_others$|_before$")
"""The names of counts that are of those with whom the customers of a row are compared."""

NUMBER = r"\b\d+(?:[.,:-]\d+)*\b"
"""A number, a day or a time; no part of a name such as predicted_value_12m."""
PLACE_OF_NUMBER = "#"
TEXTS = "texts_of_reasons"
"""The view of the texts of a table and their groups, while its rows are counted."""

COUNTS = ["rows_with_reason", "newest_rows_with_reason", "headline_rows_with_reason"]
MISSING = ["headline_numbers_missing", "numbers_missing"]
"""How many metrics are NULL in the newest rows with a reason: in those of the headline, and in all."""
RANK = "reason_rank"
AT_STAKE = "customers_at_stake"
COLUMNS = (
    *(
        RANK,
        *MISSING,
        AT_STAKE,
        "table_name",
        "reason_group",
        "reason",
        "table_rows",
        "rows_with_reason",
        "newest_period",
    ),
    *("newest_rows", "newest_rows_with_reason", "headline_rows", "headline_rows_with_reason", "emptied_columns"),
    *("n_column", "smallest_n", "greatest_n", AS_OF),
)


@dataclass(frozen=True)
class ExplainedTable:
    """A mart whose rows say why they are not to be trusted, and what its contract says of its numbers.

    Attributes:
        table: `marts.name`.
        text: SQL of the reason of a row.
        time: The column with the day or period of a row.
        grain: The column that says how long a row's period is, or empty.
        headline: SQL: whether a row is one of those that a person means who names no dimension.
        n_of: Metric -> the column with its n, or empty.
        customers: SQL over rows: how many customers they are about; NULL where the mart counts none.
    """

    table: str
    text: str
    time: str
    grain: str
    headline: str
    n_of: Mapping[str, str]
    customers: str

    @property
    def n_columns(self) -> list[str]:
        """The columns with an n, each once."""
        return sorted({name for name in self.n_of.values() if name})


def list_explained_tables(contracts: Mapping[str, Contract]) -> list[ExplainedTable]:
    """Find the marts with a reason, or with rows that are not complete, by table."""
    tables = [each for each in contracts.values() if each.layer == "marts" and each.kind == "table"]
    return [_explain_table(each) for each in sorted(tables, key=lambda each: each.table) if _list_texts(each)]


def write_reasons(run: Run) -> None:
    """Write the table: a row per mart and reason."""
    types = run.contracts[TABLE].types
    frame = rank_reasons(list_reasons(run.warehouse.con, run.contracts, run.as_of))
    run.warehouse.write_frame(TABLE, frame.select(name for name, _ in types), types)


def rank_reasons(counted: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Join the reasons of all tables and rank those of now: by how many numbers are missing per headline row, then row.

    Else a table with a row per customer would always be first. Of reasons by which nothing is missing those come first
    that the largest share of headline rows has; what is over has no rank.

    Args:
        counted: As `list_reasons` yields them.
    """
    frames = list(counted)
    if not frames:
        return pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))
    is_over = pl.col("newest_rows_with_reason") == 0
    shares = [
        pl.col(name) / pl.max_horizontal(pl.lit(1), rows)
        for name, rows in zip((*MISSING, *COUNTS[:0:-1]), ["headline_rows", "newest_rows"] * 2, strict=True)
    ]
    keys = [is_over, *shares, pl.col("table_name"), pl.col("reason_group")]
    ordered = pl.concat(frames).sort(keys, descending=[False, *[True] * len(shares), False, False])
    return ordered.with_columns(pl.when(~is_over).then(pl.int_range(1, pl.len() + 1)).alias(RANK)).select(COLUMNS)


def list_reasons(
    con: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract], as_of: dt.date
) -> Iterator[pl.DataFrame]:
    """Count the reasons of each table, those that many rows have first.

    Args:
        con: The build, with every mart filled.
        contracts: Of all tables.
        as_of: Last day that counts.

    Yields:
        The columns of `COLUMNS` but `RANK`, of tables with a reason in any row.
    """
    for table in list_explained_tables(contracts):
        counted = _describe_groups(_count_groups(con, table), table)
        if counted.height:
            named = counted.with_columns(pl.lit(table.table).alias("table_name"), pl.lit(as_of).alias(AS_OF))
            yield named.select(name for name in COLUMNS if name != RANK)


def _list_texts(contract: Contract) -> list[str]:
    """The SQL of what a row says of itself, the clearest first; nothing of a table whose rows say nothing."""
    types = dict(contract.types)
    incomplete = f"case when {IS_COMPLETE} is false then {quote_literal(NO_REASON_GIVEN)} end"
    return [REASON] * (types.get(REASON) == "VARCHAR") + [incomplete] * (types.get(IS_COMPLETE) == "BOOLEAN")


def _explain_table(contract: Contract) -> ExplainedTable:
    names = dict(contract.types)
    metrics = [each for each in contract.metrics if each.name in names]
    first = metrics[0] if metrics else None
    view = next((each.where for each in contract.views if each.where), None)
    where = first.filter_sql if view is None and first else None
    alike = " and ".join(f"{quote_identifier(name)} = {quote_literal(value)}" for name, value in (view or {}).items())
    return ExplainedTable(
        table=contract.table,
        text=f"coalesce({', '.join(_list_texts(contract))})",
        time=first.time_column if first else AS_OF,
        grain=first.time_grain_column if first else "",
        headline=where or alike or "true",
        n_of={each.name: each.n for each in metrics},
        customers=_count_customers(contract),
    )


def _count_customers(contract: Contract) -> str:
    """SQL: each customer once where rows are of customers, else the greatest count of customers that a row has.

    The count of a row is the n of its numbers that are NULL, then the n of any, then any count of customers: beside 17
    customers who are too few may stand the 947 with whom they would have been compared.
    """
    if "customer_id" in contract.key:
        return "count(distinct customer_id)"
    counts = [each.name for each in contract.columns if each.unit == "customers" and not OF_OTHERS.search(each.name)]
    n_of = {each.name: each.n for each in contract.metrics if each.n in counts}
    empty = [
        f"case when {quote_identifier(name)} is null then {quote_identifier(n)} end" for name, n in sorted(n_of.items())
    ]
    choices = [empty, *([quote_identifier(each) for each in names] for names in (sorted({*n_of.values()}), counts))]
    greatest = ", ".join(f"greatest({', '.join(each)})" for each in choices if each)
    return f"max(coalesce({greatest}))" if greatest else "max(null)"


def _count_groups(con: duckdb.DuckDBPyConnection, table: ExplainedTable) -> pl.DataFrame:
    """Count the rows of each group of texts that differ in numbers and days alone, and of those without a text.

    Only texts are read, and not what is beside them, before they are grouped: a mart may have a text for each of a
    million customers.
    """
    texts = con.execute(_select_texts(table)).pl()
    named = texts.with_columns(reason_group=pl.col("own_text").str.replace_all(NUMBER, PLACE_OF_NUMBER))
    usual = (
        named.sort("newest_rows", "rows", "own_text", descending=[True, True, False])
        .group_by("reason_group", maintain_order=True)
        .agg(reason=pl.col("own_text").first())
    )
    con.register(TEXTS, named.select("own_text", own_group="reason_group").to_arrow())
    try:
        counted = con.execute(_select_counts(table)).pl()
    finally:
        con.unregister(TEXTS)
    return counted.join(usual, on="reason_group", how="left")


def _write_source(table: ExplainedTable) -> tuple[str, str]:
    """SQL: the newest period of each grain, to stand before a select, and the rows of the mart with it."""
    source, time = quote_table(table.table), quote_identifier(table.time)
    grain = quote_identifier(table.grain) if table.grain else "''"
    newest = f"newest as (select {grain} as own_grain, max({time}) as newest_period from {source} group by own_grain)"
    return f"with {newest}", f"{source} join newest on newest.own_grain is not distinct from {grain}"


def _select_texts(table: ExplainedTable) -> str:
    """Count the rows of each text as it is written, and those of the newest period."""
    newest, rows = _write_source(table)
    return f"""
        {newest}
        select
            {table.text} as own_text,
            count(*) as rows,
            count(*) filter ({quote_identifier(table.time)} = newest.newest_period) as newest_rows
        from {rows}
        where {table.text} is not null
        group by {table.text}
    """


def _select_counts(table: ExplainedTable) -> str:
    """Count the rows of each group of `TEXTS`, none included, and what of each metric is there."""
    newest, rows = _write_source(table)
    time = quote_identifier(table.time)
    known = [f"count({quote_identifier(name)}) as {quote_identifier(f'known {name}')}" for name in table.n_of]
    of_now = f"{time} = newest.newest_period"
    missing = " + ".join(f"({quote_identifier(name)} is null)::integer" for name in table.n_of) or "0"
    sizes = [
        f"{end}({quote_identifier(name)})::double as {quote_identifier(f'{end} {name}')}"
        for name in table.n_columns
        for end in ("min", "max")
    ]
    return f"""
        {newest}
        select
            {TEXTS}.own_group as reason_group,
            count(*) as rows_with_reason,
            max({time})::date as newest_period,
            count(*) filter ({of_now}) as newest_rows_with_reason,
            count(*) filter ({of_now} and ({table.headline})) as headline_rows_with_reason,
            coalesce(sum({missing}) filter ({of_now} and ({table.headline})), 0)::bigint as headline_numbers_missing,
            coalesce(sum({missing}) filter ({of_now}), 0)::bigint as numbers_missing,
            case
                when headline_rows_with_reason > 0 then {table.customers} filter ({of_now} and ({table.headline}))
                else {table.customers} filter ({of_now})
            end::bigint as {AT_STAKE},
            {"".join(f"{each}, " for each in known + sizes)}
        from {rows}
        left join {TEXTS} on {TEXTS}.own_text = {table.text}
        group by {TEXTS}.own_group
    """


def _describe_groups(counted: pl.DataFrame, table: ExplainedTable) -> pl.DataFrame:
    """Add the sums of all rows and what of the metrics is missing; those that most of the newest rows have first."""
    whole, newest, headline = counted.select(pl.col(COUNTS).sum()).row(0)
    alike = counted.drop_nulls("reason_group").sort(*COUNTS[1::-1], "reason_group", descending=[True, True, False])
    found = pl.DataFrame([_find_emptied(row, table) for row in alike.to_dicts()], schema=EMPTIED)
    return pl.concat([alike, found], how="horizontal").with_columns(
        table_rows=pl.lit(whole), newest_rows=pl.lit(newest), headline_rows=pl.lit(headline)
    )


EMPTIED = {"emptied_columns": pl.String, "n_column": pl.String, "smallest_n": pl.Float64, "greatest_n": pl.Float64}


def _find_emptied(row: Mapping[str, object], table: ExplainedTable) -> dict[str, object]:
    """Find the metrics that no row of a reason has, and on how few and how many the rows rest."""
    emptied = [name for name in table.n_of if row[f"known {name}"] == 0]
    sizes = (table.n_of[name] for name in (*emptied, *table.n_of))
    n_column = next((name for name in sizes if name and row[f"min {name}"] is not None), None)
    return {
        "emptied_columns": ", ".join(emptied) or None,
        "n_column": n_column,
        "smallest_n": row[f"min {n_column}"] if n_column else None,
        "greatest_n": row[f"max {n_column}"] if n_column else None,
    }
