"""Ids and addresses that stand for nothing, and yet name somebody."""

import pytest

from regulars.pipelines.audit.findings.tables.placeholders import find_placeholders
from tests.audit.findings.measured import counts, measured
from tests.builders import build


@pytest.mark.parametrize("word", ["0", "NULL", "guest", "nan", "#N/A", "00000000-0000-0000-0000-000000000000"])
def test_words_for_nothing_that_name_a_customer_are_counted(word):
    rows = [{"order_id": f"o{n}", "customer_record_id": name} for n, name in enumerate((word, word, "c1", "10"))]
    assert counts(measured(find_placeholders, orders=rows)) == {"placeholder_ids": 2}
    assert measured(find_placeholders, orders=rows[1:]) == []


def test_addresses_that_are_none_are_a_share():
    written = [
        "a@x.org",
        "Pat <b@x.org>",
        "mailto:c@x.org",
        "d@x.org;",
        "ｅ＠x.org",
        "f@x.org, g@x.org",
        "h(at)x.org",
        "i@x",
    ]
    rows = [{"customer_record_id": f"c{n}", "email": email} for n, email in enumerate(written)]
    (found,) = measured(find_placeholders, customers=rows)
    assert (found.name, found.count, found.share) == ("addresses_unreadable", 3, 0.375)


def test_numbers_that_a_spreadsheet_rounded_and_several_in_a_cell_are_a_share():
    written = ["4.93012E+11", "030 1234567 / 0170 1234567", "+49 (0)30 1234567 ext. 123456", "030 1234567", "n/a"]
    rows = [{"customer_record_id": f"c{n}", "phone": phone} for n, phone in enumerate(written)]
    with build(raw__customers=rows, raw__company=[{"match_phones": True}]) as con:
        (found,) = find_placeholders(con)
    assert (found.name, found.count, found.share) == ("phones_damaged", 2, 0.4)


def test_several_numbers_in_a_cell_are_no_damage_where_numbers_link_nobody():
    rows = [{"customer_record_id": "c1", "phone": "030 1234567 / 0170 1234567"}]
    assert measured(find_placeholders, customers=rows) == []
    rows.append({"customer_record_id": "c2", "phone": "4.93012E+11"})
    rows.append({"customer_record_id": "c3", "phone": "9b3e5f70c1d24e8aa6127e"})  # a pseudonym
    assert counts(measured(find_placeholders, customers=rows)) == {"phones_damaged": 1}


@pytest.mark.parametrize(("ids", "is_said"), [("a;b", False), ("a; b", False), ("a, b", True), ("a|b", True)])
def test_merged_ids_that_something_else_joins_are_counted(ids, is_said):
    found = measured(find_placeholders, customers=[{"customer_record_id": "c1", "merged_record_ids": ids}])
    assert counts(found) == ({"merged_ids_unsplit": 1} if is_said else {})


def test_one_address_on_many_records_or_orders_is_a_share():
    records = [{"customer_record_id": f"c{n}", "email": "office@x.org" if n < 5 else f"p{n}@x.org"} for n in range(10)]
    (found,) = measured(find_placeholders, customers=records)
    assert (found.name, found.kind, found.count, found.share) == ("one_address_for_many", "customers", 5, 0.5)
    assert measured(find_placeholders, customers=records[1:]) == []
    orders = [{"order_id": f"o{n}", "email": "till@x.org" if n < 10 else f"p{n}@x.org"} for n in range(20)]
    (found,) = measured(find_placeholders, orders=orders)
    assert (found.name, found.kind, found.count) == ("one_address_for_many", "orders", 10)
    assert measured(find_placeholders, orders=orders[1:]) == []
