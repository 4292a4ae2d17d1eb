"""Terms of two words that need not stand side by side."""

import re

import polars as pl
import pytest

from regulars.pipelines.themes.gaps import write_expressions
from regulars.pipelines.themes.matching import count_term_hits
from regulars.pipelines.themes.rules_file import SHIPPED, parse_theme_rules
from regulars.pipelines.themes.text import normalize_text
from tests.themes.test_matching import themes_of

RULES = parse_theme_rules(
    """
late:
  terms:
    en: [wait ... parcel, sat. ... depot., didn't ... come]
    zh: [物流 ... 慢, 等 ... 天, app ... 闪退]
    pt: [não ... cheg]
""",
    "themes.yaml",
)


@pytest.mark.parametrize(
    ("language", "found", "not_found"),
    [
        ("en", ("wait parcel", "Waiting for my two parcels", "waited a long, long parcel"), ("parcel wait",)),
        ("en", ("sat in the depot",), ("sat in the depots", "saturday in the depot")),
        ("en", ("it didnt ever come",), ("await a parcel", "wait one two three four parcel")),
        ("zh", ("物流慢", "物流真的太慢", "等了 10 天", "App老是闪退"), ("慢物流", "物流挺好的，就是店里人太慢")),
        ("pt", ("ñ me chegou", "Nao CHEGOU"), ("chegou, não",)),
    ],
)
def test_the_second_word_comes_soon_behind_the_first(language, found, not_found):
    assert themes_of(*found, *not_found, language=language, rules=RULES) == [
        *[["late"]] * len(found),
        *[["unmatched"]] * len(not_found),
    ]


def test_gaps_are_looked_for_where_the_language_is_not_known():
    assert themes_of("waiting for a parcel", "物流太慢", language=None, rules=RULES) == [["late"], ["late"]]


def test_the_example_of_the_shipped_file_finds_what_it_says():
    text = SHIPPED.read_text(encoding="utf-8")
    term, sentence = re.findall(r'`([^`]* \.\.\. [^`]*)` finds "([^"]*)"', text)[0]
    rules = parse_theme_rules(f"late: {{terms: {{en: [{term}]}}}}", "themes.yaml")
    assert themes_of(sentence, rules=rules) == [["late"]]


def test_a_term_may_have_several_gaps():
    rules = parse_theme_rules("late: {terms: {en: [order ... week ... ago]}}", "themes.yaml")
    found = themes_of("ordered it two weeks or so ago", "ordered a week later", rules=rules)
    assert found == [["late"], ["unmatched"]]


def test_hits_of_a_term_with_a_gap_are_counted():
    texts = pl.DataFrame({"c": ["waiting for my parcel", "wait, parcel", "fine"], "comment_language": "en"})
    hits = count_term_hits(texts.with_columns(text=normalize_text(pl.col("c"))), RULES)
    assert hits.select("written", "term_comments", "language_comments").rows() == [("wait ... parcel", 2, 3)]


def test_a_sign_of_a_regular_expression_means_itself():
    assert write_expressions([" a+b... c", " no gap"]) == [r"\ a\+b[^ ]* (?:[^ ]+ ){0,3}c"]


def test_many_terms_are_looked_for_a_few_at_a_time():
    words = [f"w{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(100)]
    terms = ", ".join(f"{word} ... end" for word in words)
    rules = parse_theme_rules(f"many: {{terms: {{en: [{terms}]}}}}", "themes.yaml")
    assert len(write_expressions(rules.themes[0].list_patterns("en"))) == 5
    assert themes_of(f"{words[-1]} at the end", f"{words[0]} end", rules=rules) == [["many"], ["many"]]
