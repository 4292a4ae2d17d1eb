"""What every contender of `clv.py` is given and has to hand back, whatever library it runs on.

Needs numpy only, for it runs in each contender's environment.
Put here: reading the customers, timing a step, writing results. Keep out: any library's way to a number.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

HORIZON = 365.0
MONTHS, DAYS_PER_MONTH, MONTHLY_DISCOUNT = 12, 30, 0.01
"""The field's CLV: twelve months of 30 days, each discounted at its end."""
REHEARSED = 1_000
"""Customers that a contender warms up on, twice: the second time tells what it costs before the customers count."""

Result = TypeVar("Result")
Customers = dict[str, Any]
"""`frequency`, `recency`, `T`, `monetary_value`: (n,) float64."""


class Stopwatch:
    """CPU seconds of this process, all its threads, step by step."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}

    def __call__(self, name: str, step: Callable[[], Result]) -> Result:
        before = time.process_time()
        result = step()
        self.steps[name] = time.process_time() - before
        return result


def main(tasks: dict[str, Callable[[Customers, Stopwatch], dict[str, Any]]]) -> None:
    """Run one task on the customers of a file: `python <contender>.py <task> <customers.npy> <results.npz>`."""
    imported = time.process_time()
    task, file, results = sys.argv[1:]
    columns = dict(zip(("frequency", "recency", "T", "monetary_value"), np.load(file), strict=True))
    few = {name: column[:REHEARSED] for name, column in columns.items()}
    first, few_customers, all_customers = Stopwatch(), Stopwatch(), Stopwatch()
    tasks[task](few, first)
    compiling = os.times().children_user + os.times().children_system
    tasks[task](few, few_customers)
    found = tasks[task](columns, all_customers)
    np.savez(results, **{name: np.asarray(value, dtype=np.float64) for name, value in found.items()})
    results_by_name = {
        "import": imported,
        "first": compiling + sum(first.steps.values()),
        "few": few_customers.steps,
        "all": all_customers.steps,
    }
    Path(results).with_suffix(".json").write_text(json.dumps(results_by_name))
