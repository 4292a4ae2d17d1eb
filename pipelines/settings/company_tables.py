"""Writes the settings and definitions that SQL needs as tables, which a SELECT reads like any other input.

Put here: `raw.company`, `raw.acquisition_costs`, `raw.survivorship` and `raw.country_names`, and calling for those of
business hours. Keep out: what only Python needs.
"""

import datetime as dt
import json

import duckdb

from regulars.pipelines.definitions.countries import list_country_names
from regulars.pipelines.settings.business_hours import write_business_hours
from regulars.pipelines.settings.customers.identity import Survivorship
from regulars.pipelines.settings.settings import Settings

COMPANY = """
    create table raw.company (
        as_of date, timezone varchar, currency varchar, customer_is varchar, value_basis varchar, lapse_days integer,
        max_lifetime_years double, default_acquisition_cost decimal(18, 4), fiscal_year_starts integer,
        show_owner_names boolean, match_phones boolean
    )
"""

COUNTRY_NAME = '[{"name": "VARCHAR", "country": "VARCHAR", "country_name": "VARCHAR", "is_translated": "BOOLEAN"}]'


def write_company_tables(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: dt.date) -> None:
    """Make the tables: one row for the company, one per channel whose acquisition cost is set, one per country name."""
    company, costs = settings.company, settings.acquisition_cost
    con.execute(COMPANY)
    con.execute(
        "insert into raw.company values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            settings.worklists.show_owner_names,
            bool(settings.identity.match_phones),
        ],
    )
    con.execute("create table raw.acquisition_costs (channel varchar, cost decimal(18, 4))")
    for channel, cost in sorted(costs.by_channel.items()):
        con.execute("insert into raw.acquisition_costs values (?, ?)", [channel, cost])
    write_survivorship(con, settings.identity.survivorship)
    write_country_names(con)
    write_business_hours(con, settings.business_hours, as_of)


def write_survivorship(con: duckdb.DuckDBPyConnection, rules: Survivorship) -> None:
    """Make `raw.survivorship`: one row per attribute of customers that is not taken from the newest record."""
    con.execute("create table raw.survivorship (attribute varchar, rule varchar, systems varchar[])")
    for attribute, rule in rules.rules().items():
        con.execute("insert into raw.survivorship values (?, ?, ?)", [attribute, rule, rules.systems])


def write_country_names(con: duckdb.DuckDBPyConnection) -> None:
    """Make `raw.country_names`: one row per name or code of a country, in lower case."""
    # as one JSON text: DuckDB takes twenty times as long to bind thousands of values from Python lists
    names = json.dumps([vars(each) for each in list_country_names()])
    con.execute(
        "create table raw.country_names as select unnest(from_json($1, $2), recursive := true)", [names, COUNTRY_NAME]
    )
