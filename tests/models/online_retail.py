"""Sales of the gift retailer "Online Retail", both years, as the models of demand and offers are tried on."""

from functools import cache
from pathlib import Path

import polars as pl
import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "online_retail"


@cache
def load_online_retail() -> pl.DataFrame:
    """Lines that were sold: `product`, `customer` (NULL: unknown), `day` (days since 1970), `quantity`."""
    if not FOLDER.is_dir():
        pytest.skip("the data of online_retail is not here: put it into ../shared/data/online_retail")
    names = ("invoice", "product", "quantity", "at", "price", "customer")
    older = pl.read_parquet(FOLDER / "online_retail_II_2009_2010.parquet").select(
        "Invoice", "StockCode", "Quantity", pl.col("InvoiceDate").str.to_datetime(), "Price", "Customer ID"
    )
    newer = pl.read_parquet(FOLDER / "online_retail_2010_2011.parquet").select(
        "InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"
    )
    both = [
        frame.rename(dict(zip(frame.columns, names, strict=True))).with_columns(pl.col("customer").cast(pl.Int64))
        for frame in (older, newer)
    ]
    before = both[0].filter(pl.col("at") < pl.datetime(2010, 12, 1))  # the files overlap
    return (
        pl.concat([before, both[1]])
        .filter(
            pl.col("quantity") > 0,
            pl.col("price") > 0,
            ~pl.col("invoice").str.starts_with("C"),
        )
        .select("product", "customer", "quantity", day=pl.col("at").dt.date().cast(pl.Int32))
    )
