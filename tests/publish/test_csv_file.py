import csv
from decimal import Decimal

import polars as pl
import pytest

from regulars.pipelines.publish.csv_file import write_safe_csv


def written(tmp_path, frame):
    path = tmp_path / "rows.csv"
    write_safe_csv(frame, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1+1",
        "-",
        '=HYPERLINK("http://x","y")',
    ],
)
def test_a_spreadsheet_runs_nothing_that_a_customer_wrote(tmp_path, formula):
    assert written(tmp_path, pl.DataFrame({"name": [formula]})) == [["name"], ["'" + formula]]


@pytest.mark.parametrize(
    "text", ["-12.50", "+49301234567", "1.234,5", "a=b", "", "Zoë", '5" pipe, steel', "two\nlines"]
)
def test_plain_numbers_and_words_stay_as_they_are(tmp_path, text):
    assert written(tmp_path, pl.DataFrame({"name": [text]})) == [["name"], [text]]


def test_a_header_is_not_run_as_a_formula_either(tmp_path):
    assert written(tmp_path, pl.DataFrame({"=cmd": ["a"]}))[0] == ["'=cmd"]


def test_numbers_lists_and_structs_are_written_too(tmp_path):
    frame = pl.DataFrame(
        {
            "amount": [Decimal("-1.5000"), None],
            "rules": [["no date", "no amount"], None],
            "rest": [{"a": "=1"}, None],
            "tags": [["=1"], []],
        }
    )
    assert written(tmp_path, frame) == [
        ["amount", "rules", "rest", "tags"],
        ["-1.5000", "no date; no amount", '{"a":"=1"}', "'=1"],
        ["", "", "", ""],
    ]


def test_an_empty_frame_gives_the_header(tmp_path):
    assert written(tmp_path, pl.DataFrame({"a": [], "b": []})) == [["a", "b"]]


def test_only_the_owner_may_read_it_even_when_an_older_file_was_open_to_all(tmp_path):
    (tmp_path / "rows.csv").touch(0o644)
    written(tmp_path, pl.DataFrame({"a": ["x"]}))
    assert oct((tmp_path / "rows.csv").stat().st_mode & 0o777) == "0o600"
