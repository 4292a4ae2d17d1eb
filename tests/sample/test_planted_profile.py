"""Offices are worth more than homes in the sample company: the profile says so, but not of types dealt anew."""

import datetime as dt
from dataclasses import dataclass, field

import duckdb
import polars as pl
import pytest

from regulars.pipelines.transforms.customers.primary_customer_profile import primary_customer_profile

TABLES = ("core.orders", "core.customers", "marts.customer_dimensions", "marts.customer_clv")


@dataclass(frozen=True)
class Target:
    wanted: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def published(published_demo):
    with duckdb.connect(published_demo / "home/current/regulars.duckdb", read_only=True) as con:
        yield con


def standing(profile: pl.DataFrame) -> set[str]:
    return {*profile.filter("stands_out", attribute="customer_type")["attribute_value"]}


def test_offices_stand_out_among_the_most_valuable_and_are_the_target(published):
    profile = published.sql("from marts.primary_customer_profile").pl()
    assert "office" in standing(profile)
    office = profile.row(by_predicate=pl.col("attribute_value") == "office", named=True)
    assert (office["is_target"], office["lift_low"] > 1) == (True, True)


def test_types_dealt_anew_rarely_stand_out(published):
    tables = [published.sql(f"from {table} order by all").pl() for table in TABLES]
    as_of: dt.date = tables[2]["as_of"][0]
    alarms = 0
    for seed in range(20):
        dealt = tables[2].with_columns(pl.col("customer_type").shuffle(seed=seed))
        frames = [frame.lazy() for frame in (*tables[:2], dealt, tables[3])]
        alarms += bool(standing(primary_customer_profile(*frames, as_of=as_of, target_customer=Target())))
    assert alarms <= 6  # what truly stands out, such as trade fairs, lets a little more chance through


def test_every_referral_of_the_crm_is_counted_or_left_out(published):
    counted, known = published.sql("""
        select sum(brought_customers + brought_prospects + late_referrals + circular_referrals + self_referrals),
            (select count(*) from core.customers where referred_by_customer_id is not null)
        from marts.referrals
    """).fetchall()[0]
    assert counted == known > 0


def test_every_target_of_the_settings_has_a_row_for_the_last_period(published):
    rows = published.sql("select target_number, max(period_end) from marts.scorecard group by 1 order by 1").fetchall()
    assert rows == [(number, dt.date(2026, 6, 30)) for number in range(1, 6)]
