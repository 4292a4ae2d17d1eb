"""Who may be written to, which record stands for a customer, and how columns and files are named."""

from typing import Any

import polars as pl
import pytest

from regulars.pipelines.command.worklists.contacts import find_addresses
from regulars.pipelines.command.worklists.crm_headers import find_headers
from regulars.pipelines.command.worklists.owner_files import OURS, choose_records, make_owner_files, make_plain
from regulars.pipelines.command.worklists.segment_files import make_segment_files
from regulars.pipelines.home.home import Home
from regulars.pipelines.settings.sources.source import Source

SCHEMA = {
    **dict.fromkeys(("customer_id", "contact_id", "source", "customer_record_id", "first_name"), pl.String),
    **dict.fromkeys(("last_name", "company_name", "email", "phone", "owner"), pl.String),
    "email_opt_in": pl.Boolean,
    "newness": pl.Int64,
    "is_deleted": pl.Boolean,
}


def records(*rows: dict[str, Any]) -> pl.DataFrame:
    """Customer records, the newest last; each is a contact of its own unless it says otherwise."""
    full = []
    for number, row in enumerate(rows, 1):
        name = row.get("customer_id", f"c{number}")
        dull = {"customer_id": name, "contact_id": name, "source": "crm", "customer_record_id": f"r{number}"}
        full.append({**dull, "is_deleted": False, "newness": number, **row})
    return pl.DataFrame(full, schema=SCHEMA)


def consents(*rows: dict[str, Any], ignore: tuple[str, ...] = ()) -> dict[str, str]:
    found = find_addresses(records(*rows), ignore)
    return dict(found.select("contact_id", "consent").rows())


def test_consent_is_yes_no_or_unknown_and_needs_an_address():
    assert consents(
        {"email": "a@x.org", "email_opt_in": True},
        {"email": "b@x.org", "email_opt_in": False},
        {"email": "c@x.org"},
        {"email_opt_in": True},
        {"email": "none", "email_opt_in": True},
    ) == {"c1": "yes", "c2": "no", "c3": "unknown", "c4": "no address", "c5": "no address"}


def test_the_newest_record_that_says_so_decides_a_deleted_one_too():
    old, new = {"customer_id": "a", "email": "a@x.org"}, {"customer_id": "a", "email": "a@x.org"}
    assert consents(old | {"email_opt_in": True}, new) == {"a": "yes"}
    assert consents(old | {"email_opt_in": True}, new | {"email_opt_in": False}) == {"a": "no"}
    assert consents(old | {"email_opt_in": True}, new | {"email_opt_in": False, "is_deleted": True}) == {"a": "no"}
    assert consents(old | {"email_opt_in": True, "is_deleted": True}) == {}


def test_an_address_that_somebody_declined_for_is_written_to_for_nobody():
    shared = {"email": "Family@x.org", "email_opt_in": True}
    assert consents(shared, {"email": " family@X.org ", "email_opt_in": False}) == {"c1": "no", "c2": "no"}
    former = (
        {"customer_id": "b", "email": "family@x.org"},
        {"customer_id": "b", "email": "b@x.org", "email_opt_in": False},
    )
    assert consents(shared, *former) == {"c1": "no", "b": "no"}


def test_the_address_of_the_till_is_nobodys():
    assert consents({"email": "Till@x.org", "email_opt_in": True}, ignore=("till@x.org",)) == {"c1": "no address"}


def test_a_file_of_a_segment_has_an_address_once_and_counts_who_is_left_out():
    found = find_addresses(
        records(
            {"email": "a@x.org", "email_opt_in": True, "first_name": "Ann"},
            {"email": "A@x.org", "email_opt_in": True},
            {"email": "b@x.org", "email_opt_in": False},
            {"email": "c@x.org"},
        ),
        (),
    )
    members = pl.DataFrame({"customer_id": ["c1", "c2", "c3", "c4", "guest"], "segment": ["top ones"] * 5})
    (made,) = make_segment_files(members, found)
    assert made.rows.rows() == [("a@x.org", "Ann", "top ones", "c1")]
    assert made.file_name == "segment-top-ones.csv"
    assert made.describe() == (
        "segment top ones: 1 address; left out: 1 declined, 1 whose consent is not known, 1 without an address, "
        "1 with the address of another"
    )


def test_the_newest_record_that_names_an_owner_stands_for_the_customer():
    (row,) = choose_records(
        records(
            {"customer_id": "a", "owner": "Kim"},
            {"customer_id": "a", "owner": "Lee", "email_opt_in": False},
            {"customer_id": "a"},
            {"customer_id": "a", "source": "shop"},
            {"customer_id": "a", "owner": "Old", "is_deleted": True},
        )
    ).to_dicts()
    assert (row["customer_record_id"], row["other_records"], row["may_email"]) == ("r2", "r1; r3", "no")


def test_customers_of_several_sources_get_a_file_for_each():
    lists = pl.DataFrame(
        {
            "customer_id": ["a", "b", "guest", "d"],
            "owner": ["owner_1", "owner_1", "unassigned", "unassigned"],
            "list_rank": [1, 2, 1, 2],
            **{name: ["x"] * 4 for name in ("call_reason", "why", "at_stake", "at_stake_basis", "next_step")},
            **{name: ["y"] * 4 for name in ("p_alive", "keepable_value", "until_date", "as_of", "warning")},
        }
    )
    who = records(
        {"customer_id": "a", "owner": "Zoë"},
        {"customer_id": "b", "owner": "Zoë", "source": "shop"},
        {"customer_id": "d", "source": "shop"},
    )
    headers = {"crm": {"customer_record_id": "Record ID", "first_name": "Regulars rank"}, "shop": {}}
    files = make_owner_files(lists, who, headers, {"Zoë": "owner_1"})
    assert {name: frame.columns[0] for name, frame in files.items()} == {
        "worklist-zoe-1-crm.csv": "Record ID",
        "worklist-zoe-1-shop.csv": "customer_record_id",
        "worklist-unassigned-no-record.csv": "Regulars rank",
        "worklist-unassigned-shop.csv": "customer_record_id",
    }
    ours = list(OURS.values())
    assert files["worklist-unassigned-shop.csv"].columns == ["customer_record_id", *ours]
    assert files["worklist-zoe-1-crm.csv"].columns == ["Record ID", "Regulars owner", *ours]
    assert files["worklist-unassigned-no-record.csv"].columns == ours


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Zoë Müller", "zoe-muller"),
        ("Søren/../Åkesson", "soren-akesson"),
        ("Иван", ""),
        ("CON", "con"),
        ("a" * 99, "a" * 40),
    ],
)
def test_names_of_files_are_plain(name: str, plain: str):
    assert make_plain(name) == plain


def test_headers_are_the_tools_own_and_an_expression_has_none(tmp_path):
    source = Source(
        path="crm.csv",
        kind="customers",
        columns={
            "customer_record_id": ["Id", "Record ID"],
            "first_name": {"sql": "upper(Name)"},
            "last_name": "Email",
            "email": "Email",
        },
    )
    assert find_headers(Home(tmp_path), source, None) == {"customer_record_id": "Id", "last_name": "Email"}
    assert find_headers(Home(tmp_path), None, None) == {}
