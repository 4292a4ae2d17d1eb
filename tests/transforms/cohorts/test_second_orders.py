"""How long customers take to buy again, when many have not yet and many never will."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.cohorts import second_orders as module
from regulars.pipelines.transforms.cohorts.second_orders import COLUMNS, ENOUGH, second_orders
from regulars.pipelines.transforms.purchases.survival import bound_survival, estimate_survival_curves, find_medians
from tests.transforms import oracle
from tests.transforms.core_tables import ENGINES, TYPES, WHOLE_BASE, Row, companies, core, dimensions_of, frames, order
from tests.transforms.mart_rules import broken_rules

AS_OF = dt.date(2026, 3, 31)
MEDIAN = ["median_days_to_second_order" + end for end in ("", "_low", "_high")]


def found_of(*rows: Row, cohorts: Cohorts = WHOLE_BASE) -> pl.DataFrame:
    tables = core(*rows)
    known = dimensions_of(tables, AS_OF)
    return second_orders(tables["orders"], tables["calendar"], known, as_of=AS_OF, cohorts=cohorts)


def company(first_orders: list[int], waits: list[int | None]) -> list[Row]:
    """One customer each: days before as_of of the first order, and days until the second."""
    rows = []
    for number, (ago, wait) in enumerate(zip(first_orders, waits, strict=True)):
        first = AS_OF - dt.timedelta(days=ago)
        rows.append(order(f"c{number}", str(first)))
        if wait is not None and wait <= ago:
            rows.append(order(f"c{number}", str(first + dt.timedelta(days=wait))))
    return rows


def test_who_has_not_come_back_yet_counts_for_the_days_watched():
    # 40 of 100 came back on day 10, 60 have been observed for 5 days: all who were observed on day 10 came back
    row = found_of(*company([300] * 40 + [5] * 60, [10] * 40 + [None] * 60)).row(0, named=True)
    assert (row["customers_with_first_order"], row["customers_with_second_order"]) == (100, 40)
    assert (row["watched_days"], row["second_order_rate"]) == (10, 1.0)
    assert (row["median_days_to_second_order"], row["median_days_to_second_order_low"]) == (10, 10)


def test_where_fewer_than_half_come_back_there_is_no_median_and_the_reason_says_how_many_do():
    row = found_of(*company([400] * 100, [20] * 30 + [None] * 70)).row(0, named=True)
    assert [row[name] for name in MEDIAN] == [None] * 3
    assert (row["second_order_rate"], row["watched_days"]) == (pytest.approx(0.3), 400)
    assert row["reason"] == "fewer than half buy again within 400 days (30.0 %), and too few are observed for longer"


def test_a_second_order_of_the_same_day_is_none_and_the_unknown_customer_is_left_out():
    rows = [*company([100] * 30, [None] * 30), *company([100] * 30, [0] * 30)]
    rows += [order("unknown", "2026-01-01"), order("unknown", "2026-02-01")]
    row = found_of(*rows).row(0, named=True)
    assert (row["customers_with_first_order"], row["customers_with_second_order"]) == (30, 0)


def test_thirty_customers_are_enough_however_few_of_them_are_still_waiting():
    back: list[int | None] = [*range(10, 10 + ENOUGH - 2), None, None]
    row = found_of(*company([500] * ENOUGH, back)).row(0, named=True)
    assert (row["median_days_to_second_order"], row["watched_days"]) == (24, 500)
    few = found_of(*company([500] * (ENOUGH - 1), back[:-1])).row(0, named=True)
    assert (few["second_order_rate"], few["reason"]) == (None, "fewer than 30 customers: too few to tell")


def test_one_customer_who_is_watched_for_long_does_not_stand_for_all():
    waits: list[int | None] = [10] * 40 + [None] * 59 + [800]
    row = found_of(*company([900] * 40 + [150] * 59 + [900], waits)).row(0, named=True)
    assert (row["median_days_to_second_order"], row["watched_days"], row["second_order_rate"]) == (
        *(None, 150),
        pytest.approx(0.4),
    )


def test_an_interval_without_an_upper_end_says_so():
    row = found_of(*company([400] * 60, [20] * 31 + [None] * 29)).row(0, named=True)
    assert (row["median_days_to_second_order"], row["median_days_to_second_order_high"]) == (20, None)
    assert (
        row["reason"]
        == "the interval has no upper end: too few are observed for so long, and maybe fewer than half buy again"
    )


def test_where_all_bought_again_the_reason_says_so():
    row = found_of(*company([400] * 40, [5] * 40)).row(0, named=True)
    assert (row["median_days_to_second_order"], row["second_order_rate"]) == (5, 1.0)
    assert row["median_days_to_second_order_high"] is None
    assert row["reason"] == "all have bought again by then: the interval has no upper end"


def test_where_all_bought_again_one_by_one_the_interval_has_an_end_and_there_is_nothing_to_say():
    found = found_of(*(rows := company([500] * 40, [*range(5, 45)])))
    assert found.select("second_order_rate", *MEDIAN, "reason").row(0) == (1.0, 24, 18, 30, None)
    assert broken_rules("second_orders", found, {"core.orders": core(*rows)["orders"]}) == set()


def test_the_only_value_of_a_dimension_says_that_it_repeats_the_whole_base():
    rows = [row | {"channel": "web"} for row in company([400] * 60, [20] * 45 + [None] * 15)]
    found = found_of(*rows, cohorts=Cohorts(dimensions=["first_channel", "first_discount", "owner"]))
    assert [row["median_days_to_second_order"] for row in found.to_dicts()] == [20] * 4
    assert dict(found.select("dimension_value", "reason").rows()) == {
        "all": None,
        "web": "first_channel is web for every customer: the row is that of all",
        "full price": "first_discount is full price for every customer: the row is that of all",
        "unassigned": "owner is unassigned for every customer: the row is that of all",
    }
    assert broken_rules("second_orders", found, {"core.orders": core(*rows)["orders"]}) == set()
    cheap = [rows[0] | {"discounts": Decimal(1)}, *rows[1:]]
    split = found_of(*cheap, cohorts=Cohorts(dimensions=["first_discount"]))
    assert split.filter(dimension_value="full price")["reason"].to_list() == [None]


def test_values_are_compared_over_the_same_days():
    # 40 of 100 came back on day 10, 20 on day 90 and 15 on day 91
    row = found_of(*company([400] * 100, [10] * 40 + [90] * 20 + [91] * 15 + [None] * 25)).row(0, named=True)
    assert (row["second_order_rate_90d"], row["second_order_rate"]) == (pytest.approx(0.6), pytest.approx(0.75))
    # as many customers, each watched to the end: Greenwood's variance is that of a share, p (1 − p) / n
    spread = 1.96 * (0.6 * 0.4 / 100) ** 0.5 / (0.4 * abs(np.log(0.4)))
    ends = [1 - 0.4 ** np.exp(sign * spread) for sign in (-1, 1)]
    assert [row["second_order_rate_90d_low"], row["second_order_rate_90d_high"]] == pytest.approx(ends, abs=1e-4)
    young = found_of(*company([60] * 100, [10] * 40 + [None] * 60)).row(0, named=True)
    assert (young["second_order_rate"], young["second_order_rate_90d"]) == (pytest.approx(0.4), None)
    late = found_of(*company([400] * 100, [95] * 40 + [None] * 60)).row(0, named=True)
    assert (late["second_order_rate_90d"], late["second_order_rate_90d_low"]) == (0.0, None)


def test_first_products_are_compared_whatever_the_settings_say():
    rows = company([400] * 80, [20] * 45 + [None] * 15 + [20] * 5 + [None] * 15)
    tables = core(*rows)
    names = {f"c{number}": "tea" if number < 60 else "cup" for number in range(80)}
    first_product = pl.col("customer_id").replace_strict(names)
    known = dimensions_of(tables, AS_OF).with_columns(first_product=first_product)
    found = second_orders(tables["orders"], tables["calendar"], known, as_of=AS_OF, cohorts=WHOLE_BASE)
    tea = found.filter(dimension="first_product", dimension_value="tea").row(0, named=True)
    assert (tea["customers_with_first_order"], tea["second_order_rate"]) == (60, pytest.approx(0.75))
    assert (tea["second_order_rate_low"], tea["second_order_rate_high"]) == pytest.approx((0.639, 0.847), abs=0.01)
    cup = found.filter(dimension_value="cup").row(0, named=True)
    assert (cup["second_order_rate"], cup["reason"]) == (None, "fewer than 30 customers: too few to tell")
    assert broken_rules("second_orders", found, {"core.orders": tables["orders"]}) == set()
    assert found_of(*rows)["dimension"].to_list() == ["all"]  # where no line names a product


def test_without_orders_the_table_is_empty_with_all_columns():
    found = found_of()
    assert found.is_empty()
    assert found.schema == COLUMNS


def test_the_interval_is_that_of_other_software():
    """Remission of 21 patients on 6-MP (Freireich 1963); survfit(conf.type = "log-log") of R gives 23, 13 to NA."""
    weeks = {6: (3, 1), 7: (1, 0), 9: (0, 1), 10: (1, 1), 11: (0, 1), 13: (1, 0), 16: (1, 0), 17: (0, 1), 19: (0, 1)}
    weeks |= {20: (0, 1), 22: (1, 0), 23: (1, 0), 25: (0, 1), 32: (0, 2), 34: (0, 1), 35: (0, 1)}
    rows = [(0, week, True) for week, (events, _) in weeks.items() for _ in range(events)]
    rows += [(0, week, False) for week, (_, left) in weeks.items() for _ in range(left)]
    waits = pl.DataFrame(rows, schema={"arm": pl.Int8, "days": pl.Int32, "is_event": pl.Boolean}, orient="row")
    curves = estimate_survival_curves(waits, ["arm"])
    assert find_medians(curves, ["arm"]).rows() == [(0, 23, 13, None)]
    ends = bound_survival(curves, ["arm"]).filter(pl.col("days").is_in([6, 23]))
    found = ends.select(pl.col("survival", "low", "high").round(3)).rows()
    assert found == [(0.857, 0.62, 0.952), (0.448, 0.188, 0.68)]


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=15, deadline=None)
@given(company=companies())
def test_drawn_companies_wait_as_counting_by_hand_finds(engine: str, company: Any):
    orders, refunds, as_of = company
    inputs = frames(orders, refunds)
    with (
        pytest.MonkeyPatch.context() as patch,
        ENGINES[engine](inputs | {"known": dimensions_of(inputs, as_of)}) as tables,
    ):
        patch.setattr(module, "ENOUGH", 1)
        found = second_orders(
            tables["orders"],
            tables["calendar"],
            tables["known"],
            as_of=as_of,
            cohorts=Cohorts(dimensions=["customer_type"]),
        )
    days = oracle.purchase_days(orders, as_of)
    parts = {kind or "unknown": {idx for idx in range(1, 10) if TYPES[idx % 3] == kind} for kind in TYPES}
    expected = []
    for value, chosen in ({"all": set(range(1, 10))} | parts).items():
        histories = [history for idx, history in days.items() if idx in chosen]
        if not histories:
            continue
        back = [((history[1] - history[0]).days, True) for history in histories if len(history) > 1]
        waits = back + [((as_of - history[0]).days, False) for history in histories if len(history) == 1]
        curve = oracle.kaplan_meier(waits)
        half = [day for day, share in curve.items() if 2 * share <= 1]
        expected.append((value, len(waits), len(back), float(1 - min(curve.values())), min(half) if half else None))
    columns = ["dimension_value", "customers_with_first_order", "customers_with_second_order", "second_order_rate"]
    by_hand = sorted((each[0], *each[1:3], pytest.approx(each[3]), each[4]) for each in expected)
    assert sorted(found.select(*columns, MEDIAN[0]).rows()) == by_hand


def test_the_interval_holds_the_true_median_in_95_of_100_companies_and_the_median_of_those_who_came_back_does_not():
    """Of 300 customers who came within two years, 70 % come back, each day with the same chance: median 275 days."""
    rng, companies_drawn, size = np.random.default_rng(23), 400, 300
    ago = rng.integers(0, 730, (companies_drawn, size))
    wait = np.where(rng.random((companies_drawn, size)) < 0.7, rng.geometric(1 / 220, (companies_drawn, size)), 10**6)
    true_median = int(np.ceil(np.log(1 - 0.5 / 0.7) / np.log(1 - 1 / 220)))
    waits = pl.DataFrame(
        {
            "company": np.repeat(np.arange(companies_drawn), size),
            "days": np.minimum(wait, ago).ravel().astype(np.int32),
            "is_event": (wait <= ago).ravel(),
        }
    )
    found = find_medians(estimate_survival_curves(waits, ["company"]), ["company"])
    holds = (pl.col("low") <= true_median) & (pl.col("high").fill_null(10**6) >= true_median)
    assert true_median == 275
    assert 0.93 <= found.select(holds.mean()).item() <= 0.975
    assert found["median"].mean() == pytest.approx(true_median, rel=0.03)
    came_back = waits.filter("is_event").group_by("company").agg(pl.col("days").median())
    assert came_back["days"].max() < found["low"].median()
