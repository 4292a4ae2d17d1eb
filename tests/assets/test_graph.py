"""The asset graph: one job, one schedule, one direction; adding a file adds a table."""

import datetime as dt
from dataclasses import replace

import dagster as dg
import pytest

from regulars.assets.definitions import contracts, defs, steps
from regulars.assets.findings import NOTHING_STOPS, NOTHING_WARNS
from regulars.assets.marts import find_mart_functions, list_read_tables
from regulars.assets.sql_tables import describe_sql_table
from regulars.assets.tables import KEEPS_ITS_CONTRACT
from regulars.assets.validation_plan import plan_steps
from regulars.pipelines.contracts.rule import Rule
from regulars.pipelines.warehouse.sql_files import LAYERS

GRAPH = defs.resolve_asset_graph()
SCHEDULE = defs.resolve_schedule_def("nightly")
NOT_LAYERS = {"meta", "landing"}


def test_every_table_reads_only_its_own_or_an_earlier_layer():
    for key in GRAPH.get_all_asset_keys():
        for parent in GRAPH.get(key).parent_keys:
            if not NOT_LAYERS & {key.path[0], parent.path[0]}:
                assert LAYERS.index(parent.path[0]) <= LAYERS.index(key.path[0]), f"{key} reads {parent}"


def test_every_table_with_a_contract_has_a_blocking_check():
    checks = {key: GRAPH.get(key) for key in GRAPH.asset_check_keys}
    has_contract = {".".join(key.asset_key.path) for key in checks}
    assert {key.name for key in checks} == {KEEPS_ITS_CONTRACT, NOTHING_STOPS, NOTHING_WARNS}
    assert all(check.blocking for key, check in checks.items() if key.name != NOTHING_WARNS)
    built = {".".join(key.path) for key in GRAPH.get_all_asset_keys()}
    assert has_contract == built & set(contracts)


def test_the_page_of_a_table_says_what_its_contract_says():
    page = GRAPH.get(dg.AssetKey(["core", "orders"])).description or ""
    said = contracts["core.orders"]
    assert all(text in page for text in (said.purpose, said.description, said.grain))
    assert "select" in (GRAPH.get(dg.AssetKey(["staging", "orders"])).description or "")


def test_every_contract_of_core_and_marts_has_a_table():
    built = {".".join(key.path) for key in GRAPH.get_all_asset_keys()}
    declared = {table for table in contracts if table.split(".")[0] in {"raw", "core", "marts"}}
    assert declared <= built


def test_publishing_comes_after_every_table_and_every_check():
    published = GRAPH.get(dg.AssetKey(["published", "generation"]))
    assert published.parent_keys == GRAPH.get_all_asset_keys() - {published.key}


def test_the_published_generation_must_be_fresh():
    assert GRAPH.get(dg.AssetKey(["published", "generation"])).freshness_policy is not None


def test_the_job_builds_everything():
    assert set(defs.resolve_job_def("run").asset_layer.selected_asset_keys) == GRAPH.get_all_asset_keys()


def test_the_schedule_runs_by_default_in_the_companys_zone():
    assert SCHEDULE.default_status == dg.DefaultScheduleStatus.RUNNING
    assert SCHEDULE.job_name == "run"
    assert SCHEDULE.execution_timezone


@pytest.mark.parametrize(
    ("due", "day"),
    [
        ("2026-03-29T01:30:00+00:00", "2026-03-28"),  # the run in which Berlin loses an hour
        ("2026-10-25T02:30:00+00:00", "2026-10-24"),  # the run in which it has one twice
        ("2026-01-01T02:30:00+00:00", "2025-12-31"),
    ],
)
def test_a_run_counts_up_to_the_day_before_it_is_due(due, day, tmp_path, monkeypatch):
    settings = tmp_path / "regulars.yaml"
    settings.write_text(
        "company: {name: Shop, timezone: Europe/Berlin, currency: EUR}\n"
        "sources: {shop: {path: o.csv, kind: orders, columns: {order_id: Id, ordered_at: At}}}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("REGULARS_SETTINGS", str(settings))
    context = dg.build_schedule_context(scheduled_execution_time=dt.datetime.fromisoformat(due))
    request = SCHEDULE.evaluate_tick(context).run_requests[0]
    assert request.run_config["resources"]["run"]["config"]["as_of"] == day


def test_a_select_becomes_an_asset_that_knows_what_it_reads():
    select = "-- One row per large order.\nselect * from core.orders where gross_sales > 100\n"
    table = describe_sql_table("core.big_orders", select)
    assert (table.table, table.reads) == ("core.big_orders", {"core.orders"})


def test_the_page_of_a_table_without_a_contract_shows_the_select():
    table = describe_sql_table("staging.stores", "-- One row per store.\nselect 1 from raw.stores\n")
    assert table.description == "One row per store.\n\n```sql\nselect 1 from raw.stores\n```"


def test_a_rule_waits_for_the_last_table_it_looks_at():
    own = Rule(id="orders.gross_sales.required", table="core.orders", type="required", columns=("gross_sales",))
    other = Rule(
        id="orders.customer_idx.references",
        table="core.orders",
        type="references",
        columns=("customer_idx",),
        arguments={"table": "core.customers", "columns": ("customer_idx",)},
    )
    contract = replace(contracts["core.orders"], rules=(own, other))
    steps = plan_steps({"core.orders": [], "core.customers": ["core.orders"]}, {"core.orders": contract})
    assert steps["core.orders"].due == {"core.orders": [own]}
    assert steps["core.customers"].due == {"core.orders": [other]}


def test_every_rule_is_validated_once():
    validated = [rule.id for step in steps.values() for rules in step.due.values() for rule in rules]
    declared = [
        rule.id
        for table in steps
        if table in contracts and not table.startswith("raw.")
        for rule in contracts[table].rules
    ]
    assert sorted(validated) == sorted(declared)


def test_a_mart_function_reads_the_tables_that_its_parameters_name():
    [function] = find_mart_functions({"customer_360"}).values()
    made = {name: f"marts.{name}" for name in ("customer_clv", "customer_segments", "customer_360")}
    reads = set(list_read_tables(function, made).values())
    assert {"core.customers", "core.orders", "marts.customer_clv", "marts.customer_segments"} <= reads


def test_a_function_named_like_a_table_of_meta_makes_it_and_others_read_it():
    [function] = find_mart_functions({"clv_evaluation"}).values()
    reads = set(list_read_tables(function, {"clv_models": "meta.clv_models"}).values())
    assert reads == {"core.orders", "core.refunds", "core.calendar", "core.subscriptions", "meta.clv_models"}
