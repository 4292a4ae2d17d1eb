"""Agents ask the published file: what they get, what is refused, and what no query may take."""

import json
from pathlib import Path

import duckdb
import pytest
import yaml

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


@pytest.fixture(scope="module")
def file(published_demo: Path) -> Path:
    return (published_demo / "home/current").resolve() / "regulars.duckdb"


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
    columns = {each["column_name"]: each for each in json.loads(described[1])["answer"]["columns"]}
    assert columns["churn_rate_12m"]["is_additive"] is False
    assert json.loads(short[1])["answer"]["table_name"] == "marts.customer_360"
    (definition,) = json.loads(metric[1])["answer"]
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


def test_a_table_without_its_layer_is_found_unless_two_layers_have_it(tmp_path):
    from regulars.pipelines.command.mcp.published import _find_table

    path = tmp_path / "regulars.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create schema meta")
        con.execute(
            "create table meta.contracts as select table_name, '' as purpose, '' as description, '' as grain "
            "from (values ('core.orders'), ('marts.orders'), ('marts.churn')) t(table_name)"
        )
    assert _find_table(path, "churn") == _find_table(path, "marts.churn") == "marts.churn"
    with pytest.raises(UsageWrong, match=r"several tables `orders`: ask for `core.orders` or `marts.orders`"):
        _find_table(path, "orders")
    with pytest.raises(UsageWrong, match=r"no table `chrn`; did you mean `marts.churn`"):
        _find_table(path, "chrn")
    assert _find_table(path, " Marts.CHURN") == "marts.churn"


def test_only_tables_and_columns_that_say_a_word_are_told(file):
    from regulars.pipelines.command.mcp.find import list_tables
    from regulars.pipelines.command.mcp.published import describe_table

    about = {line.partition(" | ")[0] for line in list_tables(file, "Complaints")}
    assert {"marts.support_response", "marts.scorecard"} & about == {"marts.support_response"}
    assert len(about) < len(list_tables(file))
    columns = {row["column_name"] for row in describe_table(file, "CUSTOMER_360", " risk ")["columns"]}
    assert "revenue_at_risk_12m" in columns
    assert "city" not in columns
    either = {row["column_name"] for row in describe_table(file, "customer_360", "cities, refunding")["columns"]}
    assert "refunds" in either
    for ask_for in (lambda: list_tables(file, "quasar"), lambda: describe_table(file, "churn", "quasar")):
        with pytest.raises(UsageWrong, match=r"says `quasar`; ask (for another word|with other words)"):
            ask_for()


def test_a_table_is_listed_in_a_line_with_its_grain_answer_and_views(file):
    from regulars.pipelines.command.mcp.find import list_tables

    lines = list_tables(file)
    (churn,) = [line for line in lines if line.startswith("marts.churn | ")]
    assert churn == (
        "marts.churn | per month-end, dimension and dimension value | How many customers are active, new, back and "
        "lost month by month, and the 12-month churn | views: marts.churn_all, marts.churn_by_value"
    )
    assert len("".join(lines)) < 14_000
    (first, *_) = list_tables(file, "12-month churn of the whole base")
    assert "marts.churn_all (The whole base, month by month)" in first


QUESTIONS = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("each", [each for asked in QUESTIONS.values() for each in asked], ids=lambda each: each["ask"])
def test_the_words_of_a_question_find_its_table_among_the_first(file, each):
    from regulars.pipelines.command.mcp.find import list_tables

    found = [line.partition(" | ")[0] for line in list_tables(file, each["ask"])]
    assert set(found[: each.get("within", 5)]) & set(each["tables"]), found


def test_a_filter_is_said_once_for_all_metrics_that_need_it(file):
    from regulars.pipelines.command.mcp.published import describe_table

    groups = describe_table(file, "marts.churn")["metrics"]
    filters = [(each.get("filter"), each.get("view_name")) for each in groups]
    assert len(set(filters)) == len(filters)
    with duckdb.connect(str(file), read_only=True) as con:
        query = "select metric from meta.metric_definitions where table_name = 'marts.churn'"
        names = {name for (name,) in con.execute(query).fetchall()}
    assert sorted(name for each in groups for name in each["metrics"]) == sorted(names)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("payback time of a channel", "payback_months"),
        ("share of complaints answered in time", "complaints_on_time_rate"),
        ("lifetime value", "clv_simple"),
        ("what is the probability of leaving", "p_alive"),
    ],
)
def test_a_metric_is_found_by_words_that_are_no_name_of_it(file, words, first):
    from regulars.pipelines.command.mcp.published import explain_metric

    found = list(dict.fromkeys(row["metric"] for row in explain_metric(file, words)))
    assert (found[0], len(found) <= 3) == (first, True)


def test_a_name_that_is_part_of_others_points_at_them(file):
    from regulars.pipelines.command.mcp.published import explain_metric

    (subscriptions, *_) = explain_metric(file, "churn rate")
    assert subscriptions["table_name"] == "marts.subscription_churn"
    assert "churn_rate_12m" in subscriptions["see_also"]


def test_a_column_says_what_it_is_and_not_what_it_is_not(file):
    from regulars.pipelines.command.mcp.published import describe_table

    described = describe_table(file, "marts.nps_value")
    columns = {row["column_name"]: row for row in described["columns"]}
    assert columns["nps_group"]["is_key"] is True
    assert "is_key" not in columns["customers"]
    assert not [name for name, row in columns.items() if "population" in row]
    told = [name for names in described["populations"].values() for name in names]
    assert len(told) == len(set(told)) > 5


def test_a_metric_of_days_that_add_up_is_asked_for_by_month(file):
    from regulars.pipelines.command.mcp.published import explain_metric

    (definition,) = explain_metric(file, "complaints_on_time_rate")
    found = ask(file, definition["query"])
    by_hand = """
        select date_trunc('month', period_end)::date::varchar, sum(complaints_on_time) / sum(complaints_decided),
            sum(complaints_decided)
        from marts.support_response where grain = 'day' and dimension = 'all'
        group by 1 having sum(complaints_decided) > 0 order by 1 desc
    """
    with duckdb.connect(str(file), read_only=True) as con:
        expected = [(month, pytest.approx(rate), n) for month, rate, n in con.execute(by_hand).fetchall()]
    assert [tuple(row) for row in found["rows"] if row[2]] == expected
    assert set(definition["splits"]) == {"grain", "dimension"}
    assert {"day", "week"} <= set(definition["splits"]["grain"])


def test_a_sum_with_an_interval_is_asked_for_with_it(file):
    from regulars.pipelines.command.mcp.published import explain_metric

    (definition,) = explain_metric(file, "demand_forecast_4w")
    found = ask(file, definition["query"])
    assert {"demand_forecast_4w", "demand_forecast_4w_low", "demand_forecast_4w_high", "reason"} <= set(
        found["columns"]
    )
    assert len(found["rows"]) == 1


def test_a_metric_that_nobody_knows_is_refused_with_those_written_alike(file):
    from regulars.pipelines.command.mcp.published import explain_metric

    with pytest.raises(UsageWrong, match=r"no metric `chrun`; did you mean `churn_rate`"):
        explain_metric(file, "chrun")


def test_a_refusal_says_what_to_do(file):
    assert "list_tables" in ask(file, "show tables")["error"]
    assert "write `as` before it" in ask(file, "select 1 share")["error"]


@pytest.mark.slow
def test_the_query_that_each_metric_gives_is_answered(published_demo, file):
    from regulars.pipelines.command.mcp.file_rows import read_rows
    from regulars.pipelines.command.mcp.published import explain_metric

    names = [row["metric"] for row in read_rows(file, "select distinct metric from meta.metric_definitions order by 1")]
    assert len(names) > 50
    for name in names:
        for definition in explain_metric(file, name):
            assert "error" not in ask(file, definition["query"]), definition["query"]


@pytest.mark.parametrize(
    ("asked", "metric"),
    [
        ("max CAC", "most_to_bid"),
        ("Highest bid", "most_to_bid"),
        ("concentration", "top_10_percent_share"),
        ("time_to_second_purchase", "median_days_to_second_order"),
        ("Repeat rate", "repeat_rate_365d"),
        ("aov", "average_order_value"),
        ("LTV", "clv_simple"),
        ("payback", "payback_months"),
        ("on-time rate", "tickets_on_time_rate"),
        ("number of complaints", "all_complaints"),
        ("Net sales", "net_sales"),
    ],
)
def test_a_metric_is_found_by_what_people_call_it(file, asked, metric):
    from regulars.pipelines.command.mcp.published import explain_metric

    assert {row["metric"] for row in explain_metric(file, asked)} == {metric}


def test_the_server_says_what_is_missing_before_it_starts(tmp_path):
    from tests.shop import run_regulars

    done = run_regulars("mcp", "--home", tmp_path)
    assert (done.code, "Nothing is published" in done.stderr) == (74, True)
