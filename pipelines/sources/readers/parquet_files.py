"""Reads a delivered Parquet file into landed text: every column as text, as a person would write it.

Put here: reading a Parquet file once. Keep out: what its columns mean.
"""

from pathlib import Path

import duckdb

from regulars.pipelines.sources.readers.header import name_columns
from regulars.pipelines.sources.readers.landed_text import Landed, open_private_connection, write_copy_options
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_EXACT_DOUBLE = 2**53


def read_parquet_file(original: Path, file_name: str, file_sha256: str, work: Path) -> Landed:
    """Read a Parquet file once, into `work/landed.parquet`.

    Whole doubles (what pandas makes of ids when one is missing) are written without `.0`; moments as
    `YYYY-MM-DD HH:MM:SS`, those with a zone in UTC with `+00:00` behind; nested values as JSON.

    Raises:
        Refusal: The file is cut off, damaged, not Parquet, or has no columns.
    """
    _refuse_unfinished(original, file_name)
    with open_private_connection() as con:
        rows = f"read_parquet({quote_literal(original)})"
        try:
            description = con.execute(f"describe from {rows}").fetchall()
            names = [str(name) for name, *_ in description]
            columns = name_columns(names)
            count = con.execute(f"select count(*) from {rows}").fetchall()[0][0]
            landed = Landed(file_sha256, tuple(names), tuple(columns), "parquet", int(count), 0)
            texts = ", ".join(
                f"{convert_to_text(quote_identifier(name), str(data_type))} as {quote_identifier(column)}"
                for (name, data_type, *_), column in zip(description, columns, strict=True)
            )
            con.execute(f"""
                copy (select {texts} from {rows})
                to {quote_literal(work / "landed.parquet")} ({write_copy_options(landed)})
            """)
        except (duckdb.IOException, duckdb.OutOfMemoryException):
            raise
        except duckdb.Error as error:
            raise Refusal("damaged", f"{file_name} cannot be read as Parquet: deliver it again") from error
    return landed


def _refuse_unfinished(original: Path, file_name: str) -> None:
    size = original.stat().st_size
    if size == 0:
        raise Refusal("empty", f"{file_name} is empty: deliver it again")
    with original.open("rb") as stream:
        start = stream.read(4)
        stream.seek(-min(4, size), 2)
        end = stream.read(4)
    if start != b"PAR1":
        raise Refusal("not_a_table", f"{file_name} is not Parquet: see that `format` is right, or run the export again")
    if end != b"PAR1" or size < 12:
        raise Refusal("truncated", f"{file_name} has no Parquet footer, so it is cut off: deliver it again")


def convert_to_text(column: str, data_type: str) -> str:
    """The SQL expression that writes a quoted column of a DuckDB type as a person would."""
    if data_type in ("DOUBLE", "FLOAT"):
        is_whole = f"{column} = trunc({column}) and abs({column}) <= {_EXACT_DOUBLE}"
        return f"case when {is_whole} then {column}::bigint::varchar else {column}::varchar end"
    if data_type == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {column})::varchar || '+00:00'"
    if data_type.startswith("TIMESTAMP"):
        return f"{column}::timestamp::varchar"
    if data_type.endswith("]") or data_type.startswith(("STRUCT", "MAP", "UNION")):
        return f"to_json({column})::varchar"
    return f"nullif({column}::varchar, '')"
