"""The mart `weekdays`: every day of the week is counted over the same whole weeks."""

import datetime as dt
import statistics
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.transforms.journey.weekdays import COLUMNS, NAMES, weekdays
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import broken_rules, contract_of

AS_OF = dt.date(2026, 3, 31)  # a Tuesday
DAY = dt.timedelta(days=1)


def tables(ordered: list[dt.date], opened: list[dt.date]) -> dict[str, pl.DataFrame]:
    orders = {"order_date": ordered, "is_countable": [True] * len(ordered)}
    return {
        "orders": pl.DataFrame(orders, schema={"order_date": pl.Date, "is_countable": pl.Boolean}),
        "tickets": pl.DataFrame({"opened_date": opened}, schema={"opened_date": pl.Date}),
    }


def mart(ordered: list[dt.date], opened: list[dt.date], engine: str = "polars") -> pl.DataFrame:
    core = tables(ordered, opened)
    with ENGINES[engine](core) as inputs:
        found = weekdays(inputs["orders"], inputs["tickets"], as_of=AS_OF)
    assert broken_rules("weekdays", found, core) == set()
    return found


def test_a_day_has_the_orders_of_its_days_in_the_last_whole_weeks():
    ordered = [AS_OF, AS_OF - DAY, AS_OF - DAY, AS_OF - 7 * DAY, AS_OF - 14 * DAY]  # of 15 days: two weeks
    found = {row["weekday"]: row for row in mart(ordered, []).to_dicts()}
    assert (found["Tuesday"]["weekday_orders"], found["Monday"]["weekday_orders"]) == (2, 2)
    assert (found["Tuesday"]["order_weeks"], found["Tuesday"]["orders_per_day"]) == (2, 1.0)
    assert (found["Monday"]["weekday_order_share"], found["Sunday"]["weekday_order_share"]) == (0.5, 0.0)
    assert (found["Sunday"]["ticket_weeks"], found["Sunday"]["tickets_per_day"]) == (0, None)


def test_orders_after_as_of_and_orders_that_do_not_count_are_none():
    core = tables([AS_OF - 7 * DAY, AS_OF + DAY, AS_OF], [])
    orders = core["orders"].with_columns(is_countable=pl.col("order_date") != AS_OF)
    assert weekdays(orders, core["tickets"], as_of=AS_OF)["weekday_orders"].sum() == 0  # the week begins a day later


def test_the_interval_is_of_the_days_and_needs_twenty_weeks():
    counts = [1, 3] * 13
    ordered = [AS_OF - 7 * week * DAY for week, count in enumerate(counts) for _ in range(count)] + [AS_OF - 181 * DAY]
    tuesday = mart(ordered, []).row(1, named=True)
    reach = 1.96 * statistics.stdev(counts) / 26**0.5
    assert (tuesday["order_weeks"], tuesday["orders_per_day"]) == (26, 2.0)
    assert (tuesday["orders_per_day_low"], tuesday["orders_per_day_high"]) == pytest.approx(
        (2 - reach, 2 + reach), abs=1e-4
    )
    assert mart([AS_OF - 132 * DAY], [])["orders_per_day_low"].null_count() == 7  # 19 weeks
    assert mart([AS_OF - 139 * DAY], [])["orders_per_day_low"].null_count() == 0


def test_a_share_of_all_days_does_not_rest_on_one_day_alone():
    n_of = {metric.name: metric.n for metric in contract_of("weekdays").metrics}
    assert (n_of["weekday_order_share"], n_of["weekday_ticket_share"]) == ("", "")


def test_a_mean_outside_its_interval_and_an_impossible_share_are_noticed():
    ordered, opened = [AS_OF - day * DAY for day in range(181)], [AS_OF - 2 * day * DAY for day in range(90)]
    sound = mart(ordered, opened)
    for column, change in (
        ("orders_per_day_low", 2.0),
        ("orders_per_day_high", -2.0),
        ("tickets_per_day_low", 2.0),
        ("tickets_per_day_high", -2.0),
        ("weekday_order_share", 0.1),
        ("weekday_ticket_share", 0.1),
    ):
        broken = sound.with_columns(pl.col(column) + change)
        assert "means_and_shares_are_possible" in broken_rules("weekdays", broken, tables(ordered, opened)), column
    shifted = pl.when(pl.col("iso_weekday") == 1).then(1.5).when(pl.col("iso_weekday") == 2).then(-0.5).otherwise(0.0)
    for column in ("weekday_order_share", "weekday_ticket_share"):
        broken = sound.with_columns(shifted.alias(column))
        assert "means_and_shares_are_possible" in broken_rules("weekdays", broken, tables(ordered, opened)), column


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=20, deadline=None)
@given(
    ordered=st.lists(st.dates(dt.date(2024, 12, 1), dt.date(2026, 4, 9)), max_size=40),
    opened=st.lists(st.dates(dt.date(2024, 12, 1), dt.date(2026, 4, 9)), max_size=40),
)
def test_drawn_days_are_counted_as_by_hand(engine: str, ordered: list[dt.date], opened: list[dt.date]):
    found = mart(ordered, opened, engine)
    assert found.schema == pl.Schema(COLUMNS)
    assert found["weekday"].to_list() == list(NAMES)
    for name, days in (("order", ordered), ("ticket", opened)):
        known = [day for day in days if day <= AS_OF]
        weeks = min(52, ((AS_OF - min(known)).days + 1) // 7) if known else 0
        counts = Counter(day.isoweekday() for day in known if day > AS_OF - 7 * weeks * DAY)
        assert found[f"weekday_{name}s"].to_list() == [counts[number] for number in range(1, 8)]
        assert found[f"{name}_weeks"].to_list() == [weeks] * 7
