"""Lands samples of all sources into a temporary home, as a run would, and leaves nothing behind.

Put here: the temporary home, and what was seen in it. Keep out: words about it (`preview.py`, `doctor.py`).
"""

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from regulars.pipelines.command.preview.samples import Sample, take_sample
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.sources.deliveries import land_sources
from regulars.pipelines.sources.landed_rows import write_landed_rows
from regulars.pipelines.sources.landed_source import LandedSource
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping_checks import check_settings
from regulars.pipelines.sources.readers.landed_text import open_private_connection
from regulars.pipelines.sources.readers.refusal import Refusal


@dataclass(frozen=True)
class Look:
    """What was seen of a company's sources.

    Attributes:
        con: A build in memory with `landed.<kind>` of the samples.
        settings: The company's settings with the sources that could be looked at, their paths those of the copies.
        samples: Source -> what is looked at.
        landed: Source -> what landed of it.
        mistakes: Source -> why it could not be looked at.
        home: The temporary home.
        findings: What is doubtful about how values were read, and odd about the rules that leave records out.
    """

    con: duckdb.DuckDBPyConnection
    settings: Settings
    samples: Mapping[str, Sample]
    landed: Mapping[str, LandedSource]
    mistakes: Mapping[str, list[str]]
    home: Path
    findings: Sequence[Finding]


@contextmanager
def look_at_sources(company: Settings, data: Path, now: dt.datetime) -> Iterator[Look]:
    """Land samples of every source; what a source lacks is told and never raised.

    Args:
        company: The settings.
        data: The folder that relative source paths start from.
        now: An aware moment.
    """
    with tempfile.TemporaryDirectory(prefix="regulars-preview-") as folder, duckdb.connect() as con:
        copies, home = Path(folder) / "data", Path(folder) / "home"
        mistakes = _find_mistakes(company)
        samples: dict[str, Sample] = {}
        for name, source in company.sources.items():
            if name in mistakes:
                continue
            try:
                samples[name] = take_sample(name, source, data, copies)
            except (Refusal, SettingsWrong) as error:
                mistakes[name] = [str(error)]
            except OSError as error:
                where = Path(str(error.filename)).name if error.filename else "a file"
                mistakes[name] = [f"{where} cannot be read: {error.strerror}; see that this user may read it"]
        sources = {name: sample.source for name, sample in samples.items()}
        settings = company.model_copy(update={"sources": sources})
        landed = land_sources(settings, copies, home, now, pause=lambda seconds: None)
        findings = write_landed_rows(con, settings, landed, home)
        yield Look(con, settings, samples, {each.source: each for each in landed}, mistakes, home, findings)


def _find_mistakes(company: Settings) -> dict[str, list[str]]:
    with open_private_connection() as con:
        checker = ExpressionChecker(con)
        found = {
            name: [
                f"{company.locate(mistake.find_place(source))}{mistake.sentence}"
                for mistake in check_settings(name, source, checker)
            ]
            for name, source in company.sources.items()
        }
    return {name: sentences for name, sentences in found.items() if sentences}
