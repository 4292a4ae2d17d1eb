"""A BI tool that never stops asking: `python -m tests.publish.reader HOME`, until its stdin says something.

Each read must see one generation, whole: as many orders as the mart says, all of one run. It prints how many reads.
"""

import select
import sys
from pathlib import Path

import duckdb

QUERY = """
    select (select count(*) from core.orders), (select count(distinct run) from core.orders),
        (select max(run) from core.orders), (select orders from marts.churn), (select churned from marts.churn)
"""


def read(current):
    with duckdb.connect(str(current / "regulars.duckdb"), read_only=True) as con:
        rows, runs, run, declared, churned = con.execute(QUERY).fetchall()[0]
    assert rows == declared == 3, f"{rows} orders, the mart says {declared}"
    assert runs == 1, f"orders of {runs} runs"
    assert run == churned, f"orders of run {run}, churn of run {churned}"
    return run


def main(home):
    reads, newest = 0, 0
    while not select.select([sys.stdin], [], [], 0.04)[0]:
        run = read(Path(home) / "current")
        assert run >= newest, f"run {run} after run {newest}"
        reads, newest = reads + 1, run
    sys.stdout.write(str(reads))


if __name__ == "__main__":
    main(sys.argv[1])
