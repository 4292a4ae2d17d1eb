"""Published tables as files for people: a workbook that opens as expected, CSV and Parquet."""

import datetime as dt
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from regulars.pipelines.command.export.export import STARTING_TABLES
from regulars.pipelines.command.export.workbook import MOST_ROWS, Sheet, write_workbook
from regulars.pipelines.errors import UsageWrong
from tests.shop import run_regulars

AS_OF = dt.date(2026, 6, 30)
NOTHING = pl.DataFrame({"table_name": [], "column_name": []})


def cells_of(path: Path, sheet: int = 1) -> str:
    """The XML of a sheet."""
    with zipfile.ZipFile(path) as book:
        return book.read(f"xl/worksheets/sheet{sheet}.xml").decode()


def sheets_of(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as book:
        return re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())


def test_text_that_looks_like_a_formula_or_a_link_stays_text(tmp_path):
    rows = pl.DataFrame({"=name": ["=1+1", "@x", "https://example.org", "0012", None]})
    write_workbook(tmp_path / "a.xlsx", [Sheet("marts.a", rows, {})], NOTHING, as_of=AS_OF)
    xml = cells_of(tmp_path / "a.xlsx")
    assert "<f>" not in xml
    assert "hyperlink" not in xml
    assert re.findall(r"<t>([^<]*)</t>", xml) == ["=name", "=1+1", "@x", "https://example.org", "0012"]


def test_days_moments_amounts_and_truths_are_typed(tmp_path):
    rows = pl.DataFrame(
        {
            "day": [dt.date(2026, 1, 2)],
            "at": pl.Series(["2026-01-02 12:00"]).str.to_datetime(),
            "amount": [Decimal("12.3400")],
            "is_new": [True],
            "share": [0.25],
            "none": [None],
        },
        schema_overrides={"amount": pl.Decimal(18, 4), "none": pl.Int64},
    )
    write_workbook(tmp_path / "a.xlsx", [Sheet("marts.a", rows, {"share": "percent"})], NOTHING, as_of=AS_OF)
    xml = cells_of(tmp_path / "a.xlsx")
    values = re.findall(r'<c r="([A-Z])2"([^>]*)><v>([^<]*)</v>', xml)
    # Excel counts days from 1899-12-30
    assert [(column, value) for column, _, value in values] == [
        ("A", "46024"),
        ("B", "46024.5"),
        ("C", "12.34"),
        ("D", "1"),
        ("E", "0.25"),
    ]
    assert 't="b"' in values[3][1]
    assert "at (UTC)" in xml
    assert 'state="frozen"' in xml


def test_the_same_tables_give_the_same_bytes(tmp_path):
    rows = pl.DataFrame({"a": [1, 2]})
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(tmp_path / name, [Sheet("marts.a", rows, {})], NOTHING, as_of=AS_OF)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_table_that_no_sheet_can_hold_is_refused_and_not_cut(tmp_path):
    rows = pl.DataFrame({"a": pl.zeros(MOST_ROWS + 1, dtype=pl.Int8, eager=True)})
    with pytest.raises(UsageWrong, match="1,048,576 rows, and a sheet of Excel holds 1,048,575"):
        write_workbook(tmp_path / "a.xlsx", [Sheet("marts.a", rows, {})], NOTHING, as_of=AS_OF)
    assert not (tmp_path / "a.xlsx").exists()


def test_two_sheets_of_one_name_are_refused(tmp_path):
    sheets = [Sheet(f"{layer}.customers", pl.DataFrame({"a": [1]}), {}) for layer in ("core", "marts")]
    with pytest.raises(UsageWrong, match="two sheets would be called `customers`"):
        write_workbook(tmp_path / "a.xlsx", sheets, NOTHING, as_of=AS_OF)


def test_the_tables_that_one_opens_first_are_exported_with_what_their_columns_mean(published_demo, tmp_path):
    target = tmp_path / "new" / "regulars.xlsx"
    done = run_regulars("export", "--home", published_demo / "home", target)
    assert (done.code, done.stderr) == (0, "")
    assert sheets_of(target) == [*(name.partition(".")[2] for name in STARTING_TABLES), "definitions"]
    assert f"{len(STARTING_TABLES)} tables of g000001" in done.stdout
    definitions = cells_of(target, len(STARTING_TABLES) + 1)
    assert "churn_rate_12m" in definitions


def test_csv_and_parquet_are_a_file_per_table(published_demo, tmp_path):
    home = published_demo / "home"
    for file_format in ("csv", "parquet"):
        done = run_regulars(
            "export",
            "--home",
            home,
            tmp_path,
            "--format",
            file_format,
            "--table",
            "churn_all",
            "--table",
            "core.stores",
        )
        assert done.code == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{table}.{file_format}" for table in ("churn_all", "stores") for file_format in ("csv", "parquet")
    }
    assert pl.read_parquet(tmp_path / "churn_all.parquet").height == pl.read_csv(tmp_path / "churn_all.csv").height > 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["x.xlsx", "--table", "churn_al"],
            "there is no table `churn_al`; docs/tables.md lists all; did you mean `marts.churn_all`?",
        ),
        (["HOME/x.xlsx"], "lies in the home"),
        (["x", "--format", "pdf"], "pdf"),
    ],
)
def test_a_wrong_export_is_a_sentence(published_demo, tmp_path, arguments, sentence):
    home = published_demo / "home"
    target = arguments[0].replace("HOME", str(home)) if "HOME" in arguments[0] else tmp_path / arguments[0]
    done = run_regulars("export", "--home", home, target, *arguments[1:])
    assert done.code == 2
    assert sentence in done.stderr
    assert list(tmp_path.iterdir()) == []
