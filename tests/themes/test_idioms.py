"""Whether the shipped rules find themes in idioms and slang, and leave figures of speech about other topics alone."""

import pytest

from regulars.pipelines.themes.rules_file import load_shipped_rules
from tests.themes.idiom_comments import IDIOMS
from tests.themes.idioms_held import IDIOMS_HELD
from tests.themes.other_topics import OTHER_TOPICS, OTHER_TOPICS_HELD
from tests.themes.test_everyday_comments import find_shares
from tests.themes.test_matching import themes_of

RULES = load_shipped_rules()


def find_share_tagged(comments: dict[str, tuple[str, ...]]) -> float:
    """Which share of comments about no theme has one all the same."""
    found = [
        themes for language, texts in comments.items() for themes in themes_of(*texts, language=language, rules=RULES)
    ]
    return sum(themes != ["unmatched"] for themes in found) / len(found)


@pytest.mark.parametrize("language", IDIOMS)
def test_the_themes_of_idioms_that_the_rules_were_made_better_by_are_found(language: str):
    recall, precision = find_shares(language, IDIOMS[language])
    assert recall >= 0.95
    assert precision >= 0.9


@pytest.mark.parametrize("language", IDIOMS_HELD)
def test_the_themes_of_most_idioms_by_which_no_rule_was_changed_are_found(language: str):
    recall, precision = find_shares(language, IDIOMS_HELD[language])
    assert recall >= 0.75
    assert precision >= 0.8


def test_few_comments_about_other_topics_have_a_theme():
    assert find_share_tagged(OTHER_TOPICS) <= 0.1
    assert find_share_tagged(OTHER_TOPICS_HELD) <= 0.4
