"""The front door: everything Dagster loads.

Put here: the list of rooms. Keep out: assets, and what they do.
"""

import dagster as dg

from assets import identity, meta, nightly, published, raw
from assets.marts import marts
from assets.resources import NightResource
from assets.sql_tables import sql_tables
from pipelines.contracts.contract import load_contracts
from pipelines.warehouse import ROOT

contracts = load_contracts(ROOT / "data_contracts")
tables = [raw.raw, *sql_tables(contracts), identity.identity, *marts(contracts), *meta.audits(contracts)]

defs = dg.Definitions(
    assets=[*tables, published.generation(tables)],
    jobs=[nightly.night_job],
    schedules=[nightly.schedule()],
    resources={"night": NightResource.configure_at_launch()},
    executor=dg.in_process_executor,  # DuckDB allows one writing process
)
