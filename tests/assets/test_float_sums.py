"""No mart adds up floats in an order that polars chooses.

A group-by of polars adds up floats in parts, as its threads come: the last digit differs from run to run, on one thread
too where the query is lazy, and with `maintain_order` too. Exact numbers (Decimal, integers) have one sum in any order.
Floats are sorted first: `pl.col("chance").sort().sum()`. A group-by of a frame that also computes a square or a spread
adds up in the order of its rows (measured with polars 2.1: a power or a variance is computed group by group).
`sum_horizontal` adds up the columns of floats in an order that depends on the number of threads: `reduce` does not.
"""

import re
from collections.abc import Iterator

import polars as pl
import pytest
from polars.dataframe.group_by import GroupBy
from polars.lazyframe.group_by import LazyGroupBy

from tests.assets.test_row_order import FUNCTIONS, company  # noqa: F401

ADDS_UP = re.compile(r"\.(sum|mean)\(\)$")
ADDS_UP_COLUMNS = re.compile(r"\.(sum|mean)_horizontal\(")
SELECT = pl.LazyFrame.select
IN_ORDER_OF_ROWS = re.compile(r"\.(pow|var|std|median|quantile|n_unique|sort)\(")


def list_parts(expression: pl.Expr) -> Iterator[pl.Expr]:
    yield expression
    for part in expression.meta.pop():
        yield from list_parts(part)


def find_float_sums(frame: pl.DataFrame | pl.LazyFrame, expressions: list[pl.Expr]) -> list[str]:
    """The sums of floats, among the aggregates of one group-by, whose order polars chooses."""
    if isinstance(frame, pl.DataFrame) and any(IN_ORDER_OF_ROWS.search(str(each)) for each in expressions):
        return []
    found = []
    for part in (part for each in expressions for part in list_parts(each) if ADDS_UP.search(str(part))):
        added = part.meta.pop()[0]
        types = SELECT(frame.lazy(), added).collect_schema().dtypes()
        if any(kind.is_float() for kind in types) and ".sort(" not in str(added):
            found.append(str(part))
    return found


def find_horizontal_sums(frame: pl.DataFrame | pl.LazyFrame, expressions: list[pl.Expr]) -> list[str]:
    """The sums of columns of floats."""
    found = []
    for part in (part for each in expressions for part in list_parts(each) if ADDS_UP_COLUMNS.search(str(each))):
        if "_horizontal(" in str(part) and not any("_horizontal(" in str(each) for each in part.meta.pop()):
            types = SELECT(frame.lazy(), part).collect_schema().dtypes()
            found += [str(part) for kind in types if kind.is_float()]
    return found


def flatten(values: object) -> list[pl.Expr]:
    if isinstance(values, pl.Expr):
        return [values]
    return [one for each in values for one in flatten(each)] if isinstance(values, list | tuple) else []


def watch(
    patch: pytest.MonkeyPatch, frame_type: type, grouped_type: type, found: list[str], running: list[type]
) -> None:
    """Write down the sums of floats of every group-by of one type of frame, once: an eager one runs a lazy one."""
    group_by, agg = frame_type.group_by, grouped_type.agg  # type: ignore[attr-defined]

    def watched_group_by(self, *keys, **options):  # type: ignore[no-untyped-def]
        grouped = group_by(self, *keys, **options)
        grouped.watched_frame = self
        return grouped

    def watched_agg(self, *aggregates, **named):  # type: ignore[no-untyped-def]
        aggregates = [list(each) if isinstance(each, Iterator) else each for each in aggregates]
        if not running:
            found.extend(find_float_sums(self.watched_frame, flatten([*aggregates, *named.values()])))
        running.append(grouped_type)
        try:
            return agg(self, *aggregates, **named)
        finally:
            running.pop()

    patch.setattr(frame_type, "group_by", watched_group_by)
    patch.setattr(grouped_type, "agg", watched_agg)


def watch_columns(patch: pytest.MonkeyPatch, name: str, found: list[str]) -> None:
    """Write down the sums of columns of floats; an eager frame comes here too, by a lazy one."""
    made = getattr(pl.LazyFrame, name)

    def watched(self, *columns, **named):  # type: ignore[no-untyped-def]
        columns = [list(each) if isinstance(each, Iterator) else each for each in columns]
        found.extend(find_horizontal_sums(self, flatten([*columns, *named.values()])))
        return made(self, *columns, **named)

    patch.setattr(pl.LazyFrame, name, watched)


@pytest.fixture
def float_sums(monkeypatch):
    found: list[str] = []
    running: list[type] = []
    for name in ("select", "with_columns"):
        watch_columns(monkeypatch, name, found)
    watch(monkeypatch, pl.LazyFrame, LazyGroupBy, found, running)
    watch(monkeypatch, pl.DataFrame, GroupBy, found, running)
    return found


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_mart_adds_up_floats_in_an_order_that_polars_chooses(name, company, float_sums):  # noqa: F811
    company.make(name, None)
    assert float_sums == []


FRAME = pl.DataFrame({"who": [1, 1, 2], "money": pl.Series(["0.10", "0.20", "0.30"], dtype=pl.Decimal(18, 4))})
FLOATS = FRAME.with_columns(pl.col("money").cast(pl.Float64))
MONEY = pl.col("money")


@pytest.mark.parametrize(
    ("frame", "aggregates", "count"),
    [
        (FRAME, [MONEY.sum()], 0),
        (FRAME, [MONEY.sum().cast(pl.Float64)], 0),
        (FRAME, [MONEY.cast(pl.Float64).sum()], 1),
        (FLOATS, [MONEY.sum()], 1),
        (FLOATS.with_columns(pl.lit(1).alias("other")), [pl.col("other", "money").sum()], 1),
        (FLOATS, [(MONEY * 2).filter(MONEY > 0).mean()], 1),
        (FLOATS, [MONEY.sort().sum()], 0),
        (FLOATS, [MONEY.sum(), (MONEY**2).sum().alias("squares")], 0),
        (FLOATS.lazy(), [MONEY.sum(), (MONEY**2).sum().alias("squares")], 2),
        (FLOATS.lazy(), [MONEY.sort().sum()], 0),
    ],
)
def test_a_sum_of_floats_is_found_unless_its_order_is_fixed(frame, aggregates, count, float_sums):
    made = frame.group_by("who").agg(*aggregates).lazy().collect()
    assert made.height == 2
    assert len(float_sums) == count


def test_a_sum_of_columns_of_floats_is_found(float_sums):
    FRAME.with_columns(both=pl.sum_horizontal("who", "money"))
    assert float_sums == []
    FLOATS.with_columns(both=pl.sum_horizontal("who", "money") + 1)
    FLOATS.lazy().select(pl.sum_horizontal(pl.col("money") ** 2, pl.col("money")))
    assert len(float_sums) == 2
