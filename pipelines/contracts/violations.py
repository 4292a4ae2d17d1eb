"""Writes rules as SQL: when a row breaks a rule, which rows break it, and how many.

Put here: the SQL side of every rule. Keep out: Great Expectations (`validate.py`), which counts the same rules on its
own; what happens to a row that breaks one (`quarantine_step.py`).
NULL breaks `required` only. NaN breaks `finite`, and every upper bound, because DuckDB sorts it above all numbers.
"""

from collections.abc import Mapping
from typing import Any

from regulars.pipelines.contracts.rule import Rule
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal, quote_table

BOUNDS = {"minimum": "<", "exclusiveMinimum": "<=", "maximum": ">", "exclusiveMaximum": ">="}
"""ODCS's bound -> the comparison that is true of a value outside it."""


def write_value(rule: Rule) -> str:
    """Write SQL for the value of a range rule: the column, or for text the value that it reads as (else NULL)."""
    column = quote_identifier(rule.columns[0])
    return f"try_cast({column} as {rule.arguments['type']})" if rule.arguments.get("type") else column


def write_condition(rule: Rule) -> str:
    """Write the SQL condition of the rows that break a rule about one row (false or NULL for all others)."""
    column = quote_identifier(rule.columns[0]) if rule.columns else ""
    arguments = rule.arguments
    match rule.type:
        case "required":
            return f"{column} is null"
        case "pattern":
            return f"not regexp_full_match({column}, {quote_literal(arguments['pattern'])})"
        case "reads_as":
            written = f"regexp_full_match({column}, {quote_literal(arguments['pattern'])})"
            if arguments["type"] in {"DATE", "TIMESTAMP"}:  # 30 February has the right form but is not a day
                written += f" and try_cast({column} as {arguments['type']}) is not null"
            return f"{column} is not null and not ({written})"
        case "range":
            value = write_value(rule)
            return " or ".join(
                f"{value} {outside} {quote_literal(arguments[bound])}"
                for bound, outside in BOUNDS.items()
                if bound in arguments
            )
        case "one_of":
            return f"{column} not in ({', '.join(quote_literal(value) for value in arguments['values'])})"
        case "finite":
            return f"not isfinite({column})"
        case "predicate":
            return f"not ({arguments['predicate']})"
        case _:
            raise ValueError(f"{rule.id} is about more than one row")


def select_broken_rows(rule: Rule, table: str) -> str:
    """A SELECT that returns one row per failure of a rule about several rows; whole rows of `table` where it can.

    Args:
        rule: Of type unique, references, query or structure.
        table: What to look at in place of the rule's own table: a name, or a SELECT in brackets.
    """
    columns = [quote_identifier(name) for name in rule.columns]
    match rule.type:
        case "unique":
            together = ", ".join(columns)
            present = " and ".join(f"{column} is not null" for column in columns)
            return f"select * from {table} where {present} qualify count(*) over (partition by {together}) > 1"
        case "references":
            pairs = zip(columns, rule.arguments["columns"], strict=True)
            same = " and ".join(f"parent.{quote_identifier(theirs)} = child.{ours}" for ours, theirs in pairs)
            present = " and ".join(f"child.{column} is not null" for column in columns)
            return f"""
                select *
                from {table} as child
                where {present}
                    and not exists (select 1 from {rule.arguments["table"]} as parent where {same})
            """
        case "query":
            return str(rule.arguments["query"]).replace("{table}", table)
        case "structure":
            return _select_structure(table, rule.arguments)
        case _:
            raise ValueError(f"{rule.id} is about one row, or about none")


def select_violations(rule: Rule, table: str, row_id: str = "_row_id") -> str:
    """A SELECT of the ids of the rows that break a rule; empty for `structure` and `row_count`, which no row breaks."""
    if rule.is_about_one_row:
        return f"select {row_id} from {table} where {write_condition(rule)}"
    if rule.type in {"structure", "row_count"}:
        return f"select {row_id} from {table} where false"
    return f"select distinct {row_id} from ({select_broken_rows(rule, table)})"


def select_failed_count(rule: Rule, table: str) -> str:
    """A SELECT of one number: how often a rule is broken."""
    if rule.is_about_one_row:
        return f"select count(*) from {table} where {write_condition(rule)}"
    if rule.type == "row_count":
        least, most = rule.arguments["least"], rule.arguments["most"]
        outside = [f"count(*) < {least}"] * (least is not None) + [f"count(*) > {most}"] * (most is not None)
        return f"select ({' or '.join(outside)})::integer from {table}"
    if rule.type == "unique":  # no row is needed, and a window over all of them would be
        together = ", ".join(quote_identifier(name) for name in rule.columns)
        present = " and ".join(f"{quote_identifier(name)} is not null" for name in rule.columns)
        return f"""
            with
                repeated as (
                    select count(*) as rows_alike
                    from {table}
                    where {present}
                    group by {together}
                    having count(*) > 1
                )

            select coalesce(sum(rows_alike), 0)::bigint
            from repeated
        """
    return f"select count(*) from ({select_broken_rows(rule, table)})"


def _select_structure(table: str, arguments: Mapping[str, Any]) -> str:
    columns = ", ".join(
        f"({place}, {quote_literal(column)}, {quote_literal(type_)})"
        for place, (column, type_) in enumerate(arguments["columns"], 1)
    )
    return f"""
        with
            wanted(place, column_name, data_type) as (values {columns}),

            found as (
                select cid + 1 as place, name as column_name, type as data_type
                from pragma_table_info({quote_literal(quote_table(table))})
            )

        select *
        from wanted
        full join found using (place)
        where wanted.column_name is distinct from found.column_name
            or wanted.data_type is distinct from found.data_type
    """
