"""Further exports of the sample company: one module of this room each, drawn apart from all others.

Put here: what such an export is, and finding them. Keep out: any one export, the shop's own files (`exports.py`).

Each has a stream of random numbers of its own, so that adding or changing one leaves every other file as it was.
"""

import importlib
import pkgutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from regulars.pipelines.sample import further
from regulars.pipelines.sample.export_file import ExportFile, Found, Planted
from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.baskets import Lines
from regulars.pipelines.sample.simulation.orders import compute_moment
from regulars.pipelines.sample.simulation.people import People

BAD_SHARE = 0.005
"""Planted bad lines stay below this share of a file's rows, half of what a run accepts."""


@dataclass(frozen=True)
class Chunk:
    """Some of the company's customers, and what they did.

    Attributes:
        people: The persons.
        orders: As `draw_orders` and `address_orders` return them.
        lines: What is in these orders.
        refunds: As `plant_returns` returns them.
        answers: As `draw_answers` returns them.
        is_first: Whether no chunk came before: then an export that does not depend on customers writes its rows.
    """

    people: People
    orders: pl.DataFrame
    lines: Lines
    refunds: pl.DataFrame
    answers: pl.DataFrame
    is_first: bool


@dataclass(frozen=True)
class Drawn:
    """Rows of an export, and the truth behind them.

    Attributes:
        rows: One column per column of the file, in its order.
        truth: What tests may ask of the pipeline; None where the rows are the truth.
    """

    rows: pl.DataFrame
    truth: pl.DataFrame | None = None


@dataclass(frozen=True)
class FurtherExport:
    """One export.

    Attributes:
        file: Its name below `exports/`; the truth has the same name below `truth/`.
        columns: Of the file.
        draw: Draws the rows of a chunk.
        truth_columns: Of the truth; none: there is no file of truth.
        bad_lines: Lines that are planted once, with what should become of them.
    """

    file: str
    columns: tuple[str, ...]
    draw: Callable[[np.random.Generator, Chunk], Drawn]
    truth_columns: tuple[str, ...] = ()
    bad_lines: tuple[Planted, ...] = ()


def find_further_exports() -> Iterator[FurtherExport]:
    """The `EXPORT` of every module beside this one that has one, in the order of the modules' names."""
    for module in pkgutil.iter_modules(further.__path__):
        name = f"{further.__name__}.{module.name}"
        if name != __name__:
            yield importlib.import_module(name).EXPORT


class FurtherExports:
    """All further exports of one sample company, appended to chunk by chunk."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Start the files.

        Args:
            folder: The sample company's; `exports/` and `truth/` are there.
            seed: Which company.
        """
        self.seed = seed
        self.found: list[Found] = []
        self.files: dict[FurtherExport, ExportFile] = {}
        self._truth: dict[FurtherExport, ExportFile] = {}
        for export in find_further_exports():
            self.files[export] = ExportFile(folder / "exports" / export.file, export.columns)
            if export.truth_columns:
                self._truth[export] = ExportFile(folder / "truth" / export.file, export.truth_columns)

    def append(self, number: int, chunk: Chunk) -> None:
        """Draw and write the rows of one chunk.

        Args:
            number: Of the chunk, from 0.
            chunk: Its customers.
        """
        for export, file in self.files.items():
            rng = np.random.default_rng([self.seed, 3, zlib.crc32(export.file.encode()), 1 + number])
            drawn = export.draw(rng, chunk)
            room = int(len(drawn.rows) * BAD_SHARE) if file.rows == 0 else 0
            self.found += file.append(drawn.rows, export.bad_lines[:room])
            if drawn.truth is not None:
                self._truth[export].append(drawn.truth)


def write_moment(seconds: pl.Expr) -> pl.Expr:
    """A moment as these tools write it: in the company's zone, with the offset."""
    return compute_moment(seconds).dt.convert_time_zone(c.TIMEZONE).dt.to_string("%Y-%m-%d %H:%M:%S %z")
