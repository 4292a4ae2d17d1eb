"""Finds readers of a published table who do not know a table that was just added for its rows.

Put here: whom a delivery lets finish first. Keep out: what is loaded where (`load.py`).

A query learns of such a table when it locks the published one. A transaction that had locked it before may go on with
a plan from then, as a prepared statement does: it would find the old rows deleted, and not look for the new ones.
"""

import time
from typing import Any

from psycopg import Connection

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
_Lock = tuple[Name, int, str]


def find_still_read(connection: Connection[Any], tables: set[Name]) -> set[Name]:
    """The tables that transactions which locked them before this call still read, after some seconds for them to end.

    Args:
        connection: In autocommit.
        tables: Published tables, each with a new table for its rows that was committed before.
    """
    until = time.monotonic() + READERS_SECONDS
    before = held = _list_locks(connection, tables)
    while held and time.monotonic() < until:
        time.sleep(_PAUSE_SECONDS)
        held = before & _list_locks(connection, tables)
    return {table for table, _, _ in held}


def _list_locks(connection: Connection[Any], tables: set[Name]) -> set[_Lock]:
    """Which transactions of others have locked which of the tables."""
    found = connection.execute(_LOCKS).fetchall()
    return {((schema, name), pid, number) for schema, name, pid, number in found if (schema, name) in tables}
