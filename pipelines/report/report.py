"""The page for people: one file, no network, no script.

Put here: the order of the page. Keep out: reading (`facts/`), what each section says (`sections/`), the shapes they
fill (`parts.py`), drawing (`charts/`), how it looks (`render/`), languages (`words/`).
"""

from collections.abc import Callable, Mapping

import duckdb

from regulars.pipelines.report.facts.report_facts import ReportFacts, read_facts
from regulars.pipelines.report.parts import Page, Section
from regulars.pipelines.report.render.page import render_page
from regulars.pipelines.report.sections.care import build_care
from regulars.pipelines.report.sections.churn import build_churn
from regulars.pipelines.report.sections.cohorts import build_cohorts
from regulars.pipelines.report.sections.concentration import build_concentration
from regulars.pipelines.report.sections.findings import make_notices
from regulars.pipelines.report.sections.headline import make_headline_tiles
from regulars.pipelines.report.sections.nps import build_nps
from regulars.pipelines.report.sections.predictions.tested import build_tested
from regulars.pipelines.report.sections.predictions.worth import build_worth
from regulars.pipelines.report.sections.proof import build_proof
from regulars.pipelines.report.sections.restated import build_restated
from regulars.pipelines.report.sections.sales import build_sales
from regulars.pipelines.report.sections.targets.scorecard import build_scorecard
from regulars.pipelines.report.sections.worklists import build_worklists
from regulars.pipelines.report.words.words import SOURCE_LANGUAGE, Words, read_words
from regulars.pipelines.transforms.customers.headline import Headline

SECTIONS: Mapping[str, Callable[[ReportFacts, Words], Section]] = {
    "scorecard": build_scorecard,
    "cohorts": build_cohorts,
    "churn": build_churn,
    "worth": build_worth,
    "tested": build_tested,
    "nps": build_nps,
    "care": build_care,
    "sales": build_sales,
    "concentration": build_concentration,
    "worklists": build_worklists,
    "restated": build_restated,
    "proof": build_proof,
}
"""Each section by its key, in the order of the page."""


def render_report(
    con: duckdb.DuckDBPyConnection,
    *,
    company: str,
    generation: str,
    headline: Headline,
    language: str = SOURCE_LANGUAGE,
) -> str:
    """The report of a build or of a published `regulars.duckdb`. The same tables give the same text.

    Args:
        con: Where `marts` and `meta` are; tables that are missing or empty become sentences.
        company: The company's name.
        generation: The generation's name, e.g. `g000123`.
        headline: The three numbers that a person wants first.
        language: Of the sentences; what the tables say, such as reasons, stays as it is.

    Raises:
        SettingsWrong: The report does not speak the language.
    """
    return render_page(build_page(read_facts(con, company, generation, headline), read_words(language)))


def build_page(facts: ReportFacts, words: Words) -> Page:
    """The page as values."""
    origin = words.say("generation {generation}", generation=facts.generation)
    if facts.currency:
        origin = words.say(
            "generation {generation} · amounts in {currency}", generation=facts.generation, currency=facts.currency
        )
    return Page(
        language=words.language,
        company=facts.company,
        kicker=words.say("Customers and what they are worth"),
        title=words.say("{company}: customers, {generation}", company=facts.company, generation=facts.generation),
        as_of=words.say("as of {day}", day=words.day(facts.as_of)) if facts.as_of else "",
        origin=origin,
        tiles=make_headline_tiles(facts, words),
        notices=make_notices(facts, words),
        sections=[build(facts, words) for build in SECTIONS.values()],
        how_to_read=words.say("How to read it."),
        footer=words.say(
            "Made by Regulars. The tables behind this page are in regulars.duckdb beside it; every column is explained "
            "in meta.data_dictionary, every number in meta.metric_definitions."
        ),
    )
