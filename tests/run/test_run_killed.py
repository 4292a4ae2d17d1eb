"""A run may die at any moment: readers see one whole generation, and the next run comes to the same results."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MANY_KILLS = int(os.environ.get("REGULARS_KILLS", "20"))


@pytest.mark.slow
def test_a_killed_run_leaves_readers_a_whole_generation_and_the_next_one_converges(tmp_path):
    script = Path(__file__).parent / "killed_runs.py"
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(MANY_KILLS), "1"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["broken"] == [], f"{result}\n{done.stderr[-2000:]}"
    assert result["killed"] >= MANY_KILLS // 3
