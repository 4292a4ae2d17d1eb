"""How long a run takes, as ratios measured side by side on this machine.

    .venv/bin/python benchmarks/run.py --customers 1000000
    .venv/bin/python benchmarks/run.py --customers 2000 --runs 3

Three questions:
1. What does a run cost beside a bare `create table … as from read_csv(…, all_varchar=true)` of its files on disk?
2. What does it cost beside importing the libraries it uses?
3. What does it cost beside a script that makes three of its tables by hand (`by_hand.py`), and do they agree?

Every number is the least of several runs of a whole process; a ratio's two sides are measured in turn.
Put here: measuring. Keep out: anything the run needs.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).parent.parent
STEP = re.compile(r"^(\S+)\s+([\d,]+) rows\s+([\d.]+) s$")
LIBRARIES = "import dagster, duckdb, polars, pyarrow, narwhals, scipy.sparse.csgraph, great_expectations, sqlalchemy"
BARE = """
import duckdb, pathlib, sys
con = duckdb.connect(sys.argv[2])
for number, path in enumerate(sorted(pathlib.Path(sys.argv[1]).rglob("*.csv"))):
    delimiter = ";" if b";" in path.open("rb").readline() and b"," not in path.open("rb").readline() else ","
    encoding = "utf-8"
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        encoding = "latin-1"
    con.execute(
        f"create table t{number} as from read_csv('{path}', all_varchar=true, header=true, delim='{delimiter}', "
        f"quote='\\"', escape='\\"', ignore_errors=true, encoding='{encoding}')"
    )
con.close()
"""

COMPARED = {
    "cohort cells": (
        "select cohort_month, period_number, cohort_size, retained_customers, order_count, net_sales from hand.cohorts",
        "select cohort_start, period_number, cohort_size, retained_customers, order_count, net_sales "
        "from run.marts.retention_cohorts where grain = 'month' and dimension = 'all'",
    ),
    "months of churn": (
        "select month_end, newly_active_customers, active_customers, churned_customers_12m, round(churn_rate_12m, 9) "
        "from hand.churn",
        "select month_end, newly_active_customers, active_customers, churned_customers_12m, round(churn_rate_12m, 9) "
        "from run.marts.churn where dimension = 'all'",
    ),
    "customers' RFM": (
        "select recency_days, frequency, monetary_value from hand.rfm",
        "select recency_days, frequency, monetary_value from run.marts.customer_segments",
    ),
}
"""The same rows twice, by hand and by run; customers have no common id, so their values are compared as a bag."""


def measure(command: list[str]) -> tuple[float, float, float, str]:
    """Wall seconds, CPU seconds, peak memory in GB and standard error of one process."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        wall = time.perf_counter() - began
        log.seek(0)
        text = log.read()
    if status:
        sys.exit(f"{' '.join(command[:4])} … failed:\n{text[-2000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20, text


def least(runs: list[tuple[float, float, float, str]]) -> tuple[float, float, float, str]:
    """The run with the least wall time."""
    return min(runs, key=lambda each: each[0])


def show_agreement(by_hand: Path, home: Path) -> None:
    """How many rows of each table are the same, by hand and by run."""
    with duckdb.connect() as con:
        con.execute(f"attach '{by_hand}' as hand (read_only)")
        con.execute(f"attach '{home / 'current' / 'regulars.duckdb'}' as run (read_only)")
        for name, (hand, run) in COMPARED.items():
            query = f"select (select count(*) from ({hand})), (select count(*) from ({hand} intersect all {run}))"
            rows, same = con.sql(query).fetchone() or (0, 0)
            print(f"{name + ' by hand':<26}{rows:>9,}, {same:,} of them as the run has them")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="write the sample company here, and use it again the next time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch) / "company"
        if not (folder / "regulars.yaml").exists():
            measure([sys.executable, "-m", "regulars", "sample", str(folder), "--customers", str(options.customers)])
        megabytes = sum(path.stat().st_size for path in (folder / "exports").rglob("*.csv")) / 1e6
        runs, hands, bares, imports = [], [], [], []
        for number in range(options.runs):
            home, bare = Path(scratch) / f"home{number}", Path(scratch) / f"bare{number}.duckdb"
            runs.append(
                measure(
                    [
                        sys.executable,
                        "-m",
                        "regulars",
                        "run",
                        "--settings",
                        str(folder / "regulars.yaml"),
                        "--home",
                        str(home),
                    ]
                )
            )
            hand = Path(scratch) / f"by_hand{number}.duckdb"
            hands.append(measure([sys.executable, str(Path(__file__).parent / "by_hand.py"), str(folder), str(hand)]))
            bares.append(measure([sys.executable, "-c", BARE, str(folder / "exports"), str(bare)]))
            imports.append(measure([sys.executable, "-c", LIBRARIES]))
            bare.unlink()
        run, by_hand, bare, imported = least(runs), least(hands), least(bares), least(imports)
        show_agreement(hand, home)
    print(f"\n{options.customers:,} customers, {megabytes:,.0f} MB of exports, least of {options.runs} runs\n")
    print(f"{'':<26}{'wall s':>9}{'CPU s':>9}{'peak GB':>9}")
    for name, each in (
        ("whole run", run),
        ("three tables by hand", by_hand),
        ("bare read_csv into a file", bare),
        ("import of the libraries", imported),
    ):
        print(f"{name:<26}{each[0]:>9.2f}{each[1]:>9.2f}{each[2]:>9.2f}")
    print(f"\nrun / by hand            {run[0] / by_hand[0]:.1f} (wall)  {run[1] / by_hand[1]:.1f} (CPU)")
    print(f"run / bare read_csv      {run[0] / bare[0]:.1f} (wall)  {run[1] / bare[1]:.1f} (CPU)")
    print(f"run / import             {run[0] / imported[0]:.1f} (wall)  {run[1] / imported[1]:.1f} (CPU)\n")
    steps = [match.groups() for match in map(STEP.match, run[3].splitlines()) if match]
    for table, rows, seconds in sorted(steps, key=lambda step: -float(step[2])):
        print(f"{table:<36}{rows:>14} rows{float(seconds):>9.2f} s")


if __name__ == "__main__":
    main()
