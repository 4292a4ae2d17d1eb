"""Of a large file the beginning is looked at, cut where a record ends."""

import gzip

import duckdb
import pytest

from regulars.pipelines.command.preview import samples
from regulars.pipelines.command.preview.samples import take_sample
from regulars.pipelines.settings.sources.source import Source

LINE = '1,"two\nlines",3\n'


@pytest.fixture(autouse=True)
def small_limits(monkeypatch):
    monkeypatch.setattr(samples, "WHOLE_BYTES", 100)
    monkeypatch.setattr(samples, "SAMPLE_BYTES", 50)


def source(**how) -> Source:
    return Source.model_validate({"path": "*.*", "kind": "orders", "columns": {"order_id": "a"}, **how})


def test_a_small_source_is_read_whole(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,c\n")
    sample = take_sample("shop", source(), tmp_path, tmp_path / "copies")
    assert (sample.is_whole, sample.is_cut, sample.extent) == (True, False, "all of a.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_large_file_is_cut_behind_a_record(tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes(("a,b,c\n" + LINE * 30).encode(encoding))
    sample = take_sample("shop", source(), tmp_path, tmp_path / "copies")
    assert (sample.is_whole, sample.is_cut, sample.extent) == (False, True, "the beginning of a.csv")
    text = (tmp_path / "copies" / "shop" / "0" / "a.csv").read_bytes().decode(encoding)
    assert text == "a,b,c\n" + LINE * text.count("1,")


def test_a_gzipped_file_is_cut_too(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(("a,b,c\n" + LINE * 30).encode(), compresslevel=0))
    take_sample("shop", source(format="csv.gz"), tmp_path, tmp_path / "copies")
    assert gzip.decompress((tmp_path / "copies" / "shop" / "0" / "a.csv.gz").read_bytes()).endswith(b",3\n")


def test_of_parquet_the_first_rows_are_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "_SAMPLE_ROWS", 3)
    duckdb.sql(f"copy (select i as a from range(1000) t(i)) to '{tmp_path / 'a.parquet'}' (format parquet)")
    take_sample("shop", source(format="parquet"), tmp_path, tmp_path / "copies")
    assert duckdb.sql(f"select count(*) from '{tmp_path / 'copies/shop/0/a.parquet'}'").fetchall() == [(3,)]


def test_of_many_large_files_the_newest_is_looked_at(tmp_path):
    for name in ("a-1.csv", "a-2.csv"):
        (tmp_path / name).write_text("a,b,c\n" + "1,2,3\n" * 10)
    sample = take_sample("shop", source(delivery="incremental"), tmp_path, tmp_path / "copies")
    assert (sample.names, sample.is_whole) == (("a-2.csv",), False)
