"""Measures whether the rules of themes fit what customers write: terms that find too much, comments that none finds.

Put here: what is odd about rules beside comments. Keep out: finding themes (`pipelines/themes`). No sentence holds a
word of a comment; a term is the company's own.
"""

import polars as pl

from regulars.pipelines.definitions.enumerations import UNMATCHED
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.themes.matching import FEWEST_FOR_SHARE
from regulars.pipelines.themes.rules import ThemeRules

TABLE = "core.survey_response_themes"


def find_common_terms(hits: pl.DataFrame, file: str) -> list[Finding]:
    """The term that finds the largest part of the comments in its language.

    Args:
        hits: As `count_term_hits` returns them.
        file: The file of the rules.
    """
    counted = hits.filter(pl.col("language_comments") >= FEWEST_FOR_SHARE)
    worst = counted.with_columns(share=pl.col("term_comments") / pl.col("language_comments")).sort(
        "share", "line", "column", descending=[True, False, False]
    )
    return [
        make_finding(
            "theme_terms_too_common",
            f"{file}:{row['line']}:{row['column']}: `{row['written']}` of {row['theme']} finds {row['share']:.0%} of "
            f"the comments in {row['language']}.",
            "Write a longer term, or a phrase; `regulars themes` shows what each term finds.",
            table=TABLE,
            count=row["term_comments"],
            share=row["share"],
        )
        for row in worst.head(1).iter_rows(named=True)
    ]


def find_unmatched_comments(tagged: pl.DataFrame, rules: ThemeRules) -> list[Finding]:
    """How many comments no rule finds anything in, and how many of them are in languages without rules.

    Args:
        tagged: As `tag_texts` returns it.
        rules: The company's themes.
    """
    comments = tagged.select("system", "response_id").n_unique()
    unmatched = tagged.filter(theme=UNMATCHED)
    if comments < FEWEST_FOR_SHARE or unmatched.is_empty():
        return []
    foreign = len(unmatched.filter(~pl.col("comment_language").is_in([*sorted(rules.languages), "unknown"])))
    return [
        make_finding(
            "comments_unmatched",
            f"No rule of {rules.file} finds anything in {len(unmatched):,} of {comments:,} comments "
            f"({len(unmatched) / comments:.0%}); {foreign:,} of them are in languages without a rule.",
            "`regulars themes` lists the most frequent terms of these comments, and how to add a rule.",
            table=TABLE,
            count=len(unmatched),
            share=len(unmatched) / comments,
        )
    ]
