"""A metric is structure: other tools get its SQL from it, and its SQL gives what the table publishes."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.expression import ExpressionRefused, parse_expression, print_sql
from regulars.pipelines.contracts.metric import Metric, read_metrics
from regulars.pipelines.contracts.odcs.load import load_contracts
from regulars.pipelines.contracts.odcs.place import Place

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
METRICS = [(contract, metric) for contract in CONTRACTS.values() for metric in contract.metrics]
GOOD = {
    "name": "rate",
    "expression": "sum(kept) / sum(all_of_them)",
    "time": {"column": "month", "grain": "month"},
    "over_time": "sum",
    "format": "percent",
    "good": "up",
}


def sql(text: str) -> str:
    return print_sql(parse_expression(text))


def value(text: str, rows: str) -> object:
    return duckdb.sql(f"select {sql(text)} from (values {rows}) rows(a, b)").fetchall()[0][0]


def problems_of(**changes: object) -> list[str]:
    problems: list[str] = []
    entry = {key: value for key, value in (GOOD | changes).items() if value is not None}
    read_metrics([entry], Place("file", problems))
    return problems


def test_a_ratio_of_sums_is_divided_after_summing():
    assert value("sum(a) / sum(b)", "(1, 2), (2, 4)") == 0.5


def test_whole_numbers_are_not_divided_as_whole_numbers():
    assert value("100 * (sum(a) - sum(b)) / count(a)", "(2, 1), (0, 0), (0, 0)") == pytest.approx(100 / 3)


def test_a_division_by_zero_is_unknown():
    assert value("sum(a) / sum(b)", "(1, 0)") is None


def test_brackets_hold_what_they_held():
    assert value("sum(a) - (sum(b) - count(a))", "(5, 3)") == 3
    assert value("-sum(a) + count_distinct(b)", "(5, 3), (1, 3)") == -5
    assert value("max(a) / (min(b) / avg(a))", "(4, 2), (8, 3)") == 24


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "sum(a) ** 2",
        "sum(a + b)",
        "median(a)",
        "sum(a, b)",
        "sum(a) if b else 1",
        "'a'",
        "True",
        "sum(a) %",
        "x.y",
    ],
)
def test_nothing_else_is_an_expression(text):
    with pytest.raises(ExpressionRefused):
        parse_expression(text)


def test_a_metric_is_read_with_what_it_says():
    (metric,) = read_metrics([GOOD | {"filter": {"dimension": "it's", "is_chosen": True}}], Place("file", []))
    assert (metric.sql, metric.filter_sql) == (
        '(1.0::double precision * sum("kept") / nullif(sum("all_of_them"), 0))',
        "\"dimension\" = 'it''s' and \"is_chosen\" = true",
    )
    assert set(metric.columns) - {""} == {"rate", "kept", "all_of_them", "month", "dimension", "is_chosen"}


def test_rows_that_hold_the_others_are_left_out():
    only, rest = {"filter": {"type": "all"}}, {"filter_not": {"channel": "all"}}
    (metric,) = read_metrics([GOOD | only | rest], Place("file", []))
    assert metric.filter_sql == "\"type\" = 'all' and \"channel\" <> 'all'"
    assert {"type", "channel"} < set(metric.columns)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"expression": "median(a)"}, "`median(a)` may not stand in an expression"),
        ({"expression": None}, "write either an `expression`, or in `not_additive` why there is none"),
        ({"not_additive": "a median"}, "write either an `expression`"),
        ({"expression": None, "not_additive": "a median"}, "what has no expression cannot be added up"),
        ({"format": "money"}, "`format` is 'money', and must be one of percent"),
        ({"good": None}, "`good` is None, and must be one of up, down"),
        ({"over_time": "mean"}, "`over_time` is 'mean', and must be one of sum, last, first"),
        ({"time": {"column": "month"}}, "`time` needs a `column`, and either"),
        ({"time": {"column": "m", "grain": "month", "grain_column": "g"}}, "`time` needs a `column`, and either"),
        ({"interval": ["low"]}, "`interval` needs two columns"),
        ({"filtre": {}}, "`filtre` is not a key"),
    ],
)
def test_a_mistake_in_a_metric_is_reported(changes, expected):
    found = problems_of(**changes)
    assert any(expected in problem for problem in found), found
    assert problems_of() == []


@pytest.fixture(scope="module")
def published(published_demo: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published_demo / "home" / "current" / "regulars.duckdb"), read_only=True) as con:
        yield con


@pytest.mark.parametrize(
    ("contract", "metric"),
    [(contract, metric) for contract, metric in METRICS if metric.expression],
    ids=lambda value: value.table if isinstance(value, Contract) else value.name,
)
def test_an_expression_gives_what_its_column_publishes(
    published: duckdb.DuckDBPyConnection, contract: Contract, metric: Metric
):
    """Row by row at the table's own grain, wherever the metric is known."""
    types = dict(contract.types)
    known = f'"{metric.known}"' + ("" if types.get(metric.known) == "BOOLEAN" else " is not null")
    query = f"""
        select any_value("{metric.name}")::double as published, ({metric.sql})::double as expressed
        from {contract.table}
        where {metric.filter_sql} and {known if metric.known else "true"}
        group by {", ".join(f'"{name}"' for name in contract.key)}
    """
    rows = published.execute(query).fetchall()
    assert rows or metric.known or contract.table == "meta.clv_evaluation", "the sample company publishes some rows"
    for published, expressed in rows:
        assert expressed == pytest.approx(published, rel=1e-9) if published is not None else expressed is None


def test_every_metric_can_be_added_up_or_says_why_not():
    assert len(METRICS) >= 330
    assert all(bool(metric.expression) != bool(metric.not_additive) for _, metric in METRICS)
