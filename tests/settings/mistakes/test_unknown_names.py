"""A name in the settings that names nothing of theirs is a mistake with its line: it would do nothing in silence."""

import pytest

from regulars.pipelines.settings.mistakes.unknown_names import find_unknown_names
from regulars.pipelines.settings.profiles.merge import merge_source
from regulars.pipelines.settings.profiles.profile_files import list_profiles, read_profile
from tests.settings.test_settings_file import SMALL, mistakes, parsed

RULES = "    exclude: {unpaid: state = 'open'}\n    include: {ours: shop = '1'}\n"


def test_a_doubtful_name_that_is_the_name_of_no_rule_is_named_with_the_nearest_one():
    assert mistakes(f"{SMALL}{RULES}    doubtful: {{unpayd: state = 'x'}}\n") == [
        "regulars.yaml:13: sources.shop.doubtful.unpayd: `unpayd` is the name of no rule in `exclude` or `include`; "
        "did you mean `unpaid`?"
    ]
    assert parsed(f"{SMALL}{RULES}    doubtful: {{unpaid: a = 'x', ours: a = 'y'}}\n").sources["shop"].doubtful


def test_a_doubtful_name_of_a_source_without_rules_is_a_mistake_too():
    assert mistakes(f"{SMALL}    doubtful: {{paid: state = 'x'}}\n") == [
        "regulars.yaml:11: sources.shop.doubtful.paid: `paid` is the name of no rule in `exclude` or `include`"
    ]


def test_every_profile_doubts_its_own_rules_and_those_that_are_taken_away_no_more():
    doubting = 0
    for name, path in list_profiles(None).items():
        mapping = read_profile(name, path).mapping
        assert not list(find_unknown_names({"sources": {"tool": mapping}})), name
        for key in ("exclude", "include"):
            for rule in mapping.get(key, {}):
                merged = merge_source(mapping, {"path": "*", key: {rule: None}})
                assert rule not in merged.get("doubtful", {})
                doubting += rule in mapping.get("doubtful", {})
    assert doubting >= 10


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "identity: {survivorship: {systems: [shp]}}\n",
            "identity.survivorship.systems.0: `shp` is the system of no source; did you mean `shop`?",
        ),
        (
            "findings: {acknowledged: [{finding: late_events, source: sop, reason: known, expires: 2030-01-01}]}\n",
            "findings.acknowledged.0.source: `sop` is the name of no source; did you mean `shop`?",
        ),
        (
            "findings: {acknowledged: [{finding: late_events, kind: order, reason: known, expires: 2030-01-01}]}\n",
            "findings.acknowledged.0.kind: `order` is the name of no kind; did you mean `orders`?",
        ),
    ],
)
def test_systems_sources_and_kinds_that_there_are_not(text, sentence):
    assert f"regulars.yaml:11: {sentence}" in mistakes(SMALL + text)


def test_a_source_is_known_by_the_system_that_it_names():
    text = SMALL.replace("    kind: orders", "    system: till\n    kind: orders")
    assert parsed(f"{text}identity: {{survivorship: {{systems: [till]}}}}\n").identity.survivorship.systems == ["till"]
    assert mistakes(f"{text}identity: {{survivorship: {{systems: [shop]}}}}\n")


def test_an_empty_secret_is_told_before_it_is_sent():
    written = f"{SMALL}alerts: {{webhook: '${{HOOK}}'}}\n"
    assert "regulars.yaml:11: alerts.webhook: the environment variable HOOK is empty" in mistakes(written, HOOK=" ")
