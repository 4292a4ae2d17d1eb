"""Lists what goes into a generation: the tables, their comments, the views, the report and the facts of the run.

Put here: choosing. Keep out: writing files and swinging `current` (`generation.py`, `swap.py`), and filling `meta`
(`pipelines/audit`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from regulars.pipelines.audit.meta_tables import count_results, list_source_rows
from regulars.pipelines.contracts.dictionary import PUBLISHED_LAYERS, list_comments
from regulars.pipelines.contracts.odcs.export import format_contracts
from regulars.pipelines.contracts.semantic_model import format_semantic_model
from regulars.pipelines.contracts.view_contracts import list_selects
from regulars.pipelines.findings.published import list_finding_rows
from regulars.pipelines.home.generation import CONTRACTS_FILE, DUCKDB_FILE, PARQUET_FOLDER, SEMANTIC_MODEL_FILE
from regulars.pipelines.home.manifest import Facts
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.publish.files.tables import Table
from regulars.pipelines.publish.generation import Contents
from regulars.pipelines.run.fingerprint import compute_fingerprint
from regulars.pipelines.run.lineage import TABLE, versions
from regulars.pipelines.run.run import Run

PERSONAL = (
    *(f"staging.{name}" for name, kind in KINDS.items() if kind.is_kept_in_state),
    "identity.records",
    "identity.person_map",
    "identity.links",
    "identity.likely_pairs",
    "identity.former_customer_ids",
    "identity.events",
    "identity.owners",
    "quarantine.rows",
    "quarantine.withheld",
    TABLE,
)
"""What the state file holds: contact details, comments, the person map and why records are linked, owners, rows
quarantined, the run's lineage."""


def gather_contents(run: Run, headline: Sequence[Mapping[str, Any]], report_html: str) -> Contents:
    """List what is to be published.

    Args:
        run: The run, with all of its tables, `meta` included.
        headline: The numbers that a person wants first: label, value, n and text each.
        report_html: The page for people.
    """
    published = [contract for contract in run.contracts.values() if contract.layer in PUBLISHED_LAYERS]
    return Contents(
        tables=[Table(contract.table, contract.key) for contract in published if contract.kind == "table"],
        state_tables=[Table(name) for name in PERSONAL],
        comments=list_comments(run.contracts),
        facts=Facts(
            fingerprint=compute_fingerprint(run),
            started_at=run.started_at,
            headline={"numbers": headline},
            sources=tuple(list_source_rows(run)),
            checks=count_results(run.checks),
            findings=tuple(list_finding_rows(run.evaluated)),
            versions=versions(),
        ),
        report_html=report_html,
        views=list_selects(published),
        documents={
            CONTRACTS_FILE: format_contracts(run.contracts, DUCKDB_FILE, PARQUET_FOLDER),
            SEMANTIC_MODEL_FILE: format_semantic_model(run.contracts, Path(DUCKDB_FILE).stem),
        },
    )
