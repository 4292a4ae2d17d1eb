"""Writes the settings that SQL needs as tables, which a SELECT reads like any other input.

Put here: `raw.company` and `raw.acquisition_costs`. Keep out: settings that only Python needs.
"""

import datetime as dt

import duckdb

from regulars.pipelines.settings.settings import Settings

COMPANY = """
    create table raw.company (
        as_of date, timezone varchar, currency varchar, customer_is varchar, value_basis varchar, lapse_days integer,
        max_lifetime_years double, default_acquisition_cost decimal(18, 4), fiscal_year_starts integer
    )
"""


def write_company_tables(con: duckdb.DuckDBPyConnection, settings: Settings, as_of: dt.date) -> None:
    """Make both tables: one row for the company, one per channel whose acquisition cost is set."""
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
