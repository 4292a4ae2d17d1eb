"""One run: what every step of it needs, opened once and closed once.

Put here: what belongs to the run as a whole (the lock, the build file, the day, the verdicts so far).
Keep out: how any table is made, and the order of the steps (that is the asset graph in `assets/`).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from regulars.pipelines.contracts.contract import Contract, load_contracts
from regulars.pipelines.contracts.rule import Rule
from regulars.pipelines.contracts.validate import RuleResult, validate
from regulars.pipelines.errors import ContractBroken, RegularsError
from regulars.pipelines.home.home import Generation, Home
from regulars.pipelines.home.manifest import read_manifest
from regulars.pipelines.publish.generation import Published
from regulars.pipelines.publish.state_file import move_old_states
from regulars.pipelines.run.alerts import message, tell
from regulars.pipelines.run.last_run import LastRun, read_last_run, write_last_run
from regulars.pipelines.run.redaction import redacted
from regulars.pipelines.settings.package import CONTRACTS_FOLDER
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.sources.landing import sweep_originals
from regulars.pipelines.sources.source_landing import LandedSource
from regulars.pipelines.warehouse.build_file import lock_down, open_warehouse
from regulars.pipelines.warehouse.tables import Warehouse

ReportProgress = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What somebody asked for when they started a run.

    Attributes:
        settings: The company's settings.
        home: Where its generations live.
        data: The folder that relative source paths start from.
        as_of: The last day that counts.
        allow: Gate -> reason, for gates that this one run may pass (`shrink`, `quarantined`).
    """

    settings: Settings
    home: Home
    data: Path
    as_of: dt.date
    allow: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A run under way."""

    order: Order
    warehouse: Warehouse
    contracts: Mapping[str, Contract]
    parent: Generation | None
    number: int
    started_at: dt.datetime
    report_progress: ReportProgress
    landed_sources: list[LandedSource] = field(default_factory=list)
    verdicts: list[RuleResult] = field(default_factory=list)
    failures: list[RegularsError] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        """The company's settings."""
        return self.order.settings

    @property
    def as_of(self) -> dt.date:
        """The last day that counts."""
        return self.order.as_of

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Do one step: what goes wrong in it is remembered, and loses its values before anybody logs it."""
        try:
            with redacted(name, self.order.home.path / "last_failure.txt"):
                yield
        except RegularsError as failure:
            self.failures.append(failure)
            raise

    def validate(self, table: str, rules: Sequence[Rule] | None = None) -> list[RuleResult]:
        """Have Great Expectations validate rules of `table` (all by default); `meta.checks` will hold the verdicts."""
        results = validate(self.warehouse.con, self.contracts[table], rules=rules)
        self.verdicts.extend(results)
        return results

    def lock_down(self) -> None:
        """After the readers: the build sees no file outside the home, and its settings cannot change."""
        lock_down(self.warehouse.con, self.order.home.path)


def broken(results: Sequence[RuleResult]) -> ContractBroken | None:
    """What to raise when critical rules are broken; None when they are kept."""
    failed = [result for result in results if result.rule.severity == "critical" and not result.passed]
    if not failed:
        return None
    rules = "; ".join(
        f"{result.rule.table}: {result.rule.description or result.rule.id} ({result.failed_count:,} fail)"
        for result in failed
    )
    files = sorted({f"data_contracts/{result.rule.table.replace('.', '/')}.odcs.yaml" for result in failed})
    return ContractBroken(
        f"A contract is broken. {rules}. Nothing was published; the last good generation stays. "
        f"The rules are in {' and '.join(files)}."
    )


@contextmanager
def open_run(order: Order, report_progress: ReportProgress, now: dt.datetime) -> Iterator[Run]:
    """Take the lock, clear what dead runs left, and open a fresh build file.

    However the run ends, `last_run.json` says so, and whoever wants to know is told. Linear algebra runs on one
    thread: a sum made by several depends in its last digit on how many there are, and small matrices gain nothing.

    Raises:
        Busy: Another run holds the lock; the message names it.
        StorageFailed: There is not enough room, or what is published is damaged.
    """
    home = order.home
    home.prepare()
    with home.lock("regulars run"):
        failures: list[RegularsError] = []
        published: list[Published] = []
        landed_sources: list[LandedSource] = []
        try:
            parent = _prepared(order, now, report_progress)
            with (
                home.build_folder() as build,
                open_warehouse(build) as warehouse,
                threadpool_limits(1, user_api="blas"),
            ):
                yield Run(
                    order=order,
                    warehouse=warehouse,
                    contracts=load_contracts(CONTRACTS_FOLDER),
                    parent=parent,
                    number=home.next_number(),
                    started_at=now,
                    report_progress=report_progress,
                    landed_sources=landed_sources,
                    failures=failures,
                    published=published,
                )
        except RegularsError as failure:
            failures.append(failure)
            raise
        finally:
            _close(
                order,
                _ending(published, failures),
                [each.source for each in landed_sources if each.is_stale],
                report_progress,
            )


def _prepared(order: Order, now: dt.datetime, report_progress: ReportProgress) -> Generation | None:
    """Sweep, look for room, and read what is published: a damaged generation is told before the run's work."""
    home, keep = order.home, order.settings.publish
    home.sweep(keep.keep_generations)
    moved = move_old_states(home)
    if moved:
        report_progress(
            f"moved the personal data of {moved} generations to {home.state_folder}, out of the folders readers see"
        )
    sweep_originals(home.landing, now - dt.timedelta(days=keep.keep_landing_days))
    home.check_free_space()
    parent = home.current()
    if parent is not None:
        read_manifest(parent.path)
    return parent


def _close(order: Order, ended: LastRun, stale: Sequence[str], report_progress: ReportProgress) -> None:
    """Write down how the run ended, and tell whoever wants to know."""
    before = read_last_run(order.home.path)
    with suppress(OSError):  # a full disk must not keep the alert back
        write_last_run(order.home.path, ended)
    told = message(order.settings.company.name, before, ended, stale)
    if order.settings.alerts.webhook and told:
        problem = tell(order.settings.alerts.webhook, told)
        if problem:
            report_progress(problem)


def _ending(published: Sequence[Published], failures: Sequence[RegularsError]) -> LastRun:
    now = dt.datetime.now(dt.UTC)
    if published:
        done = published[-1]
        is_backfill = done.generation.manifest.is_backfill
        what = "kept aside as a backfill" if is_backfill else "published" if done.is_new else "nothing new; kept"
        return LastRun(now, 0, f"{what} {done.generation.name}.", done.generation.number, done.is_new, is_backfill)
    failure = failures[-1] if failures else RegularsError("The run was stopped before it was done.")
    return LastRun(now, failure.exit_code, str(failure))
