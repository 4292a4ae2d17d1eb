"""What goes into a generation: the tables, their comments, the report, and what the run says about itself.

Put here: gathering. Keep out: writing files and swinging `current` (`publish/`), and filling `meta` (`meta_tables.py`).
"""

import datetime as dt

from regulars.pipelines.audit.meta_tables import counted, source_rows, write_meta_tables
from regulars.pipelines.contracts.dictionary import PUBLISHED_LAYERS, comments
from regulars.pipelines.home.manifest import Facts
from regulars.pipelines.publish.generation import Contents
from regulars.pipelines.publish.report import report_html
from regulars.pipelines.publish.targets.tables import Table
from regulars.pipelines.report.headline import headline
from regulars.pipelines.run.fingerprint import compute_fingerprint
from regulars.pipelines.run.lineage import TABLE, versions
from regulars.pipelines.run.run import Run
from regulars.pipelines.transforms.cohorts.retention_cohorts import RETENTION_COHORTS_MONTHLY

PERSONAL = (
    *(f"staging.{kind}" for kind in ("customers", "survey_responses")),
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
            fingerprint=compute_fingerprint(run),
            started_at=run.started_at,
            headline={"numbers": numbers},
            sources=tuple(source_rows(run)),
            checks=counted(run.checks),
            versions=versions(),
        ),
        report_html=report_html(run.warehouse.con, run.settings.company.name, f"g{run.number:06d}", numbers),
        views={"marts.retention_cohorts_monthly": RETENTION_COHORTS_MONTHLY},
    )


def with_view(texts: dict[str, str]) -> dict[str, str]:
    """The comments, and those of the view: its columns mean what those of its table mean."""
    table = "marts.retention_cohorts"
    view = f"{table}_monthly"
    said = {f"{view}.{column}": texts[f"{table}.{of}"] for column, of in MONTHLY_COLUMNS.items()}
    same = {name.replace(table, view, 1): text for name, text in texts.items() if name.startswith(f"{table}.")}
    return {**texts, **same, **said, view: f"The whole base by month. {texts[table]}"}
