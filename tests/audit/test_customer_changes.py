"""What changed about customers since the last run: against a naive comparison, and in whole runs."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.audit.customer_changes import (
    BACKFILL,
    FIRST,
    KINDS,
    SAME_DAY,
    STANDING,
    UNREADABLE,
    count_changes,
    list_changes,
)
from tests.audit.conftest import FULL_TILL, REFUNDS
from tests.shop import COMPANY, CRM, FOUR_ORDERS, SURVEY, THREE_ANSWERS, Shop

PARENT = dt.date(2026, 3, 1)
DAYS = dict.fromkeys(("first_order_date", "lapses_on", "returned_on", "answered_on"), pl.Date)
NOBODY = dict.fromkeys((*STANDING, *DAYS))
COUNTS = "select customer_change, changed_customers, changed_of_the_past from meta.customer_changes"
LISTED = """
    select customer_change, state_before, state_after, changed_on::varchar, is_of_the_past
    from meta.changed_customers order by all
"""


def standing(name: str, **more: Any) -> dict[str, Any]:
    return NOBODY | {"customer_id": name, "is_unknown": False, "lifecycle": "active", "risk": "none"} | more


def changes(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    old = pl.DataFrame(before, schema=STANDING | DAYS).select(*STANDING)
    return list_changes(old, pl.DataFrame(now, schema=STANDING | DAYS), PARENT).rows()


LATER, EARLIER = dt.date(2026, 3, 2), PARENT


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({}, {}, []),
        ({"lifecycle": "prospect"}, {"first_order_date": LATER}, [("became_customer", LATER, False)]),
        ({"lifecycle": "prospect"}, {"first_order_date": EARLIER}, [("became_customer", EARLIER, True)]),
        ({"lifecycle": "prospect"}, {}, [("became_customer", None, None)]),
        ({"lifecycle": "active"}, {"lifecycle": "prospect"}, []),
        ({}, {"lifecycle": "lapsed", "lapses_on": LATER}, [("lapsed", LATER, False)]),
        ({}, {"lifecycle": "lapsed", "lapses_on": EARLIER}, [("lapsed", EARLIER, True)]),
        ({"lifecycle": "prospect"}, {"lifecycle": "lapsed"}, [("became_customer", None, None)]),
        (
            {"lifecycle": "lapsed"},
            {"lifecycle": "reactivated", "returned_on": LATER},
            [("came_back", LATER, False)],
        ),
        ({"lifecycle": "lapsed"}, {"returned_on": EARLIER}, [("came_back", EARLIER, True)]),
        ({"lifecycle": "lapsed"}, {}, [("came_back", None, True)]),
        ({"lifecycle": "lapsed"}, {"lifecycle": "prospect"}, []),
        ({}, {"latest_nps_group": "detractor", "answered_on": LATER}, [("turned_detractor", LATER, False)]),
        (
            {"latest_nps_group": "passive"},
            {"latest_nps_group": "detractor", "answered_on": EARLIER},
            [("turned_detractor", EARLIER, True)],
        ),
        ({"latest_nps_group": "detractor"}, {"latest_nps_group": "detractor", "answered_on": LATER}, []),
        (
            {"latest_nps_group": "detractor"},
            {"latest_nps_group": "promoter", "answered_on": LATER},
            [("no_longer_detractor", LATER, False)],
        ),
        ({"latest_nps_group": "detractor"}, {}, [("no_longer_detractor", None, True)]),
        ({"latest_nps_group": "passive"}, {"latest_nps_group": "promoter", "answered_on": LATER}, []),
        ({}, {"risk": "watch"}, [("risk_rose", None, None)]),
        ({"risk": "high"}, {"risk": "watch"}, [("risk_fell", None, None)]),
        (
            {"risk": "high"},
            {"risk": "none", "lifecycle": "lapsed", "lapses_on": LATER},
            [("lapsed", LATER, False)],
        ),
        ({"segment": "loyal"}, {"segment": "at_risk"}, [("segment_changed", None, None)]),
        ({}, {"segment": "at_risk"}, []),
        ({"value_tier": "middle"}, {"value_tier": "top_10_percent"}, [("value_tier_changed", None, None)]),
    ],
)
def test_each_change_has_its_day_and_whether_it_is_of_the_past(before, now, expected):
    found = changes([standing("ann", **before)], [standing("ann", **now)])
    assert [(row[1], *row[4:]) for row in found] == expected


def test_who_was_not_there_becomes_a_customer_and_the_unknown_one_never_changes():
    found = changes(
        [standing("?", is_unknown=True, risk="none")],
        [
            standing("?", is_unknown=True, risk="high"),
            standing("new", first_order_date=LATER),
            standing("asks", lifecycle="prospect"),
        ],
    )
    assert found == [("new", "became_customer", None, "active", LATER, False)]


def test_changes_of_many_customers_are_those_of_a_naive_comparison():
    rng = np.random.default_rng(5)
    choices = {
        "lifecycle": ["prospect", "new", "active", "reactivated", "lapsed"],
        "segment": ["loyal", "lost", None],
        "value_tier": ["middle", "lowest_30_percent", None],
        "latest_nps_group": ["promoter", "passive", "detractor", None],
        "risk": ["none", "watch", "high"],
    }

    def draw(names: range) -> list[dict[str, Any]]:
        return [
            standing(f"c{name:03}", **{key: values[rng.integers(len(values))] for key, values in choices.items()})
            for name in names
        ]

    before, now = draw(range(300)), draw(range(40, 360))
    found = {(row[0], row[1]) for row in changes(before, now)}
    old, expected = {row["customer_id"]: row for row in before}, set()
    order = ["none", "watch", "high"]
    for row in now:
        was = old.get(row["customer_id"], NOBODY | {"lifecycle": "prospect"})
        is_customer, was_customer = row["lifecycle"] != "prospect", was["lifecycle"] != "prospect"
        names = []
        if is_customer and not was_customer:
            names.append("became_customer")
        if was_customer and was["lifecycle"] != "lapsed" and row["lifecycle"] == "lapsed":
            names.append("lapsed")
        if was["lifecycle"] == "lapsed" and row["lifecycle"] in {"new", "active", "reactivated"}:
            names.append("came_back")
        if (row["latest_nps_group"] == "detractor") != (was["latest_nps_group"] == "detractor"):
            names.append("turned_detractor" if row["latest_nps_group"] == "detractor" else "no_longer_detractor")
        if was["risk"] and order.index(row["risk"]) > order.index(was["risk"]):
            names.append("risk_rose")
        if was["risk"] and order.index(row["risk"]) < order.index(was["risk"]) and row["lifecycle"] != "lapsed":
            names.append("risk_fell")
        names += [
            f"{name}_changed"
            for name in ("segment", "value_tier")
            if was[name] and row[name] and was[name] != row[name]
        ]
        expected |= {(row["customer_id"], name) for name in names}
    assert found == expected
    assert {name for _, name in found} == set(KINDS)


def test_kinds_that_befell_nobody_are_counted_too():
    none = pl.DataFrame(schema={"customer_change": pl.String, "is_of_the_past": pl.Boolean})
    rows = count_changes(none, 3)
    assert [row["changed_customers"] for row in rows] == [0] * len(KINDS) + [3]
    assert [row["changed_of_the_past"] for row in rows] == [0] * 5 + [None] * 5
    assert {row["changed_customers"] for row in count_changes(None, 0)} == {None}


@pytest.fixture(scope="module")
def shop(backfilled_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A run, a backfill, a run of the same day after corrections, and a run a month later."""
    shop = backfilled_shop.moved_to(tmp_path_factory.mktemp("changes") / "shop")
    shop.set_up(CRM, FULL_TILL, REFUNDS, SURVEY, company=COMPANY.replace("as_of:", "lapse_days: 60\nas_of:"))
    late = ("o5", "c1", "", "2024-01-25 11:00:00", "5.00", "GBP")
    old_answer = ("a4", "3", "2024-03-30 10:00:00", "ann@example.org", "")
    shop.deliver("orders.csv", *FOUR_ORDERS[:4], late)  # the guest's order is gone
    shop.deliver("answers.csv", *THREE_ANSWERS, old_answer)
    assert shop.run() == 0, shop.said
    newer = ("a5", "9", "2024-04-20 10:00:00", "bob@example.org", "")
    shop.deliver("answers.csv", *THREE_ANSWERS, old_answer, newer)
    assert shop.run("--as-of", "2024-04-30") == 0, shop.said
    return shop


def test_the_first_run_says_that_there_is_none_before_it(shop: Shop):
    assert set(shop.ask("select changed_customers, parent_as_of, reason from meta.customer_changes", 1)) == {
        (None, None, FIRST)
    }
    assert shop.ask("select count(*) from meta.changed_customers", 1) == [(0,)]


def test_a_backfill_is_compared_with_nothing(shop: Shop):
    rows = shop.ask("select changed_customers, parent_as_of::varchar, reason from meta.customer_changes", 2)
    assert set(rows) == {(None, "2024-03-31", BACKFILL)}


def test_a_run_of_the_same_day_says_what_was_corrected_only(shop: Shop):
    counts = {row[0]: row[1:] for row in shop.ask(COUNTS, 3)}
    assert counts["turned_detractor"] == (1, 1)
    assert counts["no_longer_there"] == (1, None)
    assert counts["lapsed"] == counts["came_back"] == counts["became_customer"] == (0, 0)
    assert shop.ask("select distinct reason from meta.customer_changes", 3) == [(SAME_DAY,)]
    assert ("turned_detractor", "promoter", "detractor", "2024-03-30", True) in shop.ask(LISTED, 3)


def test_a_later_run_says_who_lapsed_and_whose_answer_is_another(shop: Shop):
    counts = {row[0]: row[1:] for row in shop.ask(COUNTS, 4)}
    assert (counts["lapsed"], counts["no_longer_detractor"]) == ((2, 0), (1, 0))
    assert set(shop.ask("select parent_as_of::varchar, as_of::varchar, reason from meta.customer_changes", 4)) == {
        ("2024-03-31", "2024-04-30", None)
    }
    listed = shop.ask(LISTED, 4)
    assert ("no_longer_detractor", "detractor", "promoter", "2024-04-20", False) in listed
    assert [row[3] for row in listed if row[0] == "lapsed"] == ["2024-04-10", "2024-04-20"]


def test_a_parent_that_lacks_the_columns_is_said_and_compared_with_nothing(shop: Shop, tmp_path: Path):
    moved = shop.moved_to(tmp_path / "older")
    file = moved.home.current().parquet_file("marts.customer_360")
    duckdb_file = moved.home.current().duckdb_file
    file.unlink()
    duckdb_file.unlink()
    assert moved.run("--as-of", "2024-05-01") == 0, moved.said
    assert moved.ask("select distinct changed_customers, reason from meta.customer_changes") == [(None, UNREADABLE)]
