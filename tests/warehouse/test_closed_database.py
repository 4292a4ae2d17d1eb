"""A database that sees no file, and opens wherever a run stands."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.warehouse.closed_database import open_closed_database


def test_closed_database_reads_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")

    with open_closed_database() as con, pytest.raises(duckdb.PermissionException):
        con.execute(f"select * from read_csv('{secret}')")


def test_closed_database_cannot_be_opened_to_the_outside_again() -> None:
    with open_closed_database() as con, pytest.raises(duckdb.InvalidInputException):
        con.execute("set enable_external_access = true")


def test_closed_database_opens_although_the_working_directory_was_removed(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    program = (
        "import os, sys\n"
        "from regulars.pipelines.warehouse.closed_database import open_closed_database\n"
        "os.rmdir(os.getcwd())\n"
        "print(open_closed_database().execute('select 42').fetchall())\n"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=gone, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "[(42,)]\n"), done.stderr
