"""The two proofs of a run: no row is lost, and no penny.

Put here: counting and adding up, each number by its own scan of the tables that it speaks of. Keep out: validating the
outcome (the contracts of `meta.row_accounting` and `meta.tie_out`).
"""

from collections.abc import Mapping

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.settings.settings import KINDS

MONEY_KINDS = ("orders", "order_lines", "refunds", "payments", "subscriptions")
"""The kinds whose rows hold amounts that core must hold too."""

_PARTS = ("orders_amount", "refunds_amount", "adjustments_amount", "payments_amount", "subscriptions_amount")
_NO_CURRENCY = "no currency, or two"


def write_row_accounting(con: duckdb.DuckDBPyConnection) -> None:
    """Make `meta.row_accounting`: what became of the rows of each kind in each file.

    Args:
        con: The build, with `delivered`, `staging` and `quarantine` filled.
    """
    counted = [
        "select source, coalesce(kind, 'malformed') as kind, file_sha256, 'read' as fate from landed.malformed",
        "select source, kind, file_sha256, 'quarantined' from quarantine.rows",
    ]
    for kind in KINDS:
        counted += [
            f"select _source, '{kind}', _file_sha256, 'read' from landed.{kind}",
            f"select _source, '{kind}', _file_sha256, 'loaded' from staging.{kind}",
            f"select _source, '{kind}', _file_sha256, 'superseded' from landed.{kind} where _row_id in "
            f"(select row_id from quarantine.superseded where kind = '{kind}')",
        ]
    fates = ", ".join(
        f"count(*) filter (fate = '{fate}') as rows_{fate}" for fate in ("read", "loaded", "quarantined", "superseded")
    )
    con.execute(
        f"""
        create table meta.row_accounting as
        select counted.source, kind, any_value(files.file_name) as file_name, counted.file_sha256, {fates}
        from ({" union all ".join(counted)}) as counted
        left join (
            select source, file_sha256, max_by(file_name, (delivery, file_name)) as file_name
            from landed.files
            group by all
        ) as files on files.source = counted.source and files.file_sha256 = counted.file_sha256
        group by counted.source, kind, counted.file_sha256
        order by all
        """
    )


def write_tie_out(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> None:
    """Make `meta.tie_out`: money as delivered against money in core, per source, kind, month and currency.

    source_amount = orders − refunds + adjustments + payments + subscriptions + quarantined + superseded + difference.
    Amounts are after discounts, in the currency delivered; what is no number counts 0 (such rows are quarantined). What
    a subscription is worth a month counts once per period, in the month in which the period started.

    Args:
        con: The build, with everything up to core filled.
        contracts: Table -> contract; those of `raw` say what a row's money is, and which moment it belongs to.
    """
    told = [_delivered_amounts(contracts[f"raw.{kind}"]) for kind in MONEY_KINDS]
    told += [_order_amounts(), _line_amounts(), _refund_amounts(), _payment_amounts(), _subscription_amounts()]
    parts = ("source_amount", *_PARTS, "quarantined_amount", "superseded_amount")
    sums = ", ".join(f"cast(coalesce(sum({part}), 0) as decimal(38, 4)) as {part}" for part in parts)
    con.execute(
        f"""
        create table meta.tie_out as
        select
            *,
            cast(
                source_amount - orders_amount + refunds_amount - adjustments_amount - payments_amount
                - subscriptions_amount - quarantined_amount - superseded_amount as decimal(38, 4)
            ) as difference,
        from (select source, kind, month, currency, {sums} from ({" union all by name ".join(told)}) group by all)
        order by all
        """
    )


def missing_rate(con: duckdb.DuckDBPyConnection) -> str | None:
    """A sentence about the first money in core that no rate converts, or None when all is converted.

    Args:
        con: The build; those of the core tables of money that are there are looked at.
    """
    days = {
        "orders": "order_date",
        "refunds": "refund_date",
        "adjustments": "adjustment_date",
        "subscriptions": "started_date",
    }
    amounts = {
        "orders": "gross_sales",
        "refunds": "amount",
        "adjustments": "amount",
        "subscriptions": "monthly_amount",
    }
    there = con.execute("select table_name from information_schema.tables where table_schema = 'core'").fetchall()
    selects = [
        f"select '{table}' as table_name, coalesce(currency, '{_NO_CURRENCY}') as currency, {day} as day "
        f"from core.{table} where {amounts[table]} is null"
        for table, day in days.items()
        if (table,) in there
    ]
    if not selects:
        return None
    found = con.execute(
        "select table_name, currency, min(day), count(*) "
        f"from ({' union all '.join(selects)}) group by all order by 3, 1, 2 limit 1"
    ).fetchall()
    for table, currency, day, count in found:
        if currency == _NO_CURRENCY:
            return f"core.{table}: the lines of {count} document(s), the first of {day}, are in more than one currency."
        return (
            f"core.{table}: there is no rate of {currency} on or before {day} ({count} document(s) from that day on). "
            f"Add the rate to a source of `fx_rates`; a missing rate is never taken as 1."
        )
    return None


def _month(moment: str) -> str:
    """SQL for the first day of the month, in the company's zone, of a UTC timestamp."""
    zone = "(select timezone from raw.company)"
    return f"cast(date_trunc('month', timezone({zone}, timezone('UTC', {moment}))) as date)"


def _delivered_amounts(contract: Contract) -> str:
    """The money of every delivered row, and of those that were quarantined or superseded."""
    kind = contract.name
    amount = f"cast(coalesce({contract.amount}, 0) as decimal(38, 4))"  # a difference needs one digit more
    if "discounts" in {column.name for column in contract.columns}:
        amount += " - coalesce(try_cast(discounts as decimal(18, 4)), 0)"
    if kind == "refunds":
        amount = f"-{amount}"
    own_month = _month(f"try_cast({contract.amount_moment} as timestamp)")
    rows = f"select *, {amount} as money, {own_month} as own_month from landed.{kind}"
    if kind == "order_lines":
        # a line belongs to the month and currency of its document, whatever stands in the line itself
        place = "coalesce(document.month, own_month) as month, coalesce(document.currency, row.currency) as currency"
        document = f"left join ({_documents()}) as document using (line_type, _system, order_id)"
    elif kind == "payments":
        # many tools do not date a payment: then it belongs to the month of its order
        place = "coalesce(own_month, document.month) as month, row.currency"
        document = f"left join ({_months_of_orders()}) as document using (_system, order_id)"
    else:
        place, document = "own_month as month, row.currency", ""
    return f"""
        select
            row._source as source, '{kind}' as kind, {place}, sum(money) as source_amount,
            sum(money) filter (fate.outcome = 'quarantined') as quarantined_amount,
            sum(money) filter (fate.outcome = 'superseded') as superseded_amount,
        from ({rows}) as row
        {document}
        left join (
            select row_id, 'quarantined' as outcome from quarantine.rows where kind = '{kind}'
            union all
            select row_id, 'superseded' from quarantine.superseded where kind = '{kind}'
        ) as fate on fate.row_id = row._row_id
        group by all
    """


def _documents() -> str:
    """The documents in core that lines tell of, with the month and currency in which core counts them."""
    return f"""
        select
            'sale' as line_type, system as _system, order_id,
            cast(date_trunc('month', order_date) as date) as month, currency,
        from core.orders
        union all
        select 'refund', system, refund_id, cast(date_trunc('month', refund_date) as date), currency
        from ({_refunds_told_by_lines()})
        union all
        select 'adjustment', system, adjustment_id, cast(date_trunc('month', adjustment_date) as date), currency
        from core.adjustments
    """


def _months_of_orders() -> str:
    return """
        select system as _system, order_id, cast(date_trunc('month', order_date) as date) as month from core.orders
    """


def _refunds_told_by_lines() -> str:
    return """
        select refunds.* from core.refunds as refunds
        anti join staging.refunds as own on own._system = refunds.system and own.refund_id = refunds.refund_id
    """


def _order_amounts() -> str:
    """What core holds of the rows of kind `orders`: the amounts that they gave themselves, not those of lines."""
    return """
        select
            orders.source, 'orders' as kind, cast(date_trunc('month', orders.order_date) as date) as month,
            orders.currency,
            sum(
                cast(if(own.gross_sales is not null, orders.gross_sales_original, 0) as decimal(38, 4))
                - case when own.discounts is not null then orders.discounts_original else 0 end
            ) as orders_amount,
        from core.orders as orders
        join staging.orders as own on own._system = orders.system and own.order_id = orders.order_id
        group by all
    """


def _line_amounts() -> str:
    """What core holds of the rows of kind `order_lines`: sales, refunds and adjustments."""
    return f"""
        select
            source, 'order_lines' as kind, cast(date_trunc('month', day) as date) as month, currency,
            sum(amount) filter (part = 'sale') as orders_amount,
            sum(amount) filter (part = 'refund') as refunds_amount,
            sum(amount) filter (part = 'adjustment') as adjustments_amount,
        from (
            select
                'sale' as part, source, order_date as day, currency,
                cast(gross_sales_original as decimal(38, 4)) - discounts_original as amount,
            from core.order_lines
            union all
            select 'refund', source, refund_date, currency, amount_original from ({_refunds_told_by_lines()})
            union all
            select 'adjustment', source, adjustment_date, currency, amount_original from core.adjustments
        )
        group by all
    """


def _refund_amounts() -> str:
    """What core holds of the rows of kind `refunds`."""
    return """
        select
            refunds.source, 'refunds' as kind, cast(date_trunc('month', refunds.refund_date) as date) as month,
            refunds.currency, sum(refunds.amount_original) as refunds_amount,
        from core.refunds as refunds
        semi join staging.refunds as own on own._system = refunds.system and own.refund_id = refunds.refund_id
        group by all
    """


def _payment_amounts() -> str:
    """What core holds of the rows of kind `payments`."""
    return f"""
        select
            payments.source, 'payments' as kind, coalesce({_month("payments.paid_at")}, document.month) as month,
            payments.currency, sum(payments.amount_original) as payments_amount,
        from core.payments as payments
        left join ({_months_of_orders()}) as document
            on document._system = payments.system and document.order_id = payments.order_id
        group by all
    """


def _subscription_amounts() -> str:
    """What core holds of the rows of kind `subscriptions`: what each period is worth a month."""
    return """
        select
            source, 'subscriptions' as kind, cast(date_trunc('month', started_date) as date) as month, currency,
            sum(monthly_amount_original) as subscriptions_amount,
        from core.subscriptions
        group by all
    """
