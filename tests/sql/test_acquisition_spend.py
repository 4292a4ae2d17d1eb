"""`core.acquisition_spend`: what winning customers costs, in the company's currency too."""

import datetime as dt

import pytest

from regulars.pipelines.audit.accounting import find_missing_rate
from regulars.pipelines.audit.tie_out import write_tie_out
from tests.builders import build, money, only, pick, rows_of

RATES = [{"rate_date": "2025-12-01", "currency": "USD", "rate": "0.5"}]


def spent(month: str = "2026-01-01", channel: str = "ads", amount: str = "10", **rest) -> dict:
    return {"month": month, "channel": channel, "amount": amount, **rest}


def spend(*rows: dict, **others) -> list[dict]:
    with build(raw__acquisition_spend=rows, **others) as con:
        return rows_of(con, "core.acquisition_spend")


def test_spend_is_converted_at_the_rate_of_its_day():
    row = only(spend(spent(amount="10.005", currency="USD"), raw__fx_rates=RATES))
    assert (row["amount_original"], row["amount"]) == (money("10.005"), money("5.0025"))


def test_every_campaign_and_every_day_of_a_month_is_an_amount_of_its_month_and_channel():
    rows = spend(
        spent(campaign="a"), spent(campaign="b"), spent("2026-01-31"), spent(channel="fair"), spent("2026-02-01")
    )
    january, february = dt.date(2026, 1, 1), dt.date(2026, 2, 1)
    assert list(pick(rows, "month", "channel", "spend_number", "campaign")) == [
        (january, "ads", 1, "a"),
        (january, "ads", 2, "b"),
        (january, "ads", 3, None),
        (january, "fair", 1, None),
        (february, "ads", 1, None),
    ]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_spend_ties_out_in_the_month_it_names_wherever_the_company_is(zone):
    rows = [spent(amount="7"), spent("2026-01-31", amount="2"), spent(channel="fair", amount="3", fate="superseded")]
    with build(raw__acquisition_spend=rows, raw__company=[{"timezone": zone}]) as con:
        write_tie_out(con)
        row = only(rows_of(con, "meta.tie_out"))
    parts = ("kind", "month", "source_amount", "other_amount", "superseded_amount", "difference")
    assert tuple(row[part] for part in parts) == ("acquisition_spend", dt.date(2026, 1, 1), 12, 9, 3, 0)


def test_lost_spend_is_seen():
    with build(raw__acquisition_spend=[spent()]) as con:
        con.execute("update core.acquisition_spend set amount_original = amount_original - 0.0001")
        write_tie_out(con)
        assert only(rows_of(con, "meta.tie_out"))["difference"] == money("0.0001")


def test_a_missing_rate_of_spend_is_reported():
    with build(raw__acquisition_spend=[spent(currency="CHF")]) as con:
        assert "core.acquisition_spend: there is no rate of CHF on or before 2026-01-01" in str(find_missing_rate(con))
