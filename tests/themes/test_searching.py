"""Whether the one search for all themes finds what looking for each term of each theme finds."""

import re

import polars as pl
import pytest

from regulars.pipelines.themes.gaps import has_gap, write_expression
from regulars.pipelines.themes.matching import match_themes
from regulars.pipelines.themes.rules import ThemeRules
from regulars.pipelines.themes.rules_file import load_shipped_rules
from regulars.pipelines.themes.searching import EXCEPTION, HOLE, find_hits, list_patterns
from regulars.pipelines.themes.spelling import spell_alike
from regulars.pipelines.themes.text import normalize_text
from tests.themes.everyday_comments import EVERYDAY
from tests.themes.native_comments import NATIVE
from tests.themes.phrases import NOT_OF_THE_THEME

RULES = load_shipped_rules()


def look_for_each(texts: pl.Series, rules: ThemeRules, language: str | None) -> set[tuple[int, str, str]]:
    """Row, theme and role of the terms of texts: each term by itself, without the one search."""
    listed = list_patterns(rules, language)
    found = set()
    for (theme,), of_theme in listed.partition_by("theme", as_dict=True).items():
        exceptions = of_theme.filter(pl.col("role") == EXCEPTION)["pattern"].implode()
        cut = texts.to_frame("text").select(pl.col("text").str.replace_many(exceptions, [HOLE])).to_series().to_list()
        for role, pattern in of_theme.filter(pl.col("role") != EXCEPTION).select("role", "pattern").rows():
            look = re.compile(write_expression(pattern) if has_gap(pattern) else re.escape(pattern)).search
            found |= {(row, theme, role) for row, text in enumerate(cut) if look(text)}
    return found


def write_texts(comments: list[str], language: str | None) -> pl.Series:
    frame = pl.DataFrame({"text": comments}).select(spell_alike(normalize_text(pl.col("text")), language))
    return frame.to_series()


@pytest.mark.parametrize("language", EVERYDAY)
def test_the_search_finds_what_looking_for_each_term_finds(language: str):
    comments = [comment for rows in (EVERYDAY, NATIVE) for comment, _ in rows[language]]
    halves = [comment[len(comment) // 3 :] for comment in comments]
    not_one = [comment for phrases in NOT_OF_THE_THEME.values() for comment in phrases.get(language, ())]
    texts = write_texts([*comments, *map(" ".join, zip(comments, halves, strict=True)), *not_one], language)
    hits = find_hits(texts, list_patterns(RULES, language))
    found = set(hits.select("row", "theme", "role").rows())
    assert found == look_for_each(texts, RULES, language)
    assert len(hits) == len(found)


def test_texts_of_an_unknown_language_are_searched_by_all_patterns():
    texts = write_texts(["waited ages for a reply, das ist zu teuer, nie drogo", "不贵？很贵！", " "], None)
    found = set(find_hits(texts, list_patterns(RULES, None)).select("row", "theme", "role").rows())
    assert found == look_for_each(texts, RULES, None)
    assert {row for row, _, _ in found} == {0, 1}


def test_rules_without_a_theme_leave_every_comment_unmatched():
    comments = pl.DataFrame({"c": ["a"], "comment_language": ["en"], "text": [" late "]})
    assert match_themes(comments, ThemeRules("themes.yaml", "", ())).rows() == [("a", "en", "unmatched")]
