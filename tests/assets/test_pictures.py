"""What people would rather see than read stands on the page of the table that it is about."""

from functools import cache
from types import SimpleNamespace

import dagster as dg
import duckdb
import pytest

from regulars.assets.definitions import contracts, defs
from regulars.assets.tables import asset_key, report_table
from regulars.pipelines.report.pictures import PICTURES
from regulars.pipelines.settings.settings import Report
from tests.report.prediction_tables import add_predictions
from tests.report.report_tables import company_tables


@cache
def tables() -> duckdb.DuckDBPyConnection:
    con = company_tables()
    add_predictions(con)
    return con


def materialized(table: str) -> dg.MaterializeResult:
    warehouse = SimpleNamespace(con=tables(), count=lambda _: 1, columns=lambda _: [("order_id", "VARCHAR")])
    settings = SimpleNamespace(report=Report())
    run = SimpleNamespace(warehouse=warehouse, settings=settings, contracts=contracts, report_progress=lambda _: None)
    return report_table(run, table, [])


@pytest.mark.parametrize("table", PICTURES)
def test_a_table_s_page_shows_its_picture(table):
    picture = materialized(table).metadata["picture"]
    assert isinstance(picture, dg.MarkdownMetadataValue)
    assert "](data:image/svg+xml;base64," in picture.value


def test_a_table_without_a_picture_shows_its_rows_only():
    assert set(materialized("core.orders").metadata) == {"dagster/row_count", "dagster/column_schema", "seconds"}


def test_a_column_on_a_table_s_page_has_its_meaning():
    (column,) = materialized("core.orders").metadata["dagster/column_schema"].columns
    assert column.description == next(
        each.description for each in contracts["core.orders"].columns if each.name == "order_id"
    )


def test_every_picture_is_of_a_table_that_is_made():
    assert {asset_key(table) for table in PICTURES} <= defs.resolve_asset_graph().get_all_asset_keys()


def test_all_pictures_of_a_run_are_small_beside_its_log():
    # each is kept with the run's events, which take about four megabytes
    assert sum(len(materialized(table).metadata["picture"].value) for table in PICTURES) < 200_000
