"""The target `postgres`, on a real server: every value of every type arrives as it is published."""

import datetime as dt
import random
from decimal import Context, Decimal

import pytest

from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgresql.plan import TYPES
from regulars.pipelines.warehouse.sql_text import Literal, quote_literal
from tests.publish.targets.postgres_target import Target
from tests.publish.targets.published import publish

EXTREMES: dict[str, tuple[Literal, ...]] = {
    "VARCHAR": ("", " ", "\\N", 'a "quoted", text\n\t牛', "x" * 100_000),
    "BIGINT": (-(2**63), 0, 2**63 - 1),
    "INTEGER": (-(2**31), 2**31 - 1),
    "SMALLINT": (-(2**15), 2**15 - 1),
    "TINYINT": (-(2**7), 2**7 - 1),
    "UTINYINT": (0, 2**8 - 1),
    "USMALLINT": (0, 2**16 - 1),
    "UINTEGER": (0, 2**32 - 1),
    "DOUBLE": (-1.7976931348623157e308, -0.0, 0.1, 5e-324),
    "FLOAT": (-3.5, 2.0**24),
    "BOOLEAN": (True, False),
    "DATE": (dt.date(1900, 2, 28), dt.date(1999, 12, 31), dt.date(2400, 2, 29)),
    "TIME": (dt.time(0, 0), dt.time(23, 59, 59, 999_999)),
    "TIMESTAMP": tuple(map(dt.datetime.fromisoformat, ("1900-01-01T00:00:00.000001", "2400-02-29T23:59:59.999999"))),
    "TIMESTAMP WITH TIME ZONE": (
        dt.datetime(1900, 1, 1, tzinfo=dt.UTC),
        dt.datetime(2026, 6, 30, 12, 0, 0, 500_000, tzinfo=dt.timezone(dt.timedelta(hours=2))),
    ),
}
"""Type in DuckDB -> values at its ends, and those that are easily lost."""
EXACT = Context(prec=40)


def write_values(kind: str, values: tuple[Literal, ...]) -> str:
    """The SQL of a published table with a column of values of a type, the last of which is NULL."""
    rows = [f"({number}, {quote_literal(value)})" for number, value in enumerate(values)]
    listed = ", ".join([*rows, f"({len(values)}, null)"])
    return f"""
        create or replace table marts.customer_360 as
        select 'c1' as customer_id, 1 as customer_idx, number, value::{kind} as value
        from (values {listed}) t(number, value);
    """


def deliver_values(target: Target, home: Home, kind: str, values: tuple[Literal, ...]) -> list[object]:
    """What stands in the database where these values were published."""
    keyless = "update meta.data_dictionary set is_key = false, is_required = false;"
    keyless += "delete from meta.relationships;"
    target.deliver(publish(home, more=write_values(kind, values) + keyless))
    return [value for (value,) in target.ask("select value from marts.customer_360 order by number")]


def test_there_are_values_of_every_type():
    assert EXTREMES.keys() == TYPES.keys()


@pytest.mark.parametrize("kind", EXTREMES)
def test_the_ends_of_a_type_arrive_as_they_are(target: Target, home: Home, kind: str):
    assert deliver_values(target, home, kind, EXTREMES[kind]) == [*EXTREMES[kind], None]


@pytest.mark.parametrize(
    ("width", "scale"), [(4, 2), (9, 4), (18, 0), (18, 4), (18, 8), (38, 4), (38, 10), (38, 37), (38, 38)]
)
def test_every_digit_of_a_decimal_arrives(target: Target, home: Home, width: int, scale: int):
    draw = random.Random(scale)
    digits = [draw.randrange(10 ** draw.randint(1, width)) * 10 ** draw.choice((0, 0, 1, 4)) for _ in range(400)]
    ends = [0, 1, -1, 10**width - 1, 1 - 10**width]
    drawn = [draw.choice((1, -1)) * (each % 10**width) for each in digits]
    values = tuple(f"{Decimal(each).scaleb(-scale, EXACT):f}" for each in (*ends, *drawn))
    arrived = deliver_values(target, home, f"decimal({width}, {scale})", values)
    assert [None if each is None else f"{each:f}" for each in arrived] == [*values, None]


def test_every_value_arrives_as_it_is(target: Target, home: Home):
    target.deliver(publish(home))
    assert target.ask("select city from core.customers order by customer_id") == [('a "quoted", text',), ("",), (None,)]
    [(note, sales, share, moment)] = target.ask(
        "select note, sales, share::text, last_seen_at::text from marts.customer_360 where customer_id = 'c1'"
    )
    assert note == "Zoë\n\\N \t牛"
    assert sales == Decimal("99999999999999.9999")
    assert (share, moment) == ("NaN", "2026-01-31 23:59:59.123456")
