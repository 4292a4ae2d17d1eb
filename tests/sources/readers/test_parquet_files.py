"""Parquet of other tools: each value keeps its digits, and fields within fields are columns."""

import datetime as dt
import decimal
import io
import uuid

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regulars.pipelines.sources.readers.parquet_files import read_parquet_file

LONG = decimal.Decimal("123456789012345678901234567890123456789012345678.12")
WIDE = pa.decimal256(50, 2)
MOMENT = dt.datetime.fromisoformat("2026-01-02T03:04:05.123456")


def read(tmp_path, columns):
    pq.write_table(pa.table(columns), tmp_path / "original")
    landed = read_parquet_file(tmp_path / "original", "orders.parquet", "sha", tmp_path)
    values = duckdb.sql(f"from read_parquet('{tmp_path}/landed.parquet')").fetchall()
    return dict(zip(landed.header, zip(*values, strict=True), strict=True))


def test_a_decimal_of_fifty_digits_keeps_all_of_them(tmp_path):
    values = pa.array([LONG, decimal.Decimal("-0.01"), None, decimal.Decimal(0)], WIDE)
    small = pa.array([decimal.Decimal(text) for text in ("0", "-1.5E-9", "12.5", "1E-10")], pa.decimal256(50, 10))
    assert read(tmp_path, {"total": values, "small": small}) == {
        "total": (str(LONG), "-0.01", None, "0.00"),
        "small": ("0.0000000000", "-0.0000000015", "12.5000000000", "0.0000000001"),
    }


def test_a_field_within_structs_is_a_column_and_lists_are_json(tmp_path):
    orders = [{"id": 1, "who": {"email": "a@example.com"}, "paid": LONG, "lines": [{"sku": "x"}]}, None]
    kind = pa.struct(
        [
            ("id", pa.int64()),
            ("who", pa.struct([("email", pa.string())])),
            ("paid", WIDE),
            ("lines", pa.list_(pa.struct([("sku", pa.string())]))),
        ]
    )
    found = read(tmp_path, {"o": pa.array(orders, kind)})
    assert found["o.id"] == ("1", None)
    assert found["o.who.email"] == ("a@example.com", None)
    assert found["o.paid"] == (str(LONG), None)
    assert found["o.lines"] == ('[{"sku":"x"}]', None)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (pa.array([MOMENT], pa.timestamp("us", "Europe/Berlin")), "2026-01-02 03:04:05.123456+00:00"),
        (pa.array([MOMENT], pa.timestamp("ns")), "2026-01-02 03:04:05.123456"),
        (pa.array([MOMENT.date()], pa.date32()), "2026-01-02"),
        (pa.array(["paid"]).dictionary_encode(), "paid"),
        (pa.array([1e-7]), "0.0000001"),
        (pa.array([0.1]), "0.1"),
        (pa.array([float("nan")]), "nan"),
        (pa.array([float("inf")]), "inf"),
        (pa.array([True]), "true"),
        (pa.array([b"ab"], pa.binary()), "ab"),
    ],
)
def test_each_type_is_the_text_that_a_person_would_write(tmp_path, column, text):
    assert read(tmp_path, {"x": column}) == {"x": (text,)}


def test_a_uuid_is_written_with_its_dashes(tmp_path):
    name = uuid.UUID(int=5)
    duckdb.sql(f"copy (select '{name}'::uuid as x) to '{tmp_path}/original' (format parquet)")
    read_parquet_file(tmp_path / "original", "x", "sha", tmp_path)
    assert duckdb.sql(f"from read_parquet('{tmp_path}/landed.parquet')").fetchall() == [(str(name),)]


def test_damaged_pages_are_refused_and_not_read_as_something_else(shop):
    out = io.BytesIO()
    pq.write_table(pa.table({"id": ["1"] * 1000, "day": ["2026-01-01"] * 1000, "total": ["1"] * 1000}), out)
    content = bytearray(out.getvalue())
    content[-300:-8] = b"\xff" * 292
    shop.sources["shop"].update(format="parquet", path="orders.parquet")
    shop.write("orders.parquet", bytes(content))
    assert shop.refusal().reason_code == "damaged"
