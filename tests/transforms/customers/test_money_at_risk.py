"""Money at risk across the marts: what is predicted of a customer, and never more."""

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from regulars.pipelines.settings.business_hours import Support
from regulars.pipelines.settings.customers.service_risk import ServiceRisk
from regulars.pipelines.settings.settings import Surveys
from regulars.pipelines.transforms.clv.totals.predicted_totals import predicted_totals
from regulars.pipelines.transforms.customers.view.customer_360 import customer_360
from tests.transforms.clv.test_subscription_value import AS_OF, BOTH, value
from tests.transforms.customer_rows import COMPANY, SCHEMAS, UNKNOWN, answer, core, customers, order
from tests.transforms.subscription_tables import leaving_company, paused, period

CANCELLED, TERM, PAUSED, OPEN, HAPPY = 2001, 2002, 2003, 2004, 2005
DAYS_PER_MONTH = 365.25 / 12
SUBSCRIPTIONS = [
    period(CANCELLED, "2025-01-01", "2026-01-20", amount="100", cancelled_date=dt.date(2025, 12, 20)),
    period(TERM, "2025-01-01", "2026-04-01", amount="50"),
    paused(PAUSED, "2025-01-01", "2025-12-01", amount="40"),
    period(OPEN, "2025-01-01", amount="30"),
    period(HAPPY, "2025-01-01", amount="25"),
    period(BOTH, "2025-12-01", "2026-02-01", amount="31", cancelled_date=dt.date(2025, 12, 20)),
]
SCORES = {CANCELLED: 1, TERM: 2, PAUSED: 3, OPEN: 4, BOTH: 5, HAPPY: 9}


def join_everything(customer_clv: pl.DataFrame, *, in_orders: bool) -> pl.DataFrame:
    rows: dict[str, list[dict[str, Any]]] = {
        "survey_responses": [answer(idx, "2025-12-30 09:00", score) for idx, score in SCORES.items()],
        "subscriptions": [{"period_number": 1, "customer_id": str(row["customer_idx"])} | row for row in SUBSCRIPTIONS],
    }
    frames = core(**rows)
    frames["customers"] = pl.DataFrame(
        [
            {"customer_idx": idx, "customer_id": str(idx), "is_unknown": False, "is_deleted": False}
            for idx in customer_clv["customer_idx"].to_list()
        ],
        schema=SCHEMAS["customers"],
    )
    frames["customer_clv"] = customer_clv
    return customer_360(
        **{name: frame.lazy() for name, frame in frames.items()},
        as_of=AS_OF,
        lapse_days=365,
        subscription_revenue_is_in_orders=in_orders,
        company=COMPANY,
        support=Support(),
        service_risk=ServiceRisk(),
        surveys=Surveys(),
    )


@pytest.fixture(scope="module")
def marts() -> dict[str, pl.DataFrame]:
    return make_marts(in_orders=False)


def make_marts(*, in_orders: bool) -> dict[str, pl.DataFrame]:
    tables = value([*SUBSCRIPTIONS, *leaving_company()], first_order="2023-01-01", in_orders=in_orders)
    clv = tables["mart"]
    everybody = join_everything(clv, in_orders=in_orders)
    totals = predicted_totals(clv.lazy(), everybody.lazy(), tables["evaluation"].lazy(), as_of=AS_OF)
    return {"customer_clv": clv, "customer_360": everybody, "predicted_totals": totals}


def at_risk(marts: dict[str, pl.DataFrame], customer: int) -> Decimal | None:
    row = marts["customer_360"].row(by_predicate=pl.col("customer_id") == str(customer), named=True)
    assert row["risk"] == ("none" if customer == HAPPY else "high")
    found: Decimal | None = row["value_at_risk_of_leaving_12m"]
    return found


def test_of_a_cancelled_subscription_what_is_charged_to_the_end_is_at_risk(marts):
    assert float(at_risk(marts, CANCELLED) or 0) == pytest.approx(100 * 19 / DAYS_PER_MONTH, abs=0.01)


def test_of_a_pause_nothing_and_of_what_may_be_renewed_less_than_a_year_is_at_risk(marts):
    assert at_risk(marts, PAUSED) == 0
    assert 50 * 90 / DAYS_PER_MONTH < (at_risk(marts, TERM) or 0) < 12 * 50
    assert 0 < (at_risk(marts, OPEN) or 0) < 12 * 30
    assert at_risk(marts, HAPPY) == 0


def test_orders_are_at_risk_beside_the_subscription(marts):
    clv = marts["customer_clv"].row(by_predicate=pl.col("customer_idx") == BOTH, named=True)
    both = at_risk(marts, BOTH)
    assert clv["predicted_value_12m"] > 0
    assert both == clv["predicted_value_12m"] + clv["predicted_subscription_revenue_12m"]
    assert float(clv["predicted_subscription_revenue_12m"]) == pytest.approx(31 * 31 / DAYS_PER_MONTH, abs=0.01)


def test_of_no_customer_and_no_group_more_is_at_risk_than_is_predicted(marts):
    predicted = {row["customer_id"]: row["predicted_total_value_12m"] for row in marts["customer_clv"].to_dicts()}
    risks = {row["customer_id"]: row for row in marts["customer_360"].to_dicts()}
    sums: dict[str, list[Decimal]] = {}
    for customer, row in risks.items():
        expected = 0 if row["risk"] == "none" else predicted[customer]
        assert row["value_at_risk_of_leaving_12m"] == expected
        mine = sums.setdefault(row["risk"], [Decimal(0), Decimal(0)])
        mine[0] += row["value_at_risk_of_leaving_12m"] or 0
        mine[1] += predicted[customer] or 0
    groups = marts["predicted_totals"].filter(scope="risk").to_dicts()
    assert len(groups) == len(sums) > 1
    for row in groups:
        assert [row["value_at_risk_of_leaving_12m"], row["predicted_total_value_12m"]] == sums[row["scope_value"]]
    for row in marts["predicted_totals"].to_dicts():
        assert (row["value_at_risk_of_leaving_12m"] or 0) <= (row["predicted_total_value_12m"] or 0)


def test_where_orders_hold_subscription_revenue_orders_alone_are_at_risk():
    marts = make_marts(in_orders=True)
    clv = marts["customer_clv"].row(by_predicate=pl.col("customer_idx") == BOTH, named=True)
    assert at_risk(marts, BOTH) == clv["predicted_value_12m"] > 0


@pytest.mark.parametrize(
    ("score", "is_service_risk", "because"),
    [
        (0, False, "leaving"),
        (9, True, "bad_experiences"),
        (0, True, "both"),
        (9, False, "none"),
    ],
)
def test_who_is_at_risk_by_either_sign_is_counted_once(score, is_service_risk, because):
    found = customers(
        orders=[order(1, "2026-03-20")],
        survey_responses=[answer(1, "2026-03-28 09:00", score)],
        service_risk_customers=[{"customer_idx": 1, "call_status": "due"}] * is_service_risk,
        customer_clv=[{"customer_idx": 1, "predicted_total_value_12m": Decimal("130.25")}],
    )
    ada = found["ada"]
    assert ada["at_risk_because"] == because
    assert ada["value_at_any_risk_12m"] == (0 if because == "none" else Decimal("130.25"))
    assert ada["value_at_risk_of_leaving_12m"] == (Decimal("130.25") if score == 0 else 0)
    assert (found[UNKNOWN]["at_risk_because"], found[UNKNOWN]["value_at_any_risk_12m"]) == ("none", 0)


def test_what_is_at_risk_by_bad_experiences_alone_is_not_known_without_a_prediction():
    found = customers(orders=[order(1, "2026-03-20")], service_risk_customers=[{"customer_idx": 1}])
    assert (found["ada"]["at_risk_because"], found["ada"]["value_at_any_risk_12m"]) == ("bad_experiences", None)
    assert (found["bob"]["at_risk_because"], found["bob"]["value_at_any_risk_12m"]) == ("none", 0)
