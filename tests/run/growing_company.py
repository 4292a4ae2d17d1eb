"""The sample company night by night: each night's exports hold what had happened by then.

What the company did is drawn once; of each export, a night sees the rows up to its day. Orders and their lines come as
a file a day, all others as one file that grows.
"""

import csv
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from regulars.pipelines.sample.sample_company import write_sample_company

Row = list[str]
FIRST_DAY = dt.date.min


@dataclass(frozen=True)
class Export:
    """One export: how its file is written, and where a row has its day."""

    path: str
    column: str
    form: str = "%Y-%m-%d"
    delimiter: str = ","
    encoding: str = "utf-8"


FULL = {
    "crm": Export("crm_contacts.csv", "Create Date", encoding="cp1252"),
    "shop_refunds": Export("shop_refunds.csv", "processed_at"),
    "nps": Export("nps_answers.csv", "Datum", "%d.%m.%Y", ";"),
    "coffee_club": Export("coffee_club.csv", "started_at"),
    "fx": Export("fx_rates.csv", "date", delimiter=";"),
    "helpdesk": Export("tickets.csv", "Opened"),
    "nps_invitations": Export("survey_invitations.csv", "sent"),
    "products": Export("products.csv", ""),
}
"""Source -> its export. `products` has no day: every night sees all of it."""

DAILY = ("orders", "order_lines")


@dataclass
class Rows:
    """The rows of an export by day; those whose day cannot be read are history."""

    header: Row
    by_day: dict[dt.date, list[Row]] = field(default_factory=dict)

    def until(self, day: dt.date) -> Iterable[Row]:
        return [row for each in sorted(self.by_day) if each <= day for row in self.by_day[each]]

    def add(self, day: dt.date, row: Row) -> None:
        self.by_day.setdefault(day, []).append(row)


class GrowingCompany:
    """The sample company in `folder`, of which each night sees what has happened.

    Args:
        folder: Where its settings and exports go.
        customers: How many it has at the end.
        seed: Which company.
    """

    def __init__(self, folder: Path, *, customers: int, seed: int = 1) -> None:
        self.folder = folder
        drawn = folder / "drawn"
        write_sample_company(drawn, customers=customers, seed=seed)
        exports = drawn / "exports"
        self._full = {name: self._read_full(exports, each) for name, each in FULL.items()}
        self._orders, days = self._read_orders(exports)
        self._lines = self._read_lines(exports, days)
        self._settings = yaml.safe_load((drawn / "regulars.yaml").read_text(encoding="utf-8"))
        kept = {*FULL, "shop_orders", "shop_order_lines"}
        self._settings["sources"] = {name: each for name, each in self._settings["sources"].items() if name in kept}

    def write_history(self, until: dt.date) -> None:
        """Write one file of orders, and one of lines, with everything up to a day."""
        for name, rows in zip(DAILY, (self._orders, self._lines), strict=True):
            self._write(f"{name}/{name}_{until}.csv", rows.header, rows.until(until), Export("", ""))

    def write_day(self, day: dt.date) -> None:
        """Write the orders and lines of one day."""
        for name, rows in zip(DAILY, (self._orders, self._lines), strict=True):
            self._write(f"{name}/{name}_{day}.csv", rows.header, rows.by_day.get(day, []), Export("", ""))

    def write_night(self, day: dt.date, **more: object) -> None:
        """Write the settings and every full export as of a day, and the orders of the day."""
        self.write_day(day)
        for name, export in FULL.items():
            rows = self._full[name]
            self._write(export.path, rows.header, rows.until(day), export)
        settings = {**self._settings, **more, "as_of": day}
        (self.folder / "regulars.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")

    def _write(self, path: str, header: Row, rows: Iterable[Row], export: Export) -> None:
        file_path = self.folder / "exports" / path
        file_path.parent.mkdir(parents=True, exist_ok=True)
        with file_path.open("w", encoding=export.encoding, newline="") as file:
            csv.writer(file, delimiter=export.delimiter, lineterminator="\n").writerows([header, *rows])

    @staticmethod
    def _read_full(exports: Path, export: Export) -> Rows:
        header, rows = _read(exports / export.path, export)
        found = Rows(header)
        place = header.index(export.column) if export.column else None
        for row in rows:
            found.add(FIRST_DAY if place is None else _find_day(row, place, export.form), row)
        return found

    @staticmethod
    def _read_orders(exports: Path) -> tuple[Rows, Mapping[str, dt.date]]:
        """The newest version of each order by the day on which it was made; order -> day."""
        header: Row = []
        newest: dict[str, Row] = {}
        for path in sorted((exports / "orders").glob("*.csv")):
            header, rows = _read(path, Export("", ""))
            newest |= {row[0]: row for row in rows if row}
        found, days = Rows(header), dict[str, dt.date]()
        for order, row in newest.items():
            days[order] = _find_day(row, header.index("created_at"), "%Y-%m-%d")
            found.add(days[order], row)
        return found, days

    @staticmethod
    def _read_lines(exports: Path, days: Mapping[str, dt.date]) -> Rows:
        header: Row = []
        newest: dict[str, list[Row]] = {}
        for path in sorted((exports / "order_lines").glob("*.csv")):
            header, rows = _read(path, Export("", ""))
            here: dict[str, list[Row]] = {}
            for row in rows:
                here.setdefault(row[0] if row else "", []).append(row)
            newest |= here
        found = Rows(header)
        for order, rows in newest.items():
            for row in rows:
                found.add(days.get(order, FIRST_DAY), row)
        return found


def _read(path: Path, export: Export) -> tuple[Row, list[Row]]:
    with path.open(encoding=export.encoding, newline="") as file:
        header, *rows = csv.reader(file, delimiter=export.delimiter)
    return header, [row for row in rows if row]


def _find_day(row: Row, place: int, form: str) -> dt.date:
    try:
        return dt.datetime.strptime(row[place][:10], form).date()  # noqa: DTZ007 - only its day is asked for
    except (ValueError, IndexError):
        return FIRST_DAY
