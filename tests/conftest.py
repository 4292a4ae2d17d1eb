"""What several test files need and costs much: made once per session, for all workers, then looked at or copied."""

import fcntl
import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.shop import CRM, FOUR_ORDERS, ORDERS, SURVEY, THREE_ANSWERS, TWO_CUSTOMERS, Shop, run_regulars

if TYPE_CHECKING:
    from tests.object_store import ObjectStore

EXAMPLES_FACTOR = float(os.environ.get("REGULARS_EXAMPLES_FACTOR", "1"))
"""How many times as many examples are drawn as each property asks for: half of them in `make test`, three times as many
in `make test-slow`."""
FEWEST_EXAMPLES = 5

LONGEST_FIRST = (
    "test_run_end_to_end.py",
    "test_command_line.py",
    "test_crash.py",
    "test_soak.py",
    "test_run_killed.py",
    "test_restated_runs.py",
    "test_company_tables.py",
    "test_fingerprint.py",
    "test_online_retail.py",
    "test_olist.py",
)
"""Files that take a worker half a minute or more. They begin first, or one worker ends with one and the other waits."""

# What is compiled is kept, whatever the environment says: two workers, and each process that a test starts, would
# compile the same thousand files again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

MadeOnce = Callable[[str, Callable[[Path], None]], Path]


def pytest_itemcollected(item: pytest.Item) -> None:
    asked = getattr(getattr(item, "obj", None), "_hypothesis_internal_use_settings", None)
    if asked is not None:
        count = max(min(asked.max_examples, FEWEST_EXAMPLES), round(asked.max_examples * EXAMPLES_FACTOR))
        # no public way leads over what a test says itself
        item.obj._hypothesis_internal_use_settings = settings(asked, max_examples=count)


gc.disable()  # until all tests are collected: looking through what stays anyhow is a fifth of what collecting costs


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # modules and tests stay to the end: nobody needs to look through them again
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_configure(config: pytest.Config) -> None:
    """Give each worker a processor of its own: polars and DuckDB then start one thread each, not all of them twice.

    Threads that wait for each other over ten rows cost more than what they compute.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is not None and hasattr(os, "sched_setaffinity"):
        processors = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {processors[int(worker.removeprefix("gw")) % len(processors)]})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> MadeOnce:
    """`made_once(name, make)` gives a folder that the first worker who asks for that name lets `make` fill.

    Nobody may change it: copy it, or look at it.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent

    def folder(name: str, make: Callable[[Path], None]) -> Path:
        path, stamp = shared / name, shared / f"{name}.made"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not stamp.exists():
                shutil.rmtree(path, ignore_errors=True)  # of a worker that failed in the middle
                path.mkdir()
                make(path)
                stamp.touch()
        return path

    return folder


@pytest.fixture(scope="session")
def published_demo(made_once: MadeOnce) -> Path:
    """The sample company with 200 customers beside its home, published once. Only to be looked at, or copied."""

    def make(folder: Path) -> None:
        done = run_regulars("demo", "--home", folder / "home", "--customers", "200")
        assert done.code == 0, done.stderr
        (folder / "said.txt").write_text(done.stdout, encoding="utf-8")

    return made_once("published_demo", make)


@pytest.fixture(scope="session")
def published_shop(made_once: MadeOnce) -> Shop:
    """A shop with a CRM, a till and a survey, after its first run. Only to be looked at."""

    def make(folder: Path) -> None:
        shop = Shop(folder)
        shop.set_up(CRM, ORDERS, SURVEY)
        shop.deliver("crm.csv", *TWO_CUSTOMERS)
        shop.deliver("orders-1.csv", *FOUR_ORDERS)
        shop.deliver("answers.csv", *THREE_ANSWERS)
        assert shop.run() == 0, shop.said
        (folder / "said.txt").write_text(shop.said, encoding="utf-8")

    shop = Shop(made_once("published_shop", make))
    shop.said = (shop.folder / "said.txt").read_text(encoding="utf-8")
    return shop


@pytest.fixture(scope="session")
def republished_shop(made_once: MadeOnce, published_shop: Shop) -> Shop:
    """The same shop after a second run: an order changed, one is new, a customer moved, another is new, the survey is
    late. Only to be looked at."""

    def make(folder: Path) -> None:
        shop = published_shop.moved_to(folder / "shop")
        newcomer = ("c0", "Zoe", "zoe@example.org", "020 7946 0003", "Olive", "")
        moved = ("c1", "Ann", "ann.new@example.org", "020 7946 0001", "Olive", "")
        shop.deliver("crm.csv", TWO_CUSTOMERS[0], newcomer, moved, TWO_CUSTOMERS[2])
        changed = ("o2", "c1", "", "2024-02-10 11:00:00", "60.50", "GBP")
        new = ("o5", "c2", "", "2024-03-20 11:00:00", "5.00", "GBP")
        shop.deliver("orders-2.csv", FOUR_ORDERS[0], changed, new)
        shop.deliver("answers.csv", *THREE_ANSWERS, hours_ago=72)
        assert shop.run() == 0, shop.said
        (folder / "said.txt").write_text(shop.said, encoding="utf-8")

    folder = made_once("republished_shop", make)
    shop = Shop(folder / "shop")
    shop.said = (folder / "said.txt").read_text(encoding="utf-8")
    return shop


@pytest.fixture
def record_trials(request):
    """Call it with a sentence such as `60 kills`; the sentence stands at the end of the test run."""
    return lambda text: request.node.user_properties.append(("trials", text))


def pytest_terminal_summary(terminalreporter):
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == "trials" and report.when == "call":
                    terminalreporter.write_line(f"{report.nodeid.partition('::')[2]}: {text}")


@pytest.fixture(scope="module")
def store() -> "Iterator[ObjectStore]":
    """An object store on loopback whose keys are in the environment; `bucket` is an empty bucket of a test."""
    from tests.object_store import run_object_store  # its libraries take a second to load

    with pytest.MonkeyPatch.context() as environment, run_object_store(environment) as running:
        yield running


@pytest.fixture
def bucket(store: "ObjectStore", request: pytest.FixtureRequest) -> str:
    """The name of an empty bucket in `store`."""
    name = f"b{abs(hash(request.node.nodeid))}"
    store.make_bucket(name)
    store.requests.clear()
    return name
