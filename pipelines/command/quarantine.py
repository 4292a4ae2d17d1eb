"""Shows which records a run quarantined and why, and exports them for repair at the source.

Put here: reading the quarantine of the state file, or of a run that failed. Keep out: deciding what is quarantined.
"""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import polars as pl

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.opened import open_state
from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.contracts.quarantine.file_counts import MALFORMED
from regulars.pipelines.errors import RegularsError, SettingsWrong, StorageFailed
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.csv_file import write_safe_csv
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.sources.landing import find_lines
from regulars.pipelines.sources.ledger import read_file_names

_SUMMARY = """
    with
        all_rows as ({rows})

    select
        source,
        kind,
        rules,
        min(reasons),
        is_withheld,
        count(*),
        arg_min(file_sha256, (delivery, row)),
        arg_min(row, (delivery, row))
    from all_rows
    group by source, kind, rules, is_withheld
    order by count(*) desc, source, kind, rules
"""
_ROWS = "select *, false as is_withheld from quarantine.rows"
_WITHHELD = "select *, true as is_withheld from quarantine.withheld"


@dataclass(frozen=True)
class _Group:
    """Quarantined rows of one source and kind that break the same rules, and where the first one is.

    Attributes:
        source: The source.
        kind: The kind; `malformed` for lines that are not records.
        rules: Their ids, joined by commas.
        reason: Why, in sentences.
        is_withheld: Whether they are of a file of an optional source that the run went on without.
        rows_quarantined: How many.
        file_name: The file of the first of them.
        line: Its line in the delivered text; None when the original is gone.
        row: Its number among the file's records; None for a line that is not a record.
    """

    source: str
    kind: str
    rules: str
    reason: str
    is_withheld: bool
    rows_quarantined: int
    file_name: str
    line: int | None
    row: int | None

    def lines(self) -> list[str]:
        """For people."""
        rows = count_things(self.rows_quarantined, "row")
        place = f"line {self.line:,}" if self.line is not None else f"row {self.row:,}"
        if self.line is not None and self.row is not None:
            place += f" (row {self.row:,})"
        first = "in" if self.rows_quarantined == 1 else "the first is in"
        withheld = "; the whole file was left out" if self.is_withheld else ""
        return [
            f"{self.source}: {rows} of {self.kind}, {first} {self.file_name}, {place}{withheld}",
            f"  {self.rules.replace(',', ', ')}",
            f"  {self.reason}",
        ]


def show_quarantine(home: Home, *, settings: Path, export: Path | None, as_json: bool) -> str:
    """Counts per source and rule; with `export`, write every row to a CSV file that a spreadsheet can open safely.

    When the last run failed, what it quarantined is shown, else what the current generation did.

    Args:
        home: The company's home.
        settings: The settings file: without it, rows are numbered and lines are not.
        export: The CSV file to write.
        as_json: For machines.
    """
    with _open_quarantine(home) as (con, heading):
        rows = _ROWS
        if con.execute("select 1 from duckdb_tables() where table_name = 'withheld'").fetchall():
            rows = f"{_ROWS} union all {_WITHHELD}"  # an older state file has no such table
        if export is not None:
            found = con.sql(f"from ({rows}) order by source, row_id").pl()
            write_safe_csv(_add_places(found, home, _try_settings(settings)), export)
            count = count_things(len(found), "row")
            return f"wrote {count} to {export}: they hold personal data, so do not share the file"
        groups = con.execute(_SUMMARY.format(rows=rows)).fetchall()
    names, company = read_file_names(home.ledger), _try_settings(settings)
    listed = [_describe_group(group, names, home, company) for group in groups]
    if as_json:
        return json.dumps([asdict(each) for each in listed], indent=1)
    if not listed:
        return "nothing is quarantined"
    return "\n".join([heading, *(line for each in listed for line in ("", *each.lines()))])


@contextmanager
def _open_quarantine(home: Home) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """The file to read, and what run it is of."""
    failed = home.failed_state
    if failed.exists():
        ended = dt.datetime.fromtimestamp(failed.stat().st_mtime, dt.UTC)
        try:
            con = duckdb.connect(failed, read_only=True)
        except duckdb.Error:
            raise StorageFailed(f"{failed} cannot be read; the next run writes or removes it") from None
        with con:
            yield con, f"Quarantined by the run that failed at {ended:%Y-%m-%d %H:%M} UTC; nothing of it was published."
        return
    current = find_current(home)
    with open_state(current) as con:
        yield con, f"Quarantined in {current.name}."


def _try_settings(path: Path) -> Settings | None:
    try:
        return load_settings(path)
    except SettingsWrong:
        return None


def _describe_group(
    group: tuple[object, ...], names: dict[tuple[str, str], str], home: Home, company: Settings | None
) -> _Group:
    source, kind, rules, reason, is_withheld, count, sha256, row = group
    is_line = kind == MALFORMED or rules == MALFORMED
    number = int(str(row))
    line = number if is_line else _find_lines({number}, str(source), str(sha256), home, company).get(number)
    name = names.get((str(source), str(sha256)), f"the file {str(sha256)[:12]}")
    row_number = None if is_line else number
    return _Group(
        str(source), str(kind), str(rules), str(reason), bool(is_withheld), int(str(count)), name, line, row_number
    )


def _find_lines(records: set[int], source: str, sha256: str, home: Home, company: Settings | None) -> dict[int, int]:
    """Record number -> line; empty where the original is gone, or the settings do not know the source."""
    if company is None or source not in company.sources:
        return {}
    try:
        return find_lines(records, sha256, company.sources[source], home.landing)
    except (RegularsError, OSError):
        return {}


def _add_places(rows: pl.DataFrame, home: Home, company: Settings | None) -> pl.DataFrame:
    """The rows with the name of their file, and the line they begin on."""
    names = read_file_names(home.ledger)
    lines: dict[tuple[str, str, int], int] = {}
    is_record = (pl.col("kind") != MALFORMED) & (pl.col("rules") != MALFORMED)
    for (source, sha256), part in rows.filter(is_record).group_by("source", "file_sha256"):
        for record, line in _find_lines(set(part["row"]), str(source), str(sha256), home, company).items():
            lines[str(source), str(sha256), record] = line
    keys = rows.select("source", "file_sha256", "row", is_record.alias("is_record")).rows()
    return rows.with_columns(
        pl.Series("file_name", [names.get((source, sha256)) for source, sha256, _, _ in keys], pl.String),
        pl.Series(
            "line", [lines.get((source, sha256, row)) if own else row for source, sha256, row, own in keys], pl.Int64
        ),
    )
