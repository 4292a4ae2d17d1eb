"""Tags comments with their themes: the only step that reads what customers wrote; it passes on no text.

Put here: the table, and what it is made from. Keep out: how themes are found (`pipelines/themes`).
"""

import polars as pl

from regulars.assets.tables import Blueprint
from regulars.pipelines.audit.findings.themes import TABLE, find_common_terms, find_unmatched_comments
from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.run.run import Run
from regulars.pipelines.themes.comment_themes import read_texts, tag_texts
from regulars.pipelines.themes.matching import count_term_hits

COMMENTS, CUSTOMERS = "staging.survey_responses", "core.customers"


def describe_comment_themes(contracts: dict[str, Contract]) -> Blueprint:
    """The table of the themes of comments."""
    contract = contracts[TABLE]

    def make(run: Run) -> None:
        rules, languages = run.request.theme_rules, run.settings.themes.languages
        comments = run.warehouse.scan(COMMENTS).filter(pl.col("comment").is_not_null())
        written = comments.select(pl.col("_system").alias("system"), "response_id", "language", "comment").collect()
        countries = run.warehouse.scan(CUSTOMERS).select("country").collect()["country"]
        texts = read_texts(written, countries, languages=languages)
        tagged = tag_texts(texts, rules)
        run.warehouse.write_frame(TABLE, tagged, contract.types)
        run.findings.extend(find_common_terms(count_term_hits(texts, rules), rules.file))
        run.findings.extend(find_unmatched_comments(tagged, rules))

    return Blueprint(TABLE, frozenset({COMMENTS, CUSTOMERS}), "polars", make)
