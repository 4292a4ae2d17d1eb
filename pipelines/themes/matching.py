"""Finds the themes of comments by the rules.

Put here: looking for terms. Keep out: which language a comment is in (`languages.py`), and what is made of the themes
(`pipelines/transforms/voice`).
"""

import polars as pl

from regulars.pipelines.definitions.enumerations import UNMATCHED
from regulars.pipelines.themes.gaps import has_gap, write_expression
from regulars.pipelines.themes.rules import UNKNOWN_LANGUAGE, Term, Theme, ThemeRules
from regulars.pipelines.themes.searching import STRONG, WEAK, find_hits, list_patterns
from regulars.pipelines.themes.spelling import spell_alike, spell_each

MOST_OF_ALL, FEWEST_FOR_SHARE = 1 / 3, 100
"""A term that finds more of the comments in its language says little; of fewer comments no share is told."""
MOST_COUNTED = 20_000
"""What each term finds can be told from so many."""


def match_themes(comments: pl.DataFrame, rules: ThemeRules) -> pl.DataFrame:
    """Find the themes of each comment: one row for each, or one of the theme `UNMATCHED`.

    A comment is searched by the terms of its own language, and by all terms where its language is not known. One in a
    language without rules has no theme. Weak terms are looked for after all others, theme by theme as in the file.

    Args:
        comments: `text` as `normalize_text` writes it, `comment_language`, and any other columns, which are kept.
        rules: The company's themes.

    Returns:
        The other columns, `comment_language` and `theme`.
    """
    kept = comments.drop("text").columns
    found = [
        _match_language(part, rules, None if language == UNKNOWN_LANGUAGE else str(language)).select(*kept, "theme")
        for (language,), part in comments.partition_by("comment_language", as_dict=True).items()
    ]
    return pl.concat(found) if found else comments.drop("text").with_columns(theme=pl.lit(None, pl.String))


def _match_language(comments: pl.DataFrame, rules: ThemeRules, language: str | None) -> pl.DataFrame:
    names = [theme.name for theme in rules.themes]
    texts = comments.select(spell_alike(pl.col("text"), language)).to_series()
    hits = find_hits(texts, list_patterns(rules, language)).partition_by("theme", "role", as_dict=True)
    has_term = {key: pl.col("row").is_in(found["row"].implode()) for key, found in hits.items()}
    strong = {name: has_term.get((name, STRONG), pl.lit(value=False)) for name in names}
    tagged = comments.with_row_index("row").with_columns(**strong)
    for theme in rules.themes:
        if (theme.name, WEAK) in has_term:
            is_found = pl.col(theme.name) | _stands_alone(theme, names) & has_term[theme.name, WEAK]
            tagged = tagged.with_columns(is_found.alias(theme.name))
    rest = tagged.filter(~pl.any_horizontal(*names)) if names else tagged
    parts = [tagged.filter(pl.col(name)).with_columns(theme=pl.lit(name)) for name in names]
    return pl.concat([*parts, rest.with_columns(theme=pl.lit(UNMATCHED))])


def _stands_alone(theme: Theme, themes: list[str]) -> pl.Expr:
    """Whether a comment has no theme beside which the weak terms of a theme do not count."""
    others = [name for name in theme.unless or themes if name != theme.name]
    return ~pl.any_horizontal(pl.lit(value=False), *others)


def count_term_hits(comments: pl.DataFrame, rules: ThemeRules) -> pl.DataFrame:
    """Count how many comments hold each term of a language; a weak one need not count in all of them.

    Args:
        comments: `text` and `comment_language`.
        rules: The company's themes.

    Of more than `MOST_COUNTED` comments, every n-th is looked at.

    Returns:
        One row per term that finds a comment of its own language: `theme`, `language`, `written`, `line`, `column`,
        `term_comments`, `language_comments`, most hits first.
    """
    parts = []
    looked_at = comments.gather_every(-(-len(comments) // MOST_COUNTED) or 1)
    for (language,), part in sorted(looked_at.partition_by("comment_language", as_dict=True).items()):
        terms = [each for theme in rules.themes for each in theme.terms if each.language == language]
        spelled = part.with_columns(text=spell_alike(pl.col("text"), str(language)))
        by_pattern = dict(zip(spell_each([each.pattern for each in terms], str(language)), terms, strict=True))
        hits = _count_patterns(spelled, by_pattern)
        parts += [_describe_hit(by_pattern[pattern], found, len(part)) for pattern, found in hits]
    return pl.DataFrame(parts, schema=_HITS, orient="row").sort(
        "term_comments", "theme", "language", "written", descending=[True, False, False, False]
    )


_HITS = {
    "theme": pl.String,
    "language": pl.String,
    "written": pl.String,
    "line": pl.Int64,
    "column": pl.Int64,
    "term_comments": pl.Int64,
    "language_comments": pl.Int64,
}


def _count_patterns(comments: pl.DataFrame, terms: dict[str, Term]) -> list[tuple[str, int]]:
    text = pl.col("text")
    found = []
    if plain := [each for each in sorted(terms) if not has_gap(each)]:
        hits = comments.select(pattern=text.str.extract_many(plain, overlapping=True).list.unique()).explode("pattern")
        found = hits.drop_nulls().group_by("pattern").len().rows()
    if gapped := [each for each in sorted(terms) if has_gap(each)]:
        counts = comments.select(text.str.contains(write_expression(each)).sum().alias(each) for each in gapped)
        found += [(pattern, count) for pattern, count in counts.row(0, named=True).items() if count]
    return found


def _describe_hit(term: Term, hits: int, comments: int) -> tuple[str, str, str, int, int, int, int]:
    return term.theme, term.language, term.written, term.line, term.column, hits, comments
