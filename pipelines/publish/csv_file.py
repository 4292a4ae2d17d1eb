"""Writes CSV files that a person can open in a spreadsheet safely.

Put here: writing delivered values so that no spreadsheet runs them as formulas. Keep out: which rows.
"""

import os
from pathlib import Path

import polars as pl

RUNS_AS_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
PLAIN_NUMBER = r"^[+-]?[0-9]+([.,][0-9]+)*$"


def write_safe_csv(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as CSV (UTF-8 with a byte order mark, for Excel), readable by its owner only.

    Text that a spreadsheet would run as a formula gets a `'` in front, in headers too; plain numbers such as
    `-12.50` stay. Lists are joined with `; `.

    Args:
        frame: Any rows.
        path: The file; an existing one is replaced.
    """
    texts = frame.with_columns(
        pl.col(name).cast(pl.List(pl.String)).list.join("; ")
        for name, data_type in frame.schema.items()
        if isinstance(data_type, pl.List)
    )
    structs = [name for name, data_type in texts.schema.items() if isinstance(data_type, pl.Struct)]
    as_json = {name: pl.col(name).struct.json_encode() for name in structs}
    texts = texts.with_columns(pl.when(pl.col(name).is_not_null()).then(json) for name, json in as_json.items())
    cells = pl.col(pl.String)
    is_formula = cells.str.contains(RUNS_AS_FORMULA) & ~cells.str.contains(PLAIN_NUMBER)
    safe = texts.with_columns(pl.when(is_formula).then(pl.lit("'") + cells).otherwise(cells).name.keep())
    headers = pl.Series(safe.columns, dtype=pl.String)
    renamed = safe.rename(
        {name: f"'{name}" for name, runs in zip(headers, headers.str.contains(RUNS_AS_FORMULA), strict=True) if runs}
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)  # an existing file may have been readable by others
        renamed.write_csv(file, include_bom=True)
