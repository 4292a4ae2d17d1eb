"""The page for people: one file, no network, no script.

Put here: the order of the page. Keep out: reading (`report_facts.py`), the sections (`report_answers.py`,
`report_cohorts.py`, `report_clv.py`, `report_clv_test.py`, `report_restated.py`, `report_proof.py`), drawing
(`report_charts.py`, `report_heat.py`), style (`report_style.py`).
"""

import duckdb

from regulars.pipelines.publish import report_words as words
from regulars.pipelines.publish.report_answers import churn, concentration, headline, nps, sales
from regulars.pipelines.publish.report_clv import worth
from regulars.pipelines.publish.report_clv_test import tested
from regulars.pipelines.publish.report_cohorts import cohorts
from regulars.pipelines.publish.report_facts import ReportFacts, read_facts
from regulars.pipelines.publish.report_proof import proof
from regulars.pipelines.publish.report_reading import Rows
from regulars.pipelines.publish.report_restated import restated
from regulars.pipelines.publish.report_style import STYLE

SECTIONS = (headline, cohorts, churn, worth, tested, nps, sales, concentration, restated, proof)
NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'"


def report_html(con: duckdb.DuckDBPyConnection, company: str, generation: str, numbers: Rows) -> str:
    """The report of a build or of a published `regulars.duckdb`.

    Args:
        con: Where `marts` and `meta` are; tables that are missing or empty become sentences.
        company: The company's name.
        generation: The generation's name, e.g. `g000123`.
        numbers: The headline: label, value, n and text each.
    """
    return render(read_facts(con, company, generation, numbers))


def render(facts: ReportFacts) -> str:
    """The page, whole. The same facts give the same text."""
    sections = "".join(make(facts) for make in SECTIONS)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{NOTHING_FROM_ELSEWHERE}">
<meta name="robots" content="noindex">
<title>{words.esc(facts.company)}: customers, {words.esc(facts.generation)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<header>
<div><p class="kicker">Customers and what they are worth</p><h1>{words.esc(facts.company)}</h1></div>
<p class="when">{_when(facts)}generation {words.esc(facts.generation)}{_currency(facts)}</p>
</header>
{sections}
<footer>Made by Regulars. The tables behind this page are in regulars.duckdb beside it; every column is explained in
meta.data_dictionary, every number in meta.metric_definitions.</footer>
</main>
</body>
</html>
"""


def _when(facts: ReportFacts) -> str:
    return f"<b>as of {words.day(facts.as_of)}</b><br>" if facts.as_of else ""


def _currency(facts: ReportFacts) -> str:
    return f" · amounts in {words.esc(facts.currency)}" if facts.currency else ""
