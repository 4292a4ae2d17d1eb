"""`meta.settings_used`: every setting that a text of the published file names can be looked up there."""

import re
from typing import Any

import pytest

from regulars.pipelines.audit.used_settings import list_used_settings
from regulars.pipelines.contracts.dictionary import list_comments
from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.settings.package import CONTRACTS_FOLDER
from regulars.pipelines.settings.part import Part
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.settings_file import parse_settings

SHOP = """
company: {name: Corner Shop, timezone: Europe/Berlin, currency: EUR}
sources: {shop: {path: o.csv, delivery: full, kind: orders, columns: {order_id: O, ordered_at: A, gross_sales: T}}}
"""
SAID = """
lapse_days: 180
discount_rate: 0.10
acquisition_cost: {by_channel: {fair: 12.5}}
business_hours: {closed_on: [2026-05-01]}
offers: {without_consent: true}
exclude: {emails: [ada@example.com]}
identity: {ignore_emails: [bob@example.com], match_phones: true}
findings: {thresholds: {as_of_behind: 7}}
alerts: {webhook: "${HOOK}"}
segments: {near: {when: "city = 'Secretville'", meaning: They live near.}}
"""


def used(text: str) -> dict[str, dict[str, Any]]:
    settings = parse_settings(text, name="regulars.yaml", environment={"HOOK": "https://hook.example.com/secret"})
    return {row["setting"]: row for row in list_used_settings(settings)}


@pytest.fixture(scope="module")
def shown() -> dict[str, dict[str, Any]]:
    return used(SHOP + SAID)


def test_a_setting_has_its_value_its_default_and_its_meaning(shown):
    found = {name: (row["setting_value"], row["default_value"], row["is_default"]) for name, row in shown.items()}
    assert found["lapse_days"] == ("180", "365", False)
    assert found["discount_rate"] == ("0.1", "0.1", True)
    assert found["surveys.max_answer_days"] == ("365", "365", True)
    assert found["acquisition_cost.by_channel"] == ('{"fair": "12.5"}', "{}", False)
    assert found["acquisition_cost.default"] == (None, None, True)
    assert found["business_hours.closed_on"] == ('["2026-05-01"]', "[]", False)
    assert found["offers.without_consent"] == ("true", "false", False)
    assert found["findings.thresholds"] == ('{"as_of_behind": 7.0}', "{}", False)
    assert found["company.currency"] == ("EUR", None, False)
    assert all(row["setting_meaning"] for row in shown.values())


def test_no_secret_no_person_and_no_way_in_is_shown(shown):
    said = " ".join(f"{row['setting']} {row['setting_value']}" for row in shown.values())
    for hidden in ("example.com", "secret", "Secretville", "o.csv", "Corner Shop", "emails", "webhook", "sources"):
        assert hidden not in said


def test_what_texts_call_a_setting_is_shown_by_that_name(shown):
    parts = {name for name, field in Settings.model_fields.items() if isinstance(field.default, Part)}
    named = [
        (place, name)
        for place, text in list_comments(load_all_contracts(CONTRACTS_FOLDER)).items()
        for name in [
            *re.findall(r"([a-z]+[_.][a-z_.]+)`? (?:\(settings?\b|of the settings)", text),
            *(each for each in re.findall(r"\b[a-z_]+\.[a-z_]+\b", text) if each.partition(".")[0] in parts),
        ]
    ]
    assert len(named) > 20
    not_shown = {(place, name) for place, name in named if name not in shown}
    assert {name for _, name in not_shown} <= {"identity.survivorship"}, not_shown  # a part, of which each key is shown
