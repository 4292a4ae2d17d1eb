"""The database of a test: written to as `writer`, read by anybody."""

from pathlib import Path
from typing import Any

from regulars.pipelines.home.generation import Generation
from regulars.pipelines.publish.targets.postgres import deliver_to_postgres
from regulars.pipelines.publish.targets.shape.target import Delivered
from tests.publish.targets.postgres_server import Server

BASE = Path("/")


class Target:
    """The database of a test, written to as `writer` and read by anybody."""

    def __init__(self, server: Server, database: str) -> None:
        self.server, self.database = server, database

    def deliver(self, generation: Generation, **options: Any) -> Delivered:
        return deliver_to_postgres(generation, self.server.options(self.database, **options), BASE)

    def ask(self, query: str, user: str = "postgres") -> list[tuple[Any, ...]]:
        with self.server.connect(self.database, user) as con:
            return con.execute(query).fetchall()

    def do(self, statement: str, user: str = "postgres") -> None:
        with self.server.connect(self.database, user) as con:
            con.execute(statement)


def find_row_table(target: Target) -> int:
    """The table that holds the rows of `core.orders`."""
    [(table,)] = target.ask("select distinct tableoid from core.orders")
    return int(table)


def list_doubled_row_tables(target: Target) -> list[tuple[Any, ...]]:
    """Published tables whose rows lie in more than one table, each with the number of them."""
    return target.ask(
        "select p.relname, count(*) from pg_inherits as i join pg_class as p on p.oid = i.inhparent "
        "where i.inhrelid::regclass::text like 'published_rows.%' group by 1 having count(*) <> 1"
    )
