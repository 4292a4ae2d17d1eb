"""Spellings of a word that one language alone has: a term finds a comment in each of them."""

import pytest

from regulars.pipelines.themes.rules_file import parse_theme_rules
from regulars.pipelines.themes.spelling import spell_each
from tests.themes.test_matching import themes_of

RULES = parse_theme_rules(
    """
late: {terms: {en: [didn't arrive], de: [verspät], pt: [não recebi], zh: [还没到]}, not: {en: [didn't arrive late]}}
good: {terms: {bn: [bhalo.], zh: [很满意]}}
""",
    "themes.yaml",
)


@pytest.mark.parametrize(
    ("language", "comments"),
    [
        ("en", ("It didn't arrive", "it didnt arrive", "It didn’t arrive")),
        ("de", ("Verspätet", "VERSPAETET", "verspatet")),
        ("pt", ("Não recebi", "nao recebi", "ñ recebi", "n recebi", "vc n recebi")),
        ("zh", ("还没到", "還沒到")),
        ("bn", ("khub bhalo", "khub valo", "khub vhalo")),
    ],
)
def test_each_spelling_of_a_word_is_found(language: str, comments: tuple[str, ...]):
    assert ["unmatched"] not in themes_of(*comments, language=language, rules=RULES)


def test_a_letter_behind_an_n_is_no_denial():
    rules = parse_theme_rules("shirt: {terms: {en: [t-shirt]}}", "themes.yaml")
    assert themes_of("red t-shirt", "cotton t-shirt", rules=rules) == [["shirt"], ["shirt"]]


def test_an_exception_counts_in_each_spelling_too():
    assert themes_of("didnt arrive late", rules=RULES) == [["unmatched"]]


def test_a_spelling_of_one_language_is_left_alone_in_another():
    assert themes_of("n recebi", language="de", rules=RULES) == [["unmatched"]]
    assert spell_each([" bhalo", "দেরি"], "fi") == [" bhalo", "দেরি"]


def test_the_end_of_a_pattern_is_the_end_of_its_word():
    assert spell_each([" hasn t", " minutos pra", " late "], "en") == [" hasnt", " minutos pra", " late "]
    assert spell_each([" minutos pra"], "pt") == [" minutos para"]
