"""Faults of workbooks, archives and databases: what only their formats can do to an export."""

import gzip
import io
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from tests.attacks.batches import Export, Fault, day
from tests.workbooks import Row, error, formula, xlsx

HEAD = ["order_id", "ordered_at", "customer_record_id", "gross_sales"]
COLUMNS = ", ".join(f"{name}: {name}" for name in HEAD)
SALES = {"sales": 2400.0}
Change = Callable[[int, list[object]], list[object]]


def rows(change: Change = lambda n, row: row, first: int = 1, last: int = 24) -> list[list[object]]:
    """Orders of 100 each by eight customers, each changed."""
    return [change(n, [f"o{n}", f"{day(n)} 10:{n:02}:00", f"c{n % 8 + 1}", 100.0]) for n in range(first, last + 1)]


def book(sheets: Mapping[str, Sequence[Row]], options: str = "", **how: object) -> Export:
    """A workbook of orders."""
    more = f"    format: xlsx\n    options: {{{options}}}"
    return Export("orders", xlsx(sheets, **how), COLUMNS, more, suffix=".xlsx")  # type: ignore[arg-type]


def one_sheet(change: Change = lambda n, row: row, *below: Row, options: str = "", **how: object) -> Export:
    return book({"Orders": [HEAD, *rows(change), *below]}, options, **how)  # type: ignore[list-item]


def write_csv(records: Sequence[Sequence[object]]) -> str:
    return "\n".join(",".join(map(str, record)) for record in [HEAD, *records]) + "\n"


def archive(members: Mapping[str, str | bytes], member: str = "*.csv", delivery: str = "incremental") -> Export:
    """An archive with these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(zipfile.ZipInfo(name, (2026, 3, 31, 6, 0, 0)), content)
    more = f'    member: "{member}"\n    delivery: {delivery}'
    return Export("orders", out.getvalue(), COLUMNS, more, suffix=".zip")


def database(create: str, change: Change = lambda n, row: row, query: str = "select * from orders") -> Export:
    """A SQLite database with one table of orders."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.db"
        with closing(sqlite3.connect(path)) as con:
            con.execute(f"create table orders ({create})")
            con.executemany("insert into orders values (?, ?, ?, ?)", rows(change))
            con.commit()
        content = path.read_bytes()
    return Export("orders", content, COLUMNS, "    delivery: full", suffix=".db", database=query)


def put(place: int, value: Callable[[int], object]) -> Change:
    """Another cell in each row."""
    return lambda n, row: [*row[:place], value(n), *row[place + 1 :]]


PLAIN = "order_id text, ordered_at text, customer_record_id text, gross_sales numeric"

WORKBOOKS: Mapping[str, Fault] = {
    "a sound workbook": Fault([one_sheet()], right=SALES, is_quiet=True),
    "a month a sheet, and no sheet is named": Fault(
        [book({"Jan": [HEAD, *rows(last=8)], "Feb": [HEAD, *rows(first=9, last=16)], "Mar": [HEAD, *rows(first=17)]})],
        ("sheets_not_read",),
        SALES,
    ),
    "a hidden sheet before the orders": Fault(
        [book({"Old": [HEAD, *rows(last=3)], "Orders": [HEAD, *rows()]}, hidden=["Old"])], right=SALES
    ),
    "amounts as formulas without a value": Fault(
        [one_sheet(put(3, lambda n: formula("50+50", None) if n % 3 == 0 else 100.0))],
        ("formulas_without_value", "quarantined"),
    ),
    "amounts that are errors": Fault(
        [one_sheet(put(3, lambda n: error("#REF!") if n == 5 else 100.0))], ("quarantined",)
    ),
    "a total below the orders": Fault(
        [one_sheet(lambda n, row: row, ["Total", None, None, 2400.0])], ("quarantined",), SALES
    ),
    "a total below an empty row": Fault(
        [one_sheet(lambda n, row: row, [], ["", "", "Total", 2400.0])], ("quarantined",), SALES
    ),
    "ids as numbers of seventeen digits": Fault(
        [one_sheet(put(0, lambda n: 10_000_000_000_000_000.0 + n * 2))], ("ids_look_cut", "digits", "ids"), SALES
    ),
    "ids as numbers": Fault([one_sheet(put(0, lambda n: 1000.0 + n))], right=SALES, is_quiet=True),
    "amounts with the noise of doubles": Fault(
        [one_sheet(put(3, lambda n: 99.99999999999999))], right=SALES, is_quiet=True
    ),
    "amounts as texts with a comma beside numbers": Fault(
        [one_sheet(put(3, lambda n: "100,00" if n % 2 else 100.0))], ("quarantined",), SALES
    ),
    "days as serial numbers without a format": Fault(
        [one_sheet(put(1, lambda n: 46000.0 + n))], ("quarantined", "serial"), SALES
    ),
    "yes and no as words of a spreadsheet": Fault(
        [
            Export(
                "orders",
                xlsx({"Orders": [[*HEAD, "is_cancelled"], *([*row, i % 3 == 0] for i, row in enumerate(rows()))]}),
                COLUMNS + ", is_cancelled: is_cancelled",
                "    format: xlsx",
                suffix=".xlsx",
            )
        ],
        right={"sales": 1600.0},
    ),
}

ARCHIVES: Mapping[str, Fault] = {
    "a sound archive": Fault([archive({"orders.csv": write_csv(rows())})], right=SALES, is_quiet=True),
    "two files of one archive that overlap": Fault(
        [archive({"a.csv": write_csv(rows(last=16)), "b.csv": write_csv(rows(first=9))})], right=SALES
    ),
    "one file in two folders": Fault(
        [archive({"a/orders.csv": write_csv(rows()), "b/orders.csv": write_csv(rows())})], right=SALES
    ),
    "one order in two files, with another amount": Fault(
        [archive({"a.csv": write_csv(rows()), "b.csv": write_csv(rows(put(3, lambda n: 50.0), first=1, last=8))})],
        ("file_times_are_equal",),
    ),
    "files that a Mac left beside": Fault(
        [archive({"orders.csv": write_csv(rows()), "__MACOSX/._orders.csv": b"\0\5\26\7", ".DS_Store": b"x"})],
        right=SALES,
    ),
    "a name in capitals": Fault([archive({"ORDERS.CSV": write_csv(rows())})], ("ORDERS", "fits", "member"), SALES),
    "an archive in an archive": Fault([archive({"inner.zip": b"PK\3\4"}, "*.zip")], ("archive",)),
    "a month each, taken for the whole": Fault(
        [archive({"a.csv": write_csv(rows(last=12)), "b.csv": write_csv(rows(first=13))}, delivery="full")],
        ("full",),
        SALES,
    ),
    "an empty file beside": Fault([archive({"a.csv": write_csv(rows()), "b.csv": ""})], ("empty",), SALES),
    "an archive that is cut off": Fault(
        [
            Export(
                "orders",
                bytes(archive({"orders.csv": write_csv(rows())}).text[:200]),  # type: ignore[arg-type]
                COLUMNS,
                '    member: "*.csv"\n    delivery: incremental',
                suffix=".zip",
            )
        ],
        ("cut", "archive", "zip"),
    ),
    "two gzipped texts in one file": Fault(
        [
            Export(
                "orders",
                gzip.compress(write_csv(rows(last=12)).encode())
                + gzip.compress(write_csv(rows(first=13)).split("\n", 1)[1].encode()),
                COLUMNS,
                "    format: csv.gz",
                suffix=".csv.gz",
            )
        ],
        right=SALES,
    ),
    "a gzipped text that is cut off": Fault(
        [
            Export(
                "orders",
                gzip.compress(write_csv(rows()).encode())[:-30],
                COLUMNS,
                "    format: csv.gz",
                suffix=".csv.gz",
            )
        ],
        ("cut", "gz"),
    ),
}

DATABASES: Mapping[str, Fault] = {
    "a sound table": Fault([database(PLAIN)], right=SALES, is_quiet=True),
    "amounts as doubles": Fault(
        [database(PLAIN.replace("numeric", "real"), put(3, lambda n: 33.1 + 66.9))], right=SALES, is_quiet=True
    ),
    "words in a column of numbers": Fault(
        [database(PLAIN, put(3, lambda n: "free" if n == 5 else 100))], ("quarantined",)
    ),
    "ids as doubles": Fault(
        [database(PLAIN.replace("order_id text", "order_id real"), put(0, lambda n: 1000.0 + n))], right=SALES
    ),
    "days as seconds since 1970": Fault(
        [database(PLAIN.replace("ordered_at text", "ordered_at integer"), put(1, lambda n: 1772000000 + n * 3600))],
        ("quarantined",),
        SALES,
    ),
    "days as Julian days": Fault(
        [database(PLAIN.replace("ordered_at text", "ordered_at real"), put(1, lambda n: 2461000.5 + n))],
        ("quarantined",),
        SALES,
    ),
    "bytes in place of texts": Fault(
        [database(PLAIN.replace("order_id text", "order_id blob"), put(0, lambda n: f"o{n}".encode()))],
        ("quarantined", "blob", "BLOB", "bytes"),
        SALES,
    ),
    "a query with a column twice": Fault(
        [database(PLAIN, query="'select *, 5 as gross_sales from orders'")], ("gross_sales", "twice"), SALES
    ),
    "a query that joins each order twice": Fault(
        [database(PLAIN, query="'select orders.* from orders, (select 1 as copy union all select 2) as copies'")],
        ("duplicate", "quarantined"),
        SALES,
    ),
    "an order without its id": Fault(
        [database(PLAIN, put(0, lambda n: None if n == 5 else f"o{n}"))], ("quarantined",)
    ),
    "a table that is gone": Fault([database(PLAIN, query="select * from sales")], ("sales", "table")),
}
