"""Values that no rule forbids and that cannot be meant: amounts, ids, texts, orders that stand twice."""

from typing import Any

import pytest

from regulars.pipelines.audit.findings.tables.amounts import (
    find_barcode_quantities,
    find_empty_amounts,
    find_odd_amounts,
)
from regulars.pipelines.audit.findings.tables.answers import find_left_out_answers
from regulars.pipelines.audit.findings.tables.ids import find_damaged_ids
from regulars.pipelines.audit.findings.tables.same_orders import find_same_orders
from regulars.pipelines.audit.findings.tables.texts import find_free_text, find_unknown_countries
from tests.audit.findings.measured import counts, measured


def orders_of(source: str, amounts: list[str | None], **more: Any) -> list[dict[str, Any]]:
    place = {"_source": source, "_system": source}
    return [{"order_id": f"{n}", "gross_sales": amount, **place, **more} for n, amount in enumerate(amounts)]


def test_a_source_in_cents_is_a_hundred_times_the_others():
    euros, cents = orders_of("shop", ["20.50"] * 20), orders_of("till", ["2050"] * 20)
    (found,) = measured(find_odd_amounts, orders=euros + cents)
    assert (found.name, found.source, found.count) == ("amounts_in_another_unit", "till", 100)
    assert "its amounts are whole numbers" in found.sentence
    assert "till" in found.advice
    assert measured(find_odd_amounts, orders=euros + cents[:19]) == []
    assert measured(find_odd_amounts, orders=euros) == []


def test_orders_below_zero_are_a_share():
    (found,) = measured(find_odd_amounts, orders=orders_of("shop", ["10"] * 3 + ["-4"]))
    assert (found.name, found.count, found.share) == ("orders_below_zero", 1, 0.25)


def test_an_order_without_an_amount_and_without_priced_lines_is_counted():
    rows = orders_of("shop", [None, None, None, "5", None])
    lines = [
        {"order_id": "0", "unit_price": "2", "_system": "shop"},
        {"order_id": "1", "_system": "shop"},
        {"order_id": "2", "line_type": "refund", "unit_price": "2", "_system": "shop"},
    ]
    rows[4]["is_cancelled"] = "true"
    assert counts(measured(find_empty_amounts, orders=rows, order_lines=lines)) == {"amounts_empty": 2}


def test_a_quantity_of_a_bar_code_is_counted():
    lines = [
        {"order_id": "0", "ordered_at": "2026-01-05 10:00:00", "quantity": quantity, "gross_sales": "1"}
        for quantity in ("4006381333931", "036000291452", "99999999", "2.5")
    ]
    lines[1]["quantity"] = "136000291452"
    assert counts(measured(find_barcode_quantities, order_lines=lines)) == {"quantities_like_barcodes": 2}


def test_orders_that_two_systems_hold_both_are_a_share_of_the_smaller_one():
    days = [f"2026-01-{day:02} 10:00:00" for day in range(1, 21)]
    shop = [
        {"order_id": f"s{n}", "customer_record_id": "7", "ordered_at": day, "gross_sales": f"{n + 1}"}
        for n, day in enumerate(days)
    ]
    erp = [
        {**row, "order_id": f"e{n}", "customer_system": "shop", "_system": "erp", "_source": "erp"}
        for n, row in enumerate(shop[:10])
    ]
    (found,) = measured(find_same_orders, orders=shop + erp)
    assert (found.count, found.share, found.source) == (10, 1.0, "erp, shop")
    assert measured(find_same_orders, orders=shop + erp[:9]) == []
    elsewhere = [{**row, "ordered_at": "2026-01-25 10:00:00"} for row in erp]
    assert measured(find_same_orders, orders=shop + elsewhere) == []
    assert measured(find_same_orders, orders=shop) == []


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["7.21045E+12", "7,2E+12", "5E+9", "12E45", "E+1", "1.5E+x"], {"ids_in_scientific_notation": 3}),
        ([f"{n:02}00000000000000" for n in range(1, 21)], {"ids_rounded": 20}),
        ([f"72104483011{n:05}" for n in range(20)], {"ids_rounded": 2}),
        ([f"{n}00000000" for n in range(20)], {}),
    ],
)
def test_ids_that_a_spreadsheet_has_cut_are_counted(ids, expected):
    rows = [{"order_id": str(n), "customer_record_id": each} for n, each in enumerate(ids)]
    assert counts(measured(find_damaged_ids, orders=rows)) == expected


def test_free_text_in_a_column_of_codes_is_found_and_not_shown():
    rows = [{"order_id": str(n), "status": f"Ann rang about parcel {n}", "channel": f"c{n}"} for n in range(150)]
    (found,) = measured(find_free_text, orders=rows)
    assert (found.name, found.kind, found.source) == ("free_text_in_codes", "orders", "shop")
    assert found.share > 0.8
    assert "orders.status" in found.sentence
    assert "Ann" not in str(found)
    assert measured(find_free_text, orders=[{**row, "status": "paid by card"} for row in rows]) == []


def test_countries_that_are_none_are_counted_by_text_and_record():
    rows = [
        {"customer_record_id": str(n), "country": each} for n, each in enumerate(["DE", "Oz", "Oz", "Nowhere", None])
    ]
    warning, info = measured(find_unknown_countries, customers=rows)
    assert (warning.name, warning.count, warning.share, warning.kind) == ("countries_unknown", 2, 0.75, "customers")
    assert "2 different texts in customers.country of `shop`, in 3 of 4 records" in warning.sentence
    assert (info.name, info.severity, info.count) == ("few_countries_unknown", "info", 2)


def test_answers_called_nps_that_are_none_are_counted_with_the_reason():
    ten = {"scale_min": "1", "scale_max": "10"}
    rows = [
        {"response_id": str(n), "score": score, **scale}
        for n, (score, scale) in enumerate([("9", {}), ("6.5", {}), ("9", ten), ("2.5", ten)])
    ]
    assert counts(measured(find_left_out_answers, survey_responses=rows)) == {
        "nps_on_another_scale": 2,
        "nps_answers_left_out": 1,
    }
    csat = [{**row, "survey_type": "csat"} for row in rows]
    assert measured(find_left_out_answers, survey_responses=csat) == []
