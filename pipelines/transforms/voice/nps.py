"""The mart `nps`: the net promoter score by day, week, month and rolling window, its change, and the response rate.

Put here: which answers are NPS, the score with its interval, its change from the window before, its difference from the
other values of a dimension, and the number of answers that no score can count.
Keep out: the groups (`core.survey_responses.nps_group`), why an answer is left out (`nps_left_out_reason`), which vote
counts (`votes.py`), nonresponse (`nonresponse.py`), other kinds of survey (`satisfaction_scores.py`).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL, ANSWERING_WAVE
from regulars.pipelines.models.comparisons.significance import compute_two_sided_p
from regulars.pipelines.transforms.false_discovery import is_significant
from regulars.pipelines.transforms.others import count_others
from regulars.pipelines.transforms.purchases.purchases import make_lazy, read_into_polars
from regulars.pipelines.transforms.voice.adjusted_wald import compare_scores, compute_nps
from regulars.pipelines.transforms.voice.nonresponse import WEIGHTED, add_answering_wave, weight_by_tier
from regulars.pipelines.transforms.voice.response_rate import (
    INVITED,
    INVITED_IN_TIME,
    Invitations,
    add_invited_in_time,
    compute_response_rate,
    match_invitations,
)
from regulars.pipelines.transforms.voice.survey_windows import (
    FEW_VOTES,
    VALUE,
    count_periods,
    decide_on_change,
    give_reason,
    join_window_before,
    thin_out,
)
from regulars.pipelines.transforms.voice.votes import (
    ANSWER_DIMENSIONS,
    SurveySettings,
    add_person,
    list_single_rows,
    list_votes,
    read_once,
    select_customer_dimensions,
    split_votes,
)

VOTES = {"promoter": "promoters", "passive": "passives", "detractor": "detractors"}
"""`nps_group` -> the column with its votes."""
LEFT_OUT = {"other_scale": "left_out_other_scale", "fraction": "left_out_fractions"}
"""`nps_left_out_reason` -> the column with its answers."""
MEASURES = [*VOTES, *LEFT_OUT, *INVITED, *INVITED_IN_TIME]
COUNTS = ["promoters", "detractors", "responses"]
"""The counts behind a score."""
FEWEST_OF_CHANGE = 10
"""The fewest votes of each of two windows. Without a true change, at most 7 % of the comparisons of 10 votes with up to
500 have a p-value below 0.05, even without detractors; with 2 votes it is up to 19 %."""
WINDOW = ["grain", "period_end"]
ROW = ["person", "customer_idx", "system", *ANSWER_DIMENSIONS.values(), "measure", "day", "at", "row_id"]
"""The measures of answers and invitations."""
COLUMNS: dict[str, PolarsDataType] = {
    "grain": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "dimension": pl.String,
    "dimension_value": pl.String,
    "responses": pl.Int64,
    "promoters": pl.Int64,
    "passives": pl.Int64,
    "detractors": pl.Int64,
    "nps": pl.Float64,
    "nps_low": pl.Float64,
    "nps_high": pl.Float64,
    **WEIGHTED,
    "responses_before": pl.Int64,
    "nps_before": pl.Float64,
    "nps_change": pl.Float64,
    "nps_change_low": pl.Float64,
    "nps_change_high": pl.Float64,
    "nps_change_p_value": pl.Float64,
    "is_nps_change_significant": pl.Boolean,
    "nps_change_verdict": pl.String,
    "responses_of_others": pl.Int64,
    "nps_of_others": pl.Float64,
    "nps_over_others": pl.Float64,
    "nps_over_others_low": pl.Float64,
    "nps_over_others_high": pl.Float64,
    "nps_over_others_p_value": pl.Float64,
    "is_nps_over_others_significant": pl.Boolean,
    "people_invited": pl.Int64,
    "people_who_answered": pl.Int64,
    "people_invited_in_time": pl.Int64,
    "people_who_answered_in_time": pl.Int64,
    "response_rate": pl.Float64,
    "is_response_rate_complete": pl.Boolean,
    "answering_days": pl.Float64,
    "responses_left_out": pl.Int64,
    "left_out_other_scale": pl.Int64,
    "left_out_fractions": pl.Int64,
    "is_complete": pl.Boolean,
    "reason": pl.String,
    "as_of": pl.Date,
}


def nps(
    survey_responses: IntoFrame,
    survey_invitations: IntoFrame,
    customers: IntoFrame,
    customer_segments: IntoFrame,
    calendar: IntoFrame,
    *,
    as_of: dt.date,
    surveys: SurveySettings,
) -> pl.DataFrame:
    """Compute the net promoter score per grain, period and dimension value, with a 95 % interval.

    Args:
        survey_responses: `core.survey_responses`; `select_nps_answers` says which of them count.
        survey_invitations: `core.survey_invitations`; those of the type nps.
        customers: `core.customers`.
        customer_segments: `marts.customer_segments`.
        calendar: `core.calendar`; `day`, `day_idx`.
        as_of: Last day that counts.
        surveys: What scores are split by.

    Returns:
        The columns of `COLUMNS`, sorted by grain, period_end, dimension and value; `all` has every period from the
        first answer or invitation to `as_of`, the other dimensions only periods with answers or invitations.

    Raises:
        ValueError: An answer's day is missing in the calendar.
    """
    invitations = match_invitations(survey_invitations, survey_responses, survey_type="nps", as_of=as_of)
    who = read_once(select_customer_dimensions(customers, customer_segments))
    events = _list_events(survey_responses, invitations, who, calendar, as_of=as_of, surveys=surveys)
    if events.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    mature = invitations.find_last_mature_day(as_of)
    periods = (
        count_periods(add_invited_in_time(events, mature), MEASURES, as_of=as_of)
        .with_columns(**{column: measure for measure, column in (VOTES | LEFT_OUT).items()})
        .with_columns(
            responses=pl.sum_horizontal(VOTES.values()),
            responses_left_out=pl.sum_horizontal(LEFT_OUT.values()),
            as_of=pl.lit(as_of),
        )
        .with_columns(**compute_nps(*(pl.col(name) for name in COUNTS)))
    )
    tiers = read_into_polars(who.to_native()).group_by("value_tier").len("customers").drop_nulls()
    return (
        _compare_with_others(thin_out(weight_by_tier(_add_change(periods), tiers), as_of))
        .with_columns(compute_response_rate(mature))
        .with_columns(reason=_give_reason(), answering_days=pl.lit(invitations.answering_days, pl.Float64))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("grain", "period_end", *VALUE)
    )


def _give_reason() -> pl.Expr:
    """Why a score is missing or uncertain, why no change is computed, and why it is not compared with the others."""
    stands = pl.col("is_complete") & (pl.col("responses") > 0)
    few_before = pl.col("responses_before") < FEWEST_OF_CHANGE
    why_no_change = (
        pl.when(pl.col("responses") < FEWEST_OF_CHANGE)
        .then(pl.lit(f"fewer than {FEWEST_OF_CHANGE} votes"))
        .when(few_before)
        .then(pl.lit(f"fewer than {FEWEST_OF_CHANGE} votes in the window before"))
        .otherwise(pl.lit("no vote in the window before, or it began before the first answer"))
    )
    no_change = pl.when(stands & pl.col("nps_change").is_null()).then(pl.lit("no change is computed: ") + why_no_change)
    is_alone = stands & (pl.col("dimension") != ALL) & (pl.col("responses") >= FEW_VOTES)
    no_others = pl.when(is_alone & pl.col("nps_over_others").is_null()).then(
        pl.lit(f"not compared with the others: fewer than {FEW_VOTES} of them voted")
    )
    told = pl.concat_str(give_reason(), no_change, no_others, separator="; ", ignore_nulls=True)
    return pl.when(told != "").then(told)


def _add_change(periods: pl.DataFrame) -> pl.DataFrame:
    """Add the change of the score from the window before, with its interval and whether it is significant.

    Nothing is compared below `FEWEST_OF_CHANGE` votes on either side.
    """
    periods = join_window_before(periods, ["nps", *COUNTS])
    before = [pl.col(f"{name}_before") for name in COUNTS]
    score = pl.when(pl.min_horizontal("responses", "responses_before") >= FEWEST_OF_CHANGE).then("nps_before")
    compared = _compare(periods, "nps_change", score, before, family=WINDOW)
    return compared.with_columns(nps_change_verdict=decide_on_change("nps_change", "is_nps_change_significant"))


def _compare_with_others(periods: pl.DataFrame) -> pl.DataFrame:
    """Add the difference of each value from all others of its dimension and window, with interval and significance.

    Nothing is compared below `FEW_VOTES` on either side: beside many others, few votes seem to differ too often. In a
    dimension of the answer, a person may have votes with several values. The interval and the p-value then use the
    number of people that the others surely stand for: votes of people without the value itself or, if that is more,
    the average votes of the other values.
    """
    family = [*WINDOW, "dimension"]
    whole = periods.filter(pl.col("dimension") == ALL).select(*WINDOW, people="responses")
    values = (pl.col("responses") > 0).sum().over(family)
    compared = (
        periods.join(whole, on=WINDOW, how="left")
        .with_columns(**count_others(COUNTS, *family), others=values - 1)
        .with_columns(nps_of_others=compute_nps(*(pl.col(f"{name}_of_others") for name in COUNTS))["nps"])
    )
    votes = pl.col("responses_of_others")
    surely = pl.max_horizontal(pl.col("people") - pl.col("responses"), votes / pl.col("others"))
    others = [pl.col(f"{name}_of_others") * surely / votes for name in COUNTS]
    is_enough = pl.min_horizontal(pl.col("responses"), surely) >= FEW_VOTES
    score = pl.when(pl.col("is_complete") & is_enough).then("nps_of_others")
    return _compare(compared, "nps_over_others", score, others, family=family)


def _compare(
    periods: pl.DataFrame, name: str, other_score: pl.Expr, other: Sequence[pl.Expr], *, family: Sequence[str]
) -> pl.DataFrame:
    """Add score − other score as `name`, its interval, its p-value, and whether it is significant in its family.

    Args:
        periods: `nps` and `COUNTS` of each row.
        name: The prefix of the columns.
        other_score: The other score; nothing is compared where it is NULL.
        other: `COUNTS` of the other votes.
        family: The columns that define a family of comparisons.

    Returns:
        The same rows in another order: few of them have the votes for a comparison, and only these are compared.
    """
    low, high, z = compare_scores([pl.col(count) for count in COUNTS], other)
    differing = periods.with_columns((pl.col("nps") - other_score).alias(name))
    is_compared = pl.col(name).is_not_null()
    compared = differing.filter(is_compared).with_columns(low.alias(f"{name}_low"), high.alias(f"{name}_high"), z=z)
    p = pl.Series(f"{name}_p_value", compute_two_sided_p(compared["z"].to_numpy()))
    flag = is_significant(f"{name}_p_value", *family).alias(f"is_{name}_significant")
    return pl.concat([compared.with_columns(p).with_columns(flag), differing.filter(~is_compared)], how="diagonal")


def _list_events(
    survey_responses: IntoFrame,
    invitations: Invitations,
    customers: "nw.LazyFrame[Any]",
    calendar: IntoFrame,
    *,
    as_of: dt.date,
    surveys: SurveySettings,
) -> pl.DataFrame:
    """List votes, answers left out and invitations of every dimension."""
    answers = add_person(select_nps_answers(survey_responses, as_of=as_of), "response_id").select(
        *("person", "customer_idx", "system", *ANSWER_DIMENSIONS.values()),
        measure="nps_group",
        day="answered_date",
        at="answered_at",
        row_id="response_id",
    )
    answers = add_answering_wave(read_once(answers), invitations.delays)
    days = read_once(make_lazy(calendar).select("day", "day_idx")).to_native()
    left_out = list_single_rows(read_once(_select_left_out(survey_responses, as_of=as_of)), days, customers)
    wanted = [name for name in ANSWER_DIMENSIONS if name in surveys.dimensions]
    counted = [answers, *(read_once(rows.select(*ROW)) for rows in (invitations.invited, invitations.answered))]
    by_person = pl.concat(
        [
            list_votes(answers, days, customers, ["person"], carried=[ANSWERING_WAVE]),
            *(list_votes(rows, days, customers, ["person"]) for rows in counted[1:]),
            left_out,
        ],
        how="diagonal",
    )
    by_answer = {
        name: pl.concat(
            [
                *(list_votes(rows, days, None, ["person", ANSWER_DIMENSIONS[name]]) for rows in counted),
                left_out,
            ],
            how="diagonal",
        )
        for name in wanted
    }
    votes_only = (pl.col("dimension") != ANSWERING_WAVE) | pl.col("measure").is_in([*VOTES])
    return split_votes(by_person, by_answer, [*surveys.dimensions, ANSWERING_WAVE]).filter(votes_only)


def _select_left_out(survey_responses: IntoFrame, *, as_of: dt.date) -> "nw.LazyFrame[Any]":
    """Select the answers of the type nps that no score counts."""
    return (
        make_lazy(survey_responses)
        .filter(~nw.col("nps_left_out_reason").is_null(), nw.col("answered_date") <= as_of)
        .select("customer_idx", *ANSWER_DIMENSIONS.values(), measure="nps_left_out_reason", day="answered_date")
    )


def select_nps_answers(survey_responses: IntoFrame, *, as_of: dt.date) -> "nw.LazyFrame[Any]":
    """Select the answers that are NPS, up to `as_of`: those with an `nps_group` and a whole score from 0 to 10.

    Args:
        survey_responses: `core.survey_responses`.
        as_of: Last day that counts.
    """
    is_whole = nw.col("score").cast(nw.Float64).is_in([float(points) for points in range(11)])
    return make_lazy(survey_responses).filter(
        ~nw.col("nps_group").is_null(), is_whole, nw.col("answered_date") <= as_of
    )
