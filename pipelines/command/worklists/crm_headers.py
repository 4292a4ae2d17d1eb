"""Finds what the tools call our columns, so that an exported file can be imported back.

Put here: the header of each column, from the settings and the newest delivery. Keep out: what a file holds.
"""

from regulars.pipelines.errors import RegularsError
from regulars.pipelines.home.home import Home
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.landing import read_landed_file
from regulars.pipelines.sources.mapping.mapping import find_first_column
from regulars.pipelines.sources.mapping.named_columns import name_file_columns
from regulars.pipelines.sources.readers.landed_text import open_private_connection

RECORD_ID = "customer_record_id"
COLUMNS = (RECORD_ID, "first_name", "last_name", "company_name", "email", "owner")
"""The columns of a customer record that an exported file has under the tool's own names. A telephone number is not one
of them: what a spreadsheet makes of `+49 30` must not go back into the tool."""


def find_headers(home: Home, source: Source | None, newest: tuple[str, str] | None) -> dict[str, str]:
    """Find the header of each column of `COLUMNS` that a source delivers as it stands; no header is used twice.

    A column that is made by an expression or a constant has none. Of several names the one counts that the newest
    delivery has.

    Args:
        home: Where the landing is.
        source: The source of customers; None: the settings no longer know it.
        newest: SHA-256 and name of its newest file.
    """
    if source is None or "customers" not in source.mappings:
        return {}
    wanted = source.mappings["customers"].columns
    delivered = _read_columns(home, source, newest)
    found: dict[str, str] = {}
    for name in COLUMNS:
        names = wanted.get(name)
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list):
            continue
        header = delivered.get(find_first_column(names, tuple(delivered)) or "", names[0])
        if header not in found.values():
            found[name] = header
    return found


def _read_columns(home: Home, source: Source, newest: tuple[str, str] | None) -> dict[str, str]:
    """Name in the settings -> column of the newest file; none where its text is gone."""
    if newest is None:
        return {}
    try:
        with open_private_connection() as con:
            columns = read_landed_file(con, *newest, source, home.landing).columns
    except (RegularsError, OSError):
        return {}
    return dict(zip(name_file_columns(source, columns).delivered, columns, strict=True))
