"""Landing and the gate: delivered files become `raw.<kind>`, bad documents are quarantined, everything is counted.

Put here: the order of landing, gate and budget. Keep out: how a file is read (`pipelines/sources`) and what a row must
keep (`data_contracts/raw`, `pipelines/contracts`).
"""

import time
from collections.abc import Iterator
from typing import Any

import dagster as dg

from regulars.assets.resources import RunResource
from regulars.assets.tables import check_spec, key, line, reported
from regulars.pipelines.contracts.gate import settle
from regulars.pipelines.contracts.validate import RuleResult
from regulars.pipelines.run.run import Run
from regulars.pipelines.settings.company_tables import write_company_tables
from regulars.pipelines.settings.settings import KINDS
from regulars.pipelines.sources.deliveries import land_sources, refuse_required
from regulars.pipelines.sources.landed_rows import write_landed_rows

SETTINGS_TABLES = ("company", "acquisition_costs")
READS: dict[str, list[str]] = {f"raw.{name}": [] for name in (*KINDS, *SETTINGS_TABLES)}


@dg.multi_asset(
    name="raw",
    group_name="raw",
    specs=[
        dg.AssetSpec(key(f"raw.{name}"), description=f"Rows of the kind `{name}`, as delivered, in our names.")
        for name in KINDS
    ]
    + [
        dg.AssetSpec(key(f"raw.{name}"), description="The settings of this run, as a table.")
        for name in SETTINGS_TABLES
    ],
    check_specs=[check_spec(f"raw.{name}") for name in KINDS],
)
def raw(run: RunResource) -> Iterator[dg.MaterializeResult[Any]]:
    """Land what was delivered, quarantined what breaks its contract, and hand on the rest."""
    the_run = run.run
    with the_run.step("raw"):
        began = time.perf_counter()
        land(the_run)
        landed = time.perf_counter()
        write_company_tables(the_run.warehouse.con, the_run.settings, the_run.as_of)
        results = quarantined(the_run)
        records = sum(delivery.record_count or 0 for each in the_run.landed_sources for delivery in each.deliveries)
        the_run.report_progress(line("landing", records, landed - began))
        the_run.report_progress(line("gate", records, time.perf_counter() - landed))
        for name in KINDS:
            yield reported(the_run, f"raw.{name}", results[name])
        for name in SETTINGS_TABLES:
            yield reported(the_run, f"raw.{name}", [])


def land(run: Run) -> None:
    """Land what was delivered and make `landed.<kind>` of it; after that the build sees no file of the company's.

    Raises:
        InputRefused: A required source is missing, late or refused.
    """
    order = run.order
    landed_sources = land_sources(
        run.settings,
        order.data,
        order.home.path,
        run.started_at,
        allow_shrink=order.allow.get("shrink"),
        report_progress=run.report_progress,
    )
    run.landed_sources.extend(landed_sources)
    for landed_source in landed_sources:
        for sentence in [*landed_source.warnings, *(refusal.sentence for refusal in landed_source.refusals)]:
            run.report_progress(f"{landed_source.source}: {sentence}")
    refuse_required(run.settings, landed_sources)
    write_landed_rows(run.warehouse.con, run.settings, landed_sources, order.home.path)
    run.lock_down()


def quarantined(run: Run) -> dict[str, list[RuleResult]]:
    """Make `raw.<kind>` of what keeps its contract; kind -> verdicts.

    Raises:
        TooManyBadRows: A source would lose more rows than its budget allows.
    """
    gate = settle(
        run.warehouse.con,
        {kind: run.contracts[f"raw.{kind}"] for kind in KINDS},
        budgets={name: source.max_quarantined for name, source in run.settings.sources.items()},
        override=run.order.allow.get("quarantined"),
    )
    for results in gate.results.values():
        run.verdicts.extend(results)
    return gate.results
