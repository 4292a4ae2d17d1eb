"""Reads what each mart is split by, such as the first category of customers, and the values that rows are of.

Put here: that. Keep out: searching it (`find.py`, `metric_search.py`).
"""

from pathlib import Path

from regulars.pipelines.command.mcp.file_rows import Rows, read_rows
from regulars.pipelines.command.mcp.word_search import find_words

_SPLIT_COLUMNS = """
    select table_name, column_name, column_name in ('dimension', 'attribute', 'scope') as holds_names
    from meta.data_dictionary
    where is_key and data_type = 'VARCHAR' and starts_with(table_name, 'marts.')
        and table_name in (select table_name from meta.contracts)
"""
_HELD_NAMES = """
    select '{table_name}' as table_name, string_agg(distinct {column_name}, ' ') as column_name from {table_name}
"""


def list_splits(file: Path) -> dict[str, str]:
    """Table -> what its rows are split by: the names of its key's columns, or the names that these hold."""
    columns = read_rows(file, _SPLIT_COLUMNS)
    held = [_HELD_NAMES.format(**each) for each in columns if each["holds_names"]]
    named = [each for each in columns if not each["holds_names"]]
    if held:
        named = [*read_rows(file, " union all ".join(held)), *named]
    splits: dict[str, str] = {}
    for each in named:
        splits[each["table_name"]] = f"{splits.get(each['table_name'], '')} {each['column_name'] or ''}"
    return splits


_VALUE_COLUMNS = """
    select table_name, column_name
    from meta.data_dictionary
    where is_key and column_name = 'dimension_value' and starts_with(table_name, 'marts.')
        and table_name in (select table_name from meta.contracts)
"""
_VALUES = "select distinct {column_name} as value from {table_name} where {column_name} is not null"


def list_split_values(file: Path) -> list[str]:
    """The values that marts are split by, such as `office` of the type of customers."""
    of_tables = [_VALUES.format(**each) for each in read_rows(file, _VALUE_COLUMNS)]
    return [each["value"] for each in read_rows(file, " union ".join(of_tables))] if of_tables else []


_DIMENSION_COLUMNS = """
    select column_name from meta.data_dictionary
    where table_name = $table and is_key and column_name in ('dimension', 'dimension_value')
    order by position
"""
_HELD_VALUES = "select distinct {columns} from {table} where dimension_value is not null order by all"


def list_values_with(file: Path, table: str, word: str) -> Rows:
    """The values of a table that are a word or say it, such as `home member` of `home`, each with its dimension.

    Where a value is the word alone, only such.
    """
    keys = [row["column_name"] for row in read_rows(file, _DIMENSION_COLUMNS, {"table": table})]
    if "dimension_value" not in keys:
        return []
    rows = read_rows(file, _HELD_VALUES.format(columns=", ".join(keys), table=table))
    saying = [row for row in rows if set(find_words(word)) <= set(find_words(row["dimension_value"]))]
    return [row for row in saying if row["dimension_value"].casefold() == word.casefold()] or saying
