"""Values that are not of the basis that the settings want are said."""

import duckdb
import pytest

from regulars.pipelines.audit.findings.value_basis import find_values_of_another_basis


def found(wanted: str, basis: str) -> list[tuple[str, int | None]]:
    """Findings of two customers: of one the cost of all sales is known, of the other that of none."""
    with duckdb.connect() as con:
        con.execute("create schema raw; create schema marts; create table raw.company (value_basis varchar)")
        con.execute("insert into raw.company values (?)", [wanted])
        con.execute("""
            create table marts.customer_clv as
            from (values (100.0, 1.0), (300.0, 0.0)) as rows(net_sales_to_date, sales_with_cost_rate)
        """)
        con.execute("alter table marts.customer_clv add column value_basis varchar")
        con.execute("update marts.customer_clv set value_basis = ?", [basis])
        return [(each.sentence, each.count) for each in find_values_of_another_basis(con)]


def test_net_sales_in_place_of_the_margin_are_said_with_what_is_unknown():
    ((sentence, count),) = found("contribution_margin", "net_sales")
    assert count == 2
    assert "the cost of about 75% of sales is not known: values of 2 customers are net sales" in sentence


@pytest.mark.parametrize("basis", ["net_sales", "contribution_margin"])
def test_values_as_wanted_are_no_finding(basis: str):
    assert found(basis, basis) == []


def test_without_customers_there_is_no_finding():
    with duckdb.connect() as con:
        con.execute("create schema raw; create schema marts; create table raw.company (value_basis varchar)")
        columns = "net_sales_to_date double, sales_with_cost_rate double, value_basis varchar"
        con.execute(f"create table marts.customer_clv ({columns})")
        assert list(find_values_of_another_basis(con)) == []
