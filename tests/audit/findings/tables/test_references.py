"""References that lead nowhere, between sources."""

from typing import Any

import pytest

from regulars.pipelines.audit.findings.tables.links import find_buyers_without_record, find_unmatched_writers
from regulars.pipelines.audit.findings.tables.references import find_unmatched_references
from regulars.pipelines.findings.finding import Finding
from tests.audit.findings.measured import counts, measured

CRM: dict[str, Any] = {"_source": "crm", "_system": "crm"}


def crm(ids: list[str]) -> list[dict[str, Any]]:
    return [{"customer_record_id": each, **CRM} for each in ids]


def orders(ids: list[str], **more: Any) -> list[dict[str, Any]]:
    named = {"customer_system": "crm", **more}
    return [{"order_id": f"o{n}", "customer_record_id": each, **named} for n, each in enumerate(ids)]


def numbers(first: int, last: int) -> list[str]:
    return [str(n) for n in range(first, last)]


def references_of(**kinds: Any) -> list[Finding]:
    return measured(find_unmatched_references, **kinds)


def test_references_of_which_none_is_found_stop_the_run():
    (found,) = references_of(customers=crm(numbers(0, 40)), orders=orders(numbers(100, 130)))
    assert (found.name, found.severity, found.count, found.source, found.kind) == (
        "references_match_nothing",
        "stop",
        30,
        "shop",
        "orders",
    )
    assert found.sentence == "30 orders of `shop` name customers of `crm`, and not one of them is there."


def test_references_of_which_some_are_not_found_are_a_share():
    (found,) = references_of(customers=crm(numbers(0, 25)), orders=orders(numbers(0, 40)))
    assert (found.name, found.severity, found.count, found.share) == ("references_unmatched", "warning", 15, 0.375)


def test_references_that_are_all_found_and_a_few_that_are_not_say_nothing():
    assert references_of(customers=crm(numbers(0, 40)), orders=orders(numbers(0, 40))) == []
    assert references_of(customers=crm(numbers(0, 40)), orders=orders(numbers(100, 104))) == []


def test_a_handful_of_references_of_which_none_is_found_are_said_and_do_not_stop():
    (found,) = references_of(customers=crm(numbers(0, 40)), orders=orders(numbers(100, 110)))
    assert (found.name, found.severity, found.count, found.share) == ("references_unmatched", "warning", 10, 1.0)


def test_a_system_whose_customers_nobody_exports_is_no_mistake():
    assert references_of(customers=crm(numbers(0, 40)), orders=orders(numbers(0, 40), customer_system="till")) == []


def test_answers_that_name_customers_whom_nobody_knows_lead_nowhere_whatever_their_system():
    named = [{"response_id": f"s{n}", "customer_record_id": f"{n}", "customer_system": "crm"} for n in range(30)]
    (found,) = references_of(orders=orders(numbers(0, 40), customer_system="till"), survey_responses=named)
    assert (found.name, found.kind, found.count) == ("references_match_nothing", "survey_responses", 30)
    assert references_of(orders=orders(numbers(0, 40)), survey_responses=named) == []
    assert references_of(survey_responses=named) == []


def test_records_that_the_crm_has_merged_away_are_found():
    rows = [{"customer_record_id": "1", "merged_record_ids": ";".join(numbers(100, 130)), **CRM}]
    assert references_of(customers=rows, orders=orders(numbers(100, 130))) == []


@pytest.mark.parametrize(
    ("of_crm", "of_shop", "difference"),
    [
        ([f"00{n}" for n in range(100, 130)], numbers(100, 130), "leading zeros"),
        ([f"A{n}b" for n in range(30)], [f"a{n}B" for n in range(30)], "upper and lower case"),
        (numbers(100, 130), [f"{n},0" for n in range(100, 130)], "a trailing `.0`"),
        (
            [f"0015000000abc{n}AAB" for n in range(10, 40)],
            [f"0015000000abc{n}" for n in range(10, 40)],
            "15 instead of",
        ),
    ],
)
def test_a_difference_that_explains_most_of_them_is_named(of_crm, of_shop, difference):
    (found,) = references_of(customers=crm(of_crm), orders=orders(of_shop))
    assert f"100% of these ids would be found but for {difference}" in found.sentence


def test_lines_refunds_payments_and_answers_of_orders_that_are_not_there_are_found():
    placed = [{"order_id": f"o{n}"} for n in range(5)]
    elsewhere = [{"order_id": f"x{n}"} for n in range(20)]
    found = references_of(
        orders=placed,
        order_lines=[{"ordered_at": "2026-01-05 10:00:00", "unit_price": "1", **row} for row in elsewhere],
        refunds=[{"refund_id": f"r{n}", **row} for n, row in enumerate([*placed, *elsewhere])],
        survey_responses=[{"response_id": f"s{n}", "order_id": f"y{n}"} for n in range(20)],
    )
    assert {(each.name, each.kind, each.count) for each in found} == {
        ("references_match_nothing", "order_lines", 20),
        ("references_match_nothing", "survey_responses", 20),
    }


def test_orders_that_only_lines_tell_of_are_orders():
    lines = [{"order_id": f"o{n}", "ordered_at": "2026-01-05 10:00:00", "unit_price": "1"} for n in range(30)]
    refunds = [{"refund_id": f"r{n}", "order_id": f"o{n}"} for n in range(30)]
    assert references_of(order_lines=lines, refunds=refunds) == []


def answers(first: int, last: int) -> list[dict[str, Any]]:
    return [{"response_id": f"s{n}", "email": f"p{n}@example.com", "_source": "poll"} for n in range(first, last)]


def test_addresses_of_answers_that_are_no_customers_stop_the_run_or_are_a_share():
    known = [{"customer_record_id": str(n), "email": f"P{n}@example.com"} for n in range(40)]
    (none,) = measured(find_unmatched_writers, customers=known, survey_responses=answers(100, 130))
    assert (none.name, none.source, none.count) == ("references_match_nothing", "poll", 30)
    (some,) = measured(find_unmatched_writers, customers=known, survey_responses=answers(10, 60))
    assert (some.name, some.count, some.share) == ("writers_unmatched", 20, 0.4)
    assert measured(find_unmatched_writers, customers=known, survey_responses=answers(0, 40)) == []


def test_where_no_address_of_a_customer_is_known_answers_can_match_nothing():
    placed = orders(numbers(0, 40), customer_system="till")
    assert measured(find_unmatched_writers, orders=placed, survey_responses=answers(0, 30)) == []


def test_buyers_without_a_record_of_customers_are_counted_by_source():
    rows = crm(numbers(0, 10))
    (none,) = measured(find_buyers_without_record, customers=rows, orders=orders(numbers(0, 8), customer_system="till"))
    assert (none.name, none.count) == ("no_buyer_has_customer_record", 8)
    assert "8 of their ids are ids of `crm`" in none.sentence
    some = measured(find_buyers_without_record, customers=rows, orders=orders(numbers(0, 40)))
    assert counts(some) == {"buyers_without_customer_record": 30}
    assert measured(find_buyers_without_record, orders=orders(numbers(0, 8))) == []


def test_no_finding_holds_an_id_or_an_address():
    found = references_of(customers=crm(numbers(0, 40)), orders=orders(["secret-7"] * 30))
    assert "secret" not in str(found)
