"""Changes the text of a file before it lands: takes secrets out, and makes rows of columns that repeat.

Put here: what no landed text may hold, and reshapes that profiles name. Keep out: reading a format, and what a column
means.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from regulars.pipelines.settings.sources.columns import Reshape
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.landed_text import Landed, open_private_connection, write_copy_options
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

SECRET = re.compile(
    r"(user|customer|encrypted|hashed|old|new|account)?[ _-]?"
    r"(pass ?word|passwd|pwd|passwort|kennwort|salasana|mot de passe|contraseña|senha|lösenord|wachtwoord|hasło)"
    r"[ _-]?(hash|salt|digest|token|confirmation)?"
    r"|rp[ _-]?token|reset[ _-]?(password[ _-]?)?token|remember[ _-]?token",
    re.IGNORECASE,
)
"""Header names of passwords, their hashes, and tokens by which a password is set anew."""

_ITEM = re.compile(r"order_item_([0-9]+)", re.IGNORECASE)


def list_secret_columns(columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that hold passwords or what opens an account, by their names."""
    return tuple(column for column in columns if SECRET.fullmatch(column.strip()))


@dataclass(frozen=True)
class LandedText:
    """A text that is ready to be put in place.

    Attributes:
        landed: What it is.
        text: Its rows.
        malformed: The lines that are not records; there only where there are some.
    """

    landed: Landed
    text: Path
    malformed: Path


def rework_text(landed: Landed, source: Source, work: Path) -> LandedText:
    """Take secrets out of a text that was just read, and reshape it if its source says so.

    Args:
        landed: What was read into `work/landed.parquet`.
        source: How the file is read.
        work: The private folder.
    """
    secret = list_secret_columns(landed.columns)
    text, malformed = work / "landed.parquet", work / "malformed.parquet"
    if not landed.columns or (not secret and source.reshape is None):
        return LandedText(landed, text, malformed)
    kept = [at for at, column in enumerate(landed.columns) if column not in secret]
    plain = replace(
        landed,
        header=tuple(landed.header[at] for at in kept),
        columns=tuple(landed.columns[at] for at in kept),
        secret_columns=secret,
    )
    reworked = work / "reworked.parquet"
    rows = f"read_parquet({quote_literal(text)}, file_row_number = true)"
    select, columns = _RESHAPES[source.reshape](plain.columns, rows) if source.reshape else _select(plain.columns, rows)
    if columns != plain.columns:
        plain = replace(plain, header=columns, columns=columns)
    with open_private_connection() as con:
        [[count]] = con.execute(f"select count(*) from ({select})").fetchall()
        plain = replace(plain, record_count=count)
        con.execute(f"copy ({select}) to {quote_literal(reworked)} ({write_copy_options(plain)})")
    if secret and malformed.exists():
        malformed = _empty_malformed(malformed, work / "emptied.parquet")
    return LandedText(plain, reworked, malformed)


def _select(columns: tuple[str, ...], rows: str) -> tuple[str, tuple[str, ...]]:
    """SQL of these columns, in the order of the file."""
    return f"select {', '.join(map(quote_identifier, columns))} from {rows} order by file_row_number", columns


def _select_order_items(columns: tuple[str, ...], rows: str) -> tuple[str, tuple[str, ...]]:
    """SQL of one row per filled `order_item_N`, with `order_item_number` and `order_item`; one for an order without."""
    items = {column: int(found[1]) for column in columns if (found := _ITEM.fullmatch(column))}
    others = tuple(column for column in columns if column not in items)
    cells = ", ".join(f"{{'number': {number}, 'item': {quote_identifier(name)}}}" for name, number in items.items())
    filled = f"list_filter([{cells}], lambda each: trim(coalesce(each.item, '')) <> '')"
    none = "[{'number': null::integer, 'item': null::varchar}]"
    each = f"case when len({filled}) > 0 then {filled} else {none} end" if items else none
    return (
        f"""
        with
            numbered as (
                select *, unnest({each}) as each
                from {rows}
            )

        select
            {", ".join(map(quote_identifier, others))},
            each.number::varchar as order_item_number,
            each.item as order_item
        from numbered
        order by file_row_number, each.number
        """,
        (*others, "order_item_number", "order_item"),
    )


_RESHAPES: Mapping[Reshape, Callable[[tuple[str, ...], str], tuple[str, tuple[str, ...]]]] = {
    "order_items": _select_order_items
}


def _empty_malformed(path: Path, target: Path) -> Path:
    """Keep where the bad lines stand and why they are bad, but not their text: it may hold a secret."""
    with open_private_connection() as con:
        con.execute(
            f"copy (select line, '' as text, reason from read_parquet({quote_literal(path)}) order by line) "
            f"to {quote_literal(target)} (format parquet)"
        )
    return target
