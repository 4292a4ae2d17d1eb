"""The front door: everything Dagster loads.

Put here: the list of rooms. Keep out: assets, and what they do.
"""

import dagster as dg

from regulars.assets import identity, meta, nightly, published, raw
from regulars.assets.contract_checks import plan
from regulars.assets.marts import marts
from regulars.assets.resources import RunResource
from regulars.assets.sql_tables import sql_tables
from regulars.assets.tables import table_asset
from regulars.pipelines.contracts.contract import load_contracts
from regulars.pipelines.settings.package import CONTRACTS_FOLDER

contracts = load_contracts(CONTRACTS_FOLDER)
blueprints = [*sql_tables(), *marts(contracts), *meta.audits(contracts)]
validated_later = {table: contract for table, contract in contracts.items() if contract.layer != "raw"}  # the gate's
steps = plan({**raw.READS, **identity.READS, **{each.table: each.reads for each in blueprints}}, validated_later)
tables = [
    raw.raw,
    identity.identity,
    *(table_asset(each, steps[each.table], checked=each.table in contracts) for each in blueprints),
]

defs = dg.Definitions(
    assets=[*tables, published.generation(tables)],
    jobs=[nightly.run_job],
    schedules=[nightly.schedule()],
    resources={"run": RunResource.configure_at_launch()},
    executor=dg.in_process_executor,  # DuckDB allows one writing process
)
