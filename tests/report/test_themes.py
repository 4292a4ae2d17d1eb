"""The themes of comments in the report: what emerges first, then what most unhappy people write about."""

from regulars.pipelines.report.facts.reading import read_rows
from regulars.pipelines.report.facts.report_facts import THEMES
from regulars.pipelines.report.sections.voice import make_themes_part, make_themes_picture
from regulars.pipelines.report.words.words import read_words
from tests.report.report_tables import company_tables

WORDS = read_words("en")


def test_what_emerges_stands_first_then_what_most_unhappy_people_write_about():
    part = make_themes_part(read_rows(company_tables(), THEMES, "marts.feedback_themes"), WORDS)
    assert part.table is not None
    assert [list(row) for row in part.table.rows] == [
        ["price", "week from 5 Jan 2026", "12", "15%", "50%", "40"],
        ["late delivery", "", "20", "50%", "75%", "20"],
        ["packaging", "", "6", "15%", "–", "75"],
    ]
    assert "without a theme: 4." in part.caption
    assert part.caption.endswith("Emerging: price.")


def test_without_comments_a_sentence_says_so():
    for make in (make_themes_part, make_themes_picture):
        assert make([], WORDS).sentences[0].text == "There are no comments in the last weeks."
