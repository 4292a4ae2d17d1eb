"""A company of a shared case: its files are landed, quarantined and made into core as a run does it, without people.

Put here: from files and settings to tables. Keep out: what a case expects.
"""

import datetime as dt
import os
import shutil
from pathlib import Path
from typing import Any

import duckdb

from regulars.pipelines.audit.accounting import write_excluded_rows, write_row_accounting
from regulars.pipelines.contracts.quarantine.quarantine_step import SourceFacts, run_quarantine_step
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.sources.deliveries import land_sources
from regulars.pipelines.sources.landed_rows import write_landed_rows
from regulars.pipelines.sources.landed_source import LandedSource
from tests.builders import select_into, warehouse
from tests.cases.shared_case import find_case
from tests.contracts.deliveries import raw_contracts

NOW = dt.datetime(2025, 7, 1, 3, 30, tzinfo=dt.UTC)


class Company:
    """The settings and files of one case."""

    def __init__(self, case: str, folder: Path, settings: dict[str, Any]) -> None:
        self.case, self.data, self.home = find_case(case), folder / "data", folder / "home"
        self.data.mkdir()
        company = {"name": case, "timezone": "UTC", "currency": "EUR"} | settings.pop("company", {})
        self.settings = Settings.model_validate({"company": company, **settings})

    def deliver(self, name: str, day: dt.date = dt.date(2025, 6, 30)) -> None:
        """Put a file of the case where the source looks for it, last changed at noon of a day."""
        shutil.copy(self.case / name, self.data / name)
        moment = dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC).timestamp()
        os.utime(self.data / name, (moment, moment))

    def land(self) -> dict[str, LandedSource]:
        landed = land_sources(self.settings, self.data, self.home, NOW, pause=lambda seconds: None)
        return {each.source: each for each in landed}

    def build(self, *tables: str) -> duckdb.DuckDBPyConnection:
        """Land everything, and make some tables of core and `meta.row_accounting` of it."""
        landed = self.land()
        con = warehouse(raw__company=[{"timezone": self.settings.company.timezone}])
        for kind in KINDS:
            con.execute(f"drop view raw.{kind}")
        write_landed_rows(con, self.settings, list(landed.values()), self.home)
        sources = {
            name: SourceFacts(source.max_quarantined, source.delivery_mode == "append", source.repeating_kinds)
            for name, source in self.settings.sources.items()
        }
        run_quarantine_step(con, raw_contracts(), sources)
        for table in (*tables, *(f"staging.{kind}" for kind in KINDS)):
            select_into(con, table)
        write_row_accounting(con)
        write_excluded_rows(con)
        return con
