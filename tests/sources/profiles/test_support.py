"""Zendesk, Freshdesk and Intercom: blank values as `-`, replies in minutes, merged and deleted tickets."""

import json

from tests.sources.profiles.conftest import header_of, recognise, write_export

TICKET = "ticket_id, customer_record_id, email, opened_at, first_public_reply_at, solved_at, no_reply_due_reason"


def test_zendesk_tells_the_first_reply_in_minutes_and_writes_a_dash_for_nothing(read):
    header = header_of("zendesk/zendesk_view_csv_42cols_header_only.csv")
    assert recognise(header) == "zendesk_tickets"
    base = {"Requester id": "77", "Requester email": "a@x.example", "Created at": "2026-01-31 23:50",
            "Solved at": "-", "Reopens": "0", "Updated at": "2026-02-02 08:00"}  # fmt: skip
    export = write_export(
        header,
        base | {"Id": "1", "First reply time in minutes": "25", "Solved at": "2026-02-01 10:00", "Reopens": "2",
                "Satisfaction Score": "Good with comment", "Via": "Mail", "Tags": "vip complaint_delivery"},
        base | {"Id": "2", "First reply time in minutes": "-", "Requester email": "-", "Satisfaction Score": "Offered"},
        base | {"Id": "3", "Tags": "closed_by_merge", "Satisfaction Score": "Bad"},
        base | {"Id": "4", "Status": "Deleted"},
    )  # fmt: skip
    zone = {"timezone": "Europe/Berlin"}
    assert read("zendesk_tickets", export, "tickets", f"{TICKET}, reopened_count, is_complaint", **zone) == [
        (
            "1",
            "77",
            "a@x.example",
            "2026-01-31 22:50:00",
            "2026-01-31 23:15:00",
            "2026-02-01 09:00:00",
            None,
            "2",
            "true",
        ),
        ("2", "77", None, "2026-01-31 22:50:00", None, None, None, "0", None),
        ("3", "77", "a@x.example", "2026-01-31 22:50:00", None, None, "merged", "0", None),
    ]
    assert read.excluded["deleted"] == 1
    columns = "response_id, survey_type, score, scale_min, scale_max, answered_at"
    assert read("zendesk_tickets", export, "survey_responses", columns, **zone) == [
        ("1", "csat", "1", "0", "1", "2026-02-01 09:00:00"),
        ("3", "csat", "0", "0", "1", "2026-02-02 07:00:00"),
    ]


def test_freshdesk_reads_moments_and_never_durations(read):
    header = header_of("freshdesk/freshdesk_tickets_header_only.csv")
    assert recognise(header) == "freshdesk_tickets"
    export = write_export(
        header,
        {"Ticket ID": "5", "Email": "a@x.example", "Contact ID": "43001", "Created time": "2026-01-31 10:05:00",
         "Initial response time": "2026-01-31 10:30:00", "Closed time": "2026-02-01 09:00:00", "Type": "Complaint",
         "First response time (in hrs)": "00:25:00", "Description": "<div>Hi,\n\"there\"</div>"},
        {"Ticket ID": "6", "Created time": "2026-01-31 11:00:00", "Status": "Spam"},
    )  # fmt: skip
    assert read("freshdesk_tickets", export, "tickets", f"{TICKET}, is_complaint") == [
        ("5", "43001", "a@x.example", "2026-01-31 10:05:00", "2026-01-31 10:30:00", "2026-02-01 09:00:00", None, "true")
    ]
    assert read.excluded == {"deleted": 1}


def test_the_columns_that_an_operator_of_freshdesk_left_out_are_empty(read):
    few = ["Ticket ID", "Subject", "Status", "Created time"]
    assert recognise(few) == "freshdesk_tickets"
    export = write_export(few, {"Ticket ID": "5", "Created time": "2026-01-31 10:05:00"})
    assert read("freshdesk_tickets", export, "tickets", "ticket_id, solved_at, email") == [("5", None, None)]


def test_contacts_of_intercom_without_an_id_are_known_by_their_address(read):
    header = ["Name", "Owner", "Email", "Phone", "User ID", "First seen", "Signed up", "Last seen", "Country", "City"]
    assert recognise(header) == "intercom_contacts"
    export = write_export(
        header,
        {"Name": "Ann", "Email": "a@x.example", "User ID": "u1", "First seen": "2026-01-01 10:00:00"},
        {"Name": "Lead", "Email": "L@x.example", "First seen": "2026-01-02 10:00:00"},
        {"Name": "Nobody"},
    )
    assert read("intercom_contacts", export, "customers", "customer_record_id, email, created_at") == [
        ("u1", "a@x.example", "2026-01-01 10:00:00"),
        ("lead-l@x.example", "L@x.example", "2026-01-02 10:00:00"),
    ]
    assert read.excluded == {"without_id_and_address": 1}


def test_a_conversation_of_intercom_is_its_first_message_and_comments_are_none(read):
    header = ["message_id", "message_body", "message_type", "message_created_at", "message_author_type",
              "message_author_user_id", "message_author_email", "conversation_id", "conversation_state",
              "conversation_created_at", "conversation_first_response_at", "conversation_closed_at"]  # fmt: skip
    assert recognise(header) == "intercom_conversations"
    base = {"message_type": "conversation_message", "message_author_type": "user", "message_author_user_id": "u1",
            "conversation_created_at": "2026-01-01 10:00:00", "conversation_state": "closed",
            "conversation_first_response_at": "2026-01-01 10:10:00",
            "conversation_closed_at": "2026-01-01 12:00:00"}  # fmt: skip
    export = write_export(
        header,
        base | {"conversation_id": "9"},
        base | {"conversation_id": "9", "message_type": "comment", "message_author_type": "admin"},
        base | {"conversation_id": "10", "message_author_type": "admin", "conversation_state": "open"},
    )
    assert read("intercom_conversations", export, "tickets", TICKET) == [
        ("9", "u1", None, "2026-01-01 10:00:00", "2026-01-01 10:10:00", "2026-01-01 12:00:00", None),
        ("10", None, None, "2026-01-01 10:00:00", "2026-01-01 10:10:00", None, "opened_by_agent"),
    ]


def test_tickets_of_the_account_of_zendesk_as_json(read, tmp_path):
    ticket = {
        **{"id": 7, "created_at": "2026-01-31T23:50:00Z", "updated_at": "2026-02-02T08:00:00Z", "status": "solved"},
        **{"requester_id": 9007199254740993, "submitter_id": 1, "type": "incident", "via": {"channel": "email"}},
        **{"tags": ["vip", "complaint_delivery"], "satisfaction_rating": {"score": "bad"}},
    }
    merged = {**ticket, "id": 8, "tags": ["closed_by_merge"], "satisfaction_rating": {"score": "offered"}}
    path = tmp_path / "tickets.json"
    path.write_text(
        "".join(json.dumps(each) + "\n" for each in (ticket, merged, {**ticket, "id": 9, "status": "deleted"}))
    )
    columns = "ticket_id, customer_record_id, opened_at, channel, is_complaint, no_reply_due_reason"
    assert read("zendesk_account_tickets", path, "tickets", columns) == [
        ("7", "9007199254740993", "2026-01-31 23:50:00", "email", "true", "reply_not_exported"),
        ("8", "9007199254740993", "2026-01-31 23:50:00", "email", None, "merged"),
    ]
    assert read.excluded["deleted"] == 1
    answers = read("zendesk_account_tickets", path, "survey_responses", "response_id, score, scale_max, answered_at")
    assert answers == [("7", "0", "1", "2026-02-02 08:00:00")]
