"""What the crash tests share: homes to spoil, children to kill, and the rule that must hold after every fault."""

import contextlib
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.home.home import Home
from regulars.pipelines.home.verify import find_damage
from tests.publish.builders import publish_run

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
RUN = [sys.executable, "-m", "tests.publish.run_after_run"]

WRITING = [
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "pwritev2",
    "ftruncate",
    "fallocate",
    "copy_file_range",
    "sendfile",
]
FLUSHING = ["fsync", "fdatasync", "sync_file_range"]
MAKING = ["mkdir", "mkdirat", "symlink", "symlinkat", "link", "linkat"]
MOVING = ["rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "chmod", "fchmod", "fchmodat", "fchmodat2"]
FILE_CHANGING = [*WRITING, *FLUSHING, *MAKING, *MOVING]


@dataclasses.dataclass(frozen=True)
class Call:
    """The `nth` call (from 1) of one system call in a run, with what strace wrote of it."""

    name: str
    nth: int
    line: str


def start(home, run, how="once", **more):
    return subprocess.Popen([*RUN, str(home), str(run), how], cwd=ROOT, env=ENVIRONMENT, **more)


def strace(home, run, *options):
    """One run under strace. Gives the finished process and the lines of its main thread."""
    with tempfile.NamedTemporaryFile("r") as log:
        command = ["strace", "-f", "-qq", "-o", log.name, *options, *RUN, str(home), str(run)]
        done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        return done, log.read().splitlines()


def need_strace():
    """Skip where tracing is forbidden; fail where it is only not installed, so that nobody believes it was proven."""
    if sys.platform != "linux":
        pytest.skip("system calls can be failed one by one on Linux only")
    if shutil.which("strace") is None:
        pytest.fail("strace is missing, and without it nothing is proven about crashes: apt-get install strace")
    probe = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        pytest.skip(f"this machine forbids tracing: {probe.stderr.strip().splitlines()[-1]}")


def file_changing_calls(home, run):
    """Every file-changing system call of a run that nothing disturbs, in order."""
    done, lines = strace(home, run, "-e", "trace=" + ",".join("?" + name for name in FILE_CHANGING))
    assert done.returncode == 0, done.stderr
    main = lines[0].split()[0]
    counts, calls = {}, []
    for line in lines:
        if match := re.match(rf"{main} +(\w+)\(", line):
            name = match[1]
            counts[name] = counts.get(name, 0) + 1
            calls.append(Call(name, counts[name], line))
        else:
            assert "resumed>" in line, f"another thread changes files, so calls cannot be counted: {line}"
    return calls


@contextlib.contextmanager
def home_like(template):
    """A copy of a home, to be spoiled. Generations are linked, not copied: nothing may write into them anyway."""
    folder = Path(tempfile.mkdtemp(prefix="trial-", dir=template.parent))
    generations = template / "generations"

    def link(source, target):
        return os.link(source, target) if source.startswith(str(generations)) else shutil.copy2(source, target)

    try:
        shutil.copytree(template, folder / "home", symlinks=True, copy_function=link)
        yield Home(folder / "home")
    finally:
        shutil.rmtree(folder)


def check_readers_see_one_whole_generation(home, allowed):
    """The rule: `current` is one of the allowed generations, every byte and every row of it.

    Returns:
        Its number.
    """
    generation = home.current()
    assert generation.number in allowed
    for each in home.generations():  # the older ones too: `rollback` may go there
        assert find_damage(each) == []
    manifest = generation.manifest
    with duckdb.connect(str(home.current_link / "regulars.duckdb"), read_only=True) as reader:
        for table, facts in manifest.tables.items():
            assert reader.execute(f"select count(*) from {table}").fetchall() == [(facts.rows,)]
        assert reader.execute("select generation from meta.runs").fetchall() == [(generation.number,)]
    return generation.number


def check_next_run_converges(home, run, content_sha256):
    """Whatever a fault left, the next run publishes the same content, and sweeps."""
    published = publish_run(home, run)
    assert home.current() == published.generation
    assert published.generation.manifest.content_sha256 == content_sha256
    check_readers_see_one_whole_generation(home, {published.generation.number})
    left = [path.name for path in (*home.path.iterdir(), *home.generations_folder.iterdir()) if path.name[0] == "."]
    assert left == []
