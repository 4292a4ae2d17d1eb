"""Reads a delivered Parquet file into landed text: every column as text, as a person would write it.

Put here: reading a Parquet file once. Keep out: what its columns mean.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from regulars.pipelines.sources.readers.header import name_columns
from regulars.pipelines.sources.readers.landed_text import Landed, open_private_connection, write_copy_options
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_EXACT_DOUBLE = 2**53
_BATCH = 50_000


def read_parquet_file(original: Path, file_name: str, file_sha256: str, work: Path) -> Landed:
    """Read a Parquet file once, into `work/landed.parquet`.

    Whole doubles (what pandas makes of ids when one is missing) are written without `.0`, decimals with all their
    digits; moments as `YYYY-MM-DD HH:MM:SS`, those with a zone in UTC with `+00:00` behind. A field of a struct is a
    column of its own, as `customer.email`; structs, lists and maps are JSON too.

    Raises:
        Refusal: The file is cut off, damaged, not Parquet, or has no columns.
    """
    _refuse_unfinished(original, file_name)
    try:
        readable, wide = _write_wide_decimals_as_text(original, work / "readable.parquet")
        fields = list(_list_fields(pq.read_schema(readable)))
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Refusal("damaged", f"{file_name} cannot be read as Parquet: deliver it again") from error
    with open_private_connection() as con:
        rows = f"read_parquet({quote_literal(readable)})"
        try:
            values = ", ".join(f"{value} as c{at}" for at, (_, value) in enumerate(fields))
            description = con.execute(f"describe select {values} from {rows}").fetchall()
            names = [name for name, _ in fields]
            columns = name_columns(names)
            count = con.execute(f"select count(*) from {rows}").fetchall()[0][0]
            landed = Landed(file_sha256, tuple(names), tuple(columns), "parquet", int(count), 0)
            texts = ", ".join(
                f"{convert_to_text(value, str(data_type), is_wide=name in wide)} as {quote_identifier(column)}"
                for (name, value), (_, data_type, *_), column in zip(fields, description, columns, strict=True)
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


def _list_fields(schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """The name of each column and of each field within structs, with the SQL that reads it."""
    for field in schema:
        yield from _list_fields_of(field.name, field.type, quote_identifier(field.name))


def _list_fields_of(name: str, data_type: pa.DataType, value: str) -> Iterator[tuple[str, str]]:
    yield name, value
    if isinstance(data_type, pa.StructType):
        for at in range(data_type.num_fields):
            field = data_type.field(at)
            inner = f"struct_extract({value}, {quote_literal(field.name)})"
            yield from _list_fields_of(f"{name}.{field.name}", field.type, inner)


def _write_wide_decimals_as_text(original: Path, target: Path) -> tuple[Path, set[str]]:
    """A file in which decimals of more than 38 digits are text, since DuckDB reads them as doubles; and their names.

    It is the original where that has none.
    """
    schema = pq.read_schema(original)
    plain = pa.schema([field.with_type(_replace_wide_decimals(field.type)) for field in schema])
    if plain.equals(schema.remove_metadata()):
        return original, set()
    with pq.ParquetFile(original) as delivered, pq.ParquetWriter(target, plain) as writer:
        for batch in delivered.iter_batches(_BATCH):
            writer.write_table(pa.Table.from_batches([batch]).cast(plain))
    before, now = dict(_list_types(schema)), dict(_list_types(plain))
    return target, {name for name, data_type in before.items() if data_type != now[name] and now[name] == pa.string()}


def _list_types(schema: pa.Schema) -> Iterator[tuple[str, pa.DataType]]:
    waiting = [(field.name, field.type) for field in schema]
    while waiting:
        name, data_type = waiting.pop()
        yield name, data_type
        if isinstance(data_type, pa.StructType):
            inner = [data_type.field(at) for at in range(data_type.num_fields)]
            waiting += [(f"{name}.{field.name}", field.type) for field in inner]


def _replace_wide_decimals(data_type: pa.DataType) -> pa.DataType:
    if isinstance(data_type, pa.Decimal256Type):
        return pa.string()
    if isinstance(data_type, pa.StructType):
        fields = [data_type.field(at) for at in range(data_type.num_fields)]
        return pa.struct([field.with_type(_replace_wide_decimals(field.type)) for field in fields])
    if isinstance(data_type, pa.MapType):
        return pa.map_(_replace_wide_decimals(data_type.key_type), _replace_wide_decimals(data_type.item_type))
    if isinstance(data_type, pa.ListType | pa.LargeListType):
        return pa.list_(_replace_wide_decimals(data_type.value_type))
    return data_type


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


def convert_to_text(value: str, data_type: str, *, is_wide: bool = False) -> str:
    """The SQL expression that writes a value of a DuckDB type as a person would.

    Args:
        value: SQL of the value, such as a quoted column.
        data_type: Its type.
        is_wide: Whether it is the text of a decimal that is wider than DuckDB's.
    """
    if is_wide:
        return _write_without_exponent(value)
    if data_type in ("DOUBLE", "FLOAT"):
        is_whole = f"{value} = trunc({value}) and abs({value}) <= {_EXACT_DOUBLE}"
        is_tiny = f"abs({value}) < 0.001"
        tiny = f"rtrim(format('{{:.20f}}', {value}::double), '0')"
        return f"""
            case when {is_whole} then {value}::bigint::varchar when {is_tiny} then {tiny} else {value}::varchar end
        """
    if data_type == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {value})::varchar || '+00:00'"
    if data_type.startswith("TIMESTAMP"):
        return f"{value}::timestamp::varchar"
    if data_type.endswith("]") or data_type.startswith(("STRUCT", "MAP", "UNION")):
        return f"to_json({value})::varchar"
    return f"nullif({value}::varchar, '')"


def _write_without_exponent(value: str) -> str:
    """SQL of a wide decimal, which pyarrow writes as `1.5E-9` where it is small, without exponent."""
    digits = f"replace(ltrim(split_part({value}, 'E-', 1), '-'), '.', '')"
    zeros = f"repeat('0', try_cast(split_part({value}, 'E-', 2) as integer) - 1)"
    return f"""
        case
            when contains({value}, 'E-')
                then case when starts_with({value}, '-') then '-' else '' end || '0.' || {zeros} || {digits}
            else {value}
        end
    """
