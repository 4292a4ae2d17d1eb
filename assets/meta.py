"""The audit tables as assets: the proofs of rows and money, the restatements, the scorecard, and reasons.

Put here: the list of these tables, and what they read. Keep out: how they are made (`pipelines/audit`).
"""

from collections.abc import Mapping

import polars as pl

from regulars.assets.marts import Transform, choose_settings, find_mart_functions, list_read_tables
from regulars.assets.tables import Blueprint
from regulars.pipelines.audit.accounting import write_excluded_rows, write_row_accounting
from regulars.pipelines.audit.customer_changes import COUNTS as CHANGES
from regulars.pipelines.audit.customer_changes import LIST as CHANGED
from regulars.pipelines.audit.customer_changes import NOW as CUSTOMERS_NOW
from regulars.pipelines.audit.customer_changes import READS as CHANGE_READS
from regulars.pipelines.audit.customer_changes import write_changed_customers, write_customer_changes
from regulars.pipelines.audit.doubtful_numbers import READS as DOUBT_READS
from regulars.pipelines.audit.doubtful_numbers import TABLE as DOUBTS
from regulars.pipelines.audit.doubtful_numbers import write_doubtful_numbers
from regulars.pipelines.audit.findings.deliveries.delivery_profiles import TABLE as PROFILES
from regulars.pipelines.audit.findings.deliveries.delivery_profiles import write_delivery_profiles
from regulars.pipelines.audit.reasons import TABLE as REASONS
from regulars.pipelines.audit.reasons import list_explained_tables, write_reasons
from regulars.pipelines.audit.restatements.restate import INPUTS, RESTATEMENTS, Replay, write_restatements
from regulars.pipelines.audit.sales_tie_out import READS as SALES_READS
from regulars.pipelines.audit.sales_tie_out import TABLE as SALES_TIE_OUT
from regulars.pipelines.audit.sales_tie_out import write_sales_tie_out
from regulars.pipelines.audit.scorecard.scorecard import TABLE as SCORECARD
from regulars.pipelines.audit.scorecard.scorecard import list_scorecard_inputs, write_scorecard
from regulars.pipelines.audit.subscription_tie_out import READS as SUBSCRIPTION_READS
from regulars.pipelines.audit.subscription_tie_out import TABLE as SUBSCRIPTION_TIE_OUT
from regulars.pipelines.audit.subscription_tie_out import write_subscription_tie_out
from regulars.pipelines.audit.tie_out import write_tie_out
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.kinds.shape.registry import KINDS, list_core_amounts
from regulars.pipelines.run.run import Run


def list_audit_tables(contracts: dict[str, Contract]) -> list[Blueprint]:
    """The proofs, what changed since the last run, the usual numbers of deliveries, and the scorecard."""

    def rows(run: Run) -> None:
        write_row_accounting(run.warehouse.con)

    def excluded(run: Run) -> None:
        write_excluded_rows(run.warehouse.con)

    def money(run: Run) -> None:
        write_tie_out(run.warehouse.con)

    def sales_money(run: Run) -> None:
        write_sales_tie_out(run.warehouse.con)

    def subscription_money(run: Run) -> None:
        write_subscription_tie_out(run.warehouse.con)

    staged = frozenset(f"staging.{kind}" for kind in KINDS)
    delivered = frozenset(f"raw.{kind}" for kind in KINDS)
    reads = staged | {amount.table for amount in list_core_amounts(KINDS.values())}
    return [
        Blueprint("meta.row_accounting", staged, "sql", rows),
        Blueprint(PROFILES, delivered, "sql", write_delivery_profiles),
        Blueprint("meta.excluded_rows", staged, "sql", excluded),
        Blueprint("meta.tie_out", reads, "sql", money),
        Blueprint(SALES_TIE_OUT, SALES_READS, "sql", sales_money),
        Blueprint(SUBSCRIPTION_TIE_OUT, SUBSCRIPTION_READS, "sql", subscription_money),
        describe_restatements(contracts),
        Blueprint(CHANGED, CHANGE_READS, "polars", write_changed_customers),
        Blueprint(CHANGES, frozenset({CHANGED, CUSTOMERS_NOW}), "polars", write_customer_changes),
        Blueprint(SCORECARD, list_scorecard_inputs(contracts), "sql", write_scorecard),
        Blueprint(REASONS, frozenset(each.table for each in list_explained_tables(contracts)), "sql", write_reasons),
        Blueprint(DOUBTS, DOUBT_READS, "sql", write_doubtful_numbers),
    ]


def describe_restatements(contracts: dict[str, Contract]) -> Blueprint:
    """The table of restatements: it reads the marts that hold metrics, and all tables behind these."""
    marts = {contract.name: table for table, contract in contracts.items() if contract.layer == "marts"}
    functions = {marts[name]: function for name, function in find_mart_functions(set(marts)).items()}

    def make(run: Run) -> None:
        write_restatements(run, make_replay(run, functions, marts))

    made_of = {source for table in INPUTS for source in list_read_tables(functions[table], marts).values()}
    reads = frozenset({*INPUTS, *made_of, "core.contacts", "core.customers", "identity.events", "staging.fx_rates"})
    return Blueprint(RESTATEMENTS, reads, "polars", make)


def make_replay(run: Run, functions: Mapping[str, Transform], marts: Mapping[str, str]) -> Replay:
    """Runs marts of the run on other tables, with the run's settings.

    A mart that another one reads is made again too; tables of core that are not given are empty.
    """

    def replay(table: str, core: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
        function = functions[table]
        frames = {parameter: frame(source, core) for parameter, source in list_read_tables(function, marts).items()}
        made = function(**frames, **choose_settings(function, run))
        return made.collect() if isinstance(made, pl.LazyFrame) else made

    def frame(table: str, core: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
        if table in core:
            return core[table]
        if table in functions:
            return replay(table, core).lazy()
        return run.warehouse.con.sql(f"select * from {table} limit 0").pl().lazy()

    return replay
