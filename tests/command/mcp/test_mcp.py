"""Agents ask the published file: what they get, what is refused, and what no query may take."""

import json
from pathlib import Path

import pytest

pytest.importorskip("mcp")

from regulars.pipelines.command.mcp.guarded_query import Limits, run_guarded_query
from regulars.pipelines.command.mcp.query_process import answer
from regulars.pipelines.errors import UsageWrong
from tests.command.mcp.agent import talk

REFUSED = {
    "drop": "drop table marts.churn",
    "delete": "delete from marts.churn",
    "update": "update marts.churn set churn_rate_12m = 0",
    "insert": "insert into marts.churn select * from marts.churn",
    "create": "create table here as select 1",
    "create temp": "create temp table here as select 1",
    "create macro": "create macro one() as 1",
    "alter": "alter table marts.churn drop column as_of",
    "two statements": "select 1; select 2",
    "hidden second": "select 1; copy marts.churn to 'churn.csv'",
    "copy out": "copy marts.churn to 'churn.csv'",
    "copy in": "copy marts.churn from 'churn.csv'",
    "export": "export database 'out'",
    "import": "import database 'out'",
    "attach": "attach 'other.db'",
    "attach memory": "attach ':memory:' as other",
    "detach": "detach regulars",
    "use": "use system",
    "install": "install httpfs",
    "load": "load httpfs",
    "set": "set threads = 8",
    "open up": "set enable_external_access = true",
    "reset": "reset enable_external_access",
    "call": "call pragma_version()",
    "checkpoint": "checkpoint",
    "vacuum": "vacuum",
    "explain analyze": "explain analyze select 1",
    "prepare": "prepare later as select 1",
    "execute": "execute later",
    "begin": "begin",
    "read a file": "select * from read_text('/etc/hostname')",
    "read csv": "select * from read_csv('/etc/passwd')",
    "read json": "select * from read_json('/etc/passwd')",
    "read parquet": "select * from read_parquet('/tmp/a.parquet')",
    "a file as a table": "select * from '/etc/passwd'",
    "the network": "select * from 'https://example.org/a.csv'",
    "glob": "select * from glob('/*')",
    "sniff": "select * from sniff_csv('/etc/passwd')",
    "metadata of a file": "select * from parquet_metadata('/tmp/a.parquet')",
    "secrets": "select * from duckdb_secrets()",
    "a variable of Python": "select * from request",
    "the environment": "select getenv('HOME')",
    "copy within query()": "select * from query('copy marts.churn to ''churn.csv''')",
    "nothing": "",
    "no SQL": "what is our churn?",
    "a cast that fails": "select 'secret'::int",
}


def ask(file: Path, query: str, **limits: int) -> dict:
    """What the process of a query would answer, in this process."""
    given = {"row_limit": 500, "character_limit": 60_000, "memory_mib": 2048} | limits
    return answer({"file": str(file), "query": query, **given})


@pytest.mark.parametrize("query", REFUSED.values(), ids=REFUSED)
def test_a_hostile_query_is_refused_and_changes_nothing(file, query, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = file.stat().st_mtime_ns
    assert set(ask(file, query)) == {"error"}
    assert list(tmp_path.iterdir()) == []
    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "query", ["from marts.churn_all", "describe marts.churn", "with a as (select 1 as n) select * from a", "select 1;"]
)
def test_other_ways_to_only_read_are_answered(file, query):
    assert ask(file, query)["row_count"] > 0


def test_rows_and_characters_beyond_the_limit_are_cut_and_it_is_said(file):
    few = ask(file, "select * from range(10)", row_limit=3)
    assert (few["rows"], few["row_count"], few["is_cut"]) == ([[0], [1], [2]], 3, True)
    assert not ask(file, "select * from range(3)", row_limit=3)["is_cut"]
    long = ask(file, "select repeat('x', 30) from range(10)", character_limit=100)
    assert (long["row_count"], long["is_cut"]) == (2, True)
    endless = ask(file, "select * from range(100000000000)", row_limit=2)
    assert endless["rows"] == [[0], [1]]


def test_values_are_json(file):
    query = (
        "select 1.50::decimal(9, 2), date '2026-06-30', timestamp '2026-06-30 12:00', null, true, 'nan'::double, [1]"
    )
    (row,) = ask(file, query)["rows"]
    assert row == [1.5, "2026-06-30", "2026-06-30T12:00:00", None, True, "nan", "[1]"]
    json.dumps(row, allow_nan=False)


def test_an_answer_does_not_tell_where_the_file_lies(file):
    found = run_guarded_query(file, "pragma database_list", Limits())
    assert str(file.parent) not in json.dumps(found)
    assert "regulars.duckdb" in json.dumps(found)


@pytest.mark.parametrize(
    "query",
    [
        "select sum(a.range * b.range) from range(100000000) as a, range(100000000) as b",
        pytest.param("select repeat('x', 1000000000)", marks=pytest.mark.slow),
        pytest.param("select list(range) from range(1000000000)", marks=pytest.mark.slow),
        pytest.param("select string_agg(repeat('x', 1000000)) from range(100000)", marks=pytest.mark.slow),
        pytest.param(
            "with recursive r(n) as (select 1 union all select n + 1 from r) select max(n) from r",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_query_that_would_take_the_machine_is_ended(file, query):
    with pytest.raises(UsageWrong):
        run_guarded_query(file, query, Limits(seconds=2, memory_mib=2048))


def test_an_agent_finds_a_table_its_metric_and_the_number_with_its_n(published_demo):
    home = published_demo / "home"
    tables, described, short, metric, wrong, refused, findings, restatements, report = talk(
        home,
        ("list_tables", {}),
        ("describe_table", {"table": "marts.churn_all"}),
        ("describe_table", {"table": "customer_360"}),
        ("explain_metric", {"metric": "churn_rate_12m"}),
        ("describe_table", {"table": "marts.chrn"}),
        ("query", {"sql": "drop table marts.churn"}),
        ("list_findings", {}),
        ("list_restatements", {}),
        ("resource", {"uri": "regulars://report"}),
    )
    listed = json.loads(tables[1])
    assert listed["as_of"] == "2026-06-30"
    assert {"marts.churn", "core.orders"} <= {each.partition(" | ")[0] for each in listed["answer"]}
    assert json.loads(described[1])["answer"]["view_of"] == "marts.churn"
    assert json.loads(short[1])["answer"]["table_name"] == "marts.customer_360"
    (definition,) = json.loads(metric[1])["answer"]["metrics"]
    assert definition["view_name"] == "marts.churn_all"
    assert (wrong[0], "did you mean `marts.churn`" in wrong[1]) == (True, True)
    assert (refused[0], "ask with one SELECT" in refused[1]) == (True, True)
    assert json.loads(findings[1])["answer"][0]["sentence"]
    assert json.loads(restatements[1])["answer"] == {
        "compared": "The last run did not compare metrics with a run before it, or does not say so.",
        "restatements": [],
    }
    assert listed["run_on"] >= "2026-11-28"
    assert "12-month churn" in report[1].splitlines()
    assert "<svg" not in report[1]

    ((failed, numbers),) = talk(home, ("query", {"sql": definition["query"]}))
    found = json.loads(numbers)["answer"]
    assert not failed
    assert found["columns"][:3] == ["month_end", "churn_rate_12m", "average_customers_12m"]
    assert found["rows"][0][0] == "2026-06-30"


def test_a_refusal_says_what_to_do(file):
    assert "list_tables" in ask(file, "show tables")["error"]
    assert "write `as` before it" in ask(file, "select 1 share")["error"]


def test_the_server_says_what_is_missing_before_it_starts(tmp_path):
    from tests.shop import run_regulars

    done = run_regulars("mcp", "--home", tmp_path)
    assert (done.code, "Nothing is published" in done.stderr) == (74, True)
