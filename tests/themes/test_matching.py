"""Which comments have which theme: by the shipped rules, and by rules of one's own."""

import re

import polars as pl
import pytest

from regulars.pipelines.themes.comment_themes import read_texts, tag_texts
from regulars.pipelines.themes.matching import count_term_hits, match_themes
from regulars.pipelines.themes.rules import ThemeRules
from regulars.pipelines.themes.rules_file import load_shipped_rules, parse_theme_rules
from regulars.pipelines.themes.text import normalize_text
from tests.themes.phrases import NOT_OF_THE_THEME, PHRASES

NOWHERE = pl.Series([], dtype=pl.String)
RULES = parse_theme_rules(
    """
price: {terms: {en: [expens, cost.], zh: [贵]}, not: {zh: [不贵], en: [not expens]}}
delivery: {terms: {en: [deliver], pt: [custo]}}
""",
    "themes.yaml",
)


def themes_of(*comments: str, language: str | None = "en", rules: ThemeRules = RULES) -> list[list[str]]:
    frame = pl.DataFrame(
        {
            "system": "s",
            "response_id": [f"r{n:04}" for n in range(len(comments))],
            "language": pl.Series([language] * len(comments), dtype=pl.String),
            "comment": comments,
        }
    )
    tagged = tag_texts(read_texts(frame, NOWHERE), rules)
    return tagged.group_by("response_id", maintain_order=True).agg("theme")["theme"].to_list()


def test_a_comment_has_every_theme_of_which_it_holds_a_term_or_is_unmatched():
    assert themes_of("Expensive, and no DELIVERY.", "Costly", "cost", "") == [
        ["delivery", "price"],
        ["unmatched"],
        ["price"],
        ["unmatched"],
    ]


def test_a_phrase_that_does_not_count_is_cut_out_and_the_rest_still_counts():
    assert themes_of("不贵", "不贵？很贵！", language="zh") == [["unmatched"], ["price"]]
    assert themes_of("not expensive", "not expensive but the cost") == [["unmatched"], ["price"]]


def test_terms_of_other_languages_count_only_where_the_language_is_not_known():
    assert themes_of("a customer") == [["unmatched"]]
    assert themes_of("a customer", language=None) == [["delivery"]]
    assert themes_of("expensive", language="sv") == [["unmatched"]]


def test_tagging_hands_on_no_text():
    frame = pl.DataFrame({"system": "s", "response_id": "r", "language": "en", "comment": "SECRET cost"})
    tagged = tag_texts(read_texts(frame, NOWHERE), RULES)
    assert tagged.columns == ["system", "response_id", "theme", "comment_language"]
    assert "SECRET" not in str(tagged.rows())


def test_matching_finds_what_regular_expressions_find():
    texts = pl.DataFrame(
        {"c": ["cost of delivery", "expensive!", "undelivered", "the costs", "Cost?", "不贵"], "comment_language": "en"}
    ).with_columns(text=normalize_text(pl.col("c")))
    found = set(match_themes(texts, RULES).select("c", "theme").rows())
    oracle = {"price": r"(?<!\w)(?:expens|cost(?!\w))", "delivery": r"(?<!\w)deliver"}
    wanted = {(c, theme) for c in texts["c"] for theme, rule in oracle.items() if re.search(rule, c.lower())}
    assert {pair for pair in found if pair[1] != "unmatched"} == wanted


def test_hits_of_each_term_are_counted_once_per_comment():
    texts = pl.DataFrame({"c": ["cost cost", "cost", "fine"], "comment_language": "en"})
    hits = count_term_hits(texts.with_columns(text=normalize_text(pl.col("c"))), RULES)
    assert hits.select("written", "term_comments", "language_comments").rows() == [("cost.", 2, 3)]


@pytest.mark.parametrize("theme", PHRASES)
def test_what_people_write_has_its_theme_in_every_shipped_language(theme):
    rules = load_shipped_rules()
    missed = {
        (language, comment)
        for language, comments in PHRASES[theme].items()
        for comment, found in zip(comments, themes_of(*comments, language=language, rules=rules), strict=True)
        if theme not in found
    }
    assert not missed


@pytest.mark.parametrize("theme", NOT_OF_THE_THEME)
def test_what_only_sounds_like_a_theme_is_not_of_it(theme):
    rules = load_shipped_rules()
    taken = {
        (language, comment)
        for language, comments in NOT_OF_THE_THEME[theme].items()
        for comment, found in zip(comments, themes_of(*comments, language=language, rules=rules), strict=True)
        if theme in found
    }
    assert not taken
