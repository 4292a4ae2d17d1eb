"""One PostgreSQL server for all tests of this room, and a database for each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars.pipelines.home.home import Home
from tests.publish.targets.postgres_server import PASSWORD, VARIABLE, Server, run_server
from tests.publish.targets.postgres_target import Target
from tests.publish.targets.published import prepared_home


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server with the roles `writer`, which has a password, and `bi_readers` with its member `reader`."""
    with run_server() as running:
        with running.connect("postgres") as con:
            con.execute(f"create role writer login password '{PASSWORD}'")
            con.execute("create role bi_readers")
            con.execute(f"create role reader login password '{PASSWORD}' in role bi_readers")
        yield running


@pytest.fixture
def database(server: Server, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database of the writer, whose password is in the environment."""
    monkeypatch.setenv(VARIABLE, PASSWORD)
    name = f"test_{abs(hash(request.node.nodeid))}"
    with server.connect("postgres") as con:
        con.execute(f"create database {name} owner writer")
    yield name
    with server.connect("postgres") as con:
        con.execute(f"drop database {name} with (force)")


@pytest.fixture
def target(server: Server, database: str) -> Target:
    return Target(server, database)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home in which a test publishes generations."""
    return prepared_home(tmp_path / "home")
