"""`regulars matches` lists likely pairs and writes them as a file of matches."""

import duckdb
import pytest

from regulars.pipelines.command import matches
from regulars.pipelines.command.matches import list_matches

PAIRS = """
    create schema identity;
    create table identity.likely_pairs as
    from (values
        ('customer/shop/7', 'customer/crm/a/1', 0.95, 'equal given name', false),
        ('customer/shop/8', 'customer/crm/2', 0.99, 'equal family name', true),
        ('customer/shop/9', 'customer/crm/3', 0.91, 'equal city', false)
    ) as pairs (record_key, other_record_key, probability, in_common, is_linked)
"""


@pytest.fixture
def listed(monkeypatch):
    """Runs the command on a state with three pairs."""

    def list_pairs(setup: str = PAIRS, **arguments):
        con = duckdb.connect()
        con.execute(setup)
        monkeypatch.setattr(matches, "find_current", lambda home: home)
        monkeypatch.setattr(matches, "open_state", lambda generation: con)
        return list_matches(None, **{"export": None, "as_json": False, **arguments})

    return list_pairs


def test_the_likeliest_pair_comes_first_and_a_linked_one_is_said_to_be(listed):
    assert listed().splitlines() == [
        "3 pairs of records are probably one person:",
        "0.99  shop:8 and crm:2: equal family name (linked)",
        "0.95  shop:7 and crm:a/1: equal given name",
        "0.91  shop:9 and crm:3: equal city",
    ]


def test_the_file_holds_what_is_not_linked_as_the_settings_read_it(listed, tmp_path):
    listed(export=tmp_path / "matches.csv")
    assert (tmp_path / "matches.csv").read_text(encoding="utf-8").splitlines() == [
        "rule,one,other,probability,in_common",
        "always,shop:7,crm:a/1,0.95,equal given name",
        "always,shop:9,crm:3,0.91,equal city",
    ]


def test_without_pairs_the_setting_is_named(listed):
    assert "identity: {fuzzy: {}}" in listed(PAIRS + "; delete from identity.likely_pairs")
