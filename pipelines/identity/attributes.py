"""The telephone numbers and names of customer records, as narrow frames.

Put here: reading them. Keep out: which rows name a customer (`references.py`), and what links records (`graph.py`).
"""

import polars as pl


def read_phones(customers: pl.DataFrame) -> pl.DataFrame:
    """Read customer records with a number: `node`, `system`, `phone`, `country` and the names."""
    with_phone = customers.filter(pl.col("phone").is_not_null())
    return with_phone.select("node", "system", "phone", "country", "first_name", "last_name")


def read_names(customers: pl.DataFrame) -> pl.DataFrame:
    """Read named customer records that are not deleted: `node`, `system`, `record_id`, `first_name`, `last_name`."""
    is_deleted = (pl.col("is_deleted").cast(pl.String).str.to_lowercase() == "true").fill_null(False)
    is_named = pl.col("first_name").is_not_null() | pl.col("last_name").is_not_null()
    living = customers.filter(is_named & ~is_deleted & pl.col("merged_into_record_id").is_null())
    return living.select("node", "system", "record_id", "first_name", "last_name")
