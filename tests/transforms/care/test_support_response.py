"""The mart `support_response`: who was answered in time."""

import datetime as dt
import math
import random
import statistics
from collections import Counter
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from regulars.pipelines.definitions.enumerations import LAST_YEAR_GRAIN
from regulars.pipelines.definitions.windows import LAST_YEAR_DAYS
from regulars.pipelines.transforms.care.support_response import COLUMNS, LEFT_OUT, support_response
from regulars.pipelines.transforms.rare_values import NAMED_VALUES
from tests.transforms.core_tables import CALENDAR, ENGINES
from tests.transforms.mart_rules import broken_rules

AS_OF = dt.date(2026, 3, 31)
SCHEMA = {
    "customer_id": pl.String,
    "opened_date": pl.Date,
    "first_reply_minutes": pl.Float64,
    "first_reply_business_minutes": pl.Float64,
    "minutes_until_as_of": pl.Float64,
    "business_minutes_until_as_of": pl.Float64,
    "no_reply_due_reason": pl.String,
    "solved_at": pl.Datetime("us"),
    "reason": pl.String,
    "channel": pl.String,
    "is_complaint": pl.Boolean,
    "reopened_count": pl.Int32,
    "owner": pl.String,
}
TIERS = pl.DataFrame({"customer_id": ["ada", "bob"], "value_tier": ["top_10_percent", "middle"]})


def ticket(day: str, reply: float | None = None, **values: Any) -> dict[str, Any]:
    """A ticket of a day, answered after so many minutes; opening hours run half as fast as the clock."""
    opened = dt.date.fromisoformat(day)
    waited = (AS_OF - opened).days * 1440.0 + values.pop("waited", 720)
    return {
        "opened_date": opened,
        "first_reply_minutes": reply,
        "first_reply_business_minutes": None if reply is None else reply / 2,
        "minutes_until_as_of": waited if opened <= AS_OF else None,
        "business_minutes_until_as_of": waited / 2 if opened <= AS_OF else None,
        **values,
    }


def build(*rows: dict[str, Any], within: int = 60, engine: str = "polars") -> pl.DataFrame:
    tickets = pl.DataFrame(rows, schema=SCHEMA)
    with ENGINES[engine]({"tickets": tickets, "customer_segments": TIERS, "calendar": CALENDAR}) as tables:
        return support_response(**tables, as_of=AS_OF, support=SimpleNamespace(reply_within_minutes=within))


def cell(mart: pl.DataFrame, grain: str = "week", dimension: str = "all", value: str = "all") -> dict[str, Any]:
    """The first row of a grain, dimension and value."""
    return mart.filter(grain=grain, dimension=dimension, dimension_value=value).row(0, named=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reply_within_the_time_is_on_time_and_none_until_then_breaches(engine):
    rows = [ticket("2026-03-24", 60), ticket("2026-03-25", 61), ticket("2026-03-26")]
    week = cell(build(*rows, engine=engine))
    assert (week["tickets_on_time"], week["tickets_breached"], week["tickets_pending"]) == (1, 2, 0)
    assert week["tickets_on_time_rate"] == pytest.approx(1 / 3)
    assert (week["tickets_on_time_business"], week["tickets_on_time_rate_business"]) == (2, pytest.approx(2 / 3))


def test_a_share_of_few_replies_says_how_far_chance_moves_it():
    week = cell(build(*[ticket("2026-03-24", 50)] * 8, *[ticket("2026-03-24", 90)] * 2))
    ends = [week[f"tickets_on_time_rate{end}"] for end in ("_low", "", "_high")]
    assert ends == pytest.approx([0.4902, 0.8, 0.9433], abs=5e-5)  # Wilson (1927): 8 of 10
    assert [week[f"tickets_on_time_rate_business{end}"] for end in ("", "_high")] == [1, 1]
    none = build(ticket("2026-03-31", waited=30.0)).row(0, named=True)
    assert [none[f"tickets_on_time_rate{end}"] for end in ("_low", "", "_high")] == [None, None, None]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_wait_is_that_of_the_middle_ticket_and_of_the_slowest_tenth(engine):
    waits = [5.0, 5.0, *range(10, 100, 10)]
    rows = [ticket("2026-03-24", float(wait), is_complaint=wait > 50) for wait in waits]
    silent, agent = ticket("2026-03-24"), ticket("2026-03-24", 999, no_reply_due_reason="opened_by_agent")
    later = ticket("2026-03-31", 90.0, waited=60.0)  # the reply comes after as_of
    week = cell(build(*rows, agent, later, engine=engine))
    assert (week["tickets_answered"], week["complaints_answered"]) == (11, 4)
    assert (week["tickets_median_reply_minutes"], week["tickets_slowest_tenth_reply_minutes"]) == (40, 80)
    assert week["complaints_median_reply_minutes"] == 75
    assert week["complaints_slowest_tenth_reply_minutes"] == pytest.approx(87)
    waiting = cell(build(*rows, silent, engine=engine))
    assert (waiting["tickets_answered"], waiting["tickets_decided"]) == (11, 12)
    assert waiting["tickets_median_reply_minutes"] == 45  # of twelve, the last of whom still waits
    assert waiting["tickets_slowest_tenth_reply_minutes"] == pytest.approx(89)
    none = cell(build(later, engine=engine))
    assert (none["tickets_answered"], none["tickets_median_reply_minutes"]) == (0, None)


@pytest.mark.parametrize(("silent", "median", "tenth"), [(0, 30, 46), (1, 35, None), (4, 50, None), (5, None, None)])
def test_who_has_no_reply_waits_longer_than_all_who_have_one(silent, median, tenth):
    rows = [ticket("2026-03-24", float(wait)) for wait in range(10, 60, 10)]
    week = cell(build(*rows, *[ticket("2026-03-24")] * silent))
    assert (week["tickets_answered"], week["tickets_breached"]) == (5, silent)
    assert (week["tickets_median_reply_minutes"], week["tickets_slowest_tenth_reply_minutes"]) == (median, tenth)


def test_the_topic_with_silent_tickets_is_not_the_fastest():
    quality = [ticket("2026-03-24", 20, reason="quality")] * 3 + [ticket("2026-03-24", reason="quality")] * 2
    billing = [ticket("2026-03-24", 30, reason="billing", is_complaint=True)] * 3 + [ticket("2026-03-24", 31)]
    mart = build(*quality, quality[-1], *billing)
    minutes = {
        name: cell(mart, "week", "reason", name)["tickets_median_reply_minutes"]
        for name in ("quality", "billing", "unknown")
    }
    assert minutes == {"quality": None, "billing": 30, "unknown": 31}
    assert cell(mart, LAST_YEAR_GRAIN, "reason", "billing")["complaints_on_time_rate"] == 1


def test_the_most_frequent_topics_keep_their_names_and_all_others_are_other():
    sizes = {f"t{number:02}": 1 + (number < NAMED_VALUES - 2) for number in range(NAMED_VALUES + 3)}
    topics = [name for name, size in sizes.items() for _ in range(size)]
    rows = [ticket("2026-03-24", 20, reason=each) for each in reversed(topics)]
    rows += [ticket("2026-03-25", 90, reason="zz")] * 40  # all alike, and yet many
    rows += [ticket("2026-03-24"), ticket("2026-03-24", reason="unknown"), ticket("2026-03-24", reason="other")]
    week = build(*rows).filter(grain="week", dimension="reason")
    counts = dict(week.select("dimension_value", "tickets").rows())
    named = {f"t{number:02}": 2 for number in range(NAMED_VALUES - 2)}
    assert counts == named | {"zz": 40, "other": 6, "unknown": 2}  # `other` is the first by name of the single ones
    tickets = {"tickets": pl.DataFrame(rows, schema=SCHEMA)}
    assert not broken_rules("support_response", build(*rows), tickets)
    many = pl.concat([week.with_columns(dimension_value=pl.lit(f"u{number}")) for number in range(2)] + [week])
    assert "topics_are_few" in broken_rules("support_response", many, tickets)


def test_a_ticket_opened_and_answered_while_support_is_closed_is_counted_apart():
    closed = {"first_reply_business_minutes": 0.0, "is_complaint": True}
    rows = [ticket("2026-03-24", 600) | closed, ticket("2026-03-24", 0) | closed, ticket("2026-03-24", 30)]
    week = cell(build(*rows, ticket("2026-03-31", 90.0, waited=60.0) | closed))
    assert (week["tickets_answered_outside_hours"], week["complaints_answered_outside_hours"]) == (1, 1)
    assert week["tickets_on_time_business"] == 3


def test_who_waits_and_whose_time_is_not_up_is_pending_and_in_no_rate():
    week = cell(build(ticket("2026-03-31", waited=60.0), ticket("2026-03-31", waited=61.0)))
    assert (week["tickets_pending"], week["tickets_breached"], week["tickets_decided"]) == (1, 1, 1)
    assert week["tickets_on_time_rate"] == 0
    assert (week["tickets_pending_business"], week["tickets_on_time_rate_business"]) == (2, None)
    assert not week["is_complete"]


def test_a_reply_after_the_last_day_that_counts_is_none_yet():
    week = cell(build(ticket("2026-03-31", 50, waited=30.0)))
    assert (week["tickets_on_time"], week["tickets_pending"]) == (0, 1)


def test_tickets_to_which_no_reply_is_due_are_left_out_and_counted():
    reasons = ("opened_by_agent", "merged", "merged", "spam", "solved_by_customer")
    week = cell(build(*(ticket("2026-03-24", 5, no_reply_due_reason=each) for each in reasons)))
    assert (week["tickets"], week["left_out_tickets"], week["left_out_merged"]) == (0, 5, 2)


def test_a_complaint_to_which_no_reply_is_due_is_counted_apart_so_that_both_are_all_complaints():
    complaint, praise = {"is_complaint": True}, {"is_complaint": False}
    week = cell(
        build(
            ticket("2026-03-24", 5, **complaint),
            ticket("2026-03-24", 5, no_reply_due_reason="merged", **complaint),
            ticket("2026-03-24", 5, no_reply_due_reason="opened_by_agent", **complaint),
            ticket("2026-03-24", 5, no_reply_due_reason="spam", **praise),
            ticket("2026-03-24", 5, no_reply_due_reason="spam"),
        )
    )
    assert (week["complaints"], week["left_out_complaints"], week["left_out_tickets"]) == (1, 2, 4)
    assert week["all_complaints"] == 3


def test_complaints_are_apart_and_why_their_share_is_unknown_is_said():
    known = cell(build(ticket("2026-03-24", 5, is_complaint=True), ticket("2026-03-24", is_complaint=False)))
    assert (known["complaints"], known["complaints_on_time_rate"], known["reason"]) == (1, 1.0, None)
    assert cell(build(ticket("2026-03-24", is_complaint=False)))["reason"] == "no complaints"
    assert cell(build(ticket("2026-03-24")))["reason"].startswith("the source does not say")
    waiting = cell(build(ticket("2026-03-31", waited=1.0, is_complaint=True)))
    assert waiting["reason"] == "every complaint may still be answered in time"


def test_solved_and_reopened_tickets_are_counted():
    solved = dt.datetime.fromisoformat("2026-03-25 10:00")
    week = cell(build(ticket("2026-03-24", solved_at=solved, reopened_count=2), ticket("2026-03-24", reopened_count=0)))
    assert (week["solved_tickets"], week["reopened_tickets"]) == (1, 1)


def test_a_day_without_tickets_is_there_and_its_share_unknown():
    mart = build(ticket("2026-03-25", 5), ticket("2026-03-27", 5), ticket("2026-04-01", 5))
    days = mart.filter(pl.col("grain") == "day")
    assert days["period_start"].to_list() == [dt.date(2026, 3, day) for day in range(25, 32)]
    assert days.row(1, named=True)["tickets_on_time_rate"] is None
    assert mart.filter(grain="week")["is_complete"].to_list() == [True, False]


def test_the_year_that_ends_with_as_of_is_one_row():
    first = AS_OF - dt.timedelta(days=LAST_YEAR_DAYS - 1)
    before = first - dt.timedelta(days=1)
    complaint = {"is_complaint": True, "channel": "mail"}
    rows = [
        ticket(str(before), 5, **complaint),
        ticket(str(first), 5, **complaint),
        ticket("2026-03-24", 500, **complaint),
    ]
    year = build(*rows).filter(grain=LAST_YEAR_GRAIN)
    assert year["dimension"].to_list() == ["all", "channel"]
    for row in year.iter_rows(named=True):
        assert (row["period_start"], row["period_end"]) == (first, AS_OF)
        assert (row["complaints_on_time"], row["complaints_decided"], row["complaints_on_time_rate"]) == (1, 2, 0.5)


@pytest.mark.parametrize(("days_late", "is_complete"), [(0, True), (1, False)])
def test_a_year_is_complete_where_tickets_are_known_for_all_of_it(days_late, is_complete):
    first = AS_OF - dt.timedelta(days=LAST_YEAR_DAYS - 1 - days_late)
    mart = build(ticket(str(first), 5, is_complaint=True), ticket("2026-03-24", 5, is_complaint=True))
    row = cell(mart, LAST_YEAR_GRAIN)
    since = f"tickets are known from {first} on, which is not the whole of the 365 days"
    assert (row["is_complete"], row["reason"]) == (is_complete, None if is_complete else since)
    assert row["complaints_on_time_rate"] == 1


@pytest.mark.parametrize(("strays", "is_complete"), [(1, False), (2, True)])
def test_one_ticket_long_before_all_others_does_not_make_a_year_known(strays, is_complete):
    rows = [ticket("2025-11-03", 5, is_complaint=True)] * 30 + [ticket("2024-03-24", 5, is_complaint=True)] * strays
    mart = build(*rows)
    row = cell(mart, LAST_YEAR_GRAIN)
    since = "tickets are known from 2025-11-03 on, which is not the whole of the 365 days"
    assert (row["is_complete"], row["reason"]) == (is_complete, None if is_complete else since)
    core = {"tickets": pl.DataFrame(rows, schema=SCHEMA)}
    assert not broken_rules("support_response", mart, core)
    is_year, start = pl.col("grain") == LAST_YEAR_GRAIN, pl.col("period_start")
    early = mart.with_columns(
        reason=pl.when(~is_year).then("reason"),
        period_start=pl.when(is_year).then(dt.date(2024, 3, 23)).otherwise(start),
    )
    wrong = mart.with_columns(
        reason=pl.when(is_year).then(pl.lit("tickets are known from 2025-02-01 on")).otherwise("reason")
    )
    for changed in (early, wrong):
        assert "reason_stands_where_the_rate_is_not_known" in broken_rules("support_response", changed, core)


def test_a_year_without_tickets_has_its_row():
    row = cell(build(ticket("2024-03-24", 5, is_complaint=True)), LAST_YEAR_GRAIN)
    assert (row["tickets"], row["complaints_on_time_rate"], row["reason"]) == (0, None, "no complaints")


def test_without_tickets_there_is_no_row():
    mart = build()
    assert mart.is_empty()
    assert mart.schema == COLUMNS


def draw_tickets(seed: int, count: int = 300) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        drawn = dt.date(2026, 2, 20) + dt.timedelta(days=rng.randrange(42))
        day = rng.choice([drawn, drawn, AS_OF])  # only who wrote on the last day may still wait
        reply = rng.choice([None, float(rng.randrange(1, 300))])
        reason = rng.choice([None] * 9 + list(LEFT_OUT))
        is_closed = rng.random() < 0.3 and reply
        rows.append(
            ticket(
                day.isoformat(),
                reply,
                waited=float(rng.choice([20, 60, 61, 90, 121, 300])),
                no_reply_due_reason=reason,
                is_complaint=rng.choice([True, False, None]),
                channel=rng.choice(["mail", "chat", None]),
                reason=rng.choice(["billing", "delivery", None]),
                owner=rng.choice(["north", "south"]),
                customer_id=rng.choice(["ada", "bob", None]),
                reopened_count=rng.choice([None, 0, 1]),
                solved_at=rng.choice([None, dt.datetime.combine(day, dt.time(23))]),
            )
            | ({"first_reply_business_minutes": 0.0} if is_closed else {})
        )
    return rows


def count_naively(rows: list[dict[str, Any]]) -> Counter:
    """(week, dimension, value, count) -> tickets, one ticket at a time."""
    tiers = dict(TIERS.rows())
    counts: Counter = Counter()
    for row in rows:
        if row["opened_date"] > AS_OF:
            continue
        monday = row["opened_date"] - dt.timedelta(days=row["opened_date"].weekday())
        kinds = ["tickets", "complaints"] if row["is_complaint"] else ["tickets"]
        names = [*kinds]
        for end, times in (("", ""), ("_business", "business_")):
            reply, waited = row[f"first_reply_{times}minutes"], row[f"{times}minutes_until_as_of"]
            answered = reply is not None and reply <= waited
            outcome = "on_time" if answered and reply <= 60 else "breached" if waited > 60 else "pending"
            found = [outcome] if outcome == "pending" else [outcome, "decided"]
            names += [f"{kind}_{each}{end}" for kind in kinds for each in found]
        if row["first_reply_minutes"] is not None and row["first_reply_minutes"] <= row["minutes_until_as_of"]:
            closed = ["answered_outside_hours"] if row["first_reply_business_minutes"] == 0 else []
            names += [f"{kind}_{each}" for kind in kinds for each in ("answered", *closed)]
        names += ["reopened_tickets"] if row["reopened_count"] else []
        names += ["solved_tickets"] if row["solved_at"] else []
        if row["no_reply_due_reason"]:
            names = ["left_out_tickets", "left_out_" + row["no_reply_due_reason"]]
            names += ["left_out_complaints"] if row["is_complaint"] else []
        names += ["all_complaints"] if row["is_complaint"] else []
        values = {
            "all": "all",
            "channel": row["channel"] or "unknown",
            "reason": row["reason"] or "unknown",
            "owner": row["owner"],
            "value_tier": tiers.get(row["customer_id"], "unknown"),
        }
        for dimension, value in values.items():
            counts.update((monday, dimension, value, name) for name in names)
    return counts


@pytest.mark.parametrize("seed", [1, 2])
def test_drawn_tickets_are_counted_as_one_by_one(seed):
    rows = draw_tickets(seed)
    counted = count_naively(rows)
    mart = build(*rows).filter(grain="week")
    names = [name for name, kind in COLUMNS.items() if kind == pl.Int64]
    assert {name for *_, name in counted} == set(names)
    assert {
        (row["period_start"], row["dimension"], row["dimension_value"], name): row[name]
        for row in mart.iter_rows(named=True)
        for name in names
        if row[name]
    } == dict(counted)


@pytest.mark.parametrize("silence", [0.05, 0.5])
def test_the_median_of_drawn_tickets_is_that_of_a_list_in_which_silence_is_endless(silence):
    rows = [row for row in draw_tickets(5) if row["opened_date"] <= AS_OF and not row["no_reply_due_reason"]]
    rng = random.Random(6)
    rows = [row for row in rows if row["first_reply_minutes"] or rng.random() < silence]
    year = build(*rows).filter(grain=LAST_YEAR_GRAIN)
    for cut in year.iter_rows(named=True):
        dimension, value = cut["dimension"], cut["dimension_value"]
        if dimension not in ("all", "reason", "channel"):
            continue
        of_cut = [row for row in rows if dimension == "all" or (row[dimension] or "unknown") == value]
        for name, chosen in {"tickets": of_cut, "complaints": [row for row in of_cut if row["is_complaint"]]}.items():
            waits = []
            for row in chosen:
                reply, waited = row["first_reply_minutes"], row["minutes_until_as_of"]
                if reply is not None and reply <= waited:
                    waits.append(reply)
                elif waited > 60:
                    waits.append(math.inf)
            assert cut[f"{name}_decided"] == len(waits) > (20 if dimension == "all" else 0)
            median = statistics.median(waits)
            assert cut[f"{name}_median_reply_minutes"] == (None if median == math.inf else median)
            place, waits = (len(waits) - 1) * 9, sorted(waits)  # in tenths, so that it is exact
            ends = waits[place // 10], waits[-(-place // 10)]
            tenth = None if math.inf in ends else ends[0] + (ends[1] - ends[0]) * (place % 10) / 10
            assert cut[f"{name}_slowest_tenth_reply_minutes"] == (None if tenth is None else pytest.approx(tenth))


def test_the_mart_keeps_its_contract_and_a_changed_count_breaks_it():
    rows = draw_tickets(3)
    mart, tickets = build(*rows), pl.DataFrame(rows, schema=SCHEMA)
    core = {"tickets": tickets}
    assert broken_rules("support_response", mart, core) == set()
    changed = mart.with_columns(complaints_on_time=pl.col("complaints_on_time") + 1)
    assert {"outcomes_add_up", "rates_are_those_of_their_counts"} <= broken_rules("support_response", changed, core)
    left_out = pl.col("left_out_tickets") - pl.col("left_out_spam")
    fewer = mart.with_columns(left_out_spam=pl.lit(0), left_out_tickets=left_out, left_out_complaints=pl.lit(0))
    fewer = fewer.with_columns(all_complaints="complaints")
    assert broken_rules("support_response", fewer, core) == {"all_tickets_are_counted"}
    silent = mart.with_columns(left_out_complaints=pl.lit(0), all_complaints="complaints")
    assert broken_rules("support_response", silent, core) == {"all_tickets_are_counted"}
    assert broken_rules("support_response", mart.with_columns(all_complaints=pl.lit(0)), core) == {
        "complaints_are_tickets"
    }
    too_sure = mart.with_columns(complaints_on_time_rate_high=pl.col("complaints_on_time_rate_low"))
    assert broken_rules("support_response", too_sure, core) == {"rates_lie_in_their_intervals"}
    silence = mart.with_columns(tickets_answered=pl.col("tickets") + 1)
    assert broken_rules("support_response", silence, core) == {"minutes_stand_where_enough_tickets_were_answered"}
    whole = mart.with_columns(is_complete=pl.col("is_complete") | (pl.col("grain") == LAST_YEAR_GRAIN))
    assert broken_rules("support_response", whole, core) == {"a_year_is_complete_where_tickets_are_known_for_all_of_it"}
