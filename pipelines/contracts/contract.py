"""The contract of a table as one value: its columns, rules and metrics.

Put here: the shape of a contract. Keep out: reading files (`odcs/`), whether a set of contracts makes sense
(`odcs/lint.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from regulars.pipelines.contracts.headline_view import HeadlineView
from regulars.pipelines.contracts.metric import Metric
from regulars.pipelines.contracts.rule import Column, Rule


@dataclass(frozen=True)
class Contract:
    """What must hold of one table.

    Attributes:
        table: `layer.name`.
        version: Of the contract, such as `1.0.0`.
        kind: `table` or `view`.
        purpose: One sentence for the reader.
        description: What the table is: population, currency, zone, policies.
        grain: What one row is.
        columns: Exactly the table's columns, in its order.
        rules: Every rule, ids unique.
        document: Raw only: the columns that name what a newer delivery replaces as a whole.
        record_id: Raw only: the columns that name one record; rows where one of them is NULL have no id of their own.
        no_key: Why no columns make a row unique; empty where the key does.
        metrics: How the columns that are metrics are made and added up.
        not_metrics: Reason -> the numbers that are no metrics for it.
        views: Its headline views: what a person means who names no grain or dimension.
    """

    table: str
    version: str
    kind: str
    purpose: str
    description: str
    grain: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    document: tuple[str, ...] = ()
    record_id: tuple[str, ...] = ()
    no_key: str = ""
    metrics: tuple[Metric, ...] = ()
    not_metrics: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    views: tuple[HeadlineView, ...] = ()

    @property
    def layer(self) -> str:
        """The part of the table's name before the dot."""
        return self.table.partition(".")[0]

    @property
    def name(self) -> str:
        """The part of the table's name after the dot."""
        return self.table.partition(".")[2]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that make a row unique, in the key's order."""
        keyed = [(column.key_position, column.name) for column in self.columns if column.key_position]
        return tuple(name for _, name in sorted(keyed))

    @property
    def types(self) -> list[tuple[str, str]]:
        """Name and DuckDB type of every column, in the table's order."""
        return [(column.name, column.type) for column in self.columns]


PROVENANCE = (
    Column("_source", "VARCHAR", "string", "The source, as named in the settings, that delivered the row.", True),
    Column("_system", "VARCHAR", "string", "The tool whose ids the row's ids are.", True),
    Column("_delivery", "INTEGER", "integer", "The delivery's number in the ledger; newer ones are higher.", True),
    Column("_file_sha256", "VARCHAR", "string", "SHA-256 of the delivered file, 64 hexadecimal digits.", True),
    Column("_row", "BIGINT", "integer", "The record's place in the file, from 1; a header does not count.", True),
    Column("_row_id", "BIGINT", "integer", "_delivery * 2^40 + _row: unique, in order of landing.", True, 1),
    Column("_rest", "VARCHAR", "string", "The file's other columns as a JSON object; NULL when there are none."),
)
"""Where a row came from: the last columns of every raw table, the same in all of them."""
