"""`landed.<kind>`: every row the run reads, text, in our columns and canonical forms.

Put here: the delivered tables. Keep out: landing files, and validating rows.
Runs before outside access is switched off: it reads the landing and evaluates the settings' expressions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.kinds.kind import TRACE_COLUMNS
from regulars.pipelines.kinds.registry import KINDS
from regulars.pipelines.settings.settings import KindMapping, Settings, Source
from regulars.pipelines.sources.deliveries import LandedSource
from regulars.pipelines.sources.landing import landed_again, physical_lines
from regulars.pipelines.sources.ledger import Delivery
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping import expressions_of, json_of_row, select_kind, unread_columns
from regulars.pipelines.sources.mapping.mapping_checks import check_mapping
from regulars.pipelines.sources.readers.landed_text import (
    Landed,
    malformed_path,
    private_connection,
    readable_text_path,
)
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_MALFORMED = (
    "source varchar, system varchar, kind varchar, delivery integer, file_sha256 varchar, "
    "line bigint, text varchar, reason varchar"
)
_FILES = (
    "source varchar, delivery integer, file_name varchar, file_sha256 varchar, bytes bigint, record_count bigint, "
    "malformed_count bigint, modified_at timestamp, landed_at timestamp, is_stale boolean, encoding varchar, "
    "kinds varchar"
)


@dataclass(frozen=True)
class _Read:
    """One delivery on its way into the tables: its source, what was landed, and the mappings that fit its header."""

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
    def system(self) -> str:
        """Whose ids the file holds."""
        return self.source.system or self.name


def deliver(con: duckdb.DuckDBPyConnection, settings: Settings, landed_sources: list[LandedSource], home: Path) -> None:
    """Make `landed.<kind>` for every kind, `landed.malformed` and `landed.files`.

    `landed.malformed` holds the lines that are no records (`line` from 1; `kind` is NULL) and the records
    that no kind of their source claims (`reason` begins with `unclaimed`). `landed.files` has one row per file
    that the run reads; `kinds` are joined by commas.

    Args:
        con: The build, with outside access still on.
        settings: The company's settings, as the landed_sources were landed with.
        landed_sources: What `land_sources` gave.
        home: The company's home.

    Raises:
        SettingsWrong: An expression fails on a row.
    """
    con.execute("create schema if not exists landed")
    con.execute("set timezone = 'UTC'")  # where a moment with an offset passes through text
    for described in KINDS.values():
        columns = [f"{quote_identifier(column.name)} varchar" for column in described.columns]
        columns += [f"{name} {type_}" for name, type_ in TRACE_COLUMNS]
        con.execute(f"create or replace table landed.{quote_identifier(described.name)} ({', '.join(columns)})")
    con.execute(f"create or replace table landed.malformed ({_MALFORMED})")
    con.execute(f"create or replace table landed.files ({_FILES})")
    checker = ExpressionChecker(con)
    for landed_source in landed_sources:
        for read in _reads(settings, landed_source, home / "landing", checker):
            for kind, mapping in read.mappings.items():
                _insert_kind(con, settings, read, kind, mapping, checker)
            _insert_malformed(con, read)
            _insert_unclaimed(con, read)
            _insert_file(con, read, landed_source.is_stale)


def _reads(
    settings: Settings, landed_source: LandedSource, landing: Path, checker: ExpressionChecker
) -> Iterator[_Read]:
    source = settings.sources[landed_source.source]
    with private_connection() as con:
        for delivery in landed_source.deliveries:
            landed = landed_again(con, str(delivery.file_sha256), delivery.file_name, source, landing)
            mistakes = check_mapping(landed_source.source, source, landed.header, landed.columns, checker)
            absent = {(mistake.kind, mistake.column) for mistake in mistakes}
            mappings = {
                kind: KindMapping(
                    columns={ours: theirs for ours, theirs in mapping.columns.items() if (kind, ours) not in absent},
                    when=mapping.when,
                )
                for kind, mapping in source.mappings.items()
            }
            yield _Read(landed_source.source, source, delivery, landed, mappings, landing)


def _insert_kind(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    read: _Read,
    kind: str,
    mapping: KindMapping,
    checker: ExpressionChecker,
) -> None:
    trace = {
        "_source": quote_literal(read.name),
        "_system": quote_literal(read.system),
        "_delivery": str(int(read.delivery.delivery or 0)),
        "_file_sha256": quote_literal(read.landed.file_sha256),
    }
    select = select_kind(
        kind,
        mapping,
        read.source.options,
        read.landed.columns,
        unread_columns(read.mappings.values(), read.landed.columns, checker),
        read.rows,
        trace,
        zone=read.source.timezone or settings.company.timezone,
        currency=read.source.currency or settings.company.currency,
    )
    try:
        con.execute(f"insert into landed.{quote_identifier(kind)} {select}")
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
        raise _failing_expression(con, read, kind, mapping) from None  # DuckDB's own words show the value


def _failing_expression(con: duckdb.DuckDBPyConnection, read: _Read, kind: str, mapping: KindMapping) -> SettingsWrong:
    for column, expression in expressions_of(mapping):
        try:
            con.execute(f"select count(\n{expression}\n) from {read.rows} as file").fetchall()
        except duckdb.Error as error:
            what = type(error).__name__.removesuffix("Exception").lower()
            return SettingsWrong(
                f"sources.{read.name}: the expression for {kind}.{column} fails on a row of {read.delivery.file_name} "
                f"({what} error): make it give NULL there, with `try_cast`, say"
            )
    return SettingsWrong(f"sources.{read.name}: {read.delivery.file_name} cannot be mapped to {kind}")


def _insert_malformed(con: duckdb.DuckDBPyConnection, read: _Read) -> None:
    if read.landed.malformed_count:
        aside = quote_literal(malformed_path(read.text))
        con.execute(
            f"insert into landed.malformed select {_place(read)}, line, text, reason from read_parquet({aside})"
        )


def _insert_unclaimed(con: duckdb.DuckDBPyConnection, read: _Read) -> None:
    """Quarantine the records that no kind claims, each as a JSON object with the line it begins on."""
    if any(mapping.when is None for mapping in read.mappings.values()):
        return
    claims = " or ".join(f"(({mapping.when}\n) is true)" for mapping in read.mappings.values())
    whole = json_of_row(list(read.landed.columns))
    unclaimed = con.execute(
        f"select file_row_number + 1, {whole} from {read.rows} as file where not ({claims}) order by 1"
    ).fetchall()
    if not unclaimed:
        return
    lines = physical_lines({number for number, _ in unclaimed}, read.landed.file_sha256, read.source, read.landing)
    con.executemany(
        f"insert into landed.malformed select {_place(read)}, ?, ?, ?",
        [(lines.get(number, number), row, "unclaimed: no kind's `when` is true") for number, row in unclaimed],
    )


def _insert_file(con: duckdb.DuckDBPyConnection, read: _Read, is_stale: bool) -> None:
    delivery = read.delivery
    con.execute(
        "insert into landed.files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            read.name,
            delivery.delivery,
            delivery.file_name,
            delivery.file_sha256,
            delivery.bytes,
            read.landed.record_count,
            read.landed.malformed_count,
            delivery.modified_at,
            delivery.landed_at,
            is_stale,
            read.landed.encoding,
            ",".join(read.mappings),
        ],
    )


def _place(read: _Read) -> str:
    parts = [quote_literal(read.name), quote_literal(read.system), "null", str(int(read.delivery.delivery or 0))]
    return ", ".join([*parts, quote_literal(read.landed.file_sha256)])
