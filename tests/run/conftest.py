"""A company with parts of its own: attributes of customers in its settings, tables in `company/`."""

from pathlib import Path

import pytest

from regulars.pipelines.settings.package import SQL_FOLDER
from tests.conftest import MadeOnce
from tests.run.currency_sales import CONTRACT, SELECT, write
from tests.shop import FOUR_ORDERS, ORDERS, Shop

COMPANY = """
company: {name: Corner Shop, timezone: Europe/London, currency: GBP}
as_of: 2024-03-31
cohorts: {dimensions: [industry]}
identity: {survivorship: {attributes: {is_partner: oldest}}}
sources:
"""
ATTRIBUTES = """
  crm:
    path: crm.csv
    kind: customers
    options: {thousands: ","}
    columns: {customer_record_id: id, email: email, updated_at: changed}
    attributes:
      industry: Industry
      seats: {column: Seats, type: number, description: How many people work there}
      since: {column: Since, type: date}
      is_partner: {sql: "Partner = 'gold'", type: boolean}
      contact_phone: Phone
"""


@pytest.fixture(scope="session")
def own_company(made_once: MadeOnce) -> Shop:
    """The company after its first run. Only to be looked at, or copied."""

    def make(folder: Path) -> None:
        shop = Shop(folder)
        shop.set_up(ATTRIBUTES, ORDERS, company=COMPANY)
        shop.deliver("orders-1.csv", *FOUR_ORDERS)
        shop.deliver(
            "crm.csv",
            ("id", "email", "changed", "Industry", "Seats", "Since", "Partner", "Phone"),
            ("c1", "ann@example.org", "2024-01-01", "Retail", "1,200", "2020-05-01", "gold", "+44 20 7946 0001"),
            ("c9", "ann@example.org", "2024-02-01", "Food", "", "", "silver", ""),
            ("c8", "ann@example.org", "2099-01-01", "Toys", "7", "", "", ""),
            ("c2", "bob@example.org", "2024-01-01", "", "many", "", "", "+44 20 7946 0002"),
        )
        write(folder, "company/sql/marts/currency_sales.sql", SELECT)
        write(folder, "company/data_contracts/marts/currency_sales.odcs.yaml", CONTRACT)
        stores = (SQL_FOLDER / "core" / "stores.sql").read_text(encoding="utf-8")
        write(folder, "company/sql/core/stores.sql", stores.replace("\n", "\n-- ours, taken over\n", 1))
        assert shop.run() == 0, shop.said

    return Shop(made_once("own_company", make))
