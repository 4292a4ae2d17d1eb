"""Whether the shipped rules find what native speakers write in everyday words, and leave out what is about nothing."""

import pytest

from regulars.pipelines.themes.rules_file import load_shipped_rules
from tests.themes.native_comments import ABOUT_NOTHING, NATIVE
from tests.themes.native_held import NATIVE_HELD
from tests.themes.test_matching import themes_of

RULES = load_shipped_rules()


def list_missed(language: str, rows: tuple[tuple[str, str], ...]) -> list[str]:
    found = themes_of(*(comment for comment, _ in rows), language=language, rules=RULES)
    return [comment for (comment, theme), themes in zip(rows, found, strict=True) if theme not in themes]


@pytest.mark.parametrize("language", NATIVE)
def test_a_comment_in_everyday_words_has_its_theme(language: str):
    assert list_missed(language, NATIVE[language]) == []


@pytest.mark.parametrize("language", ABOUT_NOTHING)
def test_a_comment_about_nothing_of_the_shop_has_no_theme(language: str):
    found = themes_of(*ABOUT_NOTHING[language], language=language, rules=RULES)
    assert [themes for themes in found if themes != ["unmatched"]] == []


def test_four_of_ten_comments_in_words_that_nobody_looked_up_have_their_theme():
    missed = sum(len(list_missed(language, rows)) for language, rows in NATIVE_HELD.items())
    assert 1 - missed / sum(len(rows) for rows in NATIVE_HELD.values()) >= 0.4
