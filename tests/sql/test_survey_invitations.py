"""`core.survey_invitations`: who was asked."""

import datetime as dt

from tests.builders import build, only, rows_of


def invitations(*rows: dict, **others) -> list[dict]:
    with build(raw__survey_invitations=rows, **others) as con:
        return rows_of(con, "core.survey_invitations")


def test_an_invitation_is_on_the_companys_day_and_names_the_answer_it_brought():
    row = only(
        invitations(
            {"invitation_id": "i", "invited_at": "2026-01-05 23:30:00", "response_id": "r", "touchpoint": "store"},
            raw__company=[{"timezone": "Europe/Berlin"}],
        )
    )
    assert (row["survey_type"], row["invited_date"], row["response_id"]) == ("nps", dt.date(2026, 1, 6), "r")
    assert (row["touchpoint"], row["language"], row["order_id"]) == ("store", None, None)


def test_the_invited_person_is_the_customer_record_named_else_the_address_else_the_order():
    rows = invitations(
        {"invitation_id": "1 record", "customer_record_id": "c"},
        {"invitation_id": "2 address", "email": "ada@example.com"},
        {"invitation_id": "3 order", "order_id": "o"},
        {"invitation_id": "4 nobody"},
        raw__customers=[{"customer_record_id": "c", "email": "ada@example.com"}],
        raw__orders=[{"order_id": "o", "customer_record_id": "c", "gross_sales": "5"}],
    )
    assert [row["customer_idx"] for row in rows] == [1, 1, 1, None]


def test_an_invitation_creates_no_customer():
    row = only(invitations({"invitation_id": "i", "email": "eve@example.com"}))
    assert row["contact_id"] is not None
    assert row["customer_id"] is None


ORDERS = [
    {"_system": "shop", "order_id": "o1", "customer_record_id": "c", "store_id": "north", "channel": "web"},
    {"_system": "till", "order_id": "o2", "customer_record_id": "c", "store_id": "south", "channel": "store"},
    {"_system": "shop", "order_id": "o3", "customer_record_id": "c", "store_id": "north"},
    {"_system": "till", "order_id": "o3", "customer_record_id": "c", "store_id": "south"},
]


def test_the_order_is_the_one_of_the_same_tool_else_the_only_one_with_its_id():
    asked = [{"order_id": each} for each in ("o1", "o2", "o3", "o4", None)]
    with build(
        raw__survey_invitations=[each | {"invitation_id": f"i{n}", "_system": "shop"} for n, each in enumerate(asked)],
        raw__survey_responses=[each | {"response_id": f"r{n}", "_system": "forms"} for n, each in enumerate(asked)],
        raw__orders=[each | {"gross_sales": "5"} for each in ORDERS],
    ) as con:
        columns = ("order_system", "channel", "store_id")
        invited = [tuple(row[name] for name in columns) for row in rows_of(con, "core.survey_invitations")]
        answered = [tuple(row[name] for name in columns) for row in rows_of(con, "core.survey_responses")]
    nobodys = (None, None, None)
    assert invited == [("shop", "web", "north"), ("till", "store", "south"), ("shop", None, "north"), nobodys, nobodys]
    assert answered == [("shop", "web", "north"), ("till", "store", "south"), nobodys, nobodys, nobodys]
