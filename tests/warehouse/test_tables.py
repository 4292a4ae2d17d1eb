"""Tables of the build file: what is written comes back, and every scan sees every row."""

import datetime as dt
from decimal import Decimal

import duckdb
import polars as pl
import pytest

from regulars.pipelines.errors import ContractBroken
from regulars.pipelines.warehouse.build_file import open_warehouse

ROWS = 300_000


@pytest.fixture
def warehouse(tmp_path):
    with open_warehouse(tmp_path, memory_limit="1GB") as opened:
        opened.con.execute(
            "create table core.orders as "
            "select i as order_idx, i % 7 as customer_idx, (i / 100)::decimal(18, 4) as amount "
            f"from range({ROWS}) as numbers (i)"
        )
        yield opened


def test_a_frame_comes_back_as_it_was_written(warehouse):
    frame = pl.DataFrame({"day": [dt.date(2026, 2, 28), None], "amount": [Decimal("0.0150"), Decimal("-3")]})
    columns = [("day", "DATE"), ("amount", "DECIMAL(18,4)")]
    assert warehouse.write_frame("core.refunds", frame, columns) == 2
    assert warehouse.columns("core.refunds") == columns
    assert warehouse.scan("core.refunds").collect().rows() == frame.rows()


def test_rows_in_pieces_make_one_table_in_their_order(warehouse):
    pieces = (pl.DataFrame({"order_idx": range(start, start + 2)}) for start in (4, 0, 2))
    assert warehouse.write_frame("core.refunds", pieces, [("order_idx", "BIGINT")]) == 6
    assert warehouse.scan("core.refunds").collect()["order_idx"].to_list() == [4, 5, 0, 1, 2, 3]


def test_every_row_of_a_long_frame_of_texts_is_written_in_its_order(warehouse):
    names = pl.Series([f"a name longer than twelve letters {i % 7}" for i in range(ROWS)])
    frame = pl.DataFrame({"name": names, "short": names.str.slice(33), "type": names.cast(pl.Categorical)})
    columns = [("name", "VARCHAR"), ("short", "VARCHAR"), ("type", "VARCHAR")]
    assert warehouse.write_frame("core.refunds", frame, columns) == ROWS
    assert warehouse.scan("core.refunds").collect().equals(frame.cast(pl.String))


def test_a_frame_with_other_columns_than_its_contract_is_refused(warehouse):
    with pytest.raises(ContractBroken, match=r"\['dya'\].*lacks \['day'\]"):
        warehouse.write_frame("core.refunds", pl.DataFrame({"dya": [1]}), [("day", "DATE")])


def test_an_amount_that_does_not_fit_is_an_error(warehouse):
    with pytest.raises(duckdb.ConversionException):
        warehouse.write_frame("core.big", pl.DataFrame({"amount": [1e15]}), [("amount", "DECIMAL(18,4)")])


@pytest.mark.parametrize("engine", ["streaming", "in-memory"])
def test_one_frame_read_twice_in_one_query_sees_every_row_twice(warehouse, engine):
    for _ in range(5):
        orders = warehouse.scan("core.orders")
        counted = pl.concat([orders.select("order_idx"), orders.select("order_idx").filter(pl.col("order_idx") >= 0)])
        assert counted.select(pl.len()).collect(engine=engine).item() == 2 * ROWS


def test_two_frames_in_one_query_see_every_row(warehouse):
    warehouse.con.execute("create table core.customers as select i as customer_idx from range(7) as numbers (i)")
    joined = warehouse.scan("core.orders").join(warehouse.scan("core.customers"), on="customer_idx")
    assert joined.select(pl.len()).collect(engine="streaming").item() == ROWS


def test_the_first_rows_of_a_filtered_scan(warehouse):
    found = warehouse.scan("core.orders").filter(pl.col("order_idx") > 10).head(3).collect()
    assert found["order_idx"].to_list() == [11, 12, 13]
