"""The two proofs of every night: no row is lost (`meta.row_accounting`), no penny is lost (`meta.tie_out`).

Put here: counting rows and adding money on both sides, by scans of the tables themselves. Keep out: what follows when
they differ (the contracts of the two tables stop the night), and deciding what becomes of a row (`contracts/`).

The source's side is added from the text as delivered; the other side from the tables that people read. Amounts are in
the currency in which they were delivered, before discounts, tax and shipping. A document belongs to the month of its
day in the company's zone: the day that `core` gives it, for all its versions; a document that is nowhere in `core` to
the month of its own moment, or to none where that cannot be read.
"""

from collections.abc import Mapping

import duckdb

from pipelines.contracts.contract import Contract
from pipelines.contracts.versions import document_of
from pipelines.settings import KINDS

LOADED = {
    "orders": """
        select staging._source as source, 'orders' as part, date_trunc('month', core.order_date) as month,
            core.currency, core.gross_sales_original as amount
        from core.orders as core
        join staging.orders as staging on staging._system = core.system and staging.order_id = core.order_id
        where staging.gross_sales is not null
    """,
    "order_lines": """
        select source, 'orders' as part, date_trunc('month', order_date) as month, currency,
            gross_sales_original as amount
        from core.order_lines
        union all
        select source, 'refunds', date_trunc('month', refund_date), currency, amount_original
        from core.refunds
        where source in (select _source from staging.order_lines)
        union all
        select source, 'adjustments', date_trunc('month', adjustment_date), currency, amount_original
        from core.adjustments
    """,
    "refunds": """
        select source, 'refunds' as part, date_trunc('month', refund_date) as month, currency,
            amount_original as amount
        from core.refunds
        where source in (select _source from staging.refunds)
    """,
    "payments": """
        select payments.source, 'payments' as part, date_trunc('month', coalesce(orders.order_date, payments.paid_at))
            as month, payments.currency, payments.amount_original as amount
        from core.payments as payments
        left join core.orders as orders using (system, order_id)
    """,
}
"""Kind -> the money that readers find in `core`, by source, part, month and currency."""

DATED = {
    "orders": "select system, order_id as document, order_date as day, currency from core.orders",
    "order_lines": """
        select system, order_id as document, order_date as day, currency, 'sale' as line_type from core.orders
        union all by name
        select system, refund_id as document, refund_date as day, currency, 'refund' as line_type from core.refunds
        union all by name
        select system, adjustment_id as document, adjustment_date as day, currency, 'adjustment' as line_type
        from core.adjustments
    """,
    "refunds": "select system, refund_id as document, refund_date as day, currency from core.refunds",
    "payments": "select system, order_id as document, order_date as day, null as currency from core.orders",
}
"""Kind -> the day (and currency) that `core` gives a document."""

SIGN = {"refunds": -1}
"""Delivered refunds are positive amounts that went back; everything else is delivered with its sign."""


def write_row_accounting(con: duckdb.DuckDBPyConnection) -> None:
    """Make `meta.row_accounting`: per source, kind and file, what became of every row, each counted by its own scan."""
    counted = [
        """
        select source, coalesce(kind, 'malformed'), file_sha256, count(line), 0, 0, 0
        from delivered.malformed group by all
        """,
        "select source, kind, file_sha256, 0, 0, count(row), 0 from quarantine.rows group by all",
    ]
    for kind in KINDS:
        counted += [
            f"select _source, '{kind}', _file_sha256, count(_row_id), 0, 0, 0 from delivered.{kind} group by all",
            f"select _source, '{kind}', _file_sha256, 0, count(_row_id), 0, 0 from staging.{kind} group by all",
            f"""
            select here._source, '{kind}', here._file_sha256, 0, 0, 0, count(here._row_id)
            from delivered.{kind} as here
            join quarantine.superseded as gone on gone.kind = '{kind}' and gone.row_id = here._row_id
            group by all
            """,
        ]
    con.execute(
        f"""
        create table meta.row_accounting as
        with counted (source, kind, file_sha256, rows_read, rows_loaded, rows_quarantined, rows_superseded) as (
            {" union all ".join(counted)}
        ),
        files as (select source, file_sha256, min(file_name) as file_name from delivered.files group by all)
        select
            counted.source, counted.kind, files.file_name, counted.file_sha256,
            sum(rows_read)::bigint as rows_read, sum(rows_loaded)::bigint as rows_loaded,
            sum(rows_quarantined)::bigint as rows_quarantined, sum(rows_superseded)::bigint as rows_superseded
        from counted
        left join files on files.source = counted.source and files.file_sha256 = counted.file_sha256
        group by all
        order by all
        """
    )


def write_tie_out(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> None:
    """Make `meta.tie_out`: source amount = orders - refunds + adjustments + payments + quarantined + superseded.

    Args:
        con: The build: `delivered`, `staging`, `core` and `quarantine` stand.
        contracts: Table -> contract; those of raw kinds say how a row's money is read.
    """
    kinds = [kind for kind in KINDS if contracts[f"raw.{kind}"].amount]
    parts = " union all by name ".join(
        f"({_delivered(kind, contracts[f'raw.{kind}'])}) union all by name ({_loaded(kind)})" for kind in kinds
    )
    sums = ", ".join(
        f"coalesce(sum(amount) filter (part = '{part}'), 0)::decimal(18, 4) as {part}_amount"
        for part in ("source", "orders", "refunds", "adjustments", "payments", "quarantined", "superseded")
    )
    con.execute(
        f"""
        create table meta.tie_out as
        with summed as (
            select source, kind, month::date as month, currency, {sums}
            from ({parts})
            where amount is not null
            group by all
        )
        select *,
            (source_amount - orders_amount + refunds_amount - adjustments_amount - payments_amount
                - quarantined_amount - superseded_amount)::decimal(18, 4) as difference
        from summed
        order by source, kind, month nulls last, currency
        """
    )


def _delivered(kind: str, contract: Contract) -> str:
    """Every delivered row's money, once as the source's and, where the row was left out, once as what became of it."""
    return f"""
        with dated as ({DATED[kind]}),
        rows as (
            select
                here._source as source,
                here._row_id,
                date_trunc('month', coalesce(
                    dated.day,
                    timezone(company.timezone, timezone('UTC', try_cast(here.{contract.amount_moment} as timestamp)))
                )) as month,
                coalesce(dated.currency, here.currency) as currency,
                {SIGN.get(kind, 1)} * ({contract.amount}) as amount,
            from delivered.{kind} as here
            cross join raw.company as company
            left join dated
                on dated.system = here._system and dated.document = {document_of(contract)}
                {"and dated.line_type = here.line_type" if kind == "order_lines" else ""}
        ),
        fates as (
            select row_id, 'quarantined' as part from quarantine.rows where kind = '{kind}'
            union all
            select row_id, 'superseded' from quarantine.superseded where kind = '{kind}'
        )
        select source, '{kind}' as kind, 'source' as part, month, currency, amount from rows
        union all by name
        select source, '{kind}' as kind, fates.part, month, currency, amount
        from rows join fates on fates.row_id = rows._row_id
    """


def _loaded(kind: str) -> str:
    return f"select source, '{kind}' as kind, part, month, currency, amount from ({LOADED[kind]})"
