"""References between sources are counted as identity will follow them."""

import duckdb
import pytest

from regulars.pipelines.command.preview.match_rates import count_matches
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.settings import Settings


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("create schema landed")
        for kind in ("customers", "orders"):
            columns = ", ".join(f"{column.name} varchar" for column in KINDS[kind].columns)
            con.execute(f"create table landed.{kind} ({columns}, _source varchar, _system varchar)")
        yield con


def test_an_order_by_any_address_of_a_customer_finds_it_and_counts_once(con):
    con.execute("""
        insert into landed.customers (customer_record_id, email, other_emails, _source, _system) values
            ('1', 'Ann@x.example', 'ann@work.example; ANN@old.example', 'crm', 'crm'),
            ('2', null, null, 'crm', 'crm'),
            ('3', 'ann@work.example', null, 'crm', 'crm')
    """)
    con.execute("""
        insert into landed.orders (order_id, email, _source, _system) values
            ('a', 'ann@x.example', 'shop', 'shop'), ('b', 'ann@work.example', 'shop', 'shop'),
            ('c', 'Ann@old.example', 'shop', 'shop'), ('d', 'b@x.example', 'shop', 'shop'), ('e', null, 'shop', 'shop')
    """)
    sources = {
        "crm": {"path": "c", "kind": "customers", "columns": {"customer_record_id": "id", "email": "mail"}},
        "shop": {"path": "o", "kind": "orders", "columns": {"order_id": "id", "ordered_at": "at", "gross_sales": "s"}},
    }
    company = {"name": "X", "timezone": "UTC", "currency": "EUR"}
    settings = Settings.model_validate({"company": company, "sources": sources})
    [found] = [each for each in count_matches(con, settings) if each.column == "email"]
    assert (found.source, found.reference_count, found.found_count) == ("shop", 4, 3)
