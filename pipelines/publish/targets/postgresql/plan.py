"""What a generation looks like in PostgreSQL: tables with types, keys and comments, and views.

Put here: reading it from the generation's own files. Keep out: the database (`structure.py`, `load.py`).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import duckdb

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.generation import Generation

TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "SMALLINT": "smallint",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time without time zone",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
}
"""Type in DuckDB -> in PostgreSQL, as PostgreSQL spells it; decimals keep their digits. The same are published."""
SELECT_IT = "Read by SELECT, not COPY or ONLY."
"""What the comment of each table says there besides; that of its schema says why."""
_VIEWED_TABLE = re.compile(r"\bFROM (\w+)\.(\w+)\b")


@dataclass(frozen=True)
class Column:
    """A column: its type as PostgreSQL spells it, and whether it may be NULL."""

    name: str
    type: str
    is_required: bool = False


@dataclass(frozen=True)
class Reference:
    """A foreign key: some columns, and the schema, table and columns that they refer to."""

    columns: tuple[str, ...]
    schema: str
    table: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class PlannedTable:
    """A table as it shall be.

    Attributes:
        schema: In the database, with the prefix.
        name: The table's name.
        source: In the generation, `layer.table`.
        columns: In the published order.
        primary_key: Its columns; none: it has no key.
        unique: Columns beside the key that other tables refer to, alone or together.
        references: Its foreign keys.
        comments: Column -> comment; the table's own under `""`.
        content: Changes when the rows do.
    """

    schema: str
    name: str
    source: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    references: tuple[Reference, ...]
    comments: Mapping[str, str]
    content: str

    def list_joined_columns(self) -> list[str]:
        """The columns of its keys and foreign keys, each once, in the published order."""
        keys = (self.primary_key, *self.unique, *(reference.columns for reference in self.references))
        joined = {column for key in keys for column in key}
        return [each.name for each in self.columns if each.name in joined]


@dataclass(frozen=True)
class PlannedView:
    """A view as it shall be: `select` is what it shows, of the table `table` in the same schema."""

    schema: str
    name: str
    table: str
    select: str
    comments: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """All tables and views of a generation."""

    tables: tuple[PlannedTable, ...]
    views: tuple[PlannedView, ...]

    @property
    def relations(self) -> tuple[PlannedTable | PlannedView, ...]:
        """The tables, then the views."""
        return (*self.tables, *self.views)


def plan_generation(con: duckdb.DuckDBPyConnection, generation: Generation, prefix: str) -> Plan:
    """Read what a generation looks like in PostgreSQL.

    Args:
        con: The generation's DuckDB file, and nothing else.
        generation: What is delivered.
        prefix: Of each schema's name, such as `regulars_`.
    """
    comments, facts = _read_comments(con), _read_dictionary(con)
    columns, references = _read_columns(con, facts), _read_references(con, prefix)
    views = con.execute(
        "select schema_name, view_name, sql from duckdb_views() where not internal order by all"
    ).fetchall()
    tables = [
        PlannedTable(
            schema=prefix + source.partition(".")[0],
            name=source.partition(".")[2],
            source=source,
            columns=tuple(own),
            primary_key=tuple(each.name for each in own if facts.get((source, each.name), (False, False))[0]),
            unique=(),
            references=tuple(references[source]),
            comments=comments[source],
            content=generation.manifest.tables[source].sha256,
        )
        for source, own in sorted(columns.items())
        if source in generation.manifest.tables
    ]
    return Plan(
        tuple(_settle_references(tables)),
        tuple(_plan_view(*view, comments=comments, prefix=prefix) for view in views),
    )


def _list_tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables of a generation, `layer.table`: older ones lack some of `meta`."""
    return {name for (name,) in con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()}


def _read_dictionary(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[bool, bool]]:
    """(`layer.table`, column) -> whether it is part of the key, and whether it is never NULL."""
    if "meta.data_dictionary" not in _list_tables(con):
        return {}
    rows = con.execute("select table_name, column_name, is_key, is_required from meta.data_dictionary").fetchall()
    return {(table, column): (is_key, is_required) for table, column, is_key, is_required in rows}


def _read_references(con: duckdb.DuckDBPyConnection, prefix: str) -> dict[str, list[Reference]]:
    """`layer.table` -> its foreign keys: the references that every published row keeps."""
    found: dict[str, list[Reference]] = defaultdict(list)
    if "meta.relationships" in _list_tables(con):
        rows = con.execute(
            "select table_name, column_names, to_table, to_column_names from meta.relationships where is_enforced"
        ).fetchall()
        for table, columns, to, to_columns in rows:
            layer, _, name = to.partition(".")
            found[table].append(
                Reference(tuple(columns.split(", ")), prefix + layer, name, tuple(to_columns.split(", ")))
            )
    return found


def _read_comments(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """`layer.table` -> column -> comment; of the table or view itself under `""`.

    That of a table says how it is read in PostgreSQL: a tool that copies the table itself finds nothing there.
    """
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for kind in ("table", "view"):
        for schema, name, comment in con.execute(
            f"select schema_name, {kind}_name, comment from duckdb_{kind}s() where not internal and comment is not null"
        ).fetchall():
            found[f"{schema}.{name}"][""] = f"{comment} {SELECT_IT}" if kind == "table" else comment
    for schema, name, column, comment in con.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns() "
        "where not internal and comment is not null"
    ).fetchall():
        found[f"{schema}.{name}"][column] = comment
    return found


def _read_columns(
    con: duckdb.DuckDBPyConnection, facts: Mapping[tuple[str, str], tuple[bool, bool]]
) -> dict[str, list[Column]]:
    found: dict[str, list[Column]] = defaultdict(list)
    for schema, table, column, kind in con.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "join duckdb_tables() using (schema_name, table_name) where not duckdb_columns.internal "
        "order by schema_name, table_name, column_index"
    ).fetchall():
        is_required = any(facts.get((f"{schema}.{table}", column), ()))
        found[f"{schema}.{table}"].append(Column(column, translate_type(kind), is_required))
    return found


def translate_type(kind: str) -> str:
    """The type of PostgreSQL that holds a published type of DuckDB.

    Raises:
        StorageFailed: There is none.
    """
    if kind.startswith("DECIMAL"):
        return kind.replace("DECIMAL", "numeric")
    if kind not in TYPES:
        raise StorageFailed(f"a column of type {kind} cannot be delivered to PostgreSQL; cast it in its table")
    return TYPES[kind]


def _settle_references(tables: list[PlannedTable]) -> Iterator[PlannedTable]:
    """Make unique what foreign keys refer to."""
    wanted = {reference for each in tables for reference in each.references}
    for each in tables:
        unique = {
            reference.to
            for reference in wanted
            if (reference.schema, reference.table) == (each.schema, each.name) and reference.to != each.primary_key
        }
        yield replace(each, unique=tuple(sorted(unique)))


def _plan_view(
    layer: str, name: str, statement: str, *, comments: Mapping[str, Mapping[str, str]], prefix: str
) -> PlannedView:
    """The view as PostgreSQL shall have it: the same columns of the same table, in the prefixed schema."""
    select = statement.partition(" AS ")[2].rstrip("; \n")
    (table,) = {match[2] for match in _VIEWED_TABLE.finditer(select)}
    return PlannedView(
        prefix + layer,
        name,
        table,
        _VIEWED_TABLE.sub(rf"FROM {prefix}\1.\2", select),
        comments.get(f"{layer}.{name}", {}),
    )
