"""Dirty files of every sort: each is read right, or left alone with what to do; none ends in a stack trace."""

import datetime as dt
import gzip
import io
import json
import zipfile

import pytest

from regulars.pipelines.command.init.found_files import FoundFile
from regulars.pipelines.command.init.init import InitRequest, init_settings
from regulars.pipelines.command.init.tables import read_head
from regulars.pipelines.command.preview.preview import preview_sources
from regulars.pipelines.errors import InputRefused
from tests.workbooks import xlsx

HEAD = "Order No,Order Date,Net Amount,Email\n"
ROWS = [f"{n},2026-01-{n:02},{n}.50,ann{n}@x.example\n" for n in range(1, 21)]
TEXT = HEAD + "".join(ROWS)
NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)


def pack(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return out.getvalue()


def add_columns(count):
    names = ",".join(f"c{n}" for n in range(count))
    return f"{HEAD[:-1]},{names}\n" + "".join(row[:-1] + "," * count + "\n" for row in ROWS)


BOOK = xlsx({"Orders": [HEAD.strip().split(","), *(row.strip().split(",") for row in ROWS)]})
READ = {
    "a byte order mark": "\ufeff" + TEXT,
    "UTF-16": ("\ufeff" + TEXT).encode("utf-16-le"),
    "UTF-16 without a mark": TEXT.encode("utf-16-le"),
    "cp1252": TEXT.replace("ann3", "zoë").encode("cp1252"),
    "mixed line ends": "".join(line.replace("\n", "\r\n") if n % 2 else line for n, line in enumerate([HEAD, *ROWS])),
    "a zero in a cell": TEXT.replace("ann3", "ann\0003"),
    "trailing delimiters": TEXT.replace("\n", ",\n"),
    "trailing delimiters below the header": HEAD + "".join(row.replace("\n", ",,\n") for row in ROWS),
    "thousands of columns": add_columns(3_000),
    "the separator in a line of its own": "sep=;\n" + TEXT.replace(",", ";"),
    "a workbook under another name": BOOK,
    "a zip": pack(orders_csv=TEXT),
}
LOSES_LINES = {
    "a quote that is never closed": (TEXT.replace("ann10", '"ann10'), 19),
    "the header again": ("".join([HEAD, *ROWS[:9], HEAD, *ROWS[9:]]), 20),
}
LEFT_ALONE = {
    "the zeros of a crash": (TEXT.encode() + bytes(5_000), "not a text"),
    "a page called xls": ("<html><table><tr><td>Order No</td></tr></table></html>", "a web page or XML"),
    "a password": (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "save it without one"),
    "a zip that is cut off": (pack(orders_csv=TEXT)[:-30], "is cut off or damaged: deliver it again"),
    "a workbook that is cut off": (BOOK[:-200], "is cut off or damaged: deliver it again"),
    "a gzip that is cut off": (gzip.compress(TEXT.encode())[:-20], "a damaged gzip file: deliver it again"),
    "a zip in a zip": (pack(a_zip=pack(orders_csv=TEXT)), "holds other archives: deliver those, unpacked from it"),
    "blank lines": ("\n\n  \n", "it is empty"),
    "no header": ("".join(ROWS), "its first line is not a header: have the tool write one"),
    "lines in quotes": ("".join(f'"{line.strip()}"\n' for line in [HEAD, *ROWS]), "no table"),
    "an empty array": ("[]", "it holds no record"),
    "JSON that is cut off": ('[{"id": 1}, {"id', "is cut off: deliver it again"),
    "names twice": (HEAD[:-1] + ",Email\n" + "".join(f"{row[:-1]},b@x.example\n" for row in ROWS), "more than once"),
}


def write(folder, content):
    (folder / "e").mkdir()
    path = folder / "e" / "orders.dat"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("what", [name for name in READ if name != "a zip"])
def test_the_header_of_a_dirty_file_is_found(tmp_path, what):
    head = read_head(FoundFile(write(tmp_path, READ[what]), "orders.dat"))
    assert (head.reason, list(head.header[:4])) == ("", HEAD.strip().split(","))


@pytest.mark.slow
@pytest.mark.parametrize("what", [*READ, *LOSES_LINES])
def test_a_dirty_file_is_read_whole_or_its_bad_lines_are_quarantined(tmp_path, what):
    content, count = LOSES_LINES.get(what) or (READ[what], 20)
    write(tmp_path, content)
    init_settings(InitRequest(tmp_path / "e", tmp_path / "regulars.yaml"))
    shown, _ = preview_sources(tmp_path / "regulars.yaml", only=None, data=None, as_json=True, now=NOW)
    [source] = json.loads(shown)["sources"]
    assert source["row_count"] - source["quarantined_count"] == count
    assert source["quarantined_count"] == (1 if what in LOSES_LINES else 0)


@pytest.mark.slow
@pytest.mark.parametrize("what", LEFT_ALONE)
def test_a_file_that_cannot_be_read_is_left_alone_with_what_to_do(tmp_path, what):
    content, sentence = LEFT_ALONE[what]
    write(tmp_path, content)
    with pytest.raises(InputRefused, match=r"orders\.dat") as refused:
        init_settings(InitRequest(tmp_path / "e", tmp_path / "regulars.yaml"))
    assert sentence in str(refused.value)
