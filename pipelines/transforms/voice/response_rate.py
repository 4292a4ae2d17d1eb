"""Which invitations to a survey were answered, and how long answering takes.

Put here: answered or not, the answering time, and the rate of a window. Keep out: the windows (`survey_windows.py`) and
scores (`nps.py`).
"""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.transforms.day_numbers import count_days_since_epoch
from regulars.pipelines.transforms.purchases.purchases import make_lazy, read_into_polars
from regulars.pipelines.transforms.voice.survey_windows import LONGEST_WINDOW
from regulars.pipelines.transforms.voice.votes import ANSWER_DIMENSIONS, add_person, count_days_between

SHARE_OF_ANSWERS = 0.9
"""Answers to an invitation may no longer come when this share of all answers has come as soon after theirs."""
TENTHS_OF_WINDOW = 9
"""Of so many tenths of its days the invitations of a window must be old enough for its rate to be known."""
INVITED = ["people_invited", "people_who_answered"]
INVITED_IN_TIME = ["people_invited_in_time", "people_who_answered_in_time"]
"""The same of invitations that are old enough."""
ANSWER = ["answered_with", "response_id", "answered_at"]
"""The answer to an invitation: its system, its id there, and its moment."""
INVITATION = ["person", "customer_idx", "system", *ANSWER_DIMENSIONS.values()]


@dataclass(frozen=True)
class Invitations:
    """Invitations to surveys of one type.

    Attributes:
        invited: One row per invitation, as `list_votes` takes them, with the measure `people_invited`.
        answered: Those that were answered, with the measure `people_who_answered`.
        delays: One row per response to known invitations: `system`, `response_id`, `days` since the last of them.
        answering_days: The days within which 90 % of the answers of the slowest tool came; None without answers.
    """

    invited: "nw.LazyFrame[Any]"
    answered: "nw.LazyFrame[Any]"
    delays: pl.DataFrame
    answering_days: float | None

    def find_last_mature_day(self, as_of: dt.date) -> dt.date | None:
        """Find the last day to whose invitations answers may no longer come; None where no answering time is known."""
        return None if self.answering_days is None else as_of - dt.timedelta(days=math.ceil(self.answering_days))


def match_invitations(
    survey_invitations: IntoFrame, survey_responses: IntoFrame, *, survey_type: str, as_of: dt.date
) -> Invitations:
    """Find out which invitations were answered.

    An invitation is answered by the response that it names. If no invitation of a tool names one, an invitation is
    answered when its person answers a survey of the type, of any tool, before the next invitation.

    Args:
        survey_invitations: `core.survey_invitations`.
        survey_responses: `core.survey_responses`.
        survey_type: Of the invitations, and of the answers that count.
        as_of: Last day that counts.
    """
    sent = add_person(
        make_lazy(survey_invitations).filter(nw.col("survey_type") == survey_type, nw.col("invited_date") <= as_of),
        "invitation_id",
    ).select(*INVITATION, "response_id", row_id="invitation_id", day="invited_date", at="invited_at")
    came = add_person(
        make_lazy(survey_responses).filter(nw.col("survey_type") == survey_type, nw.col("answered_date") <= as_of),
        "response_id",
    ).select("system", "response_id", "person", "answered_at")
    named = sent.join(came.select("system", "response_id", "answered_at"), on=["system", "response_id"], how="inner")
    named = named.with_columns(answered_with=nw.col("system"))
    answered = named.select(*INVITATION, "row_id", "day", "at", *ANSWER)
    if without := _list_tools_without_responses(sent):
        answered = nw.concat([answered, _match_by_person(sent.filter(nw.col("system").is_in(without)), came)])
    delays = _measure_delays(answered)
    return Invitations(
        invited=sent.with_columns(measure=nw.lit("people_invited")),
        answered=answered.with_columns(measure=nw.lit("people_who_answered")),
        delays=delays.group_by("response_id", system="answered_with").agg(pl.col("days").min()),
        answering_days=_find_answering_days(delays),
    )


def _list_tools_without_responses(sent: "nw.LazyFrame[Any]") -> list[str]:
    """The tools whose invitations never name a response."""
    named = read_into_polars(sent.group_by("system").agg(nw.col("response_id").count()).to_native())
    return sorted(named.filter(pl.col("response_id") == 0)["system"])


def _match_by_person(sent: "nw.LazyFrame[Any]", came: "nw.LazyFrame[Any]") -> "nw.LazyFrame[Any]":
    """The invitations whose person answers before the next invitation."""
    event = ["person", "system", "row_id", "at", "is_answer"]
    invited = sent.with_columns(is_answer=nw.lit(value=False)).select(event)
    answers = came.select(
        "person", "system", row_id="response_id", at="answered_at", is_answer=nw.lit(value=True)
    ).select(event)
    order = ["at", "is_answer", "system", "row_id"]
    found = (
        nw.concat([invited, answers])
        .with_columns(
            is_followed_by_answer=nw.col("is_answer").shift(-1).over("person", order_by=order),
            answered_at=nw.col("at").shift(-1).over("person", order_by=order),
            answered_with=nw.col("system").shift(-1).over("person", order_by=order),
            response_id=nw.col("row_id").shift(-1).over("person", order_by=order),
        )
        .filter(~nw.col("is_answer"), nw.col("is_followed_by_answer"))
        .select("system", "row_id", *ANSWER)
    )
    matched = sent.drop("response_id").join(found, on=["system", "row_id"], how="inner")
    return matched.select(*INVITATION, "row_id", "day", "at", *ANSWER)


def _measure_delays(answered: "nw.LazyFrame[Any]") -> pl.DataFrame:
    """The days from each answered invitation to its answer."""
    moments = read_into_polars(answered.select("system", "at", *ANSWER).to_native())
    days = count_days_between(pl.col("at"), pl.col("answered_at"))
    return moments.with_columns(days=days)


def _find_answering_days(delays: pl.DataFrame) -> float | None:
    slowest = delays.group_by("system").agg(pl.col("days").quantile(SHARE_OF_ANSWERS, "higher"))
    found: float | None = slowest.select(pl.col("days").max()).item() if len(slowest) else None
    return found


def add_invited_in_time(events: pl.DataFrame, mature: dt.date | None) -> pl.DataFrame:
    """Add events of the measures `INVITED_IN_TIME`, as far as a window that ends after `mature` may count them.

    Args:
        events: As `split_votes` returns them, some with a measure of `INVITED`.
        mature: The last day whose invitations are old enough; None: none are.
    """
    if mature is None:
        return events
    last = count_days_since_epoch(mature)
    longest = pl.col("day_idx") + LONGEST_WINDOW
    in_time = events.filter(
        pl.col("measure").is_in(INVITED), pl.col("day_idx") <= last, pl.col("day_idx") > last - LONGEST_WINDOW
    ).with_columns(
        measure=pl.col("measure").cast(pl.String).replace_strict(dict(zip(INVITED, INVITED_IN_TIME, strict=True))),
        end_idx=pl.when(pl.col("end_idx") > last).then(longest).otherwise("end_idx").cast(events.schema["end_idx"]),
    )
    return pl.concat([events.with_columns(pl.col("measure").cast(pl.String)), in_time])


def compute_response_rate(mature: dt.date | None) -> list[pl.Expr]:
    """The rate of each window, once answers to the invitations of most of its days may no longer come.

    Args:
        mature: The last of the days whose invitations are old enough. They alone are in the rate.
    """
    last = pl.lit(mature, pl.Date)
    is_over = (pl.col("period_end") <= last).fill_null(False)
    counts = [
        pl.when(is_over).then(all_of).otherwise(in_time).alias(in_time)
        for all_of, in_time in zip(INVITED, INVITED_IN_TIME, strict=True)
    ]
    invited, answered = counts
    days, mature_days = ((end - pl.col("period_start")).dt.total_days() + 1 for end in (pl.col("period_end"), last))
    is_mature = pl.col("is_complete") & (is_over | (10 * mature_days >= TENTHS_OF_WINDOW * days).fill_null(False))
    rate = pl.when(invited > 0).then(answered / invited)
    return [*counts, is_mature.alias("is_response_rate_complete"), pl.when(is_mature).then(rate).alias("response_rate")]
