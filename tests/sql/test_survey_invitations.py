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
