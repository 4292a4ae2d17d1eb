"""Runs the quarantine step: turns what has landed into `raw.<kind>` without bad documents; every row is counted.

Put here: the order of quarantine step and budget. Keep out: landing (`landing.py`) and the rules for a row
(`pipelines/kinds`, `pipelines/contracts`).
"""

import time
from collections.abc import Iterator
from typing import Any

import dagster as dg

from regulars.assets.landing import LANDING
from regulars.assets.tables import asset_key, check_spec, format_progress, report_table
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.run.raw_tables import make_raw_tables
from regulars.pipelines.run.run import Run
from regulars.pipelines.settings.company_tables import write_company_tables

SETTINGS_TABLES = ("company", "acquisition_costs", "survivorship", "country_names", "weekdays", "special_days")
READS: dict[str, list[str]] = {f"raw.{name}": [] for name in (*KINDS, *SETTINGS_TABLES)}


@dg.multi_asset(
    name="raw",
    group_name="raw",
    specs=[
        dg.AssetSpec(asset_key(f"raw.{name}"), deps=[LANDING], description=f"{kind.grain} {kind.description}")
        for name, kind in KINDS.items()
    ]
    + [
        dg.AssetSpec(
            asset_key(f"raw.{name}"), deps=[LANDING], description="Settings and definitions of this run, as a table."
        )
        for name in SETTINGS_TABLES
    ],
    check_specs=[check_spec(f"raw.{name}") for name in KINDS],
)
def raw(run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult[Any]]:
    """Quarantine the documents that break their contract, and pass on the rest."""
    with run.step("raw"):
        began = time.perf_counter()
        write_company_tables(run.warehouse.con, run.settings, run.as_of)
        results = make_raw_tables(run)
        for each in results.values():
            run.checks.extend(each)
        records = sum(delivery.record_count or 0 for each in run.landed_sources for delivery in each.deliveries)
        run.report_progress(format_progress("quarantine step", records, time.perf_counter() - began))
        for name in KINDS:
            yield report_table(run, f"raw.{name}", results[name])
        for name in SETTINGS_TABLES:
            yield report_table(run, f"raw.{name}", [])
