"""Finds sessions that keep a published table: readers whom a delivery lets finish first, and who blocks it.

Put here: which sessions they are, and what is said of them. Keep out: what is loaded where (`load.py`).

A table is added for new rows, and readers must know it before it holds any.

A query learns of such a table when it locks the published one. A transaction that had locked it before may go on with
a plan from then, as a prepared statement does: it would find the old rows deleted, and not look for the new ones.
"""

import contextlib
import re
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, errors

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.publish.targets.postgresql.structure import Name

READERS_SECONDS = 5.0
"""How long a delivery lets transactions end that began to read before."""
_PAUSE_SECONDS = 0.02
_LOCKS = """
    select n.nspname, c.relname, l.pid, l.virtualtransaction
    from pg_locks as l
    join pg_class as c on c.oid = l.relation
    join pg_namespace as n on n.oid = c.relnamespace
    where l.locktype = 'relation' and l.granted and l.pid <> pg_backend_pid()
        and l.database = (select oid from pg_database where datname = current_database())
"""
_SESSIONS = """
    -- of others' sessions a writer without pg_read_all_stats sees the name alone
    select pid, application_name, extract(epoch from clock_timestamp() - xact_start)::float8, state
    from pg_stat_activity
    where pid = any(%s)
    order by pid
"""
SESSIONS_NAMED = 3
NAME_LENGTH = 40
"""How much is said of what a tool calls itself: some write a whole path there."""
_ADDRESS = re.compile(r"[^\s,;:<>()\"'=/@]+@[^\s,;:<>()\"'=/@]+")
_Lock = tuple[Name, int, str]


@dataclass(frozen=True)
class StillRead:
    """What is still read after the time that a delivery leaves to readers.

    Attributes:
        tables: The published tables.
        remark: Which sessions read them, for how long, and what follows; empty without any.
    """

    tables: set[Name]
    remark: str = ""


def find_still_read(connection: Connection[Any], tables: set[Name]) -> StillRead:
    """The tables that transactions which locked them before this call still read, after some seconds for them to end.

    Args:
        connection: In autocommit.
        tables: Published tables, each with a new table for its rows that was committed before.
    """
    began = time.monotonic()
    before = held = _list_locks(connection, tables)
    while held and time.monotonic() < began + READERS_SECONDS:
        time.sleep(_PAUSE_SECONDS)
        held = before & _list_locks(connection, tables)
    if not held:
        return StillRead(set())
    waited = time.monotonic() - began
    said = _name_sessions(connection, {pid for _, pid, _ in held})
    return StillRead(
        {table for table, _, _ in held},
        f"it waited {waited:.1f} s for transactions that did not end, and wrote where they read, which takes longer: "
        f"{said}; let that tool end its transactions, or set idle_in_transaction_session_timeout",
    )


@contextlib.contextmanager
def name_blockers(connection: Connection[Any], schemas: Collection[str]) -> Iterator[None]:
    """Name who keeps a table of the schemas where it could not be locked.

    Raises:
        StorageFailed: Somebody keeps a table locked.
    """
    try:
        yield
    except errors.LockNotAvailable:
        locks = connection.execute(_LOCKS).fetchall()
        said = _name_sessions(connection, {pid for schema, _, pid, _ in locks if schema in schemas})
        raise StorageFailed(
            f"somebody keeps a table locked, so that it cannot get its new shape ({said}); "
            "end that transaction, then `regulars deliver`"
        ) from None


def _list_locks(connection: Connection[Any], tables: set[Name]) -> set[_Lock]:
    """Which transactions of others have locked which of the tables."""
    found = connection.execute(_LOCKS).fetchall()
    return {((schema, name), pid, number) for schema, name, pid, number in found if (schema, name) in tables}


def _name_sessions(connection: Connection[Any], pids: Collection[int]) -> str:
    """Each session with what its tool calls itself and for how long its transaction is open; never its query."""
    found = connection.execute(_SESSIONS, [list(pids)]).fetchall()
    said = [_describe_session(*each) for each in found[:SESSIONS_NAMED]]
    more = [f"{len(found) - SESSIONS_NAMED} more"] if len(found) > SESSIONS_NAMED else []
    return ", ".join([*said, *more]) or "it has ended by now"


def _write_name(application: str) -> str:
    """What a tool calls itself, cut, and without what looks like an address of a person."""
    name = _ADDRESS.sub("***", application).strip()
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…"


def _describe_session(pid: int, application: str | None, seconds: float | None, state: str | None) -> str:
    about = [_write_name(application or "") or "without a name"]
    if seconds is not None:
        length = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
        about.append(f"its transaction open for {length}")
    if state is not None and state.startswith("idle in transaction"):
        about.append("idle")
    return f"session {pid} ({', '.join(about)})"
