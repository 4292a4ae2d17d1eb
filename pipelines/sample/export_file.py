"""One growing export file.

Put here: writing frames and single lines as a tool would write them (encoding, delimiter, quotes, line ends), and
counting them. Keep out: what is in the columns (`exports.py`).
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl


@dataclass(frozen=True)
class Planted:
    """A line put into a file on purpose, and what a careful reader makes of it."""

    line: str
    """As it stands in the file, without line end."""
    what: str
    expected: str


@dataclass(frozen=True)
class Found:
    """Where something nasty lies, for the truth beside the exports. `row` counts records after the header from 1."""

    file: str
    row: int | None
    count: int
    what: str
    expected: str


@dataclass
class ExportFile:
    """A CSV file that grows chunk by chunk; its header is written when it is made."""

    path: Path
    columns: Sequence[str]
    delimiter: str = ","
    encoding: Literal["utf-8", "utf-8-sig", "cp1252"] = "utf-8"
    line_end: str = "\n"
    quote_style: Literal["necessary", "always"] = "necessary"
    decimals: int | None = 2
    """Of floats; None writes the shortest text that reads back as the same float."""
    rows: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        header = pl.DataFrame(schema=dict.fromkeys(self.columns, pl.String))
        self.path.write_bytes(self._bytes(header, with_header=True).decode("utf-8").encode(self.encoding))

    def _bytes(self, frame: pl.DataFrame, *, with_header: bool = False) -> bytes:
        buffer = io.BytesIO()
        frame.write_csv(
            buffer,
            include_header=with_header,
            separator=self.delimiter,
            quote_style=self.quote_style,
            line_terminator=self.line_end,
            float_precision=self.decimals,
        )
        return buffer.getvalue()

    def append(self, frame: pl.DataFrame, planted: Sequence[Planted] = ()) -> list[Found]:
        """Write rows, and planted lines after the first half of them.

        Args:
            frame: The rows; its columns are the file's, in order.
            planted: Lines to put in.

        Returns:
            Where the planted lines are.
        """
        if tuple(frame.columns) != tuple(self.columns):
            raise ValueError(f"{self.path.name} has the columns {self.columns}, not {frame.columns}")
        half = len(frame) // 2
        found = []
        with self.path.open("ab") as file:
            for rows, lines in ((frame[:half], planted), (frame[half:], ())):
                written = self._bytes(rows)
                file.write(written if self.encoding != "cp1252" else written.decode("utf-8").encode("cp1252"))
                self.rows += len(rows)
                for line in lines:
                    file.write((line.line + self.line_end).encode(self.encoding.removesuffix("-sig")))
                    self.rows += 1
                    found.append(Found(self.path.name, self.rows, 1, line.what, line.expected))
        return found


def cut_in_a_row(path: Path) -> int:
    """Cut a file at three fifths, in the middle of a row, as a broken download does.

    Returns:
        The number of whole lines that are left, header included.
    """
    content = path.read_bytes()
    start = content.rindex(b"\n", 0, len(content) * 3 // 5) + 1
    end = content.index(b"\n", start)
    path.write_bytes(content[: (start + end) // 2])
    return content.count(b"\n", 0, start)
