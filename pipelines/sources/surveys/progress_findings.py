"""Says of answers whose number may mean finished or not what a run does with them: it keeps them, or a rule does not.

Put here: the finding, and which answers the rule of the settings leaves out in doubt. Keep out: reading the numbers
(`progress.py`).
"""

from collections.abc import Iterable, Iterator, Sequence

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.sources.surveys.progress import Progress, read_files, read_progress
from regulars.pipelines.sources.surveys.unfinished_answers import RULE, list_progress_columns
from regulars.pipelines.warehouse.sql_text import quote_literal

KIND = "survey_responses"
LeftOut = tuple[str, Progress, Progress]
"""A column that a setting reads, how far all answers of a file came by it, and those that the rule leaves out."""


def read_left_out(con: duckdb.DuckDBPyConnection, rows: str, columns: Iterable[str]) -> Iterator[LeftOut]:
    """What the rule that leaves out unfinished answers does with the numbers of one file.

    Args:
        con: The build, with `excluded_records` of the file.
        rows: SQL of the landed rows, with `file_row_number` from 0.
        columns: The columns of the file that settings read.
    """
    left = f"select row from excluded_records where kind = {quote_literal(KIND)} and rule = {quote_literal(RULE)}"
    for column in list_progress_columns(columns):
        left_rows = f"(from {rows} as file where file_row_number + 1 in ({left}))"
        whole, left_out = (sum(read_progress(con, each, column), Progress()) for each in (rows, left_rows))
        yield column, whole, left_out


def find_doubtful_left_out(source: str, found: Sequence[LeftOut]) -> Iterator[Finding]:
    """The answers of a source that the rule leaves out, or keeps, by a number that may mean either.

    Left out in doubt is a 1 in a file that may count to 1, and a number above 1 where no file counts to 100; kept in
    doubt is a 1 in a file of which the rule leaves out larger ones.
    """
    for column in dict.fromkeys(each[0] for each in found):
        files = [(whole, left) for name, whole, left in found if name == column]
        has_percent = any(whole.hundred for whole, _ in files)
        lost = sum(left.one for whole, left in files if whole.may_end_at_one)
        lost += 0 if has_percent else sum(left.between for _, left in files)
        kept = sum((whole - left).one for whole, left in files if left.between and has_percent)
        if lost or kept:
            yield _describe(source, column, kept, lost)


def find_doubtful_progress(source: str, column: str, files: Sequence[Progress]) -> Iterator[Finding]:
    """The answers of a source that a column which no setting reads calls unfinished in one of two readings."""
    reading = read_files(files)
    if reading and (count := sum(map(reading.count_doubtful, files))):
        yield _describe(source, column, count, 0)


def count_unfinished_by_number(files: Sequence[Progress]) -> int:
    """How many answers of a source a rule would leave out by a column with numbers.

    Args:
        files: How far the answers of each file came.
    """
    reading = read_files(files)
    return sum(map(reading.count_unfinished, files)) if reading else 0


def _describe(source: str, column: str, kept: int, lost: int) -> Finding:
    done = {"count": kept, f"are left out by the rule `{RULE}`": lost}
    told = " and ".join(f"{count:,} {what}" for what, count in done.items() if count)
    return make_finding(
        "progress_with_two_readings",
        f"{kept + lost:,} answers of `{source}` may be finished or not, by `{column}`: a 1 is the whole where a file "
        "counts to 1, and a hundredth where it counts to 100; a number above 1 may also be a page. Of these, "
        f"{told}.",
        "Look one of them up in the tool. Where files count differently, read them as two sources, each with an "
        "`exclude` of its own; if all is right, acknowledge this finding.",
        source=source,
        kind=KIND,
        count=kept + lost,
        example="1",
    )
