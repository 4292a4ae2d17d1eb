"""Case B11: `name.csv`, `name (1).csv`, `name (2).csv`: the file changed last is the newest, each night."""

import datetime as dt

import pytest

from tests.builders import money
from tests.cases.company import Company

NIGHTS = {
    "orders_export.csv": dt.date(2025, 1, 31),
    "orders_export (1).csv": dt.date(2025, 2, 28),
    "orders_export (2).csv": dt.date(2025, 3, 31),
}


@pytest.fixture
def company(tmp_path):
    columns = {"order_id": "Order", "email": "Email", "ordered_at": "At", "gross_sales": "Amount", "status": "State"}
    shop = {"path": "orders_export*.csv", "kind": "orders", "delivery": "full", "columns": columns}
    return Company("B11", tmp_path, {"sources": {"shop": shop}})


def test_of_three_downloads_in_one_run_the_last_changed_counts(company):
    for name, day in NIGHTS.items():
        company.deliver(name, day)
    with company.build("core.orders") as con:
        assert con.execute("select count(*), sum(gross_sales) from core.orders").fetchall() == [(4, money("108"))]


def test_night_after_night_the_newest_download_is_read_and_nothing_is_odd(company):
    for name, day in NIGHTS.items():
        company.deliver(name, day)
        shop = company.land()["shop"]
        assert [delivery.file_name for delivery in shop.deliveries] == [name]
        assert shop.findings == []
    assert company.land()["shop"].landed == []


def test_names_that_contradict_the_times_are_said(company):
    for name, day in zip(NIGHTS, reversed(NIGHTS.values()), strict=True):
        company.deliver(name, day)
    shop = company.land()["shop"]
    assert [delivery.file_name for delivery in shop.deliveries] == ["orders_export.csv"]
    assert [(finding.name, finding.count) for finding in shop.findings] == [("file_order_disagrees", 1)]


def test_a_first_download_that_is_not_cleared_away_does_not_come_back_when_the_newest_is(company):
    for name, day in NIGHTS.items():
        company.deliver(name, day)
    company.land()
    (company.data / "orders_export (2).csv").unlink()
    shop = company.land()["shop"]
    assert [delivery.file_name for delivery in shop.deliveries] == ["orders_export (2).csv"]
