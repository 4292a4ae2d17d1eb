"""Landing and the gate: delivered files become `raw.<kind>`, bad documents are set aside, everything is counted.

Put here: the order of landing, gate and budget. Keep out: how a file is read (`pipelines/sources`) and what a row must
keep (`data_contracts/raw`, `pipelines/contracts`).
"""

import time
from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.resources import NightResource
from assets.tables import check_spec, key, line, reported
from pipelines.company_tables import write_company_tables
from pipelines.contracts.gate import settle
from pipelines.contracts.judge import RuleResult
from pipelines.night import Night
from pipelines.settings import KINDS
from pipelines.sources.arrivals import land_sources, refuse_required
from pipelines.sources.delivered import deliver

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
        dg.AssetSpec(key(f"raw.{name}"), description="The settings of this night, as a table.")
        for name in SETTINGS_TABLES
    ],
    check_specs=[check_spec(f"raw.{name}") for name in KINDS],
)
def raw(night: NightResource) -> Iterator[dg.MaterializeResult[Any]]:
    """Land what was delivered, set aside what breaks its contract, and hand on the rest."""
    the_night = night.night
    with the_night.step("raw"):
        began = time.perf_counter()
        land(the_night)
        landed = time.perf_counter()
        write_company_tables(the_night.warehouse, the_night.settings, the_night.as_of)
        results = set_aside(the_night)
        records = sum(delivery.record_count or 0 for each in the_night.arrivals for delivery in each.deliveries)
        the_night.say(line("landing", records, landed - began))
        the_night.say(line("gate", records, time.perf_counter() - landed))
        for name in KINDS:
            yield reported(the_night, f"raw.{name}", results[name])
        for name in SETTINGS_TABLES:
            yield reported(the_night, f"raw.{name}", [])


def land(night: Night) -> None:
    """Land what was delivered and make `delivered.<kind>` of it; after that the build sees no file of the company's.

    Raises:
        InputRefused: A required source is missing, late or refused.
    """
    order = night.order
    arrivals = land_sources(
        night.settings,
        order.data,
        order.home.path,
        night.started_at,
        allow_shrink=order.allow.get("shrink"),
        tell=night.say,
    )
    night.arrivals.extend(arrivals)
    for arrival in arrivals:
        for sentence in [*arrival.warnings, *(refusal.sentence for refusal in arrival.refusals)]:
            night.say(f"{arrival.source}: {sentence}")
    refuse_required(night.settings, arrivals)
    deliver(night.warehouse.con, night.settings, arrivals, order.home.path)
    night.lock_down()


def set_aside(night: Night) -> dict[str, list[RuleResult]]:
    """Make `raw.<kind>` of what keeps its contract; kind -> verdicts.

    Raises:
        TooManyBadRows: A source would lose more rows than its budget allows.
    """
    gate = settle(
        night.warehouse.con,
        {kind: night.contracts[f"raw.{kind}"] for kind in KINDS},
        budgets={name: source.max_set_aside for name, source in night.settings.sources.items()},
        override=night.order.allow.get("set_aside"),
    )
    for results in gate.results.values():
        night.verdicts.extend(results)
    return gate.results
