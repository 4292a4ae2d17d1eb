"""The coffee club: what its tool exports, and the truth behind it."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.models.shifted_beta_geo import ShiftedBetaGeoModel
from regulars.pipelines.sample.simulation import catalogue as c
from regulars.pipelines.sample.simulation.people import draw_people
from regulars.pipelines.sample.simulation.purchases import draw_purchase_days
from regulars.pipelines.sample.simulation.rates import ONE
from regulars.pipelines.sample.simulation.subscriptions import ALPHA, BETA, draw_subscriptions

KEY = "subscription_id"


@pytest.fixture(scope="module")
def export(company: Path) -> pl.DataFrame:
    """The export's rows, without the planted ones."""
    rows = pl.read_csv(company / "exports" / "coffee_club.csv", infer_schema=False, truncate_ragged_lines=True)
    return rows.filter(~pl.col("id").str.starts_with("ABO-9000") | (pl.col("id").str.len_chars() > 10))


@pytest.fixture(scope="module")
def truth(company: Path) -> pl.DataFrame:
    return pl.read_csv(company / "truth" / "subscriptions.csv", try_parse_dates=True)


def test_every_true_period_is_in_the_export(export: pl.DataFrame, truth: pl.DataFrame):
    assert export["id"].to_list() == truth[KEY].to_list()
    prices = export["unit_price"].cast(pl.Float64) * export["quantity"].cast(pl.Int64)
    assert prices.round(2).to_list() == truth["monthly_amount"].round(2).to_list()
    assert export["currency"].to_list() == truth["currency"].to_list()


def test_every_subscriber_is_named_by_record_or_by_an_address(export: pl.DataFrame, truth: pl.DataFrame, company: Path):
    assert export.filter(pl.col("crm_contact").is_null() == pl.col("customer_email").is_null()).is_empty()
    records = pl.read_csv(company / "truth" / "crm_records.csv")
    by_record = export.select("crm_contact").with_columns(person_id=truth["person_id"]).drop_nulls()
    known = by_record.join(records.cast({"record_id": pl.String}), left_on="crm_contact", right_on="record_id")
    assert known["person_id"].to_list() == known["person_id_right"].to_list()


def test_subscribers_have_ordered_so_that_the_club_brings_no_new_customer(truth: pl.DataFrame, company: Path):
    orders = pl.read_csv(company / "truth" / "orders.csv")
    assert truth.join(orders, on="person_id", how="anti").is_empty()


def test_periods_follow_each_other_and_the_last_has_the_end_that_the_tool_knows(
    export: pl.DataFrame, truth: pl.DataFrame
):
    both = truth.with_columns(export.select("ended_at", "cancelled_at", "status", "started_at"))
    last = both.filter(pl.col("period") == pl.col("period").max().over(KEY))
    assert last.filter(pl.col("ended_at").is_null() != pl.col("active_until").is_null()).is_empty()
    assert last.filter(pl.col("cancelled_at") > "2026-07-01T").is_empty()
    assert last.filter(pl.col("ended_at") > "2026-07-01T").height > 0
    first = both.filter(pl.col("period") < pl.col("period").max().over(KEY)).join(last, on=KEY)
    assert (first["active_until"] == first["active_from_right"]).all()
    assert set(first["status"]) == {"replaced"}


def test_the_export_is_written_without_what_is_not_known_at_its_day(export: pl.DataFrame):
    assert set(export["status"]) == {"active", "cancelled", "replaced"}
    assert export.filter((pl.col("status") == "active") & pl.col("ended_at").is_not_null()).is_empty()


def test_the_summary_counts_subscriptions_and_holds_their_true_parameters(truth: pl.DataFrame, company: Path):
    summary = json.loads((company / "truth" / "summary.json").read_text(encoding="utf-8"))
    assert summary["subscriptions"] == truth[KEY].n_unique()
    assert summary["subscription_dropout"] == {"alpha": ALPHA, "beta": BETA}


def test_subscribers_leave_as_the_shifted_beta_geometric_model_says():
    people = draw_people(np.random.default_rng(5), 0, 30_000)
    purchase_days = draw_purchase_days(np.random.default_rng(6), people)
    rates = np.full(c.DAYS + 2, ONE, dtype=np.int64)
    periods = draw_subscriptions(np.random.default_rng(7), people, purchase_days, rates, 1)
    club = periods.filter((pl.col("period") == 1) & ~pl.col("is_returned") & ~pl.col("is_quit"))
    model = ShiftedBetaGeoModel.fit(club["months"].to_numpy() - 1, np.ones(len(club)))
    for name, true in (("alpha", ALPHA), ("beta", BETA)):
        assert abs(model.params[name] - true) < 3 * model.standard_errors[name]
