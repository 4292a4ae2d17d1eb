"""Proves that a run lost no money: compares money as delivered with money in core.

Put here: adding up, each number by its own scan of the tables that it speaks of. Keep out: which amount of a row counts
(`pipelines/kinds`), and validating the outcome (the contract of `meta.tie_out`).
"""

import duckdb

from regulars.pipelines.kinds.shape.kind import Kind, Money
from regulars.pipelines.kinds.shape.registry import KINDS


def write_tie_out(con: duckdb.DuckDBPyConnection) -> None:
    """Make `meta.tie_out`: money as delivered against money in core, per source, kind, month and currency.

    source_amount = orders + spread discounts + included tax − refunds + adjustments + payments + subscriptions + never
    charged + other + quarantined + superseded + duplicate + difference. Rows that rules of the settings leave out are
    not here: their money is none of ours. Amounts are after discounts, in the currency delivered; text that is not a
    number counts 0 (such rows are quarantined). The monthly amount of a subscription counts once per period, in the
    month in which it started; that of a period that was never charged for a day stands apart.

    Args:
        con: The build, with everything up to core filled.
    """
    con.execute(_AMOUNTS)
    for kind in KINDS.values():
        if kind.money:
            con.execute(_select_delivered_amounts(kind, kind.money))
            con.execute(_CORE_AMOUNTS.get(kind.name) or _select_other_amounts(kind, kind.money))
    con.execute(_TIE_OUT)
    con.execute("drop table amounts")


def _write_month(moment: str) -> str:
    """SQL for the first day of the month, in the company's zone, of a UTC timestamp."""
    zone = "(select timezone from raw.company)"
    return f"cast(date_trunc('month', timezone({zone}, timezone('UTC', {moment}))) as date)"


def _write_month_of_row(kind: Kind, money: Money) -> str:
    """SQL for the first day of the month of a delivered row; a date is the company's own, in no other zone."""
    column = kind.column(money.day)
    if column and column.form == "date":
        return f"cast(date_trunc('month', try_cast({money.day} as date)) as date)"
    return _write_month(f"try_cast({money.day} as timestamp)")


_AMOUNTS = """
    create temp table amounts (
        source varchar, kind varchar, month date, currency varchar,
        source_amount decimal(38, 4), orders_amount decimal(38, 4), spread_discounts_amount decimal(38, 4),
        included_tax_amount decimal(38, 4), refunds_amount decimal(38, 4), adjustments_amount decimal(38, 4),
        payments_amount decimal(38, 4), subscriptions_amount decimal(38, 4), never_charged_amount decimal(38, 4),
        other_amount decimal(38, 4), quarantined_amount decimal(38, 4), superseded_amount decimal(38, 4),
        duplicate_amount decimal(38, 4)
    )
"""
_TIE_OUT = """
    create table meta.tie_out as
    with
        added as (
            select
                source,
                kind,
                month,
                currency,
                cast(coalesce(sum(source_amount), 0) as decimal(38, 4)) as source_amount,
                cast(coalesce(sum(orders_amount), 0) as decimal(38, 4)) as orders_amount,
                cast(coalesce(sum(spread_discounts_amount), 0) as decimal(38, 4)) as spread_discounts_amount,
                cast(coalesce(sum(included_tax_amount), 0) as decimal(38, 4)) as included_tax_amount,
                cast(coalesce(sum(refunds_amount), 0) as decimal(38, 4)) as refunds_amount,
                cast(coalesce(sum(adjustments_amount), 0) as decimal(38, 4)) as adjustments_amount,
                cast(coalesce(sum(payments_amount), 0) as decimal(38, 4)) as payments_amount,
                cast(coalesce(sum(subscriptions_amount), 0) as decimal(38, 4)) as subscriptions_amount,
                cast(coalesce(sum(never_charged_amount), 0) as decimal(38, 4)) as never_charged_amount,
                cast(coalesce(sum(other_amount), 0) as decimal(38, 4)) as other_amount,
                cast(coalesce(sum(quarantined_amount), 0) as decimal(38, 4)) as quarantined_amount,
                cast(coalesce(sum(superseded_amount), 0) as decimal(38, 4)) as superseded_amount,
                cast(coalesce(sum(duplicate_amount), 0) as decimal(38, 4)) as duplicate_amount,
            from amounts
            group by all
        )

    select
        *,
        cast(
            source_amount - orders_amount - spread_discounts_amount - included_tax_amount + refunds_amount
            - adjustments_amount - payments_amount - subscriptions_amount - never_charged_amount - other_amount
            - quarantined_amount - superseded_amount - duplicate_amount
            as decimal(38, 4)
        ) as difference,
    from added
    order by all
"""


def _select_delivered_amounts(kind: Kind, money: Money) -> str:
    """The money of every delivered row of a kind, and of those that were quarantined, superseded or duplicates."""
    place = _PLACES.get(kind.name, "select own_month as month, priced.* exclude (own_month) from priced")
    return f"""
        insert into amounts by name
        with
            fates as (
                select row_id, 'quarantined' as fate from quarantine.rows where kind = '{kind.name}'
                union all
                select row_id, outcome from quarantine.left_out where kind = '{kind.name}'
            ),

            priced as (
                select
                    *,
                    coalesce({money.amount}, 0) as money,
                    {_write_month_of_row(kind, money)} as own_month,
                from landed.{kind.name}
            ),

            placed as ({place})

        select
            placed._source as source,
            '{kind.name}' as kind,
            placed.month,
            placed.currency,
            sum(money) as source_amount,
            sum(money) filter (fates.fate = 'quarantined') as quarantined_amount,
            sum(money) filter (fates.fate = 'superseded') as superseded_amount,
            sum(money) filter (fates.fate = 'duplicate') as duplicate_amount,
        from placed
        left join fates on fates.row_id = placed._row_id
        group by all
    """


_REFUNDS_FROM_LINES = """
    select refunds.* from core.refunds as refunds
    anti join staging.refunds as own on own._system = refunds.system and own.refund_id = refunds.refund_id
"""
_IN_MONTH_OF_ORDER = """
    select
        coalesce(own_month, cast(date_trunc('month', orders.order_date) as date)) as month,
        priced.* exclude (own_month),
    from priced
    left join core.orders as orders on orders.system = priced._system and orders.order_id = priced.order_id
"""
_PLACES = {
    # a line belongs to the month and currency of its document, whatever stands in the line itself
    "order_lines": f"""
        with
            named as (
                select priced.*, coalesce(typed.document_id, priced.order_id) as document_id
                from priced
                left join staging.order_lines as typed using (_row_id)
            ),

            documents as (
                select
                    'sale' as line_type,
                    system as _system,
                    order_id as document_id,
                    cast(date_trunc('month', order_date) as date) as month,
                    currency,
                from core.orders
                union all
                select 'refund', system, refund_id, cast(date_trunc('month', refund_date) as date), currency
                from ({_REFUNDS_FROM_LINES})
                union all
                select 'adjustment', system, adjustment_id, cast(date_trunc('month', adjustment_date) as date), currency
                from core.adjustments
            )

        select
            coalesce(documents.month, own_month) as month,
            coalesce(documents.currency, named.currency) as currency,
            named.* exclude (own_month, currency),
        from named
        left join documents using (line_type, _system, document_id)
    """,
    # many tools do not date a payment or a refund: then it belongs to the month of its order
    "payments": _IN_MONTH_OF_ORDER,
    "refunds": _IN_MONTH_OF_ORDER,
}
"""Kind -> a SELECT that gives the rows of `priced` their month (and currency), where it is not simply the row's own."""


def _select_other_amounts(kind: Kind, money: Money) -> str:
    """What core holds of a kind that has no column of its own in `meta.tie_out`."""
    selects = [
        f"""
        select
            source,
            '{kind.name}' as kind,
            cast(date_trunc('month', {core.day}) as date) as month,
            currency,
            sum({core.amount}_original) as other_amount,
        from {core.table}
        group by all
        """
        for core in money.core
    ]
    return f"insert into amounts by name {' union all '.join(selects)}"


_CORE_AMOUNTS = {
    # the amounts that orders gave themselves, not those of their lines
    "orders": """
        insert into amounts by name
        select
            orders.source,
            'orders' as kind,
            cast(date_trunc('month', orders.order_date) as date) as month,
            orders.currency,
            sum(
                case when own.gross_sales is not null
                    then cast(orders.gross_sales_original as decimal(38, 4)) else 0 end
                - case when own.discounts is not null then orders.discounts_original else 0 end
            ) as orders_amount,
            sum(
                case when own.gross_sales is not null then coalesce(included.tax_in_gross_sales, 0) else 0 end
                - case when own.discounts is not null then coalesce(included.tax_in_discounts, 0) else 0 end
            ) as included_tax_amount,
        from core.orders as orders
        join staging.orders as own on own._system = orders.system and own.order_id = orders.order_id
        left join staging.included_tax as included
            on included.system = orders.system and included.order_id = orders.order_id
        group by all
    """,
    "order_lines": f"""
        insert into amounts by name
        with
            parts as (
                select
                    'sale' as part,
                    source,
                    order_date as day,
                    currency,
                    cast(gross_sales_original as decimal(38, 4)) - discounts_original as amount,
                    -- what was spread from the order was not taken off the lines that were delivered
                    spread_discounts_original,
                    included_tax_original,
                from core.order_lines
                union all
                select 'refund', source, refund_date, currency, amount_original, 0, 0 from ({_REFUNDS_FROM_LINES})
                union all
                select 'adjustment', source, adjustment_date, currency, amount_original, 0, 0 from core.adjustments
            )

        select
            source,
            'order_lines' as kind,
            cast(date_trunc('month', day) as date) as month,
            currency,
            sum(amount) filter (part = 'sale') as orders_amount,
            sum(spread_discounts_original) as spread_discounts_amount,
            sum(included_tax_original) as included_tax_amount,
            sum(amount) filter (part = 'refund') as refunds_amount,
            sum(amount) filter (part = 'adjustment') as adjustments_amount,
        from parts
        group by all
    """,
    "refunds": """
        insert into amounts by name
        select
            refunds.source,
            'refunds' as kind,
            cast(date_trunc('month', refunds.refund_date) as date) as month,
            refunds.currency,
            sum(
                cast(refunds.goods_original as decimal(38, 4)) + refunds.shipping_original + refunds.tax_original
                + refunds.other_original
            ) as refunds_amount,
        from core.refunds as refunds
        semi join staging.refunds as own on own._system = refunds.system and own.refund_id = refunds.refund_id
        group by all
    """,
    "payments": f"""
        insert into amounts by name
        select
            payments.source,
            'payments' as kind,
            coalesce({_write_month("payments.paid_at")}, cast(date_trunc('month', orders.order_date) as date)) as month,
            payments.currency,
            sum(payments.amount_original) as payments_amount,
        from core.payments as payments
        left join core.orders as orders on orders.system = payments.system and orders.order_id = payments.order_id
        group by all
    """,
    "subscriptions": """
        insert into amounts by name
        select
            source,
            'subscriptions' as kind,
            cast(date_trunc('month', started_date) as date) as month,
            currency,
            sum(monthly_amount_original) filter (active_until is distinct from active_from) as subscriptions_amount,
            sum(monthly_amount_original) filter (active_until = active_from) as never_charged_amount,
        from core.subscriptions
        group by all
    """,
}
"""Kind -> what core holds of its rows."""
