"""Makes `landed.<kind>`: every record the run reads, as text, in our columns and canonical forms.

Put here: the tables of the schema `landed`. Keep out: landing files, and validating rows.
Runs before outside access is switched off: it reads the landing and evaluates the settings' expressions.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.settings.part import Place
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.source import KindMapping, Source
from regulars.pipelines.sources.landed_tables import make_landed_tables
from regulars.pipelines.sources.landing import find_lines, read_landed_file
from regulars.pipelines.sources.ledger import Delivery
from regulars.pipelines.sources.mapping.evidence import Evidence, collect_evidence
from regulars.pipelines.sources.mapping.evidence_findings import find_doubtful_readings
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.failing_expressions import find_failing_expressions
from regulars.pipelines.sources.mapping.mapping import (
    LandedFile,
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
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.source_landing import LandedSource
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_INSERT_FILE = """
    insert into landed.files by name
    select
        $source as source,
        $delivery as delivery,
        $file_name as file_name,
        $file_sha256 as file_sha256,
        $bytes as bytes,
        $record_count as record_count,
        $malformed_count as malformed_count,
        $modified_at as modified_at,
        $landed_at as landed_at,
        $is_stale as is_stale,
        $encoding as encoding,
        $kinds as kinds
"""


@dataclass(frozen=True)
class _LandedDelivery:
    """One delivery to be written to the tables: its source, its landed file, the mappings that fit its header."""

    name: str
    source: Source
    delivery: Delivery
    landed: Landed
    mappings: dict[str, KindMapping]
    landing: Path
    locate: Callable[[Place], str]

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
    """Make `landed.<kind>` for every kind, `landed.malformed` and `landed.files`.

    `landed.malformed` holds the lines that are not records (`line` from 1; `kind` is NULL) and the records that no
    kind of their source claims (`reason` begins with `unclaimed`). `landed.files` has one row per file that the run
    reads; `kinds` are joined by commas.

    Args:
        con: The build, with outside access still on.
        settings: The company's settings, with which `landed_sources` were landed.
        landed_sources: The result of `land_sources`.
        home: The company's home.

    An expression that fails on a row of an optional source withholds that source.

    Returns:
        What is doubtful about how the values were read.

    Raises:
        SettingsWrong: An expression fails on a row of a required source.
    """
    evidence = Evidence()
    con.execute("set timezone = 'UTC'")  # where a moment with an offset passes through text
    make_landed_tables(con)
    for landed_source in landed_sources:
        try:
            _insert_source(con, settings, landed_source, home, evidence)
        except SettingsWrong as wrong:
            if settings.sources[landed_source.source].is_required:
                raise
            landed_source.withheld.append(Refusal("mapping", str(wrong)))
            replace_landed_rows(con, settings, landed_source, [], home)
    currencies = {name: source.currency or settings.company.currency for name, source in settings.sources.items()}
    return find_doubtful_readings(evidence, settings.sources, currencies)


def replace_landed_rows(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    landed_source: LandedSource,
    deliveries: list[Delivery],
    home: Path,
) -> None:
    """Let the run read other deliveries of a source than those that `write_landed_rows` has written.

    Works after outside access is switched off too: it reads nothing outside the home.

    Args:
        con: The build.
        settings: The company's settings.
        landed_source: The source; its `deliveries` are replaced.
        deliveries: What to read instead, in order.
        home: The company's home.
    """
    for kind in settings.sources[landed_source.source].mappings:
        con.execute(f"delete from landed.{quote_identifier(kind)} where _source = $1", [landed_source.source])
    con.execute("delete from landed.malformed where source = $1", [landed_source.source])
    con.execute("delete from landed.files where source = $1", [landed_source.source])
    landed_source.found = landed_source.found_deliveries
    landed_source.deliveries = deliveries
    _insert_source(con, settings, landed_source, home, Evidence())


def _insert_source(
    con: duckdb.DuckDBPyConnection, settings: Settings, landed_source: LandedSource, home: Path, evidence: Evidence
) -> None:
    checker = ExpressionChecker(con)
    for landed in _read_deliveries(settings, landed_source, home / "landing", checker):
        file = _describe_file(landed, settings, checker)
        for kind, mapping in landed.mappings.items():
            _insert_kind(con, landed, file, kind, mapping)
        _insert_malformed(con, landed)
        _insert_unclaimed(con, landed)
        _insert_file(con, landed, landed_source.is_stale)
        collect_evidence(con, file, landed.mappings, evidence)


def _read_deliveries(
    settings: Settings, landed_source: LandedSource, landing: Path, checker: ExpressionChecker
) -> Iterator[_LandedDelivery]:
    source = settings.sources[landed_source.source]
    with open_private_connection() as con:
        for delivery in landed_source.deliveries:
            landed = read_landed_file(con, str(delivery.file_sha256), delivery.file_name, source, landing)
            mistakes = check_mapping(landed_source.source, source, landed.header, landed.columns, checker)
            absent = {(mistake.kind, mistake.column) for mistake in mistakes}
            mappings = {
                kind: KindMapping(
                    columns={ours: theirs for ours, theirs in mapping.columns.items() if (kind, ours) not in absent},
                    when=mapping.when,
                )
                for kind, mapping in source.mappings.items()
            }
            yield _LandedDelivery(landed_source.source, source, delivery, landed, mappings, landing, settings.locate)


def _describe_file(read: _LandedDelivery, settings: Settings, checker: ExpressionChecker) -> LandedFile:
    return LandedFile(
        rows=read.rows,
        columns=read.landed.columns,
        rest=list_unread_columns(read.mappings.values(), read.landed.columns, checker),
        options=read.source.options,
        source=read.name,
        system=read.system,
        delivery=read.number,
        file_sha256=read.landed.file_sha256,
        zone=read.source.timezone or settings.company.timezone,
        currency=read.source.currency or settings.company.currency,
    )


def _insert_kind(
    con: duckdb.DuckDBPyConnection, read: _LandedDelivery, file: LandedFile, kind: str, mapping: KindMapping
) -> None:
    try:
        con.execute(f"insert into landed.{quote_identifier(kind)} {select_kind(kind, mapping, file)}")
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
        raise _describe_failure(con, read, kind, mapping) from None  # DuckDB's own words show the value


def _describe_failure(
    con: duckdb.DuckDBPyConnection, read: _LandedDelivery, kind: str, mapping: KindMapping
) -> SettingsWrong:
    here: Place = ("sources", read.name, *(("kinds", kind) if read.source.kinds else ()))
    file_name = read.delivery.file_name
    for column, what in find_failing_expressions(con, mapping, read.rows):
        place = (*here, "when") if column == "when" else (*here, "columns", column)
        return SettingsWrong(
            f"{read.locate(place)}sources.{read.name}: the expression for {kind}.{column} fails on a row of "
            f"{file_name} ({what} error): make it give NULL there, for example with `try_cast`"
        )
    return SettingsWrong(
        f"{read.locate(here)}sources.{read.name}: {file_name} cannot be mapped to {kind}: check its `columns` and "
        "`when`"
    )


def _insert_malformed(con: duckdb.DuckDBPyConnection, read: _LandedDelivery) -> None:
    if read.landed.malformed_count:
        con.execute(f"""
            insert into landed.malformed by name
            select {_select_place(read)}, line, text, reason
            from read_parquet({quote_literal(malformed_path(read.text))})
        """)


def _insert_unclaimed(con: duckdb.DuckDBPyConnection, read: _LandedDelivery) -> None:
    """Quarantine the records that no kind claims, each as a JSON object with the line it begins on."""
    if any(mapping.when is None for mapping in read.mappings.values()):
        return
    is_claimed = " or ".join(f"(({mapping.when}\n) is true)" for mapping in read.mappings.values())
    unclaimed = con.execute(f"""
        select file_row_number + 1, {select_row_as_json(list(read.landed.columns))}
        from {read.rows} as file
        where not ({is_claimed})
        order by 1
    """).fetchall()
    if not unclaimed:
        return
    lines = find_lines({number for number, _ in unclaimed}, read.landed.file_sha256, read.source, read.landing)
    con.executemany(
        f"""
        insert into landed.malformed by name
        select {_select_place(read)}, ? as line, ? as text, ? as reason
        """,
        [(lines.get(number, number), row, "unclaimed: no kind's `when` is true") for number, row in unclaimed],
    )


def _insert_file(con: duckdb.DuckDBPyConnection, read: _LandedDelivery, is_stale: bool) -> None:
    con.execute(
        _INSERT_FILE,
        {
            "source": read.name,
            "delivery": read.delivery.delivery,
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
