"""One small sample company, written once for all tests of this room."""

from pathlib import Path

import polars as pl
import pytest

from regulars.pipelines.sample.sample_company import write_sample_company


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "company"
    write_sample_company(folder, customers=1200, seed=7)
    return folder


def _read_ragged(path: Path, delimiter: str = ",") -> pl.DataFrame:
    return pl.read_csv(path, separator=delimiter, infer_schema=False, truncate_ragged_lines=True)


@pytest.fixture(scope="session")
def orders(company: Path) -> pl.DataFrame:
    """Every delivered order row that is whole, with the number of its delivery."""
    files = sorted((company / "exports" / "orders").glob("*.csv"))
    rows = pl.concat([_read_ragged(f).with_columns(delivery=pl.lit(n)) for n, f in enumerate(files)])
    return rows.filter(~pl.col("order_id").str.starts_with("KK9"), pl.col("order_id").is_not_null())


@pytest.fixture(scope="session")
def latest_orders(orders: pl.DataFrame) -> pl.DataFrame:
    """Each order as its latest delivery has it."""
    return orders.with_row_index().sort("delivery", "index").unique("order_id", keep="last", maintain_order=True)


@pytest.fixture(scope="session")
def latest_lines(company: Path) -> pl.DataFrame:
    """The lines of each order as its latest delivery has them, with cents."""
    files = sorted((company / "exports" / "order_lines").glob("*.csv"))
    rows = pl.concat([_read_ragged(f).with_columns(delivery=pl.lit(n)) for n, f in enumerate(files)])
    rows = rows.filter(~pl.col("order_id").str.starts_with("KK9"), pl.col("quantity") != "zwei")
    newest = pl.col("delivery") == pl.col("delivery").max().over("order_id")
    cents = pl.col("quantity").cast(pl.Int64) * (pl.col("price").cast(pl.Float64) * 100).round().cast(pl.Int64)
    return rows.filter(newest).with_columns(cents=cents)
