"""`regulars about` says which records are one customer, and why."""

import json

import pytest

from regulars.pipelines.command.about import WORDS, describe_somebody
from regulars.pipelines.identity.accounts import BELONGS_BY
from regulars.pipelines.identity.graph import MATCHED_BY
from tests.shop import run_regulars


def about(shop, whom: str) -> str:
    done = run_regulars("about", whom, "--home", shop.home.path)
    assert done.code == 0, done.stderr
    return done.stdout


def test_a_customer_is_found_by_id_record_and_address_and_shown_with_the_key_in_part(published_shop):
    ann = published_shop.customers_by_record()["c1"]
    said = about(published_shop, "crm:c1")
    assert said == about(published_shop, str(ann)) == about(published_shop, "Ann@example.org")
    assert f"customer {ann}" in said
    assert "survey:a1 (response) and crm:c1 have the same address, a…@example.org" in said
    assert "ann@" not in said


def test_machines_get_the_same(published_shop):
    (found,) = json.loads(describe_somebody(published_shop.home, "crm:c1", as_json=True))
    assert found["records"] == ["crm:c1", "survey:a1 (response)"]
    assert found["links"] == [
        {
            "matched_by": "email",
            "key": "a…@example.org",
            "records": ["survey:a1 (response)", "crm:c1"],
            "cut_by": None,
        }
    ]
    assert found["changes"] == ["created, of 2 records"]


@pytest.mark.parametrize("whom", ["crm:c99", "nobody@example.org", "00000000-0000-0000-0000-000000000001", ""])
def test_nobody_is_said_to_be_nobody(published_shop, whom):
    done = run_regulars("about", whom, "--home", published_shop.home.path)
    assert done.code == 2
    assert "nobody is called so" in done.stderr
    assert not whom or whom not in done.stderr


def test_every_way_of_linking_has_words():
    assert WORDS.keys() == {**MATCHED_BY, **BELONGS_BY}.keys()
