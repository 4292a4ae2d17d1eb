"""Opens the files of a finished generation for commands, and says so where another version of Regulars made them.

Put here: opening the published file and the state file. Keep out: what a command reads there.
"""

import contextlib
from collections.abc import Iterator

import duckdb
import polars as pl

from regulars.pipelines.errors import RegularsError, StorageFailed
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.state_file import read_state
from regulars.pipelines.run.lineage import code_sha256

_CODE = "select value from raw.lineage where part = 'code'"


class NotPublished(Exception):
    """A generation lacks a column or metric that this version reads by its name."""


_LACKS = (duckdb.BinderException, duckdb.CatalogException, pl.exceptions.ColumnNotFoundError, NotPublished)
"""How reading fails where a generation lacks a table, column or metric that this version reads."""


@contextlib.contextmanager
def open_published(generation: Generation) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file of a generation, opened to be read.

    Raises:
        StorageFailed: It cannot be opened, or another version made it and it lacks what is read from it.
    """
    try:
        con = duckdb.connect(generation.duckdb_file, read_only=True)
    except duckdb.Error:
        raise StorageFailed(
            f"{generation.duckdb_file} cannot be opened; `regulars verify` says what is damaged, "
            "`regulars rollback` goes back to the generation before"
        ) from None
    with con, explain_other_version(generation):
        yield con


@contextlib.contextmanager
def open_state(generation: Generation) -> Iterator[duckdb.DuckDBPyConnection]:
    """The state file of a generation, opened to be read.

    Raises:
        StorageFailed: It cannot be opened, or another version made it and it lacks what is read from it.
    """
    with read_state(generation) as con, explain_other_version(generation):
        yield con


@contextlib.contextmanager
def explain_other_version(generation: Generation) -> Iterator[None]:
    """Say why something is missing in a generation, where the reason is that another version of Regulars made it.

    Raises:
        StorageFailed: What the body reads is missing, and another version made the generation.
    """
    try:
        yield
    except _LACKS:
        if _is_of_this_version(generation):
            raise
        raise StorageFailed(
            f"{generation.name} was made by another version of Regulars and lacks what this version reads here; the "
            "next `regulars run` makes it"
        ) from None


def _is_of_this_version(generation: Generation) -> bool:
    """Whether this code made a generation; False where its state file cannot say so."""
    try:
        with read_state(generation) as con:
            return con.execute(_CODE).fetchall() == [(code_sha256(),)]
    except (RegularsError, duckdb.Error):
        return False
