"""The mart `bad_experiences`: what went wrong, one real event counted once."""

import datetime as dt
import random

import polars as pl
import pytest

from regulars.pipelines.definitions.enumerations import BAD_SIGNS
from regulars.pipelines.settings.customers.service_risk import ServiceRisk
from regulars.pipelines.transforms.care.bad_experiences import COLUMNS, join_signs
from regulars.pipelines.transforms.care.bad_signs import COLUMNS as SIGN_COLUMNS
from tests.transforms.care.care_tables import (
    CUSTOMERS,
    SCHEMAS,
    UNKNOWN,
    answer,
    build,
    order,
    payment,
    refund,
    signs_of,
    ticket,
)
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import broken_rules

LATE = order("o1", "2026-02-01 12:00", "2026-02-03 09:00")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_late_parcel_its_complaint_and_its_refund_are_one_experience(engine):
    mart = build(
        engine,
        orders=[LATE],
        tickets=[ticket("2026-02-04", "o1", is_complaint=True, reopened_count=1)],
        refunds=[refund("2026-02-15", "o1")],
        survey_responses=[answer("2026-02-05", 2, "o1")],
        payments=[payment("o1", "Failed", "2026-01-25 10:00")],
    )
    signs = "complaint, late_delivery, refund, detractor, reopened_ticket, failed_payment"
    assert signs_of(mart) == [("ada", "2026-01-25", signs)]
    row = mart.row(0, named=True)
    assert (row["leading_sign"], row["sign_count"], row["ticket_id"]) == ("complaint", 6, "t 2026-02-04")
    assert (row["subject"], row["system"], row["subject_id"]) == ("order", "shop", "o1")
    assert row["last_sign_on"] == dt.date(2026, 2, 15)


@pytest.mark.parametrize(("on", "experiences"), [("2026-02-15", 1), ("2026-02-16", 2)])
def test_signs_of_one_order_are_one_experience_for_fourteen_days(on, experiences):
    assert len(build(orders=[LATE], refunds=[refund(on, "o1")])) == experiences


def test_two_orders_that_go_wrong_on_one_day_are_two_experiences():
    late = order("o2", "2026-02-01 12:00", "2026-02-03 09:00")
    assert build(orders=[LATE, late])["experience_number"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("promised", "delivered", "sign"),
    [
        ("2026-02-01 12:00", "2026-02-01 12:00", None),
        ("2026-02-01 12:00", "2026-02-01 12:01", "late_delivery"),
        ("2026-03-28 12:00", None, "failed_delivery"),
        ("2026-03-29 12:00", None, None),  # two days of grace are left
        ("2026-03-28 12:00", "2026-03-31 20:59", "late_delivery"),
        ("2026-03-28 12:00", "2026-03-31 21:00", "failed_delivery"),  # in Helsinki it is 1 April
        ("2026-04-05 12:00", None, None),
        (None, "2026-02-01 12:00", None),
    ],
)
def test_a_delivery_is_late_after_the_promise_and_failed_after_the_days_of_grace(promised, delivered, sign):
    elsewhere = order("x", None, "2026-01-01 12:00")
    found = build(orders=[order("o", promised, delivered), elsewhere])["leading_sign"].to_list()
    assert found == ([sign] if sign else [])


def test_the_day_of_a_late_delivery_is_the_promised_one_in_the_companys_zone():
    mart = build(orders=[order("o", "2026-02-01 22:30", "2026-02-03 09:00")])
    assert mart["experienced_on"].to_list() == [dt.date(2026, 2, 2)]


def test_a_tool_that_never_says_when_it_delivered_has_no_failed_deliveries():
    assert build(orders=[order("o", "2026-02-01 12:00")]).is_empty()


def test_test_orders_and_cancelled_orders_are_not_delivered_late():
    times = ("2026-02-01 12:00", "2026-02-03 09:00")
    assert build(orders=[order("a", *times, is_test=True), order("b", *times, is_cancelled=True)]).is_empty()


def test_a_late_reply_counts_by_opening_hours_unless_the_clock_is_set():
    late = {"first_reply_minutes": 700.0, "first_reply_business_minutes": 30.0}
    tickets = [ticket("2026-02-04", **late), ticket("2026-02-05", first_reply_business_minutes=61.0)]
    assert [row[1] for row in signs_of(build(tickets=tickets))] == ["2026-02-05"]
    by_clock = build(settings=ServiceRisk(reply_time="clock"), tickets=tickets)
    assert signs_of(by_clock) == [("ada", "2026-02-04", "late_reply")]


def test_of_a_ticket_to_which_no_reply_is_due_only_complaints_and_reopenings_count():
    late = {"first_reply_business_minutes": 999.0, "is_complaint": True}
    rows = [
        ticket(f"2026-02-0{number}", no_reply_due_reason=reason, **late)
        for number, reason in enumerate(("solved_by_customer", "merged", "spam"), 1)
    ]
    assert signs_of(build(tickets=rows)) == [("ada", "2026-02-01", "complaint")]


def test_refunds_count_by_reason_where_reasons_are_set():
    rows = [refund("2026-02-01", reason="damaged"), refund("2026-02-02", reason="changed my mind")]
    assert len(build(refunds=rows)) == 2
    assert len(build(settings=ServiceRisk(refund_reasons=["damaged"]), refunds=rows)) == 1
    nothing = [refund("2026-02-01", amount=0), refund("2026-02-02", is_countable=False)]
    assert build(refunds=nothing).is_empty()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_refund_counts_where_one_of_its_lines_has_a_wanted_reason(engine):
    rows = [
        refund("2026-02-01"),
        refund("2026-02-02", reason="changed my mind"),
        refund("2026-02-03", reason="damaged"),
    ]
    ids = [row["refund_id"] for row in rows]
    lines = [
        *({"system": "shop", "refund_id": ids[0], "reason": reason} for reason in ("damaged", "damaged", "other")),
        {"system": "another shop", "refund_id": ids[1], "reason": "damaged"},
    ]
    mart = build(engine, settings=ServiceRisk(refund_reasons=["damaged"]), refunds=rows, refund_lines=lines)
    assert [(on, signs) for _, on, signs in signs_of(mart)] == [("2026-02-01", "refund"), ("2026-02-03", "refund")]


def test_a_failed_payment_without_a_day_counts_on_the_day_of_its_order():
    mart = build(orders=[order("o1")], payments=[payment("o1", "declined"), payment("o1", "paid", "2026-01-03 10:00")])
    assert signs_of(mart) == [("ada", "2026-01-02", "failed_payment")]


def test_a_subscription_that_ends_for_a_failed_payment_is_an_experience():
    row = {"system": "club", "subscription_id": "s", "customer_idx": 2, "active_until": dt.date(2026, 2, 9)}
    ended = row | {"is_involuntary": True, "end_type": "ended"}
    others = [row | {"is_involuntary": False, "end_type": "ended"}, row | {"end_type": "replaced"}]
    assert signs_of(build(subscriptions=[ended, *others])) == [("bob", "2026-02-09", "failed_payment")]


def test_only_the_signs_of_the_settings_count():
    rows = {"orders": [LATE], "survey_responses": [answer("2026-02-20", 3), answer("2026-02-22", 7)]}
    assert len(build(**rows)) == 2
    assert signs_of(build(settings=ServiceRisk(signs=["detractor"]), **rows)) == [("ada", "2026-02-20", "detractor")]


def test_what_comes_after_the_last_day_that_counts_is_no_sign_yet():
    later = "2026-04-01"
    mart = build(
        orders=[order("o1")],
        refunds=[refund(later)],
        tickets=[ticket(later, is_complaint=True)],
        survey_responses=[answer(later, 0)],
        payments=[payment("o1", "failed", "2026-03-31 21:00")],
    )
    assert mart.is_empty()
    assert mart.schema == COLUMNS


def test_experiences_of_nobody_known_are_the_unknown_customers():
    mart = build(
        refunds=[refund("2026-02-01", customer_idx=0)], survey_responses=[answer("2026-02-02", 1, customer_idx=None)]
    )
    assert mart.select("customer_id", "is_unknown").unique().rows() == [(UNKNOWN, True)]
    assert len(mart) == 2


def draw_signs(seed: int, count: int = 400) -> pl.DataFrame:
    rng = random.Random(seed)
    rows = [
        {
            "customer_idx": rng.randrange(3),
            "day": dt.date(2026, 1, 1) + dt.timedelta(days=rng.randrange(90)),
            "sign": rng.choice(list(BAD_SIGNS)),
            "subject": rng.choice(["order", "ticket"]),
            "system": rng.choice(["a", "b"]),
            "subject_id": str(rng.randrange(9)),
        }
        for _ in range(count)
    ]
    return pl.DataFrame(rows, schema=SIGN_COLUMNS)


@pytest.mark.parametrize("seed", range(3))
def test_drawn_signs_are_joined_as_somebody_would_who_reads_them_day_by_day(seed):
    signs, days = draw_signs(seed), 3
    expected = []
    key = ("customer_idx", "subject", "system", "subject_id")
    for subject, rows in signs.group_by(key):
        together: list[tuple[dt.date, str]] = []
        for each in sorted(rows.select("day", "sign").rows()):
            if together and (each[0] - together[-1][0]).days > days:
                expected.append((*subject, *describe(together)))
                together = []
            together.append(each)
        expected.append((*subject, *describe(together)))
    found = join_signs(signs, days)
    flags = [f"has_{sign}" for sign in BAD_SIGNS]
    columns = found.select(*key, "experienced_on", "last_sign_on", "leading_sign", "sign_count", *flags)
    assert sorted(columns.rows()) == sorted(expected)


def describe(together: list[tuple[dt.date, str]]) -> tuple[object, ...]:
    """First and last day of the signs of one experience, the gravest, how many there are, and which."""
    signs = {sign for _, sign in together}
    gravest = next(sign for sign in BAD_SIGNS if sign in signs)
    return together[0][0], together[-1][0], gravest, len(signs), *(sign in signs for sign in BAD_SIGNS)


def test_no_rule_of_the_contract_is_broken():
    mart = build(
        orders=[LATE, order("o2", "2026-01-01 12:00", "2026-01-03 12:00", customer_idx=2)],
        tickets=[ticket("2026-02-04", "o1", is_complaint=True), ticket("2026-03-04", is_complaint=True)],
        refunds=[refund("2026-02-01", customer_idx=0)],
    )
    core = {"customers": pl.DataFrame(CUSTOMERS, schema=SCHEMAS["customers"])}
    assert broken_rules("bad_experiences", mart, core) == set()
    wrong = mart.with_columns(
        sign_count=pl.lit(8), experience_number=pl.lit(2, pl.Int32), is_unknown=pl.lit(value=True)
    )
    assert {
        "sign_count_is_that_of_the_flags",
        "numbers_are_dense",
        "unknown_is_the_unknown_customer",
    } <= broken_rules("bad_experiences", wrong, core)
