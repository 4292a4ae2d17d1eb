"""Turns header names into columns of the landed text, and finds the column that a name in the settings means.

Put here: names of delivered columns. Keep out: their values.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence


def name_columns(cells: Sequence[str]) -> list[str]:
    """Header cells as distinct column names: trimmed, nameless ones `column_3`, repeats `Email_2`.

    Names that differ in case only count as repeats, because DuckDB ignores case. A made-up name is never one that the
    file has itself.
    """
    delivered = {clean_name(cell).casefold() for cell in cells}
    used = {"file_row_number"}  # what DuckDB calls the number of a row in Parquet
    names = []
    for position, cell in enumerate(cells, start=1):
        plain = clean_name(cell) or f"column_{position}"
        name, number = plain, 1
        while name.casefold() in used or (number > 1 and name.casefold() in delivered):
            number += 1
            name = f"{plain}_{number}"
        used.add(name.casefold())
        names.append(name)
    return names


def clean_name(name: str) -> str:
    """A header name without outer blanks, control characters and invisible marks, in composed form."""
    visible = "".join(c for c in name if c in "\t\n" or unicodedata.category(c) not in ("Cc", "Cf"))
    return unicodedata.normalize("NFC", visible.strip())


def find_column(name: str, header: Iterable[str]) -> str | None:
    """The column of the file that `name` means: the same name, else the same in another case."""
    columns = list(header)
    wanted = clean_name(name)
    if wanted in columns:
        return wanted
    return next((column for column in columns if column.casefold() == wanted.casefold()), None)


def repeated_names(cells: Iterable[str]) -> set[str]:
    """Folded header names that the file has more than once, in whatever case."""
    counts = Counter(clean_name(cell).casefold() for cell in cells)
    return {name for name, count in counts.items() if name and count > 1}
