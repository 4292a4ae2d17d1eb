"""Lands the files of a group into a temporary folder, so that their values can be looked at.

Put here: which files are looked at, and their rows as one. Keep out: what their values say (`drafts.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regulars.pipelines.command.init.groups import Group
from regulars.pipelines.command.init.tables import TableHead
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.landing import land_file, read_file_state
from regulars.pipelines.sources.mapping.filled_rows import select_filled_rows
from regulars.pipelines.sources.mapping.named_columns import name_file_columns, select_named_rows
from regulars.pipelines.sources.readers.landed_text import Landed, text_path
from regulars.pipelines.sources.surveys.unfinished_answers import FILE_NUMBER
from regulars.pipelines.warehouse.sql_text import quote_literal

_MOST_BYTES = 256_000_000
"""So much of a source is read to learn how its values are written; the newest files, and always one."""


@dataclass(frozen=True)
class LandedGroup:
    """Files of one export as landed.

    Attributes:
        files: SQL of the rows of each file, by the names that the settings use; the newest last.
        newest: The newest file.
    """

    files: tuple[str, ...]
    newest: Landed

    @property
    def rows(self) -> str:
        """SQL of the rows of all files."""
        return f"({' union all by name '.join(f'select * from {rows}' for rows in self.files)})"

    @property
    def numbered_rows(self) -> str:
        """SQL of the rows of all files, each with the number of its file in `FILE_NUMBER`."""
        numbered = [f"select *, {at} as {FILE_NUMBER} from {rows}" for at, rows in enumerate(self.files)]
        return f"({' union all by name '.join(numbered)})"


def land_group(group: Group, source: Source, landing: Path) -> LandedGroup:
    """Land the newest files of a group; a file that cannot be read is a `Refusal`."""
    landed = [
        land_file(each.file.path, each.file.name, read_file_state(each.file.path), source, landing)
        for each in choose_files(group.heads)
    ]
    files = []
    for each in landed:
        text = text_path(landing, each.file_sha256, source)
        rows = f"read_parquet({quote_literal(text)}, file_row_number = true)"
        named = name_file_columns(source, each.columns)
        rows = select_named_rows(rows, named)
        filled = rows if source.fill_down is None else select_filled_rows(rows, source.fill_down, named.names)
        files.append(filled)
    return LandedGroup(tuple(files), landed[-1])


def choose_files(heads: Sequence[TableHead]) -> list[TableHead]:
    """The newest files that are not too large together; at least one."""
    chosen: list[TableHead] = []
    size = 0
    for head in sorted(heads, key=lambda each: -each.file.path.stat().st_mtime):
        size += head.file.path.stat().st_size
        if chosen and size > _MOST_BYTES:
            break
        chosen.append(head)
    return chosen[::-1]
