"""Kill whole runs at random moments, with readers looking on, and see what is left. Run by `test_run_killed.py`.

    python tests/run/killed_runs.py FOLDER TRIALS SEED

A parent imports everything once and forks a child per run, so that a trial costs a run and not the imports.
Prints one JSON object: what was tried, and every broken rule.
"""

import json
import logging
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))


def run(settings: Path, home: Path) -> int:
    """Run one run in a forked child; returns its process id at once."""
    child = os.fork()
    if child:
        return child
    try:
        from regulars.assets.launch import launch_run
        from regulars.cli import _now
        from regulars.pipelines.run.request import make_request

        logging.disable(logging.CRITICAL)
        launch_run(make_request(settings, home=home, now=_now()))
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def reader(home: Path, until: float) -> int:
    """Look at `current` again and again in a forked child; exits 1 at the first half generation."""
    child = os.fork()
    if child:
        return child
    import duckdb

    try:
        while time.monotonic() < until:
            file = (home / "current").resolve() / "regulars.duckdb"
            with duckdb.connect(file, read_only=True) as con:
                orders, customers = con.execute(
                    "select (select sum(order_count) from marts.customer_clv), "
                    "(select sum(order_count) from marts.customer_360 where not is_unknown)"
                ).fetchall()[0]
                generations = con.execute("select count(distinct generation) from meta.runs").fetchall()[0][0]
                assert orders == customers
                assert generations == 1
            time.sleep(0.01)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def main(folder: Path, trials: int, seed: int) -> None:
    import great_expectations  # noqa: F401

    import regulars.assets.definitions  # noqa: F401  (imported once, for all children)
    from regulars.pipelines.home.home import Home
    from regulars.pipelines.home.verify import find_damage

    chance, broken = random.Random(seed), []
    # by a process of its own: threads started here would be missing in the forked runs, which would wait for them
    sample = [sys.executable, "-m", "regulars", "sample", str(folder), "--customers", "150", "--seed", str(seed)]
    subprocess.run(sample, cwd=ROOT, check=True, capture_output=True)
    settings, home = folder / "regulars.yaml", Home(folder / "home")
    began = time.monotonic()
    assert os.waitstatus_to_exitcode(os.waitpid(run(settings, home.path), 0)[1]) == 0
    whole = time.monotonic() - began
    wanted = home.current().manifest.content_sha256
    late = folder / "exports" / "orders" / "shop_orders_2026-07-01.csv"
    full = late.read_bytes()
    killed = finished = 0
    for trial in range(trials):
        # every trial has something new to land: a run without news would be over before it is killed
        late.write_bytes(b"".join(full.splitlines(keepends=True)[: -1 - trial % 10]))
        before = home.current().number
        moment = chance.uniform(0, whole)
        looking = reader(home.path, time.monotonic() + moment + 0.3)
        child = run(settings, home.path)
        time.sleep(moment)
        if os.waitpid(child, os.WNOHANG)[0] == 0:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            killed += 1
        else:
            finished += 1
        now = home.current()
        if now.number not in (before, before + 1) or find_damage(now):
            broken.append(f"trial {trial}: readers see {now.name} after g{before:06d}: {find_damage(now)}")
        if os.waitstatus_to_exitcode(os.waitpid(looking, 0)[1]) != 0:
            broken.append(f"trial {trial}: a reader saw half a generation")
    late.write_bytes(full)
    if os.waitstatus_to_exitcode(os.waitpid(run(settings, home.path), 0)[1]) != 0:
        broken.append("the run after all kills failed")
    if home.current().manifest.content_sha256 != wanted:
        broken.append("the run after all kills came to other results")
    left = [path.name for path in home.path.iterdir() if path.name.startswith(".build")]
    if left:
        broken.append(f"left behind: {left}")
    print(json.dumps({"killed": killed, "finished": finished, "run_seconds": round(whole, 2), "broken": broken}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
