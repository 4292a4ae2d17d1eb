"""Writes the settings and definitions that SQL needs as tables, which a SELECT reads like any other input.

Put here: `raw.company`, `raw.acquisition_costs` and `raw.country_names`. Keep out: what only Python needs.
"""

import datetime as dt

import duckdb

from regulars.pipelines.definitions.countries import list_country_names
from regulars.pipelines.settings.settings import Settings

COMPANY = """
    create table raw.company (
        as_of date, timezone varchar, currency varchar, customer_is varchar, value_basis varchar, lapse_days integer,
        max_lifetime_years double, default_acquisition_cost decimal(18, 4), fiscal_year_starts integer
    )
"""


def write_company_tables(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: dt.date) -> None:
    """Make the tables: one row for the company, one per channel whose acquisition cost is set, one per country name."""
    company, costs = settings.company, settings.acquisition_cost
    con.execute(COMPANY)
    con.execute(
        "insert into raw.company values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            as_of,
            company.timezone,
            company.currency,
            settings.customer_is,
            settings.value_basis,
            settings.lapse_days,
            settings.max_lifetime_years,
            costs.default,
            company.fiscal_year_starts,
        ],
    )
    con.execute("create table raw.acquisition_costs (channel varchar, cost decimal(18, 4))")
    for channel, cost in sorted(costs.by_channel.items()):
        con.execute("insert into raw.acquisition_costs values (?, ?)", [channel, cost])
    write_country_names(con)


def write_country_names(con: duckdb.DuckDBPyConnection) -> None:
    """Make `raw.country_names`: one row per name or code of a country, in lower case."""
    names = list_country_names()
    con.execute(
        "create table raw.country_names (name varchar, country varchar, country_name varchar, is_translated boolean)"
    )
    con.execute(
        "insert into raw.country_names select unnest($1), unnest($2), unnest($3), unnest($4)",
        [
            [each.name for each in names],
            [each.country for each in names],
            [each.country_name for each in names],
            [each.is_translated for each in names],
        ],
    )
