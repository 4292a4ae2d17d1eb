"""Looks for the patterns of all themes in texts: once for all of them, and again where that leaves it open.

Put here: which text has which theme's terms. Keep out: what weak terms count for, and languages (`matching.py`).
"""

from collections.abc import Sequence

import polars as pl

from regulars.pipelines.themes.gaps import GAP, has_gap, write_expressions
from regulars.pipelines.themes.rules import ThemeRules
from regulars.pipelines.themes.spelling import spell_each

STRONG, WEAK, EXCEPTION = "strong", "weak", "exception"
HOLE = " _"
"""Stands where an exception was cut out of a text; no pattern begins with it."""


def list_patterns(rules: ThemeRules, language: str | None) -> pl.DataFrame:
    """List what is looked for in texts of a language: one row per theme, `role` and `pattern`.

    Args:
        rules: The company's themes.
        language: None: all languages' patterns.
    """
    listed = [
        (theme.name, role, pattern)
        for theme in rules.themes
        for role, patterns in (
            (STRONG, theme.list_patterns(language)),
            (WEAK, theme.list_patterns(language, is_weak=True)),
            (EXCEPTION, theme.list_exceptions(language)),
        )
        for pattern in patterns
    ]
    schema = {"theme": pl.String, "role": pl.String, "pattern": pl.String}
    patterns = pl.DataFrame(listed, schema=schema, orient="row")
    spelled = pl.Series(spell_each(patterns["pattern"].to_list(), language), dtype=pl.String)
    return patterns.with_columns(pattern=spelled).unique(maintain_order=True)


def find_hits(texts: pl.Series, patterns: pl.DataFrame) -> pl.DataFrame:
    """Find which texts have a term of which theme: one row per `row` of the texts, `theme` and `role` of the term.

    One search finds every pattern, of those with a gap the first part. Few texts are then looked at again, theme by
    theme: those with such a part, and those with an exception, which is cut out.

    Args:
        texts: As `spell_alike` writes them.
        patterns: As `list_patterns` returns them.
    """
    begins = patterns.with_columns(
        begin=pl.col("pattern").str.split(GAP).list.first(), has_gap=pl.col("pattern").str.contains(GAP, literal=True)
    )
    seen = _find_begins(texts, begins)
    with_exception = seen.filter(pl.col("role") == EXCEPTION).select("row", "theme")
    others = seen.filter(pl.col("role") != EXCEPTION).join(with_exception, on=["row", "theme"], how="anti")
    found = [others.filter(~pl.col("has_gap")).select("row", "theme", "role")]
    found += _confirm_gaps(texts, others.filter("has_gap"), patterns)
    found += _look_without_exceptions(texts, with_exception, patterns)
    return pl.concat(found).unique()


def _find_begins(texts: pl.Series, begins: pl.DataFrame) -> pl.DataFrame:
    """`row`, `theme`, `role` and `has_gap` of each pattern whose `begin` a text has."""
    wanted = begins["begin"].unique().sort().implode()
    hits = texts.to_frame("text").select(begin=pl.col("text").str.extract_many(wanted, overlapping=True))
    rows = hits.with_row_index("row").explode("begin").drop_nulls()
    roles = begins.select("begin", "theme", "role", "has_gap").unique()
    return rows.join(roles, on="begin").select("row", "theme", "role", "has_gap").unique()


def _confirm_gaps(texts: pl.Series, seen: pl.DataFrame, patterns: pl.DataFrame) -> list[pl.DataFrame]:
    parts = []
    for (theme, role), part in seen.partition_by("theme", "role", as_dict=True).items():
        gapped = [each for each in _list_of(patterns, theme, role) if has_gap(each)]
        parts.append(_keep_found(part, texts.gather(part["row"]), gapped, role))
    return parts


def _look_without_exceptions(texts: pl.Series, rows: pl.DataFrame, patterns: pl.DataFrame) -> list[pl.DataFrame]:
    parts = []
    for (theme,), part in rows.partition_by("theme", as_dict=True).items():
        exceptions = _list_of(patterns, theme, EXCEPTION)
        whole = texts.gather(part["row"]).to_frame("text")
        cut = whole.select(pl.col("text").str.replace_many(exceptions, [HOLE])).to_series()
        parts += [_keep_found(part, cut, _list_of(patterns, theme, role), role) for role in (STRONG, WEAK)]
    return parts


def _list_of(patterns: pl.DataFrame, theme: object, role: object) -> list[str]:
    return patterns.filter(pl.col("theme") == theme, pl.col("role") == role)["pattern"].to_list()


def _keep_found(rows: pl.DataFrame, texts: pl.Series, patterns: Sequence[str], role: object) -> pl.DataFrame:
    """The rows whose texts have one of the patterns."""
    text = pl.col("text")
    plain = [each for each in patterns if not has_gap(each)]
    found = [text.str.contains(expression) for expression in write_expressions(patterns)]
    found += [text.str.contains_any(plain)] if plain else []
    is_found = texts.to_frame("text").select(pl.any_horizontal(pl.lit(value=False), *found)).to_series()
    return rows.filter(is_found).select("row", "theme", role=pl.lit(role))
