"""The two real companies, each run once per test session as anybody would run it.

Put here: the run and a way to ask what it published. Keep out: what it should have published (`independent_*.py`).
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class RealRun:
    """A run of a real company: the folder it read, and what it published."""

    data: Path
    con: duckdb.DuckDBPyConnection

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.con.execute(query).fetchall()

    def row(self, query: str) -> tuple[Any, ...]:
        (only,) = self.rows(query)
        return only


def folder_of(company: str) -> Path:
    folder = DATA / company
    if not folder.is_dir():
        pytest.skip(f"the data of {company} is not here: put it into ../shared/data/{company}")
    return folder


@pytest.fixture(scope="session")
def real_run(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str, str], RealRun]:
    """Run `regulars run` on the settings of an example and the data beside the repository, or find it already run."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent  # all workers of a session look at the same runs

    def run(example: str, data: str) -> RealRun:
        folder, home = folder_of(data), shared / f"{example}_home"
        with (shared / f"{example}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not home.exists():
                run_run(ROOT / "examples" / example / "regulars.yaml", folder, home)
        return RealRun(folder, duckdb.connect(str(home / "current" / "regulars.duckdb"), read_only=True))

    return run


def run_run(settings: Path, data: Path, home: Path) -> None:
    command = [sys.executable, "-m", "regulars", "run", "--settings", settings, "--data", data, "--home", home]
    environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900)
    assert run.returncode == 0, run.stdout + run.stderr
