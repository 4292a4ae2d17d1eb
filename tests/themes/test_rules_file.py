"""The file of themes: what a term looks for, and what is said of a mistake."""

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.themes.rules import make_patterns
from regulars.pipelines.themes.rules_file import (
    find_theme_rules,
    load_shipped_rules,
    load_theme_rules,
    parse_theme_rules,
)

RULES = """\
late_delivery:
  terms:
    en: [late., delay, didn't arrive]
    zh: [太慢]
  not:
    en: [no delay]
price:
  terms: {no: [dyr]}
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(SettingsWrong) as caught:
        parse_theme_rules(text, "themes.yaml")
    return str(caught.value).splitlines()


def test_a_term_is_the_begin_of_a_word_and_a_full_stop_ends_it():
    assert make_patterns(["Spóźn", "late.", "didn't arrive", "太慢", "দেরি", "..."]) == [
        " spozn",
        " late ",
        " didn t arrive",
        "太慢",
        " দেরি",
        "",
    ]


def test_a_term_with_a_gap_is_the_patterns_of_its_words_with_the_gap_between():
    assert make_patterns(["wait ... reply.", "等 ... 天", "wait ... "]) == [" wait... reply ", "等...天", ""]


def test_rules_are_read_by_theme_and_language():
    rules = parse_theme_rules(RULES, "themes.yaml")
    late, price = rules.themes
    assert late.list_patterns("en") == [" delay", " didn t arrive", " late "]
    assert late.list_patterns(None) == sorted([*late.list_patterns("en"), "太慢"])
    assert (late.list_exceptions("en"), late.list_exceptions("zh")) == ([" no delay"], [])
    assert price.list_patterns("no") == [" dyr"]  # `no` is Norwegian, and no yes or no
    assert rules.languages == {"en", "zh", "no"}


def test_latin_terms_of_fewer_than_three_letters_are_refused_with_their_place():
    text = "price:\n  terms:\n    en: [price, ok]\n    pt: [\n      ' é. ',\n    ]\n    zh: [贵]\n"
    assert mistakes(text) == [
        "themes.yaml:3:17: `ok` has fewer than 3 letters: it would match words of every theme",
        "themes.yaml:5:7: ` é. ` has fewer than 3 letters: it would match words of every theme",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "themes.yaml:1:1: write themes, such as `late_delivery:` with `terms:` below it"),
        ("a: [b\n", "themes.yaml:2: this is not YAML"),
        ("Price: {terms: {en: [price]}}", "themes.yaml:1:1: `Price` cannot name a theme"),
        ("unmatched: {terms: {en: [price]}}", "themes.yaml:1:1: `unmatched` cannot name a theme"),
        (
            "price: {words: {en: [price]}}",
            "themes.yaml:1:9: unknown key `words`; a theme has `terms`, `weak`, `unless`",
        ),
        ("price: {terms: [price]}", "themes.yaml:1:16: write languages with a list of terms each"),
        ("price: {terms: {english: [price]}}", "themes.yaml:1:17: `english` is no language"),
        ("price: {terms: {en: price}}", "themes.yaml:1:21: write a list of terms"),
        ("price: {terms: {en: [{a: b}]}}", "themes.yaml:1:22: write a term"),
        ("price: {terms: {en: ['!?']}}", "themes.yaml:1:22: `!?` has no letter to look for"),
        ("price: {not: {en: [price]}}", "themes.yaml:1:1: theme `price` has no `terms`"),
        ("price: {terms: {en: [waits .... price]}}", "themes.yaml:1:22: `waits .... price` has `....`: write a gap as"),
        ("price: {terms: {en: [waits … price]}}", "themes.yaml:1:22: `waits … price` has `…`: write a gap as three"),
        ("price: {terms: {en: [waits .. price]}}", "themes.yaml:1:22: `waits .. price` has `..`: write a gap as three"),
        ("price: {terms: {zh: [等……价格]}}", "themes.yaml:1:22: `等……价格` has `……`: write a gap as three"),
        (
            "price: {terms: {en: [price]}, not: {en: [no … price]}}",
            "themes.yaml:1:42: `no … price` has `…`: write a gap",
        ),
        (
            "price: {terms: {en: [price]}, weak: {de: [price], en: [cost, Price]}}",
            "themes.yaml:1:62: `Price` stands in `terms` and in `weak` of this theme: leave it in one of them",
        ),
        ("price: {terms: {en: [price ...]}}", "themes.yaml:1:22: `price ...` has no letter to look for"),
        (
            "price: {terms: {en: [price]}, not: {en: [no ... price]}}",
            "themes.yaml:1:42: `no ... price` has a gap: a phrase of `not` has none",
        ),
        (
            "price: {weak: {en: [price]}, unless: [staf]}\nstaff: {terms: {en: [staff]}}",
            "themes.yaml:1:39: `staf` is no theme of this file",
        ),
        ("price: {terms: {en: [price]}, unless: staff}", "themes.yaml:1:39: write a list of themes"),
        ("price: {terms: {en: [one]}}\nprice: {terms: {en: [two]}}", "themes.yaml:2:1: `price` stands twice"),
    ],
)
def test_a_mistake_is_said_with_line_and_column(text, sentence):
    assert mistakes(text)[0].startswith(sentence)


def test_every_mistake_is_said_at_once():
    assert len(mistakes("price: {terms: {en: [ab, cd]}}\nstaff: {}\n")) == 3


def test_a_missing_or_unreadable_file_is_a_sentence(tmp_path):
    with pytest.raises(SettingsWrong, match=r"regulars themes --write-rules mine\.yaml"):
        load_theme_rules(tmp_path / "mine.yaml")
    (tmp_path / "mine.yaml").write_bytes("price: {terms: {de: [über]}}".encode("cp1252"))
    with pytest.raises(SettingsWrong, match="is not UTF-8 at byte"):
        find_theme_rules("mine.yaml", tmp_path)


def test_the_shipped_rules_have_fourteen_themes_in_seven_languages_and_more():
    rules = load_shipped_rules()
    assert len(rules.themes) == 14
    wanted = {"fi", "pl", "bn", "zh", "pt", "en", "de"}
    assert {theme.name: wanted - {term.language for term in theme.terms} for theme in rules.themes} == {
        theme.name: set() for theme in rules.themes
    }
