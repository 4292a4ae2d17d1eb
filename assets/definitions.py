"""Everything that Dagster loads.

Put here: the list of assets, the job, the schedule and the resource. Keep out: how any of them is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from regulars.assets import arrivals, findings, identity, landing, meta, nightly, published, raw, themes
from regulars.assets.marts import list_marts
from regulars.assets.own_segments import list_own_segment_tables
from regulars.assets.resources import configured_run
from regulars.assets.sql_tables import list_sql_tables
from regulars.assets.tables import Blueprint, make_table_asset
from regulars.assets.validation_plan import Step, plan_steps
from regulars.pipelines.audit.findings.gather import TABLE as FINDINGS
from regulars.pipelines.contracts.company_contracts import merge_company_contracts
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.settings.package import CONTRACTS_FOLDER


@dataclass(frozen=True)
class Graph:
    """All assets, and the contracts and tables behind them.

    Attributes:
        contracts: Table -> contract.
        blueprints: The tables that are built.
        steps: Table -> the tables that its step waits for, and the rules that it checks.
        defs: What Dagster loads.
    """

    contracts: Mapping[str, Contract]
    blueprints: Sequence[Blueprint]
    steps: Mapping[str, Step]
    defs: dg.Definitions


def make_graph(company: Path | None) -> Graph:
    """The graph of a company: our tables, with those of its folder `company/` merged over them.

    Raises:
        SettingsWrong: A file in `company/` is wrong, with a sentence per mistake.
    """
    contracts = merge_company_contracts(load_all_contracts(CONTRACTS_FOLDER), company)
    blueprints = [
        *list_sql_tables(company),
        themes.describe_comment_themes(contracts),
        *list_marts(contracts),
        *list_own_segment_tables(contracts),
        *meta.list_audit_tables(contracts),
    ]
    validated_later = {table: contract for table, contract in contracts.items() if contract.layer != "raw"}
    steps = plan_steps(
        {**raw.READS, **identity.READS, **{each.table: each.reads for each in blueprints}}, validated_later
    )

    def make(blueprint: Blueprint) -> dg.AssetsDefinition:
        return make_table_asset(blueprint, steps[blueprint.table], contracts.get(blueprint.table))

    tables = [
        landing.landing,
        raw.raw,
        identity.identity,
        *(make(each) for each in blueprints if FINDINGS not in each.reads),
    ]
    tables.append(findings.make_findings_asset(tables))
    tables += [make(each) for each in blueprints if FINDINGS in each.reads]
    assets = [*tables, published.make_generation_asset(tables)]
    defs = dg.Definitions(
        assets=assets,
        jobs=[nightly.run_job],
        schedules=[nightly.nightly_schedule()],
        sensors=[arrivals.arrivals],
        resources={"run": configured_run({key for each in assets for key in each.keys})},
        executor=dg.in_process_executor,  # DuckDB allows one writing process
    )
    return Graph(contracts, blueprints, steps, defs)


OURS = make_graph(None)
_company = nightly.find_company_folder_of_schedule()
_of_company = make_graph(_company) if _company else OURS
contracts, blueprints, steps, defs = _of_company.contracts, _of_company.blueprints, _of_company.steps, _of_company.defs


def find_definitions(company: Path | None) -> dg.Definitions:
    """The definitions that a run of a company executes."""
    if company is None:
        return OURS.defs
    return defs if company == _company else make_graph(company).defs
