"""Lands the files of one source: decides which are new, refuses the others, and checks earlier deliveries.

Put here: what counts as late, shrunk or known. Keep out: reading a file (`landing.py`), and the order of the sources.
"""

import datetime as dt
import errno
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.findings.evaluate import Policy, evaluate_findings, write_stop_sentence
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.settings.part import Place
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.archives.delivered_file import DeliveredFile, open_archive, refuse_late
from regulars.pipelines.sources.delivery_findings import (
    find_missing_columns,
    find_secret_columns,
    list_delivery_findings,
)
from regulars.pipelines.sources.fetching.fetches import Fetch
from regulars.pipelines.sources.landed_source import LandedSource
from regulars.pipelines.sources.landing import check_unchanged, land_file, read_landed_file
from regulars.pipelines.sources.ledger import SHRINK_ALLOWED, Delivery, Ledger
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping_checks import check_mapping
from regulars.pipelines.sources.odd_files import COMPARED_DELIVERIES, find_oddities, list_reading_notes
from regulars.pipelines.sources.readers.landed_text import READER_VERSION, Landed
from regulars.pipelines.sources.readers.refusal import ReasonCode, Refusal
from regulars.pipelines.sources.source_files import match_files

_COMPARED_DELIVERIES = 14
_UNREADABLE = {errno.EACCES, errno.EPERM, errno.EISDIR}


@dataclass(frozen=True)
class LandingRun:
    """What landing needs beside the source: open connections, folders, the moment and the overrides of the run.

    `policy` says which findings keep a file from landing, `locate` where a setting stands (`regulars.yaml:23: `).
    """

    con: duckdb.DuckDBPyConnection
    ledger: Ledger
    data: Path
    landing: Path
    moment: dt.datetime
    policy: Policy
    checker: ExpressionChecker
    report_progress: Callable[[str], None]
    locate: Callable[[Place], str]


class SourceLanding:
    """Lands the files of one source and collects the result."""

    def __init__(self, run: LandingRun, name: str, source: Source) -> None:
        self._run, self._name, self._source = run, name, source
        self._result = LandedSource(name)
        self._modified_at: dict[str, dt.datetime] = {}
        self._refused: set[Path] = set()
        self._fetch: Fetch | None = None

    def land(
        self, files: list[DeliveredFile], unfetched: Sequence[Refusal] = (), fetch: Fetch | None = None
    ) -> LandedSource:
        """Land the new ones of the source's files, in order of delivery.

        Args:
            files: The files.
            unfetched: What could not be fetched, and why.
            fetch: The fetch by a cursor that brought the only file, or nothing new.
        """
        self._result.refusals += unfetched
        self._fetch = fetch
        if fetch is not None and not files:
            self._run.ledger.fetches.record(fetch, None)
        opened = [each for file in files if file.is_here for each in self._open_archive(file)]
        self._modified_at = {file.ledger_path: file.state.modified_at for file in (*files, *opened)}
        for file in opened:
            try:
                with self._refuse_instead_of_stopping(file):
                    self._land_file(file)
            except Refusal as refusal:
                self._refuse(file, refusal)
        self._remember_fetched(files)
        self._check_presence({file.path for file in files})
        self._check_age(files)
        self._result.deliveries = self._run.ledger.list_used(self._name, self._source.delivery_mode)
        self._result.replaced = self._run.ledger.list_replaced(self._name)
        self._result.wholes = self._run.ledger.fetches.list_starts(self._name)
        all_landed = self._run.ledger.list_landed(self._name)
        self._result.last_deliveries = all_landed[-2 * COMPARED_DELIVERIES :]
        self._result.findings += list_delivery_findings(self._name, self._source, all_landed, self._result.deliveries)
        if self._source.delivery_mode == "full" and all_landed:
            others = [each for each in all_landed if each.file_sha256 != all_landed[-1].file_sha256]
            self._result.previous = others[-1] if others else None
        for delivery in list(self._result.deliveries):
            self._check_earlier_delivery(delivery)
        return self._result

    def _remember_fetched(self, files: list[DeliveredFile]) -> None:
        """Files that lie elsewhere and were not refused need not be fetched again until they change."""
        for file in files:
            if file.version is not None and file.is_here and file.path not in self._refused:
                self._run.ledger.remember_fetched(self._name, file.ledger_path, file.version)

    def _open_archive(self, file: DeliveredFile) -> list[DeliveredFile]:
        """The files in a file, where it is an archive; none of one that is refused."""
        try:
            return open_archive(file, self._source)
        except Refusal as refusal:
            self._refuse(file, refusal)
            return []

    @contextmanager
    def _refuse_instead_of_stopping(self, file: DeliveredFile) -> Iterator[None]:
        """For an optional source: what would stop the run refuses the file."""
        try:
            yield
        except SettingsWrong as wrong:
            if self._source.is_required:
                raise
            raise Refusal("mapping", f"{file.file_name}: {wrong}") from wrong
        except OSError as error:
            if self._source.is_required or error.errno not in _UNREADABLE:
                raise
            sentence = f"{file.file_name} cannot be read: {error.strerror}; see that this user may read it"
            raise Refusal("unreadable", sentence) from error

    def _land_file(self, file: DeliveredFile) -> None:
        file_name = file.file_name
        check_unchanged(file.path, file_name, file.state)
        if self._run.ledger.has_size(file.bytes, self._name):
            known = self._run.ledger.find_bytes(file.hash(), self._name)
            if known and not self._was_put_back(known, file) and not self._stands_for_all_before(known):
                if self._fetch is not None:
                    self._run.ledger.fetches.record(self._fetch, known.delivery)
                return
        landed = land_file(file.path, file_name, file.state, self._source, self._run.landing, file.member)
        findings = [*self._check_header(file_name, landed), *find_secret_columns(self._name, file_name, landed)]
        reason = self._check_count(file_name, landed)
        before = self._run.ledger.list_landed(self._name)[-COMPARED_DELIVERIES:]
        self._refuse_stops([*findings, *find_oddities(self._name, file_name, landed, before)])
        delivery = self._run.ledger.record(
            Delivery(
                source=self._name,
                path=file.ledger_path,
                file_name=file_name,
                file_sha256=landed.file_sha256,
                bytes=file.bytes,
                record_count=landed.record_count,
                malformed_count=landed.malformed_count,
                header=landed.header,
                encoding=landed.encoding,
                modified_at=file.state.modified_at,
                landed_at=self._run.moment,
                reader_version=READER_VERSION,
                reason=reason,
            ),
            self._fetch,
        )
        self._result.landed.append(delivery.delivery or 0)
        self._result.findings += findings
        self._run.report_progress(f"{self._name}: {file_name} landed, {landed.record_count:,} records")

    def _was_put_back(self, known: Delivery, file: DeliveredFile) -> bool:
        """Whether bytes that landed before are a new delivery now: their file was put there after the newest one.

        Either the place has held other bytes since, or the file was written there since and is younger than the newest
        delivery. Where the newest one's file was written anew too, all were copied, and their times say nothing.
        """
        newest = self._run.ledger.find_newest(self._name)
        if newest is None or newest.file_sha256 == known.file_sha256:
            return False
        here_before = self._run.ledger.find_newest_at(file.ledger_path, self._name)
        if here_before is not None and here_before.file_sha256 != known.file_sha256:
            return True
        if self._modified_at.get(newest.path, newest.modified_at) != newest.modified_at:
            return False
        if here_before is None:
            return file.state.modified_at >= newest.modified_at
        return file.state.modified_at > max(newest.modified_at, here_before.modified_at)

    def _stands_for_all_before(self, known: Delivery) -> bool:
        """Whether everything was fetched and equals what came by the last increment: what came before it is gone."""
        if self._fetch is None or not self._fetch.is_whole:
            return False
        return known.delivery not in self._run.ledger.fetches.list_starts(self._name)[-1:]

    def _refuse_stops(self, findings: list[Finding]) -> None:
        """Refuse a file that is too odd: its source then keeps its last deliveries, or the run ends."""
        stops = [each for each in evaluate_findings(findings, self._run.policy) if each.is_stop]
        if stops:
            raise Refusal("finding", write_stop_sentence(stops))

    def _check_header(self, file_name: str, landed: Landed) -> list[Finding]:
        """Refuse a file without a column that its mappings need; find columns that are missing and only describe."""
        mistakes = check_mapping(self._name, self._source, landed.header, landed.columns, self._run.checker)
        wrong = [
            f"{self._run.locate(mistake.find_place(self._source))}sources.{self._name}: {mistake.sentence}"
            for mistake in mistakes
            if mistake.code == "settings"
        ]
        if wrong:
            raise SettingsWrong("\n".join(wrong))
        reasons: dict[str, ReasonCode] = {"missing": "missing_column", "ambiguous": "ambiguous_column"}
        for code, reason in reasons.items():
            lines = [mistake.sentence for mistake in mistakes if mistake.code == code]
            if lines:
                raise Refusal(reason, f"{file_name} (header): {'; '.join(lines)}")
        return [
            *list_reading_notes(self._name, file_name, landed.notes),
            *find_missing_columns(self._name, file_name, mistakes),
        ]

    def _check_count(self, file_name: str, landed: Landed) -> str | None:
        """Refuse a file with too few records; return the reason when a shrunk file is accepted."""
        is_full = self._source.delivery_mode == "full"
        if landed.record_count == 0 and is_full and self._source.is_required:
            why = "no record: deliver it again"
            if landed.malformed_count:
                lines = f"{landed.malformed_count:,} of its lines could not be read"
                why = f"no record: {lines}; see that `options` are right"
            raise Refusal("empty", f"{file_name} holds {why}")
        counts = self._run.ledger.read_record_counts(self._name, _COMPARED_DELIVERIES) if is_full else []
        if self._fetch is not None and self._fetch.is_whole:
            counts = self._read_last_whole_count()
        usual = statistics.median(counts) if counts else 0
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

    def _read_last_whole_count(self) -> list[int]:
        """The record count of the last whole fetch, if there was one."""
        starts = self._run.ledger.fetches.list_starts(self._name)
        landed = self._run.ledger.list_landed(self._name)
        return [each.record_count or 0 for each in landed if each.delivery in starts[-1:]]

    def _check_presence(self, paths: set[Path]) -> None:
        for pattern in self._source.paths:
            if paths.isdisjoint(match_files(pattern, self._run.data)):
                self._result.refusals.append(Refusal("missing", f"no file at {pattern}: deliver it, or correct `path`"))

    def _check_age(self, files: list[DeliveredFile]) -> None:
        if self._source.max_age_hours is not None and files:
            self._result.refusals += refuse_late(files, self._source.max_age_hours, self._run.moment)

    def _check_earlier_delivery(self, delivery: Delivery) -> None:
        """Check that a delivery of an earlier run can still be read and fits the settings of this run."""
        if delivery.delivery in self._result.landed:
            return
        file_name, file_sha256 = delivery.file_name, str(delivery.file_sha256)
        try:
            landed = read_landed_file(self._run.con, file_sha256, file_name, self._source, self._run.landing)
            self._result.findings += self._check_header(file_name, landed)
        except Refusal as refusal:
            if self._source.is_required:
                place = self._run.locate(("sources", self._name))
                raise SettingsWrong(f"{place}sources.{self._name}: {refusal.sentence}") from refusal
            self._result.refusals.append(refusal)
            self._result.deliveries.remove(delivery)
        except SettingsWrong as wrong:
            if self._source.is_required:
                raise
            self._result.refusals.append(Refusal("mapping", str(wrong)))
            self._result.deliveries.remove(delivery)

    def _refuse(self, file: DeliveredFile, refusal: Refusal) -> None:
        self._result.refusals.append(refusal)
        self._refused.add(file.path)
        self._run.ledger.record(
            Delivery(
                source=self._name,
                path=file.ledger_path,
                file_name=file.file_name,
                file_sha256=None,
                bytes=file.bytes,
                modified_at=file.state.modified_at,
                landed_at=self._run.moment,
                status="refused",
                reason=f"{refusal.reason_code}: {refusal.sentence}",
            )
        )
