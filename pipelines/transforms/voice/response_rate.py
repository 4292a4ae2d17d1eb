"""Which invitations to a survey were answered, and how long answering takes.

Put here: answered or not, and the answering time. Keep out: the windows (`survey_windows.py`) and scores (`nps.py`).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.transforms.purchases.purchases import make_lazy, read_into_polars
from regulars.pipelines.transforms.voice.votes import ANSWER_DIMENSIONS, add_person, count_days_between

SHARE_OF_ANSWERS = 0.9
"""A window is mature when this share of the answers to its invitations has come."""
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
