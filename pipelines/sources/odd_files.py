"""Finds what is odd about a delivered file: other columns than before, exactly as many records as exports are cut at.

Put here: findings about one file and the deliveries before it. Keep out: what keeps a file from landing
(`source_landing.py`), and its values (`pipelines/audit/findings`).
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.sources.readers.landed_text import Note
from regulars.pipelines.sources.readers.refusal import list_columns

EXPORT_LIMITS = frozenset(
    {
        *(1_000, 2_000, 2_500, 5_000, 10_000, 20_000, 25_000, 50_000, 100_000, 200_000, 250_000, 500_000, 1_000_000),
        *(65_535, 65_536, 1_048_575, 1_048_576),  # the last rows of a sheet of Excel, with a header and without
    }
)
"""How many records exports are commonly cut off at."""

COMPARED_DELIVERIES = 30
_ADVICE = {
    "rows_outside_table": "See that they are a title or totals; else say where the header is: `options.header_row`.",
    "sheets_not_read": 'Read them all with a glob such as `options: {sheet: "*"}`, or name the sheet that is meant.',
    "cells_with_errors": "Correct the formulas in the workbook, or leave `error_cells` out, so that such rows are "
    "quarantined.",
    "formulas_without_value": "Open the workbook, let it compute, and save it; or have the tool write values.",
    "cells_hidden": "If they are not meant, delete them in the workbook, or leave them out with `exclude`.",
    "cells_merged": "If every row needs the value, name the column in `fill_down`, or undo the merging.",
}
"""Finding -> what to do about it, of what a reader read in a way of its own."""


class DescribedFile(Protocol):
    """A file that has been read: its header and how many records it has."""

    @property
    def header(self) -> Sequence[str]:
        """The delivered header names."""
        ...

    @property
    def record_count(self) -> int | None:
        """The records that could be read."""
        ...


def find_oddities(
    source: str, file_name: str, file: DescribedFile, before: Sequence[DescribedFile]
) -> Iterator[Finding]:
    """What is odd about a file beside the deliveries of its source before it, and still lets it land.

    Args:
        source: The source.
        file_name: The name to use in sentences.
        file: The file.
        before: The deliveries before it, in the order of landing.
    """
    headers = [each.header for each in before if each.header]
    if headers and file.header:
        yield from find_changed_columns(source, file_name, file.header, headers[-1])
    elif not before and not file.record_count:
        yield make_finding(
            "first_file_is_empty",
            f"{file_name} holds no record, and it is the first file of {source}.",
            "See whether the export is finished, and whether a filter of the tool leaves everything out.",
            source=source,
            count=1,
        )
    most = max((each.record_count or 0 for each in before), default=0)
    yield from find_export_limit(source, file_name, file.record_count or 0, most)


def list_reading_notes(source: str, file_name: str, notes: Sequence[Note]) -> list[Finding]:
    """What a reader saw in a file and read in a way of its own."""
    return [
        make_finding(note.finding, f"{file_name}, {note.what}.", _ADVICE[note.finding], source=source, count=note.count)
        for note in notes
    ]


def find_export_limit(source: str, file_name: str, records: int, most_before: int) -> Iterator[Finding]:
    """A file of exactly a round number of records, where no delivery before had more."""
    if records in EXPORT_LIMITS and most_before <= records:
        yield make_finding(
            "export_limit",
            f"{file_name} holds exactly {records:,} records, which looks like the limit of an export.",
            "See whether the tool has more; if so, export it in parts.",
            source=source,
            count=records,
        )


def find_changed_columns(
    source: str, file_name: str, header: Sequence[str], header_before: Sequence[str]
) -> Iterator[Finding]:
    """Columns that the file has and the delivery before it had not, and the other way round."""
    appeared = [name for name in header if name not in header_before]
    vanished = [name for name in header_before if name not in header]
    advice = "If that was not meant, find out what changed in the tool; if a column is new, the settings may map it."
    for name, columns, verb in (("columns_appeared", appeared, "has"), ("columns_vanished", vanished, "has lost")):
        if columns:
            yield make_finding(
                name,
                f"{file_name} {verb} {list_columns(columns)} compared with the delivery before it.",
                advice,
                source=source,
                count=len(columns),
            )
