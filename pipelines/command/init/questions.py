"""Asks what the files cannot say, and puts the answers into the drafts; without a person, leaves the questions open.

Put here: asking. Keep out: which questions there are (`drafts.py`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from regulars.pipelines.command.init.drafts import Draft, Question
from regulars.pipelines.definitions.enumerations import CURRENCY_PATTERN
from regulars.pipelines.settings.part import check_zone
from regulars.pipelines.sources.readers.header import find_column

Ask = Callable[[str, tuple[str, ...]], str]
"""Shows a question with its numbered choices, and gives the answer; empty: nobody knows."""


_IS_IT = ("columns.kind", "columns.survey_type", "columns.gross_sales")
"""Questions that may be answered with yes: it is what it seems."""


_IN_THE_FILE = ("columns.is_cancelled", "columns.first_public_reply_at", "exclude.no_sale", "exclude.tests")
"""Questions whose answer is an expression: they are written into the settings, and nobody is asked."""


_YES, _NO = ("y", "yes"), ("n", "no")


_ANSWERED = ("timezone", "currency", "system", "options", "columns", "kinds")
"""Keys of a source that an answer of one line can be put at; all others are left in the settings."""


def ask_about(drafts: list[Draft], ask: Ask | None) -> None:
    """Ask every open question; the answered ones leave the draft.

    Args:
        drafts: The drafts, which are changed.
        ask: How to ask; None: nobody is there, and all questions stay in the settings.
    """
    for draft in drafts:
        if ask is None:
            continue
        for question in list(draft.questions):
            if question.key.endswith(_IN_THE_FILE) or question.key.split(".")[0] not in _ANSWERED:
                continue
            answer = ask(f"{draft.name} ({draft.what}): {question.text}", question.labels).strip()
            if answer and take_answer(draft, question, answer):
                draft.questions.remove(question)
        if draft.sureness == "unsure" and not draft.questions:
            draft.sureness = "likely"


def take_answer(draft: Draft, question: Question, answer: str) -> bool:
    """Put an answer into the draft; False where it is none."""
    if question.choices:
        if not answer.isdigit() or not 1 <= int(answer) <= len(question.choices):
            return False
        chosen: Mapping[str, Any] = question.choices[int(answer) - 1]
        draft.written.setdefault("options", {}).update({key: value for key, value in chosen.items() if value})
        return True
    if question.key.endswith(_IS_IT) and answer.lower() in _YES:
        return True  # it is what it seems
    is_flag = question.key.endswith("columns.prices_include_tax")
    if not (_fits_flag(draft, question.key, answer) if is_flag else _fits(draft, question.key, answer)):
        return False
    place = draft.written
    *folders, last = question.key.split(".")
    for step in folders:
        place = place.setdefault(step, {})
    is_code = last == "currency" and folders and find_column(answer, draft.group.heads[-1].header) is None
    place[last] = {"value": answer.lower() in _YES} if is_flag else {"value": answer} if is_code else answer
    return True


def _fits_flag(draft: Draft, key: str, answer: str) -> bool:
    """Whether a yes or no can stand in the settings: prices include a tax only where a column says how much."""
    place = draft.written
    for step in key.split(".")[:-1]:
        place = place.get(step, {})
    return answer.lower() in _NO or (answer.lower() in _YES and "tax" in place)


def _fits(draft: Draft, key: str, answer: str) -> bool:
    """Whether an answer can stand in the settings: a zone, a currency, a column of the file."""
    if key == "timezone":
        try:
            return bool(check_zone(answer))
        except ValueError:
            return False
    if key == "currency":
        return re.fullmatch(CURRENCY_PATTERN, answer) is not None
    if key.endswith(("columns.kind", "columns.survey_type")):
        return False  # only a yes is an answer
    if "columns." in key:
        is_code = key.endswith("columns.currency") and re.fullmatch(CURRENCY_PATTERN, answer) is not None
        return is_code or find_column(answer, draft.group.heads[-1].header) is not None
    return True
