"""What goes into a generation: the tables, their comments, the report, and what the night says about itself.

Put here: gathering. Keep out: writing files and swinging `current` (`publish/`), and filling `meta` (`meta_tables.py`).
"""

import datetime as dt
import hashlib
import json

from pipelines.contracts.dictionary import PUBLISHED_LAYERS, comments
from pipelines.headline import headline
from pipelines.made_from import NO_PART_IN_RESULTS, TABLE, code_sha256, versions
from pipelines.meta_tables import counted, source_rows, write_meta_tables
from pipelines.night import Night
from pipelines.publish.generation import Contents
from pipelines.publish.manifest import Facts
from pipelines.publish.report import report_html
from pipelines.publish.tables import Table
from pipelines.transforms.cohorts import RETENTION_COHORTS_MONTHLY

PERSONAL = (
    *(f"staging.{kind}" for kind in ("customers", "survey_responses")),
    "identity.records",
    "identity.person_map",
    "identity.events",
    "quarantine.rows",
    TABLE,
)
"""What the state file holds: contact details, comments, the person map, rows set aside, what the night is made from."""

MONTHLY_COLUMNS = {"cohort_month": "cohort_start", "months_since_first_order": "period_number", "month": "period_start"}
"""What the view `marts.retention_cohorts_monthly` calls otherwise than its table."""


def contents_of(night: Night) -> Contents:
    """Fill `meta`, write the report, and list what is to be published."""
    now = dt.datetime.now(dt.UTC)
    numbers = headline(night)
    write_meta_tables(night, numbers, now)
    published = [contract for contract in night.contracts.values() if contract.layer in PUBLISHED_LAYERS]
    return Contents(
        tables=[Table(contract.table, contract.key) for contract in published if contract.kind == "table"],
        state_tables=[Table(name) for name in PERSONAL],
        comments=with_view(comments(night.contracts)),
        facts=Facts(
            fingerprint=fingerprint(night),
            started_at=night.started_at,
            headline={"numbers": numbers},
            sources=tuple(source_rows(night)),
            checks=counted(night.verdicts),
            versions=versions(),
        ),
        report_html=report_html(night.warehouse.con, night.settings.company.name, f"g{night.number:06d}", numbers),
        views={"marts.retention_cohorts_monthly": RETENTION_COHORTS_MONTHLY},
    )


def with_view(texts: dict[str, str]) -> dict[str, str]:
    """The comments, and those of the view: its columns mean what those of its table mean."""
    table = "marts.retention_cohorts"
    view = f"{table}_monthly"
    said = {f"{view}.{column}": texts[f"{table}.{of}"] for column, of in MONTHLY_COLUMNS.items()}
    same = {name.replace(table, view, 1): text for name, text in texts.items() if name.startswith(f"{table}.")}
    return {**texts, **same, **said, view: f"The whole base by month. {texts[table]}"}


def fingerprint(night: Night) -> str:
    """SHA-256 over all that decides the results: what was delivered, the settings, the code, the day, the versions."""
    facts = {
        "as_of": night.as_of.isoformat(),
        "settings": night.settings.model_dump(mode="json", exclude=NO_PART_IN_RESULTS),
        "deliveries": [
            [
                arrival.source,
                [delivery.file_sha256 for delivery in arrival.deliveries],
                [refusal.reason_code for refusal in arrival.refusals],
            ]
            for arrival in night.arrivals
        ],
        "code": code_sha256(),
        "versions": versions(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
