"""Counts of findings are written as people write them, and only what nobody knows of is said."""

import pytest

from regulars.pipelines.command.findings import count_in_words, list_said
from regulars.pipelines.command.plurals import count_things


def finding(severity: str, *, is_acknowledged: bool = False) -> dict[str, object]:
    row = {"finding": "odd", "sentence": "3 are odd.", "advice": "Look."}
    return {**row, "severity": severity, "is_acknowledged": is_acknowledged}


WARNING, INFO, KNOWN = finding("warning"), finding("info"), finding("warning", is_acknowledged=True)


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        ([], "nothing odd"),
        ([WARNING], "1 warning"),
        ([WARNING, WARNING, INFO], "2 warnings, 1 for information"),
        ([KNOWN], "1 acknowledged"),
        ([WARNING] * 10, "10 warnings"),
        ([finding("stop")], "1 that stops"),
        ([finding("stop")] * 2, "2 that stop"),
    ],
)
def test_findings_are_counted_by_what_follows_from_them(findings, words):
    assert count_in_words(findings) == words


def test_only_what_is_neither_information_nor_known_is_said():
    assert list_said([INFO, KNOWN, WARNING]) == [("odd", "3 are odd. Look.")]


@pytest.mark.parametrize(("count", "words"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1000, "1,000 rows")])
def test_one_is_singular(count, words):
    assert count_things(count, "row") == words


def test_a_noun_may_have_a_plural_of_its_own():
    assert (count_things(1, "line is", "lines are"), count_things(2, "line is", "lines are")) == (
        "1 line is",
        "2 lines are",
    )
