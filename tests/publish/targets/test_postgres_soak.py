"""The target `postgres` for a long time: many deliveries of many rows, with readers who never stop asking."""

import threading
import time
from pathlib import Path

import pytest

from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgres import deliver_to_postgres
from tests.publish.targets.postgres_server import Server
from tests.publish.targets.published import publish

DELIVERIES, READERS, ROWS = 20, 4, 1_000_000
LONGEST_WAIT_SECONDS = 20.0
"""Far above what a reader waits for the swap itself: only one who waits for a whole delivery is slower."""
STATE = f"""
    select (select churned from marts.churn), (select generation from meta.runs),
        (select run from core.orders where system = 'shop' and order_id = '0'),
        (select run from core.orders where system = 'shop' and order_id = '{ROWS - 1}')
"""


class Readers:
    """Threads that ask for the state of the database until they are stopped."""

    def __init__(self, server: Server, database: str) -> None:
        self.server, self.database = server, database
        self.seen: list[tuple[int, ...]] = []
        self.waits: list[float] = []
        self.failures: list[Exception] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(READERS)]

    def __enter__(self) -> "Readers":
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for each in self._threads:
            each.join()

    def _read(self) -> None:
        try:
            with self.server.connect(self.database, "reader") as con:
                while not self._stop.is_set():
                    began = time.perf_counter()
                    row = con.execute(STATE).fetchone()
                    self.waits.append(time.perf_counter() - began)
                    assert row is not None
                    self.seen.append(row)
                    time.sleep(0.02)
        except Exception as error:  # any is one too many
            self.failures.append(error)


@pytest.mark.slow
def test_readers_see_whole_generations_through_twenty_deliveries_of_a_million_rows(
    server: Server, database: str, home: Home, capsys: pytest.CaptureFixture[str]
):
    options = server.options(database, readers="bi_readers")
    generations = [publish(home, run, rows=ROWS) for run in (1, 2)]
    deliver_to_postgres(generations[0], options, Path("/"))
    with Readers(server, database) as readers:
        for number in range(DELIVERIES):
            assert deliver_to_postgres(generations[(number + 1) % 2], options, Path("/")).is_new
    assert readers.failures == []
    assert set(readers.seen) == {(1, 1, 1, 1), (2, 2, 2, 2)}
    assert max(readers.waits) < LONGEST_WAIT_SECONDS
    with capsys.disabled():
        print(f"\n{len(readers.seen):,} reads, the longest {max(readers.waits):.2f} s")
    with server.connect(database) as con:
        assert con.execute("select count(*) from core.orders").fetchone() == (ROWS,)
