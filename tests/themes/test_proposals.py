"""Terms proposed for new rules: what several people write in comments that no rule finds."""

import polars as pl

from regulars.pipelines.themes.proposals import propose_terms
from regulars.pipelines.themes.text import normalize_text


def proposals(*comments: tuple[str, str, bool], language: str = "en") -> list[tuple[str, int]]:
    rows = pl.DataFrame(comments, schema=["comment", "person", "is_unmatched"], orient="row")
    texts = rows.with_columns(text=normalize_text(pl.col("comment")), comment_language=pl.lit(language))
    return propose_terms(texts).select("term", "people").rows()


def test_a_term_is_shown_when_five_people_use_it_and_not_when_one_repeats_it():
    five = [(f"Parking {n}!", f"p{n}", True) for n in range(5)]
    assert proposals(*five) == [("parking", 5)]
    assert proposals(*five[:4]) == []
    assert proposals(*[("Mr Smith", "p1", True)] * 9) == []


def test_numbers_and_short_words_are_no_terms():
    assert proposals(*[("my order KK1003324 of the 3rd", f"p{n}", True) for n in range(6)]) == [("order", 6)]


def test_words_that_are_as_frequent_elsewhere_say_nothing():
    unmatched = [("with parking", f"p{n}", True) for n in range(6)]
    matched = [("with delivery", f"q{n}", False) for n in range(6)]
    assert proposals(*unmatched, *matched) == [("parking", 6)]


def test_where_words_have_no_blanks_two_letters_in_a_row_are_a_term():
    assert proposals(*[("停车难", f"p{n}", True) for n in range(5)], language="zh") == [("停车", 5), ("车难", 5)]
