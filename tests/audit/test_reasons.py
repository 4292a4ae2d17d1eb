"""Which numbers are not to be trusted yet, of all marts in one table: as somebody who reads every row counts them."""

import datetime as dt
import re
from collections import Counter, defaultdict
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.audit.reasons import TABLE, list_explained_tables, list_reasons, rank_reasons
from regulars.pipelines.contracts.odcs.load import load_contract
from regulars.pipelines.contracts.violations import select_failed_count
from regulars.pipelines.settings.package import ROOT

AS_OF = dt.date(2026, 6, 30)
CONTRACTS = {
    contract.table: contract
    for layer in ("core", "marts", "meta")
    for path in sorted((ROOT / "data_contracts" / layer).glob("*.odcs.yaml"))
    for contract in [load_contract(path)]
}
MONTHS = [dt.date(2026, 4, 30), dt.date(2026, 5, 31), dt.date(2026, 6, 30)]
Rows = list[dict[str, Any]]


def count(**tables: Rows) -> Rows:
    """The rows of `meta.reasons`, of marts with these rows."""
    contracts = {f"marts.{name}": CONTRACTS[f"marts.{name}"] for name in tables}
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("create schema marts; create schema meta")
        for name, rows in tables.items():
            columns = contracts[f"marts.{name}"].types
            con.execute(f"create table marts.{name} ({', '.join(f'{column} {kind}' for column, kind in columns)})")
            for row in rows:
                names = ", ".join(row)
                con.execute(
                    f"insert into marts.{name} ({names}) values ({', '.join('?' * len(row))})", list(row.values())
                )
        made = rank_reasons(list_reasons(con, contracts, AS_OF))
        if made.height:
            con.register("made", made.to_arrow())
            typed = ", ".join(f"{column}::{kind} as {column}" for column, kind in CONTRACTS[TABLE].types)
            con.execute(f"create table {TABLE} as select {typed} from made")
            rules = CONTRACTS[TABLE].rules
            assert [each.id for each in rules if con.execute(select_failed_count(each, TABLE)).fetchall()[0][0]] == []
    return made.to_dicts()


def month(
    end: dt.date, reason: str | None, *, value: str = "all", rate: float | None = None, n: int = 7
) -> dict[str, Any]:
    return {
        "month_end": end,
        "dimension": "all" if value == "all" else "country",
        "dimension_value": value,
        "reason": reason,
        "is_complete": reason is None,
        "churn_rate_12m": rate,
        "average_customers_12m": n,
    }


def test_reasons_that_differ_in_a_day_or_number_are_one_with_the_text_of_now():
    rows = [
        month(MONTHS[0], "known from 2025-07-31 on, of 12 orders"),
        month(MONTHS[2], "known from 2026-07-31 on, of 3 orders"),
    ]
    [row] = count(churn=rows)
    assert row["reason_group"] == "known from # on, of # orders"
    assert row["reason"] == "known from 2026-07-31 on, of 3 orders"
    assert (row["rows_with_reason"], row["newest_rows_with_reason"], row["newest_period"]) == (2, 1, MONTHS[2])


def test_names_with_digits_and_shares_keep_their_letters():
    rows = [month(MONTHS[2], "predicted_value_12m lacks 3.5 % (8), from 10:30 on")]
    assert count(churn=rows)[0]["reason_group"] == "predicted_value_12m lacks # % (#), from # on"


def test_a_reason_of_the_past_is_over_and_one_of_a_part_is_none_of_the_headline():
    rows = [
        month(MONTHS[0], "too short"),
        month(MONTHS[2], None, rate=0.2),
        month(MONTHS[2], "too few", value="DE", n=3),
    ]
    few, short = count(churn=rows)
    assert (few["reason"], few["newest_rows_with_reason"], few["headline_rows_with_reason"]) == ("too few", 1, 0)
    assert (short["reason"], short["newest_rows_with_reason"]) == ("too short", 0)
    assert (few["table_rows"], few["newest_rows"], few["headline_rows"]) == (3, 2, 1)
    assert (few["n_column"], few["smallest_n"], few["greatest_n"]) == ("average_customers_12m", 3, 3)


def test_a_metric_is_emptied_that_no_row_of_the_reason_has():
    rows = [
        month(MONTHS[2], "shaky", rate=0.2),
        month(MONTHS[2], "shaky", value="DE"),
        month(MONTHS[2], "none", value="GB"),
    ]
    emptied = {row["reason"]: row["emptied_columns"].split(", ") for row in count(churn=rows)}
    assert "churn_rate_12m" in emptied["none"]
    assert "churn_rate_12m" not in emptied["shaky"]
    assert "gone_rate_12m" in emptied["shaky"]


def test_what_most_headline_numbers_are_missing_for_comes_first_and_what_is_over_has_no_rank():
    known = {"churn_rate_12m": 0.2, "gone_rate_12m": 0.2}
    rows = [
        month(MONTHS[0], "over"),
        month(MONTHS[2], "missing", value="DE"),
        month(MONTHS[2], "missing", value="GB"),
        month(MONTHS[2], "unsure", rate=0.2) | known,
    ]
    score = {"dimension": "all", "dimension_value": "all", "grain": "week", "period_end": AS_OF}
    found = {row["reason"]: row for row in count(churn=rows, nps=[score | {"reason": "nobody answered"}])}
    ranked = sorted((row for row in found.values() if row["reason_rank"]), key=lambda row: int(row["reason_rank"]))
    assert [row["reason_rank"] for row in ranked] == [1, 2, 3]
    assert found["over"]["reason_rank"] is None
    order = [
        (row["headline_numbers_missing"] / max(row["headline_rows"], 1), row["numbers_missing"] / row["newest_rows"])
        for row in ranked
    ]
    assert order == sorted(order, reverse=True)
    metrics = {name for each in list_explained_tables(CONTRACTS) if each.table == "marts.churn" for name in each.n_of}
    assert found["unsure"]["numbers_missing"] == len(metrics - {*rows[3]})
    assert found["missing"]["numbers_missing"] == 2 * len(metrics - {*rows[1]} | {"churn_rate_12m"})
    assert found["missing"]["headline_numbers_missing"] == 0


def all_known(table: str) -> dict[str, Any]:
    """A value for each metric of a mart, so that nothing is missing."""
    return {name: 1 for each in list_explained_tables(CONTRACTS) if each.table == table for name in each.n_of}


def test_what_was_missing_in_the_past_is_not_counted():
    known = all_known("marts.churn")
    rows = [month(end, "shaky") | known for end in MONTHS]
    rows[0]["churn_rate_12m"] = rows[1]["gone_rate_12m"] = None
    [row] = count(churn=rows)
    assert (row["numbers_missing"], row["headline_numbers_missing"]) == (0, 0)
    rows[2]["churn_rate_12m"] = None
    [row] = count(churn=rows)
    assert (row["numbers_missing"], row["headline_numbers_missing"]) == (1, 1)


def test_rows_of_parts_do_not_make_what_is_missing_in_the_headline_less():
    parts = [month(MONTHS[2], None, value=f"C{number}") | all_known("marts.churn") for number in range(40)]
    total = {"scope": "all", "scope_value": "all", "as_of": AS_OF, "reason": "one is missing"}
    one_missing = total | all_known("marts.predicted_totals") | {"predicted_total_value_12m": None}
    found = count(churn=[month(MONTHS[2], "all are missing"), *parts], predicted_totals=[one_missing])
    assert [row["reason"] for row in found] == ["all are missing", "one is missing"]
    assert found[0]["headline_numbers_missing"] > found[1]["headline_numbers_missing"] == 1


def test_where_nothing_is_missing_a_reason_of_the_headline_comes_before_one_of_many_parts():
    known = all_known("marts.churn")
    parts = [month(MONTHS[2], "of parts", value=value) | known for value in ("DE", "FR", "GB")]
    found = count(churn=[*parts, month(MONTHS[2], "of all") | known])
    assert [(row["reason"], row["numbers_missing"]) for row in found] == [("of all", 0), ("of parts", 0)]


def test_customers_at_stake_are_those_of_the_headline_or_else_of_the_parts():
    rows = [
        month(MONTHS[2], each, value=value) for each, value in [("of all", "all"), ("of all", "DE"), ("of DE", "DE")]
    ]
    for row, customers in zip(rows, (90, 400, 30), strict=True):
        row |= {"active_customers": 950, "average_customers_12m": customers, "active_a_year_ago_of_others": 900}
    past = month(MONTHS[1], "of DE", value="DE") | {"average_customers_12m": 800}
    offers = [
        {"customer_id": name, "offer_rank": rank, "as_of": AS_OF, "reason": "few"} for name in "ab" for rank in (1, 2)
    ]
    score = {"dimension": "all", "dimension_value": "all", "grain": "week", "period_end": AS_OF, "reason": "no votes"}
    found = count(churn=[*rows, past], next_best_offers=offers, nps=[score])
    at_stake = {row["reason"]: row["customers_at_stake"] for row in found}
    assert at_stake == {"of all": 90, "of DE": 30, "few": 2, "no votes": None}


def test_customers_at_stake_are_those_of_whom_the_missing_numbers_are():
    few = {"profiled_customers": 17, "top_customers_known": 300, "other_customers_known": 947, "other_customers": 1600}
    channel = {"worth_measure": "clv_simple", "as_of": AS_OF, "reason": "few were brought"}
    years = [
        channel | {"first_order_year": year, "brought_customers_valued": brought, "other_customers_valued": 598}
        for year, brought in (("2024", 13), ("2025", 2))
    ]
    profile = {"attribute": "first_category", "as_of": AS_OF, "reason": "few"} | few | {"top_share": 0.1}
    observed = {"as_of": AS_OF, "reason": "none alike", "experience_count": 2, "matched_customers": 13}
    lapses = [observed | {"active_without_subscription": 79, "is_complete": False}]
    groups = {"top_tier_customers": 72, "lower_tier_customers": 546, "reason": "few ordered it", "as_of": AS_OF}
    products = [groups | {"product_id": name, "compared_buyers": buyers} for name, buyers in (("pin", 29), ("cap", 4))]
    found = count(
        primary_customer_profile=[profile],
        referral_worth=years,
        lapse_after_experiences=lapses,
        product_preferences=[each | {"dimension": "product"} for each in products],
    )
    at_stake = {row["table_name"]: row["customers_at_stake"] for row in found}
    assert at_stake == {
        "marts.primary_customer_profile": 17,
        "marts.referral_worth": 13,
        "marts.lapse_after_experiences": 13,
        "marts.product_preferences": 29,
    }
    [known] = count(primary_customer_profile=[all_known("marts.primary_customer_profile") | profile])
    assert known["customers_at_stake"] == 300


def test_the_newest_period_is_that_of_each_grain():
    day = {"dimension": "all", "dimension_value": "all", "is_complete": True, "reason": "few votes"}
    rows = [
        day | {"grain": "week", "period_end": dt.date(2026, 7, 5)},
        day | {"grain": "day", "period_end": AS_OF},
        day | {"grain": "day", "period_end": AS_OF - dt.timedelta(days=1)},
    ]
    [row] = count(nps=rows)
    assert (row["newest_rows"], row["newest_rows_with_reason"], row["rows_with_reason"]) == (2, 2, 3)


def test_rows_that_are_not_complete_say_so_where_the_table_gives_no_reason():
    cohort = {"grain": "month", "dimension": "all", "dimension_value": "all", "cohort_start": MONTHS[0]}
    rows = [cohort | {"is_complete": each} for each in (True, False, False)]
    [row] = count(retention_cohorts=rows)
    assert (row["reason"], row["rows_with_reason"], row["table_rows"]) == ("not complete yet", 2, 3)


def test_marts_without_a_reason_in_any_row_have_none_here():
    assert count(churn=[month(MONTHS[2], None, rate=0.2)], predicted_totals=[]) == []


def test_every_mart_that_gives_a_reason_is_asked_and_no_other_table():
    asked = {each.table for each in list_explained_tables(CONTRACTS)}
    says = {name for name, contract in CONTRACTS.items() if {"reason", "is_complete"} & dict(contract.types).keys()}
    assert asked == {name for name in says if name.startswith("marts.")}
    assert len(asked) > 30


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(MONTHS),
            st.sampled_from([None, "too few: 3", "too few: 12", "known from 2026-01-31 on"]),
            st.sampled_from(["all", "DE", "GB"]),
            st.sampled_from([None, 0.5]),
            st.integers(0, 40),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_drawn_rows_are_counted_as_reading_each_of_them_does(drawn: list[tuple[Any, ...]]):
    rows = [month(end, reason, value=value, rate=rate, n=n) for end, reason, value, rate, n in drawn]
    found = {row["reason_group"]: row for row in count(churn=rows)}
    newest = max(row["month_end"] for row in rows)
    alike = defaultdict(list)
    for row in rows:
        if row["reason"]:
            alike[re.sub(r"[\d-]*\d", "#", row["reason"])].append(row)
    assert found.keys() == alike.keys()
    for group, members in alike.items():
        of_now = [row for row in members if row["month_end"] == newest]
        row = found[group]
        assert row["rows_with_reason"] == len(members)
        assert row["newest_rows_with_reason"] == len(of_now)
        assert row["headline_rows_with_reason"] == sum(each["dimension"] == "all" for each in of_now)
        assert (row["table_rows"], row["newest_rows"]) == (len(rows), sum(each["month_end"] == newest for each in rows))
        sizes = [each["average_customers_12m"] for each in members]
        assert (row["smallest_n"], row["greatest_n"]) == (min(sizes), max(sizes))
        has_rate = any(each["churn_rate_12m"] is not None for each in members)
        assert ("churn_rate_12m" in row["emptied_columns"].split(", ")) is not has_rate
        most = Counter(each["reason"] for each in of_now or members).most_common()
        assert row["reason"] in {text for text, times in most if times == most[0][1]}
