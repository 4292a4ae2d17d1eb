"""Findings about rules of themes: terms that find too much, comments that none finds."""

import polars as pl

from regulars.pipelines.audit.findings.themes import find_common_terms, find_unmatched_comments
from regulars.pipelines.themes.matching import count_term_hits
from regulars.pipelines.themes.rules_file import parse_theme_rules

RULES = parse_theme_rules("price:\n  terms:\n    en: [the, expens]\n", "themes.yaml")


def hits_of(found: int, missed: int, language: str = "en") -> pl.DataFrame:
    texts = [" the price "] * found + [" fine "] * missed
    return count_term_hits(pl.DataFrame({"text": texts, "comment_language": language}), RULES)


def test_a_term_that_finds_more_than_a_third_is_named_with_its_place():
    (finding,) = find_common_terms(hits_of(50, 50), "themes.yaml")
    assert finding.sentence == "themes.yaml:3:10: `the` of price finds 50% of the comments in en."
    assert (finding.count, finding.share) == (50, 0.5)


def test_of_few_comments_no_share_is_told():
    assert find_common_terms(hits_of(50, 49), "themes.yaml") == []


def test_unmatched_comments_are_counted_and_those_of_languages_without_rules_too():
    tagged = pl.DataFrame(
        {
            "system": "s",
            "response_id": [str(n) for n in range(100)],
            "theme": ["price"] * 40 + ["unmatched"] * 60,
            "comment_language": ["en"] * 80 + ["sv"] * 20,
        }
    )
    (finding,) = find_unmatched_comments(tagged, RULES)
    assert (finding.count, finding.share) == (60, 0.6)
    assert "20 of them are in languages without a rule" in finding.sentence
    assert find_unmatched_comments(tagged.head(99), RULES) == []
