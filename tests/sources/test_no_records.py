"""A delivery without a record: nothing happened that day, whatever the format says it in."""

import io
import json

import duckdb
import pytest

from tests.workbooks import xlsx

HEAD = ["id", "day", "total"]
ONE = {"id": "1", "day": "2026-01-01", "total": 1}


def write_parquet(select):
    out = io.BytesIO()
    duckdb.sql(select).pl().write_parquet(out)
    return out.getvalue()


FILES = {
    "csv": (b"id,day,total\n1,2026-01-01,1\n", b"id,day,total\n"),
    "json": (json.dumps([ONE]).encode(), b" [ ]\n"),
    "jsonl": (json.dumps(ONE).encode(), b""),
    "xlsx": (xlsx({"Orders": [HEAD, ["1", "2026-01-01", 1]]}), xlsx({"Orders": [HEAD]})),
    "parquet": (
        write_parquet("select '1' as id, '2026-01-01' as day, 1 as total"),
        write_parquet("select '1' as id, '2026-01-01' as day, 1 as total where false"),
    ),
}


@pytest.mark.parametrize("form", FILES)
def test_a_delivery_without_records_adds_nothing_to_an_incremental_source(shop, form):
    one, none = FILES[form]
    shop.sources["shop"] |= {"path": "*", "format": form, "delivery": "incremental", "exclude": {"tests": "id = '0'"}}
    shop.write("a", one, hours_old=3)
    shop.write("b", none, hours_old=2)
    landed = shop.land()["shop"]
    assert (landed.refusals, landed.findings) == ([], [])
    assert [each.record_count for each in landed.deliveries] == [1, 0]
    assert shop.rows("order_id") == [("1",)]
    shop.write("c", one.replace(b"2026", b"2027"), hours_old=1)
    assert shop.refusal() is None


@pytest.mark.parametrize("form", FILES)
def test_a_delivery_without_records_does_not_replace_a_required_whole_one(shop, form):
    shop.sources["shop"] |= {"path": "orders", "format": form}
    shop.write("orders", FILES[form][1])
    assert shop.refusal().sentence == "orders holds no record: deliver it again"
