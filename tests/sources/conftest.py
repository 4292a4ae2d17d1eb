"""A small company whose deliveries a test writes by hand: `shop.write(...)`, `shop.land()`, `shop.rows("orders")`."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from regulars.pipelines.findings.evaluate import Policy
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.sources.deliveries import land_sources
from regulars.pipelines.sources.landed_rows import write_landed_rows
from regulars.pipelines.sources.landed_source import LandedSource
from regulars.pipelines.sources.readers.refusal import Refusal

NOW = dt.datetime(2026, 1, 10, 3, 30, tzinfo=dt.UTC)
ORDERS: dict[str, Any] = {
    "path": "orders.csv",
    "delivery": "full",
    "kind": "orders",
    "columns": {"order_id": "id", "ordered_at": "day", "gross_sales": "total"},
}


class Shop:
    def __init__(self, folder: Path) -> None:
        self.data, self.home = folder / "data", folder / "home"
        self.data.mkdir()
        self.sources: dict[str, dict[str, Any]] = {"shop": dict(ORDERS)}
        self.timezone = "UTC"
        self.rest: dict[str, Any] = {}

    @property
    def settings(self) -> Settings:
        company = {"name": "Shop", "timezone": self.timezone, "currency": "EUR"}
        return Settings.model_validate({"company": company, "sources": self.sources, **self.rest})

    def write(self, name: str, content: bytes | str, *, hours_old: float = 1) -> Path:
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        moment = (NOW - dt.timedelta(hours=hours_old)).timestamp()
        os.utime(path, (moment, moment))
        return path

    def land(self, **how: Any) -> dict[str, LandedSource]:
        how.setdefault("pause", lambda seconds: None)
        if "allow" in how:
            how["policy"] = Policy(NOW.date(), allowed={"shrink": how.pop("allow")})
        return {
            landed_source.source: landed_source
            for landed_source in land_sources(self.settings, self.data, self.home, NOW, **how)
        }

    def refusal(self, source: str = "shop", **how: Any) -> Refusal | None:
        refusals = self.land(**how)[source].refusals
        return refusals[0] if refusals else None

    def delivered(self, landed_sources: dict[str, LandedSource] | None = None) -> duckdb.DuckDBPyConnection:
        landed_sources = landed_sources or self.land()
        con = duckdb.connect()
        write_landed_rows(con, self.settings, list(landed_sources.values()), self.home)
        return con

    def rows(self, columns: str, table: str = "orders") -> list[tuple[Any, ...]]:
        with self.delivered() as con:
            return con.execute(f"select {columns} from landed.{table} order by all").fetchall()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)
