"""Everything that Dagster loads.

Put here: the list of assets, the job, the schedule and the resource. Keep out: how any of them is made.
"""

import dagster as dg

from regulars.assets import findings, identity, landing, meta, nightly, published, raw, themes
from regulars.assets.marts import list_marts
from regulars.assets.resources import configured_run
from regulars.assets.sql_tables import list_sql_tables
from regulars.assets.tables import make_table_asset
from regulars.assets.validation_plan import plan_steps
from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.settings.package import CONTRACTS_FOLDER

contracts = load_all_contracts(CONTRACTS_FOLDER)
blueprints = [
    *list_sql_tables(),
    themes.describe_comment_themes(contracts),
    *list_marts(contracts),
    *meta.list_audit_tables(contracts),
]
validated_later = {table: contract for table, contract in contracts.items() if contract.layer != "raw"}
steps = plan_steps({**raw.READS, **identity.READS, **{each.table: each.reads for each in blueprints}}, validated_later)
tables = [
    landing.landing,
    raw.raw,
    identity.identity,
    *(make_table_asset(each, steps[each.table], has_contract=each.table in contracts) for each in blueprints),
]
tables.append(findings.make_findings_asset(tables))
assets = [*tables, published.make_generation_asset(tables)]

defs = dg.Definitions(
    assets=assets,
    jobs=[nightly.run_job],
    schedules=[nightly.nightly_schedule()],
    resources={"run": configured_run({key for each in assets for key in each.keys})},
    executor=dg.in_process_executor,  # DuckDB allows one writing process
)
