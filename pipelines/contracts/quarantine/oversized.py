"""Finds the documents with an amount that does not fit DECIMAL(18,4), added up or in the company's currency.

Put here: the arithmetic of core on delivered rows, wide enough never to overflow. Keep out: amounts that are too long
as delivered (the columns' own rules), what happens to the rows found (`quarantine_step.py`).

Core computes with what this lets through, so both must read days, rates and currencies in the same way: a change in
`sql/core` of the day or the currency of a document is a change here.
"""

from collections.abc import Mapping

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.quarantine.documents import select_accepted
from regulars.pipelines.contracts.raw_contracts import SIZE_RULE
from regulars.pipelines.contracts.rule import Rule
from regulars.pipelines.kinds.order_lines import LINE_AMOUNT
from regulars.pipelines.kinds.refunds import WORTH as REFUND_AMOUNT
from regulars.pipelines.kinds.shape.kind import Money
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.kinds.subscriptions import WORTH

MONEY = {name: kind.money for name, kind in KINDS.items() if kind.money}
"""The kinds whose money is converted."""

_NOT_SIMPLY_A_ROW = ("orders", "order_lines", "payments", "refunds", "subscriptions")
"""The kinds of money that the statement below names; of every other each row is converted by itself."""

EMPTY = "create table quarantine_work.oversized (kind varchar, row_id bigint)"
"""The table when nothing is too large, or nothing is money."""

# Most deliveries hold no amount near the limit: only documents with a row of at least a hundred million, as delivered
# or at the highest rate of all, are added up. A million smaller rows cannot make 14 digits.
_OVERSIZED = """
    create table quarantine_work.oversized as
    with
        rates as (
            select
                currency,
                try_cast(rate_date as date) as rate_date,
                arg_max(try_cast(rate as decimal(18, 8)), _row_id) as rate,
            from {fx_rates}
            group by all
        ),
        company as (
            select
                *,
                cast(greatest((select max(rate) from rates), 1) as double) as highest_rate,
            from raw.company
        ),
        heads as (
            select
                _row_id, _system, order_id, currency,
                try_cast(ordered_at as timestamp) as moment,
                cast(try_cast(gross_sales as decimal(18, 4)) as decimal(38, 4)) as gross,
                cast(try_cast(discounts as decimal(18, 4)) as decimal(38, 4)) as discount,
                cast(try_cast(shipping as decimal(18, 4)) as decimal(38, 4)) as postage,
                cast(try_cast(tax as decimal(18, 4)) as decimal(38, 4)) as tax_charged,
                greatest(abs(gross), abs(discount), abs(postage), abs(tax_charged)) as largest,
            from {orders}
        ),
        lines as (
            select
                _row_id, _system, order_id, line_type, currency,
                try_cast(ordered_at as timestamp) as moment,
                {line_amount} as gross,
                try_cast(discounts as decimal(18, 4)) as discount,
                try_cast(shipping as decimal(18, 4)) as postage,
                cost_currency,
                abs(try_cast(cost as decimal(18, 4))) as own_cost,
                greatest(abs(gross), abs(discount), abs(postage), own_cost) as largest,
            from {order_lines}
        ),
        large as (
            select distinct _system, order_id
            from (
                select _system, order_id, largest from heads
                union all
                select _system, order_id, largest from lines
            )
            cross join company
            where cast(largest as double) * company.highest_rate >= 1e8
        ),
        lines_by_type as (
            select
                _system, order_id, line_type,
                case when min(currency) = max(currency) then min(currency) end as currency,
                min(moment) as moment,
                -- without signs: core adds up lines one by one too, and no sum on the way is greater than this
                sum(abs(gross)) as gross,
                sum(abs(discount)) as discount,
                sum(abs(postage)) as postage,
                max(largest) as largest,
            from lines
            semi join large using (_system, order_id)
            group by all
        ),
        days_of_lines as (
            select distinct _system, order_id, line_type, moment
            from lines
            semi join large using (_system, order_id)
        ),
        sales as (
            select
                _system, order_id,
                coalesce(head.currency, line.currency) as currency,
                coalesce(head.moment, line.moment) as moment,
                greatest(
                    abs(head.gross), abs(head.discount), abs(head.postage), abs(head.tax_charged),
                    line.gross, line.discount, line.postage, line.largest
                ) as amount,
            from (from heads semi join large using (_system, order_id)) as head
            full join (from lines_by_type where line_type = 'sale') as line using (_system, order_id)
        ),
        days as (
            select _system, order_id, moment from heads
            union all
            select _system, order_id, min(moment) from lines where line_type = 'sale' group by all
        ),
        amounts as (
            select 'document' as kind, null as row_id, _system, order_id, currency, moment, amount
            from sales
            union all
            -- lines of a later day can be a document of their own in core, converted on that day: of all lines together
            -- the amount on each of their days
            select
                'document', null, line._system, line.order_id, coalesce(sales.currency, line.currency),
                coalesce(days_of_lines.moment, sales.moment),
                coalesce(line.gross, 0) + coalesce(line.discount, 0),
            from lines_by_type as line
            left join sales using (_system, order_id)
            left join days_of_lines using (_system, order_id, line_type)
            union all
            -- of a line of a later day also on that day
            select
                'document', null, _system, order_id, line.cost_currency,
                unnest([sales.moment, coalesce(line.moment, sales.moment)]), line.own_cost,
            from lines as line
            join sales using (_system, order_id)
            where line.line_type = 'sale' and line.cost_currency is not null
            union all
            select 'refunds', _row_id, null, null, currency, try_cast(refunded_at as timestamp), {refund_amount}
            from {refunds}
            union all
            -- a refund without a day is converted on its order's day
            select 'refunds', refund._row_id, null, null, refund.currency, days.moment, {refund_amount}
            from {refunds} as refund
            join days using (_system, order_id)
            where try_cast(refund.refunded_at as timestamp) is null
            union all
            select 'subscriptions', _row_id, null, null, currency, try_cast(started_at as timestamp), {monthly_amount}
            from {subscriptions}
            union all
            select 'payments', _row_id, null, null, currency, try_cast(paid_at as timestamp),
                abs(try_cast(amount as decimal(18, 4)))
            from {payments}
            where try_cast(paid_at as timestamp) is not null
            union all
            -- a payment without a day is converted on its order's day, or on the last day that counts
            select 'payments', payment._row_id, null, null, payment.currency, days.moment,
                abs(try_cast(payment.amount as decimal(18, 4)))
            from {payments} as payment
            join days using (_system, order_id)
            where try_cast(payment.paid_at as timestamp) is null
            union all
            select 'payments', payment._row_id, null, null, payment.currency, null,
                abs(try_cast(payment.amount as decimal(18, 4)))
            from {payments} as payment
            where try_cast(payment.paid_at as timestamp) is null
            {other_amounts}
        ),
        dated as (
            select
                amounts.* exclude (amount),
                cast(amount as decimal(38, 4)) as amount,
                coalesce(
                    cast(timezone(company.timezone, timezone('UTC', amounts.moment)) as date), company.as_of
                ) as rate_date,
                company.currency as company_currency,
            from amounts
            cross join company
            where cast(amount as double) * company.highest_rate >= 1e8
        ),
        found as (
            select dated.*
            from dated
            asof left join rates on rates.currency = dated.currency and rates.rate_date <= dated.rate_date
            where dated.amount > 99999999999999.9999
            or dated.amount * case
                when dated.currency = dated.company_currency then 1 else coalesce(rates.rate, 0)
            end >= 99999999999999.99995
        )
    select distinct kind, row_id from found where row_id is not null
    union all
    select 'orders', _row_id from heads semi join found using (_system, order_id)
    union all
    select 'order_lines', _row_id from lines semi join found using (_system, order_id)
"""


_OTHER_AMOUNTS = """
            union all
            select '{kind}', _row_id, null, null, currency, {moment}, abs({amount})
            from {rows}
"""


def _write_moment(kind: str, money: Money) -> str:
    """SQL for the moment of a row; a date begins in the company's zone."""
    moment = f"try_cast({money.day} as timestamp)"
    column = KINDS[kind].column(money.day)
    if column and column.form == "date":
        return f"timezone('UTC', timezone((select timezone from raw.company), {moment}))"
    return moment


def is_about_size(rule: Rule) -> bool:
    """Whether `quarantine_work.oversized` says who breaks the rule; it needs no other raw table."""
    return rule.id.endswith(f".{SIZE_RULE}")


def list_oversized(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> None:
    """Make `quarantine_work.oversized`: `kind` and `row_id` of the accepted rows whose document holds such an amount.

    Args:
        con: The build, with `raw.company` and the versions of documents chosen.
        contracts: Kind -> contract of every kind that is delivered. Without a kind of money the table is empty.
    """
    if not contracts.keys() >= {*MONEY, "fx_rates"}:
        con.execute(EMPTY)
        return
    con.execute(
        _OVERSIZED.format(
            line_amount=LINE_AMOUNT,
            monthly_amount=WORTH,
            refund_amount=REFUND_AMOUNT,
            other_amounts="".join(
                _OTHER_AMOUNTS.format(
                    kind=kind, rows=select_accepted(kind), moment=_write_moment(kind, money), amount=money.amount
                )
                for kind, money in MONEY.items()
                if kind not in _NOT_SIMPLY_A_ROW
            ),
            **{kind: select_accepted(kind) for kind in (*_NOT_SIMPLY_A_ROW, "fx_rates")},
        )
    )
