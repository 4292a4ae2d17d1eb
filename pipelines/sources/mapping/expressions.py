"""Checks the SQL expressions of the settings and lists the columns that they read.

Put here: checking one expression. Keep out: where in the settings it stands, and running it.
An expression may only compute with the columns of one row: no subquery, aggregate, window, clock or random number,
nothing that sees a file, a setting or the environment. So it may run before outside access is switched off.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import duckdb

from regulars.pipelines.warehouse.sql_text import quote_identifier

_CLASSES = {
    "BETWEEN",
    "CASE",
    "CAST",
    "COLLATE",
    "COLUMN_REF",
    "COMPARISON",
    "CONJUNCTION",
    "CONSTANT",
    "FUNCTION",
    "LAMBDA",
    "OPERATOR",
}
_NOT_ALLOWED = {
    "AGGREGATE": "an aggregate",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a position",
    "STAR": "a star",
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
}
_SAFE_MACROS = {
    "array_append",
    "array_to_string",
    "date_add",
    "days_in_month",
    "fdiv",
    "fmod",
    "json",
    "list_append",
    "list_count",
    "list_first",
    "list_last",
    "list_max",
    "list_min",
    "list_string_agg",
    "list_sum",
    "nullif",
    "round_even",
    "split_part",
}
_CLOSED = ("current_", "get", "json_deserialize", "json_serialize", "pg_", "__internal")
_CLOSED_NAMES = {
    "version",
    "parse_duckdb_log_message",
    "age",
    "repeat",
    "row",
    "range",
    "generate_series",
    "array_resize",
}


class ExpressionWrong(Exception):
    """An expression is not allowed; the message continues a sentence that names the expression."""


@cache
def _list_safe_functions() -> frozenset[str]:
    """The functions that see nothing but their arguments: they are DuckDB's own, the same on every connection."""
    with duckdb.connect() as con:
        functions = con.execute("""
            select function_name, bool_and(function_type = 'scalar' and stability = 'CONSISTENT')
            from duckdb_functions()
            group by function_name
        """).fetchall()
    return frozenset(
        name
        for name, is_plain in functions
        if (is_plain and not name.startswith(_CLOSED) and name not in _CLOSED_NAMES) or name in _SAFE_MACROS
    )


class ExpressionChecker:
    """Checks expressions against DuckDB's own grammar and list of functions.

    Args:
        con: Any connection; it only parses and binds.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._safe = _list_safe_functions()

    def list_columns(self, expression: str) -> list[str]:
        """The columns that an expression reads, in order, each once.

        Raises:
            ExpressionWrong: It is not a single expression over the columns of one row.
        """
        select = f"select (\n{expression}\n)"  # on lines of its own: it may end in a comment
        found = self._con.execute("select json_serialize_sql(?)", [select]).fetchall()
        tree = json.loads(found[0][0])
        if tree["error"]:
            raise ExpressionWrong(f"is not one SQL expression: {tree['error_message']}")
        statements = tree["statements"]
        node = statements[0]["node"]
        if len(statements) != 1 or node["type"] != "SELECT_NODE" or len(node["select_list"]) != 1:
            raise ExpressionWrong("is not one SQL expression")
        if node["from_table"]["type"] != "EMPTY":
            raise ExpressionWrong("reads a table; it may only read the columns of its own row")
        columns = dict.fromkeys(self._find_columns(node["select_list"][0], frozenset()))
        return list(columns)

    def find_type(self, expression: str, header: list[str]) -> str:
        """The DuckDB type that an expression has when the file's columns are text.

        Raises:
            ExpressionWrong: DuckDB does not understand it; for example, a column is not in the file.
        """
        columns = ", ".join(f"null::varchar as {quote_identifier(name)}" for name in header) or "null as no_column"
        try:
            found = self._con.execute(f"""
                describe
                with file as (select {columns})
                select (
                    {expression}
                ) as value
                from file
                where false
            """)
            return str(found.fetchall()[0][1])
        except duckdb.Error as error:
            words = str(error).splitlines()[0]
            advice = "; all columns are text, so cast them: `Total::decimal(18, 2) > 0`" if "VARCHAR" in words else ""
            raise ExpressionWrong(f"is not understood: {words}{advice}") from None

    def _find_columns(self, node: Any, bound: frozenset[str]) -> Iterator[str]:
        if isinstance(node, list):
            for item in node:
                yield from self._find_columns(item, bound)
        if not isinstance(node, dict):
            return
        node_class = node.get("class")
        if node_class is not None:
            self._refuse(node, node_class)
        if node_class == "COLUMN_REF":
            names = node["column_names"]
            if names[0] not in bound:
                yield names[-1]
        elif node_class == "LAMBDA":
            arguments = frozenset(self._find_columns(node["lhs"], frozenset()))
            yield from self._find_columns(node["expr"], bound | arguments)
        else:
            for child in node.values():
                yield from self._find_columns(child, bound)

    def _refuse(self, node: dict[str, Any], node_class: str) -> None:
        if node_class not in _CLASSES:
            what = _NOT_ALLOWED.get(node_class, node_class.lower().replace("_", " "))
            raise ExpressionWrong(f"uses {what}; it may only compute with the columns of its own row")
        if node_class == "COLUMN_REF" and len(node["column_names"]) != 1:
            raise ExpressionWrong(f"names `{'.'.join(node['column_names'])}`; write the column alone, in double quotes")
        if node_class == "FUNCTION" and node["function_name"].lower() not in self._safe:
            raise ExpressionWrong(
                f"uses the function `{node['function_name']}`, which is unknown, or sees more than its own row"
            )
