"""The rule of `core.products` that every known cost is converted at one rate of its currency, for long lists too."""

import duckdb
import pytest

from regulars.pipelines.contracts.odcs.load import load_contract
from regulars.pipelines.contracts.violations import select_failed_count
from regulars.pipelines.settings.package import ROOT

CONTRACT = load_contract(ROOT / "data_contracts" / "core" / "products.odcs.yaml")
LONGEST = "99999999999999.1234"


def is_broken(costs: str, rates: int = 3) -> bool:
    """Whether the rule is broken by rows of product, cost, its currency and what it is converted to, or NULL."""
    rule = next(each for each in CONTRACT.rules if each.id.endswith("cost_is_converted"))
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("create schema core")
        con.execute(
            f"""
            create table core.fx_rates as
            select date '2015-01-01' + day::integer as rate_date, 'USD' as currency,
                (0.8 + day / 100_000)::decimal(18, 8) as rate
            from range({rates}) as days(day)
            union all
            select date '2015-01-01', 'EUR', 1
            """
        )
        con.execute(
            f"""
            create table core.products as
            select product_id, unit_cost_original::decimal(18, 4) as unit_cost_original, cost_currency,
                unit_cost::decimal(18, 4) as unit_cost
            from ({costs}) as costs(product_id, unit_cost_original, cost_currency, unit_cost)
            """
        )
        return bool(con.execute(select_failed_count(rule, CONTRACT.table)).fetchall()[0][0])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("('a', 10, 'USD', 8), ('b', 5, 'EUR', 5)", False),
        ("('a', 10, 'USD', 8), ('b', 0, 'USD', 0), ('c', 3, 'SEK', null), ('d', null, null, null)", False),
        ("('a', 0.0001, 'USD', 0.0001), ('b', 0, 'EUR', 0)", False),
        (f"('a', {LONGEST}, 'EUR', {LONGEST}), ('b', 0.0001, 'EUR', 0.0001)", False),
        ("('a', 10, 'USD', 10)", True),
        ("('a', 10, 'USD', 8), ('b', 10000, 'USD', 8000.1)", True),
        ("('a', 10, 'USD', 8), ('b', 10, 'USD', 8.0002)", True),
        ("('a', 10, 'USD', 8), ('b', 0, 'USD', 0.01)", True),
        ("('a', 10, 'SEK', 10)", True),
        ("('a', null, 'USD', 8)", True),
        ("('a', 10, null, 10)", True),
    ],
)
def test_costs_are_converted_at_one_rate_of_their_currency(rows, expected):
    assert is_broken(f"values {rows}") is expected


def test_a_long_list_beside_ten_years_of_rates_is_read_once():
    """Comparing each of the costs with each of the rates would take hours."""
    cost = "(1 + day / 7)::decimal(18, 4)"
    costs = f"select day, {cost}, 'USD', ({cost} * 0.8)::decimal(18, 4) from range(200_000) as products(day)"
    assert not is_broken(costs, rates=3_650)
