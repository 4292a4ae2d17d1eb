"""Whether a kind of customers really leaves more often than all others."""

import datetime as dt
import math
from typing import Any

import polars as pl
import pytest
from scipy.stats import false_discovery_control, norm

from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.churn.churn import churn
from tests.transforms.core_tables import core, dimensions_of, order
from tests.transforms.mart_rules import broken_rules

AS_OF = dt.date(2025, 2, 28)
NUMBERS = [f"gone_rate_12m_over_others{end}" for end in ("", "_low", "_high", "_p_value")]


def found_of(of_each: int, kept: dict[str, int]) -> dict[str, dict[str, Any]]:
    """The last month by customer type: of each type so many customers of a year ago, of whom the first are kept."""
    rows, kinds = [], {}
    for kind in ("office", "home", "unknown"):
        for number in range(of_each):
            name = f"{kind}{number}"
            kinds[name] = kind
            rows += [order(name, "2022-01-10"), order(name, "2024-02-10")]
            rows += [order(name, "2024-12-10")] if number < kept.get(kind, 0) else []
    tables = core(*rows)
    types = pl.col("customer_id").replace_strict(kinds | {"unknown": None}, return_dtype=pl.String)
    known = dimensions_of(tables, AS_OF, 365).with_columns(customer_type=types)
    split = Cohorts(dimensions=["customer_type"])
    inputs = (tables["orders"], tables["subscriptions"], tables["calendar"], known)
    found = churn(*inputs, as_of=AS_OF, lapse_days=365, cohorts=split)
    return {row["dimension_value"]: row for row in found.filter(month_end=AS_OF).to_dicts()}


def compare_naively(gone: int, base: int, other_gone: int, other_base: int) -> list[float]:
    mine, theirs = (gone + 1) / (base + 2), (other_gone + 1) / (other_base + 2)
    error = math.sqrt(mine * (1 - mine) / (base + 2) + theirs * (1 - theirs) / (other_base + 2))
    half = norm.ppf(0.975) * error
    ends = [mine - theirs - half, mine - theirs + half]
    return [gone / base - other_gone / other_base, *ends, 2 * norm.sf(abs(mine - theirs) / error)]


def test_a_value_is_compared_with_all_other_customers_of_a_year_ago():
    found = found_of(40, {"office": 36, "home": 20, "unknown": 24})
    gone = {value: row["gone_of_active_a_year_ago"] for value, row in found.items() if value != "all"}
    assert sorted(gone.values()) == [4, 16, 20]
    for value, count in gone.items():
        row = found[value]
        others = sum(gone.values()) - count
        assert (row["active_a_year_ago_of_others"], row["gone_rate_12m_of_others"]) == (80, pytest.approx(others / 80))
        assert [row[name] for name in NUMBERS] == pytest.approx(compare_naively(count, 40, others, 80))
    p_values = [found[value]["gone_rate_12m_over_others_p_value"] for value in gone]
    stands = [found[value]["is_gone_rate_12m_over_others_significant"] for value in gone]
    assert stands == (false_discovery_control(p_values) <= 0.1).tolist()
    assert found["all"]["active_a_year_ago_of_others"] is found["all"]["gone_rate_12m_over_others"] is None


@pytest.mark.parametrize(("of_each", "is_compared"), [(29, False), (30, True)])
def test_fewer_than_thirty_customers_are_not_compared(of_each, is_compared):
    row = found_of(of_each, {"office": 10})["office"]
    assert row["active_a_year_ago"] == of_each
    assert [row[name] is not None for name in NUMBERS] == [is_compared] * 4
    assert (row["is_gone_rate_12m_over_others_significant"] is not None) is is_compared
    few = "not compared with the others: fewer than 30 customers of a year before on one side or both"
    assert row["reason"] == (None if is_compared else few)


def test_the_only_value_of_a_dimension_says_that_it_repeats_the_whole_base():
    tables = core(*(order(f"c{number}", day) for number in range(40) for day in ("2022-01-10", "2024-02-10")))
    known = dimensions_of(tables, AS_OF, 365, owner=pl.lit("owner_1"))
    inputs = (tables["orders"], tables["subscriptions"], tables["calendar"], known)
    found = churn(*inputs, as_of=AS_OF, lapse_days=365, cohorts=Cohorts(dimensions=["owner"]))
    last = dict(found.filter(month_end=AS_OF).select("dimension_value", "reason").rows())
    no_interval = "no interval of churn_rate_12m: more customers were lost than there were on average"
    only = "owner is owner_1 for every customer: the row is that of all"
    assert last == {"all": no_interval, "owner_1": f"{only}; {no_interval}"}
    assert found.filter(dimension="owner")["reason"][0].startswith("history too short")
    assert broken_rules("churn", found, {f"core.{name}": tables[name] for name in ("orders", "subscriptions")}) == set()
