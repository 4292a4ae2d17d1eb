"""The mart `nps`: the net promoter score by day, week and rolling window.

Put here: which answers are NPS, which answer is the vote of a person in a window, the score with its interval, and how
many answers called NPS no score can count. Keep out: the groups (`core.survey_responses.nps_group`), why an answer is
left out (`nps_left_out_reason`), other kinds of survey.
"""

import datetime as dt
from statistics import NormalDist
from typing import Any

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame
from polars._typing import PolarsDataType

from regulars.pipelines.definitions.enumerations import ALL, NPS_ROLLING_GRAIN, UNKNOWN, UNKNOWN_CUSTOMER_IDX
from regulars.pipelines.definitions.windows import NPS_ROLLING_DAYS
from regulars.pipelines.transforms.day_numbers import EPOCH, count_days_since_epoch
from regulars.pipelines.transforms.purchases.purchases import read_into_polars

VOTES = {"promoter": "promoters", "passive": "passives", "detractor": "detractors"}
"""`nps_group` -> the column with its votes."""
LEFT_OUT = {"other_scale": "left_out_other_scale", "fraction": "left_out_fractions"}
"""`nps_left_out_reason` -> the column with its answers."""
GROUPS = {**VOTES, **LEFT_OUT}
COUNTS = list(GROUPS.values())
MONDAY_OF_WEEK_0 = -3  # 1969-12-29, in days since 1970
Z_95 = NormalDist().inv_cdf(0.975)
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
    "nps_ci_low": pl.Float64,
    "nps_ci_high": pl.Float64,
    "responses_left_out": pl.Int64,
    "left_out_other_scale": pl.Int64,
    "left_out_fractions": pl.Int64,
    "is_complete": pl.Boolean,
    "as_of": pl.Date,
}


def nps(survey_responses: IntoFrame, customers: IntoFrame, calendar: IntoFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Compute the net promoter score per grain, period and dimension value, with a 95 % interval.

    Args:
        survey_responses: `core.survey_responses`; `select_nps_answers` says which of them count.
        customers: `core.customers`; `customer_idx`, `customer_type`, `country`.
        calendar: `core.calendar`; `day`, `day_idx`, `week_idx`.
        as_of: Last day that counts.

    Returns:
        The columns of `COLUMNS`, sorted by grain, period_end, dimension and value; `all` has every period from the
        first answer to `as_of`, the other dimensions only periods with answers. Empty without answers.

    Raises:
        ValueError: An answer's day is missing in the calendar.
    """
    by_person = count_votes(survey_responses, customers, calendar, as_of=as_of, per_touchpoint=False)
    by_touchpoint = count_votes(survey_responses, customers, calendar, as_of=as_of, per_touchpoint=True)
    left_out = count_left_out(survey_responses, customers, calendar, as_of=as_of)
    by_person = pl.concat([by_person, left_out.select(by_person.columns)])
    by_touchpoint = pl.concat([by_touchpoint, left_out.select(by_touchpoint.columns)])
    if by_person.is_empty():
        return pl.DataFrame(schema=COLUMNS)
    if by_person["day_idx"].null_count():
        raise ValueError("core.calendar lacks days on which there are answers; it must cover all of them.")
    answers = pl.concat(
        [
            _select_dimension(by_person, ALL, pl.lit(ALL)),
            _select_dimension(by_person, "customer_type", pl.col("customer_type")),
            _select_dimension(by_person, "country", pl.col("country")),
            _select_dimension(by_touchpoint, "touchpoint", pl.col("touchpoint")),
        ]
    )
    first_day = int(by_person["day_idx"].min())  # type: ignore[arg-type]
    last_day = count_days_since_epoch(as_of)
    periods = pl.concat([_count_by_day(answers), _count_by_week(answers), _count_by_rolling_window(answers)])
    periods = pl.concat([periods, _list_periods_without_votes(periods, first_day, last_day)])
    complete = (pl.col("period_end") <= as_of) & (
        (pl.col("grain") != NPS_ROLLING_GRAIN) | (pl.col("period_start") >= EPOCH + dt.timedelta(days=first_day))
    )
    return (
        periods.with_columns(
            responses=pl.sum_horizontal(VOTES.values()),
            responses_left_out=pl.sum_horizontal(LEFT_OUT.values()),
            is_complete=complete,
            as_of=pl.lit(as_of),
        )
        .with_columns(**compute_nps(pl.col("promoters"), pl.col("detractors"), pl.col("responses")))
        .filter((pl.col("period_end") <= as_of) | (pl.col("grain") == "week"))
        .filter((pl.sum_horizontal(COUNTS) > 0) | (pl.col("dimension") == ALL))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("grain", "period_end", "dimension", "dimension_value")
    )


def compute_nps(promoters: pl.Expr, detractors: pl.Expr, responses: pl.Expr) -> dict[str, pl.Expr]:
    """Compute the score, −100 to 100, and its 95 % adjusted-Wald interval, clipped to ±100; NULL without votes.

    The interval adds three answers, ¾ of an answer each to promoters and detractors, and uses the variance of a
    difference of two shares of one sample: Sauro and Lewis, measuringu.com/nps-confidence-intervals, after Rocks,
    "Interval Estimation for the Net Promoter Score", The American Statistician 70 (2016). With one vote that interval
    may miss the score by 1.5 points, so that it is stretched to hold the score; from two votes on it always does.
    """
    n = responses + 3
    share_for, share_against = (promoters + 0.75) / n, (detractors + 0.75) / n
    centre = share_for - share_against
    margin = Z_95 * ((share_for + share_against - centre**2) / n).sqrt()
    voted = pl.when(responses > 0)
    score = 100 * (promoters - detractors) / responses
    return {
        "nps": voted.then(score),
        "nps_ci_low": voted.then(pl.min_horizontal((100 * (centre - margin)).clip(-100, 100), score)),
        "nps_ci_high": voted.then(pl.max_horizontal((100 * (centre + margin)).clip(-100, 100), score)),
    }


def count_votes(
    survey_responses: IntoFrame, customers: IntoFrame, calendar: IntoFrame, *, as_of: dt.date, per_touchpoint: bool
) -> pl.DataFrame:
    """Scan all answers, on any engine: count the votes by their day and the day on which they stop counting.

    A vote of day d is the latest of its person in every window that ends between d and the day before the next vote,
    and it is in no rolling window that ends `NPS_ROLLING_DAYS` or more days after d. So windows need no join: it is
    enough to know when each vote stops counting, and whether the next vote lies in another week.

    Args:
        survey_responses: `core.survey_responses`.
        customers: `core.customers`.
        calendar: `core.calendar`.
        as_of: Last day that counts.
        per_touchpoint: Whether a person has one vote per touchpoint (else one in all).

    Returns:
        `customer_type`, `country`, `touchpoint` (one where not `per_touchpoint`), `nps_group`, `day_idx`, `week_idx`,
        `end_idx` (the first day on which the vote no longer counts), `is_last_of_week`, `votes`.
    """
    owner = ["person", "touchpoint"] if per_touchpoint else ["person"]
    next_day = nw.col("day_idx").shift(-1).over(*owner, order_by="day_idx")
    next_week = nw.col("week_idx").shift(-1).over(*owner, order_by="day_idx")
    days = _make_lazy(calendar).select("day_idx", "week_idx", answered_date=nw.col("day"))
    groups = ["customer_type", "country", "nps_group", "day_idx", "week_idx", "end_idx", "is_last_of_week"]
    if per_touchpoint:
        groups.append("touchpoint")
    counted: nw.LazyFrame[Any] = (
        _add_person(select_nps_answers(survey_responses, as_of=as_of))
        .unique([*owner, "answered_date"], keep="last", order_by=["answered_at", "response_id", "system"])
        .join(days, on="answered_date", how="left")
        .with_columns(next_day=next_day, next_week=next_week, last_idx=nw.col("day_idx") + NPS_ROLLING_DAYS)
        .with_columns(
            end_idx=nw.when(nw.col("next_day") < nw.col("last_idx")).then(nw.col("next_day")).otherwise("last_idx"),
            is_last_of_week=nw.col("next_week").is_null() | (nw.col("next_week") > nw.col("week_idx")),
        )
        .join(_make_lazy(customers).select("customer_idx", "customer_type", "country"), on="customer_idx", how="left")
        .group_by(groups)
        .agg(votes=nw.len())
    )
    return read_into_polars(counted.to_native()).with_columns(pl.col("votes").cast(pl.Int64))


def count_left_out(
    survey_responses: IntoFrame, customers: IntoFrame, calendar: IntoFrame, *, as_of: dt.date
) -> pl.DataFrame:
    """Scan all answers, on any engine: count those that are called NPS and that no score counts.

    Each counts by itself, in every window that holds its day: whose vote it would have been does not matter.

    Returns:
        As `count_votes`, with `touchpoint`; `nps_group` is the reason, and `votes` are answers.
    """
    days = _make_lazy(calendar).select("day_idx", "week_idx", answered_date=nw.col("day"))
    groups = ["customer_type", "country", "touchpoint", "nps_group", "day_idx", "week_idx"]
    counted: nw.LazyFrame[Any] = (
        _make_lazy(survey_responses)
        .filter(~nw.col("nps_left_out_reason").is_null(), nw.col("answered_date") <= as_of)
        .select("customer_idx", "touchpoint", "answered_date", nps_group=nw.col("nps_left_out_reason"))
        .join(days, on="answered_date", how="left")
        .join(_make_lazy(customers).select("customer_idx", "customer_type", "country"), on="customer_idx", how="left")
        .group_by(groups)
        .agg(votes=nw.len())
    )
    return read_into_polars(counted.to_native()).with_columns(
        pl.col("votes").cast(pl.Int64), end_idx=pl.col("day_idx") + NPS_ROLLING_DAYS, is_last_of_week=pl.lit(True)
    )


def select_nps_answers(survey_responses: IntoFrame, *, as_of: dt.date) -> "nw.LazyFrame[Any]":
    """Select the answers that are NPS, up to `as_of`: those with an `nps_group` and a whole score from 0 to 10.

    Args:
        survey_responses: `core.survey_responses`.
        as_of: Last day that counts.
    """
    is_whole = nw.col("score").cast(nw.Float64).is_in([float(points) for points in range(11)])
    return _make_lazy(survey_responses).filter(
        ~nw.col("nps_group").is_null(), is_whole, nw.col("answered_date") <= as_of
    )


def _make_lazy(frame: IntoFrame) -> "nw.LazyFrame[Any]":
    return nw.from_native(frame).lazy()


def _add_person(answers: "nw.LazyFrame[Any]") -> "nw.LazyFrame[Any]":
    """Add `person`, whose vote an answer is: the contact, else the customer, else a person of its own."""
    contact, customer = nw.col("contact_id"), nw.col("customer_idx")
    person = (
        nw.when(~contact.is_null())
        .then(nw.concat_str(nw.lit("contact"), contact, separator=":"))
        .when(customer > UNKNOWN_CUSTOMER_IDX)
        .then(nw.concat_str(nw.lit("customer"), customer.cast(nw.String), separator=":"))
        .otherwise(nw.concat_str(nw.lit("answer"), "system", "response_id", separator=":"))
    )
    return answers.with_columns(person=person).select(
        "person", "customer_idx", "touchpoint", "nps_group", "answered_date", "answered_at", "response_id", "system"
    )


def _select_dimension(votes: pl.DataFrame, dimension: str, value: pl.Expr) -> pl.DataFrame:
    """Select the answers of one dimension; empty where none has a value for it."""
    named = votes.with_columns(dimension=pl.lit(dimension), dimension_value=value).select(
        "dimension", "dimension_value", "nps_group", "day_idx", "week_idx", "end_idx", "is_last_of_week", "votes"
    )
    known = named["dimension_value"].drop_nulls().len() > 0
    return named.with_columns(pl.col("dimension_value").fill_null(UNKNOWN)) if known else named.clear()


def _count_groups(votes: pl.DataFrame, at: str) -> pl.DataFrame:
    """Count the answers of each group, and those left out for each reason, per dimension value and `at`."""
    counts = {column: pl.col("votes").filter(pl.col("nps_group") == group).sum() for group, column in GROUPS.items()}
    return votes.group_by("dimension", "dimension_value", at).agg(**counts)


def _select_period(grain: str, start: pl.Expr, end: pl.Expr) -> list[pl.Expr | str]:
    """Select the columns that all grains share; `start` and `end` are days since 1970."""
    return [
        pl.lit(grain).alias("grain"),
        start.cast(pl.Int32).cast(pl.Date).alias("period_start"),
        end.cast(pl.Int32).cast(pl.Date).alias("period_end"),
        "dimension",
        "dimension_value",
        *COUNTS,
    ]


def _count_by_day(votes: pl.DataFrame) -> pl.DataFrame:
    return _count_groups(votes, "day_idx").select(_select_period("day", pl.col("day_idx"), pl.col("day_idx")))


def _count_by_week(votes: pl.DataFrame) -> pl.DataFrame:
    monday = pl.col("week_idx") * 7 + MONDAY_OF_WEEK_0
    return _count_groups(votes.filter("is_last_of_week"), "week_idx").select(_select_period("week", monday, monday + 6))


def _count_by_rolling_window(votes: pl.DataFrame) -> pl.DataFrame:
    """Count per day the votes that are valid on it: all that began by then, less all that have ended."""
    ends = votes.with_columns(-pl.col("votes"), day_idx="end_idx")
    changes = _count_groups(pl.concat([votes, ends]), "day_idx")
    value = ["dimension", "dimension_value"]
    days = pl.int_ranges(pl.col("day_idx").min(), pl.col("day_idx").max()).alias("day_idx")
    spine = changes.group_by(value).agg(days).explode("day_idx")
    return (
        spine.join(changes, on=[*value, "day_idx"], how="left")
        .sort(*value, "day_idx")
        .with_columns(pl.col(COUNTS).fill_null(0).cum_sum().over(value))
        .select(_select_period(NPS_ROLLING_GRAIN, pl.col("day_idx") - (NPS_ROLLING_DAYS - 1), pl.col("day_idx")))
    )


def _list_periods_without_votes(periods: pl.DataFrame, first_day: int, last_day: int) -> pl.DataFrame:
    """List the periods of `all` without any vote, so that a chart over time has no gaps."""
    days = pl.DataFrame({"idx": range(first_day, last_day + 1)}, schema={"idx": pl.Int64})
    mondays = days.select(idx=(pl.col("idx") - MONDAY_OF_WEEK_0) // 7 * 7 + MONDAY_OF_WEEK_0).unique()
    whole = {"dimension": pl.lit(ALL), "dimension_value": pl.lit(ALL), **dict.fromkeys(COUNTS, pl.lit(0, pl.Int64))}
    idx = pl.col("idx")
    every = pl.concat(
        [
            days.with_columns(**whole).select(_select_period("day", idx, idx)),
            mondays.with_columns(**whole).select(_select_period("week", idx, idx + 6)),
            days.with_columns(**whole).select(_select_period(NPS_ROLLING_GRAIN, idx - (NPS_ROLLING_DAYS - 1), idx)),
        ]
    )
    return every.join(periods, on=["grain", "period_end", "dimension", "dimension_value"], how="anti")
