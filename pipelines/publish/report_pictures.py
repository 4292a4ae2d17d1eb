"""The pictures of the report by the table that they are about, as Markdown: for the page of that table in Dagster.

Dagster shows Markdown with images that it carries within itself. A picture is kept with every night's event, so each is
small: nothing on hover, a dozen cohorts, no more than `report_clv_facts.py` reads.
Put here: which table has which picture, and how a part of the report becomes Markdown. Keep out: drawing.
"""

import base64
import html
import re
from collections.abc import Callable, Mapping

import duckdb
import numpy as np

from regulars.pipelines.publish import report_words as words
from regulars.pipelines.publish.report_axes import HALF
from regulars.pipelines.publish.report_charts import Point, line_chart
from regulars.pipelines.publish.report_clv import alive, lede, shares
from regulars.pipelines.publish.report_clv_facts import (
    DAYS_OF_A_MONTH,
    Predictions,
    read_alive,
    read_expected,
    read_fits,
    read_shares,
    read_tests,
    read_weeks,
)
from regulars.pipelines.publish.report_clv_test import deciles, tracking_told, weekly_chart
from regulars.pipelines.publish.report_clv_test import lede as test_lede
from regulars.pipelines.publish.report_cohorts import picture as cohort_picture
from regulars.pipelines.publish.report_curves import choose_lines, retention_curve
from regulars.pipelines.publish.report_methods import named
from regulars.pipelines.publish.report_reading import read_table
from regulars.pipelines.publish.report_style import STANDS_ALONE
from regulars.pipelines.transforms.clv.clv_models import read_models

COLOURS = {"a": "green", "b": "orange", "c": "grey", "d": "violet", "dash": "dashed"}
MONTHS_OF_A_CURVE = 36
PARTS = re.compile(
    r"(?P<svg><svg .*?</svg>)|<h3>(?P<title>.*?)</h3>|<p class=\"legend\">(?P<legend>.*?)</p>"
    r"|<p class=\"(?:caption|nothing)\">(?P<told>.*?)</p>",
    re.DOTALL,
)
ON_HOVER = re.compile(r'<title>.*?</title>|<circle class="touch"[^>]*/>', re.DOTALL)


def picture_of(con: duckdb.DuckDBPyConnection, table: str) -> str | None:
    """The picture of a table as Markdown; None for a table that has none.

    Args:
        con: A build in which the table stands.
        table: `layer.name`.
    """
    draw = PICTURES.get(table)
    return as_markdown(draw(con)) if draw else None


def as_markdown(part: str) -> str:
    """The pictures, titles, legends and captions of a part of the report; all else is left out."""
    found = []
    for match in PARTS.finditer(part):
        if match["svg"]:
            found.append(_image(match["svg"]))
        elif match["title"]:
            found.append(f"**{html.unescape(match['title'])}**")
        elif match["legend"]:
            entries = re.findall(r'<i class="key (\w+)[^"]*"></i>(.*?)</span>', match["legend"])
            found.append(" · ".join(f"{COLOURS[kind]}: {html.unescape(text)}" for kind, text in entries))
        else:
            found.append(html.unescape(match["told"]))
    return "\n\n".join(found)


def _image(svg: str) -> str:
    """An image that carries itself; its name stands for it where it cannot be seen."""
    name = html.unescape(re.findall(r'aria-label="([^"]*)"', svg)[0])
    width, height = re.findall(r'viewBox="0 0 (\S+) ([^" ]+)"', svg)[0]
    own = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
    whole = ON_HOVER.sub("", svg).replace("<svg ", own, 1).replace(">", f"><style>{STANDS_ALONE}</style>", 1)
    return f"![{name}](data:image/svg+xml;base64,{base64.b64encode(whole.encode()).decode()})"


def _cohorts(con: duckdb.DuckDBPyConnection) -> str:
    whole = "grain = 'month' and dimension = 'all'"
    rows = read_table(con, "marts.retention_cohorts", whole, "cohort_start, period_number")
    lines = choose_lines(rows)
    return cohort_picture(rows) + (retention_curve(lines) if lines else "")


def _clv(con: duckdb.DuckDBPyConnection) -> str:
    expected = read_expected(con)
    if expected is None:
        return words.nothing("No customer has ordered yet.")
    to_come, so_far = read_shares(con, "predicted_value_lifetime"), read_shares(con, "net_sales_to_date")
    found = Predictions(expected, to_come, so_far, read_alive(con), read_tests(con))
    currency = _currency(con)
    return words.caption(lede(expected, found.tests, currency)) + shares(found, currency) + alive(found)


def _tests(con: duckdb.DuckDBPyConnection) -> str:
    tests = read_tests(con)
    if not tests:
        return words.nothing("Nothing could be tested: the history is too short, or too few customers came back.")
    return words.caption(test_lede(tests)) + deciles(tests, _currency(con))


def _weeks(con: duckdb.DuckDBPyConnection) -> str:
    weeks = read_weeks(con)
    if not weeks:
        return words.nothing("No model could be followed: none was tested.")
    legend = words.legend(("a line", "came"), ("b line", "expected"))
    return legend + weekly_chart(weeks) + words.caption(tracking_told(weeks))


def _models(con: duckdb.DuckDBPyConnection) -> str:
    """How often each model of the whole base expects a new customer to come back."""
    table = read_fits(con)
    if table.is_empty():
        return words.nothing("Too few customers, or too few who came back, for a model.")
    latest = table.filter(table["trained_through"] == table["trained_through"].max())
    models = read_models(latest, latest["trained_through"][0]).dropout
    whole = {name: fits[0][1] for name, fits in models.items() if fits[0][0] is None}
    if not whole:
        return words.nothing("No model converged.")
    months = np.arange(MONTHS_OF_A_CURVE + 1)
    curves = {name: model.expected_purchases_new(months * DAYS_OF_A_MONTH) for name, model in whole.items()}
    lines = [
        (kind, [Point(int(month), float(value)) for month, value in zip(months, curve, strict=True)])
        for kind, curve in zip("abd", curves.values(), strict=False)
    ]
    drawn = line_chart(
        "Repeat purchases expected of a new customer, by month",
        lines,
        words.short,
        low=0,
        width=HALF,
        along=[(month, str(month)) for month in range(0, MONTHS_OF_A_CURVE + 1, 6)],
    )
    said = ", ".join(f"{curve[-1]:.2f} by {named(name)}" for name, curve in curves.items())
    told = (
        f"Repeat purchases that a new customer is expected to make within {MONTHS_OF_A_CURVE} months: {said}; fitted "
        f"on {words.plural(int(latest['customers'].max()), 'customer')} through "  # type: ignore[arg-type]
        f"{words.day(latest['trained_through'][0])}."
    )
    edge = sorted(set(latest.filter("at_boundary")["model"]))
    warned = f" At a boundary (see reason): {', '.join(named(name) for name in edge)}." if edge else ""
    legend = words.legend(*((kind, named(name)) for (kind, _), name in zip(lines, curves, strict=False)))
    return legend + drawn + words.caption(told + warned)


def _currency(con: duckdb.DuckDBPyConnection) -> str:
    rows = read_table(con, "raw.company")
    return str(rows[0].get("currency") or "") if rows else ""


PICTURES: Mapping[str, Callable[[duckdb.DuckDBPyConnection], str]] = {
    "marts.retention_cohorts": _cohorts,
    "marts.customer_clv": _clv,
    "meta.clv_models": _models,
    "meta.clv_evaluation": _tests,
    "meta.clv_tracking": _weeks,
}
