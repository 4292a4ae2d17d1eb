"""What customer records say of people: numbers and names, as narrow frames.

Put here: reading them. Keep out: which rows name whom (`references.py`), and what links records (`graph.py`).
"""

import polars as pl


def phones(customers: pl.DataFrame) -> pl.DataFrame:
    """Customer records with a number: `node`, `system`, `phone`, `country` and the names."""
    with_phone = customers.filter(pl.col("phone").is_not_null())
    return with_phone.select("node", "system", "phone", "country", "first_name", "last_name")


def names(customers: pl.DataFrame) -> pl.DataFrame:
    """Living customer records with a name: `node`, `system`, `record_id`, `first_name`, `last_name`."""
    is_deleted = (pl.col("is_deleted").cast(pl.String).str.to_lowercase() == "true").fill_null(False)
    is_named = pl.col("first_name").is_not_null() | pl.col("last_name").is_not_null()
    living = customers.filter(is_named & ~is_deleted & pl.col("merged_into_record_id").is_null())
    return living.select("node", "system", "record_id", "first_name", "last_name")
