"""Opens a run, holds what all of its steps share, and closes it.

Put here: what belongs to the run as a whole (the lock, the build file, the day, the results of checks so far).
Keep out: how a table is made, and the order of the steps (that is the asset graph in `assets/`).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from regulars.pipelines.contracts.company_contracts import load_run_contracts
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.rule import Rule
from regulars.pipelines.contracts.validation.validate import RuleResult, validate_table
from regulars.pipelines.errors import ContractBroken, RegularsError, RunStopped
from regulars.pipelines.findings.evaluate import EvaluatedFinding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.findings.published import count_findings, is_said
from regulars.pipelines.home.generation import Generation, Published
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.manifest import read_manifest
from regulars.pipelines.home.state_file import move_old_states
from regulars.pipelines.run.alerts import send_alert, write_alert
from regulars.pipelines.run.failed_state import forget_failed_quarantine, keep_failed_quarantine
from regulars.pipelines.run.last_run import LastRun, read_last_run, write_last_run
from regulars.pipelines.run.lineage import code_sha256
from regulars.pipelines.run.open_lineage import EndedRun, refuse_missing_client, send_event
from regulars.pipelines.run.redaction import redact_errors
from regulars.pipelines.run.request import RunRequest
from regulars.pipelines.segments.expression_checks import refuse_wrong_segments
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.sources.landed_source import LandedSource
from regulars.pipelines.sources.landing import sweep_originals
from regulars.pipelines.warehouse.build_file import lock_down, open_warehouse
from regulars.pipelines.warehouse.tables import Warehouse

ReportProgress = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """A run in progress.

    Attributes:
        request: What was asked for.
        warehouse: The build file, open.
        contracts: Table -> contract.
        parent: The generation that readers see when the run starts; None on the first run.
        number: The number that its own generation will have.
        started_at: When it started, aware.
        report_progress: Shows one line to whoever watches.
        landed_sources: What landed of each source.
        checks: The results of all checks so far.
        comparison: How many metrics of past periods were compared with the parent, `metrics_compared`, and how many
            changed, `metrics_changed`; empty without a comparison.
        findings: What was measured so far, before thresholds and acknowledgements.
        evaluated: The findings that exceed their thresholds, once all is measured.
        failures: What went wrong.
        published: What it published, or found to be published already.
        undelivered: Target that could not be brought up to date -> why.
    """

    request: RunRequest
    warehouse: Warehouse
    contracts: Mapping[str, Contract]
    parent: Generation | None
    number: int
    started_at: dt.datetime
    report_progress: ReportProgress
    landed_sources: list[LandedSource] = field(default_factory=list)
    checks: list[RuleResult] = field(default_factory=list)
    comparison: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    evaluated: list[EvaluatedFinding] = field(default_factory=list)
    failures: list[RegularsError] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    undelivered: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The company's settings."""
        return self.request.settings

    @property
    def as_of(self) -> dt.date:
        """The last day that counts."""
        return self.request.as_of

    @property
    def day(self) -> dt.date:
        """The day on which it started, in the company's zone, as `as_of` is."""
        return self.started_at.astimezone(ZoneInfo(self.settings.company.timezone)).date()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Do one step; an error in it is kept in `failures`, and loses all personal values before it is logged."""
        try:
            with redact_errors(name, self.request.home.path / "last_failure.txt"):
                yield
        except RegularsError as failure:
            self.failures.append(failure)
            raise

    def validate(self, table: str, rules: Sequence[Rule] | None = None) -> list[RuleResult]:
        """Validate rules of `table` (default: all) with Great Expectations, and keep the results for `meta.checks`."""
        contract = self.contracts[table]
        if rules is not None:  # as this company's contract has them
            own = {rule.id: rule for rule in contract.rules}
            rules = [own.get(rule.id, rule) for rule in rules]
        results = validate_table(self.warehouse.con, contract, rules=rules)
        self.checks.extend(results)
        return results

    def lock_down(self) -> None:
        """Close the build off: from here on it reads no file outside the home, and its settings cannot change."""
        linked = self.request.linked_home
        lock_down(self.warehouse.con, [self.request.home.path, *([linked] if linked else [])])


def describe_broken_rules(results: Sequence[RuleResult]) -> ContractBroken | None:
    """The error to raise when critical rules are broken; None when all of them hold."""
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
def open_run(request: RunRequest, report_progress: ReportProgress, now: dt.datetime) -> Iterator[Run]:
    """Take the lock, remove what killed runs left behind, and open a new build file.

    However the run ends, `last_run.json` (of a backfill, `last_backfill.json`) records it, and an alert and an event of
    lineage go out where they are due. Linear algebra runs on one thread: the last digit of a sum depends on the number
    of threads, and small matrices gain nothing from more.

    Raises:
        Busy: Another run holds the lock; the message names it.
        StorageFailed: The disk has too little room, or the published generation is damaged.
    """
    home = request.home
    home.prepare()
    with home.lock("regulars run"):
        failures: list[RegularsError] = []
        published: list[Published] = []
        undelivered: dict[str, str] = {}
        landed_sources: list[LandedSource] = []
        is_backfill = False
        contracts: Mapping[str, Contract] = {}
        try:
            code_sha256()  # first: an upgrade may replace files while the run goes on
            refuse_missing_client(request.settings.openlineage)
            contracts = load_run_contracts(request.settings)
            refuse_wrong_segments(request.settings, contracts)
            parent = _prepare_home(request, now, report_progress)
            is_backfill = parent is not None and request.as_of < parent.manifest.as_of
            with (
                home.build_folder() as build,
                open_warehouse(build, request.settings.resources.duckdb_memory_limit) as warehouse,
                threadpool_limits(1, user_api="blas"),
                _keep_quarantine_of_failure(home, warehouse, published),
            ):
                yield Run(
                    request=request,
                    warehouse=warehouse,
                    contracts=contracts,
                    parent=parent,
                    number=home.next_number(),
                    started_at=now,
                    report_progress=report_progress,
                    landed_sources=landed_sources,
                    failures=failures,
                    published=published,
                    undelivered=undelivered,
                )
        except RegularsError as failure:
            failures.append(failure)
            raise
        finally:
            ended = _describe_ending(published, failures, undelivered, is_backfill=is_backfill)
            _record_ending(
                request,
                EndedRun(request.as_of, now, ended, landed_sources, published[-1] if published else None, contracts),
                report_progress,
            )


@contextmanager
def _keep_quarantine_of_failure(home: Home, warehouse: Warehouse, published: Sequence[Published]) -> Iterator[None]:
    """Keep what the run quarantined if it publishes nothing, and forget what a failed run before it has left."""
    try:
        yield
    finally:
        if published:
            forget_failed_quarantine(home)
        else:
            keep_failed_quarantine(warehouse.con, home)


def _prepare_home(request: RunRequest, now: dt.datetime, report_progress: ReportProgress) -> Generation | None:
    """Sweep the home, check the free space and read the current manifest, so that a run fails before its work."""
    home, keep = request.home, request.settings.publish
    home.sweep(keep.keep_generations)
    for state in home.states_without_generation():
        report_progress(f"{state} is kept although its generation is gone; remove it if no restore has brought it back")
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


def _record_ending(request: RunRequest, run: EndedRun, report_progress: ReportProgress) -> None:
    """Record how the run ended, and send an alert and an event of lineage where they are due."""
    settings, ended = request.settings, run.ended
    before = read_last_run(request.home.path, is_backfill=ended.is_backfill)
    with suppress(OSError):  # a full disk must not keep the alert back
        write_last_run(request.home.path, ended)
    stale = [each.source for each in run.sources if each.is_stale]
    alert = write_alert(settings.company.name, before, ended, stale)
    problems = [
        send_alert(settings.alerts.webhook, alert) if settings.alerts.webhook and alert else None,
        send_event(settings.openlineage, run) if settings.openlineage.url else None,
    ]
    for problem in problems:
        if problem:
            report_progress(problem)


def _describe_ending(
    published: Sequence[Published],
    failures: Sequence[RegularsError],
    undelivered: Mapping[str, str],
    *,
    is_backfill: bool,
) -> LastRun:
    now = dt.datetime.now(dt.UTC)
    if published:
        done = published[-1]
        what = "kept aside as a backfill" if is_backfill else "published" if done.is_new else "nothing new; kept"
        odd = done.generation.manifest.findings
        missing = "".join(f" Not delivered to {target}: {why}." for target, why in undelivered.items())
        message = f"{what} {done.generation.name}.{missing}"
        number = done.generation.number
        return LastRun(
            now,
            0,
            message,
            number,
            done.is_new,
            is_backfill,
            undelivered,
            count_findings(odd),
            tuple(str(each["sentence"]) for each in odd if is_said(each) and each["first_seen_generation"] == number),
        )
    failure = failures[-1] if failures else RunStopped("The run was stopped before it was done.")
    return LastRun(now, failure.exit_code, str(failure), is_backfill=is_backfill)
