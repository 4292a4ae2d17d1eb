"""Plain sheets are read out of their XML: the same tables as the general reader has, or none."""

import datetime as dt
import io
import zipfile
from contextlib import closing

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from regulars.pipelines.sources.readers.workbooks import sheet_xml
from regulars.pipelines.sources.readers.workbooks.plain_sheets import PlainSheets
from regulars.pipelines.sources.readers.workbooks.sheet_table import read_table

DAY, MOMENT = dt.date(2026, 1, 2), dt.datetime.fromisoformat("2026-01-02 10:30:15")
HEAD = ["id", "day", "total"]
CELLS = [
    *(None, "a", "007", "Zoë & <Söhne>", " b ", "two\nlines", "#N/A", "1,5", "true", "_x0041_"),
    *(0, 1, -3, 1.5, -0.25, 0.1 + 0.2, 19.989999999999998, 1e-7, 5e12, 1e300, 12345678901234567, 0.15),
    *(True, False, DAY, MOMENT, dt.datetime.combine(DAY, dt.time(23, 59, 59))),
]
ODD = [dt.time(10, 30), dt.datetime.fromisoformat("2026-01-02 10:30:15.250"), dt.date(1900, 1, 5), "=1+1"]


def write(rows, *, counts_from_1904=False, first_column=0):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "date_1904": counts_from_1904}) as book:
        sheet = book.add_worksheet("Orders")
        day, moment, share = (book.add_format({"num_format": each}) for each in ("dd.mm.yyyy", "d/m/yy h:mm", "0.0%"))
        hour = book.add_format({"num_format": "hh:mm"})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row, start=first_column):
                if isinstance(cell, dt.date | dt.time):
                    form = moment if isinstance(cell, dt.datetime) else day if isinstance(cell, dt.date) else hour
                    sheet.write_datetime(number, column, cell, form)
                elif cell is not None:
                    sheet.write(number, column, cell, share if cell == 0.15 else None)
    return out.getvalue()


def describe(table):
    if table is None:
        return None
    columns = [column.to_pylist() for column in table.columns]
    return table.header, columns, table.rows, table.header_row, table.above, table.below, table.numbers


def read_both(folder, content, decimal="."):
    path = folder / "orders.xlsx"
    path.write_bytes(content)
    with closing(PlainSheets(path)) as sheets:
        plain = sheets.read_table("Orders", [["id"]], None, decimal)
    with CalamineWorkbook.from_path(path) as book:
        sheet = book.get_sheet_by_name("Orders")
        return plain, read_table(sheet.iter_rows(), sheet.start[1] + 1, [["id"]], None, decimal)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    rows=st.lists(st.lists(st.sampled_from(CELLS), max_size=4), max_size=7),
    title=st.lists(st.lists(st.sampled_from(CELLS), max_size=1), max_size=2),
    first=st.sampled_from([0, 1, 25, 702]),
    from_1904=st.booleans(),
    decimal=st.sampled_from([".", ","]),
)
def test_a_plain_sheet_is_read_as_the_general_reader_reads_it(tmp_path_factory, rows, title, first, from_1904, decimal):
    content = write([*title, HEAD, *rows], counts_from_1904=from_1904, first_column=first)
    plain, general = read_both(tmp_path_factory.mktemp("sheet"), content, decimal)
    if "_x" not in str([*title, *rows]) and "#N/A" not in str([*title, *rows]):
        assert plain is not None
    assert plain is None or describe(plain) == describe(general)


def test_merged_and_hidden_cells_of_a_plain_sheet_are_said(shop):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Orders")
        for number, row in enumerate([HEAD, ["1", "2026-01-01", 1], ["2", None, 2]]):
            sheet.write_row(number, 0, row)
        sheet.merge_range("B2:B3", "2026-01-01")
        sheet.set_column("C:C", None, None, {"hidden": True})
    shop.sources["shop"].update(path="orders.xlsx", format="xlsx")
    shop.write("orders.xlsx", out.getvalue())
    assert shop.rows("order_id, ordered_at") == [("1", "2026-01-01 00:00:00"), ("2", None)]
    counts = {finding.name: finding.count for finding in shop.land()["shop"].findings}
    assert counts == {"cells_merged": 1, "cells_hidden": 1}


@pytest.mark.parametrize("cell", ODD)
def test_what_is_odd_is_left_to_the_general_reader(tmp_path, cell):
    plain, general = read_both(tmp_path, write([HEAD, ["1", DAY, cell]]))
    assert plain is None or describe(plain) == describe(general)


def test_a_sheet_of_several_pieces_with_empty_rows_and_a_footer_is_one_table(tmp_path, monkeypatch):
    monkeypatch.setattr(sheet_xml, "_PIECE", 2_000)
    rows = [[f"A{n}", MOMENT + dt.timedelta(minutes=n), n / 4] if n % 7 else [] for n in range(150)]
    plain, general = read_both(tmp_path, write([["Report"], HEAD, *rows, [], ["Copyright"]]))
    assert len(plain.rows) == 128
    assert describe(plain) == describe(general)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<c r="A2" t="s"><v>3</v></c>', '<c r="A2" t="s"><v>99</v></c>'),
        ('<c r="A2" t="s"><v>3</v></c>', '<c r="A2" t="s" x="1"><v>3</v></c>'),
        ('<c r="A2" t="s"><v>3</v></c>', '<c t="s"><v>3</v></c>'),
        ('<c r="A2" t="s"><v>3</v></c>', '<c r="A2"><v>three</v></c>'),
        ('<c r="A2" t="s"><v>3</v></c>', '<c r="A2" t="s"><v>3</v></c><c r="A2"><v>4</v></c>'),
        ('<c r="A2" t="s"><v>3</v></c>', '<c r="A2" t="inlineStr"><is><t>a</t></is></c>'),
        ('<c r="A2" t="s"><v>3</v></c>', '<c r="A3" t="s"><v>3</v></c>'),
        ("<sheetData>", "<sheetData><!-- -->"),
        ("</sheetData>", ""),
    ],
)
def test_xml_that_is_not_as_expected_is_not_read(tmp_path, old, new):
    whole, out = zipfile.ZipFile(io.BytesIO(write([HEAD, ["1", DAY, 1]]))), io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for part in whole.namelist():
            text = whole.read(part).decode()
            package.writestr(part, text.replace(old, new) if "sheet1" in part else text)
    (tmp_path / "orders.xlsx").write_bytes(out.getvalue())
    with closing(PlainSheets(tmp_path / "orders.xlsx")) as sheets:
        table = sheets.read_table("Orders", [], None, ".")
    assert table is None or "A3" in new
