"""Lands the files of one source: decides which are new, refuses the others, and checks earlier deliveries.

Put here: what counts as late, shrunk or known. Keep out: reading a file (`landing.py`), and the order of the sources.
"""

import datetime as dt
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.evaluate import Policy, evaluate_findings, write_stop_sentence
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.home.durable import hash_file
from regulars.pipelines.settings.source import Source
from regulars.pipelines.sources.landing import FileState, check_unchanged, land_file, read_landed_file
from regulars.pipelines.sources.ledger import SHRINK_ALLOWED, Delivery, Ledger
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping_checks import check_mapping
from regulars.pipelines.sources.readers.landed_text import READER_VERSION, Landed
from regulars.pipelines.sources.readers.refusal import ReasonCode, Refusal
from regulars.pipelines.sources.source_files import match_files

_COMPARED_DELIVERIES = 14


@dataclass
class LandedSource:
    """What one source contributes to the run.

    Attributes:
        source: Its name.
        deliveries: The deliveries to read, in order.
        refusals: Which files (or the source as a whole) are not used, and why.
        landed: The numbers of the deliveries that landed in this run.
        findings: What was odd about the files that are used.
    """

    source: str
    deliveries: list[Delivery] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    landed: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_stale(self) -> bool:
        """Whether the newest state of the source is missing from `deliveries`."""
        return bool(self.refusals)


@dataclass(frozen=True)
class DeliveredFile:
    """One delivered file: its path for the ledger, the path to open, and its state when it was found."""

    ledger_path: str
    path: Path
    state: FileState


@dataclass(frozen=True)
class LandingRun:
    """What landing needs beside the source: open connections, folders, the moment and the overrides of the run.

    `policy` says which findings keep a file from landing.
    """

    con: duckdb.DuckDBPyConnection
    ledger: Ledger
    data: Path
    landing: Path
    moment: dt.datetime
    policy: Policy
    checker: ExpressionChecker
    report_progress: Callable[[str], None]


class SourceLanding:
    """Lands the files of one source and collects the result."""

    def __init__(self, run: LandingRun, name: str, source: Source) -> None:
        self._run, self._name, self._source = run, name, source
        self._result = LandedSource(name)

    def land(self, files: list[DeliveredFile]) -> LandedSource:
        """Land the new ones of the source's files, in order of delivery."""
        for file in files:
            try:
                self._land_file(file, is_last=file is files[-1])
            except Refusal as refusal:
                self._result.refusals.append(refusal)
                self._record_refusal(file, refusal)
        self._check_presence({file.path for file in files})
        self._check_age(files)
        self._result.deliveries = self._run.ledger.list_used(self._name, self._source.delivery)
        for delivery in self._result.deliveries:
            self._check_earlier_delivery(delivery)
        return self._result

    def _land_file(self, file: DeliveredFile, *, is_last: bool) -> None:
        file_name = file.path.name
        check_unchanged(file.path, file_name, file.state)
        if self._run.ledger.has_size(file.state.bytes, self._name):
            known = self._run.ledger.find_bytes(hash_file(file.path), self._name)
            if known and self._is_known_state(known, file.ledger_path, is_last=is_last):
                return
        landed = land_file(file.path, file_name, file.state, self._source, self._run.landing)
        findings = self._check_header(file_name, landed)
        reason = self._check_count(file_name, landed)
        self._refuse_stops(findings)
        delivery = self._run.ledger.record(
            Delivery(
                source=self._name,
                path=file.ledger_path,
                file_name=file_name,
                file_sha256=landed.file_sha256,
                bytes=file.state.bytes,
                record_count=landed.record_count,
                malformed_count=landed.malformed_count,
                header=landed.header,
                encoding=landed.encoding,
                modified_at=file.state.modified_at,
                landed_at=self._run.moment,
                reader_version=READER_VERSION,
                reason=reason,
            )
        )
        self._result.landed.append(delivery.delivery or 0)
        self._result.findings += findings
        self._run.report_progress(f"{self._name}: {file_name} landed, {landed.record_count:,} records")

    def _is_known_state(self, known: Delivery, ledger_path: str, *, is_last: bool) -> bool:
        """Whether bytes that landed before are not a new delivery now.

        The last file of a full source is its state: it is a new delivery unless it equals the newest delivery. Any
        other file is a new delivery when its place has held other bytes since.
        """
        if self._source.delivery == "full" and is_last:
            last = self._run.ledger.find_newest(known.source)
        else:
            last = self._run.ledger.find_newest_at(ledger_path, known.source)
        return last is None or last.file_sha256 == known.file_sha256

    def _refuse_stops(self, findings: list[Finding]) -> None:
        """Refuse a file that is too odd: its source then keeps its last deliveries, or the run ends."""
        stops = [each for each in evaluate_findings(findings, self._run.policy) if each.is_stop]
        if stops:
            raise Refusal("finding", write_stop_sentence(stops))

    def _check_header(self, file_name: str, landed: Landed) -> list[Finding]:
        """Refuse a file without a column that its mappings need; find columns that are missing and only describe."""
        mistakes = check_mapping(self._name, self._source, landed.header, landed.columns, self._run.checker)
        wrong = [mistake.sentence for mistake in mistakes if mistake.code == "settings"]
        if wrong:
            raise SettingsWrong("\n".join(f"sources.{self._name}: {sentence}" for sentence in wrong))
        reasons: dict[str, ReasonCode] = {"missing": "missing_column", "ambiguous": "ambiguous_column"}
        for code, reason in reasons.items():
            lines = [mistake.sentence for mistake in mistakes if mistake.code == code]
            if lines:
                raise Refusal(reason, f"{file_name} (header): {'; '.join(lines)}")
        return [
            make_finding(
                "optional_column_missing",
                f"{file_name}: {mistake.sentence}.",
                "Have the tool export it again, or correct or remove the column in the settings.",
                source=self._name,
                count=1,
            )
            for mistake in mistakes
            if mistake.code == "warning"
        ]

    def _check_count(self, file_name: str, landed: Landed) -> str | None:
        """Refuse a file with too few records; return the reason when a shrunk file is accepted."""
        if landed.record_count == 0 and self._source.is_required:
            raise Refusal("empty", f"{file_name} holds a header and no record: deliver it again")
        counts = self._run.ledger.read_record_counts(self._name, _COMPARED_DELIVERIES)
        usual = statistics.median(counts) if counts and self._source.delivery == "full" else 0
        if landed.record_count >= usual / 2:
            return None
        allowed = self._run.policy.allowed.get("shrink")
        if allowed:
            return f"{SHRINK_ALLOWED}: {allowed}"
        raise Refusal(
            "shrunk",
            f"{file_name} holds {landed.record_count:,} records where its last {len(counts)} deliveries held "
            f"{usual:,.0f} (median): deliver it again, or run with `--allow shrink=REASON` if it is right",
        )

    def _check_presence(self, paths: set[Path]) -> None:
        for pattern in self._source.paths:
            if paths.isdisjoint(match_files(pattern, self._run.data)):
                self._result.refusals.append(Refusal("missing", f"no file at {pattern}: deliver it, or correct `path`"))

    def _check_age(self, files: list[DeliveredFile]) -> None:
        limit = self._source.max_age_hours
        if limit is None or not files:
            return
        newest = max(files, key=lambda file: file.state.modified_ns)
        hours = (self._run.moment - newest.state.modified_at) / dt.timedelta(hours=1)
        if hours > limit:
            sentence = (
                f"{newest.path.name} is {hours:,.1f} hours old where {limit:g} are allowed: "
                "find out why no newer one was delivered"
            )
            self._result.refusals.append(Refusal("late", sentence))

    def _check_earlier_delivery(self, delivery: Delivery) -> None:
        """Check that a delivery of an earlier run can still be read and fits the settings of this run."""
        if delivery.delivery in self._result.landed:
            return
        file_name, file_sha256 = delivery.file_name, str(delivery.file_sha256)
        try:
            landed = read_landed_file(self._run.con, file_sha256, file_name, self._source, self._run.landing)
            self._result.findings += self._check_header(file_name, landed)
        except Refusal as refusal:
            raise SettingsWrong(f"sources.{self._name}: {refusal.sentence}") from refusal

    def _record_refusal(self, file: DeliveredFile, refusal: Refusal) -> None:
        self._run.ledger.record(
            Delivery(
                source=self._name,
                path=file.ledger_path,
                file_name=file.path.name,
                file_sha256=None,
                bytes=file.state.bytes,
                modified_at=file.state.modified_at,
                landed_at=self._run.moment,
                status="refused",
                reason=f"{refusal.reason_code}: {refusal.sentence}",
            )
        )
