"""Adds the company's own attributes to the SELECT that makes `core.customers`.

Put here: which value of several records a customer gets. Keep out: what attributes there are (the settings).
"""

from collections.abc import Sequence

from regulars.pipelines.settings.customers.identity import Survivor, Survivorship
from regulars.pipelines.settings.sources.attributes import CustomerAttribute
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

CUSTOMERS = "core.customers"
"""The table that gets a column per attribute."""


def add_attribute_columns(select: str, attributes: Sequence[CustomerAttribute], survivorship: Survivorship) -> str:
    """The SELECT with a column per attribute behind its own, of the record that the rule of the attribute chooses.

    A value that is not of the attribute's type is NULL; the finding `attribute_values_unread` counts them.

    Args:
        select: A SELECT with the column `customer_idx`.
        attributes: The attributes, in the order of the columns.
        survivorship: From which of several records a customer takes them; empty values never win.
    """
    if not attributes:
        return select
    typed, counted, chosen = [], [], []
    for each in attributes:
        name, rule = quote_identifier(each.name), survivorship.attributes.get(each.name, "newest")
        typed.append(f"try_cast({read_attribute(each)} as {each.database_type}) as {name}")
        count = quote_identifier(f"{each.name} records")
        if rule == "most_frequent":
            counted.append(f", count({name}) over (partition by customer_idx, {name}) as {count}")
        chosen.append(f"arg_max({name}, {_write_order(rule, survivorship.systems, count)}) as {name}")
    return f"""
        with
            customers as (
                {select}
            ),

            ranked as (
                select
                    links.customer_idx,
                    crm._system,
                    crm.updated_at is not null as is_dated,
                    row_number() over (order by crm.updated_at nulls first, crm._row_id) as newness,
                    {", ".join(typed)},
                from staging.customers as crm
                join identity.customer_links as links
                    on links.link_type = 'customer_record'
                    and links.system = crm._system
                    and links.source_record_id = crm.customer_record_id
                where crm.attributes is not null
            ),

            counted as (
                select *{"".join(counted)}
                from ranked
            ),

            own as (
                select customer_idx, {", ".join(chosen)}
                from counted
                group by customer_idx
            )

        select customers.*, {", ".join(f"own.{quote_identifier(each.name)}" for each in attributes)}
        from customers
        left join own on own.customer_idx = customers.customer_idx
    """


def _write_order(rule: Survivor, systems: Sequence[str], record_count: str) -> str:
    """SQL of what is greatest for the record that a rule chooses, in the same order as in `sql/core/customers.sql`.

    Args:
        rule: The rule.
        systems: The systems in the order in which they are believed.
        record_count: The column that counts the records with the same value.
    """
    listed = ", ".join(quote_literal(system) for system in systems)
    return {
        "newest": "newness",
        "oldest": "(is_dated, -newness)",
        "most_frequent": f"({record_count}, newness)",
        "systems": f"(-coalesce(list_position([{listed}]::varchar[], _system), {len(systems) + 1}), newness)",
    }[rule]


def read_attribute(attribute: CustomerAttribute) -> str:
    """SQL of the delivered text of an attribute of a customer record."""
    return f"json_extract_string(attributes, {quote_literal('$.' + attribute.name)})"
