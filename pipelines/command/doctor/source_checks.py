"""Checks the sources of the settings as a run would read them.

Put here: one function per subject of a source. Keep out: everything else that a run needs (`doctor.py`).
"""

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from regulars.pipelines.command.doctor.setup_check import Mark, SetupCheck
from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.command.preview.look import look_at_sources
from regulars.pipelines.errors import InputRefused, SettingsWrong
from regulars.pipelines.kinds.shape.kind import DELIVERY_MODES
from regulars.pipelines.settings.part import Place
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.sources.remote_files import RemoteFiles
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.settings.sources.ways_in import DatabaseTable, WayIn
from regulars.pipelines.sources.archives.delivered_file import DeliveredFile, open_archive
from regulars.pipelines.sources.fetching.fetch import describe_fetch, list_columns
from regulars.pipelines.sources.fetching.remote.fetch_files import list_remote_files
from regulars.pipelines.sources.formats.format_advice import advise_formats
from regulars.pipelines.sources.landing import land_file, read_file_state
from regulars.pipelines.sources.mapping.evidence_findings import find_contradictions
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping_checks import check_mapping, check_settings
from regulars.pipelines.sources.readers.landed_text import open_private_connection
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.source_files import find_files, order_files


def check_source(name: str, source: Source, data: Path, locate: Callable[[Place], str]) -> Iterator[SetupCheck]:
    """Whether a source is mapped rightly and its files are there and can be read.

    Args:
        name: The source.
        source: What the settings say of it.
        data: The folder that relative paths start from.
        locate: Gives the line of a place in the settings file, to stand before a sentence.
    """
    subject = f"source {name}"
    with open_private_connection() as con:
        checker = ExpressionChecker(con)
        wrong = [f"{locate(m.find_place(source))}{m.sentence}" for m in check_settings(name, source, checker)]
        if source.from_ is not None:
            yield from (SetupCheck("problem", subject, each, SettingsWrong.exit_code) for each in wrong)
            if not wrong:
                yield from _check_fetched_source(name, source, source.from_, data, checker)
            return
        files = find_files(source, data)
        if not files:
            mark: Mark = "problem" if source.is_required else "warning"
            what = "" if source.is_required else "; it is optional"
            yield SetupCheck(
                mark,
                subject,
                f"no file matches {', '.join(source.paths)} in {data}{what}",
                InputRefused.exit_code if source.is_required else 0,
            )
        yield from (SetupCheck("problem", subject, each, SettingsWrong.exit_code) for each in wrong)
        if wrong or not files:
            return
        for contradiction in find_contradictions(name, source):
            yield SetupCheck("warning", subject, f"{contradiction.sentence} {contradiction.advice}")
        yield SetupCheck("ok", f"delivery {name}", _word_delivery(source))
        size = sum(path.stat().st_size for _, path in files)
        fine = f"{count_things(len(files), 'file')}, {size / 1e6:,.1f} MB, feeds {', '.join(source.mappings)}"
        newest = order_files(source, data, {path: path.stat().st_mtime_ns for _, path in files})[-1][1]
        found = list(_check_newest_file(name, source, newest, checker))
        yield from found or [SetupCheck("ok", subject, fine)]


def _word_delivery(source: Source) -> str:
    """Which way of delivery applies to a source, and why."""
    mode = source.delivery_mode
    why = (
        "set"
        if source.delivery
        else "it has a cursor"
        if source.cursor
        else f"the default of {' and '.join(sorted(source.mappings))}"
    )
    return f"{mode} ({why}): {DELIVERY_MODES[mode]}"


def _check_newest_file(name: str, source: Source, path: Path, checker: ExpressionChecker) -> Iterator[SetupCheck]:
    """Read the newest file as the run would, into a temporary folder."""
    subject = f"source {name}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            file = open_archive(DeliveredFile(path.name, path, read_file_state(path)), source)[-1]
            landed = land_file(file.path, file.file_name, file.state, source, Path(folder), file.member)
        except Refusal as refusal:
            mark: Mark = "problem" if source.is_required else "warning"
            yield SetupCheck(mark, subject, refusal.sentence, InputRefused.exit_code if source.is_required else 0)
            return
    yield from _check_columns(name, source, file.file_name, landed.header, landed.columns, checker)
    for note in landed.notes:
        yield SetupCheck("ok", subject, f"{file.file_name}, {note.what}")
    if landed.malformed_count:
        lines = count_things(landed.malformed_count, "line is not a record", "lines are not records")
        yield SetupCheck("warning", subject, f"{file.file_name}: {lines}")


def check_formats(company: Settings, data: Path, now: dt.datetime) -> Iterator[SetupCheck]:
    """Warn of numbers, days and moments that the first rows of each source do not write as the settings say."""
    with look_at_sources(company, data, now) as look:
        for each in advise_formats(look.con, look.settings):
            extent = look.samples[each.source].extent
            yield SetupCheck("warning", f"source {each.source}", f"{each.sentence}, in {extent}: {each.advice}")


def _check_fetched_source(
    name: str, source: Source, way: WayIn, data: Path, checker: ExpressionChecker
) -> Iterator[SetupCheck]:
    """Whether a source can be fetched, what would come, and whether its columns are those of the mapping."""
    subject = f"source {name}"
    columns: Sequence[str] = ()
    try:
        if isinstance(way, DatabaseTable):
            columns = list_columns(way, data)
            what = _word_columns(way, columns)
        else:
            what = _word_files(way, data) if isinstance(way, RemoteFiles) else describe_fetch(way, data)
    except (Refusal, SettingsWrong) as error:
        code = error.exit_code if isinstance(error, SettingsWrong) else InputRefused.exit_code
        mark: Mark = "problem" if source.is_required else "warning"
        yield SetupCheck(mark, subject, str(error), code if source.is_required else 0)
        return
    yield SetupCheck("ok", f"delivery {name}", _word_delivery(source))
    wrong = list(_check_columns(name, source, way.what, columns, columns, checker)) if columns else []
    feeds = ", ".join(source.mappings)
    yield from wrong or [SetupCheck("ok", subject, f"{way.what}: {what}, feeds {feeds}")]


def _check_columns(
    name: str, source: Source, what: str, header: Sequence[str], columns: Sequence[str], checker: ExpressionChecker
) -> Iterator[SetupCheck]:
    """What is wrong with the mapping of the columns of a file, or of those that would be fetched."""
    for mistake in check_mapping(name, source, tuple(header), tuple(columns), checker):
        if mistake.code != "absent":
            kind: tuple[Mark, int] = (
                ("warning", 0) if mistake.code == "warning" else ("problem", InputRefused.exit_code)
            )
            yield SetupCheck(kind[0], f"source {name}", f"{what}: {mistake.sentence}", kind[1])


def _word_columns(way: DatabaseTable, columns: Sequence[str]) -> str:
    how = f"what has changed by `{way.cursor.column}`" if way.cursor else "all rows at each run"
    return f"{count_things(len(columns), 'column')}, {how}"


def _word_files(way: RemoteFiles, data: Path) -> str:
    files = list_remote_files(way, data)
    return f"{count_things(len(files), 'file')}, {sum(file.bytes for file in files) / 1e6:,.1f} MB"
