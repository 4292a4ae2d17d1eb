"""Proves that a run lost no row, and names the exchange rate that is missing when money cannot be converted.

Put here: counting, each number by its own scan of the tables that it speaks of. Keep out: adding up money
(`tie_out.py`) and validating the outcome (the contract of `meta.row_accounting`).
"""

import duckdb

from regulars.pipelines.kinds.shape.registry import KINDS, list_core_amounts

_NO_CURRENCY = "no currency, or two"


def write_row_accounting(con: duckdb.DuckDBPyConnection) -> None:
    """Make `meta.row_accounting`: what became of the rows of each kind in each file.

    Args:
        con: The build, with `landed`, `staging` and `quarantine` filled.
    """
    con.execute("create temp table counted (source varchar, kind varchar, file_sha256 varchar, fate varchar, n bigint)")
    con.execute(_LINES_THAT_ARE_NO_ROWS)
    for kind in KINDS:
        con.execute(_ROWS_OF_KIND.format(kind=kind))
    con.execute(_ROW_ACCOUNTING)
    con.execute("drop table counted")


_LINES_THAT_ARE_NO_ROWS = """
    insert into counted
    select source, 'malformed', file_sha256, 'read', count(*) from landed.malformed group by all
    union all
    select source, 'malformed', file_sha256, 'superseded', count(*)
    from landed.malformed
    where delivery in (select delivery from quarantine.healed)
    group by all
    union all
    select source, kind, file_sha256, unnest(['read', 'excluded']), count(*)
    from landed.excluded
    group by source, kind, file_sha256
    union all
    select source, kind, file_sha256, 'quarantined', count(*) from quarantine.rows group by all
"""
_ROWS_OF_KIND = """
    insert into counted
    select _source, '{kind}', _file_sha256, 'read', count(*) from landed.{kind} group by all
    union all
    select _source, '{kind}', _file_sha256, 'loaded', count(*) from staging.{kind} group by all
    union all
    select here._source, '{kind}', here._file_sha256, gone.outcome, count(*)
    from landed.{kind} as here
    join quarantine.left_out as gone on gone.kind = '{kind}' and gone.row_id = here._row_id
    group by all
"""
_ROW_ACCOUNTING = """
    create table meta.row_accounting as
    with
        files as (
            select source, file_sha256, max_by(file_name, (delivery, file_name)) as file_name
            from landed.files
            group by all
        )

    select
        counted.source,
        counted.kind,
        any_value(files.file_name) as file_name,
        counted.file_sha256,
        cast(coalesce(sum(n) filter (fate = 'read'), 0) as bigint) as rows_read,
        cast(coalesce(sum(n) filter (fate = 'loaded'), 0) as bigint) as rows_loaded,
        cast(coalesce(sum(n) filter (fate = 'quarantined'), 0) as bigint) as rows_quarantined,
        cast(coalesce(sum(n) filter (fate = 'superseded'), 0) as bigint) as rows_superseded,
        cast(coalesce(sum(n) filter (fate = 'duplicate'), 0) as bigint) as rows_duplicate,
        cast(coalesce(sum(n) filter (fate = 'excluded'), 0) as bigint) as rows_excluded,
    from counted
    left join files on files.source = counted.source and files.file_sha256 = counted.file_sha256
    group by counted.source, counted.kind, counted.file_sha256
    order by all
"""


def write_excluded_rows(con: duckdb.DuckDBPyConnection) -> None:
    """Make `meta.excluded_rows`: how many rows of each kind in each file every rule of the settings leaves out.

    Args:
        con: The build, with `landed` filled.
    """
    con.execute(_EXCLUDED_ROWS)


_EXCLUDED_ROWS = """
    create table meta.excluded_rows as
    with
        files as (
            select source, file_sha256, max_by(file_name, (delivery, file_name)) as file_name
            from landed.files
            group by all
        )

    select
        excluded.source,
        excluded.kind,
        any_value(files.file_name) as file_name,
        excluded.file_sha256,
        excluded.rule,
        count(*) as rows_excluded,
    from landed.excluded as excluded
    left join files on files.source = excluded.source and files.file_sha256 = excluded.file_sha256
    group by excluded.source, excluded.kind, excluded.file_sha256, excluded.rule
    order by all
"""


def find_missing_rate(con: duckdb.DuckDBPyConnection) -> str | None:
    """A sentence about the first money in core that no rate converts, or None when all is converted.

    Args:
        con: The build; those of the core tables of money that are there are looked at.
    """
    there = con.execute("select table_name from information_schema.tables where table_schema = 'core'").fetchall()
    con.execute("create temp table unconverted (table_name varchar, currency varchar, day date)")
    for core in list_core_amounts(KINDS.values()):
        if core.day and (core.table.removeprefix("core."),) in there:
            con.execute(
                f"""
                insert into unconverted
                select '{core.table}', coalesce(currency, '{_NO_CURRENCY}'), {core.day}
                from {core.table}
                where {core.amount} is null
                """
            )
    found = con.execute(
        """
        select table_name, currency, min(day) as first_day, count(*)
        from unconverted
        group by table_name, currency
        order by first_day, table_name, currency
        limit 1
        """
    ).fetchall()
    con.execute("drop table unconverted")
    for table, currency, day, count in found:
        if currency == _NO_CURRENCY:
            return f"{table}: the lines of {count} document(s), the first of {day}, are in more than one currency."
        return (
            f"{table}: there is no rate of {currency} on or before {day} ({count} document(s) from that day on). "
            f"Add the rate to a source of `fx_rates`; a missing rate is never taken as 1."
        )
    return None
