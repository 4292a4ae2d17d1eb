"""Reads how far answers to a survey came, by a column with numbers: up to 100, up to 1, or in pages.

Put here: which numbers finished answers have, and which numbers may mean either. Keep out: names of columns and what
they say in words (`unfinished_answers.py`), and what a run says of it (`progress_findings.py`).
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import duckdb

from regulars.pipelines.warehouse.sql_text import quote_identifier


@dataclass(frozen=True)
class Progress:
    """How far the answers of a file came.

    Attributes:
        below_one: Answers with a number below 1.
        fractions: Of these, with one above 0.
        one: With 1.
        between: With a number above 1 and below 100.
        hundred: With 100 or more.
    """

    below_one: int = 0
    fractions: int = 0
    one: int = 0
    between: int = 0
    hundred: int = 0

    def __add__(self, other: "Progress") -> "Progress":
        """Of the answers of both."""
        return Progress(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: "Progress") -> "Progress":
        """Of the answers without some of them."""
        return Progress(*(mine - theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    @property
    def is_above_one(self) -> bool:
        """Whether some number is above 1, as a share never is."""
        return self.between + self.hundred > 0

    @property
    def ends_at_one(self) -> bool:
        """Whether the numbers are shares, and some of them whole."""
        return self.one > 0 and self.fractions > 0 and not self.is_above_one

    @property
    def may_end_at_one(self) -> bool:
        """Whether a 1 may be the whole: all are shares, or 1 is more frequent than any way between 0 and the end."""
        return self.ends_at_one or self.one > self.fractions + self.between


@dataclass(frozen=True)
class Reading:
    """Which answers of a source are not finished, told by the number of each alone: a rule does not see its file.

    Where a number may mean either, the answer is kept.

    Attributes:
        has_shares: Whether some files count to 1.
        keeps_one: Whether 1 may be the whole, in one of the files or, where none has a 1, in a later one.
        keeps_between: Whether numbers between 1 and 100 may be pages.
    """

    has_shares: bool
    keeps_one: bool
    keeps_between: bool

    def write_condition(self, column: str) -> str:
        """SQL: whether an answer is unfinished; never NULL."""
        part = _read_part(column)
        if self.keeps_between:
            return f"coalesce({part} < 1, false)"
        return f"coalesce({part} < 100{f' and {part} <> 1' if self.keeps_one else ''}, false)"

    def count_unfinished(self, file: Progress) -> int:
        """How many answers of a file are unfinished."""
        return file.below_one + (0 if self.keeps_one else file.one) + (0 if self.keeps_between else file.between)

    def count_doubtful(self, file: Progress) -> int:
        """How many answers of a file are kept that may be unfinished."""
        if self.has_shares and not file.is_above_one:
            return 0
        return (file.one if self.keeps_one else 0) + (file.between if self.keeps_between else 0)


def read_files(files: Sequence[Progress]) -> Reading | None:
    """Which answers of a source are not finished; None: its numbers do not tell it, as a yes and a no, or pages alone.

    A file with 100 counts to 100, and one with 1 and shares of it to 1; what none tells alone, all may tell together.
    Another file counts as they do, with two exceptions. Beside files that count to 100, one in which nearly all have a
    1 may count to 1: the tool may have begun to write it otherwise. Beside files that count to 1, numbers above 1 may
    be percent, of which none is finished, or pages.

    Args:
        files: How far the answers of each file came.
    """
    has_percent = any(each.hundred for each in files)
    told = any(each.ends_at_one or (each.one > each.fractions > 0 and each.hundred) for each in files)
    has_shares = told or (not has_percent and sum(files, Progress()).ends_at_one)
    if not has_percent and not has_shares:
        return None
    keeps_one = has_shares or any(each.may_end_at_one for each in files) or not any(each.one for each in files)
    return Reading(has_shares, keeps_one, not has_percent and any(each.between for each in files))


def read_progress(con: duckdb.DuckDBPyConnection, rows: str, column: str, file: str = "0") -> list[Progress]:
    """How far the answers of some rows came; of each file by itself.

    Args:
        con: Any connection.
        rows: SQL of the rows, all text.
        column: The column.
        file: SQL of what tells the files of the rows apart; a constant: they are of one.
    """
    counts = con.execute(f"""
        select
            count(*) filter (part < 1), count(*) filter (part > 0 and part < 1),
            count(*) filter (part = 1), count(*) filter (part > 1 and part < 100), count(*) filter (part >= 100),
        from (select {_read_part(column)} as part, {file} as file_number from {rows} as file)
        group by file_number
    """).fetchall()
    return [Progress(*(int(count) for count in each)) for each in counts]


def fold_cell(column: str, alias: str = "") -> str:
    """SQL of a cell in small letters without blanks around it."""
    return f"lower(trim(coalesce({f'{alias}.' if alias else ''}{quote_identifier(column)}, '')))"


def _read_part(column: str) -> str:
    """SQL of the number in a cell such as `40`, `40 %`, `0.4`, `0,4` or `.4`; NULL where there is none."""
    number = f"regexp_extract({fold_cell(column)}, '^([0-9]+([.,][0-9]+)?|[.,][0-9]+) ?%?$', 1)"
    return f"try_cast(replace({number}, ',', '.') as double)"
