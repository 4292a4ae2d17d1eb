"""The mart `feedback_themes`: themes of comments by week and language, and which ones emerge.

Put here: the weeks, their numbers, and what may not be shown. Keep out: which comment has which theme
(`pipelines/themes`), and when a theme emerges (`emerging_themes.py`).
"""

import datetime as dt

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL, OTHER, UNMATCHED
from regulars.pipelines.definitions.windows import THEME_WEEKS
from regulars.pipelines.transforms.amounts import MONEY
from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.purchases.purchases import make_lazy, read_into_polars, select_columns
from regulars.pipelines.transforms.rare_values import NAMED_VALUES
from regulars.pipelines.transforms.voice.emerging_themes import add_emergence
from regulars.pipelines.transforms.voice.survey_windows import MONDAY_OF_WEEK_0
from regulars.pipelines.transforms.voice.votes import add_person

FEWEST_COMMENTS = 5
"""The fewest comments of a theme in a language with a share and a score: with fewer, a reader could recognise
authors."""
PARTS = f"the week or parts of the {THEME_WEEKS} weeks before it"
NO_SURVEY = f"nothing is compared: {PARTS} have no comments of {{}}"
SOME_SURVEYS = f"not compared, since {PARTS} have none: comments of {{}}"
"""Why a week is not compared, or only by some surveys."""
UNITS = 1_000_000
"""Positions on the scale are summed as whole millionths, so that sums are exact in any order."""
CELL = ["week_idx", "language", "theme"]
COMMENT = ["system", "response_id"]
COLUMNS: dict[str, PolarsDataType] = {
    "week_start": pl.Date,
    "week_end": pl.Date,
    "theme": pl.String,
    "language": pl.String,
    "comments": pl.Int64,
    "people": pl.Int64,
    "all_comments": pl.Int64,
    "comment_rate": pl.Float64,
    "performance": pl.Float64,
    "nps_responses": pl.Int64,
    "promoter_responses": pl.Int64,
    "mean_nps_score": pl.Float64,
    "detractor_responses": pl.Int64,
    "detractor_rate": pl.Float64,
    "customers_who_wrote": pl.Int64,
    "net_sales_to_date": MONEY,
    "compared_comments": pl.Int64,
    "compared_all_comments": pl.Int64,
    "earlier_comments": pl.Int64,
    "earlier_all_comments": pl.Int64,
    "earlier_comment_rate": pl.Float64,
    "dispersion": pl.Float64,
    "rise_p_value": pl.Float64,
    "is_emerging": pl.Boolean,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}
HIDDEN = (
    "comment_rate",
    "performance",
    "mean_nps_score",
    "promoter_responses",
    "detractor_responses",
    "detractor_rate",
    "net_sales_to_date",
)


def feedback_themes(
    survey_responses: IntoFrame,
    survey_response_themes: IntoFrame,
    customer_360: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
) -> pl.DataFrame:
    """Count comments by week, theme and language.

    Args:
        survey_responses: `core.survey_responses`.
        survey_response_themes: `core.survey_response_themes`; every comment has at least one row.
        customer_360: `marts.customer_360`; `customer_id`, `is_unknown`, `net_sales_to_date`.
        calendar: `core.calendar`; `day`, `week_idx`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by week_start, language and theme. All languages together have a row per theme
        and week from the first comment to as_of; a language has rows where it has comments. Empty without comments.

    Raises:
        ValueError: A comment's day is missing in the calendar.
    """
    tagged = _read_comments(survey_responses, survey_response_themes, calendar, as_of)
    if tagged.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    tagged = pl.concat([tagged.with_columns(language=pl.lit(ALL)), tagged])
    last_week = (count_days_since_epoch(as_of) - MONDAY_OF_WEEK_0) // 7
    whole = tagged.unique([*COMMENT, "language"]).group_by("week_idx", "language").agg(all_comments=pl.len())
    cells = _list_cells(tagged, last_week).join(whole, on=["week_idx", "language"], how="left")
    for part in (_count_comments(tagged), _sum_sales(tagged, customer_360)):
        cells = cells.join(part, on=CELL, how="left")
    counts = (
        "comments",
        "people",
        "all_comments",
        "nps_responses",
        "promoter_responses",
        "detractor_responses",
        "customers_who_wrote",
        "net_sales_to_date",
    )
    monday = (pl.col("week_idx") * 7 + MONDAY_OF_WEEK_0).cast(pl.Int32).cast(pl.Date)
    cells = cells.with_columns(pl.col(*counts).fill_null(0), week_start=monday).with_columns(
        week_end=pl.col("week_start") + pl.duration(days=6)
    )
    of_surveys = tagged.group_by(*CELL, "survey").agg(comments=pl.len().cast(pl.Int64))
    sizes = tagged.unique([*COMMENT, "language"]).group_by("week_idx", "language", "survey").agg(all_comments=pl.len())
    cells = add_emergence(cells.with_columns(is_complete=pl.col("week_end") <= as_of), of_surveys, sizes)
    shown = cells.filter((pl.col("language") == ALL) | (pl.col("comments") > 0))
    return (
        _hide_few(shown.with_columns(_compute_rates()))
        .with_columns(reason=_give_reason(), as_of=pl.lit(as_of))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("week_start", "language", "theme")
    )


def _read_comments(responses: IntoFrame, themes: IntoFrame, calendar: IntoFrame, as_of: dt.date) -> pl.DataFrame:
    """Scan comments, on any engine: one row per comment and theme, of weeks up to that of as_of."""
    length = (nw.col("scale_max") - nw.col("scale_min")).cast(nw.Float64)
    place = (nw.col("score") - nw.col("scale_min")).cast(nw.Float64) / length
    is_nps = ~nw.col("nps_group").is_null()
    scanned = (
        add_person(make_lazy(responses).filter(nw.col("answered_date") <= as_of), "response_id")
        .select(
            *COMMENT,
            "survey_type",
            "person",
            "customer_id",
            day="answered_date",
            place=place,
            nps_score=nw.when(is_nps).then(nw.col("score").cast(nw.Int64)),
            is_promoter=nw.col("nps_group") == "promoter",
            is_detractor=nw.col("nps_group") == "detractor",
        )
        .join(make_lazy(themes).select(*COMMENT, "theme", "comment_language"), on=COMMENT)
        .join(make_lazy(calendar).select("day", "week_idx"), on="day", how="left")
    )
    tagged = read_into_polars(scanned.to_native())
    if tagged["week_idx"].null_count():
        raise ValueError("core.calendar lacks days on which there are comments; it must cover all of them.")
    sizes = tagged.unique(COMMENT).group_by("comment_language").len()
    kept = sizes.sort("len", "comment_language", descending=[True, False])["comment_language"].head(NAMED_VALUES)
    named = pl.when(pl.col("comment_language").is_in(kept.implode())).then("comment_language").otherwise(pl.lit(OTHER))
    return tagged.select(
        *COMMENT,
        pl.col("week_idx").cast(pl.Int64),
        "person",
        "customer_id",
        "theme",
        "nps_score",
        "is_promoter",
        "is_detractor",
        language=named,
        survey=pl.format("{} ({})", "system", "survey_type"),
        units=(pl.col("place") * UNITS).round().cast(pl.Int64),
    )


def _list_cells(tagged: pl.DataFrame, last_week: int) -> pl.DataFrame:
    """Every theme in every language in every week from the first comment on, with or without comments."""
    first = pl.col("week_idx").min()
    weeks = tagged.select(pl.int_range(first, last_week + 1, dtype=pl.Int64).alias("week_idx"))
    languages = tagged.select("language").unique()
    themes = pl.concat([tagged.select("theme"), pl.DataFrame({"theme": [UNMATCHED]})]).unique()
    return weeks.join(languages, how="cross").join(themes, how="cross")


def _count_comments(tagged: pl.DataFrame) -> pl.DataFrame:
    return tagged.group_by(CELL).agg(
        comments=pl.len().cast(pl.Int64),
        people=pl.col("person").n_unique().cast(pl.Int64),
        units=pl.col("units").sum(),
        nps_responses=pl.col("nps_score").count().cast(pl.Int64),
        nps_total=pl.col("nps_score").sum(),
        promoter_responses=pl.col("is_promoter").sum().cast(pl.Int64),
        detractor_responses=pl.col("is_detractor").sum().cast(pl.Int64),
    )


def _sum_sales(tagged: pl.DataFrame, customer_360: IntoFrame) -> pl.DataFrame:
    """The net sales to date of the known customers who wrote, each once per cell."""
    money = read_into_polars(select_columns(customer_360, "customer_id", "is_unknown", "net_sales_to_date"))
    writers = tagged.select(*CELL, "customer_id").drop_nulls("customer_id").unique()
    return (
        writers.join(money.filter(~pl.col("is_unknown")), on="customer_id")
        .group_by(CELL)
        .agg(customers_who_wrote=pl.len().cast(pl.Int64), net_sales_to_date=pl.col("net_sales_to_date").sum())
    )


def _compute_rates() -> list[pl.Expr]:
    comments, asked = pl.col("comments"), pl.col("nps_responses")
    return [
        pl.when(pl.col("all_comments") > 0).then(comments / pl.col("all_comments")).alias("comment_rate"),
        pl.when(comments > 0).then(100 * pl.col("units") / (UNITS * comments)).alias("performance"),
        pl.when(asked > 0).then(pl.col("nps_total") / asked).alias("mean_nps_score"),
        pl.when(asked > 0).then(pl.col("detractor_responses") / asked).alias("detractor_rate"),
    ]


def _hide_few(cells: pl.DataFrame) -> pl.DataFrame:
    """Set shares, scores and sales of a language's cells with few comments to NULL."""
    is_shown = (pl.col("language") == ALL) | (pl.col("comments") >= FEWEST_COMMENTS)
    return cells.with_columns(pl.when(is_shown).then(pl.col(name)).alias(name) for name in HIDDEN)


def _give_reason() -> pl.Expr:
    is_left_out = pl.col("left_out_surveys").is_not_null()
    return (
        pl.when(~pl.col("is_complete"))
        .then(pl.lit("the week is not over"))
        .when((pl.col("language") != ALL) & (pl.col("comments") < FEWEST_COMMENTS))
        .then(pl.lit(f"fewer than {FEWEST_COMMENTS} comments: neither share nor score is shown"))
        .when(pl.col("all_comments") == 0)
        .then(pl.lit("there are no comments"))
        .when(pl.col("dispersion").is_null() & pl.col("earlier_comments").is_not_null() & is_left_out)
        .then(pl.format(NO_SURVEY, "left_out_surveys"))
        .when(pl.col("dispersion").is_null())
        .then(pl.lit(f"one of the {THEME_WEEKS} weeks before it is missing, or they have no comments"))
        .when(pl.col("theme") == UNMATCHED)
        .then(pl.lit("comments without a theme never emerge"))
        .when(is_left_out)
        .then(pl.format(SOME_SURVEYS, "left_out_surveys"))
    )
