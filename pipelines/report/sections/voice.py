"""Satisfaction and effort, what promoters and detractors bring, what drives satisfaction, what customers write about.

Put here: their wording and drawing. Keep out: the score itself (`nps.py`).
"""

from regulars.pipelines.definitions.enumerations import (
    ALL,
    NPS_LONG_ROLLING_GRAIN,
    NPS_ROLLING_GRAIN,
    UNMATCHED,
)
from regulars.pipelines.definitions.windows import NPS_LONG_ROLLING_DAYS
from regulars.pipelines.report.charts.axes import HALF, list_month_labels
from regulars.pipelines.report.charts.bars import Pair, PairedBars
from regulars.pipelines.report.charts.lines import Line, LineChart, Point
from regulars.pipelines.report.facts.reading import Row, Rows
from regulars.pipelines.report.parts import Key, Part, Table, make_absent_part
from regulars.pipelines.report.words import counts
from regulars.pipelines.report.words.words import Words

NPS_VALUE = "from marts.nps_value where dimension = 'all'"
SCORES = """
    from marts.satisfaction_scores
    where dimension = 'all' and grain = $grain and responses > 0
        and (survey_type, scale_min, scale_max) = (
            select (survey_type, scale_min, scale_max)
            from marts.satisfaction_scores
            where dimension = 'all' and grain = 'day'
            group by survey_type, scale_min, scale_max
            order by sum(responses) desc, survey_type, scale_min, scale_max
            limit 1
        )
    order by period_end
"""
NONRESPONSE = """
    from marts.nps
    where grain = $grain and dimension in ('all', 'answering_wave') and dimension_value <> 'unknown'
        and period_end = (select max(period_end) from marts.nps where grain = $grain)
    order by dimension, dimension_value
"""
LONG_ROLLING = {"grain": NPS_LONG_ROLLING_GRAIN}
ROLLING = {"grain": NPS_ROLLING_GRAIN}
DRIVERS = """
    from marts.satisfaction_drivers
    where importance is not null
    order by scored_responses desc, system, survey_type, importance_rank
"""
MOST_DRIVERS, POINTS_SHOWN = 8, 120
THEMES_SHOWN, BARS_SHOWN = 10, 8


def make_nonresponse_part(rows: Rows, words: Words) -> Part | None:
    """The long score by how soon people answered, and weighted by value tier; None without votes."""
    whole = next((row for row in rows if row["dimension"] == ALL and row["responses"]), None)
    if whole is None:
        return None
    waves = {"first_half": words.say("answered sooner"), "second_half": words.say("answered later")}
    named = [(waves[row["dimension_value"]], row) for row in rows if row["dimension_value"] in waves]
    body = [
        [name, words.count(row["responses"]), words.score(row["nps"])]
        for name, row in [(words.say("all votes"), whole), *named]
    ]
    body.append(
        [
            words.say("weighted by value tier"),
            words.count(whole["effective_responses"]),
            words.score(whole["nps_weighted"]),
        ]
    )
    name = words.say("Who answers: NPS of the last {days} days", days=NPS_LONG_ROLLING_DAYS)
    return Part(caption=name, table=Table(name, ["", words.say("votes"), words.say("NPS")], body))


def make_scores_part(rows: Rows, words: Words) -> Part:
    """The rolling mean of the survey with the most answers, on its scale."""
    if not rows:
        return make_absent_part(words.say("There are no answers about satisfaction or effort yet."))
    last = rows[-1]
    thin = max(1, len(rows) // POINTS_SHOWN)
    shown = list(rows)[::-1][::thin][::-1]  # from the last one back, so that the last is drawn
    points = [Point(row["period_end"], row["mean_score"], words.day(row["period_end"])) for row in shown]
    return Part(
        picture=LineChart(
            words.say("Mean of the answers, rolling {days} days", days=_count_days(last)),
            [Line("a", points)],
            lambda score: words.number(score, 1),
            list_month_labels(shown[0]["period_end"], last["period_end"], words),
            low=float(last["scale_min"]),
            high=float(last["scale_max"]),
            width=HALF,
        ),
        caption=words.say(
            "In the {days} days to {day} the mean was {score} on a scale of {low} to {high}, of {answers}.",
            days=_count_days(last),
            day=words.day(last["period_end"]),
            score=words.number(last["mean_score"], 2),
            low=words.number(last["scale_min"], 0),
            high=words.number(last["scale_max"], 0),
            answers=counts.format_answers(words, last["responses"]),
        ),
    )


def _count_days(row: Row) -> int:
    return int((row["period_end"] - row["period_start"]).days) + 1


def make_value_by_group_part(rows: Rows, currency: str, words: Words) -> Part:
    """Net sales so far and those expected, per customer of each NPS group."""
    names = {
        "promoter": words.say("promoters"),
        "passive": words.say("passives"),
        "detractor": words.say("detractors"),
        "answer_too_old": words.say("answer too old"),
        "never_answered": words.say("no answer"),
    }
    found = {row["nps_group"]: row for row in rows if row["customers"]}
    if not found:
        return make_absent_part(words.say("No customer has ordered yet."))
    pairs = [
        Pair(
            name,
            max(0.0, found[group]["predicted_value_per_customer"] or 0.0),
            max(0.0, found[group]["net_sales_per_customer"] or 0.0),
            f"{name}: {counts.format_customers(words, found[group]['customers'])}",
        )
        for group, name in names.items()
        if group in found
    ]
    at_risk = [row["detractor_value_at_risk_12m"] for row in rows if row["nps_group"] == "detractor"]
    expected = words.say(
        "Detractors who are still customers are expected to bring {amount} in 12 months.",
        amount=words.amount(at_risk[0] if at_risk else None, currency),
    )
    return Part(
        legend=[Key("b", words.say("expected in 12 months")), Key("a", words.say("net sales so far"))],
        picture=PairedBars(
            words.say("A customer by answer: net sales so far, and the expected value"),
            pairs,
            words.short,
            height=230,
            width=HALF,
        ),
        caption=" ".join(filter(None, [expected, _describe_difference(found.get("promoter"), currency, words)])),
    )


def _describe_difference(promoters: Row | None, currency: str, words: Words) -> str:
    """What a promoter brings a year more than a detractor, and whether that may be chance."""
    if promoters is None or promoters["annual_value_over_detractors"] is None:
        return ""
    more = promoters["annual_value_over_detractors"]
    ends = {end: promoters[f"annual_value_over_detractors_{end}"] for end in ("low", "high")}
    if more < 0:
        ends = {"low": -ends["high"], "high": -ends["low"]}
    interval = words.say(
        "95% interval {low} to {high}", **{end: words.amount(value, currency) for end, value in ends.items()}
    )
    amount = words.amount(abs(more), currency)
    said = (
        words.say(
            "In a year a promoter has brought {amount} less than a detractor ({interval}).",
            amount=amount,
            interval=interval,
        )
        if more < 0
        else words.say(
            "In a year a promoter has brought {amount} more than a detractor ({interval}).",
            amount=amount,
            interval=interval,
        )
    )
    chance = words.say("Chance does not explain it.") if promoters["stands_out"] else words.say("It may be chance.")
    return f"{said} {chance}"


def make_drivers_part(rows: Rows, words: Words) -> Part:
    """Importance and performance of the drivers of the survey with the most answers."""
    if not rows:
        return make_absent_part(words.say("There are too few answers to further questions to say what matters."))
    first = rows[0]
    survey = [row for row in rows if (row["system"], row["survey_type"]) == (first["system"], first["survey_type"])]
    pairs = [
        Pair(row["driver"], 100 * row["importance"], row["performance"] or 0.0, row["quadrant"] or "")
        for row in survey[:MOST_DRIVERS]
    ]
    return Part(
        legend=[Key("b", words.say("importance, in %")), Key("a", words.say("performance, of 100"))],
        picture=PairedBars(
            words.say("Importance and performance of each driver"), pairs, words.short, height=230, width=HALF
        ),
        caption=" ".join(
            [
                words.say(
                    "Of what the drivers explain of {answers}, {share} falls to {driver}.",
                    answers=counts.format_answers(words, first["scored_responses"]),
                    share=words.percent(first["importance"], 0),
                    driver=first["driver"],
                ),
                _describe_chance([row["driver"] for row in survey if row["matters"]], words),
            ]
        ),
    )


def _describe_chance(drivers: list[str], words: Words) -> str:
    """Which drivers matter beyond chance: a share of importance alone does not say so."""
    if not drivers:
        return words.say("No driver clearly matters: all may be chance.")
    return words.say("Those that clearly matter: {drivers}; the others may be chance.", drivers=", ".join(drivers))


def make_themes_part(rows: Rows, words: Words) -> Part:
    """The themes with the most unhappy comments, and how many comments have no theme."""
    themes = _list_themes(rows)
    if not themes:
        return _say_no_comments(words)
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
            _name_theme(row),
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
        caption=_describe_comments(rows, words),
    )


def make_themes_picture(rows: Rows, words: Words) -> Part:
    """The same as bars, for a page that shows it alone."""
    themes = _list_themes(rows)
    if not themes:
        return _say_no_comments(words)
    pairs = [
        Pair(
            _name_theme(row),
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
        caption=_describe_comments(rows, words),
    )


def _list_themes(rows: Rows) -> list[Row]:
    return [row for row in rows if row["theme"] != UNMATCHED and row["comments"]]


def _name_theme(row: Row) -> str:
    return str(row["theme"]).replace("_", " ")


def _say_no_comments(words: Words) -> Part:
    return make_absent_part(words.say("There are no comments in the last weeks."))


def _describe_comments(rows: Rows, words: Words) -> str:
    first = rows[0]
    unmatched = [row["comments"] for row in rows if row["theme"] == UNMATCHED]
    said = words.say(
        "Comments from {start} to {end}: {comments}; without a theme: {unmatched}.",
        start=words.day(first["first_day"]),
        end=words.day(first["last_day"]),
        comments=words.count(first["all_comments"]),
        unmatched=words.count(unmatched[0] if unmatched else 0),
    )
    emerging = [_name_theme(row) for row in rows if row["emerged_on"]]
    if not emerging:
        return said
    return f"{said} {words.say('Emerging: {themes}.', themes=', '.join(emerging))}"
