"""A window of another length is one changed line: contracts, tables and their tests follow."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from regulars.pipelines.definitions.windows import NPS_ROLLING_DAYS, REPEAT_DAYS, REPEAT_DAYS_LONG
from tests.house.tutorials import copy_checkout

CHANGES = {
    "nps": (
        f"NPS_ROLLING_DAYS = {NPS_ROLLING_DAYS}\n",
        f"NPS_ROLLING_DAYS = {2 * NPS_ROLLING_DAYS}\n",
        ("tests/transforms/voice", "tests/house/test_one_fact_once.py"),
    ),
    "repeat_purchases": (
        f"REPEAT_DAYS, REPEAT_DAYS_LONG = {REPEAT_DAYS}, {REPEAT_DAYS_LONG}\n",
        f"REPEAT_DAYS, REPEAT_DAYS_LONG = {REPEAT_DAYS // 2}, {REPEAT_DAYS_LONG // 2}\n",
        ("tests/report/test_words.py", "tests/house/test_one_fact_once.py"),
    ),
}
"""What is measured -> the line, the line that takes its place, and the tests that must still pass."""


@pytest.mark.slow
@pytest.mark.parametrize(("line", "other", "tests"), CHANGES.values(), ids=CHANGES)
def test_another_length_is_one_line(line, other, tests, tmp_path):
    checkout = copy_checkout(tmp_path)
    path = checkout / "pipelines" / "definitions" / "windows.py"
    text = path.read_text(encoding="utf-8")
    assert text.count(line) == 1
    path.write_text(text.replace(line, other), encoding="utf-8")
    assert run_python(checkout, "-m", "regulars.pipelines.contracts.odcs.lint") == "contracts: all are sound\n"
    assert " passed" in run_python(checkout, "-m", "pytest", "-q", "-m", "not slow", *tests)


def run_python(checkout: Path, *arguments: str) -> str:
    """What Python says in a checkout, which must be no complaint."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout
