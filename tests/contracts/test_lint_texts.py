"""A text of a contract is read alone: it leans on no other, uses our words, and a number says its unit."""

import pytest

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.odcs.lint_texts import lint_texts
from regulars.pipelines.contracts.rule import Column


def problems(description="Orders of the customer.", name="orders", kind="VARCHAR", unit="", purpose="What there is."):
    column = Column(name, kind, "", description, unit=unit)
    return list(lint_texts(Contract("core.x", "1.0.0", "table", purpose, "All.", "One row each.", (column,), ())))


@pytest.mark.parametrize(
    "text",
    ["The same, of refunds.", "Its name.", "Of it, what was lost.", "NULL as above.", "Upper end of that interval."],
)
def test_a_description_that_leans_on_another_is_reported(text):
    (message,) = problems(text)
    assert message.startswith("column orders: ")
    assert "leans on another text" in message


@pytest.mark.parametrize("text", ["Orders of the same day.", "The row's customer and its orders.", "Worth above 10."])
def test_a_description_that_stands_alone_is_fine(text):
    assert problems(text) == []


def test_a_word_that_is_not_ours_is_reported_with_ours():
    assert problems(purpose="What the night left out.") == ["purpose: say `run`, not `night`"]
    assert problems("Rows Set Aside.") == ["column orders: say `quarantined`, not `Set Aside`"]


@pytest.mark.parametrize("kind", ["BIGINT", "DOUBLE", "DECIMAL(18,4)"])
def test_a_number_says_its_unit(kind):
    (message,) = problems(kind=kind)
    assert "column orders: a number needs the customProperty `unit`" in message
    assert problems(kind=kind, unit="orders") == []


@pytest.mark.parametrize("name", ["customer_idx", "line_number", "cause_rank", "generation"])
def test_a_number_that_only_identifies_rows_has_none(name):
    assert problems(name=name, kind="INTEGER") == []
