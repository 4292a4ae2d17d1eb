"""Terms that count only where no other theme is found."""

from regulars.pipelines.themes.rules_file import parse_theme_rules
from tests.themes.test_matching import themes_of

RULES = parse_theme_rules(
    """
late: {terms: {en: [late.]}, weak: {en: [took ages]}, unless: [refund], not: {en: [took ages to]}}
refund: {terms: {en: [refund]}, weak: {en: [money]}}
delivery: {terms: {en: [deliver]}}
praise: {terms: {en: [recommend]}, weak: {en: [great]}}
""",
    "themes.yaml",
)


def test_a_weak_term_counts_alone_and_not_beside_another_theme():
    assert themes_of("Great!", "great delivery", rules=RULES) == [["praise"], ["delivery"]]


def test_a_term_that_is_not_weak_counts_beside_any_theme():
    assert themes_of("great delivery, I recommend you", rules=RULES) == [["delivery", "praise"]]


def test_only_the_themes_of_unless_keep_a_weak_term_from_counting():
    found = themes_of("the delivery took ages", "my refund took ages", "took ages", rules=RULES)
    assert found == [["delivery", "late"], ["refund"], ["late"]]


def test_a_weak_term_counts_for_those_of_later_themes():
    assert themes_of("took ages but great", "took ages, no money", rules=RULES) == [["late"], ["late"]]


def test_an_exception_counts_for_weak_terms_too():
    assert themes_of("took ages to choose", rules=RULES) == [["unmatched"]]


def test_a_theme_may_have_weak_terms_alone():
    rules = parse_theme_rules("praise: {weak: {en: [great]}}", "themes.yaml")
    assert themes_of("great", "grey", rules=rules) == [["praise"], ["unmatched"]]
