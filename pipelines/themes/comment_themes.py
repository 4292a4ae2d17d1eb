"""Gives each comment its language and its themes: what leaves staging of what customers write.

Put here: the steps from comments to themes. Keep out: each step (the other modules of this room).
"""

from collections.abc import Sequence

import polars as pl

from regulars.pipelines.themes.languages import find_languages, list_company_languages
from regulars.pipelines.themes.matching import match_themes
from regulars.pipelines.themes.rules import ThemeRules
from regulars.pipelines.themes.text import normalize_text

KEY = ["system", "response_id"]


def read_texts(comments: pl.DataFrame, countries: pl.Series, *, languages: Sequence[str] = ()) -> pl.DataFrame:
    """Normalize comments and find their languages: `comments` with `text` and `comment_language`.

    Args:
        comments: `system`, `response_id`, `language` as the survey says it, `comment`; no NULL comments.
        countries: The country of each customer, ISO 3166-1; NULL where it is not known.
        languages: Those that a comment without one may be in; none: those of surveys and customers' countries.
    """
    texts = comments.with_columns(text=normalize_text(pl.col("comment")))
    company = list(languages) or list_company_languages(texts["language"], countries)
    return find_languages(texts, company)


def tag_texts(texts: pl.DataFrame, rules: ThemeRules) -> pl.DataFrame:
    """Find the themes of each comment.

    Args:
        texts: As `read_texts` returns them.
        rules: The company's themes.

    Returns:
        `system`, `response_id`, `theme`, `comment_language`: one row per comment and theme, sorted. No text.
    """
    matched = match_themes(texts.select(*KEY, "comment_language", "text"), rules)
    return matched.select(*KEY, "theme", "comment_language").sort(*KEY, "theme")
