"""Lands the delivered files of every source and decides which deliveries the run reads.

Put here: the order of landing, what counts as late or shrunk, what a refusal means for its source. Keep out: reading
a file, and building tables.
"""

import datetime as dt
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from regulars.pipelines.errors import InputRefused, SettingsWrong, StorageFailed
from regulars.pipelines.home.durable import hash_file
from regulars.pipelines.settings.settings import Settings, Source
from regulars.pipelines.sources.landing import (
    FileState,
    check_unchanged,
    land_file,
    read_file_state,
    read_landed_file,
    sweep_unfinished,
)
from regulars.pipelines.sources.ledger import SHRINK_ALLOWED, Delivery, Ledger
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping_checks import check_mapping, check_settings
from regulars.pipelines.sources.readers.landed_text import READER_VERSION, Landed, open_private_connection
from regulars.pipelines.sources.readers.refusal import ReasonCode, Refusal
from regulars.pipelines.sources.source_files import find_files, match_files

_RECENT_NS = 2_000_000_000
_PAUSE_SECONDS = 0.5
_COMPARED_DELIVERIES = 14


@dataclass
class LandedSource:
    """What one source contributes to the run.

    Attributes:
        source: Its name.
        deliveries: The deliveries to read, in order.
        refusals: Which files (or the source as a whole) are not used, and why.
        landed: The numbers of the deliveries that landed in this run.
        warnings: Sentences about columns that are missing but not required.
    """

    source: str
    deliveries: list[Delivery] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    landed: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def is_stale(self) -> bool:
        """Whether the newest state of the source is missing from `deliveries`."""
        return bool(self.refusals)


def _check_mappings(settings: Settings, checker: ExpressionChecker) -> None:
    mistakes = [m for name, source in settings.sources.items() for m in check_settings(name, source, checker)]
    if mistakes:
        raise SettingsWrong("\n".join(mistake.sentence for mistake in mistakes))


def land_sources(
    settings: Settings,
    data: Path,
    home: Path,
    now: dt.datetime,
    *,
    allow_shrink: str | None = None,
    pause: Callable[[float], None] = time.sleep,
    report_progress: Callable[[str], None] = lambda line: None,
) -> list[LandedSource]:
    """Land the delivered files, source by source in the order of the settings.

    A known file does not land again. A refused file changes nothing: its source keeps its last deliveries. Ledger and
    landing never roll back. After a kill at any moment, the next call records the same deliveries in the same order.

    Args:
        settings: The company's settings, whose mappings are checked first.
        data: The folder that relative source paths start from.
        home: The company's home; `landing/` and `ledger.duckdb` are made when absent. Its lock must be held.
        now: An aware moment, against which ages are measured.
        allow_shrink: The reason why a source may shrink in this run; None refuses a source that shrank by half.
        pause: Waits some seconds, when a file was written within the last two seconds.
        report_progress: Called with one line per landed file.

    Raises:
        SettingsWrong: A mapping is wrong.
        StorageFailed: The disk is full, or the home is damaged.
    """
    landing = home / "landing"
    moment = now.astimezone(dt.UTC).replace(tzinfo=None)
    try:
        with open_private_connection() as con:
            checker = ExpressionChecker(con)
            _check_mappings(settings, checker)
            landing.mkdir(parents=True, exist_ok=True)
            sweep_unfinished(landing)
            found = {name: find_files(source, data) for name, source in settings.sources.items()}
            states = _read_states(found, moment, pause)
            with Ledger(home / "ledger.duckdb") as ledger:
                run = _Run(con, ledger, data, landing, moment, allow_shrink, checker, report_progress)
                return [run.land(name, source, found[name], states) for name, source in settings.sources.items()]
    except (OSError, duckdb.IOException) as error:
        name = Path(str(error.filename)).name if isinstance(error, OSError) and error.filename else "a delivered file"
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise StorageFailed(
            f"{name} cannot be landed: {reason}; see that it may be read and the disk has room"
        ) from error


def refuse_required(settings: Settings, landed_sources: list[LandedSource]) -> None:
    """Stop the run when a required source is missing, late or refused.

    Raises:
        InputRefused: One line per refusal.
    """
    lines = [
        f"{landed_source.source}: {refusal.sentence}"
        for landed_source in landed_sources
        for refusal in landed_source.refusals
        if settings.sources[landed_source.source].is_required
    ]
    if lines:
        raise InputRefused("\n".join(lines))


def _read_states(
    found: dict[str, list[tuple[str, Path]]], moment: dt.datetime, pause: Callable[[float], None]
) -> dict[Path, FileState]:
    """The state of every file; waits a moment when one of them was written just now."""
    states = {}
    for path in {path for files in found.values() for _, path in files}:
        with suppress(FileNotFoundError):  # removed since it was found: reported as missing later
            states[path] = read_file_state(path)
    now_ns = int(moment.replace(tzinfo=dt.UTC).timestamp()) * 1_000_000_000
    if any(abs(now_ns - state.modified_ns) < _RECENT_NS for state in states.values()):
        pause(_PAUSE_SECONDS)
    return states


@dataclass
class _Run:
    con: duckdb.DuckDBPyConnection
    ledger: Ledger
    data: Path
    landing: Path
    moment: dt.datetime
    allow_shrink: str | None
    checker: ExpressionChecker
    report_progress: Callable[[str], None]

    def land(
        self, name: str, source: Source, files: list[tuple[str, Path]], states: dict[Path, FileState]
    ) -> LandedSource:
        landed_source = LandedSource(name)
        files = [(place, path) for place, path in files if path in states]
        for place, path in files:
            try:
                self._land_file(name, source, place, path, states[path], landed_source, is_last=path == files[-1][1])
            except Refusal as refusal:
                landed_source.refusals.append(refusal)
                self._write_refusal(name, place, states[path], refusal)
        for pattern in source.paths:
            if states.keys().isdisjoint(match_files(pattern, self.data)):
                landed_source.refusals.append(
                    Refusal("missing", f"no file at {pattern}: deliver it, or correct `path`")
                )
        self._check_age(source, files, states, landed_source)
        landed_source.deliveries = self.ledger.list_used(name, source.delivery)
        for delivery in landed_source.deliveries:
            self._check_earlier_delivery(name, source, delivery, landed_source)
        return landed_source

    def _land_file(
        self,
        name: str,
        source: Source,
        place: str,
        path: Path,
        before: FileState,
        landed_source: LandedSource,
        *,
        is_last: bool,
    ) -> None:
        check_unchanged(path, path.name, before)
        if self.ledger.has_size(before.bytes, name):
            known = self.ledger.find_bytes(hash_file(path), name)
            if known and self._is_known_state(known, source, place, is_last=is_last):
                return
        landed = land_file(path, path.name, before, source, self.landing)
        warnings = self._check_header(name, source, path.name, landed)
        reason = self._check_count(name, source, path.name, landed)
        delivery = self.ledger.record(
            Delivery(
                source=name,
                path=place,
                file_name=path.name,
                file_sha256=landed.file_sha256,
                bytes=before.bytes,
                record_count=landed.record_count,
                malformed_count=landed.malformed_count,
                header=landed.header,
                encoding=landed.encoding,
                modified_at=before.modified_at,
                landed_at=self.moment,
                reader_version=READER_VERSION,
                reason=reason,
            )
        )
        landed_source.landed.append(delivery.delivery or 0)
        landed_source.warnings += warnings
        self.report_progress(f"{name}: {path.name} landed, {landed.record_count:,} records")

    def _is_known_state(self, known: Delivery, source: Source, place: str, *, is_last: bool) -> bool:
        """Whether bytes that landed before are not a new delivery now.

        The last file of a full source is its state: it is a new delivery unless it equals the newest delivery. Any
        other file is a new delivery when its place has held other bytes since.
        """
        if source.delivery == "full" and is_last:
            last = self.ledger.find_newest(known.source)
        else:
            last = self.ledger.find_newest_at(place, known.source)
        return last is None or last.file_sha256 == known.file_sha256

    def _check_header(self, name: str, source: Source, file_name: str, landed: Landed) -> list[str]:
        """Refuse a file without a column that its mappings need; return warnings about columns that only describe."""
        mistakes = check_mapping(name, source, landed.header, landed.columns, self.checker)
        wrong = [mistake.sentence for mistake in mistakes if mistake.code == "settings"]
        if wrong:
            raise SettingsWrong("\n".join(f"sources.{name}: {sentence}" for sentence in wrong))
        reasons: dict[str, ReasonCode] = {"missing": "missing_column", "ambiguous": "ambiguous_column"}
        for code, reason in reasons.items():
            lines = [mistake.sentence for mistake in mistakes if mistake.code == code]
            if lines:
                raise Refusal(reason, f"{file_name} (header): {'; '.join(lines)}")
        return [f"{file_name}: {mistake.sentence}" for mistake in mistakes if mistake.code == "warning"]

    def _check_count(self, name: str, source: Source, file_name: str, landed: Landed) -> str | None:
        """Refuse a file with too few records; return the reason when a shrunk file is accepted."""
        if landed.record_count == 0 and source.is_required:
            raise Refusal("empty", f"{file_name} holds a header and no record: deliver it again")
        counts = self.ledger.read_record_counts(name, _COMPARED_DELIVERIES)
        usual = statistics.median(counts) if counts and source.delivery == "full" else 0
        if landed.record_count >= usual / 2:
            return None
        if self.allow_shrink:
            return f"{SHRINK_ALLOWED}: {self.allow_shrink}"
        raise Refusal(
            "shrunk",
            f"{file_name} holds {landed.record_count:,} records where its last {len(counts)} deliveries held "
            f"{usual:,.0f} (median): deliver it again, or run with `--allow shrink=REASON` if it is right",
        )

    def _check_age(
        self, source: Source, files: list[tuple[str, Path]], states: dict[Path, FileState], landed_source: LandedSource
    ) -> None:
        if source.max_age_hours is None or not files:
            return
        _, path = max(files, key=lambda file: states[file[1]].modified_ns)
        hours = (self.moment - states[path].modified_at) / dt.timedelta(hours=1)
        if hours > source.max_age_hours:
            landed_source.refusals.append(
                Refusal(
                    "late",
                    f"{path.name} is {hours:,.1f} hours old where {source.max_age_hours:g} are allowed: "
                    "find out why no newer one was delivered",
                )
            )

    def _check_earlier_delivery(
        self, name: str, source: Source, delivery: Delivery, landed_source: LandedSource
    ) -> None:
        """Check that a delivery of an earlier run can still be read and fits the settings of this run."""
        if delivery.delivery in landed_source.landed:
            return
        try:
            landed = read_landed_file(self.con, str(delivery.file_sha256), delivery.file_name, source, self.landing)
            landed_source.warnings += self._check_header(name, source, delivery.file_name, landed)
        except Refusal as refusal:
            raise SettingsWrong(f"sources.{name}: {refusal.sentence}") from refusal

    def _write_refusal(self, name: str, place: str, state: FileState, refusal: Refusal) -> None:
        self.ledger.record(
            Delivery(
                source=name,
                path=place,
                file_name=Path(place).name,
                file_sha256=None,
                bytes=state.bytes,
                modified_at=state.modified_at,
                landed_at=self.moment,
                status="refused",
                reason=f"{refusal.reason_code}: {refusal.sentence}",
            )
        )
