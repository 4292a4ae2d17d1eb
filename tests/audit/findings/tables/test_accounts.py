"""Accounts that are words for nothing, and accounts above others that are written in another way."""

import pytest

from regulars.pipelines.audit.findings.tables.accounts import find_odd_accounts
from tests.audit.findings.measured import counts
from tests.builders import build

ACCOUNTS = ["001A0000001aaaX", "B7", "007", "100000000000000001"]


def found_among(rows, customer_is="account"):
    records = [{"customer_record_id": f"c{n}", **row} for n, row in enumerate(rows)]
    with build(raw__customers=records) as con:
        con.execute("update raw.company set customer_is = $how", {"how": customer_is})
        return counts(list(find_odd_accounts(con)))


def test_words_for_nothing_are_no_accounts_where_customers_are_accounts():
    rows = [{"account_id": "NULL"}, {"account_id": " null"}, {"account_id": "A"}, {"parent_account_id": "0"}]
    assert found_among(rows) == {"placeholder_ids": 2}
    assert found_among(rows, "person") == {}


@pytest.mark.parametrize(
    ("parent", "count"),
    [
        ("001A0000001aaaXAB2", 1),
        ("b7", 1),
        ("7", 1),
        ("B7.0", 1),
        ("B7", 0),
        ("C9", 0),
        ("B70", 0),
        ("100000000000000002", 0),
    ],
)
def test_an_account_above_is_missed_for_how_it_is_written_and_not_for_being_unknown(parent, count):
    rows = [*({"account_id": account} for account in ACCOUNTS), {"account_id": "D", "parent_account_id": parent}]
    assert found_among(rows) == ({"parents_written_otherwise": count} if count else {})
    assert found_among(rows, "person") == {}
