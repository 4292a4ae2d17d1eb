"""Two runs at once, and readers who never let go."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines import errors
from regulars.pipelines.home.verify import find_damage
from regulars.pipelines.publish.swap import swing_current
from tests.publish.builders import a_home, publish_run
from tests.publish.trials import ENVIRONMENT, ROOT, check_readers_see_one_whole_generation, start

ROUNDS = 5

HOLD_OPEN = """
import sys, duckdb
con = duckdb.connect(sys.argv[1] + "/current/regulars.duckdb", read_only=True)
for question in sys.stdin:
    print(con.execute("select max(run), count(*), sum(net_sales) from core.orders").fetchall()[0], flush=True)
"""


@pytest.fixture
def home(tmp_path):
    home = a_home(tmp_path / "home")
    publish_run(home, 1)
    return home


def publish_at_once(home, runs, *, before_the_second=lambda: None):
    """Two runs that both began on the same generation and publish at the same moment. Gives their exit codes."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    first = start(home.path, runs[0], "late", **pipes)
    assert first.stdout.readline() == "ready\n"
    before_the_second()
    second = start(home.path, runs[1], "late", **pipes)
    second_began = second.stdout.readline() == "ready\n"
    for run in (first, second) if second_began else (first,):
        run.stdin.write("go\n")
        run.stdin.flush()
    outputs = [run.communicate(timeout=60)[1] for run in (first, second)]
    return [first.returncode, second.returncode], outputs


def test_a_second_run_stops_while_the_first_holds_the_lock(home):
    codes, outputs = publish_at_once(home, (2, 3))
    assert codes == [0, 75], outputs
    assert "is in use by `regulars run` (process" in outputs[1]
    assert check_readers_see_one_whole_generation(home, {2}) == 2


def test_of_two_runs_without_the_lock_the_optimistic_lock_lets_one_publish(home):
    """Somebody removed the lock file, so both hold a lock: the optimistic lock alone decides."""
    for played in range(ROUNDS):
        before = home.current().number
        codes, outputs = publish_at_once(
            home, (10 * played + 2, 10 * played + 3), before_the_second=(home.path / "lock").unlink
        )
        assert sorted(codes) == [0, 75], f"round {played + 1}: {outputs}"
        assert check_readers_see_one_whole_generation(home, {before + 1, before + 2}) > before
        assert not [path.name for path in home.generations_folder.iterdir() if path.name[0] == "."]


def test_nobody_replaces_current_between_reading_and_replacing_it(home, monkeypatch):
    publish_run(home, 2)
    publish_run(home, 3)
    make_link = Path.symlink_to

    def make_link_slowly(link, target):
        time.sleep(0.2)
        make_link(link, target)

    monkeypatch.setattr(Path, "symlink_to", make_link_slowly)

    def try_to_swing(generation):
        try:
            return swing_current(home, generation, expected_parent=3)
        except errors.Busy:
            return "busy"

    with ThreadPoolExecutor() as pool:
        assert sorted(pool.map(try_to_swing, home.generations()[:2]), key=str) == [None, "busy"]


def test_the_lock_is_free_as_soon_as_its_holder_is_killed(home):
    run = start(home.path, 2, "late", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert run.stdout.readline() == b"ready\n"
    run.kill()
    run.communicate()
    assert publish_run(home, 3).generation.number == 2


def test_a_reader_that_holds_the_file_open_keeps_its_run_while_others_see_the_new_one(home):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_OPEN, str(home.path)],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:

        def ask():
            reader.stdin.write("?\n")
            reader.stdin.flush()
            return reader.stdout.readline()

        first = ask()
        assert first.startswith("(1, 3, ")
        for run in range(2, 8):
            assert publish_run(home, run).is_current
            assert ask() == first
            with duckdb.connect(str(home.current_link / "regulars.duckdb"), read_only=True) as newcomer:
                assert newcomer.execute("select max(run) from core.orders").fetchall() == [(run,)]
        assert 1 not in {generation.number for generation in home.generations()}
        reader.stdin.close()


def test_one_process_sees_the_new_run_though_it_still_holds_the_old_one(home):
    path = str(home.current_link / "regulars.duckdb")
    with duckdb.connect(path, read_only=True) as old:
        publish_run(home, 2)
        assert old.execute("select max(run) from core.orders").fetchall() == [(1,)]
        with duckdb.connect(path, read_only=True) as new:
            assert new.execute("select max(run) from core.orders").fetchall() == [(2,)]
    assert find_damage(home.current()) == []
