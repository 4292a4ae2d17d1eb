"""Many nightly runs in a row on a company that grows: nothing is left behind, nothing grows but the data, ids stay."""

import os
import sys
from pathlib import Path

import pytest

from tests.shop import CRM, FOUR_ORDERS, ORDERS, SURVEY, THREE_ANSWERS, TWO_CUSTOMERS, Shop

RUNS = int(os.environ.get("REGULARS_SOAK_RUNS", "8"))
KEPT = 3
WARM = 3
"""Runs after which libraries are loaded and caches are filled; what grows from then on is a leak."""

MEGABYTES_PER_RUN = 8
"""More than an allocator's noise, less than one build or one frame that is never freed."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory and open files are read from /proc")
def test_many_runs_in_a_row_leave_nothing_behind_and_keep_every_id(tmp_path):
    shop = Shop(tmp_path)
    shop.set_up(CRM, ORDERS, SURVEY, f"publish: {{keep_generations: {KEPT}}}\n")
    customers, answers = list(TWO_CUSTOMERS), list(THREE_ANSWERS)
    known: dict[object, object] = {}
    measured = []
    for run in range(1, max(RUNS, WARM + 2) + 1):
        customers.append((f"n{run}", f"New {run}", f"new{run}@example.org", "", "Olive", ""))
        answers.append((f"n{run}", str(run % 11), "2024-03-05 09:00:00", f"new{run}@example.org", ""))
        orders = [(f"n{run}-{n}", f"n{run}", "", f"2024-03-{n:02} 10:00:00", "9.50", "GBP") for n in range(1, 29)]
        shop.deliver("crm.csv", *customers)
        shop.deliver("answers.csv", *answers)
        shop.deliver(f"orders-{run:03}.csv", *(FOUR_ORDERS if run == 1 else FOUR_ORDERS[:1]), *orders)
        assert shop.run() == 0, shop.said
        assert shop.home.current_number() == run
        ids = shop.customers_by_record()
        assert {record: ids[record] for record in known} == known, f"run {run} gave a customer another id"
        known = ids
        assert shop.ask("select count(*) from core.orders") == [(4 + 28 * run,)]
        measured.append((_memory(), _handles()))
        assert _left_behind(shop) == []
    assert len(known) == len(customers) - 1
    assert len(shop.home.generations()) == KEPT + 1
    (memory_then, handles_then), (memory_now, handles_now) = measured[WARM - 1], measured[-1]
    assert handles_now <= handles_then, f"open files: {[handles for _, handles in measured]}"
    assert memory_now - memory_then < MEGABYTES_PER_RUN * (len(measured) - WARM) + 30, f"MB, open files: {measured}"


def _left_behind(shop: Shop) -> list[str]:
    """What a run should have removed: hidden files and folders of the home, and generations too many.

    A run sweeps when it begins, so that one more than are to be kept is there when it has published.
    """
    hidden = [path.name for path in shop.home.path.rglob(".*") if not path.name.startswith(".sample")]
    return hidden + [each.name for each in shop.home.generations()[: -KEPT - 1]]


def _memory() -> int:
    """Megabytes of this process in memory."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS"))


def _handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
