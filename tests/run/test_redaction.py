"""What a run says of unexpected errors: where, of which type and what to do, and never what the data held."""

import errno
import stat

import duckdb
import pyarrow as pa
import pytest

from regulars.pipelines.errors import MemoryExhausted, RegularsError, StorageFailed
from regulars.pipelines.run.redaction import redact_errors


def word(error, tmp_path):
    with pytest.raises(RegularsError) as caught, redact_errors("core.orders", tmp_path / "details.txt"):
        raise error
    return caught.value


def run_out_of_memory(tmp_path):
    with duckdb.connect(config={"memory_limit": "20MB", "temp_directory": "", "threads": 1}) as con:
        con.execute("select list(i) from range(10_000_000) numbers (i)").fetchall()


def test_memory_that_runs_out_in_duckdb_names_the_setting_that_gives_more(tmp_path):
    with pytest.raises(duckdb.OutOfMemoryException) as raised:
        run_out_of_memory(tmp_path)
    error = word(raised.value, tmp_path)
    assert type(error) is MemoryExhausted
    assert str(error).startswith(
        "core.orders: there was not enough memory. DuckDB took the 19.0 MiB that it may take. "
        "Raise `resources.duckdb_memory_limit` in the settings"
    )


def test_a_full_disk_is_said_to_be_the_disk(tmp_path):
    assert type(word(OSError(errno.ENOSPC, "No space left on device"), tmp_path)) is StorageFailed


@pytest.mark.parametrize("error", [MemoryError(), pa.ArrowMemoryError("malloc of size 64 failed")])
def test_memory_that_runs_out_in_python_asks_for_a_larger_machine(tmp_path, error):
    assert "Give the machine or its container more, then run again" in str(word(error, tmp_path))


def test_any_other_error_keeps_its_values_out_of_the_sentence(tmp_path):
    error = word(ValueError("ada@example.org"), tmp_path)
    assert "core.orders failed with ValueError" in str(error)
    assert "ada@" not in str(error)
    details = tmp_path / "details.txt"
    assert "ada@example.org" in details.read_text(encoding="utf-8")
    assert stat.S_IMODE(details.stat().st_mode) == 0o600
