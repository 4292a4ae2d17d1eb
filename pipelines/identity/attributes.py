"""What customer records say of people: numbers and names, as narrow frames of the staging tables.

Put here: reading them. Keep out: which rows name whom (`references.py`), and what links records (`graph.py`).
"""

import polars as pl

from regulars.pipelines.identity.references import Staging


def phones(staging: Staging) -> pl.LazyFrame:
    """Customer records with a number: `system`, `record_id`, `row_id`, `phone`, `country` and the names."""
    return (
        staging["customers"]
        .filter(pl.col("phone").is_not_null())
        .select(
            pl.col("_system").alias("system"),
            pl.col("customer_record_id").alias("record_id"),
            pl.col("_row_id").alias("row_id"),
            "phone",
            "country",
            "first_name",
            "last_name",
        )
    )


def names(staging: Staging) -> pl.LazyFrame:
    """Living customer records with a name: `system`, `record_id`, `first_name`, `last_name`."""
    is_deleted = (pl.col("is_deleted").cast(pl.String).str.to_lowercase() == "true").fill_null(False)
    is_named = pl.col("first_name").is_not_null() | pl.col("last_name").is_not_null()
    return (
        staging["customers"]
        .filter(is_named & ~is_deleted & pl.col("merged_into_record_id").is_null())
        .select(
            pl.col("_system").alias("system"),
            pl.col("customer_record_id").alias("record_id"),
            "first_name",
            "last_name",
        )
    )
