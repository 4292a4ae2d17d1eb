"""Opens a DuckDB database in memory that sees no file, for expressions that a company wrote.

Put here: opening it. Keep out: the run's own database (`build_file.py`).
"""

import duckdb


def open_closed_database() -> duckdb.DuckDBPyConnection:
    """An empty database in memory, with one thread, whose SQL can read and write nothing outside.

    Access is closed by statements and not by `config`: DuckDB 1.5.6 then looks for the working directory while it
    opens, and where that was removed it ends the whole process (`std::terminate`) instead of raising an error.
    Without a folder for spilled data it has no need of one.
    """
    con = duckdb.connect(config={"threads": "1"})
    con.execute("set temp_directory = ''")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con
