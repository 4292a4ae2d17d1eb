"""A shop with exports of a handful of rows, to run runs on as the command line does, in this process."""

import contextlib
import csv
import io
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from regulars import cli
from regulars.pipelines.home.home import Home

COMPANY = """
company: {name: Corner Shop, timezone: Europe/London, currency: GBP}
as_of: 2024-03-31
findings: {thresholds: {as_of_behind: 36500}}
sources:
"""
CRM = """
  crm:
    path: crm.csv
    kind: customers
    columns:
      {customer_record_id: id, first_name: name, email: email, phone: phone, owner: owner, merged_record_ids: merged}
"""
ORDERS = """
  till:
    path: orders-*.csv
    kind: orders
    delivery: incremental
    columns:
      order_id: order
      customer_record_id: customer
      customer_system: {value: crm}
      email: email
      ordered_at: at
      gross_sales: total
      currency: currency
"""
LINES = """
  lines:
    path: lines-*.csv
    kind: order_lines
    delivery: incremental
    required: true
    columns: {order_id: order, customer_record_id: customer, ordered_at: at, product_id: product, quantity: quantity,
      unit_price: price}
"""
SURVEY = """
  survey:
    path: answers.csv
    kind: survey_responses
    max_age_hours: 48
    columns:
      response_id: id
      survey_type: {value: nps}
      scale_min: {value: "0"}
      scale_max: {value: "10"}
      score: score
      answered_at: at
      email: email
      comment: comment
"""
FOUR_ORDERS = (
    ("order", "customer", "email", "at", "total", "currency"),
    ("o1", "c1", "", "2024-01-05 10:00:00", "100.00", "GBP"),
    ("o2", "c1", "", "2024-02-10 11:00:00", "50.50", "GBP"),
    ("o3", "c2", "", "2024-02-20 12:00:00", "20.00", "GBP"),
    ("o4", "", "guest@example.org", "2024-03-01 13:00:00", "30.00", "GBP"),
)
TWO_CUSTOMERS = (
    ("id", "name", "email", "phone", "owner", "merged"),
    ("c1", "Ann", "ann@example.org", "020 7946 0001", "Olive", ""),
    ("c2", "Bob", "bob@example.org", "020 7946 0002", "Olive", ""),
)
THREE_ANSWERS = (
    ("id", "score", "at", "email", "comment"),
    ("a1", "10", "2024-03-02 09:00:00", "ann@example.org", "lovely"),
    ("a2", "6", "2024-03-03 09:00:00", "bob@example.org", ""),
    ("a3", "9", "2024-03-04 09:00:00", "", ""),
)
Row = tuple[str, ...]


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    stdout: str
    stderr: str


def run_regulars(*arguments: str | Path, **environment: str) -> Done:
    """Run a command of the command line in this process: Dagster and Great Expectations are loaded once, not each time.

    The environment of the tests is not seen: no home, settings or history of Dagster but those of `environment`.
    """
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("REGULARS_", "DAGSTER_"))]:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["regulars", *map(str, arguments)])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
            cli.main()
    code = ended.value.code or 0
    return Done(code if isinstance(code, int) else 1, out.getvalue(), err.getvalue())


class Shop:
    """A company: a folder of exports with a settings file, and its runs."""

    def __init__(self, folder: Path, home: Path | None = None) -> None:
        self.folder, self.home = folder, Home(home or folder / "home")
        self.said = ""
        self.environment: dict[str, str] = {}

    def set_up(self, *sources: str, company: str = COMPANY) -> None:
        (self.folder / "regulars.yaml").write_text(company + "".join(sources), encoding="utf-8")

    def deliver(self, name: str, *rows: Row, hours_ago: float = 1) -> None:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        moment = time.time() - hours_ago * 3600
        os.utime(path, (moment, moment))

    def run(self, *arguments: str) -> int:
        """Run one run as the command line does, in this process; what it said is in `said`."""
        settings = self.folder / "regulars.yaml"
        command = ("run", "--settings", settings, "--home", self.home.path, *arguments)
        done = run_regulars(*command, **self.environment)
        self.said = done.stdout + done.stderr
        return done.code

    def ask(self, query: str, generation: int | None = None) -> list[tuple[object, ...]]:
        folder = self.home.current_link
        if generation is not None:
            folder = next(each.path for each in self.home.generations() if each.number == generation)
        with duckdb.connect(str(folder / "regulars.duckdb"), read_only=True) as con:
            return con.execute(query).fetchall()

    def customers_by_record(self, generation: int | None = None) -> dict[object, object]:
        """The CRM's id -> ours."""
        query = "select source_record_id, customer_id from core.customer_source_ids where record_type = 'customer'"
        return dict(self.ask(query, generation))  # type: ignore[arg-type]

    def moved_to(self, folder: Path) -> "Shop":
        """A copy of the company with its home, to go on with."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Shop(folder)
