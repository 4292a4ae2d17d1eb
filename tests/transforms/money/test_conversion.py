"""The mart `conversion`: who of a channel has ever bought, and who never did."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.transforms.money.conversion import COLUMNS, conversion
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import broken_rules

AS_OF = dt.date(2026, 3, 31)
COMPANY = SimpleNamespace(timezone="Europe/Helsinki")
Person = tuple[str | None, str | None, bool]
"""Channel, the moment of the first sign in UTC, and whether the person bought."""


def mart(*people: Person, engine: str = "polars") -> dict[str, dict[str, Any]]:
    """{channel: row}."""
    rows = [(0, None, None), *((idx, at, channel) for idx, (channel, at, _) in enumerate(people, 1))]
    schema = {"customer_idx": pl.Int32, "first_seen_at": pl.String, "acquisition_channel": pl.String}
    customers = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("first_seen_at").str.to_datetime("%Y-%m-%d %H:%M", time_unit="us")
    )
    buyers = [idx for idx, (_, _, bought) in enumerate(people, 1) if bought]
    known = pl.DataFrame({"customer_idx": buyers}, schema={"customer_idx": pl.Int32})
    with ENGINES[engine]({"customers": customers, "known": known}) as tables:
        found = conversion(tables["customers"], tables["known"], as_of=AS_OF, company=COMPANY)
    assert found.schema == pl.Schema(COLUMNS)
    assert broken_rules("conversion", found, {"marts.customer_dimensions": known}) == set()
    return {row["acquisition_channel"]: row for row in found.to_dicts()}


def test_a_channel_has_those_who_bought_and_those_who_never_did():
    fair = ("fair", "2025-01-01 12:00")
    found = mart((*fair, True), (*fair, False), (*fair, False), ("web", None, True), (None, None, False))
    row = found["fair"]
    assert (row["seen_customers"], row["customers_who_bought"], row["prospects"]) == (3, 1, 2)
    assert row["conversion_rate"] == pytest.approx(1 / 3)
    assert (row["conversion_rate_low"], row["conversion_rate_high"]) == pytest.approx((0.0615, 0.7923), abs=1e-4)
    assert (found["web"]["conversion_rate"], found["unknown"]["prospects"]) == (1.0, 1)


def test_who_is_first_seen_after_as_of_is_left_out_and_days_are_the_companys():
    old = ("fair", "2025-01-01 12:00", False)
    late = ("2026-03-31 20:59", "2026-03-31 21:00")  # the last minute of the day in Helsinki, and the next one
    assert [mart(old, ("fair", at, False))["fair"]["prospects"] for at in late] == [2, 1]
    new = ("2025-12-31 21:59", "2025-12-31 22:00")  # 90 days before as_of, and 89
    assert [mart(("fair", at, False))["fair"]["prospects_90d"] for at in new] == [0, 1]


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=20, deadline=None)
@given(
    people=st.lists(
        st.tuples(
            st.sampled_from([None, "fair", "web"]),
            st.sampled_from([None, "2024-01-01 12:00", "2026-03-30 12:00", "2026-04-02 12:00"]),
            st.booleans(),
        ),
        max_size=20,
    )
)
def test_drawn_people_are_counted_as_by_hand(engine: str, people: list[Person]):
    found = mart(*people, engine=engine)
    by_hand: dict[str, list[int]] = {}
    for channel, at, bought in people:
        if bought or at is None or at < "2026-04":
            counts = by_hand.setdefault(channel or "unknown", [0, 0, 0])
            counts[0 if bought else 1] += 1
            counts[2] += not bought and at == "2026-03-30 12:00"
    names = ("customers_who_bought", "prospects", "prospects_90d")
    assert {channel: [row[name] for name in names] for channel, row in found.items()} == by_hand
