"""What goes into a generation: the tables, their comments, the report, and what the run says about itself.

Put here: gathering. Keep out: writing files and swinging `current` (`publish/`), and filling `meta` (`meta_tables.py`).
"""

import datetime as dt
import hashlib
import json

from regulars.pipelines.audit.lineage import NO_PART_IN_RESULTS, TABLE, code_sha256, versions
from regulars.pipelines.audit.meta_tables import counted, source_rows, write_meta_tables
from regulars.pipelines.contracts.dictionary import PUBLISHED_LAYERS, comments
from regulars.pipelines.contracts.export import contracts_as_yaml
from regulars.pipelines.home.manifest import Facts
from regulars.pipelines.kinds.registry import KINDS
from regulars.pipelines.publish.generation import PARQUET_FOLDER, Contents
from regulars.pipelines.publish.report import report_html
from regulars.pipelines.publish.tables import Table
from regulars.pipelines.publish.targets.duckdb_file import PUBLISHED_FILE
from regulars.pipelines.report.headline import headline
from regulars.pipelines.run.run import Run
from regulars.pipelines.transforms.cohorts.retention_cohorts import RETENTION_COHORTS_MONTHLY

PERSONAL = (
    *(f"staging.{name}" for name, kind in KINDS.items() if kind.is_kept_in_state),
    "identity.records",
    "identity.person_map",
    "identity.events",
    "quarantine.rows",
    TABLE,
)
"""What the state file holds: contact details, comments, the person map, rows quarantined, what the run is made from."""

MONTHLY_COLUMNS = {"cohort_month": "cohort_start", "months_since_first_order": "period_number", "month": "period_start"}
"""What the view `marts.retention_cohorts_monthly` calls otherwise than its table."""


def contents_of(run: Run) -> Contents:
    """Fill `meta`, write the report, and list what is to be published."""
    now = dt.datetime.now(dt.UTC)
    numbers = headline(run)
    write_meta_tables(run, numbers, now)
    published = [contract for contract in run.contracts.values() if contract.layer in PUBLISHED_LAYERS]
    return Contents(
        tables=[Table(contract.table, contract.key) for contract in published if contract.kind == "table"],
        state_tables=[Table(name) for name in PERSONAL],
        comments=with_view(comments(run.contracts)),
        facts=Facts(
            fingerprint=fingerprint(run),
            started_at=run.started_at,
            headline={"numbers": numbers},
            sources=tuple(source_rows(run)),
            checks=counted(run.verdicts),
            versions=versions(),
        ),
        report_html=report_html(run.warehouse.con, run.settings.company.name, f"g{run.number:06d}", numbers),
        views={"marts.retention_cohorts_monthly": RETENTION_COHORTS_MONTHLY},
        contracts=contracts_as_yaml(run.contracts, PUBLISHED_FILE, PARQUET_FOLDER),
    )


def with_view(texts: dict[str, str]) -> dict[str, str]:
    """The comments, and those of the view: its columns mean what those of its table mean."""
    table = "marts.retention_cohorts"
    view = f"{table}_monthly"
    said = {f"{view}.{column}": texts[f"{table}.{of}"] for column, of in MONTHLY_COLUMNS.items()}
    same = {name.replace(table, view, 1): text for name, text in texts.items() if name.startswith(f"{table}.")}
    return {**texts, **same, **said, view: f"The whole base by month. {texts[table]}"}


def fingerprint(run: Run) -> str:
    """SHA-256 over all that decides the results: what was delivered, the settings, the code, the day, the versions."""
    facts = {
        "as_of": run.as_of.isoformat(),
        "settings": run.settings.model_dump(mode="json", exclude=NO_PART_IN_RESULTS),
        "deliveries": [
            [
                landed_source.source,
                [delivery.file_sha256 for delivery in landed_source.deliveries],
                [refusal.reason_code for refusal in landed_source.refusals],
            ]
            for landed_source in run.landed_sources
        ],
        "code": code_sha256(),
        "versions": versions(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
