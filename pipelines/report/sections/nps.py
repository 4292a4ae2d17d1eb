"""How customers feel: the rolling NPS with its interval, and the weeks as dots.

Put here: this section, and which window is the latest one. Keep out: how NPS is counted (`transforms/voice/nps.py`).
"""

import datetime as dt

from regulars.pipelines.definitions.enumerations import NPS_ROLLING_GRAIN
from regulars.pipelines.report.charts.axes import HALF, WIDTH, list_month_labels
from regulars.pipelines.report.charts.lines import Line, LineChart, Point
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.parts import Key, Part, Section, Table, make_absent_part
from regulars.pipelines.report.sections.voice import make_themes_part
from regulars.pipelines.report.words import counts
from regulars.pipelines.report.words.words import Words

DAYS_SHOWN, POINTS_SHOWN = 730, 180


def build_nps(facts: ReportFacts, words: Words) -> Section:
    """The score of the latest window, all windows of two years, and the weeks."""
    title = words.say("How customers feel")
    means = words.say(
        "NPS is the share of promoters (9 and 10) less the share of detractors (0 to 6), from −100 to 100; a person "
        "votes once per window, with the latest answer. The band is the 95% interval: two values whose bands overlap "
        "may well be the same."
    )
    window = find_last_window(facts.nps)
    themes = [[make_themes_part(facts.themes, words)]] if facts.themes else []
    if window is None:
        return Section("nps", title, "", [[_say_nothing(words)], *themes], means)
    return Section("nps", title, _describe_score(window, words), [[_part(facts.nps, window, words)], *themes], means)


def make_nps_picture(nps: Rows, words: Words) -> Part:
    """The rolling score with its band, half as wide as in the report, for a page that shows it alone."""
    window = find_last_window(nps)
    if window is None:
        return _say_nothing(words)
    part = _part(nps, window, words, width=HALF)
    return Part(legend=part.legend, picture=part.picture, caption=_describe_score(window, words))


def _say_nothing(words: Words) -> Part:
    return make_absent_part(words.say("There are no answers on a 0 to 10 scale yet."))


def _describe_score(window: Row, words: Words) -> str:
    score = words.say(
        "In the last {days} days with answers the NPS was {score}: {window}.",
        days=_days_of(window),
        score=words.score(window["nps"]),
        window=describe_window(window, words),
    )
    return " ".join(filter(None, [score, _describe_change(window, words)]))


def _describe_change(window: Row, words: Words) -> str:
    """What has changed since the window before, and whether that may be chance; nothing where it is not known."""
    if window["nps_change"] is None:
        return ""
    change = {"change": words.score(window["nps_change"]), "days": _days_of(window)}
    if window["is_nps_change_significant"]:
        return words.say("That is {change} against the {days} days before: more than chance explains.", **change)
    return words.say("That is {change} against the {days} days before, which may be chance.", **change)


def find_last_window(nps: Rows) -> Row | None:
    """The rolling window that ends on the day of the last answer: later ones only lose votes."""
    answered = [row["period_end"] for row in nps if row["grain"] == "day" and row["responses"]]
    last = max(answered, default=None)
    windows = [row for row in rolling_windows(nps) if row["responses"] and row["period_end"] == last]
    return windows[-1] if windows else None


def rolling_windows(nps: Rows) -> Rows:
    """The rows of the shorter rolling windows, the ones that changes are told by."""
    return [row for row in nps if row["grain"] == NPS_ROLLING_GRAIN]


def describe_window(window: Row, words: Words) -> str:
    """What a score rests on."""
    return words.say(
        "95% interval {low} to {high} · {answers}, {start} to {end}",
        low=words.score(window["nps_low"]),
        high=words.score(window["nps_high"]),
        answers=counts.format_answers(words, window["responses"]),
        start=words.day(window["period_start"]),
        end=words.day(window["period_end"]),
    )


def _days_of(window: Row) -> int:
    return int((window["period_end"] - window["period_start"]).days) + 1


def _part(nps: Rows, window: Row, words: Words, *, width: int = WIDTH) -> Part:
    since = window["period_end"] - dt.timedelta(days=DAYS_SHOWN)
    rolling = [row for row in rolling_windows(nps) if since <= row["period_end"] <= window["period_end"]]
    thin = max(1, len(rolling) // POINTS_SHOWN)
    rolling = rolling[::-1][::thin][::-1]  # from the last one back, so that the last is drawn
    weeks = [row for row in nps if row["grain"] == "week" and row["period_end"] >= since]
    days = _days_of(window)
    shown = sorted(row["period_end"] for row in (*weeks, *rolling))
    return Part(
        legend=[
            Key("a line", words.say("rolling {days} days with 95% interval", days=days)),
            Key("c dot", words.say("week")),
        ],
        picture=LineChart(
            words.say("NPS, rolling {days} days and by week", days=days),
            [
                Line("c", [_point(row, words) for row in weeks], as_dots=True),
                Line("a", [_point(row, words, with_band=True) for row in rolling]),
            ],
            words.score,
            list_month_labels(shown[0], shown[-1], words),
            low=-20,
            high=60,
            width=width,
        ),
        table=_table(weeks, words),
    )


def _point(row: Row, words: Words, *, with_band: bool = False) -> Point:
    text = words.say(
        "{start} to {end}: {score} ({low} to {high}), {answers}",
        start=words.day(row["period_start"]),
        end=words.day(row["period_end"]),
        score=words.score(row["nps"]),
        low=words.score(row["nps_low"]),
        high=words.score(row["nps_high"]),
        answers=counts.format_answers(words, row["responses"]),
    )
    if not row["is_complete"]:
        text = words.say("{window}, not complete", window=text)
    low, high = (row["nps_low"], row["nps_high"]) if with_band else (None, None)
    return Point(row["period_end"], row["nps"] if row["responses"] else None, text, low, high)


def _table(weeks: Rows, words: Words) -> Table:
    headers = [
        words.say("week from"),
        words.say("NPS"),
        words.say("95% interval"),
        words.say("answers"),
        words.say("promoters"),
        words.say("passives"),
        words.say("detractors"),
    ]
    body = [
        [
            _name_week(row, words),
            words.score(row["nps"]),
            words.say("{low} to {high}", low=words.score(row["nps_low"]), high=words.score(row["nps_high"])),
            words.count(row["responses"]),
            words.count(row["promoters"]),
            words.count(row["passives"]),
            words.count(row["detractors"]),
        ]
        for row in reversed(weeks)
        if row["responses"]
    ]
    return Table(words.say("NPS by week"), headers, body, fold=words.say("The numbers by week"))


def _name_week(row: Row, words: Words) -> str:
    day = words.day(row["period_start"])
    return day if row["is_complete"] else words.say("{window}, not complete", window=day)
