"""Workbooks of old Excel (.xls) and binary ones (.xlsb): the same values as of an .xlsx."""

import datetime as dt
from pathlib import Path

import pytest

from tests.binary_workbooks import xlsb

OLD = Path(__file__).parent / "data" / "orders.xls"
"""Written in BIFF8: a hidden sheet, a title, days, a share in percent, a formula that was never computed."""


@pytest.fixture
def book(shop):
    shop.sources["shop"]["columns"] = {**shop.sources["shop"]["columns"], "region": "share", "city": "note"}
    return shop


def test_an_old_workbook_is_read_like_a_new_one(book):
    book.sources["shop"].update(path="orders.xls", format="xls")
    book.write("orders.xls", OLD.read_bytes())
    assert book.rows("order_id, ordered_at, gross_sales, region, city") == [
        ("007", "2026-01-02 00:00:00", "9.5", "0.15", "Zoë €"),
        ("2", "2026-01-02 10:30:15", "1234567890123", "true", "1,5"),
        ("3", "2026-01-03 00:00:00", None, "0.3", None),
    ]


def test_a_binary_workbook_is_read_like_a_new_one(book):
    book.sources["shop"].update(path="orders.xlsb", format="xlsb")
    moment = dt.datetime.fromisoformat("2026-01-02 10:30:15")
    rows = [
        ["Orders"],
        [None],
        ["id", "day", "total", "share", "note"],
        ["007", moment.date(), 9.5, 0.1 + 0.2, "Zoë €"],
    ]
    book.write("orders.xlsb", xlsb("Orders", [*rows, [2, moment, 1234567890123, True]]))
    assert book.rows("order_id, ordered_at, gross_sales, region, city") == [
        ("007", "2026-01-02 00:00:00", "9.5", "0.3", "Zoë €"),
        ("2", "2026-01-02 10:30:15", "1234567890123", "true", None),
    ]


def test_an_old_workbook_with_a_password_says_so(book):
    book.sources["shop"].update(path="orders.xls", format="xls")
    start, second = b"\x09\x08\x10\x00", 20  # the first record, and how far behind its begin the second one is
    locked = bytearray(OLD.read_bytes())
    at = locked.index(start) + second
    locked[at : at + 2] = b"\x2f\x00"  # the record that says how the others are encrypted
    book.write("orders.xls", bytes(locked))
    assert book.refusal().sentence == "orders.xls has a password: save it without one"


def test_a_page_that_is_called_a_workbook_is_refused_with_what_to_do(book):
    book.sources["shop"].update(path="orders.xls", format="xls")
    book.write("orders.xls", "<html><table><tr><td>id</td></tr></table></html>")
    assert "many tools give a page the name of a workbook" in book.refusal().sentence
