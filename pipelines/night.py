"""One night: what every step of it needs, opened once and closed once.

Put here: what belongs to the run as a whole (the lock, the build file, the day, the verdicts so far).
Keep out: how any table is made, and the order of the steps (that is the asset graph in `assets/`).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.alerts import message, tell
from pipelines.contracts.contract import Contract, load_contracts
from pipelines.contracts.judge import RuleResult, judge
from pipelines.contracts.rule import Rule
from pipelines.errors import ContractBroken, RegularsError
from pipelines.failures import redacted
from pipelines.home import Generation, Home
from pipelines.last_night import LastNight, read_last_night, write_last_night
from pipelines.publish.generation import Published
from pipelines.settings import Settings
from pipelines.sources.arrivals import Arrivals
from pipelines.sources.landing import sweep_originals
from pipelines.warehouse import ROOT, Warehouse, lock_down, open_warehouse

Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What somebody asked for when they started a night.

    Attributes:
        settings: The company's settings.
        home: Where its generations live.
        data: The folder that relative source paths start from.
        as_of: The last day that counts.
        allow: Gate -> reason, for gates that this one night may pass (`shrink`, `set_aside`).
    """

    settings: Settings
    home: Home
    data: Path
    as_of: dt.date
    allow: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Night:
    """A night under way."""

    order: Order
    warehouse: Warehouse
    contracts: Mapping[str, Contract]
    parent: Generation | None
    number: int
    started_at: dt.datetime
    say: Say
    arrivals: list[Arrivals] = field(default_factory=list)
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

    def judge(self, table: str, rules: Sequence[Rule] | None = None) -> list[RuleResult]:
        """Have Great Expectations judge promises of `table` (all by default); `meta.checks` will hold the verdicts."""
        results = judge(self.warehouse.con, self.contracts[table], rules=rules)
        self.verdicts.extend(results)
        return results

    def lock_down(self) -> None:
        """After the readers: the build sees no file outside the home, and its settings cannot change."""
        lock_down(self.warehouse.con, self.order.home.path)


def broken(results: Sequence[RuleResult]) -> ContractBroken | None:
    """What to raise when critical promises are broken; None when they are kept."""
    failed = [result for result in results if result.rule.severity == "critical" and not result.passed]
    if not failed:
        return None
    promises = "; ".join(
        f"{result.rule.table}: {result.rule.description or result.rule.id} ({result.failed_count:,} fail)"
        for result in failed
    )
    files = sorted({f"data_contracts/{result.rule.table.replace('.', '/')}.odcs.yaml" for result in failed})
    return ContractBroken(
        f"A contract is broken. {promises}. Nothing was published; the last good generation stays. "
        f"The promises are in {' and '.join(files)}."
    )


@contextmanager
def open_night(order: Order, say: Say, now: dt.datetime) -> Iterator[Night]:
    """Take the lock, clear what dead nights left, and open a fresh build file.

    Raises:
        Busy: Another night holds the lock; the message names it.
        StorageFailed: There is not enough room.
    """
    home = order.home
    home.prepare()
    with home.lock("regulars run"):
        home.sweep(order.settings.publish.keep_generations)
        sweep_originals(home.landing, now - dt.timedelta(days=order.settings.publish.keep_landing_days))
        home.check_free_space()
        parent = home.current()
        if parent is not None:
            parent.manifest  # noqa: B018  (a damaged one is told now, not after the night's work)
        with home.build_folder() as build, open_warehouse(build) as warehouse:
            night = Night(
                order=order,
                warehouse=warehouse,
                contracts=load_contracts(ROOT / "data_contracts"),
                parent=parent,
                number=home.next_number(),
                started_at=now,
                say=say,
            )
            try:
                yield night
            finally:
                _close(night)


def _close(night: Night) -> None:
    """Write down how the night ended, and tell whoever wants to know."""
    home, settings = night.order.home.path, night.settings
    before, ended = read_last_night(home), _ending(night)
    write_last_night(home, ended)
    stale = (
        [each for each in night.published[-1].generation.manifest.sources if each.get("is_stale")]
        if night.published
        else []
    )
    told = message(settings.company.name, before, ended, stale)
    if settings.alerts.webhook and told:
        problem = tell(settings.alerts.webhook, told)
        if problem:
            night.say(problem)


def _ending(night: Night) -> LastNight:
    now = dt.datetime.now(dt.UTC)
    if night.published:
        done = night.published[-1]
        what = "published" if done.is_new else "nothing new; kept"
        return LastNight(now, 0, f"{what} {done.generation.name}.", done.generation.number, done.is_new)
    failure = night.failures[-1] if night.failures else RegularsError("The night was stopped before it was done.")
    return LastNight(now, failure.exit_code, str(failure))
