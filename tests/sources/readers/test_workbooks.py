"""Workbooks as people and tools make them: each value as a person would type it, each oddity said."""

import datetime as dt
import resource
import zipfile
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.readers.workbooks import package, sheet_table
from regulars.pipelines.sources.readers.workbooks.cells import write_cell, write_column, write_number
from regulars.pipelines.sources.readers.workbooks.package import unpack_sheets
from regulars.pipelines.sources.readers.workbooks.workbook_files import read_workbook
from tests.workbooks import Raw, error, formula, ods, percent, xlsx

DAY, MOMENT = dt.date(2026, 1, 2), dt.datetime.fromisoformat("2026-01-02 10:30:15")
HEAD = ["id", "day", "total"]


@pytest.fixture
def book(shop):
    """A shop that delivers a workbook."""
    shop.sources["shop"].update(path="orders.xlsx", format="xlsx")
    return shop


def findings(shop):
    return {finding.name: finding for finding in shop.land()["shop"].findings}


def test_numbers_days_and_yes_or_no_are_the_text_that_a_person_would_type(book):
    values = {
        "1": 1.0,
        "0.1": 0.1,
        "5000000000000": 5e12,
        "0.0000001": 1e-7,
        "-0.00000012": -1.2e-7,
        "0.3": 0.1 + 0.2,
        "19.99": 19.989999999999998,
        "12345678901234568": 12345678901234567,
        "0.15": percent(0.15),
        "007": "007",
        "true": True,
        "2026-01-02": DAY,
        "2026-01-02 10:30:15": MOMENT,
        "7.5": formula("A1*2", "7.5"),
    }
    book.write("orders.xlsx", xlsx({"Orders": [HEAD, *([value, DAY, 1] for value in values.values())]}))
    assert sorted(book.rows("order_id")) == sorted((text,) for text in values)


def test_a_spreadsheet_of_open_document_is_read_like_one_of_excel(book):
    rows = [["Report"], [], HEAD, ["A1", DAY, 9.5], [2, MOMENT, 0.1]]
    book.write("orders.xlsx", xlsx({"Orders": rows}))
    excel = book.rows("order_id, ordered_at, gross_sales")
    book.sources["shop"].update(path="orders.ods", format="ods")
    book.write("orders.ods", ods({"Orders": rows}))
    assert book.rows("order_id, ordered_at, gross_sales") == excel
    assert excel == [("2", "2026-01-02 10:30:15", "0.1"), ("A1", "2026-01-02 00:00:00", "9.5")]


def test_a_sheet_is_read_in_pieces_and_no_row_is_lost_between_them(book, monkeypatch):
    monkeypatch.setattr(sheet_table, "_BATCH", 2)
    monkeypatch.setattr(sheet_table, "_WRITTEN", 3)
    rows = [[f"A{number}", DAY, number or "gift"] for number in range(230)]
    book.write("orders.xlsx", xlsx({"Orders": [HEAD, *rows]}))
    assert sorted(book.rows("order_id, gross_sales")) == sorted((id_, str(total)) for id_, _, total in rows)


def test_days_that_count_from_1904_are_the_same_days(book):
    book.write("orders.xlsx", xlsx({"Orders": [HEAD, ["1", DAY, 1]]}, counts_from_1904=True))
    assert book.rows("ordered_at") == [("2026-01-02 00:00:00",)]


def test_moments_of_cells_are_in_the_zone_of_the_source(book):
    book.sources["shop"]["timezone"] = "Europe/Berlin"
    book.write("orders.xlsx", xlsx({"Orders": [HEAD, ["1", MOMENT, 1]]}))
    assert book.rows("ordered_at") == [("2026-01-02 09:30:15",)]


def test_a_column_may_hold_numbers_and_days_beside_the_same_as_text(book):
    book.sources["shop"]["options"] = {"decimal": ",", "thousands": ".", "datetime_format": "%d.%m.%Y"}
    book.write(
        "orders.xlsx", xlsx({"Orders": [HEAD, ["1", "31.01.2026", "1.234,50"], ["2", dt.date(2026, 2, 1), 1234.5]]})
    )
    assert book.rows("ordered_at, gross_sales") == [
        ("2026-01-31 00:00:00", "1234.50"),
        ("2026-02-01 00:00:00", "1234.5"),
    ]


def test_the_header_is_found_below_a_title_and_the_footer_is_no_record(book):
    title = [["Orders of January"], [], ["as of", DAY]]
    footer = [[], ["Copyright"], [], ["Confidential"]]
    rows = [*title, [None, *HEAD], [None, "1", DAY, 9.5], [], [None, "2", DAY, 1], *footer]
    book.write("orders.xlsx", xlsx({"Orders": rows}))
    assert book.rows("order_id, gross_sales") == [("1", "9.5"), ("2", "1")]
    assert findings(book)["rows_outside_table"].sentence == (
        "orders.xlsx, sheet `Orders`: the header is in row 4; 2 filled rows above it and 2 below the table are not "
        "read."
    )


def test_the_row_of_the_header_may_be_said(book):
    book.sources["shop"]["options"] = {"header_row": 3}
    book.write("orders.xlsx", xlsx({"Orders": [HEAD, ["old", DAY, 1], HEAD, ["new", DAY, 2]]}))
    assert book.rows("order_id") == [("new",)]


@pytest.mark.parametrize(("sheet", "orders"), [(None, "A"), ("Second", "B"), ("second", "B"), (3, "C"), ("S*", "B")])
def test_a_sheet_is_chosen_by_its_name_or_number_and_a_hidden_one_is_not_the_first(book, sheet, orders):
    book.sources["shop"]["options"] = {} if sheet is None else {"sheet": sheet}
    sheets = (
        {"Lookup": [["x"]], "First": [HEAD, ["A", DAY, 1]], "Second": [HEAD, ["B", DAY, 1]], "Third": [HEAD]}
        if sheet != 3
        else {"a": [["x"]], "b": [["x"]], "c": [HEAD, ["C", DAY, 1]]}
    )
    book.write("orders.xlsx", xlsx(sheets, hidden=["Lookup"]))
    assert book.rows("order_id") == [(orders,)]


def test_several_sheets_of_one_shape_are_one_table_and_each_record_knows_its_sheet(book):
    book.sources["shop"]["options"] = {"sheet": "20*"}
    book.sources["shop"]["columns"] = {**book.sources["shop"]["columns"], "region": "sheet"}
    turned = [["total", "id", "day"], [2, "B", DAY]]
    book.write("orders.xlsx", xlsx({"2024": [HEAD, ["A", DAY, 1]], "Notes": [["x"]], "2025": turned}))
    assert book.rows("order_id, gross_sales, region") == [("A", "1", "2024"), ("B", "2", "2025")]


def test_sheets_of_two_shapes_are_not_one_table(book):
    book.sources["shop"]["options"] = {"sheet": "20*"}
    book.write("orders.xlsx", xlsx({"2024": [HEAD, ["A", DAY, 1]], "2025": [["x", *HEAD], [1, "B", DAY, 1]]}))
    assert "the sheets `2024` and `2025` have other columns" in book.refusal().sentence


def test_a_row_with_an_error_is_quarantined_with_its_row_and_column(book):
    rows = [["Report"], HEAD, ["1", DAY, 1], ["2", DAY, error("#DIV/0!")], ["3", "#N/A", 1]]
    book.write("orders.xlsx", xlsx({"Orders": rows}))
    assert book.rows("order_id") == [("1",)]
    assert book.rows("line, reason", "malformed") == [
        (4, "#DIV/0! in column total"),
        (5, "#N/A in column day"),
    ]


def test_an_error_is_named_by_its_column_in_a_table_that_begins_in_another_than_the_first(book):
    book.write("orders.xlsx", xlsx({"Orders": [[None, *HEAD], [None, "1", DAY, error("#REF!")], [None, "2", DAY, 1]]}))
    assert book.rows("line, reason", "malformed") == [(2, "#REF! in column total")]


def test_errors_are_read_as_empty_and_said_where_the_settings_say_so(book):
    book.sources["shop"]["options"] = {"error_cells": "empty"}
    book.write("orders.xlsx", xlsx({"Orders": [HEAD, ["1", DAY, error()], ["2", DAY, "#N/A"], ["3", DAY, 1]]}))
    assert book.rows("order_id, gross_sales") == [("1", None), ("2", None), ("3", "1")]
    assert findings(book)["cells_with_errors"].count == 2


def test_formulas_that_were_never_computed_hidden_and_merged_cells_are_said(book):
    book.write(
        "orders.xlsx",
        xlsx(
            {"Orders": [HEAD, ["1", DAY, formula("A1*2", None)], ["2", DAY, 1]]},
            before='<cols><col min="3" max="16384" hidden="1"/></cols>',
            after='<mergeCells count="2"><mergeCell ref="A2:A3"/><mergeCell ref="A1:B1"/></mergeCells>',
        ),
    )
    found = findings(book)
    counts = {name: found[name].count for name in ("formulas_without_value", "cells_hidden", "cells_merged")}
    assert counts == {"formulas_without_value": 1, "cells_hidden": 1, "cells_merged": 1}


MERGED = '<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="B2:B9"/></mergeCells>'


@pytest.mark.parametrize("merged", [MERGED, MERGED.replace("<", "<x:").replace("<x:/", "</x:")])
def test_merged_cells_are_counted_without_a_second_look_at_the_cells(book, tmp_path, merged):
    book.write("orders.xlsx", xlsx({"Orders": [HEAD, ["1", DAY, 1], ["2", DAY, 1]]}, after=merged))
    assert findings(book)["cells_merged"].count == 1
    paths, _ = unpack_sheets(book.data / "orders.xlsx", "orders.xlsx", tmp_path)
    delivered, cells, outlines = (
        CalamineWorkbook.from_path(path).get_sheet_by_index(0) for path in (book.data / "orders.xlsx", *paths)
    )
    assert cells.to_python() == delivered.to_python() != outlines.to_python() == []
    assert outlines.merged_cell_ranges == delivered.merged_cell_ranges != cells.merged_cell_ranges == []


@pytest.mark.parametrize("before", ["<!-- <sheetData> -->", MERGED], ids=["comment", "a list before the cells too"])
def test_merged_cells_of_a_sheet_with_an_unusual_beginning_are_counted_once(book, before):
    book.write("orders.xlsx", xlsx({"Orders": [HEAD, ["1", DAY, 1], ["2", DAY, 1]]}, before=before, after=MERGED))
    assert findings(book)["cells_merged"].count == 1


UNUSUAL = {
    "merged cells among the cells": {"cell": f"<v>1</v>{MERGED}"},
    "cells behind a comment": {"cell": "<v>1</v><!-- </sheetData> -->"},
    "no usual packing": {"packing": zipfile.ZIP_BZIP2},
}


@pytest.mark.parametrize("how", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_no_copy_is_read_where_it_might_say_something_else_than_the_delivered_workbook(tmp_path, how):
    cell, packing = Raw("", how.get("cell", "<v>1</v>")), how.get("packing", zipfile.ZIP_DEFLATED)
    delivered, folder = tmp_path / "orders.xlsx", tmp_path / "work"
    folder.mkdir()
    delivered.write_bytes(xlsx({"Orders": [HEAD, [cell, DAY, 1]]}, packing=packing))
    paths, _ = unpack_sheets(delivered, "orders.xlsx", folder)
    assert paths == []


def test_a_workbook_too_large_for_a_copy_is_read_as_delivered_and_nothing_is_written(monkeypatch, tmp_path):
    delivered, folder = tmp_path / "orders.xlsx", tmp_path / "work"
    folder.mkdir()
    delivered.write_bytes(xlsx({"Orders": [HEAD, ["1", DAY, 1]]}, after=MERGED))
    monkeypatch.setattr(package, "_MAX_COPY", 1000)
    paths, _ = unpack_sheets(delivered, "orders.xlsx", folder)
    assert paths == []
    assert sum(path.stat().st_size for path in folder.iterdir() if not path.is_symlink()) < 100


def test_a_workbook_for_whose_copy_the_disk_has_no_room_is_read_as_delivered(tmp_path):
    delivered, folder = tmp_path / "orders.xlsx", tmp_path / "work"
    folder.mkdir()
    delivered.write_bytes(xlsx({"Orders": [HEAD, *([str(number), DAY, error()] for number in range(9_000))]}))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (delivered.stat().st_size, before[1]))
    try:
        paths, facts = unpack_sheets(delivered, "orders.xlsx", folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (paths, list(folder.iterdir())) == ([], [])
    assert facts == unpack_sheets(delivered, "orders.xlsx", folder)[1]


DAMAGED = {
    "nothing": {},
    "an end too many behind the cells": {"after": "</worksheet></worksheet>"},
    "an end too many among the cells": {"cell": "<v>1</v></c></x><c>"},
    "merged cells that are no range": {"after": MERGED.replace("A1:B1", "$A$1:$B$1")},
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED.keys())
def test_damage_anywhere_in_a_sheet_is_refused_and_nothing_that_was_unpacked_stays(tmp_path, damage):
    delivered, work = tmp_path / "orders.xlsx", tmp_path / "work"
    work.mkdir()
    cell = Raw("", damage.get("cell", "<v>1</v>"))
    delivered.write_bytes(xlsx({"Orders": [HEAD, [cell, DAY, 1]]}, after=damage.get("after", "")))
    source = Source.model_validate({"path": "*", "format": "xlsx", "kind": "orders", "columns": {"order_id": "id"}})
    with pytest.raises(Refusal, match="cannot be read as a workbook") if damage else nullcontext():
        read_workbook(delivered, "orders.xlsx", "", source, work)
    assert [path.name for path in work.iterdir()] == ([] if damage else ["landed.parquet"])


def test_a_bad_value_is_found_in_its_row_of_the_sheet(book):
    book.sources["shop"]["exclude"] = {"odd": "total > '5'"}
    book.write("orders.xlsx", xlsx({"Orders": [["Report"], [], HEAD, ["1", DAY, 9], [], ["2", DAY, None]]}))
    assert book.rows("line, rule", "malformed") == [(6, "condition_is_null")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<html><table><tr><td>id</td></tr></table></html>", "is a web page or XML, not a workbook"),
        (b"id,day,total\n1,2026-01-01,9.50\n", "is text, such as CSV, not a workbook: set `format: csv`"),
        (b"", "is empty"),
        (xlsx({"Orders": []}), "holds no filled cell"),
        (xlsx({"Orders": [HEAD, ["1", DAY, 1]]})[:-100], "not a workbook"),
        (xlsx({"Orders": [HEAD, ["1", DAY, 1]]})[:-6] + b"\xff\xff\x01\0\0\0", "cut off or damaged"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "is a workbook with a password"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "cannot be read as a workbook"),
        (xlsx({"Orders": [HEAD, ["1", DAY, Raw('s="4"', "<v>1e13</v>")]]}), "a length of time that is longer than any"),
        (xlsx({"Orders": [["x" * 30_000] * 2000]}), "it is not an export"),
        (xlsx({"Orders": [HEAD]}, after='<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "far away"),
    ],
)
def test_what_is_no_workbook_or_a_dangerous_one_is_refused_with_what_it_is(book, content, sentence):
    book.write("orders.xlsx", content)
    assert sentence in book.refusal().sentence


def test_a_workbook_that_is_called_csv_is_said_to_be_one(shop):
    shop.write("orders.csv", xlsx({"Orders": [HEAD]}))
    assert shop.refusal().sentence == "orders.csv is an Excel workbook, not CSV: set `format: xlsx`"


def test_a_wrong_header_name_can_be_corrected_without_a_new_delivery(book):
    book.sources["shop"]["columns"] = {"order_id": "nr", "ordered_at": "date", "gross_sales": "sum"}
    book.write("orders.xlsx", xlsx({"Orders": [["Orders", "of January"], HEAD, ["1", DAY, 1]]}))
    assert book.refusal().reason_code == "missing_column"
    book.sources["shop"]["columns"] = {"order_id": "id", "ordered_at": "day", "gross_sales": "total"}
    assert book.rows("order_id") == [("1",)]


@pytest.mark.parametrize(
    "cells",
    [
        [1.0, 2.0, -3.0],
        [1.0, 0.1, 0.1 + 0.2, 1e-7, 5e12, 1e300, 2.0**60, -0.5],
        [DAY, MOMENT, dt.datetime.combine(DAY, dt.time(23, 59))],
        [MOMENT, MOMENT.replace(microsecond=5)],
        ["a", "", 1.0, True],
        ["", ""],
        ["", 1.5, "", -0.0, 1e16, 19.989999999999998, 12345678901234.5, 7.0],
        [DAY, "", DAY],
        [MOMENT, ""],
        ["", True, 1.5],
        [1.2345678901234004, 0.12345678901233996, 0.5],
    ],
)
@pytest.mark.parametrize("decimal", [".", ","])
def test_a_column_at_once_is_written_as_cell_by_cell(cells, decimal):
    assert write_column(cells, decimal).to_pylist() == [write_cell(cell, decimal) for cell in cells]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False)
        | st.floats(0, 1000)
        | st.builds(lambda cents, by: cents / 100 * by, st.integers(-(10**9), 10**9), st.sampled_from([1.1, 3, 0.07]))
        | st.integers(2**52, 10**18).map(float)
        | st.builds(lambda ten, off: ten / 10**13 * (1 + off * 2e-16), st.integers(1, 10**14), st.integers(-3, 3)),
        min_size=1,
        max_size=40,
    )
)
def test_numbers_at_once_are_written_as_one_by_one(numbers):
    assert write_column(numbers, ".").to_pylist() == [write_number(number) for number in numbers]


def test_sheets_with_the_same_header_that_nobody_named_are_said(book):
    sheets = {
        "Jan": [["Report"], HEAD, ["1", DAY, 1]],
        "Feb": [HEAD, ["2", DAY, 2]],
        "Notes": [["x"]],
        "Old": [HEAD, ["3", DAY, 3]],
    }
    sheets["Mar"] = [HEAD, ["", "", ""]]  # a month to come
    book.write("orders.xlsx", xlsx(sheets, hidden=["Old"]))
    assert findings(book)["sheets_not_read"].count == 1
    assert "`Feb`" in findings(book)["sheets_not_read"].sentence
    book.sources["shop"]["options"] = {"sheet": "Jan"}
    assert "sheets_not_read" not in findings(book)
