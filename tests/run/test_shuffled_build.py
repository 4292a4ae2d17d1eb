"""A run does not depend on the order in which the rows of its own tables lie: threads write and read them in any.

Between all steps every new table of the build is put in another order, those of the landed rows first. What the order
of rows in a file means, such as which line of an order came first, is in `_row_id`, and stays.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.run.run import Run
from regulars.pipelines.warehouse.sql_text import quote_identifier
from tests.shop import CRM, FOUR_ORDERS, LINES, ORDERS, SURVEY, THREE_ANSWERS, TWO_CUSTOMERS, Shop, run_regulars

OF_THE_CLOCK = ("landed_at", "modified_at", "started_at", "run_on", "finished_at", "last_delivered_at")
_TABLES = """
    select schema_name, table_name
    from duckdb_tables()
    where database_name = current_database() and not temporary
    order by all
"""


def shuffle_new_tables(run: Run, done: set[tuple[int, str, str]]) -> None:
    """Put the rows of every table that is not in `done` in another order; the working tables are in use and stay."""
    con = run.warehouse.con
    for schema, name in con.execute(_TABLES).fetchall():
        if (run.number, schema, name) in done or schema == "quarantine_work":
            continue
        done.add((run.number, schema, name))
        table = f"{quote_identifier(schema)}.{quote_identifier(name)}"
        con.execute(f"create temp table shuffled_rows as from {table} order by hash(rowid, 1)")
        con.execute(f"truncate {table}")
        con.execute(f"insert into {table} from shuffled_rows")
        con.execute("drop table shuffled_rows")


@pytest.fixture
def shuffled(monkeypatch):
    """From here on the tables of a run are shuffled before each of its steps; holds their names."""
    done: set[tuple[int, str, str]] = set()
    step = Run.step

    @contextmanager
    def shuffled_step(run: Run, name: str) -> Iterator[None]:
        with step(run, name):
            shuffle_new_tables(run, done)
            yield

    def begin() -> set[tuple[int, str, str]]:
        monkeypatch.setattr(Run, "step", shuffled_step)
        return done

    return begin


def list_changed_tables(one: Path, two: Path) -> list[str]:
    """The published tables of two homes whose rows differ, apart from when they were made."""
    with duckdb.connect(config={"threads": 1}) as con:
        for name, home in (("one", one), ("two", two)):
            con.execute(f"attach '{home}/current/regulars.duckdb' as {name} (read_only)")
        tables = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'one' order by all"
        ).fetchall()
        assert len(tables) > 60
        clock = ", ".join(f"'{column}'" for column in OF_THE_CLOCK)
        columns = f"columns(name -> name not in ({clock}))"
        return [
            table
            for (table,) in tables
            if any(
                con.execute(
                    f"select {columns} from {a}.{table} except all select {columns} from {b}.{table}"
                ).fetchall()
                for a, b in (("one", "two"), ("two", "one"))
            )
        ]


LINES_AGAIN = [
    ("order", "customer", "at", "product", "quantity", "price"),
    ("o8", "c1", "2024-03-01 10:00:00", "p1", "1", "5.00"),
    ("o8", "c1", "2024-03-01 10:00:00", "p1", "1", "5.00"),
    ("o8", "c1", "2024-03-01 10:00:00", "p2", "2", "5.00"),
    ("o9", "c2", "2024-03-01 10:00:00", "p2", "2", "5.00"),
    ("o7", "c2", "2024-03-01 10:00:00", "p2", "2", "5.00"),
]


def publish_twice(folder: Path) -> Shop:
    """Deliver the same orders again beside changed ones, and orders and answers of one moment."""
    folder.mkdir()
    shop = Shop(folder)
    shop.set_up(CRM, ORDERS, LINES, SURVEY)
    shop.deliver("crm.csv", *TWO_CUSTOMERS)
    shop.deliver("orders-1.csv", *FOUR_ORDERS, hours_ago=3)
    shop.deliver("lines-1.csv", *LINES_AGAIN, hours_ago=3)
    shop.deliver("answers.csv", *THREE_ANSWERS)
    assert shop.run() == 0, shop.said
    again = [row if row[0] != "o2" else (*row[:4], "61.50", *row[5:]) for row in FOUR_ORDERS]
    shop.deliver("orders-2.csv", *again, hours_ago=2)
    shop.deliver("lines-2.csv", *LINES_AGAIN[:3], *LINES_AGAIN[:0:-1], hours_ago=2)
    assert shop.run() == 0, shop.said
    return shop


@pytest.mark.slow
def test_the_order_of_the_rows_of_the_build_changes_no_table(tmp_path, shuffled):
    straight = publish_twice(tmp_path / "straight")
    tables = shuffled()
    assert list_changed_tables(straight.home.path, publish_twice(tmp_path / "shuffled").home.path) == []
    for number in (1, 2):
        schemas = {schema for run, schema, _ in tables if run == number}
        assert schemas >= {"landed", "staging", "identity", "core", "marts", "meta"}


@pytest.mark.slow
def test_the_order_of_the_rows_of_the_build_changes_no_table_of_the_sample_company(published_demo, tmp_path, shuffled):
    shuffled()
    done = run_regulars("demo", "--home", tmp_path / "home", "--customers", "200")
    assert done.code == 0, done.stderr
    assert list_changed_tables(published_demo / "home", tmp_path / "home") == []
