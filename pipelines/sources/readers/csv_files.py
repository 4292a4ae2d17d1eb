"""Reads a delivered CSV file into landed text.

Put here: reading a CSV file once. Keep out: what its columns mean.
DuckDB parses, with every option given and nothing sniffed. We trust its result when it has exactly as many records as
the text has line ends outside quotes, and no second header. Otherwise the exact splitter says which lines are not
records, and DuckDB parses the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from mmap import ACCESS_READ, mmap
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.decoding import Text, read_text
from regulars.pipelines.sources.readers.header import name_columns
from regulars.pipelines.sources.readers.landed_text import Landed, open_private_connection, write_copy_options
from regulars.pipelines.sources.readers.preamble import find_line, note_lines_above, refuse_header_elsewhere
from regulars.pipelines.sources.readers.records import Record, RecordSplitter
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_MAX_BAD_LINE_CHARACTERS = 10_000
_MANY_BAD_LINES = 10_000
_DELIMITERS = (",", ";", "\t", "|")


def read_csv_file(original: Path, file_name: str, file_sha256: str, source: Source, work: Path) -> Landed:
    """Read a CSV file once, into `work/landed.parquet` and, when lines are quarantined, `work/malformed.parquet`.

    Args:
        original: The bytes as delivered.
        file_name: The name to use in sentences.
        file_sha256: Their hash.
        source: How the file is written.
        work: A private, empty folder.

    Raises:
        Refusal: The file is empty, cut off, not a table, or in an unknown encoding.
    """
    decoded = read_text(original, file_name, source, work)
    if decoded.facts.is_blank:
        raise Refusal("empty", f"{file_name} is empty: deliver it again")
    splitter = RecordSplitter(source.options.delimiter, source.options.quote)
    with decoded.path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as whole:
        _refuse_other_content(whole[:512], file_name)
        _refuse_unfinished(decoded, file_name, source.options)
        at, header, behind, lines = _read_header(splitter, whole, source.options)
        _refuse_other_delimiter(header, file_name, source.options.delimiter)
        refuse_header_elsewhere(whole, file_name, source, splitter, header)
        landed = Landed(
            file_sha256=file_sha256,
            header=tuple(header),
            columns=tuple(name_columns(header)),
            encoding=decoded.encoding,
            record_count=0,
            malformed_count=0,
            notes=note_lines_above(whole, at, source.options.header_row or 1),
        )
        target = work / "landed.parquet"
        facts = decoded.facts
        expected = facts.line_ends + (not facts.ends_with_line_end) - lines
        # of one column, DuckDB counts blank lines; and it skips lines another way when a header name holds a line end
        is_plain = len(header) > 1 and b"\n" not in whole[at:behind].strip()
        sound = replace(landed, record_count=expected)
        layout = _Layout(lines, whole[:behind].endswith(b"\r\n"), not facts.has_line_ends_in_quotes)
        if is_plain and not facts.is_doubtful and _parse(decoded.path, layout, sound, source.options, target):
            return sound
        clean = work / "clean"
        count, bad = _write_clean(splitter.split(whole, behind, lines + 1, header), clean, file_name)
    landed = replace(landed, record_count=count, malformed_count=len(bad))
    if not _parse(clean, _Layout(0, False, False), landed, source.options, target):
        raise Refusal(
            "damaged",
            f"{file_name} cannot be read as CSV with delimiter {source.options.delimiter!r} and quote "
            f"{source.options.quote!r}: see that `options` are right",
        )
    if bad:
        write_malformed(bad, work / "malformed.parquet")
    return landed


def lines_of_records(original: Path, source: Source, records: set[int], work: Path) -> dict[int, int]:
    """The line of the delivered text on which each of some records begins; both count from 1, records after the header.

    Args:
        original: The bytes as delivered.
        source: How the file is written.
        records: Record numbers, as in `_row`.
        work: A private, empty folder.
    """
    decoded = read_text(original, original.name, source, work)
    splitter, found, number = RecordSplitter(source.options.delimiter, source.options.quote), {}, 0
    with decoded.path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as whole:
        _, header, behind, lines = _read_header(splitter, whole, source.options)
        for record in splitter.split(whole, behind, lines + 1, header):
            number += record.problem is None
            if record.problem is None and number in records:
                found[number] = record.line
                if len(found) == len(records):
                    break
    return found


def _read_header(
    splitter: RecordSplitter, whole: bytes | mmap, options: FileOptions
) -> tuple[int, list[str], int, int]:
    """Where the header begins, its cells, the offset after it, and the number of lines before that offset."""
    line = options.header_row or 1
    at = find_line(whole, line)
    header, behind, lines = splitter.read_header(whole, at, line)
    return at, header, behind, lines


def _refuse_other_content(start: bytes, file_name: str) -> None:
    """After decoding, which a page in UTF-16 needs."""
    first = start.lstrip()[:1]
    if first == b"<":
        raise Refusal("not_a_table", f"{file_name} is a web page or XML, not CSV: the export has failed; run it again")
    if first in (b"{", b"["):
        raise Refusal(
            "not_a_table", f"{file_name} is JSON, not CSV: the export has failed, or `format` is `jsonl` or `json`"
        )


def _refuse_other_delimiter(header: list[str], file_name: str, delimiter: str) -> None:
    """Refuse a file whose whole header is one cell that another delimiter would divide."""
    found = max((each for each in _DELIMITERS if each != delimiter), key=header[0].count) if len(header) == 1 else ""
    if found and found in header[0]:
        shown, set_as = ("a tab", '"\\t"') if found == "\t" else (f"`{found}`", f'"{found}"')
        wanted = "a tab" if delimiter == "\t" else f"`{delimiter}`"
        raise Refusal(
            "not_a_table",
            f"{file_name} seems to be separated by {shown}, not by {wanted}: set `options: {{delimiter: {set_as}}}`"
            + (" or `format: tsv`" if found == "\t" else ""),
        )


def _refuse_unfinished(decoded: Text, file_name: str, options: FileOptions) -> None:
    if not decoded.facts.ends_with_line_end and options.final_newline == "required":
        raise Refusal(
            "truncated",
            f"{file_name} has no line end behind its last line, so it may be cut off: deliver it again, or set "
            "`options: {final_newline: optional}` if the tool never writes one",
        )


@dataclass(frozen=True)
class _Layout:
    r"""How DuckDB reads a text: lines to skip, whether lines end with `\r\n`, whether several threads may read it.

    A thread that begins in the middle must guess which line ends stand in quotes, so several threads only read texts
    that have no line ends in quotes.
    """

    skip: int
    has_crlf: bool
    is_parallel: bool


def _parse(text: Path, layout: _Layout, expected: Landed, options: FileOptions, target: Path) -> bool:
    """Let DuckDB write the Parquet file; False when it refuses, counts otherwise, or finds a second header."""
    columns = ", ".join(f"{quote_literal(name)}: 'VARCHAR'" for name in expected.columns)
    quote = quote_literal(options.quote)
    # only a line feed is named as line end: given `\r\n`, DuckDB 1.5 reads all lines as one
    line_end = "" if layout.has_crlf else r", new_line = '\n'"
    repeats_header = " and ".join(
        f"lower(trim({quote_identifier(name)}, chr(65279) || ' ')) is not distinct from "
        + (quote_literal(cell.strip().lower()) if cell.strip() else "null")
        for name, cell in zip(expected.columns, expected.header, strict=True)
    )
    with open_private_connection() as con:
        try:
            con.execute(f"""
                copy (
                    from read_csv(
                        {quote_literal(text)},
                        auto_detect = false,
                        header = false,
                        skip = {layout.skip},
                        columns = {{{columns}}},
                        delim = {quote_literal(options.delimiter)},
                        quote = {quote},
                        escape = {quote},
                        strict_mode = true,
                        null_padding = false,
                        ignore_errors = false,
                        nullstr = '',
                        allow_quoted_nulls = true,
                        comment = '',
                        compression = 'none',
                        encoding = 'utf-8',
                        parallel = {str(layout.is_parallel).lower()}
                        {line_end}
                    )
                )
                to {quote_literal(target)} ({write_copy_options(expected)})
            """)
        except (duckdb.InvalidInputException, duckdb.ConversionException):
            return False
        found = con.execute(f"""
            select count(*), count(*) filter ({repeats_header})
            from read_parquet({quote_literal(target)})
        """).fetchall()
    return bool(found[0] == (expected.record_count, 0))


def _write_clean(records: Iterable[Record], clean: Path, file_name: str) -> tuple[int, list[Record]]:
    """Write the sound records, each followed by a line feed; return their count and the lines that are not records.

    Raises:
        Refusal: More than half of a long file's lines are not records, so the options do not fit it.
    """
    count, bad = 0, []
    with clean.open("wb") as out:
        for record in records:
            if record.problem is None:
                out.write(record.text + b"\n")
                count += 1
            else:
                bad.append(record)
                if len(bad) > _MANY_BAD_LINES and len(bad) > count:
                    raise Refusal(
                        "damaged",
                        f"{file_name} has more bad lines than records (the first is line {bad[0].line:,}: "
                        f"{bad[0].problem}): see that `options` are right, or deliver it again",
                    )
    return count, bad


def write_malformed(bad: list[Record], target: Path) -> None:
    """Write the lines that are not records: `line` BIGINT from 1, `text` (its first 10,000 characters), `reason`."""
    columns = {
        "line": pa.array([record.line for record in bad], pa.int64()),
        "text": pa.array(
            [record.text.decode(errors="replace")[:_MAX_BAD_LINE_CHARACTERS] for record in bad], pa.string()
        ),
        "reason": pa.array([record.problem for record in bad], pa.string()),
    }
    pq.write_table(pa.table(columns), target)
