"""The proofs of the night as assets: rows and money, each checked by its contract before anything is published.

Put here: which proofs there are and what they read. Keep out: how they are made (`pipelines/accounting.py`).
"""

from assets.tables import Blueprint
from pipelines.accounting import write_row_accounting, write_tie_out
from pipelines.contracts.contract import Contract
from pipelines.night import Night
from pipelines.settings import KINDS

MONEY = ("orders", "order_lines", "refunds", "adjustments", "payments", "subscriptions")


def audits(contracts: dict[str, Contract]) -> list[Blueprint]:
    """One table per proof."""

    def rows(night: Night) -> None:
        write_row_accounting(night.warehouse.con)

    def money(night: Night) -> None:
        write_tie_out(night.warehouse.con, night.contracts)

    staged = frozenset(f"staging.{kind}" for kind in KINDS)
    told = staged | {f"core.{name}" for name in MONEY}
    return [
        Blueprint("meta.row_accounting", staged, contracts["meta.row_accounting"].grain, "sql", rows),
        Blueprint("meta.tie_out", told, contracts["meta.tie_out"].grain, "sql", money),
    ]
