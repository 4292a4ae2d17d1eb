"""Finds the header of a CSV text that has a title above it.

Put here: lines above the header. Keep out: records (`records.py`).
"""

from mmap import mmap

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.header import clean_name
from regulars.pipelines.sources.readers.landed_text import Note
from regulars.pipelines.sources.readers.records import RecordSplitter
from regulars.pipelines.sources.readers.refusal import Refusal

_SEARCHED_LINES = 100
_LEAST_NAMES = 2
"""One name alone may be a value."""


def find_line(text: bytes | mmap, line: int) -> int:
    """The offset at which a line begins, from 1; the end of the text where it has fewer."""
    at = 0
    for _ in range(line - 1):
        end = text.find(b"\n", at)
        if end < 0:
            return len(text)
        at = end + 1
    return at


def note_lines_above(text: bytes | mmap, at: int, line: int) -> tuple[Note, ...]:
    """That filled lines stand above the header, which begins at an offset and on a line."""
    count = sum(bool(each.strip()) for each in text[:at].split(b"\n"))
    lines = "one filled line above it is" if count == 1 else f"{count:,} filled lines above it are"
    what = f"the header is in line {line:,}, and {lines} not read"
    return (Note("rows_outside_table", count, what),) if count else ()


def refuse_header_elsewhere(
    text: bytes | mmap, file_name: str, source: Source, splitter: RecordSplitter, header: list[str]
) -> None:
    """Refuse a file whose header has no name of the settings where another of its first lines has several.

    Raises:
        Refusal: With the line of the header.
    """
    wanted = [{clean_name(name).casefold() for name in each} for each in source.mapped_names]
    if not wanted or _count_names(header, wanted):
        return
    best, at = (0, 0), 0
    for line in range(1, _SEARCHED_LINES + 1):
        if at >= len(text):
            break
        end = text.find(b"\n", at)
        end = len(text) if end < 0 else end
        count = _count_names(splitter.read_header(text[at:end])[0], wanted)
        best = max(best, (count, -line))
        at = end + 1
    if best[0] >= _LEAST_NAMES:
        raise Refusal(
            "not_a_table",
            f"{file_name}: its header seems to be in line {-best[1]:,}, below a title: set "
            f"`options: {{header_row: {-best[1]}}}`",
        )


def _count_names(cells: list[str], wanted: list[set[str]]) -> int:
    names = {clean_name(cell).casefold() for cell in cells}
    return sum(not each.isdisjoint(names) for each in wanted)
