"""Which answer is the vote of a person in a window, and the dimensions by which votes are split.

Put here: persons, their latest answers, dimensions of answers and customers. Keep out: windows (`survey_windows.py`),
and scores (`nps.py`, `satisfaction_scores.py`).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Protocol

import narwhals as nw
import polars as pl
from narwhals.typing import IntoFrame

from regulars.pipelines.definitions.enumerations import ALL, OTHER, UNKNOWN, UNKNOWN_CUSTOMER_IDX, VALUES_OF_NONE
from regulars.pipelines.transforms.purchases.purchases import make_lazy, read_into_polars
from regulars.pipelines.transforms.rare_values import NAMED_VALUES
from regulars.pipelines.transforms.voice.survey_windows import EVENT, LONGEST_WINDOW, VALUE

ANSWER_DIMENSIONS = {"touchpoint": "touchpoint", "channel": "channel", "store": "store_id", "language": "language"}
"""Dimensions of the answer itself -> its column in core; a person has one vote for each value."""
CUSTOMER_DIMENSIONS = ("customer_type", "country", "region", "owner", "segment", "value_tier")
"""Dimensions of the customer who answers."""


class SurveySettings(Protocol):
    """What a company sets about surveys."""

    @property
    def dimensions(self) -> Sequence[str]:
        """What scores are split by, beside the whole."""


def add_person(rows: "nw.LazyFrame[Any]", row_id: str) -> "nw.LazyFrame[Any]":
    """Add `person`, the owner of the row: the contact, else the customer, else a person of its own.

    Args:
        rows: Has `contact_id`, `customer_idx` and `system`.
        row_id: The column with the row's id in its system.
    """
    contact, customer = nw.col("contact_id"), nw.col("customer_idx")
    person = (
        nw.when(~contact.is_null())
        .then(nw.concat_str(nw.lit("contact"), contact, separator=":"))
        .when(customer > UNKNOWN_CUSTOMER_IDX)
        .then(nw.concat_str(nw.lit("customer"), customer.cast(nw.String), separator=":"))
        .otherwise(nw.concat_str(nw.lit("row"), "system", row_id, separator=":"))
    )
    return rows.with_columns(person=person)


def read_once(rows: "nw.LazyFrame[Any]") -> "nw.LazyFrame[Any]":
    """Run a scan on its own engine and continue in polars, so that rows counted several times are read once."""
    frame = read_into_polars(rows.to_native())
    if "person" in frame.columns:
        frame = frame.with_columns(pl.col("person").rank("dense"))  # numbers are compared faster than texts
    return nw.from_native(frame.lazy())


def select_customer_dimensions(customers: IntoFrame, customer_segments: IntoFrame) -> "nw.LazyFrame[Any]":
    """Select `customer_idx` and the columns of `CUSTOMER_DIMENSIONS`, one row per customer.

    Args:
        customers: `core.customers`.
        customer_segments: `marts.customer_segments`; `customer_id`, `segment`, `value_tier`.
    """
    segments = make_lazy(customer_segments).select("customer_id", "segment", "value_tier")
    known = make_lazy(customers).select("customer_id", "customer_idx", "customer_type", "country", "region", "owner")
    return known.join(segments, on="customer_id", how="left").select("customer_idx", *CUSTOMER_DIMENSIONS)


def list_votes(
    rows: "nw.LazyFrame[Any]",
    calendar: IntoFrame,
    customers: "nw.LazyFrame[Any] | None",
    owner: Sequence[str],
    *,
    carried: Sequence[str] = (),
) -> pl.DataFrame:
    """Scan rows, on any engine: count the votes by the day on which they begin and the day on which they stop counting.

    A vote of day d is the latest of its person in every window that ends between d and the day before the next vote,
    and it is in no rolling window of D days that ends D or more days after d. So windows need no join: it is
    enough to know when each vote stops counting.

    Args:
        rows: `person`, `customer_idx`, `day`, `at`, `row_id`, `system`, `measure` and the columns of `owner`.
        calendar: `core.calendar`; `day`, `day_idx`.
        customers: As `select_customer_dimensions` returns them; None: votes are not split by customer.
        owner: The columns of the owner of one vote at a time: `person`, or `person` and a dimension of the answer.
        carried: Further columns of a vote to keep; they do not split votes.

    Returns:
        The columns of `EVENT`, of `CUSTOMER_DIMENSIONS` with customers, `carried` and `owner` without `person`;
        `amount` counts votes.
    """
    next_day = nw.col("day_idx").shift(-1).over(*owner, order_by="day_idx")
    votes = (
        rows.unique([*owner, "day"], keep="last", order_by=["at", "row_id", "system"])
        .join(make_lazy(calendar).select("day", "day_idx"), on="day", how="left")
        .with_columns(next_day=next_day, last_idx=nw.col("day_idx") + LONGEST_WINDOW)
        .with_columns(
            end_idx=nw.when(nw.col("next_day") < nw.col("last_idx")).then(nw.col("next_day")).otherwise("last_idx")
        )
    )
    return _count_rows(votes, customers, [*(name for name in owner if name != "person"), *carried])


def list_single_rows(rows: "nw.LazyFrame[Any]", calendar: IntoFrame, customers: "nw.LazyFrame[Any]") -> pl.DataFrame:
    """Scan rows, on any engine, and count each one in every window that holds its day, also several of one person.

    Args:
        rows: `customer_idx`, `day`, `measure` and the columns of `ANSWER_DIMENSIONS`.
        calendar: `core.calendar`.
        customers: As `select_customer_dimensions` returns them.

    Returns:
        As `list_votes`, with every column of `ANSWER_DIMENSIONS`.
    """
    days = make_lazy(calendar).select("day", "day_idx")
    counted = rows.join(days, on="day", how="left").with_columns(end_idx=nw.col("day_idx") + LONGEST_WINDOW)
    return _count_rows(counted, customers, list(ANSWER_DIMENSIONS.values()))


def _count_rows(rows: "nw.LazyFrame[Any]", customers: "nw.LazyFrame[Any] | None", columns: list[str]) -> pl.DataFrame:
    kept = [*columns, *(name for name in EVENT if name != "amount")]
    if customers is None:
        counted = rows.group_by(*kept).agg(amount=nw.len())
    else:  # few votes agree in everything, so grouping them would only cost
        with_customers = rows.select("customer_idx", *kept).join(customers, on="customer_idx", how="left")
        counted = with_customers.select(*CUSTOMER_DIMENSIONS, *kept, amount=nw.lit(1))
    return read_into_polars(counted.to_native()).with_columns(pl.col("amount").cast(pl.Int64))


def split_votes(
    by_person: pl.DataFrame, by_answer: dict[str, pl.DataFrame], dimensions: Sequence[str], *, key: Sequence[str] = ()
) -> pl.DataFrame:
    """Put the votes of all dimensions below each other.

    Args:
        by_person: As `list_votes` returns them, one vote per person.
        by_answer: Dimension of the answer -> votes, one per person and value.
        dimensions: The wanted ones, beside the whole.
        key: Further columns that are kept.

    Returns:
        `dimension`, `dimension_value`, `key` and the columns of `EVENT`. A dimension without any value is left out;
        votes without a value are `unknown`, and values beyond the `NAMED_VALUES` most frequent ones are `other`.
    """
    split = [_name_values(by_person, ALL, pl.lit(ALL), key)]
    for dimension in dimensions:
        is_answers = dimension in ANSWER_DIMENSIONS
        column = ANSWER_DIMENSIONS.get(dimension, dimension)
        split.append(_name_values(by_answer[dimension] if is_answers else by_person, dimension, pl.col(column), key))
    return pl.concat(split)


def _name_values(votes: pl.DataFrame, dimension: str, value: pl.Expr, key: Sequence[str]) -> pl.DataFrame:
    """Name the values of a dimension; equal votes become one row."""
    alike = ["dimension_value", *key, *(name for name in EVENT if name != "amount")]
    counted = votes.select(value.alias("dimension_value"), *key, *EVENT).group_by(alike).agg(pl.col("amount").sum())
    named = counted.select(pl.lit(dimension).alias("dimension"), "dimension_value", *key, *EVENT)
    sizes = named.drop_nulls("dimension_value").group_by("dimension_value").agg(pl.col("amount").sum())
    if sizes.is_empty():
        return named.clear()
    kept = sizes.sort("amount", "dimension_value", descending=[True, False])["dimension_value"].head(NAMED_VALUES)
    is_rare = pl.col("dimension_value").is_not_null() & ~pl.col("dimension_value").is_in(kept.implode())
    none = VALUES_OF_NONE.get(dimension, UNKNOWN)
    few = pl.when(is_rare).then(pl.lit(OTHER)).otherwise(pl.col("dimension_value").fill_null(none))
    return named.with_columns(dimension_value=few).select(*VALUE, *key, *EVENT)


def count_days_between(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Days from one moment to another, Float64."""
    return (end - start).dt.total_microseconds() / dt.timedelta(days=1).total_seconds() / 1e6
