"""The published file of the sample company."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def file(published_demo: Path) -> Path:
    """Only to be looked at."""
    return (published_demo / "home/current").resolve() / "regulars.duckdb"
