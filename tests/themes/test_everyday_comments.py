"""How many themes the shipped rules find in ordinary comments, and how many they see that are not there."""

import pytest

from regulars.pipelines.themes.rules_file import load_shipped_rules
from tests.themes.colloquial_comments import COLLOQUIAL
from tests.themes.everyday_comments import EVERYDAY
from tests.themes.everyday_held import EVERYDAY_HELD
from tests.themes.more_colloquial_comments import MORE_COLLOQUIAL
from tests.themes.test_matching import themes_of

RULES = load_shipped_rules()
Comments = tuple[tuple[str, str], ...]


def find_shares(language: str, rows: Comments) -> tuple[float, float]:
    """Which share of the themes that a reader sees is found, and which share of those found a reader sees."""
    labels = [set(themes.split()) for _, themes in rows]
    found = [set(each) for each in themes_of(*(comment for comment, _ in rows), language=language, rules=RULES)]
    both = sum(len(seen & themes) for seen, themes in zip(found, labels, strict=True))
    wanted = sum(not theme.endswith("?") for themes in labels for theme in themes)
    wrong = sum(
        theme != "unmatched" and theme not in themes and f"{theme}?" not in themes
        for seen, themes in zip(found, labels, strict=True)
        for theme in seen
    )
    return both / wanted, both / (both + wrong)


@pytest.mark.parametrize("language", EVERYDAY)
@pytest.mark.parametrize("comments", [EVERYDAY, COLLOQUIAL, MORE_COLLOQUIAL], ids=["everyday", "colloquial", "more"])
def test_the_themes_of_comments_that_the_rules_were_made_better_by_are_found(language, comments):
    recall, precision = find_shares(language, comments[language])
    assert recall >= 0.9
    assert precision >= 0.8


@pytest.mark.parametrize("language", EVERYDAY_HELD)
def test_the_themes_of_ordinary_comments_by_which_no_rule_was_changed_are_found(language):
    recall, precision = find_shares(language, EVERYDAY_HELD[language])
    assert recall >= 0.9
    assert precision >= 0.85
