"""The published sample company that contracts are tested against; made once per session."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def published_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company with 200 customers beside its home, published once. Only to be looked at, or copied."""
    folder = tmp_path_factory.mktemp("published_demo")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("REGULARS_", "DAGSTER_"))}
    command = [sys.executable, "-m", "regulars", "demo", "--home", str(folder / "home"), "--customers", "200"]
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder
