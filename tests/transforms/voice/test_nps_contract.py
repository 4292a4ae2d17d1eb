"""What is published as `marts.nps` keeps its contract, whatever the length of the window."""

from pathlib import Path

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs.load import load_contract
from regulars.pipelines.contracts.violations import select_failed_count
from regulars.pipelines.definitions.enumerations import NPS_ROLLING_GRAIN
from regulars.pipelines.definitions.windows import NPS_LONG_ROLLING_DAYS, NPS_ROLLING_DAYS, NPS_YEAR_ROLLING_DAYS
from tests.transforms.voice.nps_tables import answer, on_polars, table

ROOT = Path(__file__).parents[3]
CONTRACT = load_contract(ROOT / "data_contracts" / "marts" / "nps.odcs.yaml")


def broken_rules(contract: Contract, change: str = "") -> dict[str, int]:
    """Rule -> how often a small company's mart breaks it, after a change of the mart in SQL."""
    points = [answer(f"2026-01-{day:02} 09:00", day % 11, f"c{day % 3}", day % 3) for day in range(5, 30)]
    mart = on_polars(table(points))
    with duckdb.connect() as con:
        con.execute("create schema marts")
        con.register("frame", mart)
        con.execute("create table marts.nps as select * from frame")
        if change:
            con.execute(change)
        counts = {
            rule.id: con.sql(select_failed_count(rule, contract.table)).fetchall()[0][0] for rule in contract.rules
        }
    return {rule: count for rule, count in counts.items() if count}


def test_the_mart_keeps_every_rule_of_its_contract():
    assert broken_rules(CONTRACT) == {}


def test_a_window_of_another_length_breaks_the_contract():
    change = f"update marts.nps set period_start = period_start + 1 where grain = '{NPS_ROLLING_GRAIN}'"
    assert set(broken_rules(CONTRACT, change)) == {"nps.periods_are_as_long_as_their_grain"}


def test_others_that_are_not_the_rest_of_the_dimension_break_the_contract():
    change = "update marts.nps set responses_of_others = responses_of_others + 1 where dimension = 'country'"
    assert set(broken_rules(CONTRACT, change)) == {"nps.others_are_the_rest_of_the_dimension"}


def test_a_window_of_a_value_that_ends_within_a_week_breaks_the_contract():
    change = f"""
        insert into marts.nps
        select * replace (date '2026-02-06' as period_end, date '2026-02-07' - {NPS_ROLLING_DAYS} as period_start)
        from marts.nps
        where grain = '{NPS_ROLLING_GRAIN}' and period_end = '2026-02-08' and dimension = 'customer_type'
    """
    assert "nps.windows_of_values_end_with_a_period" in broken_rules(CONTRACT, change)


def test_a_month_of_another_length_breaks_the_contract():
    change = "update marts.nps set period_start = period_start + 1 where grain = 'month'"
    assert set(broken_rules(CONTRACT, change)) == {"nps.periods_are_as_long_as_their_grain"}


def test_the_contract_tells_the_length_of_the_window():
    assert NPS_ROLLING_GRAIN in dict(next(each for each in CONTRACT.columns if each.name == "grain").allowed_values)
    longer = f"{NPS_LONG_ROLLING_DAYS} and {NPS_YEAR_ROLLING_DAYS} days."
    assert CONTRACT.purpose.endswith(f"and rolling {NPS_ROLLING_DAYS}, {longer}")
    assert f"'{NPS_ROLLING_GRAIN}'" in CONTRACT.metrics[0].filter_sql
