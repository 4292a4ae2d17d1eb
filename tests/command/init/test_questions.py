"""Answers to what the files cannot say: only those that can stand in the settings are taken."""

import pytest

from regulars.pipelines.command.init.drafts import Draft, Question
from regulars.pipelines.command.init.found_files import FoundFile
from regulars.pipelines.command.init.groups import Group
from regulars.pipelines.command.init.questions import ask_about
from regulars.pipelines.command.init.tables import TableHead


def answer(key: str, answer: str) -> tuple[dict, bool]:
    """What a source is after an answer, and whether the question has left it."""
    head = TableHead(FoundFile(None, "a.csv"), "csv", ",", ("Order No", "Net", "Currency"))
    draft = Draft("a", Group("one", (head,), ("a.csv",)), {}, "orders", "unsure", questions=[Question(key, "?")])
    ask_about([draft], lambda text, labels: answer)
    return draft.written, not draft.questions


@pytest.mark.parametrize(
    ("key", "given", "written"),
    [
        ("timezone", "Europe/Paris", {"timezone": "Europe/Paris"}),
        ("currency", "USD", {"currency": "USD"}),
        ("columns.gross_sales", "net", {"columns": {"gross_sales": "net"}}),
        ("kinds.orders.columns.currency", "Currency", {"kinds": {"orders": {"columns": {"currency": "Currency"}}}}),
        ("columns.currency", "USD", {"columns": {"currency": {"value": "USD"}}}),
        ("columns.kind", "yes", {}),
        ("columns.prices_include_tax", "no", {"columns": {"prices_include_tax": {"value": False}}}),
    ],
)
def test_an_answer_that_can_stand_in_the_settings_is_taken(key, given, written):
    assert answer(key, given) == (written, True)


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("timezone", "Paris"),
        ("currency", "dollars"),
        ("columns.gross_sales", "Gross"),
        ("kinds.orders.columns.gross_sales", "Gross"),
        ("columns.currency", "dollars"),
        ("columns.kind", "Currency"),
        ("columns.survey_type", "nps"),
        ("same_sales", "yes"),
        ("columns.prices_include_tax", "yes"),
        ("columns.prices_include_tax", "Net"),
        ("exclude.no_sale", "yes"),
        ("columns.first_public_reply_at", "Net"),
    ],
)
def test_any_other_answer_leaves_the_question_open(key, given):
    assert answer(key, given) == ({}, False)
