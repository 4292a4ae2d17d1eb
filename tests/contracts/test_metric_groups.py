"""Metrics that are alike in everything but their column are defined together, and every number of a mart is decided."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.metric import Metric, read_metrics
from regulars.pipelines.contracts.odcs.lint_metrics import (
    NOT_METRICS,
    lint_metrics,
    lint_shared_metrics,
    lint_synonyms,
)
from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.contracts.odcs.metric_groups import write_out_groups
from regulars.pipelines.contracts.odcs.place import Place
from regulars.pipelines.contracts.rule import Column

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
TIME = {"column": "month", "grain": "month"}
COLUMNS = (
    Column("month", "DATE", "date", "The month.", True, 1),
    Column("orders", "BIGINT", "integer", "Orders.", True, unit="orders"),
    Column("sales", "DECIMAL(18,4)", "number", "Sales.", True, unit="company currency"),
    Column("lost", "BIGINT", "integer", "Lost.", True, unit="customers"),
    Column("share", "DOUBLE", "number", "A share.", unit="ratio"),
    Column("hours", "DOUBLE", "number", "Hours.", unit="hours"),
)
SUMS = {"sums": {"up": ["orders", "sales"], "down": ["lost"]}, "time": TIME, "over_time": "sum"}
READ_OFF = {"read_off": {"up": ["share", "hours"]}, "not_additive": "a median", "time": TIME, "over_time": "last"}


def read(*entries: Any) -> tuple[tuple[Metric, ...], list[str]]:
    problems: list[str] = []
    place = Place("file", problems)
    return read_metrics(write_out_groups(entries, COLUMNS, place), place), problems


def mart(*entries: Any, table: str = "marts.months", **not_metrics: tuple[str, ...]) -> Contract:
    metrics, problems = read(*entries)
    assert problems == []
    return Contract(table, "1.0.0", "table", "", "", "", COLUMNS, (), metrics=metrics, not_metrics=not_metrics)


def test_columns_that_add_up_are_each_a_metric_of_their_sum():
    metrics, problems = read(SUMS | {"filter": {"dimension": "all"}, "never_over": ["dimension"]})
    assert problems == []
    assert [(each.name, each.expression, each.good, each.format) for each in metrics] == [
        ("orders", "sum(orders)", "up", "integer"),
        ("sales", "sum(sales)", "up", "currency"),
        ("lost", "sum(lost)", "down", "integer"),
    ]
    assert all(each.filter == {"dimension": "all"} and each.never_over == ("dimension",) for each in metrics)


def test_columns_that_are_read_off_share_the_reason():
    metrics, problems = read(READ_OFF)
    assert problems == []
    assert [(each.name, each.expression, each.not_additive, each.format) for each in metrics] == [
        ("share", "", "a median", "percent"),
        ("hours", "", "a median", "decimal1"),
    ]


def test_a_format_that_is_written_counts_for_all_of_them():
    metrics, _ = read(READ_OFF | {"format": "decimal1"})
    assert [each.format for each in metrics] == ["decimal1", "decimal1"]


def test_columns_of_a_group_have_synonyms_of_their_own():
    metrics, problems = read(SUMS | {"synonyms": {"lost": ["gone", "left"]}})
    assert problems == []
    assert {each.name: each.synonyms for each in metrics} == {"orders": (), "sales": (), "lost": ("gone", "left")}


def test_an_entry_of_one_metric_stays_as_it_is():
    one = {"name": "sales", "expression": "sum(sales)", "format": "integer", "good": "up", "time": TIME}
    metrics, problems = read(one | {"over_time": "sum"}, SUMS)
    assert problems == []
    assert [(each.name, each.format) for each in metrics][:2] == [("sales", "integer"), ("orders", "integer")]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (SUMS | {"name": "orders"}, "`name` may not stand beside `sums`"),
        (SUMS | {"synonyms": ["buys"]}, "write `synonyms: {column: […]}` beside `sums`"),
        (SUMS | {"synonyms": {"share": ["part"]}}, "`synonyms` names `share`, which is not among its columns"),
        (SUMS | {"good": "up"}, "`good` may not stand beside `sums`"),
        (SUMS | {"expression": "sum(orders)"}, "`expression` may not stand beside `sums`"),
        (SUMS | {"not_additive": "a median"}, "`not_additive` may not stand beside `sums`"),
        (READ_OFF | {"expression": "sum(share)"}, "`expression` may not stand beside `read_off`"),
        (SUMS | READ_OFF, "`read_off` may not stand beside `sums`"),
        (READ_OFF | {"over_time": "sum"}, "what has no expression cannot be added up"),
        (SUMS | {"sums": ["orders"]}, "write `sums: {up: […], down: […], neither: […]}`"),
        (SUMS | {"sums": {"sideways": ["orders"]}}, "`good` is 'sideways', and must be one of up, down"),
    ],
)
def test_a_mistake_in_an_entry_of_many_metrics_is_reported(entry, expected):
    _, problems = read(entry)
    assert any(expected in problem for problem in problems), problems


def test_a_number_without_a_decision_is_reported():
    (problem,) = lint_metrics(mart(SUMS, of_one_row=("share",)))
    assert problem.startswith("`hours` is a number and no metric: define it")
    assert [*lint_metrics(mart(SUMS, READ_OFF))] == []
    assert [*lint_metrics(mart(SUMS, of_one_row=("share", "hours")))] == []
    assert [*lint_metrics(mart(table="core.months"))] == []


def test_the_parts_of_a_metric_need_no_decision_of_their_own():
    rate = {"name": "share", "expression": "sum(lost) / sum(orders)", "n": "sales", "interval": ["hours", "hours"]}
    whole = rate | {"time": TIME, "over_time": "sum", "format": "percent", "good": "down"}
    assert [*lint_metrics(mart(whole))] == []


@pytest.mark.parametrize(
    ("not_metrics", "expected"),
    [
        ({"no_idea": ("share", "hours")}, "`notMetrics` gives the reason `no_idea`, and must give one of of_one_"),
        ({"model": ("share", "hours", "days")}, "`notMetrics` names `days`, which is not a column"),
        ({"model": ("share", "hours", "sales")}, "`notMetrics` names `sales`, which is a metric or part of one"),
        ({"model": ("share", "hours"), "repeated": ("hours",)}, "`notMetrics` names `hours` twice"),
    ],
)
def test_a_mistake_in_what_is_no_metric_is_reported(not_metrics, expected):
    (problem,) = lint_metrics(mart(SUMS, **not_metrics))
    assert problem.startswith(expected)


def test_a_metric_is_defined_once_per_table():
    assert "the metric `orders` is defined twice" in [*lint_metrics(mart(SUMS, SUMS, READ_OFF))]


def test_metrics_of_one_name_are_shown_alike_in_all_tables():
    one, other = mart(SUMS, READ_OFF), mart(READ_OFF | {"format": "decimal1"}, table="marts.years")
    assert [*lint_shared_metrics({each.table: each for each in (one, other)})] == [
        "the metric `share` has several formats or good directions: marts.months (percent, up), marts.years "
        "(decimal1, up)"
    ]
    assert [*lint_shared_metrics({each.table: each for each in (one, replace(one, table="marts.years"))})] == []


def known_as(table: str, *synonyms: str, name: str = "orders") -> Contract:
    metric = {"name": name, "expression": f"sum({name})", "synonyms": [*synonyms], "good": "up", "format": "integer"}
    return mart(metric | {"time": TIME, "over_time": "sum"}, table=table)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (known_as("marts.years", "Purchase count"), "marts.months.orders, marts.years.orders"),
        (known_as("marts.years", "purchase  Count", name="sales"), "marts.months.orders, marts.years.sales"),
    ],
)
def test_what_people_call_a_number_leads_to_one_metric_of_one_table(other, said):
    one = known_as("marts.months", "purchase count")
    assert [*lint_synonyms({each.table: each for each in (one, other)})] == [
        f"the synonym `purchase count` leads to several metrics: {said}; say in each how it differs from the others"
    ]
    assert [*lint_synonyms({one.table: one})] == []


def test_a_synonym_is_not_the_name_of_another_metric_but_may_be_its_own():
    one, other = known_as("marts.months", "sales"), known_as("marts.years", name="sales")
    (problem,) = lint_synonyms({each.table: each for each in (one, other)})
    assert problem.startswith("the synonym `sales` leads to several metrics: marts.months.orders, marts.years.sales")
    assert [*lint_synonyms({"marts.years": known_as("marts.years", "Sales", name="sales")})] == []


def test_every_reason_is_used_by_some_mart():
    assert {reason for contract in CONTRACTS.values() for reason in contract.not_metrics} == {*NOT_METRICS}


@pytest.mark.parametrize("contract", [each for each in CONTRACTS.values() if each.views], ids=lambda each: each.table)
def test_what_a_view_adds_up_is_a_metric_of_its_sum(contract):
    added_up = {metric.name for metric in contract.metrics if metric.expression == f"sum({metric.name})"}
    assert {name for view in contract.views for name in view.additive} <= added_up
