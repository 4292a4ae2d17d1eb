"""A real Superset imports the bundle, draws every chart of it, and shows what the file says.

It has an environment of its own: it and ours want other versions of the same libraries. Server and import take
minutes, so that all trials share one Superset, in the order of this page.
"""

import json
import math
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from regulars.pipelines.command.export.superset.bundle import export_superset
from regulars.pipelines.command.export.superset.charts import list_charts
from regulars.pipelines.home.home import Home
from regulars.pipelines.publish.targets.postgres import deliver_to_postgres
from tests.command.export.superset_server import Superset, run_superset
from tests.publish.targets.postgres_server import PASSWORD, VARIABLE, run_server
from tests.report.browser import CHROMIUM, start_browser

pytestmark = pytest.mark.slow

LOADED = "['.dashboard-component-chart-holder', '.loading'].map(each => document.querySelectorAll(each).length)"
WRONG = (
    "[...document.querySelectorAll('[role=alert], .ant-alert-error, [class*=ErrorAlert]')].map(each => each.innerText)"
)


@pytest.fixture(scope="module")
def home(published_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A copy of a published home, whose current generation the trials swap."""
    folder = tmp_path_factory.mktemp("superset_home") / "home"
    shutil.copytree(published_demo / "home", folder, symlinks=True)
    return Home(folder)


@pytest.fixture(scope="module")
def bundle(home: Home, published_demo: Path) -> Path:
    target = home.path.parent / "superset.zip"
    export_superset(home, published_demo / "regulars.yaml", target, database="duckdb", uri="", name="Regulars")
    return target


@pytest.fixture(scope="module")
def superset(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """A Superset into which the bundle has been imported."""
    with run_superset(tmp_path_factory.mktemp("superset")) as running:
        running.import_bundle(bundle)
        yield running


@pytest.fixture(scope="module")
def published(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home.current_link / "regulars.duckdb"), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def rows(superset: Superset) -> dict[str, list[dict[str, Any]]]:
    """Title of each chart -> the rows that Superset draws."""
    return ask_all(superset)


def ask_all(superset: Superset) -> dict[str, list[dict[str, Any]]]:
    charts = [superset.call("GET", f"chart/{each['id']}")["result"] for each in superset.list_all("chart")]
    return {chart["slice_name"]: superset.ask_chart(chart) for chart in charts}


def find_headline(home: Home, place: int) -> float:
    """One of the three numbers of the current generation, as the report says it."""
    generation = home.current()
    assert generation is not None
    number: float = generation.manifest.headline["numbers"][place]["value"]
    return number


def test_every_chart_has_data(rows):
    assert rows.keys() == {chart.title for chart in list_charts()}
    assert not [title for title, found in rows.items() if not found]


def test_the_three_numbers_are_those_of_the_report(rows, home):
    customers, churn, nps = (find_headline(home, place) for place in range(3))
    assert rows["Customers"][0]["rows_metric"] == customers
    assert rows["12-month churn"][-1]["churn_rate_12m_metric"] == pytest.approx(churn)
    assert rows["NPS"][-1]["nps_metric"] == pytest.approx(nps)


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("12-month churn over time", "select churn_rate_12m from marts.churn where dimension = 'all'"),
        ("Active customers", "select active_customers from marts.churn where dimension = 'all'"),
        (
            "Retention by cohort and month",
            "select retention_rate from marts.retention_cohorts where grain = 'month' and dimension = 'all' "
            "and period_number > 0 and is_complete",
        ),
        (
            "Retention of all cohorts by month",
            "select retention_rate from marts.retention_curves where grain = 'month' and dimension = 'all' "
            "and period_number > 0",
        ),
        (
            "Sales of new and returning customers",
            "select unnest([returning_customer_sales, new_customer_sales]) from marts.sales_new_vs_returning",
        ),
        (
            "Value by segment",
            "select unnest([sum(net_sales_to_date), sum(value_at_risk_of_leaving_12m)]) from marts.customer_360 "
            "where segment is not null group by segment",
        ),
        ("Predicted value of the next 12 months", "select predicted_value_12m from marts.customer_clv"),
        ("Average order value", "select average_order_value from marts.purchase_behaviour where dimension = 'all'"),
        (
            "NPS with its interval",
            "select unnest([nps, nps_low, nps_high]) from marts.nps where dimension = 'all' and grain = 'rolling_28d'",
        ),
        (
            "Tickets and complaints answered in time",
            "select unnest([sum(tickets_on_time) / nullif(sum(tickets_decided), 0), "
            "sum(complaints_on_time) / nullif(sum(complaints_decided), 0)]) from marts.support_response "
            "where dimension = 'all' and grain = 'day' group by date_trunc('month', period_end)",
        ),
        ("Whom to call first", "select unnest([at_stake, keepable_value]) from marts.owner_worklists"),
        ("Findings of the last run", "select found_count from meta.findings"),
    ],
)
def test_a_chart_shows_the_numbers_of_the_file(title, query, rows, published):
    wanted = [float(value) for (value,) in published.execute(query).fetchall() if value is not None]
    assert wanted
    named = ("_metric", "__yhat", "__yhat_lower", "__yhat_upper")
    listed = ("at_stake", "keepable_value", "found_count", "predicted_value_12m")
    shown = [
        float(value)
        for row in rows[title]
        for name, value in row.items()
        if value is not None and (name.endswith(named) or name in listed)
    ]
    assert sorted(shown) == pytest.approx(sorted(wanted), rel=1e-6)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: `make test` installs it")
def test_the_dashboard_is_drawn_without_an_error(superset, home, tmp_path):
    with start_browser(tmp_path / "profile") as browser:
        browser.open(f"{superset.address}/superset/dashboard/regulars/?standalone=2", width=1500, height=5600)
        for _ in range(300):
            time.sleep(2)
            holders, loading = browser.value_of(LOADED)
            if holders and not loading:
                break
        time.sleep(3)
        text = browser.value_of("document.body.innerText")
        browser.take_picture(tmp_path / "dashboard.png")
        assert (holders, loading) == (len(list_charts()), 0)
        assert not [chart.title for chart in list_charts() if chart.title not in text]
        assert not [each for each in browser.value_of(WRONG) if each.strip()]
    assert f"{find_headline(home, 1):.1%}" in text
    assert "No results" not in text


def test_what_is_known_about_columns_and_metrics_is_there(superset):
    (churn,) = [each for each in superset.list_all("dataset") if each["table_name"] == "churn_all"]
    dataset = superset.call("GET", f"dataset/{churn['id']}")["result"]
    columns = {each["column_name"]: each for each in dataset["columns"]}
    metrics = {each["metric_name"]: each for each in dataset["metrics"]}
    assert "Not to be added up" in columns["active_customers"]["description"]
    assert metrics["churn_rate_12m_metric"]["d3format"] == ",.1%"
    assert "month_end" in json.loads(metrics["churn_rate_12m_metric"]["extra"])["warning_markdown"]
    assert dataset["main_dttm_col"] == "month_end"


def test_a_second_import_updates_and_leaves_the_charts_of_others(superset, bundle):
    before = Counter({kind: len(superset.list_all(kind)) for kind in ("chart", "dataset", "dashboard", "database")})
    number = next(each["id"] for each in superset.list_all("dataset") if each["table_name"] == "churn_all")
    params = {"viz_type": "big_number_total", "metric": "active_customers_metric"}
    own = {
        "slice_name": "Mine",
        "viz_type": "big_number_total",
        "datasource_id": number,
        "datasource_type": "table",
        "params": json.dumps(params),
    }
    made = superset.call("POST", "chart/", own)["id"]
    superset.import_bundle(bundle)
    after = {kind: len(superset.list_all(kind)) for kind in before}
    assert after == {**before, "chart": before["chart"] + 1}
    kept = superset.call("GET", f"chart/{made}")["result"]
    assert json.loads(kept["params"])["metric"] == "active_customers_metric"
    superset.call("DELETE", f"chart/{made}")


def test_sql_lab_changes_nothing_and_reads_no_other_file(superset, home):
    (database,) = superset.list_all("database")
    for statement in ("create table marts.mine as select 1", f"select * from read_text('{home.path}/events.jsonl')"):
        body = {"database_id": database["id"], "sql": statement, "schema": "marts"}
        with pytest.raises(AssertionError, match=r"403|500|422|400"):
            superset.call("POST", "sqllab/execute/", body)


def test_the_next_night_is_seen_by_the_next_query(superset, home):
    """The file is another one, and Superset has been reading the old."""
    new = home.path / "generations" / "g000002"
    shutil.copytree(home.current_link, new)
    for path in (new, new / "regulars.duckdb"):
        path.chmod(0o700)
    with duckdb.connect(str(new / "regulars.duckdb")) as con:
        con.execute("delete from marts.customer_clv where true")
    old = home.current_link.readlink()
    swing(home, Path("generations/g000002"))
    try:
        assert ask_all(superset)["Customers"][0]["rows_metric"] == 0
    finally:
        swing(home, old)


def swing(home: Home, to: Path) -> None:
    link = home.path / "next"
    link.symlink_to(to)
    link.replace(home.current_link)


def test_postgresql_in_place_of_the_file_shows_the_same(superset, rows, home, published_demo, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, PASSWORD)
    with run_server() as server:
        with server.connect("postgres") as con:
            con.execute(f"create role writer login password '{PASSWORD}'")
            con.execute("create role bi_readers")
            con.execute(f"create role reader login password '{PASSWORD}' in role bi_readers")
            con.execute("create database analytics owner writer")
        options = server.options("analytics", readers="bi_readers", schema_prefix="regulars_")
        deliver_to_postgres(home.current(), options, tmp_path)
        text = (published_demo / "regulars.yaml").read_text(encoding="utf-8")
        target = f"{{type: postgres, host: 127.0.0.1, port: {server.port}, database: analytics, user: writer"
        settings_file = tmp_path / "regulars.yaml"
        named = f"publish:\n  targets:\n    warehouse: {target}, schema_prefix: regulars_}}\n"
        settings_file.write_text(text.replace("publish:\n", named), encoding="utf-8")
        archive = tmp_path / "superset.zip"
        uri = f"postgresql+psycopg2://reader@127.0.0.1:{server.port}/analytics"
        export_superset(home, settings_file, archive, database="postgresql", uri=uri, name="Regulars")
        superset.import_bundle(archive, {"databases/regulars.yaml": PASSWORD})
        found = ask_all(superset)
    for title, old in rows.items():
        assert sorted(map(write_row, old)) == sorted(map(write_row, found[title])), title


def write_row(row: dict[str, Any]) -> str:
    """A row with numbers as they are read, whatever type the database gave them."""
    return repr({name: _round(value) for name, value in sorted(row.items())})


def _round(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    return value if math.isnan(number) else f"{number:.9g}"
