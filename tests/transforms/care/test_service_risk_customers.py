"""The mart `service_risk_customers`: who had three bad experiences, and what is at stake."""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from regulars.pipelines.settings.customers.service_risk import ServiceRisk
from regulars.pipelines.transforms.care.lapse_after_experiences import COLUMNS as LAPSE_COLUMNS
from regulars.pipelines.transforms.care.service_risk_customers import COLUMNS, service_risk_customers
from tests.transforms.care.care_tables import AS_OF, CUSTOMERS, MONEY, SCHEMAS, build, order, refund
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import broken_rules

PEOPLE = pl.DataFrame(CUSTOMERS, schema=SCHEMAS["customers"]).with_columns(
    owner=pl.when(pl.col("customer_idx") == 1).then(pl.lit("north")), is_deleted=pl.lit(value=False)
)
LAPSES = pl.DataFrame(
    [
        {"experience_count": 2, "lapse_ratio": 1.1, "matched_customers": 900},
        {"experience_count": 3, "lapse_ratio": 1.5, "lapse_ratio_low": 1.2, "matched_customers": 70},
    ],
    schema=LAPSE_COLUMNS,
)
CLV = {
    "customer_idx": pl.Int32,
    "predicted_total_value_12m": MONEY,
    "avg_annual_value_total": MONEY,
    "last_order_date": pl.Date,
}
PREDICTED = [{"customer_idx": 1, "predicted_total_value_12m": Decimal(80), "avg_annual_value_total": Decimal(60)}]
LATE = [("2026-02-01 12:00", "2026-02-03 09:00"), ("2026-01-10 12:00", "2026-01-13 09:00")]


def late_orders(third: str = "2025-12-01", customer: int = 1) -> list[dict]:
    """Three orders of a customer that came late, the first on a day of its own."""
    times = [*LATE, (f"{third} 12:00", "2026-03-01 12:00")]
    return [order(f"{customer} {number}", *each, customer_idx=customer) for number, each in enumerate(times)]


def risks(
    *events: dict,
    clv: list | None = None,
    engine: str = "polars",
    settings: ServiceRisk | None = None,
    as_of: dt.date = AS_OF,
    people: pl.DataFrame = PEOPLE,
) -> pl.DataFrame:
    rows = {"orders": [each for each in events if "promised_at" in each]}
    rows["refunds"] = [each for each in events if "refund_id" in each]
    tables = {
        "bad_experiences": build(settings=settings, **rows),
        "lapse_after_experiences": LAPSES,
        "customers": people,
        "customer_clv": pl.DataFrame(PREDICTED if clv is None else clv, schema=CLV),
        "customer_segments": pl.DataFrame({"customer_id": ["ada"], "lifecycle": ["active"]}),
    }
    with ENGINES[engine](tables) as lazy:
        return service_risk_customers(**lazy, as_of=as_of, service_risk=settings or ServiceRisk())


@pytest.mark.parametrize("engine", ENGINES)
def test_three_bad_experiences_in_a_year_put_a_customer_on_the_list(engine):
    row = risks(*late_orders(), engine=engine).row(0, named=True)
    assert (row["customer_id"], row["bad_experience_count"], row["owner"]) == ("ada", 3, "north")
    assert (row["first_experience_on"], row["last_experience_on"]) == (dt.date(2025, 12, 1), dt.date(2026, 2, 1))
    assert (row["days_since_last_experience"], row["last_leading_sign"]) == (58, "late_delivery")
    assert row["leading_signs"] == "late_delivery, late_delivery, late_delivery"
    assert (row["lapse_ratio"], row["lapse_ratio_low"], row["matched_customers"]) == (1.5, 1.2, 70)


def test_two_are_not_enough_and_one_event_with_three_signs_is_one():
    assert risks(*late_orders()[:2]).is_empty()
    assert risks(*late_orders()[:2], refund("2026-02-02", "1 0"), refund("2026-01-12", "1 1")).is_empty()
    assert risks().schema == COLUMNS


@pytest.mark.parametrize(("third", "is_listed"), [("2025-04-01", True), ("2025-03-31", False)])
def test_the_window_is_the_365_days_that_end_with_the_last_one(third, is_listed):
    assert len(risks(*late_orders(third))) == is_listed


def test_threshold_and_window_are_set():
    assert len(risks(*late_orders()[:2], settings=ServiceRisk(threshold=2))) == 1
    assert risks(*late_orders(), settings=ServiceRisk(window_days=100)).is_empty()


def test_the_unknown_customer_is_never_at_risk():
    assert risks(*late_orders(customer=0)).is_empty()


@pytest.mark.parametrize(
    ("days_later", "last_order", "status"),
    [
        (32, "2026-02-01", "due"),  # 58 + 32 days after the last experience, of the day of the last order
        (33, "2026-02-01", "too_long_ago"),
        (0, "2026-02-02", "ordered_since"),
        (33, "2026-02-02", "ordered_since"),
        (0, None, "due"),
    ],
)
def test_who_is_not_called_for_the_experiences_says_why(days_later, last_order, status):
    clv = [PREDICTED[0] | {"last_order_date": last_order and dt.date.fromisoformat(last_order)}]
    when = AS_OF + dt.timedelta(days=days_later)
    assert risks(*late_orders(), clv=clv, as_of=when).row(0, named=True)["call_status"] == status
    gone = PEOPLE.with_columns(is_deleted=pl.lit(value=True))
    assert risks(*late_orders(), clv=clv, as_of=when, people=gone).row(0, named=True)["call_status"] == "deleted"


def test_the_expected_value_says_what_it_is_made_of():
    def stake(**amounts: Decimal | None) -> tuple[Decimal | None, str | None]:
        row = risks(*late_orders(), clv=[PREDICTED[0] | amounts]).row(0, named=True)
        return row["service_risk_value_12m"], row["service_risk_value_basis"]

    assert stake() == (80, "predicted")
    assert stake(predicted_total_value_12m=Decimal(0)) == (0, "predicted")
    assert stake(predicted_total_value_12m=None) == (60, "yearly_average")
    assert stake(predicted_total_value_12m=None, avg_annual_value_total=None) == (None, None)
    unknown = risks(*late_orders(), clv=[]).row(0, named=True)
    assert (unknown["service_risk_value_12m"], unknown["service_risk_value_basis"]) == (None, None)


def test_no_rule_of_the_contract_is_broken():
    events = [*late_orders(), order("older", "2024-12-01 12:00", "2024-12-03 09:00")]
    mart = risks(*events)
    tables = {"customers": PEOPLE, "marts.bad_experiences": build(orders=events)}
    assert broken_rules("service_risk_customers", mart, tables) == set()
    wrong = mart.with_columns(
        first_experience_on=pl.lit(dt.date(2024, 1, 1)),
        service_risk_value_basis=pl.lit(None, pl.String),
        days_since_last_experience=pl.lit(1, pl.Int64),
    )
    assert broken_rules("service_risk_customers", wrong, tables) == {
        "days_are_in_order",
        "count_is_that_of_the_experiences",
        "a_value_has_a_basis",
    }
