"""Writes small binary Excel workbooks (.xlsb) by hand: the parts that a reader looks at."""

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Sequence

from tests.workbooks import Value

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def xlsb(name: str, rows: Sequence[Sequence[Value]]) -> bytes:
    """A workbook with one sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", f'<Types xmlns="{_TYPES}"/>')
        links = {"rId1": "worksheets/sheet1.bin", "rId2": "styles.bin"}
        written = "".join(
            f'<Relationship Id="{key}" Type="{_OFFICE}/part" Target="{target}"/>' for key, target in links.items()
        )
        package.writestr("xl/_rels/workbook.bin.rels", f'<Relationships xmlns="{_PACKAGE}">{written}</Relationships>')
        sheet = struct.pack("<II", 0, 1) + _text("rId1") + _text(name)
        book = [(131, b""), (153, bytes(12)), (143, b""), (156, sheet), (144, b""), (132, b"")]
        package.writestr("xl/workbook.bin", b"".join(_record(*each) for each in book))
        formats = b"".join(_record(47, struct.pack("<HH", 0, number) + bytes(12)) for number in (0, 14, 22))
        styles = _record(615, struct.pack("<I", 0)) + _record(616, b"") + _record(617, struct.pack("<I", 3))
        package.writestr("xl/styles.bin", styles + formats + _record(618, b""))
        package.writestr("xl/worksheets/sheet1.bin", _write_sheet(rows))
    return out.getvalue()


def _write_sheet(rows: Sequence[Sequence[Value]]) -> bytes:
    width = max(map(len, rows))
    records = [(129, b""), (148, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1)), (145, b"")]
    for number, row in enumerate(rows):
        records.append((0, struct.pack("<I", number) + bytes(13)))
        records += [_write_cell(column, value) for column, value in enumerate(row) if value is not None]
    return b"".join(_record(*each) for each in [*records, (146, b""), (130, b"")])


def _write_cell(column: int, value: Value) -> tuple[int, bytes]:
    style = 2 if isinstance(value, dt.datetime) else 1 if isinstance(value, dt.date) else 0
    place = struct.pack("<II", column, style)
    match value:
        case bool():
            return 4, place + bytes([value])
        case int() | float():
            return 5, place + struct.pack("<d", value)
        case dt.date():
            moment = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
            days = (moment - dt.datetime.fromisoformat("1899-12-30")) / dt.timedelta(days=1)
            return 5, place + struct.pack("<d", days)
        case _:
            return 6, place + _text(str(value))


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _record(number: int, content: bytes) -> bytes:
    size, written = len(content), bytearray()
    while size > 127:
        written.append(size & 127 | 128)
        size >>= 7
    head = bytes([number]) if number < 128 else bytes([number & 127 | 128, number >> 7])
    return head + bytes([*written, size]) + content
