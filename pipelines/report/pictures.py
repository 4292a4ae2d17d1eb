"""The report's pictures by the table that they are about: for the page of that table in Dagster.

Put here: which table has which parts. Keep out: how parts are drawn (`sections/`) and become Markdown
(`render/markdown.py`). A picture is kept with every run's event, so each is small: no more than a part of the report.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import polars as pl

from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.report.care_pictures import CARE_PICTURES
from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.lines import Line, LineChart, Point
from regulars.pipelines.report.facts.predictions import (
    DAYS_OF_A_MONTH,
    Predictions,
    read_alive,
    read_expected,
    read_fits,
    read_shares,
    read_tests,
    read_weeks,
)
from regulars.pipelines.report.facts.reading import read_rows
from regulars.pipelines.report.facts.report_facts import (
    CHURN,
    NPS,
    SALES,
    THEMES,
    read_cohorts,
    read_currency,
)
from regulars.pipelines.report.mart_pictures import MART_PICTURES
from regulars.pipelines.report.parts import Key, Part, make_absent_part
from regulars.pipelines.report.render.markdown import render_markdown
from regulars.pipelines.report.sections.churn import make_churn_picture
from regulars.pipelines.report.sections.cohorts import make_cohort_picture
from regulars.pipelines.report.sections.curves import choose_lines, make_retention_part
from regulars.pipelines.report.sections.nps import make_nps_picture
from regulars.pipelines.report.sections.predictions.methods import name_method
from regulars.pipelines.report.sections.predictions.tested import describe_test, make_decile_parts
from regulars.pipelines.report.sections.predictions.tracking import make_weekly_part
from regulars.pipelines.report.sections.predictions.worth import describe_expected, make_alive_part, make_shares_part
from regulars.pipelines.report.sections.sales import make_sales_picture
from regulars.pipelines.report.sections.support import SUPPORT_WEEKS, make_support_part
from regulars.pipelines.report.sections.voice import (
    DRIVERS,
    LONG_ROLLING,
    NONRESPONSE,
    NPS_VALUE,
    ROLLING,
    SCORES,
    make_drivers_part,
    make_nonresponse_part,
    make_scores_part,
    make_themes_picture,
    make_value_by_group_part,
)
from regulars.pipelines.report.segment_pictures import SEGMENT_PICTURES
from regulars.pipelines.report.who_pictures import WHO_PICTURES
from regulars.pipelines.report.words import counts
from regulars.pipelines.report.words.words import SOURCE_LANGUAGE, Words, read_words
from regulars.pipelines.transforms.clv.clv_models import read_models

MONTHS_OF_A_CURVE, MONTHS_APART = 36, 6


def draw_pictures(con: duckdb.DuckDBPyConnection, table: str, language: str = SOURCE_LANGUAGE) -> str | None:
    """The picture of a table as Markdown; None for a table that has none.

    Args:
        con: A build in which the table stands.
        table: `layer.name`.
        language: Of the sentences.
    """
    parts = PICTURES.get(table)
    return render_markdown(parts(con, read_words(language))) if parts else None


def _draw_cohorts(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_cohorts(con)
    lines = choose_lines(rows, words)
    curves = [make_retention_part(lines, words)] if lines else []
    return [make_cohort_picture(rows, words), *curves]


def _draw_churn(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    return [make_churn_picture(read_rows(con, CHURN, "marts.churn"), words)]


def _draw_sales(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    return [make_sales_picture(read_rows(con, SALES, "marts.sales_new_vs_returning"), read_currency(con), words)]


def _draw_clv(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    expected = read_expected(con)
    if expected is None:
        return [make_absent_part(words.say("No customer has ordered yet."))]
    to_come, so_far = read_shares(con, "to come"), read_shares(con, "so far")
    found = Predictions(expected, to_come, so_far, read_alive(con), read_tests(con))
    currency = read_currency(con)
    lede = Part(caption=describe_expected(expected, found.tests, currency, words))
    return [lede, make_shares_part(found, currency, words), make_alive_part(found, words)]


def _draw_nps(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    nonresponse = make_nonresponse_part(read_rows(con, NONRESPONSE, "marts.nps", **LONG_ROLLING), words)
    return [make_nps_picture(read_rows(con, NPS, "marts.nps"), words), *([nonresponse] if nonresponse else [])]


def _draw_scores(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    return [make_scores_part(read_rows(con, SCORES, "marts.satisfaction_scores", **ROLLING), words)]


def _draw_nps_value(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    rows = read_rows(con, NPS_VALUE, "marts.nps_value")
    return [make_value_by_group_part(rows, read_currency(con), words)]


def _draw_drivers(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    return [make_drivers_part(read_rows(con, DRIVERS, "marts.satisfaction_drivers"), words)]


def _draw_themes(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    return [make_themes_picture(read_rows(con, THEMES, "marts.feedback_themes"), words)]


def _draw_tests(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    tests = read_tests(con)
    if not tests:
        why = words.say("Nothing could be tested: the history is too short, or too few customers came back.")
        return [make_absent_part(why)]
    return [Part(caption=describe_test(tests, words)), *make_decile_parts(tests, read_currency(con), words)]


def _draw_weeks(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    weeks = read_weeks(con)
    if not weeks:
        return [make_absent_part(words.say("No model could be followed: none was tested."))]
    return [make_weekly_part(weeks, words)]


def _draw_models(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    """How often each model of the whole base expects a new customer to come back."""
    table = read_fits(con)
    if table.is_empty():
        return [make_absent_part(words.say("Too few customers, or too few who came back, for a model."))]
    latest = table.filter(table["trained_through"] == table["trained_through"].max())
    models = read_models(latest, latest["trained_through"][0]).dropout
    whole = {name: fits[0][1] for name, fits in models.items() if fits[0][0] is None}
    return [
        _make_new_customer_part(latest, whole, words) if whole else make_absent_part(words.say("No model converged."))
    ]


def _make_new_customer_part(latest: pl.DataFrame, models: Mapping[str, DropoutModel], words: Words) -> Part:
    months = np.arange(MONTHS_OF_A_CURVE + 1)
    curves: dict[str, Any] = {
        name: model.expected_purchases_new(months * DAYS_OF_A_MONTH) for name, model in models.items()
    }
    lines = [
        Line(kind, [Point(int(month), float(value)) for month, value in zip(months, curve, strict=True)])
        for kind, curve in zip("abd", curves.values(), strict=False)
    ]
    return Part(
        legend=[Key(line.style, name_method(name, words)) for line, name in zip(lines, curves, strict=False)],
        picture=LineChart(
            words.say("Repeat purchases expected of a new customer, by month"),
            lines,
            words.short,
            [(month, str(month)) for month in range(0, MONTHS_OF_A_CURVE + 1, MONTHS_APART)],
            low=0,
            width=HALF,
        ),
        caption=_describe_new_customer(latest, {name: float(curve[-1]) for name, curve in curves.items()}, words),
    )


def _describe_new_customer(latest: pl.DataFrame, expected: Mapping[str, float], words: Words) -> str:
    by_model = [
        words.say("{number} by {method}", number=words.number(purchases, 2), method=name_method(name, words))
        for name, purchases in expected.items()
    ]
    text = words.say(
        "Repeat purchases that a new customer is expected to make within {months} months: {expected}; fitted on "
        "{customers} through {day}.",
        months=MONTHS_OF_A_CURVE,
        expected=", ".join(by_model),
        customers=counts.format_customers(words, max(latest["fitted_customers"].to_list())),
        day=words.day(latest["trained_through"][0]),
    )
    edge = sorted(set(latest.filter("at_boundary")["model"]))
    if not edge:
        return text
    names = ", ".join(name_method(name, words) for name in edge)
    return f"{text} {words.say('At a boundary (see reason): {methods}.', methods=names)}"


def _draw_support(con: duckdb.DuckDBPyConnection, words: Words) -> Sequence[Part]:
    return [make_support_part(read_rows(con, SUPPORT_WEEKS, "marts.support_response"), words)]


PICTURES: Mapping[str, Callable[[duckdb.DuckDBPyConnection, Words], Sequence[Part]]] = {
    "marts.retention_cohorts": _draw_cohorts,
    "marts.churn": _draw_churn,
    "marts.sales_new_vs_returning": _draw_sales,
    "marts.customer_clv": _draw_clv,
    "marts.support_response": _draw_support,
    "marts.nps": _draw_nps,
    "marts.nps_value": _draw_nps_value,
    "marts.feedback_themes": _draw_themes,
    "marts.satisfaction_drivers": _draw_drivers,
    "marts.satisfaction_scores": _draw_scores,
    "meta.clv_models": _draw_models,
    "meta.clv_evaluation": _draw_tests,
    "meta.clv_tracking": _draw_weeks,
    **MART_PICTURES,
    **WHO_PICTURES,
    **CARE_PICTURES,
    **SEGMENT_PICTURES,
}
