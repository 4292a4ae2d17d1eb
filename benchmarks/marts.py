"""What every table costs in a run: CPU seconds to build and to validate, and where memory peaks.

    .venv/bin/python benchmarks/marts.py --customers 100000 --keep ~/big-company
    .venv/bin/python benchmarks/marts.py --customers 2000

One run of the sample company in a process of its own. CPU time counts all threads and does not depend on how busy the
machine is. The marts of satisfaction, care, products and money together may cost at most as much as all the rest: the
last line says whether they do.
Put here: measuring. Keep out: anything the run needs.
"""

import argparse
import contextlib
import datetime as dt
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
WITHOUT = {
    "customer_360",
    "retention_cohorts",
    "retention_curves",
    "purchase_behaviour",
    "second_orders",
    "churn",
    "churned_customers",
    "reactivated_customers",
    "lapse_proposal",
    "mrr_movements",
    "subscription_churn",
    "subscription_survival",
    "customer_clv",
    "customer_dimensions",
    "customer_segments",
    "revenue_concentration",
    "sales_new_vs_returning",
}
"""The marts of who comes back and what each is worth; every other mart is one of those that are weighed."""


def measure_run(settings: Path, home: Path) -> list[dict[str, Any]]:
    """Run once in this process.

    Returns:
        One row per step, and one for the rest: `name`, `build` and `validate` CPU seconds, `peak_gb`, the most memory
        that the process held meanwhile.
    """
    from regulars.assets.launch import launch_unrecorded_run
    from regulars.pipelines.run.request import make_request
    from regulars.pipelines.run.run import Run

    began = time.process_time()
    rows: list[dict[str, Any]] = []
    validating, between = [0.0], [0.0]
    plain_step, plain_validate = Run.step, Run.validate

    @contextlib.contextmanager
    def timed_step(self: Run, name: str) -> Iterator[None]:
        between.append(take_peak_gb())
        start, validating[0] = time.process_time(), 0.0
        with plain_step(self, name):
            yield
        spent, peak = time.process_time() - start, take_peak_gb()
        rows.append({"name": name, "build": spent - validating[0], "validate": validating[0], "peak_gb": peak})
        sys.stderr.write(f"{name:<40}{spent:>9.2f} s {peak:>6.2f} GB\n")

    def timed_validate(self: Run, *args: Any, **kwargs: Any) -> Any:
        start = time.process_time()
        results = plain_validate(self, *args, **kwargs)
        validating[0] += time.process_time() - start
        return results

    Run.step, Run.validate = timed_step, timed_validate  # type: ignore[method-assign]
    launch_unrecorded_run(make_request(settings, now=dt.datetime.now(dt.UTC), home=home))
    whole = time.process_time() - began
    accounted = sum(row["build"] + row["validate"] for row in rows)
    rest = {"name": "Dagster and the rest", "build": whole - accounted, "validate": 0.0}
    return [*rows, {**rest, "peak_gb": max(*between, take_peak_gb())}]


def take_peak_gb() -> float:
    """The most memory that this process has held since the last call; where Linux cannot say so, since it began."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak


def is_weighed(name: str) -> bool:
    """Whether a step builds one of the marts that may at most double the run."""
    layer, _, table = name.partition(".")
    return (layer == "marts" and table not in WITHOUT) or name.startswith("meta.offer_")


def show(rows: list[dict[str, Any]], customers: int, wall: float) -> None:
    """Print the steps that cost most, what weighed marts cost beside the rest, and memory."""
    cost = {row["name"]: row["build"] + row["validate"] for row in rows}
    whole, weighed = sum(cost.values()), sum(value for name, value in cost.items() if is_weighed(name))
    print(
        f"\n{customers:,} customers: {whole:,.1f} s of CPU, {wall:,.1f} s wall, "
        f"{max(row['peak_gb'] for row in rows):.2f} GB at most\n"
    )
    print("| step | build, s | validate, s | of the run | GB at most |")
    print("|---|---|---|---|---|")
    for row in sorted(rows, key=lambda row: -cost[row["name"]]):
        share = cost[row["name"]] / whole
        if share >= 0.002 or is_weighed(row["name"]):
            mark = "**" if is_weighed(row["name"]) else ""
            print(
                f"| {mark}{row['name']}{mark} | {row['build']:.2f} | {row['validate']:.2f} | {share:.1%} "
                f"| {row['peak_gb']:.2f} |"
            )
    print(f"\nmarts of satisfaction, care, products and money: {weighed:.1f} s; all else: {whole - weighed:.1f} s")
    print(f"the run with them / without them: {whole / (whole - weighed):.2f} (at most 2)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--keep", type=Path, help="write the sample company here, and use it again the next time")
    parser.add_argument("--measured", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measured:
        rows = measure_run(options.keep / "regulars.yaml", options.measured.parent / "home")
        options.measured.write_text(json.dumps(rows), encoding="utf-8")
        return
    from regulars.pipelines.run.polars_memory import return_unused_memory

    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch) / "company"
        if not (folder / "regulars.yaml").exists():
            sample = [sys.executable, "-m", "regulars", "sample", str(folder), "--customers", str(options.customers)]
            subprocess.run(sample, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            for file in (folder / "exports").rglob("*.csv"):
                os.utime(file, (time.time() - 3600,) * 2)  # a file of the last seconds may still be growing
        measured = Path(scratch) / "measured.json"
        again = [sys.executable, __file__, "--keep", str(folder), "--measured", str(measured)]
        return_unused_memory()  # as the command line does
        began = time.perf_counter()
        subprocess.run(again, cwd=ROOT, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
        wall = time.perf_counter() - began
        show(json.loads(measured.read_text(encoding="utf-8")), options.customers, wall)


if __name__ == "__main__":
    main()
