"""A run may die anywhere. Readers never notice, and the next run mends everything."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import pytest

from tests.publish.builders import a_home, publish_run
from tests.publish.trials import (
    ENVIRONMENT,
    FLUSHING,
    MAKING,
    ROOT,
    RUN,
    WRITING,
    check_next_run_converges,
    check_readers_see_one_whole_generation,
    file_changing_calls,
    home_like,
    need_strace,
    start,
    strace,
)

PUBLISHED, NEXT = 4, 5
MANY_KILLS = int(os.environ.get("REGULARS_RANDOM_KILLS", "100"))
SOME_OR_ALL = pytest.mark.parametrize("every", [18, pytest.param(1, marks=pytest.mark.slow)])
"""Every eighteenth call in `make test`, counted from the last one; all of them in `.ci/run` and `make test-slow`."""


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A home with four generations: the fifth run also sweeps the first."""
    home = a_home(tmp_path_factory.mktemp("crash") / "home")
    for run in range(1, PUBLISHED + 1):
        publish_run(home, run)
    return home.path


@pytest.fixture(scope="module")
def content(template):
    """The content hash of the fifth run when nothing goes wrong."""
    with home_like(template) as home:
        return publish_run(home, NEXT).generation.manifest.content_sha256


@pytest.fixture(scope="module")
def calls(template):
    need_strace()
    with home_like(template) as home:
        return file_changing_calls(home.path, NEXT)


def fault_at(template, content, call, fault):
    """One trial. Gives the child's exit code and which generation readers saw after it."""
    with home_like(template) as home:
        done, _ = strace(
            home.path, NEXT, "-e", f"trace={call.name}", "-e", f"inject={call.name}:{fault}:when={call.nth}"
        )
        seen = check_readers_see_one_whole_generation(home, {PUBLISHED, NEXT})
        assert done.returncode != 0 or seen == NEXT, f"{fault} at {call.line}: the run said it had published"
        assert "Traceback" not in done.stderr, f"{fault} at {call.line}: {done.stderr}"
        check_next_run_converges(home, NEXT, content)
    return done.returncode, seen


def sweep(template, content, calls, faults):
    with ThreadPoolExecutor(max_workers=3) as pool:
        return list(pool.map(lambda call, fault: fault_at(template, content, call, fault), calls, faults))


@SOME_OR_ALL
def test_a_run_killed_at_any_file_changing_call_leaves_one_whole_generation(
    template, content, calls, every, record_trials
):
    """A flush is left out: killed there or at the next call, the files are the same."""
    struck = [call for call in calls if call.name not in FLUSHING][::-every]
    outcomes = sweep(template, content, struck, repeat("signal=KILL"))
    record_trials(f"{len(outcomes)} trials")
    assert len(outcomes) > 50 / every
    assert {code for code, _ in outcomes} == {-signal.SIGKILL}
    assert {seen for _, seen in outcomes} == {PUBLISHED, NEXT}, (
        f"{len(outcomes)} kills did not reach both sides of the swap"
    )


@SOME_OR_ALL
def test_a_failing_disk_at_any_call_leaves_one_whole_generation(template, content, calls, every, record_trials):
    """What makes something finds the disk full; what flushes, names or removes finds it broken."""
    struck = calls[::-every]
    faults = ["error=ENOSPC" if call.name in (*WRITING, *MAKING) else "error=EIO" for call in struck]
    outcomes = sweep(template, content, struck, faults)
    record_trials(f"{len(outcomes)} trials")
    assert len(outcomes) > 70 / every
    assert {code for code, _ in outcomes} <= {0, 74}, f"exit codes in {len(outcomes)} trials"
    assert {(74, PUBLISHED), (0, NEXT)} <= set(outcomes)


def test_a_failed_last_flush_is_a_warning_since_readers_see_the_new_generation(template, content, calls):
    last_swap = max(position for position, call in enumerate(calls) if call.name.startswith("rename"))
    flush = next(call for call in calls[last_swap:] if call.name in FLUSHING)
    assert fault_at(template, content, flush, "error=EIO") == (0, NEXT)


@pytest.mark.parametrize("kills", [4, pytest.param(MANY_KILLS, marks=pytest.mark.slow)])
def test_random_kills_while_others_read(template, content, kills, record_trials):
    with home_like(template) as home:
        readers = [read_on(home.path) for _ in range(2)]
        began = time.monotonic()
        start(home.path, NEXT).wait()
        one_run = time.monotonic() - began  # on this machine, as busy as it is now
        chance, seen = random.Random(20260201), [NEXT]
        for trial in range(1, kills + 1):
            with start(home.path, 1000 * trial, "forever", stdout=subprocess.PIPE) as run:
                assert run.stdout.readline() == b"ready\n"
                if trial % 3 == 0:  # so that there is progress, however slow the machine
                    assert run.stdout.readline() == b"published\n"
                time.sleep(chance.uniform(0, min(0.5, 0.5 * one_run)))
                run.kill()
            seen.append(check_readers_see_one_whole_generation(home, range(seen[-1], 10_000)))
        told = [reader.communicate("stop", timeout=60) for reader in readers]
        assert [reader.returncode for reader in readers] == [0, 0], told
        reads = [int(count) for count, _ in told]
        record_trials(f"{kills} kills, {sum(reads)} reads, {len(set(seen))} generations")
        assert len(set(seen)) > kills / 3
        assert min(reads) > 50 * kills / 60, f"{reads} reads during {kills} kills prove little"
        check_next_run_converges(home, NEXT, content)


def read_on(home):
    command = [sys.executable, "-m", "tests.publish.reader", str(home)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, text=True, **pipes)


@pytest.mark.parametrize("room", [0, 100, 1_000, 4_096, 8_192, 20_000, 270_000, 400_000, 530_000, 600_000, 900_000])
def test_files_may_not_grow_beyond_the_room_there_is(template, content, room):
    """RLIMIT_FSIZE: the disk is full for any file of more than `room` bytes."""
    with home_like(template) as home:
        code = subprocess.run(
            [*RUN, str(home.path), str(NEXT)],
            cwd=ROOT,
            env=ENVIRONMENT,
            check=False,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
        ).returncode
        seen = check_readers_see_one_whole_generation(home, {PUBLISHED, NEXT})
        assert (code, seen) in {(74, PUBLISHED), (0, NEXT)}
        check_next_run_converges(home, NEXT, content)
