"""Opens a delivery that a run reads: its landed text, and the mappings that fit its header.

Put here: what the tables of `landed` need of one delivery. Keep out: filling them (`landed_rows.py`).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from regulars.pipelines.settings.part import Place
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.sources.columns import Column, KindMapping
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.landing import read_landed_file
from regulars.pipelines.sources.ledger import Delivery
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.filled_rows import select_filled_rows
from regulars.pipelines.sources.mapping.mapping import find_first_column
from regulars.pipelines.sources.mapping.mapping_checks import check_mapping
from regulars.pipelines.sources.mapping.named_columns import name_file_columns, select_named_rows
from regulars.pipelines.sources.readers.landed_text import Landed, open_private_connection, readable_text_path
from regulars.pipelines.warehouse.sql_text import quote_literal


@dataclass(frozen=True)
class LandedDelivery:
    """One delivery to be written to the tables: its source, its landed file, the mappings that fit its header."""

    name: str
    source: Source
    delivery: Delivery
    landed: Landed
    mappings: dict[str, KindMapping]
    landing: Path
    locate: Callable[[Place], str]

    @property
    def text(self) -> Path:
        """The landed rows."""
        return readable_text_path(self.landing, self.landed.file_sha256, self.source)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `rows`, by the names that the settings use."""
        return name_file_columns(self.source, self.landed.columns).names

    @property
    def rows(self) -> str:
        """SQL of the landed rows, with `file_row_number` from 0, and with the cells that the settings fill down."""
        named = name_file_columns(self.source, self.landed.columns)
        rows = select_named_rows(f"read_parquet({quote_literal(self.text)}, file_row_number = true)", named)
        fill = self.source.fill_down
        return rows if fill is None else select_filled_rows(rows, fill, named.names)

    @property
    def number(self) -> int:
        """The number of the delivery."""
        return int(self.delivery.delivery or 0)

    @property
    def system(self) -> str:
        """The system whose ids the file holds."""
        return self.source.system or self.name


def read_deliveries(
    name: str, settings: Settings, deliveries: Iterable[Delivery], landing: Path, checker: ExpressionChecker
) -> Iterator[LandedDelivery]:
    """The deliveries of a source, one after the other, each with the mappings of the columns that it has."""
    source = settings.sources[name]
    with open_private_connection() as con:
        for delivery in deliveries:
            landed = read_landed_file(con, str(delivery.file_sha256), delivery.file_name, source, landing)
            mistakes = check_mapping(name, source, landed.header, landed.columns, checker)
            absent = {(mistake.kind, mistake.column) for mistake in mistakes}
            delivered = name_file_columns(source, landed.columns).delivered
            mappings = {
                kind: KindMapping(
                    columns={
                        ours: _choose_column(theirs, delivered)
                        for ours, theirs in mapping.columns.items()
                        if (kind, ours) not in absent
                    },
                    attributes={
                        ours: theirs
                        for ours, theirs in mapping.attributes.items()
                        if (kind, f"attributes.{ours}") not in absent
                    },
                    when=mapping.when,
                )
                for kind, mapping in source.mappings.items()
            }
            yield LandedDelivery(name, source, delivery, landed, mappings, landing, settings.locate)


def _choose_column(wanted: Column, delivered: tuple[str, ...]) -> Column:
    """Of several header names the one that the file has."""
    return (find_first_column(wanted, delivered) or wanted) if isinstance(wanted, list) else wanted
