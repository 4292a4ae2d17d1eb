"""Parquet files: every column as text, as a person would write it.

Put here: reading a Parquet file once. Keep out: what its columns mean.
"""

from pathlib import Path

import duckdb

from regulars.pipelines.sources.readers.header import column_names
from regulars.pipelines.sources.readers.landed_text import Landed, describing, private_connection
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_EXACT_DOUBLE = 2**53


def read_parquet_file(original: Path, file_name: str, file_sha256: str, work: Path) -> Landed:
    """Read a Parquet file once, into `work/landed.parquet`.

    Whole doubles (what pandas makes of ids when one is missing) are written without `.0`; moments as
    `YYYY-MM-DD HH:MM:SS`, those with a zone in UTC with `+00:00` behind; nested values as JSON.

    Raises:
        Refusal: The file is cut off, damaged, no Parquet, or has no columns.
    """
    _refuse_unfinished(original, file_name)
    with private_connection() as con:
        source = f"read_parquet({quote_literal(original)})"
        try:
            described = con.execute(f"describe from {source}").fetchall()
            names = [str(name) for name, *_ in described]
            columns = column_names(names)
            count = con.execute(f"select count(*) from {source}").fetchall()[0][0]
            landed = Landed(file_sha256, tuple(names), tuple(columns), "parquet", int(count), 0)
            selected = ", ".join(
                f"{_as_text(quote_identifier(name), str(kind))} as {quote_identifier(column)}"
                for (name, kind, *_), column in zip(described, columns, strict=True)
            )
            written = quote_literal(work / "landed.parquet")
            con.execute(f"copy (select {selected} from {source}) to {written} ({describing(landed)})")
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


def _as_text(column: str, kind: str) -> str:
    if kind in ("DOUBLE", "FLOAT"):
        is_whole = f"{column} = trunc({column}) and abs({column}) <= {_EXACT_DOUBLE}"
        return f"case when {is_whole} then {column}::bigint::varchar else {column}::varchar end"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {column})::varchar || '+00:00'"
    if kind.startswith("TIMESTAMP"):
        return f"{column}::timestamp::varchar"
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return f"to_json({column})::varchar"
    return f"nullif({column}::varchar, '')"
