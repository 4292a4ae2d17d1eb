"""Finds the delivery that an optional source falls back on when its newest one cannot be used.

Put here: which older delivery of a `full` source fits. Keep out: deciding that a delivery is bad (`contracts`).
"""

from collections.abc import Collection
from pathlib import Path

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.landing import read_landed_file
from regulars.pipelines.sources.ledger import Delivery, Ledger
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping_checks import check_mapping
from regulars.pipelines.sources.readers.landed_text import open_private_connection
from regulars.pipelines.sources.readers.refusal import Refusal

_TRIED_DELIVERIES = 7
"""How far back an older delivery is looked for: each costs a quarantine step."""


def find_older_delivery(name: str, source: Source, refused_files: Collection[str], home: Path) -> Delivery | None:
    """The newest delivery that can still be read with the source's settings, of other bytes than the refused ones.

    Args:
        name: The source.
        source: Its settings.
        refused_files: The hashes of the files that the run cannot use.
        home: The company's home.
    """
    with Ledger(home / "ledger.duckdb") as ledger:
        landed = ledger.list_landed(name)
    with open_private_connection() as con:
        checker = ExpressionChecker(con)
        for delivery in reversed(landed[-1 - _TRIED_DELIVERIES :]):
            if delivery.file_sha256 in refused_files:
                continue
            try:
                file = read_landed_file(con, str(delivery.file_sha256), delivery.file_name, source, home / "landing")
            except (Refusal, StorageFailed):
                continue
            mistakes = check_mapping(name, source, file.header, file.columns, checker)
            if all(mistake.code in ("warning", "absent") for mistake in mistakes):
                return delivery
    return None
