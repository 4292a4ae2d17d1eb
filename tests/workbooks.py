"""Writes small Excel and OpenDocument workbooks by hand, with whatever a real one may hold."""

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

Value = str | int | float | bool | dt.date | dt.datetime | None


@dataclass(frozen=True)
class Raw:
    """A cell of a workbook as its XML holds it: attributes and content."""

    attributes: str
    content: str


def error(name: str = "#N/A") -> Raw:
    return Raw('t="e"', f"<v>{name}</v>")


def formula(text: str, value: str | None) -> Raw:
    return Raw("", f"<f>{text}</f>" + ("" if value is None else f"<v>{value}</v>"))


def percent(value: float) -> Raw:
    return Raw('s="3"', f"<v>{value!r}</v>")


Row = Sequence[Value | Raw]

_STYLES = """<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="10"/>
<xf numFmtId="46"/></cellXfs>
</styleSheet>"""
_TYPES = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="xml" ContentType="application/xml"/>
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"""
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def xlsx(
    sheets: Mapping[str, Sequence[Row]],
    *,
    before: str = "",
    after: str = "",
    counts_from_1904: bool = False,
    hidden: Sequence[str] = (),
    packing: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """A workbook.

    Args:
        sheets: Name -> rows.
        before: XML before the rows of each sheet, such as its columns.
        after: XML behind them, such as merged cells.
        counts_from_1904: Whether its days count from 1904, as on old Macs.
        hidden: Names of hidden sheets.
        packing: How the parts are packed.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("_rels/.rels", _relate({"rId1": ("officeDocument", "xl/workbook.xml")}))
        names = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"'
            + (' state="hidden"/>' if name in hidden else "/>")
            for number, name in enumerate(sheets, start=1)
        )
        dates = '<workbookPr date1904="1"/>' if counts_from_1904 else "<workbookPr/>"
        package.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{dates}<sheets>{names}</sheets></workbook>',
        )
        parts = {f"rId{number}": ("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)}
        package.writestr("xl/_rels/workbook.xml.rels", _relate({**parts, "rId0": ("styles", "styles.xml")}))
        package.writestr("xl/styles.xml", _STYLES)
        for number, rows in enumerate(sheets.values(), start=1):
            package.writestr(
                f"xl/worksheets/sheet{number}.xml",
                f'<worksheet xmlns="{_MAIN}">{before}<sheetData>{_write_rows(rows, counts_from_1904)}</sheetData>'
                f"{after}</worksheet>",
            )
    return out.getvalue()


def _relate(parts: Mapping[str, tuple[str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{what}" Target="{target}"/>'
        for name, (what, target) in parts.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}">{links}</Relationships>'


def _write_rows(rows: Sequence[Row], counts_from_1904: bool) -> str:
    return "".join(
        f'<row r="{number}">'
        + "".join(
            _write_cell(f"{_name_column(at)}{number}", cell, counts_from_1904)
            for at, cell in enumerate(row)
            if cell is not None
        )
        + "</row>"
        for number, row in enumerate(rows, start=1)
        if row
    )


def _name_column(at: int) -> str:
    return chr(65 + at) if at < 26 else _name_column(at // 26 - 1) + chr(65 + at % 26)


def _write_cell(place: str, cell: Value | Raw, counts_from_1904: bool) -> str:
    match cell:
        case Raw(attributes, content):
            return f'<c r="{place}" {attributes}>{content}</c>'
        case bool():
            return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{cell!r}</v></c>'
        case dt.datetime():
            return f'<c r="{place}" s="2"><v>{_count_days(cell, counts_from_1904)!r}</v></c>'
        case dt.date():
            moment = dt.datetime.combine(cell, dt.time())
            return f'<c r="{place}" s="1"><v>{int(_count_days(moment, counts_from_1904))}</v></c>'
        case _:
            return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is></c>'


def _count_days(moment: dt.datetime, counts_from_1904: bool) -> float:
    first = dt.datetime.fromisoformat("1904-01-01" if counts_from_1904 else "1899-12-30")
    return (moment - first) / dt.timedelta(days=1)


def ods(sheets: Mapping[str, Sequence[Row]]) -> bytes:
    """An OpenDocument spreadsheet."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>"
        + "".join(f"<table:table-row>{''.join(map(_write_ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        package.writestr(
            "content.xml",
            f"<office:document-content{names}><office:body><office:spreadsheet>{tables}</office:spreadsheet>"
            "</office:body></office:document-content>",
        )
    return out.getvalue()


def _write_ods_cell(cell: Value | Raw) -> str:
    match cell:
        case None:
            return "<table:table-cell/>"
        case bool():
            kind = f'office:value-type="boolean" office:boolean-value="{str(cell).lower()}"'
        case int() | float():
            kind = f'office:value-type="float" office:value="{cell!r}"'
        case dt.date():
            kind = f'office:value-type="date" office:date-value="{cell.isoformat()}"'
        case _:
            kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(str(cell))}</text:p></table:table-cell>"
