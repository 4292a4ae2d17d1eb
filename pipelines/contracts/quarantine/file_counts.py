"""Counts what became of every row of every file, by scans of the tables themselves.

Put here: the counts. Keep out: deciding what becomes of a row (`versions.py`, `repeats.py`, `quarantine_step.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

MALFORMED = "malformed"
"""The kind of lines that are not records, and of records that belong to no kind."""


@dataclass(frozen=True)
class FileCount:
    """What became of the rows of one kind in one file.

    Read = loaded + superseded + duplicate + excluded + quarantined.
    """

    source: str
    kind: str
    file_sha256: str
    rows_read: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    rows_superseded: int = 0
    rows_duplicate: int = 0
    rows_excluded: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether every row that was read is counted once."""
        left_out = self.rows_quarantined + self.rows_superseded + self.rows_duplicate + self.rows_excluded
        return self.rows_read == self.rows_loaded + left_out


def count_files(con: duckdb.DuckDBPyConnection, kinds: Sequence[str]) -> list[FileCount]:
    """What became of every row, per source, kind and file."""
    con.execute(_COUNTED)
    for kind in kinds:
        con.execute(_COUNT_OF_KIND.format(kind=kind))
    if exists_landed(con, "malformed"):
        con.execute(_COUNT_OF_MALFORMED)
    if exists_landed(con, "excluded"):
        con.execute(_COUNT_OF_EXCLUDED)
    rows = con.execute(_COUNT_PER_FILE).fetchall()
    con.execute("drop table counted")
    return [FileCount(*row) for row in rows]


_COUNTED = """
    create temp table counted as
    select source, kind, file_sha256, 'quarantined' as fate, count(row) as n
    from quarantine.rows
    group by all
"""
_COUNT_OF_KIND = """
    insert into counted
    select _source, '{kind}', _file_sha256, 'read', count(_row_id) from landed.{kind} group by all
    union all
    select _source, '{kind}', _file_sha256, 'loaded', count(_row_id) from raw.{kind} group by all
    union all
    select here._source, '{kind}', here._file_sha256, gone.outcome, count(here._row_id)
    from landed.{kind} as here
    join quarantine.left_out as gone on gone.kind = '{kind}' and gone.row_id = here._row_id
    group by all
"""
_COUNT_OF_MALFORMED = f"""
    insert into counted
    select source, '{MALFORMED}', file_sha256, 'read', count(line)
    from landed.malformed
    group by all
    union all
    select source, '{MALFORMED}', file_sha256, 'superseded', count(line)
    from landed.malformed
    where delivery in (select delivery from quarantine.healed)
    group by all
"""
_COUNT_OF_EXCLUDED = """
    insert into counted
    select source, kind, file_sha256, unnest(['read', 'excluded']), count(row)
    from landed.excluded
    group by source, kind, file_sha256
"""
_COUNT_PER_FILE = """
    select
        source,
        kind,
        file_sha256,
        coalesce(sum(n) filter (fate = 'read'), 0)::bigint,
        coalesce(sum(n) filter (fate = 'loaded'), 0)::bigint,
        coalesce(sum(n) filter (fate = 'quarantined'), 0)::bigint,
        coalesce(sum(n) filter (fate = 'superseded'), 0)::bigint,
        coalesce(sum(n) filter (fate = 'duplicate'), 0)::bigint,
        coalesce(sum(n) filter (fate = 'excluded'), 0)::bigint,
    from counted
    group by source, kind, file_sha256
    order by source, kind, file_sha256
"""


def exists_landed(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the build holds `landed.<table>`."""
    found = con.execute(
        "select 1 from duckdb_tables() where database_name = current_database() and schema_name = 'landed' "
        "and table_name = $1",
        [table],
    ).fetchall()
    return bool(found)
