"""Keeps what a failed run quarantined, so that somebody can look at it: `state/failed.duckdb`, of the latest one only.

Put here: writing that file and removing it. Keep out: showing it (`pipelines/command/quarantine.py`).
It holds what people wrote and typed: only its owner may read it, and it lies where no reader is pointed at.
"""

import os
from contextlib import suppress
from pathlib import Path

import duckdb

from regulars.pipelines.home.durable import SECRET, put_in_place
from regulars.pipelines.home.home import Home
from regulars.pipelines.warehouse.sql_text import quote_literal, quote_table

_KEPT = ("quarantine.rows", "quarantine.withheld")


def keep_failed_quarantine(con: duckdb.DuckDBPyConnection, home: Home) -> bool:
    """Write the quarantined rows of a build that will be thrown away; whether there were any.

    Never raises, also where the run failed before its quarantine step: the failure of the run is the one to report.

    Args:
        con: The build, which may be locked down to the home.
        home: The company's home; the caller holds its lock.
    """
    with suppress(duckdb.Error, OSError):
        if not con.execute(_COUNT).fetchall()[0][0]:
            return False
        building = home.state_folder / f".failed-{os.getpid()}.building"
        _copy(con, building)
        building.chmod(SECRET)
        put_in_place(building, home.failed_state)
        return True
    return False


def forget_failed_quarantine(home: Home) -> None:
    """Remove the file after a run that did not fail."""
    with suppress(OSError):
        home.failed_state.unlink(missing_ok=True)


_COUNT = "select (select count(*) from quarantine.rows) + (select count(*) from quarantine.withheld)"


def _copy(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    path.unlink(missing_ok=True)
    con.execute(f"attach {quote_literal(path)} as failed (storage_version 'v1.0.0')")  # the folder is its owner's alone
    try:
        con.execute("create schema failed.quarantine")
        for table in _KEPT:
            con.execute(f"create table {quote_table(f'failed.{table}')} as from {quote_table(table)}")
    finally:
        con.execute("detach failed")
