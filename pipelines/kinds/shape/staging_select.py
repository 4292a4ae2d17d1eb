"""The SELECT that makes `staging.<kind>` of `raw.<kind>`: every column cast strictly, nothing else.

Put here: SELECTs of the staging layer that are made from kinds. Keep out: cleaning of one kind; a file
`sql/staging/<kind>.sql` replaces the SELECT made here.
"""

from collections.abc import Iterable

from regulars.pipelines.kinds.shape.kind import TRACE_COLUMNS, Kind

TRACE = tuple(name for name, _ in TRACE_COLUMNS if name != "_rest")
"""The last columns of every staging table: where the row was read."""


def write_staging_select(kind: Kind) -> str:
    """One SELECT over `raw.<kind>`; its first line says what one row is."""
    cells = [
        column.name
        if column.staging_type == "VARCHAR"
        else f"cast({column.name} as {column.staging_type.lower()}) as {column.name}"
        for column in kind.columns
    ]
    listed = "".join(f"    {cell},\n" for cell in (*cells, *TRACE))
    grain = kind.staging_grain.removesuffix(".")
    return f"-- {grain}; typed, otherwise unchanged.\nselect\n{listed}from raw.{kind.name}\n"


def write_money_days_select(kinds: Iterable[Kind]) -> str:
    """One SELECT of the UTC days on which money may have moved, over the staging tables of all kinds of money."""
    days = "\nunion\n".join(
        f"select distinct cast({kind.money.day} as date) as utc_date from staging.{kind.name}"
        for kind in kinds
        if kind.money
    )
    return (
        f"-- One row per UTC day on which an amount of any kind was dated; NULL for amounts without a moment.\n{days}\n"
    )
