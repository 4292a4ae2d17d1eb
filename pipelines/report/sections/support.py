"""How fast complaints are answered: the share with a first reply in time, by week.

Put here: this picture. Keep out: when a reply is in time (`transforms/care`).
"""

from regulars.pipelines.report.charts.axes import HALF, list_month_labels
from regulars.pipelines.report.charts.lines import Line, LineChart, Point
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.parts import Key, Part, make_absent_part
from regulars.pipelines.report.words.words import Words

WEEKS_SHOWN = 53
SUPPORT_WEEKS = """
    select
        period_end, complaints_on_time, complaints_decided, complaints_on_time_rate, complaints_on_time_rate_business,
    from marts.support_response
    where grain = 'week' and dimension = 'all'
    order by period_end
"""


def make_support_part(weeks: Rows, words: Words) -> Part:
    """The weeks of the last year, by the clock and by opening hours.

    Args:
        weeks: What `SUPPORT_WEEKS` selects.
        words: Of the sentences.
    """
    shown = list(weeks)[-WEEKS_SHOWN:]
    decided = sum(row["complaints_decided"] for row in shown)
    if not decided:
        return make_absent_part(words.say("No complaint was answered, or should have been."))
    on_time = sum(row["complaints_on_time"] for row in shown)
    return Part(
        legend=[Key("a line", words.say("by the clock")), Key("b line", words.say("by opening hours"))],
        picture=LineChart(
            words.say("Complaints with a first reply in time, by week"),
            [
                Line("b", [_place(row, "complaints_on_time_rate_business") for row in shown]),
                Line("a", [_place(row, "complaints_on_time_rate") for row in shown]),
            ],
            lambda share: words.percent(share, 0),
            list_month_labels(shown[0]["period_end"], shown[-1]["period_end"], words, HALF),
            low=0,
            high=1,
            width=HALF,
        ),
        caption=words.say(
            "By the clock {on_time} of {decided} complaints of the weeks shown, {share}, got a first reply in time.",
            on_time=words.count(on_time),
            decided=words.count(decided),
            share=words.percent(on_time / decided),
        ),
    )


def _place(row: Row, column: str) -> Point:
    return Point(row["period_end"], row[column])
