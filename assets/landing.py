"""Lands what was delivered, as the first step of a run, and finds out whether anything is new.

Put here: the order of landing, and the early end of a run that could only repeat what is published. Keep out: how a
file is read (`pipelines/sources`), and when a run is a repetition (`pipelines/run/fingerprint.py`).

When nothing is new the step reports no landing, so that Dagster skips every step after it and the run succeeds. The
current generation is reported as materialized again, because its freshness policy asks when that last happened.
"""

import time
from collections.abc import Iterator
from typing import Any

import dagster as dg

from regulars.assets.published import GENERATION, describe_generation
from regulars.assets.tables import format_progress
from regulars.pipelines.home.generation import Published
from regulars.pipelines.publish.deliver import deliver_run
from regulars.pipelines.run.fingerprint import find_known_generation
from regulars.pipelines.run.run import Run
from regulars.pipelines.sources.deliveries import land_sources, refuse_required
from regulars.pipelines.sources.landed_rows import write_landed_rows

LANDING = dg.AssetKey(["landing", "deliveries"])


@dg.asset(key=LANDING, group_name="raw", output_required=False)
def landing(context: dg.AssetExecutionContext, run: dg.ResourceParam[Run]) -> Iterator[dg.MaterializeResult[Any]]:
    """What was delivered, landed; nothing when the run would only repeat the current generation."""
    with run.step("landing"):
        began = time.perf_counter()
        land(run)
        records = sum(delivery.record_count or 0 for each in run.landed_sources for delivery in each.deliveries)
        run.report_progress(format_progress("landing", records, time.perf_counter() - began))
        known = find_known_generation(run)
        if known is not None:
            kept = Published(known, is_new=False, is_current=False)
            run.published.append(kept)
            run.report_progress(f"nothing new since {known.name}: deliveries, settings and code are the same")
            deliver_run(run)  # a target may have failed the last time, or be new
            context.log_event(dg.AssetMaterialization(GENERATION, metadata=describe_generation(kept)))
            return
        open_landed(run)
        yield dg.MaterializeResult(metadata={"dagster/row_count": records, "new_deliveries": _count_new(run)})


def land(run: Run) -> None:
    """Land what was delivered.

    Raises:
        InputRefused: A required source is missing, late or refused.
        FindingStops: A file of a required source is too odd.
    """
    request = run.request
    landed_sources = land_sources(
        run.settings,
        request.data,
        request.home.path,
        run.started_at,
        policy=request.finding_policy,
        report_progress=run.report_progress,
    )
    run.landed_sources.extend(landed_sources)
    refuse_required(run.settings, landed_sources)
    for landed_source in landed_sources:
        run.findings.extend(landed_source.findings)
        odd = [finding.sentence for finding in landed_source.findings]
        for sentence in [*odd, *landed_source.reasons]:
            run.report_progress(f"{landed_source.source}: {sentence}")


def open_landed(run: Run) -> None:
    """Make `landed.<kind>` of what has landed; after that, the build reads no file of the company."""
    con, home = run.warehouse.con, run.request.home.path
    run.findings.extend(write_landed_rows(con, run.settings, run.landed_sources, home))
    run.lock_down()


def _count_new(run: Run) -> int:
    return sum(len(each.landed) for each in run.landed_sources)
