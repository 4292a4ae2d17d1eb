"""Real tools' export files, read by ours and by Python's own readers: every record and every cell must agree."""

import csv
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.landing import land_file, read_file_state
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.reworking.reworked_text import list_secret_columns

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SAMPLES = sorted([*DATA.glob("exports/**/*.csv"), *DATA.glob("olist_3k/*.csv")])
LARGE = 3_000_000

pytestmark = pytest.mark.skipif(not SAMPLES, reason="the sample exports are not beside this folder")


def read(path: Path, landing: Path, **options: str) -> tuple[tuple[str, ...], list[tuple[str | None, ...]], int]:
    source = Source.model_validate(
        {"path": "x", "kind": "products", "columns": {"product_id": "x"}, "options": {"final_newline": "optional"}}
        | options
    )
    landed = land_file(path, path.name, read_file_state(path), source, landing)
    text = next(landing.glob(f"{landed.file_sha256}-r*[!d].parquet"))
    rows = duckdb.sql(f"select * from read_parquet('{text}')").fetchall()
    assert len(rows) == landed.record_count
    return landed.header, rows, landed.malformed_count


def decoded(path: Path) -> str:
    raw = path.read_bytes()
    for mark, encoding in ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return raw.decode(encoding)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_real_export_is_read_as_python_reads_it(path, tmp_path):
    if path.stat().st_size > LARGE:
        pytest.skip("larger than a quick test needs")
    if path.stem == "encoding_csvtext_BOM_UTF32LE":
        with pytest.raises(Refusal, match="is not the utf-16-be that its first bytes"):  # UTF-32 behind a UTF-16 mark
            read(path, tmp_path / "landing")
        return
    text = decoded(path)
    if "\n" not in text:
        text = text.replace("\r", "\n")
    records = [cells for cells in csv.reader(text.splitlines(keepends=True)) if any(cell.strip() for cell in cells)]
    header, rows, malformed = read(path, tmp_path / "landing")
    width, secret = len(records[0]), set(list_secret_columns(tuple(records[0])))
    kept = [at for at, name in enumerate(records[0]) if name not in secret]
    assert list(header) == [records[0][at] for at in kept]
    sound = [tuple(cells[at] or None for at in kept) for cells in records[1:] if len(cells) == width]
    assert rows == sound
    assert malformed == len(records) - 1 - len(sound)


@pytest.mark.parametrize("name", ["online_retail_2010_2011", "online_retail_II_2009_2010"])
def test_a_parquet_export_has_all_its_rows_and_ids_without_fractions(name, tmp_path):
    path = DATA / "online_retail" / f"{name}.parquet"
    if not path.exists():
        pytest.skip("the Online Retail files are not beside this folder")
    source = Source.model_validate(
        {"path": "x", "format": "parquet", "kind": "products", "columns": {"product_id": "x"}}
    )
    landing = tmp_path / "landing"
    landed = land_file(path, path.name, read_file_state(path), source, landing)
    text = f"read_parquet('{next(landing.glob('*.parquet'))}')"
    there = f"read_parquet('{path}')"
    customer = next(column for column in landed.columns if column.lower().startswith("customer"))
    assert (
        duckdb.sql(f"select count(*) from {text}").fetchall() == duckdb.sql(f"select count(*) from {there}").fetchall()
    )
    assert duckdb.sql(f"""select count(*) from {text} where "{customer}" like '%.%'""").fetchall() == [(0,)]
    ids = f"""select distinct "{customer}"::double as id from"""
    assert duckdb.sql(f"{ids} {text} except {ids} {there}").fetchall() == []
