"""Fetches what a source has in another place into a file, which then is a delivery like any file.

Put here: attempts, the time limit, all or nothing. Keep out: how one kind of place is read, and landing.
"""

import importlib.util
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.home.durable import put_in_place
from regulars.pipelines.servers.address import word_unreachable
from regulars.pipelines.settings.sources.api_way import ApiResource
from regulars.pipelines.settings.sources.ways_in import DatabaseTable, RecordsWay
from regulars.pipelines.sources.fetching.api.client import Client
from regulars.pipelines.sources.fetching.api.pages import read_first_page, write_all_pages, write_records
from regulars.pipelines.sources.fetching.connection_lost import ConnectionLost
from regulars.pipelines.sources.fetching.files import read_duckdb, read_sqlite
from regulars.pipelines.sources.fetching.text_rows import Row, TextRows, write_text_rows
from regulars.pipelines.sources.readers.json.json_values import make_columns
from regulars.pipelines.sources.readers.refusal import Refusal

PAUSES = (1.0, 4.0)
"""Seconds before the second and the third attempt."""
_CHECK_SECONDS = 60


def fetch(name: str, way: RecordsWay, data: Path, folder: Path, *, pause: Callable[[float], None] = time.sleep) -> Path:
    """Fetch a source whole into one file, which is there only when all records are.

    Args:
        name: The source, after which the file is called.
        way: Where it is.
        data: The folder that relative paths start from.
        folder: A private folder.
        pause: Waits some seconds between attempts.

    Returns:
        The file.

    Raises:
        SettingsWrong: An extra or the variable of a password is missing.
        Refusal: It cannot be fetched.
    """
    if isinstance(way, ApiResource):
        return fetch_api(name, way, folder, pause)
    target = folder / f"{name}.parquet"
    work = folder / f".{name}.tmp"

    def write(rows: TextRows) -> None:
        write_text_rows(rows, work)

    try:
        _try_until_read(way, data, write, pause)
        put_in_place(work, target)
    finally:
        work.unlink(missing_ok=True)
    return target


def fetch_api(
    name: str, way: ApiResource, folder: Path, pause: Callable[[float], None], *, may_be_empty: bool = False
) -> Path:
    """Fetch all records of an API into one file of JSON lines.

    Args:
        name: The source, after which the file is called.
        way: Where they are.
        folder: A private folder.
        pause: Waits some seconds between attempts.
        may_be_empty: Whether it is as well where there are none, as of an increment.

    Raises:
        Refusal: They cannot be fetched, or there are none.
    """
    target, work = folder / f"{name}.jsonl", folder / f".{name}.tmp"
    try:
        client = Client(way, time.monotonic() + 60 * way.time_limit_minutes, pause)
        if not write_all_pages(client, work) and not may_be_empty:
            raise Refusal("empty", f"{way.what}: no record came; see that `params` and the rights of the secret fit")
        put_in_place(work, target)
    finally:
        work.unlink(missing_ok=True)
    return target


def fetch_sample(name: str, way: RecordsWay, data: Path, folder: Path) -> Path:
    """As `fetch`, for looking at: of an API the first page alone.

    Raises:
        SettingsWrong: As for `fetch`.
        Refusal: As for `fetch`.
    """
    if not isinstance(way, ApiResource):
        return fetch(name, way, data, folder)
    target = folder / f"{name}.jsonl"
    write_records(read_first_page(_make_checking_client(way)), target)
    return target


def describe_fetch(way: RecordsWay, data: Path) -> str:
    """What a fetch would bring, in words; no record is kept.

    Raises:
        SettingsWrong: As for `fetch`.
        Refusal: As for `fetch`.
    """
    if not isinstance(way, ApiResource):
        return _count(len(list_columns(way, data)), "column")
    records = read_first_page(_make_checking_client(way))
    return f"{_count(len(records), 'record')} on the first page, with {_count(len(make_columns(records)), 'column')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _make_checking_client(way: ApiResource) -> Client:
    return Client(way, time.monotonic() + _CHECK_SECONDS)


def read_first_row(way: DatabaseTable, data: Path, pause: Callable[[float], None] = time.sleep) -> Row:
    """The first row of a query that always has one.

    Raises:
        SettingsWrong: As for `fetch`.
        Refusal: As for `fetch`.
    """
    found: list[Row] = []
    _try_until_read(way, data, lambda rows: found.extend(next(iter(rows.batches))[:1]), pause)
    return found[0]


def _try_until_read(
    way: DatabaseTable, data: Path, read: Callable[[TextRows], None], pause: Callable[[float], None]
) -> None:
    """Open the rows and have them read; again after a lost connection, within the time limit."""
    deadline = time.monotonic() + 60 * way.time_limit_minutes
    for seconds in (*PAUSES, None):
        try:
            with _open(way, data, deadline) as rows:
                _refuse_unusable_names(way, rows.names)
                read(TextRows(rows.names, _stop_at(rows.batches, way, deadline)))
            return
        except ConnectionLost as lost:
            if seconds is None or time.monotonic() + seconds > deadline:
                raise _refuse_lost(way, lost) from None
            pause(seconds)


def list_columns(way: DatabaseTable, data: Path) -> tuple[str, ...]:
    """The columns that a fetch would bring; no row is kept.

    Raises:
        SettingsWrong: As for `fetch`.
        Refusal: As for `fetch`.
    """
    try:
        with _open(way, data, time.monotonic() + _CHECK_SECONDS) as rows:
            _refuse_unusable_names(way, rows.names)
            return rows.names
    except ConnectionLost as lost:
        raise _refuse_lost(way, lost) from None


def _open(way: DatabaseTable, data: Path, deadline: float) -> AbstractContextManager[TextRows]:
    if way.sslrootcert is not None:
        authority = data / way.sslrootcert
        if not authority.is_file():
            raise Refusal("missing", f"there is no file {way.sslrootcert}; correct `sslrootcert`")
        way = way.model_copy(update={"sslrootcert": str(authority)})
    if way.engine == "postgresql":
        if importlib.util.find_spec("psycopg") is None:
            raise SettingsWrong("a source from postgresql needs psycopg: `pip install 'regulars[postgres]'`")
        from regulars.pipelines.sources.fetching.postgresql import read_postgresql

        return read_postgresql(way, deadline - time.monotonic())
    if way.engine == "mysql":
        if importlib.util.find_spec("pymysql") is None:
            raise SettingsWrong("a source from mysql needs PyMySQL: `pip install 'regulars[mysql]'`")
        from regulars.pipelines.sources.fetching.mysql import read_mysql

        return read_mysql(way, deadline - time.monotonic())
    path = data / str(way.file)
    if not path.is_file():
        raise Refusal("missing", f"there is no database file {way.file}: deliver it, or correct `from`")
    return read_sqlite(way, path) if way.engine == "sqlite" else read_duckdb(way, path)


def _refuse_lost(way: DatabaseTable, lost: ConnectionLost) -> Refusal:
    return Refusal("unfetched", f"{word_unreachable(way, str(lost))}; see that the server runs and `from` is right")


def _refuse_unusable_names(way: DatabaseTable, names: Sequence[str]) -> None:
    """Refuse columns that a file could not tell apart: names count in any case."""
    if not names:
        raise Refusal("unfetched", f"{way.what} has no columns: write a `select`")
    folded = [name.strip().casefold() for name in names]
    twice = sorted({name for name in folded if folded.count(name) > 1})
    if twice:
        listed = ", ".join(f"`{name}`" for name in twice)
        raise Refusal("unfetched", f"{way.what} has two columns called {listed}: give each its own name with `as`")


def _stop_at(batches: Iterable[Sequence[Row]], way: DatabaseTable, deadline: float) -> Iterator[Sequence[Row]]:
    for batch in batches:
        if time.monotonic() > deadline:
            raise Refusal("unfetched", f"{way.what} took longer than `time_limit_minutes` allows")
        yield batch
