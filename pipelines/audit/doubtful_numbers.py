"""Writes `meta.doubtful_numbers`: the reasons of all marts and the findings of the run in one ranked list.

Put here: which doubt comes first. Keep out: counting reasons (`reasons.py`), measuring findings (`findings/`).
"""

import duckdb
import polars as pl

from regulars.pipelines.run.run import Run

TABLE = "meta.doubtful_numbers"
READS = frozenset({"meta.reasons", "meta.findings"})
GROUPS = (
    *("warned", "headline_missing", "headline_unsure", "noted", "part_missing", "part_unsure", "not_over"),
    "acknowledged",
)
"""The values of `doubt_group`, what to read first before what to read last."""
NOT_OVER = r"^(the (week|month|period) is not over|not complete yet)$"
"""A reason that time alone ends: the period before has the numbers, where that is complete."""
COLUMNS = (
    *("doubt_rank", "doubt_group", "table_name", "doubt", "customers_at_stake", "emptied_columns"),
    *("headline_numbers_missing", "numbers_missing", "advice", "reason_group", "finding_id", "as_of"),
)
_REASONS = f"""
    select
        case
            when regexp_matches(reason, '{NOT_OVER}') then 'not_over'
            when headline_numbers_missing > 0 then 'headline_missing'
            when headline_rows_with_reason > 0 then 'headline_unsure'
            when numbers_missing > 0 then 'part_missing'
            else 'part_unsure'
        end as doubt_group,
        table_name, reason as doubt, customers_at_stake, emptied_columns, headline_numbers_missing, numbers_missing,
        null::varchar as advice, reason_group, null::varchar as finding_id, reason_rank as place,
    from meta.reasons
    where newest_rows_with_reason > 0
"""
_FINDINGS = """
    select
        case
            when is_acknowledged then 'acknowledged'
            when severity = 'info' then 'noted'
            else 'warned'
        end as doubt_group,
        table_name, sentence as doubt, null::bigint as customers_at_stake, null::varchar as emptied_columns,
        null::bigint as headline_numbers_missing, null::bigint as numbers_missing, advice,
        null::varchar as reason_group, finding_id,
        row_number() over (order by finding_id) as place,
    from meta.findings
"""


def write_doubtful_numbers(run: Run) -> None:
    """Write the table: a row per reason of now, and per finding."""
    types = run.contracts[TABLE].types
    found = list_doubts(run.warehouse.con).with_columns(as_of=pl.lit(run.as_of))
    run.warehouse.write_frame(TABLE, found.select(name for name, _ in types), types)


def list_doubts(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """List both in one order: the columns of `COLUMNS` but `as_of`.

    Within a group, what concerns most customers is first: customers can be counted alike in all marts, while money is
    of a month in one and of all history in another.

    Args:
        con: The build, with `meta.reasons` and `meta.findings`.
    """
    rows = con.execute(f"{_REASONS} union all {_FINDINGS}").pl()
    keys = [pl.col("doubt_group").cast(pl.Enum(GROUPS)), "customers_at_stake", "place", "doubt"]
    ordered = rows.sort(keys, descending=[False, True, False, False], nulls_last=True)
    return ordered.with_columns(doubt_rank=pl.int_range(1, pl.len() + 1)).select(COLUMNS[:-1])
