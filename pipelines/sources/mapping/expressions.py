"""Small SQL expressions from the settings: what they may hold, and which of the file's columns they read.

Put here: checking one expression. Keep out: where in the settings it stands, and running it.
An expression may only compute with the columns of one row: no subquery, no aggregate, no window, no clock, no chance,
nothing that sees a file, a setting or the surroundings. So it may run before outside access is switched off.
"""

import json
from collections.abc import Iterator
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
    """What is wrong with an expression, as the end of a sentence that has named it."""


class ExpressionChecker:
    """Checks expressions against one DuckDB's own grammar and list of functions.

    Args:
        con: Any connection; nothing is run on it but parsing and binding.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        functions = con.execute(
            "select function_name, bool_and(function_type = 'scalar' and stability = 'CONSISTENT') "
            "from duckdb_functions() group by function_name"
        ).fetchall()
        self._safe = {
            name
            for name, is_plain in functions
            if (is_plain and not name.startswith(_CLOSED) and name not in _CLOSED_NAMES) or name in _SAFE_MACROS
        }

    def columns_of(self, expression: str) -> list[str]:
        """The columns that an expression reads, in order, each once.

        Raises:
            ExpressionWrong: It is no single expression over the columns of one row.
        """
        found = self._con.execute("select json_serialize_sql(?)", [f"select (\n{expression}\n)"]).fetchall()
        tree = json.loads(found[0][0])
        if tree["error"]:
            raise ExpressionWrong(f"is not one SQL expression: {tree['error_message']}")
        statements = tree["statements"]
        node = statements[0]["node"]
        if len(statements) != 1 or node["type"] != "SELECT_NODE" or len(node["select_list"]) != 1:
            raise ExpressionWrong("is not one SQL expression")
        if node["from_table"]["type"] != "EMPTY":
            raise ExpressionWrong("reads a table; it may only read the columns of its own row")
        columns = dict.fromkeys(self._columns(node["select_list"][0], frozenset()))
        return list(columns)

    def type_of(self, expression: str, header: list[str]) -> str:
        """The DuckDB type that an expression has when the file's columns are text.

        Raises:
            ExpressionWrong: DuckDB does not know what it means; a column is not of the file, say.
        """
        columns = ", ".join(f"null::varchar as {quote_identifier(name)}" for name in header) or "null as no_column"
        try:
            found = self._con.execute(
                f"describe select (\n{expression}\n) as value from (select {columns}) as file where false"
            )
            return str(found.fetchall()[0][1])
        except duckdb.Error as error:
            raise ExpressionWrong(f"is not understood: {str(error).splitlines()[0]}") from None

    def _columns(self, node: Any, bound: frozenset[str]) -> Iterator[str]:
        if isinstance(node, list):
            for item in node:
                yield from self._columns(item, bound)
        if not isinstance(node, dict):
            return
        kind = node.get("class")
        if kind is not None:
            self._refuse(node, kind)
        if kind == "COLUMN_REF":
            names = node["column_names"]
            if names[0] not in bound:
                yield names[-1]
        elif kind == "LAMBDA":
            arguments = frozenset(self._columns(node["lhs"], frozenset()))
            yield from self._columns(node["expr"], bound | arguments)
        else:
            for child in node.values():
                yield from self._columns(child, bound)

    def _refuse(self, node: dict[str, Any], kind: str) -> None:
        if kind not in _CLASSES:
            what = _NOT_ALLOWED.get(kind, kind.lower().replace("_", " "))
            raise ExpressionWrong(f"uses {what}; it may only compute with the columns of its own row")
        if kind == "COLUMN_REF" and len(node["column_names"]) != 1:
            raise ExpressionWrong(f"names `{'.'.join(node['column_names'])}`; write the column alone, in double quotes")
        if kind == "FUNCTION" and node["function_name"].lower() not in self._safe:
            raise ExpressionWrong(
                f"uses the function `{node['function_name']}`, which is unknown, or sees more than its own row"
            )
