"""What customers write about: the themes of the last weeks, what emerges first.

Put here: which themes are shown, and their wording. Keep out: counting them (`transforms/voice/feedback_themes.py`).
"""

from regulars.pipelines.definitions.enumerations import UNMATCHED
from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.bars import Pair, PairedBars
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.parts import Key, Part, Table, make_absent_part
from regulars.pipelines.report.words.words import Words

THEMES_SHOWN, BARS_SHOWN = 10, 8


def make_themes_part(rows: Rows, words: Words) -> Part:
    """The themes with the most unhappy comments, and how many comments have no theme."""
    themes = _list_themes(rows)
    if not themes:
        return _say_nothing(words)
    headers = [
        words.say("theme"),
        words.say("emerging"),
        words.say("comments"),
        words.say("share of comments"),
        words.say("detractors"),
        words.say("score of 100"),
    ]
    body = [
        [
            _name(row),
            words.say("week from {day}", day=words.day(row["emerged_on"])) if row["emerged_on"] else "",
            words.count(row["comments"]),
            words.percent(row["comments"] / row["all_comments"], 0),
            words.percent(row["detractor_responses"] / row["nps_responses"], 0) if row["nps_responses"] else "–",
            words.number(row["performance"], 0),
        ]
        for row in themes[:THEMES_SHOWN]
    ]
    return Part(
        title=words.say("What customers write about"),
        table=Table(words.say("Themes of comments, what emerges first"), headers, body, texts=2),
        caption=_describe(rows, words),
    )


def make_themes_picture(rows: Rows, words: Words) -> Part:
    """The same as bars, for a page that shows it alone."""
    themes = _list_themes(rows)
    if not themes:
        return _say_nothing(words)
    pairs = [
        Pair(
            _name(row),
            100 * (row["detractor_responses"] / row["nps_responses"]) if row["nps_responses"] else 0.0,
            100 * row["comments"] / row["all_comments"],
            words.say("emerging") if row["emerged_on"] else "",
        )
        for row in themes[:BARS_SHOWN]
    ]
    return Part(
        legend=[Key("b", words.say("detractors, in %")), Key("a", words.say("share of comments, in %"))],
        picture=PairedBars(
            words.say("Share of comments and of detractors by theme"), pairs, words.short, height=230, width=HALF
        ),
        caption=_describe(rows, words),
    )


def _list_themes(rows: Rows) -> list[Row]:
    return [row for row in rows if row["theme"] != UNMATCHED and row["comments"]]


def _name(row: Row) -> str:
    return str(row["theme"]).replace("_", " ")


def _say_nothing(words: Words) -> Part:
    return make_absent_part(words.say("There are no comments in the last weeks."))


def _describe(rows: Rows, words: Words) -> str:
    first = rows[0]
    unmatched = [row["comments"] for row in rows if row["theme"] == UNMATCHED]
    said = words.say(
        "Comments from {start} to {end}: {comments}; without a theme: {unmatched}.",
        start=words.day(first["first_day"]),
        end=words.day(first["last_day"]),
        comments=words.count(first["all_comments"]),
        unmatched=words.count(unmatched[0] if unmatched else 0),
    )
    emerging = [_name(row) for row in rows if row["emerged_on"]]
    if not emerging:
        return said
    return f"{said} {words.say('Emerging: {themes}.', themes=', '.join(emerging))}"
