"""Finds the files of a shared case, which lie beside the project.

Put here: where cases lie. Keep out: what a case expects.
"""

import os
from pathlib import Path

import pytest

CASES = Path(os.environ.get("REGULARS_SHARED") or Path(__file__).parents[2].parent / "shared") / "data" / "cases"


def find_case(case: str) -> Path:
    """The folder of a case; where it is absent, the test is skipped and says what to do."""
    if not (CASES / case).is_dir():
        pytest.skip(f"the case is not here: put it into ../shared/data/cases/{case}")
    return CASES / case
