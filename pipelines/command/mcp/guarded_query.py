"""Starts a query in a process of its own, and says why there is no answer where the process was ended.

Put here: the limits, and the way to the process. Keep out: what the process does (`query_process.py`).
"""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from regulars.pipelines.errors import UsageWrong


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one query may take.

    Attributes:
        rows: Most rows that are returned.
        characters: Most characters of the rows returned: an agent reads every one of them.
        seconds: Longest time, of the clock and of a processor.
        memory_mib: Most memory of the process in MiB, addresses included.
    """

    rows: int = 500
    characters: int = 60_000
    seconds: int = 10
    memory_mib: int = 3072


def run_guarded_query(file: Path, query: str, limits: Limits) -> dict[str, Any]:
    """Run one SELECT on a published file.

    Args:
        file: The published DuckDB file.
        query: One SELECT in DuckDB's SQL.
        limits: What it may take.

    Returns:
        `columns`, `rows` (JSON values; dates as ISO text), `row_count`, `is_cut`; if cut, `all_rows` and `go_on`.

    Raises:
        UsageWrong: The query is refused, fails, or reaches a limit; the sentence says which.
    """
    request = {
        "file": str(file),
        "query": query,
        "row_limit": limits.rows,
        "character_limit": limits.characters,
        "memory_mib": limits.memory_mib,
        "seconds": limits.seconds,
    }
    command = [sys.executable, "-m", "regulars.pipelines.command.mcp.query_process"]
    try:
        done = subprocess.run(
            command, input=json.dumps(request), capture_output=True, text=True, check=False, timeout=limits.seconds + 5
        )
    except subprocess.TimeoutExpired:
        raise UsageWrong(f"The query took longer than {limits.seconds} s; ask for less at once.") from None
    if done.returncode:
        raise UsageWrong(
            f"The query was ended: it took more than {limits.seconds} s or {limits.memory_mib:,} MiB of memory; "
            "ask for less at once."
        )
    found: dict[str, Any] = json.loads(done.stdout)
    if "error" in found:
        raise UsageWrong(str(found["error"]))
    return found
