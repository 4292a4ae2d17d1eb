"""Finds records that are probably one person although no exact key links them, with splink in its own database.

Put here: the probability of pairs. Keep out: what is compared (`compared.py`, `blocks.py`), and the use of likely pairs
(`links.py`).

The model is that of Fellegi and Sunter: for every attribute, how often records of one person reach a level of
similarity (given, `Level.share`), against how often records of two persons do (counted here, in the company's records).
There is no iterative training, only one thread, and every sample is drawn by a hash of ids: the same records give the
same pairs on any machine.
"""

import importlib.util
from collections.abc import Collection
from typing import Any

import duckdb
import polars as pl

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.identity.fuzzy.blocks import BLOCKS
from regulars.pipelines.identity.fuzzy.compared import ADJUSTED_BY_FREQUENCY, SETTING_OF, Level, list_levels
from regulars.pipelines.identity.keys.names import differ_clearly

TWINS_PER_RECORD = 0.05
"""The prior: the expected share of records with a second one that no key finds."""
SAMPLED_RECORDS = 600
"""The sample whose pairs, 180,000, show how similar records of different persons are."""
LEAST_CHANCE = 1e-9
"""The probability of an equal value where no two records have one."""
DIGITS = 4
"""The digits of a published probability."""

LIKELY = {"left": pl.Int64, "right": pl.Int64, "probability": pl.Float64, "in_common": pl.String}
"""One row per pair of persons: the `unique_id` of their two most similar records, the probability that they are one
person, 0 to 1, and what they have in common, in words."""


def find_likely_pairs(compared: pl.DataFrame, *, threshold: float, attributes: Collection[str]) -> pl.DataFrame:
    """Find the records of different persons that are probably one person.

    Args:
        compared: The columns of `blocks.COMPARED` and `blocks.BLOCKS`.
        threshold: The least probability, 0 to 1.
        attributes: What may be compared: values of `SETTING_OF`.

    Returns:
        The columns of `LIKELY`, the most likely first; of each pair of persons the most likely pair of records.

    Raises:
        SettingsWrong: splink is not installed.
    """
    if importlib.util.find_spec("splink") is None:
        raise SettingsWrong("identity.fuzzy needs splink: `pip install 'regulars[fuzzy]'`")
    if len(compared) < 2:
        return pl.DataFrame(schema=LIKELY)
    columns = [column for column, setting in SETTING_OF.items() if setting in attributes]
    config: dict[str, str | bool | int | float | list[str]] = {"threads": 1, "autoload_known_extensions": False}
    with duckdb.connect(":memory:", config=config) as con:
        con.register("frame_of_records", compared.to_arrow())
        con.execute("create table records as from frame_of_records")
        con.unregister("frame_of_records")
        con.execute("set enable_external_access = false")
        comparisons = [_describe_comparison(con, column) for column in columns]
        pairs = _predict(con, comparisons, columns, len(compared), threshold)
    return _choose(_leave_out_other_names(pairs, compared), columns, threshold)


def _predict(
    con: duckdb.DuckDBPyConnection, comparisons: list[dict[str, Any]], columns: list[str], count: int, threshold: float
) -> pl.DataFrame:
    """Pairs of records of different persons from about `threshold` on, as splink writes them."""
    from splink import DuckDBAPI, Linker

    blocks = [f"l.{name} = r.{name} and l.contact <> r.contact" for name in BLOCKS]
    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "probability_two_random_records_match": min(0.5, 2 * TWINS_PER_RECORD / count),
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": blocks,
        "additional_columns_to_retain": ["contact"],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
    }
    linker = Linker("records", settings, DuckDBAPI(con), set_up_basic_logging=False)
    predicted = linker.inference.predict(threshold_match_probability=max(0.0, threshold - 10**-DIGITS))
    gammas = [f"gamma_{column}" for column in columns]
    pairs = con.table(predicted.physical_name).select(
        *("unique_id_l", "unique_id_r", "contact_l", "contact_r", "match_probability"), *gammas
    )
    return pairs.pl()


def _leave_out_other_names(pairs: pl.DataFrame, compared: pl.DataFrame) -> pl.DataFrame:
    """The pairs without those whose names differ clearly: a family has much in common."""
    names = compared.select("unique_id", name=pl.struct("given", "family"))
    left, right = (
        pairs.select(unique_id=f"unique_id_{side}").join(names, on="unique_id", how="left", maintain_order="left")
        for side in ("l", "r")
    )
    differ = [
        differ_clearly((one["given"], one["family"]), (other["given"], other["family"]))
        for one, other in zip(left["name"], right["name"], strict=True)
    ]
    return pairs.filter(~pl.Series(differ, dtype=pl.Boolean))


def _choose(pairs: pl.DataFrame, columns: list[str], threshold: float) -> pl.DataFrame:
    """Choose the most likely two records of every pair of persons, and describe them in words."""
    contacts = ("contact_l", "contact_r")
    return (
        pairs.with_columns(
            pl.min_horizontal("unique_id_l", "unique_id_r").alias("left"),
            pl.max_horizontal("unique_id_l", "unique_id_r").alias("right"),
            pl.min_horizontal(contacts).alias("one"),
            pl.max_horizontal(contacts).alias("other"),
            pl.col("match_probability").round(DIGITS).alias("probability"),
            in_common=pl.concat_str([_word(column) for column in columns], separator=", ", ignore_nulls=True),
        )
        .filter(pl.col("probability") >= threshold)
        .sort(-pl.col("probability"), "left", "right")
        .unique(["one", "other"], keep="first", maintain_order=True)
        .select(pl.col(name).cast(kind) for name, kind in LIKELY.items())
    )


def _word(column: str) -> pl.Expr:
    """Describe what two records have in common in a column; NULL for nothing.

    splink numbers levels from 0, the least similar.
    """
    levels = list_levels(column)
    words = {len(levels) - 1 - place: level.words for place, level in enumerate(levels) if level.words}
    return pl.col(f"gamma_{column}").cast(pl.Int64).replace_strict(words, default=None, return_dtype=pl.String)


def _describe_comparison(con: duckdb.DuckDBPyConnection, column: str) -> dict[str, Any]:
    """The comparison of a column as splink reads it."""
    levels = list_levels(column)
    made: list[dict[str, Any]] = [
        {
            "sql_condition": f"{column}_l is null or {column}_r is null",
            "label_for_charts": "unknown",
            "is_null_level": True,
        }
    ]
    for level, chance in zip(levels, _count_chances(con, column, levels), strict=True):
        described = {
            "sql_condition": level.condition or "else",
            "label_for_charts": level.words or "different",
            "m_probability": level.share,
            "u_probability": chance,
        }
        if level is levels[0] and column in ADJUSTED_BY_FREQUENCY:
            described["tf_adjustment_column"] = column
        made.append(described)
    return {"output_column_name": column, "comparison_levels": made}


def _count_chances(con: duckdb.DuckDBPyConnection, column: str, levels: list[Level]) -> list[float]:
    """How often records of two persons reach each level of a column: the first exactly, the others in a sample.

    A level that the sample does not reach gets half a pair: it is rare, not impossible.
    """
    equal = con.execute(f"""
        select coalesce(sum(n * (n - 1)) / nullif(sum(n) * (sum(n) - 1), 0), 0)
        from (select count(*)::double as n from records where {column} is not null group by {column})
    """).fetchall()[0][0]
    cases = " ".join(f"when {level.condition} then {place}" for place, level in enumerate(levels) if level.condition)
    counted = dict(
        con.execute(f"""
            with sample as (
                from records
                where {column} is not null
                order by md5(record_key)
                limit {SAMPLED_RECORDS}
            )

            select case {cases} else {len(levels) - 1} end as level, count(*)
            from (
                select columns(l.*) as '\\0_l', columns(r.*) as '\\0_r',
                from sample as l
                join sample as r on l.unique_id < r.unique_id and l.contact <> r.contact
            )
            group by level
        """).fetchall()
    )
    total = max(1, sum(counted.values()))
    rest = [max(counted.get(place, 0), 0.5) / total for place in range(1, len(levels))]
    return [equal or LEAST_CHANCE, *rest]
