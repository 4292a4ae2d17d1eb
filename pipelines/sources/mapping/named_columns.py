"""Reads a landed file under the header names that the settings use: `headers` renames, `optional` fills in.

Put here: which column of the file is which name. Keep out: what a name is mapped to (`mapping.py`). The landed file
stays as it was delivered: other settings may read it by other names.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.header import find_column
from regulars.pipelines.warehouse.sql_text import quote_identifier


@dataclass(frozen=True)
class NamedColumns:
    """The columns of one landed file as the settings name them.

    Attributes:
        names: Their names: those of the landed columns in order, renamed, and behind them those that the file lacks.
        landed: The landed columns, in the same order.
    """

    names: tuple[str, ...]
    landed: tuple[str, ...]

    @property
    def delivered(self) -> tuple[str, ...]:
        """The names of columns that the file has."""
        return self.names[: len(self.landed)]

    @property
    def absent(self) -> tuple[str, ...]:
        """The names of columns that the file lacks and may lack: their cells are empty."""
        return self.names[len(self.landed) :]


def name_file_columns(source: Source, columns: Sequence[str]) -> NamedColumns:
    """Name the columns of a landed file as the settings of its source do.

    Args:
        source: With `headers` and `optional`.
        columns: The landed columns.
    """
    names = list(columns)
    for name, others in source.headers.items():
        if find_column(name, names) is None:
            found = next((column for other in others if (column := find_column(other, names)) is not None), None)
            if found is not None:
                names[names.index(found)] = name
    absent = [name for name in dict.fromkeys(source.optional) if find_column(name, names) is None]
    return NamedColumns((*names, *absent), tuple(columns))


def select_named_rows(rows: str, columns: NamedColumns) -> str:
    """SQL of the same rows under these names, with `file_row_number`, as a subquery.

    Args:
        rows: SQL of the landed rows.
        columns: The names.
    """
    if columns.names == columns.landed:
        return rows
    cells = [
        f"{quote_identifier(landed)} as {quote_identifier(name)}"
        for landed, name in zip(columns.landed, columns.delivered, strict=True)
    ]
    cells += [f"null::varchar as {quote_identifier(name)}" for name in columns.absent]
    return f"(select {', '.join(cells)}, file_row_number from {rows})"
