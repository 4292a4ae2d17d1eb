"""A measure becomes a finding above its threshold; what is acknowledged stays quiet until it grows or a day passes."""

import datetime as dt
from typing import Any

import pytest

from regulars.pipelines.findings.catalogue import FAMILIES, FINDINGS, make_finding
from regulars.pipelines.findings.evaluate import (
    EvaluatedFinding,
    Policy,
    check_acknowledgements,
    evaluate_findings,
    write_stop_sentence,
)
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.findings.published import count_findings, is_said, list_finding_rows, read_key
from regulars.pipelines.settings.findings import Acknowledgement

TODAY = dt.date(2026, 6, 30)
TOMORROW, YESTERDAY = TODAY + dt.timedelta(days=1), TODAY - dt.timedelta(days=1)


def quarantined(count: int = 9, share: float = 0.5, source: str = "shop") -> Finding:
    return make_finding(
        "records_quarantined", f"{source}: {count}.", "Look.", source=source, kind="orders", count=count, share=share
    )


def emptied(count: int = 1) -> Finding:
    return make_finding("columns_appeared", f"{count}.", "Look.", kind="orders", count=count, share=0.1)


def known(**what: Any) -> Acknowledgement:
    given = {"finding": "records_quarantined", "reason": "a new till", "expires": TOMORROW}
    return Acknowledgement.model_validate({**given, **what})


def evaluate(*measured: Finding, **policy: Any) -> list[EvaluatedFinding]:
    return evaluate_findings(measured, Policy(TODAY, **policy))


def shifted(share: float) -> Finding:
    return make_finding("amounts_shifted", "Shifted.", "Look.", source="shop", kind="orders", share=share)


def test_a_measure_equal_to_its_threshold_is_no_finding_and_a_greater_one_is():
    threshold = FINDINGS["amounts_shifted"].threshold
    assert evaluate(shifted(threshold)) == []
    [found] = evaluate(shifted(threshold + 0.001))
    assert found.finding.threshold == threshold


def test_what_is_listed_below_its_threshold_is_information_unless_there_is_none():
    assert [each.finding.severity for each in evaluate(quarantined(share=0.001))] == ["info"]
    assert [each.finding.severity for each in evaluate(quarantined(share=0.006))] == ["warning"]
    assert evaluate(quarantined(share=0.0)) == []


def test_of_findings_about_the_same_the_most_severe_gives_the_severity():
    assert [each.finding.severity for each in evaluate(quarantined(share=0.001), quarantined())] == ["warning"]


def test_a_count_is_compared_where_the_catalogue_measures_by_count():
    assert evaluate(emptied(0)) == []
    assert len(evaluate(emptied(1))) == 1


def test_a_finding_without_its_measure_is_always_said():
    assert len(evaluate(make_finding("records_quarantined", "Many.", "Look."))) == 1


def test_the_settings_threshold_takes_the_place_of_the_catalogues():
    assert evaluate(shifted(0.7), thresholds={"amounts_shifted": 0.8}) == []
    assert evaluate(quarantined(share=0.0001), thresholds={"records_quarantined": 0.0})[0].finding.threshold == 0.0


def test_the_settings_severity_takes_the_place_of_the_catalogues():
    [found] = evaluate(quarantined(), severities={"records_quarantined": "stop"})
    assert (found.finding.severity, found.is_stop) == ("stop", True)


def test_a_finding_that_stops_passes_in_a_run_that_allows_it():
    policy = {"severities": {"records_quarantined": "stop"}, "allowed": {"records_quarantined": "a new till"}}
    [found] = evaluate(quarantined(), **policy)
    assert not found.is_stop
    assert found.acknowledgement == "allowed in this run: a new till"


def test_what_is_only_a_warning_needs_no_override_and_stays_said():
    assert not evaluate(quarantined(), allowed={"records_quarantined": "a new till"})[0].is_acknowledged


@pytest.mark.parametrize(
    ("what", "is_quiet"),
    [
        ({}, True),
        ({"source": "shop", "kind": "orders"}, True),
        ({"source": "till"}, False),
        ({"kind": "refunds"}, False),
        ({"table": "core.orders"}, False),
        ({"finding": "values_emptied"}, False),
        ({"count": 9}, True),
        ({"count": 8}, False),
        ({"expires": TODAY}, True),
        ({"expires": YESTERDAY}, False),
    ],
)
def test_what_is_acknowledged_is_quiet_until_it_grows_or_the_day_has_passed(what, is_quiet):
    [found] = evaluate(quarantined(9), acknowledgements=[known(**what)])
    assert found.is_acknowledged is is_quiet
    assert found.acknowledgement == ("a new till" if is_quiet else None)


def test_an_acknowledged_finding_does_not_stop_the_run():
    [found] = evaluate(quarantined(), severities={"records_quarantined": "stop"}, acknowledgements=[known()])
    assert not found.is_stop


@pytest.mark.parametrize(
    ("what", "notice"),
    [
        ({}, None),
        ({"expires": YESTERDAY}, "acknowledgement_expired"),
        ({"source": "till"}, "acknowledgement_unused"),
        ({"source": "till", "expires": YESTERDAY}, "acknowledgement_expired"),
    ],
)
def test_an_acknowledgement_that_has_expired_or_matches_nothing_is_said(what, notice):
    policy = Policy(TODAY, acknowledgements=[known(**what)])
    notices = check_acknowledgements(evaluate_findings([quarantined()], policy), policy)
    assert [each.name for each in notices] == ([notice] if notice else [])
    assert all("`records_quarantined`" in each.sentence for each in notices)


def test_findings_about_the_same_become_one_with_their_counts_added():
    measured = [quarantined(count, share) for count, share in ((1, 0.1), (2, 0.4), (3, 0.2), (4, 0.3), (5, 0.2))]
    [found] = evaluate(*measured)
    assert (found.finding.count, found.finding.share) == (15, 0.4)
    assert found.finding.sentence == "shop: 1. shop: 2. shop: 3. There are 2 more like this."


def test_the_most_severe_comes_first_and_then_the_order_of_names():
    found = evaluate(emptied(), quarantined(source="till"), quarantined(source="shop"))
    assert [(each.finding.name, each.finding.source) for each in found] == [
        ("records_quarantined", "shop"),
        ("records_quarantined", "till"),
        ("columns_appeared", None),
    ]


def test_the_sentence_of_a_stop_says_what_to_do_and_how_to_let_it_pass():
    assert write_stop_sentence(evaluate(quarantined(), severities={"records_quarantined": "stop"})) == (
        "shop: 9. Look. If it is right, run with `--allow records_quarantined=REASON`."
    )


def test_published_findings_are_counted_by_severity_and_the_acknowledged_apart():
    found = evaluate(quarantined(), quarantined(source="till"), emptied(), acknowledgements=[known(source="till")])
    rows = list_finding_rows(found)
    assert count_findings(rows) == {"stop": 0, "warning": 1, "info": 1, "acknowledged": 1}
    assert [row["source"] for row in rows if is_said(row)] == ["shop"]
    assert [read_key(row) for row in rows] == [each.finding.key for each in found]
    assert rows[0]["finding_id"] == "records_quarantined/shop/orders/-"


def test_each_name_stands_once_in_the_catalogue():
    names = [each.name for family in FAMILIES.values() for each in family]
    assert len(names) == len(set(names))
    assert all(each.meaning.endswith(".") for each in FINDINGS.values())
