"""Adds the company's own attributes to the SELECT that makes `core.customers`.

Put here: which value of several records a customer gets. Keep out: what attributes there are (the settings).
"""

from collections.abc import Sequence

from regulars.pipelines.settings.sources.attributes import CustomerAttribute
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

CUSTOMERS = "core.customers"
"""The table that gets a column per attribute."""


def add_attribute_columns(select: str, attributes: Sequence[CustomerAttribute]) -> str:
    """The SELECT with a column per attribute behind its own: the newest value that is not empty, as all others.

    A value that is not of the attribute's type is NULL; the finding `attribute_values_unread` counts them.

    Args:
        select: A SELECT with the column `customer_idx`.
        attributes: The attributes, in the order of the columns.
    """
    if not attributes:
        return select
    names = [quote_identifier(each.name) for each in attributes]
    values = [
        f"arg_max(try_cast({read_attribute(each)} as {each.database_type}), newness) as {name}"
        for each, name in zip(attributes, names, strict=True)
    ]
    return f"""
        with
            customers as (
                {select}
            ),

            ranked as (
                select
                    links.customer_idx,
                    crm.attributes,
                    row_number() over (order by crm.updated_at nulls first, crm._row_id) as newness,
                from staging.customers as crm
                join identity.customer_links as links
                    on links.link_type = 'customer_record'
                    and links.system = crm._system
                    and links.source_record_id = crm.customer_record_id
                where crm.attributes is not null
            ),

            own as (
                select customer_idx, {", ".join(values)}
                from ranked
                group by customer_idx
            )

        select customers.*, {", ".join(f"own.{name}" for name in names)}
        from customers
        left join own on own.customer_idx = customers.customer_idx
    """


def read_attribute(attribute: CustomerAttribute) -> str:
    """SQL of the delivered text of an attribute of a customer record."""
    return f"json_extract_string(attributes, {quote_literal('$.' + attribute.name)})"
