"""A BI tool that never stops asking: `python -m tests.publish.reader HOME`, until its stdin says something.

Each read must see one generation, whole: as many orders as the mart says, all of one night. It prints how many reads.
"""

import select
import sys
from pathlib import Path

import duckdb

QUERY = """
    select (select count(*) from core.orders), (select count(distinct night) from core.orders),
        (select max(night) from core.orders), (select orders from marts.churn), (select churned from marts.churn)
"""


def read(current):
    with duckdb.connect(str(current / "regulars.duckdb"), read_only=True) as con:
        rows, nights, night, promised, churned = con.execute(QUERY).fetchall()[0]
    assert rows == promised == 3, f"{rows} orders, the mart says {promised}"
    assert nights == 1, f"orders of {nights} nights"
    assert night == churned, f"orders of night {night}, churn of night {churned}"
    return night


def main(home):
    reads, newest = 0, 0
    while not select.select([sys.stdin], [], [], 0.04)[0]:
        night = read(Path(home) / "current")
        assert night >= newest, f"night {night} after night {newest}"
        reads, newest = reads + 1, night
    sys.stdout.write(str(reads))


if __name__ == "__main__":
    main(sys.argv[1])
