"""`core.tickets`: what was asked of support, by whom."""

import datetime as dt

import pytest

from tests.builders import build, only, people_of, pick, rows_of


def tickets(*rows: dict, **others) -> list[dict]:
    with build(raw__tickets=rows, **others) as con:
        return rows_of(con, "core.tickets")


def test_a_ticket_is_on_the_companys_day_and_keeps_its_moments():
    row = only(
        tickets(
            {"ticket_id": "t", "opened_at": "2026-01-05 23:30:00", "first_public_reply_at": "2026-01-05 23:40:00"},
            raw__company=[{"timezone": "Europe/Berlin"}],
        )
    )
    assert row["opened_date"] == dt.date(2026, 1, 6)
    assert row["first_public_reply_at"] - row["opened_at"] == dt.timedelta(minutes=10)
    assert row["solved_at"] is None


def test_the_writer_is_the_customer_record_named_else_the_address_else_the_order():
    rows = tickets(
        {"ticket_id": "1 record", "customer_record_id": "c"},
        {"ticket_id": "2 address", "email": "ADA@example.com"},
        {"ticket_id": "3 order", "order_id": "o"},
        raw__customers=[{"customer_record_id": "c", "email": "ada@example.com"}],
        raw__orders=[{"order_id": "o", "customer_record_id": "c", "gross_sales": "5"}],
    )
    assert [row["customer_idx"] for row in rows] == [1, 1, 1]
    assert len({row["contact_id"] for row in rows}) == 1


def test_a_ticket_without_a_known_customer_is_kept_and_creates_none():
    rows = tickets({"ticket_id": "1", "email": "eve@example.com"}, {"ticket_id": "2"})
    assert list(pick(rows, "customer_id", "customer_idx")) == [(None, None), (None, None)]
    assert [row["contact_id"] is not None for row in rows] == [True, False]


def test_an_address_only_a_ticket_and_an_answer_name_is_one_person():
    people = people_of(
        tickets=[{"ticket_id": "t", "email": "eve@example.com"}],
        survey_responses=[{"response_id": "r", "email": "eve@example.com"}],
    )
    assert people.records["contact_id"].n_unique() == 1
    assert people.records["customer_id"].to_list() == [None, None]


def test_who_looks_after_a_ticket_is_a_number_unless_the_settings_show_names():
    kim = {"owner": "Kim", "opened_at": "2026-01-05 10:00:00"}
    delivered = [{"ticket_id": "1", **kim}, {"ticket_id": "2", **kim, "owner": "Lee"}, {"ticket_id": "3"}]
    others = {"raw__customers": [{"customer_record_id": "c", "owner": "Lee"}]}
    numbered = [row["owner"] for row in tickets(*delivered, **others)]
    assert numbered[0] != numbered[1]
    assert {*numbered} == {"owner_1", "owner_2", None}
    named = tickets(*delivered, **others, raw__company=[{"show_owner_names": True}])
    assert [row["owner"] for row in named] == ["Kim", "Lee", None]


def test_a_reason_why_no_reply_is_due_is_one_of_the_list():
    row = only(tickets({"ticket_id": "t", "no_reply_due_reason": "merged"}))
    assert row["no_reply_due_reason"] == "merged"


@pytest.mark.parametrize(
    ("reason", "replied", "solved", "kept"),
    [
        ("solved_by_customer", None, "12:00", True),
        ("solved_by_customer", "13:00", "12:00", True),  # closed before anybody answered
        ("solved_by_customer", "11:00", "12:00", False),
        ("solved_by_customer", "11:00", None, False),
        ("reply_not_exported", None, "12:00", True),
        ("reply_not_exported", "11:00", "12:00", False),
        ("merged", "11:00", "12:00", True),
        ("opened_by_agent", "11:00", "12:00", True),
    ],
)
def test_a_reply_that_came_all_the_same_belies_the_reason_why_none_is_due(reason, replied, solved, kept):
    hours = {"first_public_reply_at": replied, "solved_at": solved}
    moments = {name: f"2026-01-05 {hour}:00" for name, hour in hours.items() if hour}
    ticket = {"ticket_id": "t", "opened_at": "2026-01-05 10:00:00", "no_reply_due_reason": reason, **moments}
    assert only(tickets(ticket))["no_reply_due_reason"] == (reason if kept else None)


def test_the_order_of_a_ticket_is_that_of_the_only_tool_that_has_one_of_this_id():
    delivered = [("desk", "a"), ("shop", "a"), ("shop", "b"), ("shop", "c"), ("market", "c")]
    rows = tickets(
        *(
            {"ticket_id": number, "order_id": order, "_system": "desk"}
            for number, order in zip("12345", [*"abcd", None], strict=True)
        ),
        raw__orders=[
            {"order_id": order, "gross_sales": "5", "_system": system, "_source": system} for system, order in delivered
        ],
    )
    assert [row["order_system"] for row in rows] == ["desk", "shop", None, None, None]
