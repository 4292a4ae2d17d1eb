"""The bundle for Superset: what it holds follows from what is published, and nothing in it adds up wrongly."""

import re
import uuid
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from regulars.pipelines.command.export.superset.bundle import export_superset, keep_published
from regulars.pipelines.command.export.superset.charts import PARTS, list_charts
from regulars.pipelines.command.export.superset.naming import write_words
from regulars.pipelines.command.export.superset.place import find_place
from regulars.pipelines.command.export.superset.published import read_tables
from regulars.pipelines.errors import SettingsWrong, UsageWrong
from regulars.pipelines.home.home import Home
from regulars.pipelines.settings.settings_file import parse_settings
from tests.shop import run_regulars

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
POSTGRES = """
publish:
  targets:
    files: {type: folder, path: /somewhere}
    warehouse: {type: postgres, host: db.example.com, database: analytics, user: writer, readers: bi_readers,
      sslmode: verify-full, schema_prefix: regulars_}
"""


def read_bundle(path: Path) -> dict[str, Any]:
    """Path in the archive -> what the file says."""
    with zipfile.ZipFile(path) as archive:
        return {name.partition("/")[2]: yaml.load(archive.read(name), LOADER) for name in archive.namelist()}


def files_of(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [content for name, content in bundle.items() if name.startswith(f"{kind}/")]


@pytest.fixture(scope="module")
def archive(published_demo, tmp_path_factory):
    target = tmp_path_factory.mktemp("superset") / "superset.zip"
    settings = published_demo / "regulars.yaml"
    export_superset(Home(published_demo / "home"), settings, target, database="duckdb", uri="", name="Regulars")
    return target


@pytest.fixture(scope="module")
def bundle(archive):
    return read_bundle(archive)


@pytest.fixture(scope="module")
def published(published_demo):
    with duckdb.connect(str(published_demo / "home/current/regulars.duckdb"), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def tables(published):
    return read_tables(published)


def test_every_metric_of_the_marts_is_one_of_a_dataset_and_gives_a_number(bundle, published):
    wanted = published.execute(
        "select coalesce(view_name, table_name), metric || '_metric' from meta.metric_definitions "
        "where table_name like 'marts.%'"
    ).fetchall()
    found = set()
    for dataset in files_of(bundle, "datasets"):
        table = f"{dataset['schema']}.{dataset['table_name']}"
        expressions = ", ".join(each["expression"] for each in dataset["metrics"])
        published.execute(f"select {expressions} from {table}")
        found |= {(table, each["metric_name"]) for each in dataset["metrics"]}
    assert set(wanted) <= found


def test_a_new_mart_brings_its_metrics_by_itself(published_demo):
    with duckdb.connect() as con:
        con.execute(f"attach '{published_demo}/home/current/regulars.duckdb' as old (read_only)")
        con.execute("create schema marts; create schema meta; create table marts.parcels (week date, sent bigint)")
        for name in ("data_dictionary", "allowed_values", "metric_definitions"):
            con.execute(f"create table meta.{name} as from old.meta.{name} limit 0")
        con.execute(
            "insert into meta.data_dictionary by name select 'marts.parcels' as table_name, 'sent' as column_name, "
            "1 as position, 'BIGINT' as data_type, 'Parcels sent.' as description, false as is_key"
        )
        con.execute(
            "insert into meta.metric_definitions by name select 'sent' as metric, 'marts.parcels' as table_name, "
            "'sent' as column_name, 'sum(\"sent\")' as expression, 'week' as time_column, 'sum' as over_time, "
            "'integer' as format, 'Parcels sent.' as definition"
        )
        con.execute("detach old")
        (table,) = read_tables(con).values()
        assert table.find_metric("sent").sql == 'sum("sent")'
        assert not keep_published(PARTS, {table.name: table})


def test_a_metric_counts_only_the_rows_that_its_definition_names(tables):
    wape = tables["marts.demand_forecast_all"].find_metric("wape")
    assert wape.sql.count('filter (where "weeks_ahead" = 1)') == 2


def test_what_a_month_opens_with_is_not_added_up_over_months(tables):
    months = tables["marts.mrr_movements_all"]
    assert "month" in months.find_metric("opening_mrr").never_over
    assert "month" in months.find_metric("closing_mrr").never_over
    assert "month" not in months.find_metric("new_mrr").never_over


def test_tables_with_headline_views_are_shown_by_their_views_alone(tables):
    assert {"marts.churn_all", "marts.nps_all", "marts.customer_360", "meta.findings"} <= tables.keys()
    assert not {"marts.churn", "marts.nps", "marts.retention_cohorts"} & tables.keys()


@pytest.mark.parametrize("chart", list_charts(), ids=lambda chart: chart.title)
def test_no_chart_adds_up_what_must_never_be_added_up(chart, tables):
    table = tables[chart.table]
    shown_apart = {chart.x, *chart.by, *(column for column, operator, _ in chart.keep if operator == "==")}
    columns = {column.name for column in table.columns}
    for metric in (table.find_metric(name) for name in chart.metrics):
        apart = {*metric.never_over, *(table.key if metric.is_read_off else ())} & columns
        assert apart - {"as_of"} <= shown_apart, metric.name
        assert not chart.grain or metric.time_column not in metric.never_over, metric.name


@pytest.mark.parametrize("chart", list_charts(), ids=lambda chart: chart.title)
def test_every_column_of_a_chart_is_published(chart, tables):
    named = {chart.x, *chart.by, *chart.columns, chart.order, *(column for column, _, _ in chart.keep)} - {""}
    assert named <= {column.name for column in tables[chart.table].columns}


def test_each_column_that_may_be_added_up_has_one_sum_under_its_own_name(bundle, published):
    additive = published.execute(
        "select table_name, column_name from meta.data_dictionary where is_additive"
    ).fetchall()
    shown = {
        f"{each['schema']}.{each['table_name']}": [metric["verbose_name"] for metric in each["metrics"]]
        for each in files_of(bundle, "datasets")
    }
    for table, names in shown.items():
        assert len(names) == len(set(names)), table
    of_datasets = [(table, column) for table, column in additive if table in shown]
    assert of_datasets
    for table, column in of_datasets:
        assert write_words(column) in shown[table]


def test_a_plain_sum_stands_only_beside_columns_that_may_be_added_up(bundle, published):
    known = published.execute(
        "select table_name || '.' || column_name from meta.data_dictionary where is_additive "
        "union select coalesce(view_name, table_name) || '.' || metric from meta.metric_definitions "
        "where expression is not null"
    ).fetchall()
    sums = {
        (f"{each['schema']}.{each['table_name']}.{metric['metric_name'].removesuffix('_metric')}",)
        for each in files_of(bundle, "datasets")
        for metric in each["metrics"]
        if metric["expression"].startswith("sum(")
    }
    assert sums <= set(known)


def test_the_dashboard_holds_every_chart_once_and_every_row_fits(bundle):
    (dashboard,) = files_of(bundle, "dashboards")
    elements = {name: each for name, each in dashboard["position"].items() if name != "DASHBOARD_VERSION_KEY"}
    shown = [each["meta"]["uuid"] for each in elements.values() if each["type"] == "CHART"]
    assert sorted(shown) == sorted(chart["uuid"] for chart in files_of(bundle, "charts"))
    assert len(shown) >= 12
    for row in (each for each in elements.values() if each["type"] == "ROW"):
        assert sum(elements[name]["meta"]["width"] for name in row["children"]) <= 12


def test_the_time_filter_reaches_no_chart_of_today_alone(bundle):
    (dashboard,) = files_of(bundle, "dashboards")
    time, *_ = dashboard["metadata"]["native_filter_configuration"]
    numbers = {
        each["meta"]["sliceName"]: each["meta"]["chartId"]
        for name, each in dashboard["position"].items()
        if name.startswith("CHART-")
    }
    assert numbers["Value by segment"] in time["scope"]["excluded"]
    assert numbers["NPS"] not in time["scope"]["excluded"]


def test_amounts_are_in_the_currency_of_the_settings_and_shares_are_percent(bundle):
    metrics = {metric["metric_name"]: metric for each in files_of(bundle, "datasets") for metric in each["metrics"]}
    assert metrics["net_sales_to_date_metric"]["currency"] == {"symbol": "EUR", "symbolPosition": "suffix"}
    assert metrics["churn_rate_12m_metric"]["d3format"] == ",.1%"
    assert metrics["churn_rate_12m_metric"]["currency"] is None
    assert "Never add up over month_end" in metrics["churn_rate_12m_metric"]["warning_text"].replace(
        "dimension, dimension_value, ", ""
    )


def test_the_same_generation_gives_the_same_bytes_and_ids(archive, published_demo, tmp_path):
    again = tmp_path / "again.zip"
    done = run_regulars(
        *("export", "superset", again, "--home", published_demo / "home"),
        *("--settings", published_demo / "regulars.yaml"),
    )
    assert (done.code, done.stderr) == (0, "")
    assert "20 charts" in done.stdout
    assert again.read_bytes() == archive.read_bytes()


def test_another_name_is_another_dashboard(published_demo, bundle, tmp_path):
    other = tmp_path / "other.zip"
    export_superset(
        Home(published_demo / "home"), tmp_path / "none.yaml", other, database="duckdb", uri="", name="Other"
    )
    ids = [
        {uuid.UUID(each["uuid"]) for each in both.values() if "uuid" in each} for both in (bundle, read_bundle(other))
    ]
    assert not ids[0] & ids[1]


def test_duckdb_is_opened_read_only_and_sees_no_other_file(bundle, published_demo):
    (database,) = files_of(bundle, "databases")
    assert database["sqlalchemy_uri"] == f"duckdb:///{published_demo}/home/current/regulars.duckdb"
    arguments = database["extra"]["engine_params"]["connect_args"]
    assert arguments == {"read_only": True, "config": {"enable_external_access": False}}
    assert not database["allow_dml"]


def settings_with(text: str) -> Any:
    return parse_settings(
        f"company: {{name: A, timezone: Europe/Berlin, currency: EUR}}\n"
        f"sources: {{shop: {{kind: orders, path: a.csv, columns: {{order_id: a}}}}}}\n{text}",
        name="regulars.yaml",
        environment={},
    )


def test_postgresql_is_the_target_of_the_settings_without_a_password(tmp_path):
    place = find_place(Home(tmp_path), settings_with(POSTGRES), database="postgresql", uri="", name="Regulars")
    assert place.schema_prefix == "regulars_"
    assert place.uri == (
        "postgresql+psycopg2://bi_readers:XXXXXXXXXX@db.example.com:5432/analytics?sslmode=verify-full"
    )


def test_without_a_postgresql_target_an_address_must_be_named(tmp_path):
    with pytest.raises(SettingsWrong, match="no target of type postgres"):
        find_place(Home(tmp_path), None, database="postgresql", uri="", name="Regulars")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("postgresql+psycopg2://bi@db/a", "postgresql+psycopg2://bi:XXXXXXXXXX@db/a"),
        ("postgresql+psycopg2://bi:XXXXXXXXXX@db/a", "postgresql+psycopg2://bi:XXXXXXXXXX@db/a"),
        ("postgresql:///a?host=/run", "postgresql:///a?host=/run"),
    ],
)
def test_an_address_stands_in_the_bundle_with_a_mask_for_its_password(uri, expected, tmp_path):
    assert find_place(Home(tmp_path), None, database="postgresql", uri=uri, name="R").uri == expected


@pytest.mark.parametrize("uri", ["postgresql+psycopg2://bi:secret@db/a", "duckdb:////a.duckdb"])
def test_an_address_with_a_password_or_of_another_database_is_refused(uri, tmp_path):
    with pytest.raises(UsageWrong, match="--uri") as refused:
        find_place(Home(tmp_path), None, database="postgresql", uri=uri, name="R")
    assert not re.search("secret", str(refused.value))


def test_the_bundle_is_not_written_into_the_home(published_demo):
    home = Home(published_demo / "home")
    with pytest.raises(UsageWrong, match="lies in the home"):
        export_superset(home, Path("none.yaml"), home.path / "a.zip", database="duckdb", uri="", name="R")
