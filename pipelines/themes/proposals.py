"""Proposes terms for new rules: what many people write in comments in which no rule finds anything.

Put here: which terms may be shown. Keep out: wording them (`pipelines/command/themes.py`).
"""

import polars as pl

FEWEST_PEOPLE = 5
"""A term that fewer people use could tell who wrote it, such as a name."""
LEAST_LIFT = 1.5
"""A word that is not so much more frequent than in comments that have a theme says nothing, such as `and`."""
FEWEST_LETTERS, LETTERS_WITHOUT_BLANKS = 4, 2
_BLANKLESS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]"
_BENGALI = r"\p{Bengali}"


def propose_terms(comments: pl.DataFrame) -> pl.DataFrame:
    """List the terms of unmatched comments that at least `FEWEST_PEOPLE` people use, most people first.

    A term is a word of `FEWEST_LETTERS` letters or more (3 in Bengali), or two letters in a row where words have no
    blanks between them. What holds a digit is left out: it may be a number of an order, a phone or a person.

    Args:
        comments: `text` as `normalize_text` writes it, `comment_language`, `person`, `is_unmatched`.

    Returns:
        `language`, `term`, `people`, `comments`.
    """
    used = _list_terms(comments.with_row_index("row")).unique(["row", "term"])
    groups = comments.group_by("comment_language", "is_unmatched").agg(writers=pl.col("person").n_unique())
    counted = (
        used.group_by("comment_language", "term", "is_unmatched")
        .agg(people=pl.col("person").n_unique().cast(pl.Int64), comments=pl.len().cast(pl.Int64))
        .join(groups, on=["comment_language", "is_unmatched"])
        .with_columns(rate=pl.col("people") / pl.col("writers"))
    )
    elsewhere = counted.filter(~pl.col("is_unmatched")).select("comment_language", "term", elsewhere="rate")
    return (
        counted.filter("is_unmatched", pl.col("people") >= FEWEST_PEOPLE)
        .join(elsewhere, on=["comment_language", "term"], how="left")
        .filter(pl.col("rate") >= LEAST_LIFT * pl.col("elsewhere").fill_null(0.0))
        .select(pl.col("comment_language").alias("language"), "term", "people", "comments")
        .sort("people", "comments", "language", "term", descending=[True, True, False, False])
    )


def _list_terms(comments: pl.DataFrame) -> pl.DataFrame:
    """One row per comment and term."""
    words = comments.with_columns(term=pl.col("text").str.strip_chars(" ").str.split(" ")).explode("term")
    words = words.filter(~pl.col("term").str.contains(r"\d"))
    is_blankless = pl.col("term").str.contains(_BLANKLESS)
    fewest = pl.when(pl.col("term").str.contains(_BENGALI)).then(3).otherwise(FEWEST_LETTERS)
    whole = words.filter(~is_blankless, pl.col("term").str.len_chars() >= fewest)
    run = words.filter(is_blankless, pl.col("term").str.len_chars() >= LETTERS_WITHOUT_BLANKS)
    starts = pl.int_ranges(0, pl.col("term").str.len_chars() - (LETTERS_WITHOUT_BLANKS - 1))
    pairs = run.with_columns(start=starts).explode("start")
    pairs = pairs.with_columns(term=pl.col("term").str.slice("start", LETTERS_WITHOUT_BLANKS)).drop("start")
    return pl.concat([whole, pairs])
