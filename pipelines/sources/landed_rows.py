"""Makes `landed.<kind>`: every record the run reads, as text, in our columns and canonical forms.

Put here: the tables of the schema `landed`. Keep out: landing files, and validating rows.
Runs before outside access is switched off: it reads the landing and evaluates the settings' expressions.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb

from regulars.pipelines.errors import SettingsWrong, StorageFailed
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.settings.part import Place
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.sources.columns import KindMapping
from regulars.pipelines.sources.exclusions.doubtful_exclusions import (
    count_doubtful_exclusions,
    find_doubtful_exclusions,
)
from regulars.pipelines.sources.exclusions.excluded_findings import (
    ExcludedCounts,
    find_null_conditions,
    find_share_jumps,
)
from regulars.pipelines.sources.exclusions.excluded_people import leave_people_out
from regulars.pipelines.sources.exclusions.excluded_versions import write_excluded_versions
from regulars.pipelines.sources.exclusions.unused_exclusions import find_idle_rules, find_unused_lists
from regulars.pipelines.sources.landed_delivery import LandedDelivery, read_deliveries
from regulars.pipelines.sources.landed_source import LandedSource
from regulars.pipelines.sources.landed_tables import INSERT_FILE, make_landed_tables, remove_landed_rows
from regulars.pipelines.sources.landing import find_lines
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
from regulars.pipelines.sources.no_records.header_rows import count_header_rows, find_header_rows
from regulars.pipelines.sources.no_records.malformed_lines import insert_malformed, select_place
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.record_rules import SortedRecords, sort_records
from regulars.pipelines.sources.replaced_deliveries import find_deleted_records, find_replaced_records
from regulars.pipelines.sources.surveys.progress_findings import LeftOut, find_doubtful_left_out, read_left_out
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal


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

    An expression that fails on a row of an optional source withholds that source.

    Returns:
        What is doubtful about how values were read, and odd about the rules that leave records out.

    Raises:
        SettingsWrong: An expression fails on a row of a required source.
    """
    evidence = Evidence()
    con.execute("set timezone = 'UTC'")  # where a moment with an offset passes through text
    make_landed_tables(con)
    findings = []
    for landed_source in landed_sources:
        try:
            findings += _insert_source(con, settings, landed_source, home, evidence)
            findings += find_deleted_records(con, settings, landed_source, home / "landing")
        except SettingsWrong as wrong:
            if settings.sources[landed_source.source].is_required:
                raise
            landed_source.withheld.append(Refusal("mapping", str(wrong)))
            replace_landed_rows(con, settings, landed_source, [], home)
    findings += find_unused_lists(con, settings)
    leave_people_out(con, settings.exclude, settings.identity.ignore_emails)
    currencies = {name: source.currency or settings.company.currency for name, source in settings.sources.items()}
    return [*findings, *find_doubtful_readings(evidence, settings.sources, currencies)]


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
    remove_landed_rows(con, landed_source.source)
    landed_source.found = landed_source.found_deliveries
    landed_source.deliveries = deliveries
    if deliveries:
        _insert_source(con, settings, landed_source, home, Evidence())
        leave_people_out(con, settings.exclude, settings.identity.ignore_emails)


def _insert_source(
    con: duckdb.DuckDBPyConnection, settings: Settings, landed_source: LandedSource, home: Path, evidence: Evidence
) -> list[Finding]:
    """Write the rows of one source; what is odd about the rules that leave records out."""
    landing, unplaced_count, header_count = home / "landing", 0, 0
    checker = ExpressionChecker(con)
    before = _read_delivery_before(landed_source, settings, landing, checker)
    counts = list(_count_excluded_before(con, before))
    findings, counted_before, doubtful, left_out = [], len(counts), Counter[str](), list[LeftOut]()
    for landed in read_deliveries(landed_source.source, settings, landed_source.deliveries, landing, checker):
        if not landed.landed.columns:  # JSON without any object
            _insert_file(con, landed, landed_source.is_stale)
            continue
        records = _sort_records(con, landed)
        file = _describe_file(landed, records.kept, settings, checker)
        for kind, mapping in landed.mappings.items():
            _insert_kind(con, landed, file, kind, mapping)
        insert_malformed(con, landed)
        _insert_unplaced(con, landed, records)
        _insert_file(con, landed, landed_source.is_stale)
        collect_evidence(con, file, landed.mappings, evidence)
        header_count += count_header_rows(con, file.rows, landed.columns)
        counts.append(ExcludedCounts(landed.landed.record_count, _insert_excluded(con, landed)))
        doubtful += count_doubtful_exclusions(con, landed.rows, landed.source)
        left_out += read_left_out(con, landed.rows, [each for each in landed.columns if each not in file.rest])
        write_excluded_versions(con, landed, file)
        unplaced_count += sum(rule == "condition_is_null" for rule, _ in records.unplaced.values())
        if before is not None:
            with suppress(duckdb.Error):  # an expression that does not fit the older file
                findings += list(find_replaced_records(con, before, landed))
    return [
        *findings,
        *find_share_jumps(landed_source.source, counts),
        *find_null_conditions(landed_source.source, unplaced_count),
        *find_doubtful_exclusions(landed_source.source, doubtful),
        *find_doubtful_left_out(landed_source.source, left_out),
        *find_header_rows(landed_source.source, header_count),
        *find_idle_rules(landed_source.source, settings.sources[landed_source.source], counts[counted_before:]),
    ]


def _read_delivery_before(
    landed_source: LandedSource, settings: Settings, landing: Path, checker: ExpressionChecker
) -> LandedDelivery | None:
    """The delivery before the only one that is read; None where there is none, or it cannot be read any more."""
    before = [] if landed_source.previous is None else [landed_source.previous]
    with suppress(SettingsWrong, Refusal, StorageFailed):
        return next(read_deliveries(landed_source.source, settings, before, landing, checker), None)
    return None


def _count_excluded_before(con: duckdb.DuckDBPyConnection, before: LandedDelivery | None) -> Iterator[ExcludedCounts]:
    """What the rules would leave out of the delivery before the only one that is read, if they fit its columns."""
    if before is not None:
        with suppress(SettingsWrong, duckdb.BinderException):
            sort_records(con, before.rows, before.source, before.mappings)
            yield ExcludedCounts(before.landed.record_count, _count_excluded(con))


def _describe_file(read: LandedDelivery, rows: str, settings: Settings, checker: ExpressionChecker) -> LandedFile:
    return LandedFile(
        rows=rows,
        columns=read.columns,
        rest=list_unread_columns(
            read.mappings.values(),
            [*read.source.exclude.values(), *read.source.include.values()],
            read.columns,
            checker,
        ),
        options=read.source.value_options,
        source=read.name,
        system=read.system,
        delivery=read.number,
        file_sha256=read.landed.file_sha256,
        zone=read.source.timezone or settings.company.timezone,
        currency=read.source.currency or settings.company.currency,
        file_name=read.delivery.file_name,
        landed_at=read.delivery.landed_at,
    )


def _sort_records(con: duckdb.DuckDBPyConnection, read: LandedDelivery) -> SortedRecords:
    try:
        return sort_records(con, read.rows, read.source, read.mappings)
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
        what = type(error).__name__.removesuffix("Exception").lower()
        place = read.locate(("sources", read.name))
        raise SettingsWrong(
            f"{place}sources.{read.name}: a condition of `exclude`, `include` or `when` fails on a row of "
            f"{read.delivery.file_name} ({what} error): make it give NULL there, for example with `try_cast`"
        ) from None  # DuckDB's own words show the value


def _insert_kind(
    con: duckdb.DuckDBPyConnection, read: LandedDelivery, file: LandedFile, kind: str, mapping: KindMapping
) -> None:
    try:
        con.execute(f"insert into landed.{quote_identifier(kind)} {select_kind(kind, mapping, file)}")
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException):
        raise _describe_failure(con, read, file.rows, kind, mapping) from None  # DuckDB's own words show the value


def _describe_failure(
    con: duckdb.DuckDBPyConnection, read: LandedDelivery, rows: str, kind: str, mapping: KindMapping
) -> SettingsWrong:
    here: Place = ("sources", read.name, *(("kinds", kind) if read.source.kinds else ()))
    for column, what in find_failing_expressions(con, mapping, rows):
        place = (*here, "when") if column == "when" else (*here, "columns", column)
        return SettingsWrong(
            f"{read.locate(place)}sources.{read.name}: the expression for {kind}.{column} fails on a row of "
            f"{read.delivery.file_name} ({what} error): make it give NULL there, for example with `try_cast`"
        )
    return SettingsWrong(
        f"{read.locate(here)}sources.{read.name}: {read.delivery.file_name} cannot be mapped to {kind}: check "
        "its `columns` and `when`"
    )


def _insert_unplaced(con: duckdb.DuckDBPyConnection, read: LandedDelivery, records: SortedRecords) -> None:
    """Quarantine the records of which it cannot be told what they are, as JSON with the line that they begin on."""
    if not records.unplaced:
        return
    rows = con.execute(
        f"""
        select file_row_number + 1, {select_row_as_json(list(read.columns))}
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
        select {select_place(read)}, ? as line, ? as text, ? as rule, ? as reason
        """,
        [(lines.get(number, number), row, *records.unplaced[number]) for number, row in rows],
    )


def _insert_excluded(con: duckdb.DuckDBPyConnection, read: LandedDelivery) -> dict[str, int]:
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


def _insert_file(con: duckdb.DuckDBPyConnection, read: LandedDelivery, is_stale: bool) -> None:
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
