"""How many themes of natural comments the shipped rules find, and how many they see that are not there."""

import polars as pl
import pytest

from regulars.pipelines.themes.comment_themes import read_texts, tag_texts
from regulars.pipelines.themes.rules_file import load_shipped_rules
from tests.themes.fresh_comments import FRESH, WRITTEN_AFTER
from tests.themes.held_comments import HELD_HALF, IN_OTHER_WORDS
from tests.themes.more_natural_comments import MORE
from tests.themes.natural_comments import HELD_BACK, NATURAL

RULES = load_shipped_rules()
Comments = tuple[tuple[str, str], ...]


def count_themes(language: str, rows: Comments) -> tuple[int, int, int]:
    """Themes that a reader and the rules see, that the rules alone see, and that the reader alone sees."""
    comments = pl.DataFrame(
        {
            "system": "s",
            "response_id": [f"r{number:04}" for number in range(len(rows))],
            "language": pl.Series([language] * len(rows), dtype=pl.String),
            "comment": [comment for comment, _ in rows],
        }
    )
    tagged = tag_texts(read_texts(comments, pl.Series([], dtype=pl.String)), RULES)
    found = {
        tuple(each) for each in tagged.filter(pl.col("theme") != "unmatched").select("response_id", "theme").rows()
    }
    wanted = {(f"r{number:04}", theme) for number, (_, themes) in enumerate(rows) for theme in themes.split()}
    return len(found & wanted), len(found - wanted), len(wanted - found)


@pytest.mark.parametrize("language", NATURAL)
def test_the_themes_of_comments_that_the_rules_were_made_better_by_are_found(language: str):
    both, too_many, missed = count_themes(language, NATURAL[language] + MORE[language])
    assert both / (both + missed) >= 0.95
    assert both / (both + too_many) >= 0.9


@pytest.mark.parametrize("language", FRESH)
def test_most_themes_of_comments_in_other_words_are_found(language: str):
    both, too_many, missed = count_themes(language, FRESH[language] + (WRITTEN_AFTER if language == "en" else ()))
    assert both / (both + missed) >= 0.8
    assert both / (both + too_many) >= 0.8


def test_most_themes_of_comments_that_no_rule_was_changed_by_are_found():
    counts = [count_themes(language, rows) for language, rows in HELD_BACK.items()]
    both, too_many, missed = (sum(column) for column in zip(*counts, strict=True))
    assert both / (both + missed) >= 0.85
    assert both / (both + too_many) >= 0.9


@pytest.mark.parametrize(
    ("language", "least_found", "least_right"),
    [
        ("bn", 0.9, 0.7),
        ("zh", 0.9, 0.8),
        ("fi", 0.85, 0.65),
        ("pl", 0.9, 0.6),
        ("pt", 0.9, 0.8),
        ("de", 0.9, 0.75),
    ],
)
def test_themes_of_the_half_that_was_held_back_are_found(language: str, least_found: float, least_right: float):
    both, too_many, missed = count_themes(language, HELD_HALF[language])
    assert both / (both + missed) >= least_found
    assert both / (both + too_many) >= least_right


def test_six_of_ten_themes_of_comments_without_the_usual_words_are_found():
    counts = [count_themes(language, rows) for language, rows in IN_OTHER_WORDS.items()]
    both, too_many, missed = (sum(column) for column in zip(*counts, strict=True))
    assert both / (both + missed) >= 0.6
    assert both / (both + too_many) >= 0.7
