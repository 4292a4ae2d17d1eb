"""Chooses the records to compare: those with a value in common, at most as many as a block holds.

Put here: the columns that are compared, and the blocks. Keep out: how similar two records are (`compared.py`).

All pairs of 1.2 million records are 720 billion. So a record is compared with those of its blocks only: the same
number, the same full name, the same address before the @, or the same city with one name and the beginning of the
other.
"""

from dataclasses import dataclass

import polars as pl

from regulars.pipelines.identity.graph import Nodes
from regulars.pipelines.identity.keys.emails import EmailRules, add_normal_email
from regulars.pipelines.identity.keys.names import fold_names
from regulars.pipelines.identity.keys.phones import ASCII_DIGITS
from regulars.pipelines.identity.references import Staging

MOST_RECORDS = 60
"""A larger block says nothing about a person, and costs too much: its records are compared only in other blocks."""
PHONE_DIGITS = 9
"""The number of last digits to compare: before them is a country code, or a 0."""
SHORTEST_LOCAL = 5
"""Shorter names before the @ (`info`) do not identify a person."""
FEWEST_DIGITS = 2
"""With this many digits, a name before the @ is distinctive, even if it is otherwise the given and family name."""
ADDRESS = ("email", "local", "digits", "domain", "own_local")
"""An address; what is before the @, without dots; the digits in that; the domain; and what is before the @ if it is
more than the given and family name, which are compared already."""

COMPARED = {
    "unique_id": pl.Int64,
    "node": pl.Int64,
    "contact": pl.Int64,
    "record_key": pl.String,
    **dict.fromkeys(("given", "family", *ADDRESS, "phone", "city", "company"), pl.String),
}
"""One row per customer record with both names: its node, its person by exact keys, and what is compared."""

BLOCKS = ("by_phone", "by_name", "by_local", "by_family", "by_given")
"""Columns; records with an equal value are compared."""


@dataclass(frozen=True)
class Compared:
    """The records to compare, and how many comparisons they lack.

    Attributes:
        records: The columns of `COMPARED`, and `BLOCKS`.
        partly_compared_count: How many of them are in a block of more than `MOST_RECORDS`, and are not compared there.
        uncompared_count: How many of those are alone in all of their other blocks: they are not compared at all.
    """

    records: pl.DataFrame
    partly_compared_count: int
    uncompared_count: int


def list_compared(nodes: Nodes, contacts: pl.Series, staging: Staging, rules: EmailRules) -> Compared:
    """The records to compare, sorted by key, so that the result does not depend on the order of deliveries.

    Args:
        nodes: The nodes of the graph.
        contacts: The person of every node.
        staging: The staging tables.
        rules: How addresses are normalised.
    """
    digits = pl.col("phone").str.replace(r"\.0$", "").str.replace_many(ASCII_DIGITS).str.replace_all(r"\D", "")
    rows = (
        staging["customers"]
        .select(
            *fold_names(),
            "email",
            pl.when(digits.str.len_chars() >= PHONE_DIGITS).then(digits.str.tail(PHONE_DIGITS)).alias("phone"),
            _fold("city").alias("city"),
            _fold("company_name").alias("company"),
            pl.col("_system").alias("system"),
            pl.col("customer_record_id").alias("record_id"),
        )
        .filter(pl.col("given").is_not_null() & pl.col("family").is_not_null())
        .collect()
    )
    rows = (
        add_normal_email(rows, rules)
        .join(nodes.records.select("system", "record_id", "node"), on=["system", "record_id"])
        .with_columns(
            record_key=pl.concat_str(pl.lit("customer"), "system", "record_id", separator="/"),
            local=pl.col("email").str.extract(r"^([^@+]*)").str.replace_all(r"[._-]", ""),
            domain=pl.col("email").str.extract(r"@(.*)$"),
        )
        .with_columns(digits=pl.col("local").str.replace_all(r"\D", ""))
        .with_columns(own_local=pl.when(_is_own()).then("local"))
        .unique("record_key", keep="any")
        .sort("record_key")
        .with_row_index("unique_id")
    )
    rows = rows.with_columns(contact=contacts.gather(rows["node"])).select(
        pl.col(name).cast(kind) for name, kind in COMPARED.items()
    )
    rows = rows.with_columns(_block(*columns).alias(name) for name, columns in _list_blocks().items())
    return _leave_out_large_blocks(rows)


def _leave_out_large_blocks(rows: pl.DataFrame) -> Compared:
    """Replace blocks that too many records share by NULL, and count the records concerned."""
    sizes = {name: pl.when(pl.col(name).is_not_null()).then(pl.len().over(name)) for name in BLOCKS}
    is_left_out = pl.any_horizontal(size > MOST_RECORDS for size in sizes.values()).fill_null(value=False)
    is_compared = pl.any_horizontal(size.is_between(2, MOST_RECORDS) for size in sizes.values()).fill_null(value=False)
    counted = rows.select(
        partly=is_left_out.cast(pl.Int64).sum(), nowhere=(is_left_out & ~is_compared).cast(pl.Int64).sum()
    )
    records = rows.with_columns(pl.when(size <= MOST_RECORDS).then(name).alias(name) for name, size in sizes.items())
    return Compared(records, counted["partly"][0], counted["nowhere"][0])


def _is_own() -> pl.Expr:
    """Whether the part before the @ is more than the names."""
    plain = {
        name: pl.col(name).str.replace_all("ß", "ss", literal=True).str.replace_all(r"([aou])e", "$1")
        for name in ("local", "given", "family")
    }
    is_of_names = plain["local"].str.contains(plain["given"], literal=True) | plain["local"].str.contains(
        plain["family"], literal=True
    )
    is_long = pl.col("local").str.len_chars() >= SHORTEST_LOCAL
    return is_long & (~is_of_names | (pl.col("digits").str.len_chars() >= FEWEST_DIGITS))


def _list_blocks() -> dict[str, tuple[pl.Expr, ...]]:
    """Block -> what its records have in common."""
    return {
        "by_phone": (pl.col("phone"),),
        "by_name": (pl.col("given"), pl.col("family")),
        "by_local": (pl.col("own_local"),),
        "by_family": (pl.col("family"), pl.col("given").str.head(1), pl.col("city")),
        "by_given": (pl.col("given"), pl.col("family").str.head(2), pl.col("city")),
    }


def _block(*parts: pl.Expr) -> pl.Expr:
    """The parts together; NULL where one of them is."""
    return pl.concat_str(*parts, separator="\x1f")


def _fold(column: str) -> pl.Expr:
    """Without accents, capitals and blanks around; NULL where nothing is left."""
    text = pl.col(column).str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase().str.strip_chars()
    return pl.when(text != "").then(text)
