"""The same records, however they are delivered, give the same core and marts."""

import duckdb
import pytest

from tests.run.versioned_company import Company
from tests.run.ways_in import WAYS, whole

pytestmark = pytest.mark.slow


def publish(way, folder):
    company = Company(folder)
    with pytest.MonkeyPatch.context() as patch:
        way(company, patch)
        if company.home.current_number() is None:
            assert company.run() == 0, company.said
    return read_tables(company)


def read_tables(company):
    """Table -> its rows in any order, with the ids of customers and contacts replaced by those of their records."""
    path = company.home.current_link / "regulars.duckdb"
    with duckdb.connect(str(path), read_only=True) as con:
        ids = con.execute("select customer_id, system, source_record_id from core.customer_source_ids").fetchall()
        names = {}
        for customer, *record in sorted(ids, key=str):
            names.setdefault(customer, ":".join(map(str, record)))
        for contact, customer in con.execute("select contact_id, customer_id from core.contacts").fetchall():
            names.setdefault(contact, f"contact of {names.get(customer, customer)}")
        tables = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('core', 'marts')"
        ).fetchall()
        found = {}
        for (table,) in tables:
            cursor = con.execute(f"select columns(c -> c not like '%customer_idx') from {table}")
            rows = [[str(names.get(value, value)) for value in row] for row in cursor.fetchall()]
            found[table] = sorted(rows)
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    tables = publish(whole, tmp_path_factory.mktemp("whole"))
    assert len(tables["core.orders"]) == 24
    assert len([table for table in tables.values() if table]) >= 30
    return tables


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_core_and_marts_do_not_depend_on_the_way_in(way, expected, tmp_path):
    found = publish(way, tmp_path)
    assert found.keys() == expected.keys()
    assert [table for table in found if found[table] != expected[table]] == []
