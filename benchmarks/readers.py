"""Measures what each format costs to read beside the same records as CSV, and beside the library that parses it.

    python benchmarks/readers.py --rows 100000 --runs 3

Each reading is a process of its own; its CPU time (all threads, without starting Python) is the least of several runs.
The library alone makes the values of all cells and throws them away: python-calamine those of a workbook, Python's own
parser those of JSON, which alone keeps numbers as they were written, and DuckDB those of CSV and Parquet.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import xlsxwriter

_FORMATS = ("csv", "jsonl", "json", "xlsx", "ods", "parquet")
_COUNTRIES = ("FI", "DE", "SE", "PL", "FR")
_STATUS = ("paid", "refunded", "pending")


def main() -> None:
    """Write the files, and print a line per format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--formats", nargs="+", default=_FORMATS, choices=_FORMATS)
    parser.add_argument("--read", nargs=2, metavar=("FORMAT", "FILE"), help="read one file, and print its CPU seconds")
    given = parser.parse_args()
    if given.read:
        print(json.dumps(_read(given.read[0], Path(given.read[1]))))
        return
    with tempfile.TemporaryDirectory(prefix="regulars-readers-") as folder:
        plain = None
        print(f"{given.rows:,} records of 15 columns")
        print(
            "| format | MB | read, CPU s | beside CSV | the library alone | landed, CPU s | beside CSV | memory, MB |"
        )
        for form in given.formats:
            path = _write(form, given.rows, Path(folder))
            found = [_measure(form, path) for _ in range(given.runs)]
            least = [min(each[at] for each in found) for at in range(4)]
            plain = plain or least
            print(
                f"| {form} | {path.stat().st_size / 1e6:.1f} | {least[0]:.2f} | {least[0] / plain[0]:.1f} "
                f"| {least[3]:.2f} | {least[1]:.2f} | {least[1] / plain[1]:.1f} | {least[2]:.0f} |",
                flush=True,
            )
            path.unlink()


def _measure(form: str, path: Path) -> list[float]:
    command = [sys.executable, __file__, "--read", form, str(path)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(each) for each in json.loads(shown.stdout)]


def _read(form: str, path: Path) -> tuple[float, float, float, float]:
    """CPU seconds of the reader alone and of landing, the most memory in MB, and CPU seconds of the library alone."""
    import resource

    from regulars.pipelines.settings.sources.source import Source
    from regulars.pipelines.sources.landing import land_file, read_file_state
    from regulars.pipelines.sources.readers.by_format import read_file

    options = {"path": "*", "format": form, "kind": "orders"}
    columns = {"order_id": "Order ID", "ordered_at": "Created at", "gross_sales": "Total"}
    source = Source.model_validate({**options, "columns": columns})
    with tempfile.TemporaryDirectory() as work:
        start = time.process_time()
        read_file(path, path.name, "sha", source, Path(work))
        alone = time.process_time() - start
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with tempfile.TemporaryDirectory() as landing:
        start = time.process_time()
        land_file(path, path.name, read_file_state(path), source, Path(landing))
        landed = time.process_time() - start
    start = time.process_time()
    _parse(form, path)
    return alone, landed, most, time.process_time() - start


def _parse(form: str, path: Path) -> None:
    """All values of a file by the library alone."""
    match form:
        case "csv":
            duckdb.sql(f"create table parsed as from read_csv('{path}', all_varchar = true)")
        case "parquet":
            duckdb.sql(f"create table parsed as from '{path}'")
        case "json":
            json.loads(path.read_text(encoding="utf-8"), parse_int=str.encode, parse_float=str.encode)
        case "jsonl":
            scan = json.JSONDecoder(parse_int=str.encode, parse_float=str.encode).scan_once  # type: ignore[attr-defined]
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    scan(line, 0)
        case _:
            from python_calamine import CalamineWorkbook

            with CalamineWorkbook.from_path(path) as book:
                for _ in book.get_sheet_by_index(0).iter_rows():
                    pass


def _make_records(rows: int) -> Iterator[dict[str, str | int | float | None]]:
    for at in range(rows):
        day = f"{2023 + at % 3}-{at % 12 + 1:02}-{at % 28 + 1:02}"
        yield {
            "Order ID": f"#{100_000 + at}",
            "Customer ID": 1_000_000 + at * 7 % 65_537,
            "Email": f"person{at * 7 % 65_537}@example.com",
            "Created at": f"{day} {at % 24:02}:{at % 60:02}:{at * 7 % 60:02}",
            "Delivered on": day,
            "Currency": "EUR",
            "Total": round(5 + at * 37 % 30_000 / 100, 2),
            "Tax": round(at * 37 % 30_000 / 500, 2),
            "Shipping": 4.9 if at % 3 else 0,
            "Discount": None if at % 4 else 2.5,
            "Items": at % 5 + 1,
            "Country": _COUNTRIES[at % 5],
            "City": f"Town of letters {at % 997}",
            "Status": _STATUS[at % 3],
            "Note": f'Leave it at the door, "please"; bell {at % 89}' if at % 9 == 0 else None,
        }


def _write(form: str, rows: int, folder: Path) -> Path:
    path = folder / f"orders.{form}"
    records = _make_records(rows)
    match form:
        case "csv":
            with path.open("w", newline="", encoding="utf-8") as out:
                writer = csv.DictWriter(out, list(next(_make_records(1))), lineterminator="\n")
                writer.writeheader()
                writer.writerows(records)
        case "jsonl":
            path.write_text("".join(f"{json.dumps(each)}\n" for each in records), encoding="utf-8")
        case "json":
            path.write_text(json.dumps(list(records)), encoding="utf-8")
        case "parquet":
            source = folder / "orders.jsonl"
            source.write_text("".join(f"{json.dumps(each)}\n" for each in records), encoding="utf-8")
            duckdb.sql(f"copy (from read_json('{source}')) to '{path}'")
        case "xlsx":
            _write_workbook(path, records)
        case _:
            _write_open_document(path, records)
    return path


def _write_workbook(path: Path, records: Iterator[dict[str, str | int | float | None]]) -> None:
    import datetime as dt

    with xlsxwriter.Workbook(path) as book:
        sheet, day = book.add_worksheet("Orders"), book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for at, record in enumerate(records):
            if at == 0:
                sheet.write_row(0, 0, list(record))
            for column, (name, value) in enumerate(record.items()):
                if name == "Created at":
                    sheet.write_datetime(at + 1, column, dt.datetime.fromisoformat(str(value)), moment)
                elif name == "Delivered on":
                    sheet.write_datetime(at + 1, column, dt.datetime.fromisoformat(str(value)), day)
                elif value is not None:
                    sheet.write(at + 1, column, value)


def _write_open_document(path: Path, records: Iterator[dict[str, str | int | float | None]]) -> None:
    import datetime as dt

    sys.path.insert(0, os.fspath(Path(__file__).resolve().parents[1]))
    from tests.workbooks import ods

    rows: list[list[str | int | float | dt.date | None]] = []
    for at, record in enumerate(records):
        if at == 0:
            rows.append(list(record))
        days = {"Created at", "Delivered on"}
        rows.append([dt.datetime.fromisoformat(str(v)) if k in days else v for k, v in record.items()])
    path.write_bytes(ods({"Orders": rows}))


if __name__ == "__main__":
    main()
