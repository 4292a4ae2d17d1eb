"""Files as they really arrive: each is refused, quarantined line by line, or read exactly; never silently otherwise."""

import gzip
import io
from typing import Any, NamedTuple

import duckdb
import pytest

HEAD = "id,day,total\n"
ONE = ("1", "2026-01-01 00:00:00", "9.50")
TWO = ("2", "2026-01-02 00:00:00", "20.00")
GOOD = HEAD + "1,2026-01-01,9.50\n2,2026-01-02,20.00\n"


class Case(NamedTuple):
    content: bytes | str
    rows: list[tuple[str | None, ...]] | None = None
    malformed: int = 0
    refused: str | None = None
    options: dict[str, Any] = {}  # noqa: RUF012
    format: str = "csv"


def row(order_id: str | None = "1", total: str | None = "9.50", day: str | None = ONE[1]) -> tuple[str | None, ...]:
    return (order_id, day, total)


def packed(content: bytes | str) -> bytes:
    return gzip.compress(content.encode() if isinstance(content, str) else content)


def parquet(select: str) -> bytes:
    out = io.BytesIO()
    duckdb.sql(select).pl().write_parquet(out)
    return out.getvalue()


CASES = {
    # how text is written down
    "plain": Case(GOOD, [ONE, TWO]),
    "utf-8 with a byte order mark": Case("\ufeff" + GOOD, [ONE, TWO]),
    "utf-16 little endian with mark": Case(("\ufeff" + GOOD).encode("utf-16-le"), [ONE, TWO]),
    "utf-16 big endian with mark": Case(("\ufeff" + GOOD).encode("utf-16-be"), [ONE, TWO]),
    "utf-16 declared, without mark": Case(GOOD.encode("utf-16-le"), [ONE, TWO], options={"encoding": "utf-16"}),
    "utf-16 not declared, without mark": Case(GOOD.encode("utf-16-le"), refused="undecodable"),
    "utf-16 cut in the middle of a character": Case(("\ufeff" + GOOD).encode("utf-16-le")[:-1], refused="undecodable"),
    "utf-32 with mark": Case(("\ufeff" + GOOD).encode("utf-32-le"), [ONE, TWO]),
    "cp1252": Case((HEAD + "Café,2026-01-01,9.50\n").encode("cp1252"), [row("Café")]),
    "cp1252 that looks like another encoding": Case(
        (HEAD + "é€,2026-01-01,9.50\n").encode("cp1252"), refused="undecodable"
    ),
    "cp1252 that is declared": Case(
        (HEAD + "é€,2026-01-01,9.50\n").encode("cp1252"), [row("é€")], options={"encoding": "cp1252"}
    ),
    "utf-8 that is declared as cp1252 by mistake": Case(
        HEAD + "é,2026-01-01,9.50\n", [row("Ã©")], options={"encoding": "cp1252"}
    ),
    "declared utf-8 with a cp1252 byte": Case(
        (HEAD + "é,2026-01-01,9.50\n").encode("cp1252"), refused="undecodable", options={"encoding": "utf-8"}
    ),
    "neither utf-8 nor cp1252": Case(HEAD.encode() + b"\x81\xe9,2026-01-01,9.50\n", refused="undecodable"),
    "one bad byte among good utf-8": Case(
        (HEAD + "é,2026-01-01,9.50\n").encode() + b"\xe9,2026-01-02,20.00\n", refused="undecodable"
    ),
    "utf-8 cut inside its last character": Case(
        (HEAD + "1,2026-01-01,9.50\n2,2026-01-02,é").encode()[:-1],
        refused="undecodable",
        options={"encoding": "utf-8", "final_newline": "optional"},
    ),
    "a NUL in a cell": Case(HEAD + "1\0,2026-01-01,9.50\n", [row()]),
    "a control character in a cell": Case(HEAD + "1\x07,2026-01-01,9.50\n", [row()]),
    "invisible marks around a value": Case(HEAD + "\u200b1\u00a0,2026-01-01,9.50\n", [row()]),
    "invisible mark before a header name": Case("\u200bid,day,total\n1,2026-01-01,9.50\n", [row()]),
    # lines
    "windows line ends": Case(GOOD.replace("\n", "\r\n"), [ONE, TWO]),
    "old mac line ends": Case(GOOD.replace("\n", "\r"), [ONE, TWO]),
    "mixed line ends": Case(HEAD + "1,2026-01-01,9.50\r\n2,2026-01-02,20.00\n", [ONE, TWO]),
    "blank lines between and at the end": Case(HEAD + "1,2026-01-01,9.50\n\n \n2,2026-01-02,20.00\n\n\n", [ONE, TWO]),
    "blank lines before the header": Case("\n\n" + GOOD, [ONE, TWO]),
    "a carriage return inside a bare cell": Case(HEAD + "1,2026-01-01,9\r50\n2,2026-01-02,20.00\n", [TWO], 1),
    "a carriage return inside a quoted cell": Case(HEAD + '"1\r1",2026-01-01,9.50\n', [row("1\r1")]),
    "no line end at the end": Case(GOOD[:-1], refused="truncated"),
    "no line end at the end, allowed": Case(GOOD[:-1], [ONE, TWO], options={"final_newline": "optional"}),
    "cut in the middle of a number, allowed": Case(
        GOOD[:-4], [ONE, ("2", TWO[1], "20")], options={"final_newline": "optional"}
    ),
    "cut in the middle of a row, allowed": Case(GOOD[:-9], [ONE], 1, options={"final_newline": "optional"}),
    "cut inside quotes": Case(HEAD + '1,2026-01-01,9.50\n2,2026-01-02,"20', refused="truncated"),
    "cut inside quotes behind a line end": Case(HEAD + '1,2026-01-01,9.50\n2,2026-01-02,"20\n', [ONE], 1),
    # cells
    "quoted cells": Case('"id","day","total"\n"1","2026-01-01","9.50"\n', [row()]),
    "doubled quotes": Case(HEAD + '"a ""b"" c",2026-01-01,9.50\n', [row('a "b" c')]),
    "line ends in a cell": Case(HEAD + '"a\nb",2026-01-01,9.50\n2,2026-01-02,20.00\n', [TWO, row("a\nb")]),
    "line ends in a cell of a windows file": Case(
        (HEAD + '"a\rb",2026-01-01,9.50\n').replace("\n", "\r\n").replace("\rb", "\nb"), [row("a\nb")]
    ),
    "a delimiter in a cell": Case(HEAD + '"a,b",2026-01-01,9.50\n', [row("a,b")]),
    "a quote inside a bare cell": Case(HEAD + '5" nail,2026-01-01,9.50\n', [row('5" nail')]),
    "two such quotes in two lines": Case(
        HEAD + '5" nail,2026-01-01,9.50\n6" nail,2026-01-02,20.00\n', [row('5" nail'), ('6" nail', *TWO[1:])]
    ),
    "a quote that is never closed": Case(
        HEAD + '"1,2026-01-01,9.50\n2,2026-01-02,20.00\n3,2026-01-01,9.50\n', [TWO, row("3")], 1
    ),
    "a quote that closes lines later": Case(
        HEAD + '"1,2026-01-01,9.50\n2,2026-01-02,20.00\n"3",2026-01-01,9.50\n', [TWO, row("3")], 1
    ),
    "text behind a closing quote": Case(HEAD + '"1"x,2026-01-01,9.50\n2,2026-01-02,20.00\n', [TWO], 1),
    "blanks around quotes": Case(HEAD + ' "1" , "2026-01-01" ,9.50\n', [row()]),
    "backslash before a quote": Case(HEAD + '"a\\"b",2026-01-01,9.50\n2,2026-01-02,20.00\n', [TWO], 1),
    "too few cells": Case(HEAD + "1,2026-01-01\n2,2026-01-02,20.00\n", [TWO], 1),
    "too many cells": Case(HEAD + "1,2026-01-01,9,50\n2,2026-01-02,20.00\n", [TWO], 1),
    "a trailing delimiter in every row": Case(HEAD + "1,2026-01-01,9.50,\n2,2026-01-02,20.00,\n", [ONE, TWO]),
    "a trailing delimiter in the header too": Case("id,day,total,\n1,2026-01-01,9.50,\n", [row()]),
    "many lines, most of them bad": Case(GOOD + "torn\n" * 12_000, refused="damaged"),
    "a total line at the end": Case(GOOD + "Grand Totals (2 records)\n", [ONE, TWO], 1),
    "the header again in the middle": Case(HEAD + "1,2026-01-01,9.50\n" + HEAD + "2,2026-01-02,20.00\n", [ONE, TWO], 1),
    "two exports behind one another, one quoted": Case(
        HEAD + '1,2026-01-01,9.50\n"id","day","total"\n2,2026-01-02,20.00\n', [ONE, TWO], 1
    ),
    "a cell of 300,000 characters": Case(HEAD + f"{'x' * 300_000},2026-01-01,9.50\n", [row("x" * 300_000)]),
    "a cell of 3 million characters": Case(HEAD + f"{'x' * 3_000_000},2026-01-01,9.50\n2,2026-01-02,20.00\n", [TWO], 1),
    "a quoted cell of 3 million characters": Case(
        HEAD + f'"{"x" * 3_000_000}",2026-01-01,9.50\n2,2026-01-02,20.00\n', [TWO], 1
    ),
    "nothing but delimiters": Case(HEAD + ",,\n1,2026-01-01,9.50\n", [row(), (None, None, None)]),
    # headers
    "columns in another order": Case("total,id,day\n9.50,1,2026-01-01\n", [row()]),
    "header in other case and with blanks": Case(" ID ,Day, TOTAL\n1,2026-01-01,9.50\n", [row()]),
    "a column renamed": Case("id,day,sum\n1,2026-01-01,9.50\n", refused="missing_column"),
    "two columns swapped by name": Case("day,id,total\n1,2026-01-01,9.50\n", [("2026-01-01", "1", "9.50")]),
    "a used header twice": Case("id,total,day,total\n1,9.50,2026-01-01,3\n", refused="ambiguous_column"),
    "a used header twice in other case": Case("id,Total,day,total\n1,3,2026-01-01,9.50\n", refused="ambiguous_column"),
    "an unused header twice": Case("id,x,day,total,x\n1,a,2026-01-01,9.50,b\n", [row()]),
    "a header name over two lines": Case('id,day,total,"how\nmuch"\n1,2026-01-01,9.50,x\n', [row()]),
    "no header": Case("1,2026-01-01,9.50\n2,2026-01-02,20.00\n", refused="missing_column"),
    "a report title above the header": Case("Orders of January\n" + GOOD, refused="not_a_table"),
    "another delimiter": Case(GOOD.replace(",", ";"), refused="not_a_table"),
    "separated by tabs": Case(GOOD.replace(",", "\t"), [ONE, TWO], format="tsv"),
    "separated by tabs, gzipped": Case(packed(GOOD.replace(",", "\t")), [ONE, TWO], format="tsv.gz"),
    "separated by tabs where commas are declared": Case(GOOD.replace(",", "\t"), refused="not_a_table"),
    "separated by commas where tabs are declared": Case(GOOD, refused="not_a_table", format="tsv"),
    "another delimiter, declared": Case(GOOD.replace(",", ";"), [ONE, TWO], options={"delimiter": ";"}),
    "tabs, declared": Case(GOOD.replace(",", "\t"), [ONE, TWO], options={"delimiter": "\t"}),
    "single quotes, declared": Case(HEAD + "'a,b',2026-01-01,9.50\n", [row("a,b")], options={"quote": "'"}),
    "a column named like one DuckDB adds": Case("id,day,total,file_row_number\n1,2026-01-01,9.50,77\n", [row()]),
    "NUL in a header": Case("id,day,total,x\0y\n1,2026-01-01,9.50,z\n", [row()]),
    "utf-32 behind a mark of utf-16": Case(b"\xfe\xff" + GOOD.encode("utf-32-le"), refused="undecodable"),
    "SQL in a header": Case('id,day,total,"x"" from t; drop table t --"\n1,2026-01-01,9.50,x\n', [row()]),
    # values
    "leading zeros": Case(HEAD + "007,2026-01-01,9.50\n", [row("007")]),
    "an apostrophe against Excel": Case(HEAD + "'007,2026-01-01,'9.50\n", [row("007")]),
    "ids as doubles": Case(HEAD + "17850.0,2026-01-01,9.50\n", [row("17850")]),
    "an id that Excel has rounded stays as it is": Case(HEAD + "1E+15,2026-01-01,9.50\n", [row("1E+15")]),
    "a formula stays text": Case(HEAD + "=1+1,2026-01-01,9.50\n", [row("=1+1")]),
    "NaN is not a number": Case(HEAD + "1,2026-01-01,NaN\n", [row(total="NaN")]),
    "a minus behind": Case(HEAD + "1,2026-01-01,9.50-\n", [row(total="-9.50")]),
    "a currency sign is not guessed": Case(HEAD + "1,2026-01-01,$9.50\n", [row(total="$9.50")]),
    "thousands are not guessed": Case(HEAD + '1,2026-01-01,"1,234.50"\n', [row(total="1,234.50")]),
    "decimal comma": Case(
        "id;day;total\n1;2026-01-01;1.234,50\n",
        [row(total="1234.50")],
        options={"delimiter": ";", "decimal": ",", "thousands": "."},
    ),
    "a decimal point where a comma is declared": Case(
        "id;day;total\n1;2026-01-01;9.50\n",
        [row(total="9.50 (the decimal sign is ,)")],
        options={"delimiter": ";", "decimal": ","},
    ),
    "days before months, declared": Case(
        HEAD + "1,03/04/2026,9.50\n", [row(day="2026-04-03 00:00:00")], options={"datetime_format": "%d/%m/%Y"}
    ),
    "days before months, not declared": Case(HEAD + "1,03/04/2026,9.50\n", [row(day="03/04/2026")]),
    "a month that is none": Case(
        HEAD + "1,12/13/2026,9.50\n", [row(day="12/13/2026")], options={"datetime_format": "%d/%m/%Y"}
    ),
    "a day that never was": Case(HEAD + "1,2026-02-30,9.50\n", [row(day="2026-02-30 (no moment in UTC)")]),
    "blanks are nothing": Case(HEAD + '" ",2026-01-01,""\n', [row(None, None)]),
    # what is no table
    "zero bytes": Case("", refused="empty"),
    "white space only": Case(" \n\n", refused="empty"),
    "a byte order mark only": Case("\ufeff", refused="empty"),
    "a header only": Case(HEAD, refused="empty"),
    "a web page": Case("<!DOCTYPE html>\n<html><body>503</body></html>\n", refused="not_a_table"),
    "a web page after blank lines": Case("\n\n <html>\n", refused="not_a_table"),
    "a JSON error": Case('{"error": "token expired"}\n', refused="not_a_table"),
    "an Excel workbook": Case(b"PK\x03\x04" + b"\0" * 100, refused="not_a_table"),
    "gzip where plain text is declared": Case(packed(GOOD), refused="not_a_table"),
    # packed
    "gzip": Case(packed(GOOD), [ONE, TWO], format="csv.gz"),
    "gzip with cp1252 inside": Case(
        packed((HEAD + "é,2026-01-01,9.50\n").encode("cp1252")), [row("é")], format="csv.gz"
    ),
    "gzip cut off": Case(packed(GOOD)[:-12], refused="truncated", format="csv.gz"),
    "gzip with a bad checksum": Case(packed(GOOD)[:-8] + b"\0" * 8, refused="damaged", format="csv.gz"),
    "plain text where gzip is declared": Case(GOOD, refused="damaged", format="csv.gz"),
    "a gzip bomb": Case(packed(b"0" * 30_000_000), refused="too_large", format="csv.gz"),
    "gzip of nothing": Case(packed(b""), refused="empty", format="csv.gz"),
    # other formats
    "parquet": Case(
        parquet("select 17850.0::double as id, date '2026-01-01' as day, 9.50::decimal(9, 2) as total"),
        [row("17850")],
        format="parquet",
    ),
    "parquet with a large id": Case(
        parquet("select 12345678901234567 as id, timestamp '2026-01-01' as day, 2.5::double as total"),
        [row("12345678901234567", "2.5")],
        format="parquet",
    ),
    "parquet cut off": Case(
        parquet("select 1 as id, date '2026-01-01' as day, 9.5 as total")[:-10], refused="truncated", format="parquet"
    ),
    "parquet of zero bytes": Case(b"", refused="empty", format="parquet"),
    "CSV where parquet is declared": Case(GOOD, refused="not_a_table", format="parquet"),
    "json lines": Case(
        '{"id": 12345678901234567890, "day": "2026-01-01", "total": 9.50}\n{"id": "2", "total": 20.00, '
        '"day": "2026-01-02", "x": {"y": [1, 2.50]}}\n',
        [row("12345678901234567890"), TWO],
        format="jsonl",
    ),
    "json lines with bad lines": Case(
        '{"id": 1, "day": "2026-01-01", "total": 9.50}\n{"id": 2,\n[1]\n{"id": 1, "id": 2}\n\n'
        '{"id": 2, "day": "2026-01-02", "total": 20.00}\n',
        [ONE, TWO],
        3,
        format="jsonl",
    ),
    "json lines with half a surrogate pair": Case(
        '{"id": "\\ud800", "day": "x", "total": 1}\n{"id": 1, "day": "2026-01-01", "total": 9.50}\n',
        [ONE],
        1,
        format="jsonl",
    ),
    "json lines without the last line end": Case(
        '{"id": 1, "day": "2026-01-01", "total": 9.50}', [ONE], format="jsonl"
    ),
    "json lines cut off": Case(
        '{"id": 1, "day": "2026-01-01", "total": 9.50}\n{"id": 2, "da', refused="truncated", format="jsonl"
    ),
    "a web page where json lines are declared": Case("<html>\n", refused="not_a_table", format="jsonl"),
    "one JSON array where lines are declared": Case('[{"id": 1}]\n', refused="not_a_table", format="jsonl"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_refused_or_quarantined_or_read_exactly(shop, name):
    case = CASES[name]
    shop.sources["shop"] |= {"format": case.format, "options": case.options}
    shop.write("orders.csv", case.content)
    landed_source = shop.land()["shop"]
    assert [refusal.reason_code for refusal in landed_source.refusals] == ([case.refused] if case.refused else [])
    if case.refused:
        assert "orders.csv" in landed_source.refusals[0].sentence
        assert landed_source.deliveries == []
        return
    with shop.delivered({"shop": landed_source}) as con:
        found = con.execute("select order_id, ordered_at, gross_sales from landed.orders").fetchall()
        malformed = con.execute("select text from landed.malformed").fetchall()
    assert case.rows is not None
    assert sorted(found, key=str) == sorted(case.rows, key=str)
    assert (landed_source.deliveries[0].record_count, landed_source.deliveries[0].malformed_count) == (
        len(case.rows),
        case.malformed,
    )
    assert len(malformed) == case.malformed


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("final_newline", ["required", "optional"])
def test_a_file_cut_at_any_byte_is_refused_or_all_its_rows_are_accounted_for(shop, final_newline, every):
    whole = 'id,day,total\n"ä\n1",,9.50\n22,"é ""x""",1498.50\n'.encode()
    true = {("ä\n1", "9.50"), ("22", "1498.50")}
    shop.sources["shop"]["options"] = {"final_newline": final_newline}
    shop.sources["shop"]["required"] = False
    for end in range(
        len(whole) % every, len(whole), every
    ):  # every fourth byte in `make test`, each in the long trials
        shop.write("orders.csv", whole[:end])
        landed_source = shop.land(allow="test")["shop"]
        if landed_source.refusals or not landed_source.landed:
            continue
        with shop.delivered({"shop": landed_source}) as con:
            rows = con.execute("select order_id, gross_sales from landed.orders order by _row").fetchall()
            malformed = con.execute("select line, text from landed.malformed").fetchall()
        delivery = landed_source.deliveries[0]
        assert (len(rows), len(malformed)) == (delivery.record_count, delivery.malformed_count)
        # only the last row of a file that need not end with a line end can lose digits without a trace
        sure = rows if whole[:end].endswith(b"\n") else rows[:-1]
        assert set(sure) <= true, end
        if final_newline == "required":
            assert whole[:end].endswith(b"\n"), end
        for _, line in malformed:
            assert line.encode() in whole[:end] or line.encode("cp1252") in whole[:end], end


def test_a_line_quarantined_is_kept_verbatim_with_its_line_and_reason(shop):
    shop.write("orders.csv", 'id,day,total\n"1\n1",2026-01-01,9.50\n2,2026-01-02\n\n"3,2026-01-03,1\n')
    assert shop.rows("source, system, rule, delivery, line, text, reason", "malformed") == [
        ("shop", "shop", "malformed", 1, 4, "2,2026-01-02", "2 cells where the header has 3"),
        ("shop", "shop", "malformed", 1, 6, '"3,2026-01-03,1', "quote not closed, or something behind it"),
    ]


def test_a_refusal_names_the_file_the_place_and_what_to_do(shop):
    shop.write("orders.csv", b"id,day,total\n1,2026-01-01,\x81\n")
    assert shop.refusal().sentence == (
        "orders.csv is not UTF-8 or Windows-1252 at byte 26 (line 2): export it as UTF-8, or name its `encoding` in "
        "`options`"
    )


def test_a_file_without_its_header_line_puts_no_value_of_a_customer_into_the_refusal(shop):
    shop.sources["shop"]["columns"] = {**shop.sources["shop"]["columns"], "email": ["anna@shop.example", "mail"]}
    long = "She asked for a refund twice and would like to be called back"
    shop.write("orders.csv", f"web,anna@shop.examples,2026-01-01,+49 170 1234567,{long}\nweb,b@x.example,,,\n")
    refusal = shop.refusal()
    assert refusal.reason_code == "missing_column"
    assert "; the file has none of the names in the settings: see that its first line is the header" in refusal.sentence
    assert "web" not in refusal.sentence
    assert not [value for value in ("anna@shop.examples", "2026-01", "1234567", "refund") if value in refusal.sentence]


def test_a_missing_column_is_reported_with_the_columns_of_the_file_and_the_nearest_name(shop):
    shop.write("orders.csv", "id,day,totals\n1,2026-01-01,9.50\n")
    assert shop.refusal().sentence == (
        "orders.csv (header): column `total` for orders.gross_sales is missing (did you mean `totals`?); "
        "the file has `id`, `day`, `totals`"
    )
