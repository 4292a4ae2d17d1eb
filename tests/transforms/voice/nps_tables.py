"""Answers, invitations and customers as small tables, and the NPS of them on both engines.

Put here: builders with dull defaults. Keep out: what the score should be.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from regulars.pipelines.definitions.enumerations import NPS_ROLLING_GRAIN
from regulars.pipelines.transforms.voice.nps import nps

AS_OF = dt.date(2026, 3, 31)
ANSWER_SCHEMA = {
    "system": pl.String,
    "response_id": pl.String,
    "score": pl.Decimal(9, 4),
    "nps_group": pl.String,
    "nps_left_out_reason": pl.String,
    "answered_at": pl.Datetime("us"),
    "answered_date": pl.Date,
    "contact_id": pl.String,
    "customer_idx": pl.Int32,
    "survey_type": pl.String,
    "touchpoint": pl.String,
    "channel": pl.String,
    "store_id": pl.String,
    "language": pl.String,
}
CUSTOMERS = pl.DataFrame(
    {
        "customer_id": ["c0", "c1", "c2"],
        "customer_idx": [0, 1, 2],
        "customer_type": [None, "office", "home"],
        "country": [None, "DE", "DE"],
        "region": None,
        "owner": None,
    },
    schema_overrides={"customer_idx": pl.Int32, "region": pl.String, "owner": pl.String},
)
SEGMENTS = pl.DataFrame(
    {"customer_id": ["c1", "c2"], "segment": [None, None], "value_tier": [None, None]},
    schema_overrides={"segment": pl.String, "value_tier": pl.String},
)
INVITATION_SCHEMA = {
    "system": pl.String,
    "invitation_id": pl.String,
    "survey_type": pl.String,
    "invited_at": pl.Datetime("us"),
    "invited_date": pl.Date,
    "contact_id": pl.String,
    "customer_idx": pl.Int32,
    "response_id": pl.String,
    "touchpoint": pl.String,
    "channel": pl.String,
    "store_id": pl.String,
    "language": pl.String,
}
NOBODY_INVITED = pl.DataFrame(schema=INVITATION_SCHEMA)


@dataclass(frozen=True)
class Asked:
    """What the settings say of surveys."""

    dimensions: tuple[str, ...] = ("customer_type", "country", "touchpoint")


ASKED = Asked()


DAYS = pl.date_range(dt.date(2015, 1, 1), dt.date(2026, 12, 31), eager=True)
CALENDAR = pl.DataFrame({"day": DAYS}).with_columns(day_idx=pl.col("day").cast(pl.Int32))


def group_of(points: int) -> str:
    return "promoter" if points >= 9 else "passive" if points >= 7 else "detractor"


def answer(
    at: str, points: int | None, contact: str | None = None, customer: int | None = None, **more: Any
) -> dict[str, Any]:
    """One row of core.survey_responses; `points` None is an answer that is no NPS."""
    moment = dt.datetime.fromisoformat(at)
    row = {
        "system": "forms",
        "score": points,
        "nps_group": None if points is None else group_of(points),
        "nps_left_out_reason": None,
        "answered_at": moment,
        "answered_date": moment.date(),
        "survey_type": "nps",
        "contact_id": contact,
        "customer_idx": customer,
        "touchpoint": None,
    }
    return row | more


def table(answers: list[dict[str, Any]]) -> pl.DataFrame:
    numbered = [{"response_id": f"r{number:03}"} | row for number, row in enumerate(answers)]
    return pl.DataFrame(numbered, schema=ANSWER_SCHEMA)


def on_polars(
    answers: pl.DataFrame,
    as_of: dt.date = AS_OF,
    *,
    invitations: pl.DataFrame = NOBODY_INVITED,
    customers: pl.DataFrame = CUSTOMERS,
    segments: pl.DataFrame = SEGMENTS,
    asked: Asked = ASKED,
) -> pl.DataFrame:
    tables = [frame.lazy() for frame in (answers, invitations, customers, segments, CALENDAR)]
    return nps(*tables, as_of=as_of, surveys=asked)


def on_duckdb(
    answers: pl.DataFrame, as_of: dt.date = AS_OF, *, invitations: pl.DataFrame = NOBODY_INVITED
) -> pl.DataFrame:
    frames = {"a": answers, "i": invitations, "c": CUSTOMERS, "s": SEGMENTS, "d": CALENDAR}
    with duckdb.connect() as con:
        for name, frame in frames.items():
            con.register(f"{name}_frame", frame)
            con.execute(f"create table {name} as select * from {name}_frame")
        return nps(*(con.table(name) for name in frames), as_of=as_of, surveys=ASKED)


def groups(
    *answers: dict[str, Any], grain: str = NPS_ROLLING_GRAIN, dimension: str = "all", as_of: dt.date = AS_OF
) -> dict[tuple[str, str], tuple[int, int, int]]:
    """{(period_end, dimension value): (promoters, passives, detractors)} of the periods that have votes."""
    found = on_polars(table(list(answers)), as_of).filter(
        pl.col("grain") == grain, pl.col("dimension") == dimension, pl.col("responses") > 0
    )
    columns = ["period_end", "dimension_value", "promoters", "passives", "detractors"]
    return {(str(end), value): (*counts,) for end, value, *counts in found.select(columns).rows()}


def row(*answers: dict[str, Any], grain: str, period_end: str, as_of: dt.date = AS_OF) -> dict[str, Any]:
    end = dt.date.fromisoformat(period_end)
    found = on_polars(table(list(answers)), as_of)
    return found.row(
        by_predicate=(pl.col("grain") == grain) & (pl.col("period_end") == end) & (pl.col("dimension") == "all"),
        named=True,
    )
