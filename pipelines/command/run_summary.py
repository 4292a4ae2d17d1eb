"""Summarises a finished run for the command line: what was read, quarantined and published, where, and the headline.

Put here: wording a finished run. Keep out: deciding how it went.
"""

import json
from collections.abc import Mapping
from typing import Any

from regulars.pipelines.command.findings import count_in_words, list_said
from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.run.last_run import read_latest


def summarise_run(home: Home, *, as_json: bool) -> str:
    """The summary of the last run as text, or as JSON."""
    last = read_latest(home.path)
    made = [each for each in home.generations() if last is not None and each.number == last.generation]
    generation = made[0] if made else find_current(home)
    is_new = last.is_new if last else True
    seen = home.current() or generation
    if as_json:
        facts = {**_list_facts(generation, is_new), "readers_see": seen.name}
        return json.dumps(facts, indent=1, default=str)
    lines = _write_lines(generation, is_new)
    if seen.number != generation.number:
        lines.append(f"readers go on seeing {seen.name}, as of {seen.manifest.as_of}")
    return "\n".join(lines)


def _list_facts(generation: Generation, is_new: bool) -> dict[str, Any]:
    manifest = generation.manifest
    return {
        "outcome": "published" if is_new else "nothing new",
        "generation": generation.name,
        "path": str(generation.path),
        "as_of": manifest.as_of,
        "is_backfill": manifest.is_backfill,
        "headline": dict(manifest.headline),
        "sources": [dict(each) for each in manifest.sources],
        "checks": dict(manifest.checks),
        "findings": [dict(each) for each in manifest.findings],
        "content_sha256": manifest.content_sha256,
        "seconds": manifest.run.get("seconds"),
    }


def _write_lines(generation: Generation, is_new: bool) -> list[str]:
    manifest = generation.manifest
    read, loaded, superseded, duplicate, excluded, quarantined = (
        _sum_counts(manifest.sources, f"rows_{what}")
        for what in ("read", "loaded", "superseded", "duplicate", "excluded", "quarantined")
    )
    left_out = f", {count_things(duplicate, 'duplicate')}" if duplicate else ""
    left_out += f", {excluded:,} excluded by the settings" if excluded else ""
    read_rows = f"{count_things(read, 'row')} of {count_things(len(manifest.sources), 'source')}"
    lines = [
        "",
        f"read       {read_rows}: {loaded:,} used, "
        f"{superseded:,} superseded by a newer version{left_out}, {quarantined:,} quarantined"
        + (" (`regulars quarantine` shows them)" if quarantined else ""),
    ]
    kept = "kept aside as a backfill" if manifest.is_backfill else "published" if is_new else "nothing new: kept"
    rows = sum(table.rows for table in manifest.tables.values())
    lines += [
        f"checked    {count_rules(manifest.checks)}; findings: {count_in_words(manifest.findings)} "
        "(`meta.findings` lists them)",
        *(f"warning    {sentence}" for _, sentence in list_said(manifest.findings)),
        f"{kept:<10} {generation.name}: {count_things(len(manifest.tables), 'table')}, {count_things(rows, 'row')}, "
        f"as of {manifest.as_of}",
        f"open       {generation.path / 'regulars.duckdb'}  (DuckDB, read-only)",
        f"look       {generation.path / 'report.html'}",
        "",
        *(f"  {each['label']:<34} {each['text']}" for each in manifest.headline.get("numbers", [])),
    ]
    return lines


def count_rules(checks: Mapping[str, int]) -> str:
    """How many rules are kept, and how many are not: one that is broken with a warning stops no run."""
    broken = checks.get("warned", 0)
    kept = f"{count_things(checks.get('passed', 0), 'rule')} kept"
    return f"{kept}, {broken:,} broken with a warning (`meta.checks` lists them)" if broken else kept


def _sum_counts(sources: tuple[Mapping[str, Any], ...], what: str) -> int:
    return sum(int(source.get(what) or 0) for source in sources)
