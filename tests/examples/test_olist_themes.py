"""The shipped rules on comments that nobody wrote them for: reviews of Olist, a Brazilian marketplace."""

import polars as pl
import pytest

from regulars.pipelines.themes.comment_themes import read_texts, tag_texts
from regulars.pipelines.themes.matching import MOST_OF_ALL, count_term_hits, match_themes
from regulars.pipelines.themes.rules_file import load_shipped_rules, parse_theme_rules
from tests.examples.conftest import folder_of

SEVEN_TERMS = "late:\n  terms:\n    pt: [atras, demor, ainda não, não receb, não cheg, não foi, fora do prazo]\n"


@pytest.fixture(scope="module")
def reviews() -> pl.DataFrame:
    """Reviews with a comment, whether their order came late, and their text."""
    olist_folder = folder_of("olist_3k")
    written = pl.read_csv(olist_folder / "olist_order_reviews_dataset.csv", infer_schema=False)
    orders = pl.read_csv(olist_folder / "olist_orders_dataset.csv", infer_schema=False)
    late = pl.col("order_delivered_customer_date") > pl.col("order_estimated_delivery_date")
    found = written.join(orders, on="order_id").filter(pl.col("review_comment_message").is_not_null())
    comments = found.with_row_index("row").select(
        system=pl.lit("olist"),
        response_id=pl.col("row").cast(pl.String),
        language=pl.lit("pt"),
        comment="review_comment_message",
        is_late=late.fill_null(value=False),
    )
    return read_texts(comments, pl.Series([], dtype=pl.String))


def shares_of(reviews: pl.DataFrame, rules, theme: str) -> tuple[float, float]:
    """The share of comments on late orders, and on all others, that have a theme."""
    found = match_themes(reviews.select("response_id", "is_late", "comment_language", "text"), rules)
    counted = found.filter(theme=theme)["is_late"]
    late = reviews["is_late"].sum()
    return counted.sum() / late, (~counted).sum() / (len(reviews) - late)


def test_seven_terms_of_lateness_find_half_of_the_comments_on_late_orders_and_a_tenth_of_the_others(reviews):
    late, others = shares_of(reviews, parse_theme_rules(SEVEN_TERMS, "late.yaml"), "late")
    assert 0.45 <= late <= 0.56
    assert others <= 0.11


def test_the_shipped_rules_do_as_well_and_leave_few_comments_without_a_theme(reviews):
    late, others = shares_of(reviews, load_shipped_rules(), "late_delivery")
    assert late >= 0.5
    assert others <= 0.105
    tagged = tag_texts(reviews, load_shipped_rules())
    assert len(tagged.filter(theme="unmatched")) / len(reviews) <= 0.12


def test_no_shipped_term_finds_more_than_a_third_of_them(reviews):
    hits = count_term_hits(reviews, load_shipped_rules())
    assert hits["term_comments"].max() / len(reviews) < MOST_OF_ALL
