"""The number of threads changes no digit of a mart; `test_float_sums.py` says at once which sum would."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.assets.test_row_order import FUNCTIONS

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from pathlib import Path
from tests.assets.test_row_order import Company

company = Company(Path(sys.argv[1]))
for name in sys.argv[3:]:
    company.make(name, None).write_parquet(Path(sys.argv[2]) / f"{name}.parquet")
"""


def make_with(threads: int, published: Path, folder: Path, names: list[str]) -> dict[str, pl.DataFrame]:
    """The marts of the published tables, made by a process with so many threads."""
    folder.mkdir()
    command = [sys.executable, "-c", SCRIPT, str(published), str(folder), *names]
    environment = {**os.environ, "POLARS_MAX_THREADS": str(threads), "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return {name: pl.read_parquet(folder / f"{name}.parquet") for name in names}


@pytest.mark.slow
def test_the_number_of_threads_changes_no_digit_of_any_mart(published_demo, tmp_path):
    names = sorted(FUNCTIONS)
    one, two = (make_with(threads, published_demo, tmp_path / str(threads), names) for threads in (1, 2))
    changed = {
        name: [column for column in one[name].columns if not one[name][column].equals(two[name][column])]
        for name in names
    }
    assert {name: columns for name, columns in changed.items() if columns} == {}
