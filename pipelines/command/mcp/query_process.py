"""Runs one SELECT on a published file, in a process that can read nothing else and is ended at its limits.

Put here: what the process does; `run_guarded_query` of `guarded_query.py` starts it. Keep out: who asks.
The process reads one request as JSON from its input and writes one answer as JSON.
"""

import datetime as dt
import json
import resource
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from regulars.pipelines.command.mcp.wrong_column import name_columns, name_own_words

MIB = 2**20
MOST_COUNTED, SECONDS_TO_COUNT, MOST_SECONDS_BEFORE = 100_000, 1, 5
"""How far the rows of a cut answer are counted: rows, seconds, and seconds of a processor of the whole query."""
GO_ON = "Order by columns that tell all rows apart and ask again with `offset {rows}`, added to an offset of yours."
ASK_FOR_LESS = "ask for fewer rows or columns at once"
WRITE_AS = 'Where a name of your own is one of SQL\'s words, such as share or no, write `as` before it, or `as "no"`.'


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the request's query.

    Args:
        request: `file` (the published DuckDB file), `query`, `row_limit`, `character_limit`, `memory_mib`.

    Returns:
        `columns`, `rows`, `row_count` (of the rows returned) and `is_cut` (whether there are more); if so, `all_rows`,
        how many there are in all, and `go_on`, how to read them; or `error`.
    """
    file = Path(request["file"])
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{request['memory_mib'] // 2}MiB",
        "threads": "1",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",
    }
    with duckdb.connect(file, read_only=True, config=config) as con:
        con.execute("set temp_directory = ''")
        con.execute("set home_directory = '-'")
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        try:
            found = _run(con, str(request["query"]), int(request["row_limit"]), int(request["character_limit"]))
        except (duckdb.OutOfMemoryException, MemoryError):
            found = {"error": f"The query needs more than {request['memory_mib'] // 2:,} MiB of memory; {ASK_FOR_LESS}"}
        except duckdb.ParserException as error:
            found = {"error": f"{_cut(error)}\n{name_own_words(str(request['query']), str(error))}{WRITE_AS}"}
        except duckdb.BinderException as error:
            found = {"error": f"{_cut(error)}{name_columns(con, str(request['query']), str(error))}"}
        except duckdb.Error as error:
            found = {"error": _cut(error)}
    return found


def _run(con: duckdb.DuckDBPyConnection, query: str, row_limit: int, character_limit: int) -> dict[str, Any]:
    if query.strip().lower().startswith("show"):
        return {"error": "ask list_tables for the tables, and describe_table for the columns of one"}
    statements = con.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        return {"error": "ask with one SELECT; nothing here can be changed, and no other statement is run"}
    started = time.process_time()
    cursor = con.execute(statements[0])
    columns = [each[0] for each in cursor.description or []]
    rows: list[list[Any]] = []
    characters, is_cut = 0, False
    while not is_cut and (row := cursor.fetchone()) is not None:
        cells = [_to_json(value) for value in row]
        characters += len(json.dumps(cells, ensure_ascii=False))
        is_cut = len(rows) == row_limit or characters > character_limit
        if not is_cut:
            rows.append(cells)
    found = {"columns": columns, "rows": rows, "row_count": len(rows), "is_cut": is_cut}
    if is_cut:
        found |= {"all_rows": _count_rest(cursor, len(rows) + 1, started), "go_on": GO_ON.format(rows=len(rows))}
    return found


def _count_rest(cursor: duckdb.DuckDBPyConnection, counted: int, started: float) -> str:
    """How many rows the answer has, or that it has at least so many.

    Counting ends early rather than at a limit, which would take the rows with it.
    """
    until, busy_until = time.monotonic() + SECONDS_TO_COUNT, started + MOST_SECONDS_BEFORE
    try:
        while counted < MOST_COUNTED and time.monotonic() < until and time.process_time() < busy_until:
            if cursor.fetchone() is None:
                return f"{counted:,}"
            counted += 1
    except (duckdb.Error, MemoryError):
        pass
    return f"at least {counted:,}"


def _cut(error: duckdb.Error) -> str:
    return str(error).partition("\n\nStack Trace")[0]


def _to_json(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dt.date | dt.datetime | dt.time):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    return str(value)


def _limit_process(memory_mib: int, seconds: int) -> None:
    """End this process where it takes more: some functions of DuckDB heed neither its memory limit nor an interrupt."""
    for kind, limit in ((resource.RLIMIT_AS, memory_mib * MIB), (resource.RLIMIT_CPU, seconds)):
        resource.setrlimit(kind, (limit, limit))


def _hide_place(text: str, folder: Path) -> str:
    """The text without the folder: `pragma database_list` and the like tell where on the machine the file lies."""
    return text.replace(f"{folder}/", "")


def main() -> None:
    """Answer the request on the standard input."""
    request = json.load(sys.stdin)
    _limit_process(request["memory_mib"], request["seconds"])
    text = json.dumps(answer(request), ensure_ascii=False)
    sys.stdout.write(_hide_place(text, Path(request["file"]).parent))


if __name__ == "__main__":
    main()
