"""The marts `customer_own_segments` and `own_segments`: segments by the company's own expressions.

Put here: running the expressions over the rows of customer_360. Keep out: whether they may be run, which is found
before anything is read (`expression_checks.py`).
"""

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

import duckdb
import polars as pl
from polars._typing import PolarsDataType

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.warehouse.closed_database import open_closed_database

MONEY = pl.Decimal(18, 4)
MEMBERS: dict[str, PolarsDataType] = {"customer_id": pl.String, "own_segment": pl.String, "as_of": pl.Date}
SUMMARY: dict[str, PolarsDataType] = {
    "own_segment": pl.String,
    "segment_meaning": pl.String,
    "rule": pl.String,
    "is_for_mailing": pl.Boolean,
    "members": pl.Int64,
    "undecided_customers": pl.Int64,
    "total_annual_value": MONEY,
    "as_of": pl.Date,
}


class SegmentSettings(Protocol):
    """What a company sets about one segment."""

    @property
    def when(self) -> str:
        """The SQL expression."""

    @property
    def meaning(self) -> str:
        """What it is, in words."""

    @property
    def mailing(self) -> bool:
        """Whether a file for a mailing tool is made of it."""


def list_columns_read(con: duckdb.DuckDBPyConnection, segments: Mapping[str, SegmentSettings]) -> list[str]:
    """List the columns of `marts.customer_360` that the functions below read, each once.

    Args:
        con: Any connection; nothing is read.
        segments: Name -> segment, each with an expression that can be run.
    """
    checker = ExpressionChecker(con)
    used = [name.casefold() for segment in segments.values() for name in checker.list_columns(segment.when)]
    return list(dict.fromkeys(["customer_id", "is_unknown", "avg_annual_value_total", *used]))


def customer_own_segments(
    customer_360: pl.DataFrame, *, as_of: dt.date, segments: Mapping[str, SegmentSettings]
) -> pl.DataFrame:
    """List the members of each of the company's own segments.

    Args:
        customer_360: `marts.customer_360`; the columns of `list_columns_read`.
        as_of: Last day that counts.
        segments: Name -> segment.

    Returns:
        The columns of `MEMBERS`, sorted by customer and segment; without the unknown customer.

    Raises:
        SettingsWrong: An expression fails in some row.
    """
    decided = _decide(customer_360, segments).filter(pl.col("is_member"))
    return decided.select("customer_id", "own_segment", as_of=pl.lit(as_of)).cast(MEMBERS)  # type: ignore[arg-type]


def own_segments(
    customer_360: pl.DataFrame, *, as_of: dt.date, segments: Mapping[str, SegmentSettings]
) -> pl.DataFrame:
    """Count the members of each of the company's own segments, and the customers for whom its expression is NULL.

    Args:
        customer_360: `marts.customer_360`; the columns of `list_columns_read`.
        as_of: Last day that counts.
        segments: Name -> segment.

    Returns:
        The columns of `SUMMARY`, one row per segment, sorted by name.

    Raises:
        SettingsWrong: An expression fails in some row.
    """
    is_member = pl.col("is_member")
    counted = (
        _decide(customer_360, segments)
        .group_by("own_segment")
        .agg(
            members=is_member.sum(),
            undecided_customers=is_member.is_null().sum(),
            total_annual_value=pl.col("avg_annual_value_total").filter(is_member).sum(),
        )
    )
    named = pl.DataFrame(
        [(name, each.meaning, each.when, each.mailing) for name, each in sorted(segments.items())],
        schema={name: SUMMARY[name] for name in ("own_segment", "segment_meaning", "rule", "is_for_mailing")},
        orient="row",
    )
    return (
        named.join(counted, on="own_segment", how="left", maintain_order="left")
        .with_columns(
            pl.col("members", "undecided_customers").fill_null(0),
            pl.col("total_annual_value").fill_null(pl.lit(0, MONEY)),
            as_of=pl.lit(as_of),
        )
        .select(pl.col(name).cast(kind) for name, kind in SUMMARY.items())
    )


def _decide(customer_360: pl.DataFrame, segments: Mapping[str, SegmentSettings]) -> pl.DataFrame:
    """Decide for each known customer and segment: `is_member`, NULL where the expression is; sorted."""
    known = customer_360.filter(~pl.col("is_unknown")).sort("customer_id")
    decided = [
        known.select("customer_id", "avg_annual_value_total", own_segment=pl.lit(name)).with_columns(
            is_member=_run(name, segment.when, known)
        )
        for name, segment in sorted(segments.items())
    ]
    kept: dict[str, PolarsDataType] = {
        "customer_id": pl.String,
        "avg_annual_value_total": MONEY,
        "own_segment": pl.String,
        "is_member": pl.Boolean,
    }
    return pl.concat([pl.DataFrame(schema=kept), *decided]).sort("customer_id", "own_segment")


def _run(name: str, expression: str, known: pl.DataFrame) -> pl.Series:
    """Run an expression over the rows, in a database of its own that sees nothing else."""
    with open_closed_database() as con:
        con.register("customer_360", known.to_arrow())
        try:
            found = con.execute(f"select (\n{expression}\n)::boolean as is_member from customer_360").pl()
        except duckdb.Error as error:
            # the text of the error may contain a customer's value
            raise SettingsWrong(
                f"segments.{name}.when fails for a customer ({type(error).__name__}): "
                "use try_cast in place of a cast, and nullif(x, 0) beneath a fraction"
            ) from None
    return found["is_member"]
