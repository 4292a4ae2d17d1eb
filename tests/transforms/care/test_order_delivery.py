"""The mart `order_delivery`: which orders came when promised, how late the others, and how long all took."""

import datetime as dt
import random
import statistics
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from regulars.pipelines.definitions.enumerations import DELIVERY_DIMENSIONS, LAST_YEAR_GRAIN
from regulars.pipelines.settings.customers.service_risk import ServiceRisk
from regulars.pipelines.transforms.care.order_delivery import COLUMNS, order_delivery
from tests.transforms.care.care_tables import AS_OF, COMPANY, build, moment, order
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import broken_rules

MOMENT = pl.Datetime("us")
SCHEMA = {
    "system": pl.String,
    "order_id": pl.String,
    "ordered_at": MOMENT,
    "promised_at": MOMENT,
    "delivered_at": MOMENT,
    "country": pl.String,
    "region": pl.String,
    "store_id": pl.String,
    "channel": pl.String,
    "is_test": pl.Boolean,
    "is_cancelled": pl.Boolean,
}
ELSEWHERE = order("x", None, "2026-01-01 12:00")
"""An order that says when it was delivered, so that its tool is one that does."""


def deliver(*rows: dict[str, Any], engine: str = "polars", as_of: dt.date = AS_OF) -> pl.DataFrame:
    with ENGINES[engine]({"orders": pl.DataFrame(rows, schema=SCHEMA)}) as tables:
        return order_delivery(**tables, as_of=as_of, company=COMPANY, service_risk=ServiceRisk())


def cell(mart: pl.DataFrame, period_end: str, **key: str) -> dict[str, Any]:
    chosen = {"grain": "month", "dimension": "all", "dimension_value": "all", **key}
    return mart.filter(period_end=dt.date.fromisoformat(period_end), **chosen).row(0, named=True)


def outcomes(row: dict[str, Any]) -> dict[str, int]:
    counts = ("in_time", "late", "pending", "undelivered", "left_out")
    return {name: row[f"{name}_orders"] for name in counts if row[f"{name}_orders"]}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("promised", "delivered", "outcome"),
    [
        ("2026-03-01 12:00", "2026-03-01 12:00", "in_time"),
        ("2026-03-01 12:00", "2026-03-01 12:01", "late"),
        ("2026-03-28 12:00", None, "undelivered"),
        ("2026-03-29 12:00", None, "pending"),  # two days of grace are left
        ("2026-03-28 12:00", "2026-03-31 20:59", "late"),
        ("2026-03-28 12:00", "2026-03-31 21:00", "undelivered"),  # in Helsinki it is 1 April
        ("2026-03-31 20:59", "2026-04-02 12:00", "pending"),
    ],
)
def test_an_order_is_in_time_late_pending_or_undelivered(promised, delivered, outcome, engine):
    row = cell(deliver(order("o", promised, delivered), ELSEWHERE, engine=engine), "2026-03-31")
    assert outcomes(row) == {outcome: 1}


@pytest.mark.parametrize(
    "row",
    [
        order("o", "2026-03-31 21:00", "2026-03-31 09:00"),  # promised for 1 April in Helsinki
        order("o", None, "2026-03-03 09:00"),
        order("o", "2026-03-01 12:00", "2026-03-03 09:00", is_test=True),
        order("o", "2026-03-01 12:00", "2026-03-03 09:00", is_cancelled=True),
    ],
)
def test_orders_not_due_without_a_promised_day_or_that_do_not_count_are_not_here(row):
    assert deliver(row).is_empty()


def test_the_promised_day_in_the_companys_zone_decides_the_month():
    mart = deliver(order("o", "2026-01-31 22:30", "2026-03-03 09:00", ordered_at=moment("2025-12-30")))
    assert outcomes(cell(mart, "2026-02-28")) == {"late": 1}
    assert mart["period_start"].min() == mart.filter(grain=LAST_YEAR_GRAIN)["period_start"][0]


def test_an_order_that_does_not_come_is_no_late_one_but_did_not_come_on_time():
    rows = [order(f"o{n}", "2026-02-01 12:00", "2026-02-01 09:00") for n in range(7)]
    late, missing = order("late", "2026-02-01 12:00", "2026-02-04 12:00"), order("missing", "2026-02-01 12:00")
    row = cell(deliver(*rows, late, missing, missing), "2026-02-28")
    assert (row["promised_orders"], row["delivered_orders"]) == (10, 8)
    assert (row["late_rate"], row["on_time_delivery_rate"]) == (1 / 8, 7 / 10)
    ends = [row[f"on_time_delivery_rate{end}"] for end in ("_low", "_high")]
    assert ends == pytest.approx([0.3968, 0.8922], abs=5e-5)  # Wilson (1927): 7 of 10
    ends = [row[f"late_rate{end}"] for end in ("_low", "_high")]
    assert ends == pytest.approx([0.0224, 0.4709], abs=5e-5)  # 1 of 8
    assert (row["is_complete"], row["reason"]) == (True, None)


def test_days_are_those_of_the_middle_order_and_of_the_slowest_tenth():
    start = moment("2026-02-01 12:00")
    rows = [
        order(
            f"o{days}",
            "2026-02-04 12:00",
            str(start + dt.timedelta(days=days)),
            ordered_at=start,
        )
        for days in range(1, 12)
    ]
    row = cell(deliver(*rows), "2026-02-28")
    assert (row["median_days_to_delivery"], row["slowest_tenth_days_to_delivery"]) == (6, 10)
    assert (row["late_orders"], row["median_days_late"], row["slowest_tenth_days_late"]) == (8, 4.5, pytest.approx(7.3))


def test_a_month_is_complete_when_it_is_over_and_nothing_is_pending():
    rows = [order("o", "2026-01-31 12:00", "2026-01-31 09:00"), order("p", "2026-03-30 12:00")]
    mart = deliver(*rows, order("q", "2026-03-01 12:00", "2026-03-01 09:00"))
    assert cell(mart, "2026-01-31")["is_complete"]
    assert cell(mart, "2026-02-28")["reason"] == "no order was promised for the period"
    assert not cell(mart, "2026-03-31")["is_complete"]
    assert cell(mart, "2026-03-31")["reason"] == "orders past their promised moment may still be delivered, late"
    under_way = cell(deliver(*rows, as_of=dt.date(2026, 1, 31) + dt.timedelta(days=1)), "2026-02-28")
    assert (under_way["is_complete"], under_way["promised_orders"]) == (False, 0)
    assert cell(deliver(order("o", "2026-03-02 12:00", "2026-03-02 09:00"), as_of=dt.date(2026, 3, 9)), "2026-03-31")[
        "reason"
    ] == ("the month is not over")


def test_a_year_of_which_only_a_part_is_known_says_so():
    year = {"grain": LAST_YEAR_GRAIN, "period_end": "2026-03-31"}
    short = cell(deliver(order("o", "2025-04-02 12:00", "2025-04-02 09:00")), **year)
    assert (short["is_complete"], short["late_rate"]) == (False, 0)
    assert short["reason"].startswith("promised days are known from 2025-04-02 on")
    whole = cell(deliver(order("o", "2025-04-01 12:00", "2025-04-01 09:00")), **year)
    assert (whole["is_complete"], whole["reason"]) == (True, None)


def test_a_tool_that_never_says_when_it_delivered_is_left_out():
    mart = deliver(order("o", "2026-02-01 12:00"), order("p", "2026-02-01 12:00", "2026-02-01 12:00", system="b"))
    assert outcomes(cell(mart, "2026-02-28")) == {"left_out": 1, "in_time": 1}
    alone = cell(deliver(order("o", "2026-02-01 12:00")), "2026-02-28")
    assert (alone["promised_orders"], alone["late_rate"]) == (0, None)
    assert alone["reason"] == "the source does not say when orders were delivered"


def test_a_dimension_without_values_is_not_there_and_an_order_without_one_is_unknown():
    rows = [order("o", "2026-02-01 12:00", "2026-02-01 12:00", store_id="s1"), order("p", "2026-02-01 12:00")]
    mart = deliver(*rows)
    assert set(mart["dimension"]) == {"all", "store"}
    stores = mart.filter(dimension="store", grain="month")
    assert stores["dimension_value"].to_list() == ["s1", "unknown"]


def test_without_promised_days_the_table_is_empty():
    mart = deliver(ELSEWHERE)
    assert mart.is_empty()
    assert dict(mart.schema) == COLUMNS


def random_orders(seed: int) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    rows = []
    for number in range(300):
        ordered = moment("2024-11-01") + dt.timedelta(minutes=draw.randrange(60 * 24 * 530))
        promised = ordered + dt.timedelta(days=3)
        delivered = ordered + dt.timedelta(minutes=draw.randrange(60 * 24 * 6))
        rows.append(
            order(
                f"o{number}",
                str(promised) if draw.random() < 0.9 else None,
                str(delivered) if draw.random() < 0.9 else None,
                ordered_at=ordered,
                country=draw.choice(["FI", "DE", None]),
                channel=draw.choice(["web", "store"]),
                is_test=draw.random() < 0.05,
                is_cancelled=draw.random() < 0.05,
                system=draw.choice(["shop", "shop", "till"]),
            )
        )
    for row in rows:
        if row["system"] == "till":
            row["delivered_at"] = None
    return rows


def count_one_by_one(
    rows: list[dict[str, Any]], dimension: str, value: str, first: dt.date, last: dt.date
) -> list[Any]:
    """The numbers of one row of the mart, counted order by order."""
    zone = ZoneInfo(COMPANY.timezone)

    def local(moment: dt.datetime) -> dt.date:
        return moment.replace(tzinfo=dt.UTC).astimezone(zone).date()

    in_time = late = pending = undelivered = left_out = 0
    days, delays = [], []
    for row in rows:
        promised, delivered = row["promised_at"], row["delivered_at"]
        if row["is_test"] or row["is_cancelled"] or promised is None or not first <= local(promised) <= last:
            continue
        if dimension != "all" and (row[dimension] or "unknown") != value:
            continue
        if local(promised) > AS_OF:
            continue
        if delivered is None or local(delivered) > AS_OF:
            waited = (AS_OF - local(promised)).days
            left_out += row["system"] == "till"
            pending += row["system"] != "till" and waited < 3
            undelivered += row["system"] != "till" and waited >= 3
            continue
        days.append((delivered - row["ordered_at"]) / dt.timedelta(days=1))
        if delivered > promised:
            late += 1
            delays.append((delivered - promised) / dt.timedelta(days=1))
        else:
            in_time += 1
    middle = [statistics.median(each) if each else None for each in (days, delays)]
    return [in_time, late, pending, undelivered, left_out, *middle]


@pytest.mark.parametrize("seed", range(3))
def test_every_row_is_what_counting_order_by_order_gives(seed):
    rows = random_orders(seed)
    mart = deliver(*rows)
    assert set(mart["dimension"]) == {"all", "country", "channel"}
    assert mart.height > 100
    counts = [f"{name}_orders" for name in ("in_time", "late", "pending", "undelivered", "left_out")]
    for row in mart.iter_rows(named=True):
        key = row["dimension"], row["dimension_value"], row["period_start"], row["period_end"]
        expected = count_one_by_one(rows, *key)
        found = [row[name] for name in (*counts, "median_days_to_delivery", "median_days_late")]
        assert found == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
def test_late_and_undelivered_orders_are_the_bad_experiences_of_these_signs(seed):
    rows = random_orders(seed)
    known = [
        {name: value for name, value in row.items() if name not in ("ordered_at", "country", "channel")} for row in rows
    ]
    signs = build(orders=known)
    months = deliver(*rows).filter(grain="month", dimension="all")
    assert months["late_orders"].sum() == signs["has_late_delivery"].sum() > 50
    assert months["undelivered_orders"].sum() == signs["has_failed_delivery"].sum() > 5


def test_the_contract_notices_what_does_not_add_up():
    rows = random_orders(4)
    mart = deliver(*rows)
    known = [
        {name: value for name, value in row.items() if name not in ("ordered_at", "country", "channel")} for row in rows
    ]
    core = {"orders": pl.DataFrame(rows, schema=SCHEMA), "marts.bad_experiences": build(orders=known)}
    assert broken_rules("order_delivery", mart, core) == set()

    def broken_by(**columns: pl.Expr) -> set[str]:
        return broken_rules("order_delivery", mart.with_columns(**columns), core)

    late = broken_by(late_orders=pl.col("late_orders") + 1)
    assert {"outcomes_add_up", "rates_are_those_of_their_counts", "late_orders_are_those_of_bad_experiences"} <= late
    assert broken_by(late_rate_low=pl.lit(1.0)) == {"rates_lie_in_their_intervals"}
    assert broken_by(reason=pl.lit("why")) == {"reason_stands_where_the_rate_is_not_final"}
    assert {"a_complete_period_is_over", "the_year_ends_with_as_of"} <= broken_by(as_of=pl.lit(dt.date(2026, 3, 30)))
    assert broken_by(median_days_late=pl.lit(99.0)) == {"days_stand_where_orders_were_delivered"}
    month = mart.filter((pl.col("period_end") != dt.date(2025, 6, 30)) | (pl.col("dimension") != "all"))
    assert {"no_month_is_missing", "dimensions_add_up_to_all", "all_promised_orders_are_counted"} <= broken_rules(
        "order_delivery", month, core
    )


def test_every_dimension_is_described():
    assert list(DELIVERY_DIMENSIONS) == ["all", "country", "region", "store", "channel"]
