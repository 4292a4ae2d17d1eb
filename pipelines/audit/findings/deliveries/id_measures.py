"""Measures what the ids of a delivery's rows lead to: whether they are known from elsewhere, and repeated rows.

Put here: shares of rows by the ids in them. Keep out: comparing them (`references_of_deliveries.py`), and references
counted over all deliveries (`tables/references.py`).
"""

from collections.abc import Iterator

from regulars.pipelines.audit.findings.deliveries.day_measures import find_event_column
from regulars.pipelines.kinds.shape.kind import Kind

KNOWN, REPEATED, CURRENCY_SHARE = "known", "repeated", "currency_share"
CUSTOMER = "customer"
"""The name under which the customers that rows name are measured: by id, else by address."""

_KNOWN = """
    with
        firsts as (
            select _source, {id} as id, min(_delivery) as first_delivery
            from landed.{kind}
            where {id} is not null
            group by all
        ),
        exported as ({exported})

    select
        landed._source as source,
        landed._delivery as delivery,
        'known' as measure,
        '{name}' as column_name,
        avg(cast({earlier}exported.id is not null as integer)) as value,
    from landed.{kind} as landed
    semi join new_deliveries as wanted on wanted.source = landed._source and wanted.delivery = landed._delivery
    join firsts on firsts._source = landed._source and firsts.id = {landed_id}
    left join exported on exported.id = {landed_id}
    group by all
"""
_REPEATED = """
    with
        moments as (
            select distinct {moment} as moment
            from landed.{kind} as landed
            semi join new_deliveries as wanted on wanted.source = landed._source and wanted.delivery = landed._delivery
        ),
        told as (
            select _source, _delivery, concat_ws(' ', {document}) as id, hash({content}) as content
            from landed.{kind}
            where {moment} in (select moment from moments)
        ),
        firsts as (
            select _source, content, id, min(_delivery) as first_delivery
            from told
            group by all
        ),
        repeated as (
            select _source, content, min(first_delivery, 2)[2] as second_delivery
            from firsts
            group by _source, content
        )

    select
        told._source as source,
        told._delivery as delivery,
        'repeated' as measure,
        '-' as column_name,
        avg(cast(coalesce(repeated.second_delivery <= told._delivery, false) as integer)) as value,
    from told
    semi join new_deliveries as wanted on wanted.source = told._source and wanted.delivery = told._delivery
    join repeated on repeated._source = told._source and repeated.content = told.content
    group by all
"""
_CURRENCIES = """
    select
        landed._source as source,
        landed._delivery as delivery,
        'currency_share' as measure,
        landed.currency as column_name,
        count(*) / sum(count(*)) over (partition by landed._source, landed._delivery) as value,
    from landed.{kind} as landed
    semi join new_deliveries as wanted on wanted.source = landed._source and wanted.delivery = landed._delivery
    where landed.currency is not null
    group by landed._source, landed._delivery, landed.currency
    qualify
        row_number() over (partition by landed._source, landed._delivery order by count(*) desc, landed.currency) <= 5
"""


def list_id_measures(kind: Kind) -> Iterator[str]:
    """SELECTs of one row per source, new delivery, measure and column; the build holds `new_deliveries`.

    A customer or product is known when an export of them, or an earlier delivery of the source, has it; an order when
    orders, or order lines, have it. A row is repeated when a row of another document, delivered with it or before, says
    the same in all other columns.
    """
    if kind.reference:
        exported = "select customer_record_id as id from landed.customers union select email from landed.customers"
        yield _select_known(kind, CUSTOMER, "coalesce({0}customer_record_id, {0}email)", exported, is_own=True)
    if kind.name != "products" and kind.column("product_id"):
        exported = "select distinct product_id as id from landed.products"
        yield _select_known(kind, "product_id", "{0}product_id", exported, is_own=True)
    if kind.name not in {"orders", "customers"} and kind.column("order_id"):
        lines = "" if kind.name == "order_lines" else " union select order_id from landed.order_lines"
        exported = f"select order_id as id from landed.orders{lines}"
        yield _select_known(kind, "order_id", "{0}order_id", f"select distinct id from ({exported})", is_own=False)
    moment = find_event_column(kind)
    if kind.money and kind.document and moment:
        ids = {*kind.document, *kind.record_id, "updated_at", "status"}
        content = ", ".join(column.name for column in kind.columns if column.name not in ids)
        yield _REPEATED.format(kind=kind.name, moment=moment, document=", ".join(kind.document), content=content)
    if kind.column("currency") and kind.money:
        yield _CURRENCIES.format(kind=kind.name)


def _select_known(kind: Kind, name: str, column: str, exported: str, *, is_own: bool) -> str:
    """`column` is SQL with a place for the name of the table; `is_own`: what came earlier is known too."""
    return _KNOWN.format(
        kind=kind.name,
        name=name,
        id=column.format(""),
        landed_id=column.format("landed."),
        exported=exported,
        earlier="firsts.first_delivery < landed._delivery or " if is_own else "",
    )
