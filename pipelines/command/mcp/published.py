"""What an agent may know of the published run before it asks: its day, findings, restatements.

Put here: one function per question, each answered from the file's own `meta` tables. Keep out: tables and columns
(`describe.py`), metrics (`explain.py`), the protocol (`server.py`), queries of others (`guarded_query.py`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regulars.pipelines.command.mcp.file_rows import Rows, drop_empty, read_rows

_FINDINGS = """
    select severity, finding, source, table_name, found_count, unit, found_share, sentence, advice, is_acknowledged
    from meta.findings
    order by case severity when 'stop' then 1 when 'warning' then 2 else 3 end, finding, source, table_name
"""
_RESTATEMENTS = """
    select table_name, metric, key, period_start, period_end, unit, value_before, value_after, cause, explained_change
    from meta.restatements
    order by abs(change) desc, table_name, metric, key, period_start, cause_rank
    limit 200
"""
_RUN = "select * from meta.runs order by generation desc limit 1"


def list_findings(file: Path) -> Rows:
    """What the run found odd, the most severe first."""
    return [drop_empty(row) for row in read_rows(file, _FINDINGS)]


def list_restatements(file: Path) -> dict[str, Any]:
    """`compared`: how many metrics of past periods the last run compared and changed; `restatements`: the largest 200.

    Restatements of earlier runs are among them, for a year.
    """
    return {
        "compared": _say_comparison(read_rows(file, _RUN)[0]),
        "restatements": [drop_empty(row) for row in read_rows(file, _RESTATEMENTS)],
    }


def _say_comparison(run: Mapping[str, Any]) -> str:
    """What the newest run compared; a file of an older version does not say it."""
    compared, changed = run.get("metrics_compared"), run.get("metrics_changed")
    if compared is None:
        return "The last run did not compare metrics with a run before it, or does not say so."
    said = f"{changed:,}" if changed else "none"
    return f"The last run compared {compared:,} metrics of past periods with the run before: {said} changed."


def find_as_of(file: Path) -> dict[str, Any]:
    """`generation`, `as_of` (the last day counted) and `run_on` (the day of the run) of what is published.

    Both days are the company's; a file of an older version has the moment of the run alone, in UTC.
    """
    run = read_rows(file, _RUN)[0]
    run_on = run.get("run_on") or run["started_at"].date()
    return {"generation": run["generation"], "as_of": str(run["as_of"]), "run_on": str(run_on)}
