"""The marts about customers and NPS keep the rules of their contracts, and a broken rule is noticed."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from regulars.pipelines.contracts.odcs.load import load_contract
from regulars.pipelines.contracts.violations import select_failed_count
from regulars.pipelines.settings.business_hours import Support
from regulars.pipelines.settings.customers.service_risk import ServiceRisk
from regulars.pipelines.settings.settings import Surveys
from regulars.pipelines.transforms.clv import clv_evaluation, clv_models
from regulars.pipelines.transforms.clv.customer_clv import customer_clv
from regulars.pipelines.transforms.customers.customer_segments import customer_segments
from regulars.pipelines.transforms.customers.view.customer_360 import customer_360
from regulars.pipelines.transforms.voice.nps import nps
from tests.transforms.clv.test_customer_clv import AS_MEASURED, NO_LINES
from tests.transforms.customer_rows import (
    AS_OF,
    COMPANY,
    MONEY,
    SCHEMAS,
    UNKNOWN,
    answer,
    core,
    order,
    paid,
    refund,
)
from tests.transforms.voice.nps_tables import NOBODY_INVITED, Asked

CONTRACTS = Path(__file__).parents[3] / "data_contracts" / "marts"


def small_company() -> dict[str, pl.DataFrame]:
    """Core tables of 43 customers in three years, with everything that the four marts read."""
    begin = dt.date(2023, 1, 1)
    people: list[dict[str, Any]] = [
        {"customer_id": UNKNOWN, "customer_idx": 0, "is_unknown": True, "is_deleted": False}
    ]
    for n in range(1, 44):
        kind = {"customer_type": ["office", "home", None][n % 3], "country": "DE" if n % 2 else None}
        cost = {"acquisition_cost": Decimal(n) if n % 4 else None}
        people.append(
            {"customer_id": f"c{n:02}", "customer_idx": n, "is_unknown": False, "is_deleted": n == 7} | kind | cost
        )
    orders = [
        order(n * n % 37, str(begin + dt.timedelta(days=n * 7919 % 1200)), f"{5 + n % 90}.25", f"{n % 3}")
        for n in range(400)
    ]
    refunds = [refund(n * 3 % 37, str(begin + dt.timedelta(days=n * 101 % 1200)), f"{n % 9}.5") for n in range(30)]
    answers = [
        answer(n % 20 or None, str(begin + dt.timedelta(days=n * 311 % 1200)) + " 09:00", n % 11)
        | {
            "response_id": f"r{n}",
            "contact_id": f"p{n % 20}" if n % 2 else None,
            "touchpoint": "web" if n % 5 else None,
        }
        for n in range(120)
    ]
    club = [
        paid(n, str(begin + dt.timedelta(days=n * 61 % 1200)), "2026-05-01" if n % 2 else None, str(n % 5))
        for n in (0, *range(3, 44, 3))
    ]
    club += [paid(n, str(begin + dt.timedelta(days=n * 61 % 900)), "2025-11-20") for n in (5, 10, 38)]
    texts = dict.fromkeys(("survey_type", "contact_id", "touchpoint", "channel", "store_id", "language"), pl.String)
    answer_schema = SCHEMAS["survey_responses"] | texts
    days = pl.DataFrame({"day": pl.date_range(begin, dt.date(2026, 12, 31), eager=True)})
    idx = pl.col("day").cast(pl.Int32)
    return core(orders=orders, refunds=refunds, subscriptions=club) | {
        "customers": pl.DataFrame(people, schema=SCHEMAS["customers"] | {"acquisition_cost": MONEY}),
        "survey_responses": pl.DataFrame(answers, schema=answer_schema),
        "lapse_proposal": pl.DataFrame({"lapse_days": [365], "proposed_lapse_days": [200]}),
        "calendar": days.with_columns(day_idx=idx, week_idx=(idx + 3) // 7),
    }


Change = Callable[[pl.DataFrame], pl.DataFrame]


def say(column: str, value: Any, where: pl.Expr) -> Change:
    """A wrong value in some rows."""
    return lambda frame: frame.with_columns(pl.when(where).then(pl.lit(value)).otherwise(column).alias(column))


@cache
def marts_of_the_small_company() -> dict[str, pl.DataFrame]:
    frames = small_company()
    spans: dict[str, Any] = {"as_of": AS_OF, "lapse_days": 365}
    revenue = {"subscription_revenue_is_in_orders": False}
    bought = [frames[name] for name in ("orders", "refunds", "subscriptions", "customers", "calendar")]
    untested = {
        "models": pl.DataFrame(schema=clv_models.COLUMNS),
        "evaluation": pl.DataFrame(schema=clv_evaluation.COLUMNS),
    }
    segments = customer_segments(*bought, **spans)
    marts = {
        "nps": nps(
            frames["survey_responses"],
            NOBODY_INVITED,
            frames["customers"],
            segments,
            frames["calendar"],
            as_of=AS_OF,
            surveys=Asked(("customer_type", "country", "segment", "touchpoint", "language")),
        ),
        "customer_clv": customer_clv(
            *bought,
            untested["models"],
            untested["evaluation"],
            NO_LINES,
            **spans,
            max_lifetime_years=10,
            discount_rate=0.1,
            value_basis="net_sales",
            economics=AS_MEASURED,
            **revenue,
        ),
        "customer_segments": segments,
    }
    tables = {name: marts.get(name, frames.get(name)) for name in SCHEMAS}
    more: dict[str, Any] = {
        **spans,
        **revenue,
        "company": COMPANY,
        "support": Support(),
        "service_risk": ServiceRisk(),
        "surveys": Surveys(),
    }
    return marts | {"customer_360": customer_360(**tables, **more)}


def broken(marts: dict[str, pl.DataFrame]) -> dict[str, int]:
    """{rule: how often it is broken}, in marts of the small company."""
    found = {}
    with duckdb.connect() as con:
        con.execute("create schema core; create schema marts")
        for name, frame in small_company().items():
            con.register("frame", frame)
            con.execute(f"create table core.{name} as select * from frame")
        con.execute("create table marts.service_risk_customers (customer_id varchar, call_status varchar)")
        con.execute("create table marts.lapse_proposal as from core.lapse_proposal")
        for name, frame in marts.items():
            contract = load_contract(CONTRACTS / f"{name}.odcs.yaml")
            con.register("frame", frame)
            con.execute(f"create table marts.{name} as select * from frame")
            for rule in contract.rules:
                failed = con.execute(select_failed_count(rule, f"marts.{name}")).fetchall()[0][0]
                found |= {rule.id: failed} if failed else {}
    return found


def test_the_marts_about_customers_and_nps_keep_their_contracts():
    marts = marts_of_the_small_company()
    assert broken(marts) == {}
    assert all(frame.height for frame in marts.values())


@pytest.mark.parametrize(
    ("mart", "change", "rule"),
    [
        ("customer_360", say("is_active", False, pl.col("is_active")), "customer_360.subscribers_are_active"),
        (
            "customer_360",
            say("proposed_lapse_on", AS_OF, pl.col("proposed_lapse_on").is_not_null()),
            "customer_360.proposed_lapse_is_the_proposal",
        ),
        (
            "customer_360",
            say("lifecycle", "prospect", pl.col("customer_id") == "c42"),
            "customer_360.subscribers_are_active",
        ),
        (
            "customer_360",
            say("lifecycle", "lapsed", pl.col("customer_id") == "c41"),
            "customer_360.subscribers_are_active",
        ),
        (
            "customer_360",
            say("lapses_on", None, pl.col("customer_id") == "c01"),
            "customer_360.subscribers_are_active",
        ),
        ("customer_360", say("is_active", True, pl.col("lifecycle") == "lapsed"), "customer_360.lifecycle_fits"),
        (
            "customer_360",
            say("next_step", "call_service_risk", pl.col("customer_id") == "c01"),
            "customer_360.calls_for_service_risks_are_due",
        ),
        (
            "customer_segments",
            say("lifecycle", "new", pl.col("frequency") > 0),
            "customer_segments.new_customers_bought_on_one_day",
        ),
    ],
)
def test_a_broken_rule_is_noticed(mart: str, change: Change, rule: str):
    marts = marts_of_the_small_company()
    assert rule in broken({mart: change(marts[mart])})
