"""The expression of a metric: a ratio of sums, written as a Python expression and printed as SQL.

Put here: what an expression may hold, and its SQL. Keep out: the rest of a metric (`metric.py`). Other languages (DAX,
LookML) are printed from the same tree; a SQL string could not give them.
"""

import ast
from collections.abc import Iterator

from regulars.pipelines.warehouse.sql_text import quote_identifier

FUNCTIONS = {
    "sum": "sum({})",
    "count": "count({})",
    "min": "min({})",
    "max": "max({})",
    "avg": "avg({})",
    "count_distinct": "count(distinct {})",
}
"""What an expression may call, always with one column -> its SQL."""
_DOUBLE, _PORTABLE = "1.0::double precision", "1.0"
"""What makes a division one of fractions: of doubles in DuckDB and PostgreSQL, and in any dialect."""

_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}


class ExpressionRefused(ValueError):
    """An expression holds something else than columns in functions, numbers and the four operators."""


def parse_expression(text: str) -> ast.expr:
    """The tree of an expression.

    Raises:
        ExpressionRefused: It is not an expression, or holds something that not every language can say.
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise ExpressionRefused(f"`{text}` is not an expression: {error.msg}") from error
    print_sql(tree)
    return tree


def print_sql(tree: ast.expr) -> str:
    """The expression as DuckDB's SQL over one table: by zero gives NULL, and nothing is divided as whole numbers.

    Raises:
        ExpressionRefused: The tree holds something that an expression may not.
    """
    return _print(tree, "", _DOUBLE)


def print_portable_sql(tree: ast.expr, table: str) -> str:
    """The same in SQL that any database reads, its columns qualified by the name of the table.

    Raises:
        ExpressionRefused: The tree holds something that an expression may not.
    """
    return _print(tree, f"{quote_identifier(table)}.", _PORTABLE)


def _print(tree: ast.expr, table: str, one: str) -> str:
    match tree:
        case ast.Call(func=ast.Name(id=function), args=[ast.Name(id=column)], keywords=[]) if function in FUNCTIONS:
            return FUNCTIONS[function].format(f"{table}{quote_identifier(column)}")
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return repr(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"-{_print(operand, table, one)}"
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return f"({one} * {_print(left, table, one)} / nullif({_print(right, table, one)}, 0))"
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _SIGNS:
            return f"({_print(left, table, one)} {_SIGNS[type(operator)]} {_print(right, table, one)})"
        case _:
            raise ExpressionRefused(
                f"`{ast.unparse(tree)}` may not stand in an expression: write {', '.join(FUNCTIONS)} of one column, "
                "numbers, and + - * /"
            )


def list_expression_columns(tree: ast.expr) -> Iterator[str]:
    """The columns that the expression reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (each.id for each in node.args if isinstance(each, ast.Name))
