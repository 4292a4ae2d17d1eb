"""Lands the delivered files of every source and decides which deliveries the run reads.

Put here: the order of landing, and what stops the run. Keep out: one source (`source_landing.py`), one file
(`landing.py`), and building tables.
"""

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from regulars.pipelines.errors import FindingStops, InputRefused, SettingsWrong, StorageFailed
from regulars.pipelines.findings.evaluate import Policy
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.sources.archives.delivered_file import DeliveredFile
from regulars.pipelines.sources.fetching.inbox import Fetched, Remembered, fetch_sources
from regulars.pipelines.sources.landed_source import LandedSource
from regulars.pipelines.sources.landing import read_file_state, sweep_unfinished
from regulars.pipelines.sources.ledger import Ledger
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping_checks import check_settings
from regulars.pipelines.sources.readers.landed_text import open_private_connection
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.source_files import find_files, order_files
from regulars.pipelines.sources.source_landing import LandingRun, SourceLanding

_RECENT_NS = 2_000_000_000
_PAUSE_SECONDS = 0.5


def _check_mappings(settings: Settings, checker: ExpressionChecker) -> None:
    mistakes = [
        f"{settings.locate(mistake.find_place(source))}{mistake.sentence}"
        for name, source in settings.sources.items()
        for mistake in check_settings(name, source, checker)
    ]
    if mistakes:
        raise SettingsWrong("\n".join(mistakes))


def land_sources(
    settings: Settings,
    data: Path,
    home: Path,
    now: dt.datetime,
    *,
    policy: Policy | None = None,
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
        policy: Which findings keep a file from landing, and what may pass in this run; without it, the catalogue's
            severities hold and nothing may pass.
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
            files = _find_files(settings, data, moment, pause)
            with (
                Ledger(home / "ledger.duckdb") as ledger,
                fetch_sources(
                    settings,
                    data,
                    home,
                    Remembered(ledger.read_fetched(), ledger.fetches, moment, report_progress),
                    pause=pause,
                ) as fetched,
            ):
                run = LandingRun(
                    con=con,
                    ledger=ledger,
                    data=data,
                    landing=landing,
                    moment=moment,
                    policy=policy or Policy(moment.date()),
                    checker=checker,
                    report_progress=report_progress,
                    locate=settings.locate,
                )
                return _land_all(run, settings, files, fetched)
    except (OSError, duckdb.IOException) as error:
        name = Path(str(error.filename)).name if isinstance(error, OSError) and error.filename else "a delivered file"
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise StorageFailed(
            f"{name} cannot be landed: {reason}; see that it may be read and the disk has room"
        ) from error


def _land_all(
    run: LandingRun, settings: Settings, files: Mapping[str, list[DeliveredFile]], fetched: Fetched
) -> list[LandedSource]:
    """Land every source.

    Raises:
        SettingsWrong: The settings do not fit required sources: all that do not, and every other failure.
    """
    if fetched.mistakes:
        unfetched = [(name, each) for name, refusals in fetched.refusals.items() for each in refusals]
        raise SettingsWrong("\n".join([*fetched.mistakes, *_word_failures(settings, unfetched)]))
    landed_sources: list[LandedSource] = []
    wrongs: list[str] = []
    for name, source in settings.sources.items():
        landing = SourceLanding(run, name, source)
        refused = fetched.refusals.get(name, [])
        try:
            landed = landing.land(files[name] + fetched.files.get(name, []), refused, fetched.fetches.get(name))
        except SettingsWrong as wrong:
            wrongs.append(str(wrong))
        else:
            landed_sources.append(landed)
    if wrongs:
        raise SettingsWrong("\n".join([*wrongs, *_word_failures(settings, _list_refusals(landed_sources))]))
    return landed_sources


def refuse_required(settings: Settings, landed_sources: list[LandedSource]) -> None:
    """Stop the run when a required source is missing, late or refused; optional ones that failed are named as well.

    Raises:
        FindingStops: Every refusal of a required source is about something odd in a file.
        InputRefused: At least one is not; one line per refusal.
    """
    refusals = _list_refusals(landed_sources)
    codes = {refusal.reason_code for source, refusal in refusals if settings.sources[source].is_required}
    if codes:
        lines = "\n".join(_word_failures(settings, refusals))
        raise FindingStops(lines) if codes == {"finding"} else InputRefused(lines)


def _list_refusals(landed_sources: Sequence[LandedSource]) -> list[tuple[str, Refusal]]:
    return [(each.source, refusal) for each in landed_sources for refusal in each.refusals]


def _word_failures(settings: Settings, failed: Sequence[tuple[str, Refusal]]) -> list[str]:
    """One line per source and refusal: required sources first, optional ones marked as such."""
    required = [f"{name}: {each.sentence}" for name, each in failed if settings.sources[name].is_required]
    optional = [
        f"{name} (optional): {each.sentence}" for name, each in failed if not settings.sources[name].is_required
    ]
    return list(dict.fromkeys([*required, *optional]))


def _find_files(
    settings: Settings, data: Path, moment: dt.datetime, pause: Callable[[float], None]
) -> dict[str, list[DeliveredFile]]:
    """Source -> its files in order of delivery, each with its state; waits when one of them was written just now."""
    states = {}
    for path in {path for source in settings.sources.values() for _, path in find_files(source, data)}:
        with suppress(FileNotFoundError):  # removed since it was found: reported as missing later
            states[path] = read_file_state(path)
    now_ns = int(moment.replace(tzinfo=dt.UTC).timestamp()) * 1_000_000_000
    if any(abs(now_ns - state.modified_ns) < _RECENT_NS for state in states.values()):
        pause(_PAUSE_SECONDS)
    modified_ns = {path: state.modified_ns for path, state in states.items()}
    return {
        name: [
            DeliveredFile(ledger_path, path, states[path])
            for ledger_path, path in order_files(source, data, modified_ns)
        ]
        for name, source in settings.sources.items()
    }
