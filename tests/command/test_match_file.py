"""The file of matches: read beside the settings, and mistakes told with their line and without values."""

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.settings_file import load_settings

SETTINGS = """
company: {name: Acme, timezone: UTC, currency: EUR}
sources: {shop: {path: o.csv, kind: orders, columns: {order_id: id, ordered_at: at, gross_sales: total}}}
identity:
  never_match: [[crm:1, crm:2]]
  match_file: matches.csv
"""


def load(tmp_path, matches: str | None):
    (tmp_path / "regulars.yaml").write_text(SETTINGS, encoding="utf-8")
    if matches is not None:
        (tmp_path / "matches.csv").write_text(matches, encoding="utf-8")
    return load_settings(tmp_path / "regulars.yaml", {}).identity


def test_pairs_of_the_file_stand_behind_those_of_the_settings(tmp_path):
    found = load(tmp_path, "note,rule,one,other\nx,always,crm:7, ann@example.com \n,never,shop:a:b,crm:3\n")
    assert found.always_match == [["crm:7", "ann@example.com"]]
    assert found.never_match == [["crm:1", "crm:2"], ["shop:a:b", "crm:3"]]


@pytest.mark.parametrize(
    ("matches", "sentence"),
    [
        (None, "regulars.yaml:6: identity.match_file: `matches.csv` cannot be read"),
        ("one,other\n", "matches.csv:1: write the columns rule, one and other"),
        ("rule,one,other\nnever,crm:1,crm:2\nsometimes,crm:1,crm:2\n", "matches.csv:3: the rule is always or never"),
        ("rule,one,other\nnever,crm:1,Ann Smith\n", "matches.csv:2: each side of a match is `system:record id`"),
        ("rule,one,other\nnever,crm:1\n", "matches.csv:2: each side of a match is"),
    ],
)
def test_mistakes_are_told_with_their_line_and_without_values(tmp_path, matches, sentence):
    with pytest.raises(SettingsWrong) as told:
        load(tmp_path, matches)
    assert sentence in str(told.value)
    assert "Ann" not in str(told.value)
