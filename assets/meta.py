"""The proofs of the night as assets: rows and money, each checked by its contract before anything is published.

Put here: which proofs there are and what they read. Keep out: how they are made (`pipelines/accounting.py`).
"""

import dagster as dg

from assets.tables import Make, table_asset
from pipelines.accounting import write_row_accounting, write_tie_out
from pipelines.contracts.contract import Contract
from pipelines.night import Night
from pipelines.settings import KINDS

MONEY = ("orders", "order_lines", "refunds", "adjustments", "payments")


def audits(contracts: dict[str, Contract]) -> list[dg.AssetsDefinition]:
    """One asset per proof."""

    def rows(night: Night) -> None:
        write_row_accounting(night.warehouse.con)

    def money(night: Night) -> None:
        write_tie_out(night.warehouse.con, night.contracts)

    staged = [f"staging.{kind}" for kind in KINDS]
    return [
        _audit("meta.row_accounting", staged, contracts, rows),
        _audit("meta.tie_out", [*staged, *(f"core.{name}" for name in MONEY)], contracts, money),
    ]


def _audit(table: str, reads: list[str], contracts: dict[str, Contract], make: Make) -> dg.AssetsDefinition:
    contract = contracts[table]
    return table_asset(table, reads=reads, description=contract.grain, kind="sql", contract=contract, make=make)
