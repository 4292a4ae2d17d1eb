"""Makes `landed.<kind>`: every record the run reads, as text, in our columns and canonical forms.

Put here: the tables of the schema `landed`. Keep out: landing files, and validating rows.
Runs before outside access is switched off: it reads the landing and evaluates the settings' expressions.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.source import KindMapping, Source
from regulars.pipelines.sources.excluded_findings import ExcludedCounts, find_null_conditions, find_share_jumps
from regulars.pipelines.sources.excluded_people import leave_people_out
from regulars.pipelines.sources.landed_tables import INSERT_FILE, make_landed_tables
from regulars.pipelines.sources.landing import find_lines, read_landed_file
from regulars.pipelines.sources.ledger import Delivery
from regulars.pipelines.sources.mapping.evidence import Evidence, collect_evidence
from regulars.pipelines.sources.mapping.evidence_findings import find_doubtful_readings
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping import (
    LandedFile,
    list_expressions,
    list_unread_columns,
    select_kind,
    select_row_as_json,
)
from regulars.pipelines.sources.mapping.mapping_checks import check_mapping
from regulars.pipelines.sources.readers.landed_text import (
    Landed,
    malformed_path,
    open_private_connection,
    readable_text_path,
)
from regulars.pipelines.sources.record_rules import SortedRecords, sort_records
from regulars.pipelines.sources.source_landing import LandedSource
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal


@dataclass(frozen=True)
class _LandedDelivery:
    """One delivery to be written to the tables: its source, its landed file, the mappings that fit its header."""

    name: str
    source: Source
    delivery: Delivery
    landed: Landed
    mappings: dict[str, KindMapping]
    landing: Path

    @property
    def text(self) -> Path:
        """The landed rows."""
        return readable_text_path(self.landing, self.landed.file_sha256, self.source)

    @property
    def rows(self) -> str:
        """SQL of the landed rows, with `file_row_number` from 0."""
        return f"read_parquet({quote_literal(self.text)}, file_row_number = true)"

    @property
    def number(self) -> int:
        """The number of the delivery."""
        return int(self.delivery.delivery or 0)

    @property
    def system(self) -> str:
        """The system whose ids the file holds."""
        return self.source.system or self.name


def write_landed_rows(
    con: duckdb.DuckDBPyConnection, settings: Settings, landed_sources: list[LandedSource], home: Path
) -> list[Finding]:
    """Make `landed.<kind>` for every kind, `landed.malformed`, `landed.excluded` and `landed.files`.

    `landed.malformed` holds the lines that are not records (`line` from 1) and the records of which it cannot be told
    what they are: `rule` is `malformed`, `unclaimed` or `condition_is_null`. `landed.excluded` has one row per record
    and kind that a rule of the settings leaves out. `landed.files` has one row per file that the run reads; `kinds`
    are joined by commas.

    Args:
        con: The build, with outside access still on.
        settings: The company's settings, with which `landed_sources` were landed.
        landed_sources: The result of `land_sources`.
        home: The company's home.

    Returns:
        What is doubtful about how values were read, and odd about the rules that leave records out.

    Raises:
        SettingsWrong: An expression fails on a row.
    """
    evidence = Evidence()
    con.execute("set timezone = 'UTC'")  # where a moment with an offset passes through text
    make_landed_tables(con)
    checker = ExpressionChecker(con)
    findings = []
    for landed_source in landed_sources:
        source, landing, unplaced_count = settings.sources[landed_source.source], home / "landing", 0
        counts = list(_count_excluded_before(con, landed_source, source, landing, checker))
        for landed in _read_deliveries(landed_source.source, source, landed_source.deliveries, landing, checker):
            records = _sort_records(con, landed)
            file = _describe_file(landed, records.kept, settings, checker)
            for kind, mapping in landed.mappings.items():
                _insert_kind(con, landed, file, kind, mapping)
            _insert_malformed(con, landed)
            _insert_unplaced(con, landed, records)
            _insert_file(con, landed, landed_source.is_stale)
            collect_evidence(con, file, landed.mappings, evidence)
            counts.append(ExcludedCounts(landed.landed.record_count, _insert_excluded(con, landed)))
            unplaced_count += sum(rule == "condition_is_null" for rule, _ in records.unplaced.values())
        findings += find_share_jumps(landed_source.source, counts)
        findings += find_null_conditions(landed_source.source, unplaced_count)
    leave_people_out(con, settings.exclude, settings.identity.ignore_emails)
    currencies = {name: source.currency or settings.company.currency for name, source in settings.sources.items()}
    return [*findings, *find_doubtful_readings(evidence, settings.sources, currencies)]


def _count_excluded_before(
    con: duckdb.DuckDBPyConnection,
    landed_source: LandedSource,
    source: Source,
    landing: Path,
    checker: ExpressionChecker,
) -> Iterator[ExcludedCounts]:
    """What the rules would leave out of the delivery before the only one that is read, if they fit its columns."""
    before = [] if landed_source.previous is None else [landed_source.previous]
    for landed in _read_deliveries(landed_source.source, source, before, landing, checker):
        with suppress(SettingsWrong, duckdb.BinderException):
            sort_records(con, landed.rows, source, landed.mappings)
            yield ExcludedCounts(landed.landed.record_count, _count_excluded(con))


def _read_deliveries(
    name: str, source: Source, deliveries: Iterable[Delivery], landing: Path, checker: ExpressionChecker
) -> Iterator[_LandedDelivery]:
    with open_private_connection() as con:
        for delivery in deliveries:
            landed = read_landed_file(con, str(delivery.file_sha256), delivery.file_name, source, landing)
            mistakes = check_mapping(name, source, landed.header, landed.columns, checker)
            absent = {(mistake.kind, mistake.column) for mistake in mistakes}
            mappings = {
                kind: KindMapping(
                    columns={ours: theirs for ours, theirs in mapping.columns.items() if (kind, ours) not in absent},
                    when=mapping.when,
                )
                for kind, mapping in source.mappings.items()
            }
            yield _LandedDelivery(name, source, delivery, landed, mappings, landing)


def _describe_file(read: _LandedDelivery, rows: str, settings: Settings, checker: ExpressionChecker) -> LandedFile:
    return LandedFile(
        rows=rows,
        columns=read.landed.columns,
        rest=list_unread_columns(
            read.mappings.values(),
            [*read.source.exclude.values(), *read.source.include.values()],
            read.landed.columns,
            checker,
        ),
        options=read.source.options,
        source=read.name,
        system=read.system,
        delivery=read.number,
        file_sha256=read.landed.file_sha256,
        zone=read.source.timezone or settings.company.timezone,
        currency=read.source.currency or settings.company.currency,
    )


def _sort_records(con: duckdb.DuckDBPyConnection, read: _LandedDelivery) -> SortedRecords:
    try:
        return sort_records(con, read.rows, read.source, read.mappings)
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
        what = type(error).__name__.removesuffix("Exception").lower()
        raise SettingsWrong(
            f"sources.{read.name}: a condition of `exclude`, `include` or `when` fails on a row of "
            f"{read.delivery.file_name} ({what} error): make it give NULL there, for example with `try_cast`"
        ) from None  # DuckDB's own words show the value


def _insert_kind(
    con: duckdb.DuckDBPyConnection, read: _LandedDelivery, file: LandedFile, kind: str, mapping: KindMapping
) -> None:
    try:
        con.execute(f"insert into landed.{quote_identifier(kind)} {select_kind(kind, mapping, file)}")
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
        # DuckDB's own words show the value
        raise _find_failing_expression(con, read, file.rows, kind, mapping) from None


def _find_failing_expression(
    con: duckdb.DuckDBPyConnection, read: _LandedDelivery, rows: str, kind: str, mapping: KindMapping
) -> SettingsWrong:
    for column, expression in list_expressions(mapping):
        try:
            con.execute(f"""
                select count(
                    {expression}
                )
                from {rows} as file
            """).fetchall()
        except duckdb.Error as error:
            what = type(error).__name__.removesuffix("Exception").lower()
            return SettingsWrong(
                f"sources.{read.name}: the expression for {kind}.{column} fails on a row of {read.delivery.file_name} "
                f"({what} error): make it give NULL there, for example with `try_cast`"
            )
    return SettingsWrong(
        f"sources.{read.name}: {read.delivery.file_name} cannot be mapped to {kind}: check its `columns` and `when`"
    )


def _insert_malformed(con: duckdb.DuckDBPyConnection, read: _LandedDelivery) -> None:
    if read.landed.malformed_count:
        con.execute(f"""
            insert into landed.malformed by name
            select {_select_place(read)}, line, text, 'malformed' as rule, reason
            from read_parquet({quote_literal(malformed_path(read.text))})
        """)


def _insert_unplaced(con: duckdb.DuckDBPyConnection, read: _LandedDelivery, records: SortedRecords) -> None:
    """Quarantine the records of which it cannot be told what they are, as JSON with the line that they begin on."""
    if not records.unplaced:
        return
    rows = con.execute(
        f"""
        select file_row_number + 1, {select_row_as_json(list(read.landed.columns))}
        from {read.rows} as file
        where file_row_number + 1 in (select unnest($1::bigint[]))
        order by 1
        """,
        [list(records.unplaced)],
    ).fetchall()
    lines = find_lines(set(records.unplaced), read.landed.file_sha256, read.source, read.landing)
    con.executemany(
        f"""
        insert into landed.malformed by name
        select {_select_place(read)}, ? as line, ? as text, ? as rule, ? as reason
        """,
        [(lines.get(number, number), row, *records.unplaced[number]) for number, row in rows],
    )


def _insert_excluded(con: duckdb.DuckDBPyConnection, read: _LandedDelivery) -> dict[str, int]:
    """Write down the records that a rule leaves out; rule -> how many."""
    con.execute(
        f"""
        insert into landed.excluded by name
        select
            {quote_literal(read.name)} as source,
            kind,
            {read.number} as delivery,
            {quote_literal(read.landed.file_sha256)} as file_sha256,
            row,
            rule,
        from excluded_records
        """
    )
    return _count_excluded(con)


def _count_excluded(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rule -> how many records of the file at hand it leaves out."""
    return dict(con.execute("select rule, count(distinct row) from excluded_records group by rule").fetchall())


def _insert_file(con: duckdb.DuckDBPyConnection, read: _LandedDelivery, is_stale: bool) -> None:
    con.execute(
        INSERT_FILE,
        {
            "source": read.name,
            "delivery": read.delivery.delivery,
            "path": read.delivery.path,
            "file_name": read.delivery.file_name,
            "file_sha256": read.delivery.file_sha256,
            "bytes": read.delivery.bytes,
            "record_count": read.landed.record_count,
            "malformed_count": read.landed.malformed_count,
            "modified_at": read.delivery.modified_at,
            "landed_at": read.delivery.landed_at,
            "is_stale": is_stale,
            "encoding": read.landed.encoding,
            "kinds": ",".join(read.mappings),
        },
    )


def _select_place(read: _LandedDelivery) -> str:
    """SQL of the columns of `landed.malformed` that say which file a line is from."""
    return f"""
        {quote_literal(read.name)} as source,
        {quote_literal(read.system)} as system,
        {read.number} as delivery,
        {quote_literal(read.landed.file_sha256)} as file_sha256
    """
