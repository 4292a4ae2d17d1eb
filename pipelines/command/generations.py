"""Shows what is published: the current generation, all that are kept, and whether the current one is undamaged.

Put here: reading manifests for people and machines. Keep out: changing anything.
"""

import json

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.verify import find_damage


def find_current(home: Home) -> Generation:
    """The generation that readers see.

    Raises:
        StorageFailed: There is none yet.
    """
    generation = home.current()
    if generation is None:
        raise StorageFailed(f"Nothing is published in {home.path} yet; `regulars run` makes the first generation.")
    return generation


def list_generations(home: Home, *, as_json: bool) -> str:
    """Every generation on disk, newest first; `*` marks the current one."""
    current = home.current()
    rows = [
        {
            "generation": each.name,
            "is_current": current is not None and each.number == current.number,
            "as_of": each.manifest.as_of.isoformat(),
            "created_at": each.manifest.created_at.isoformat(timespec="seconds"),
            "is_backfill": each.manifest.is_backfill,
            "rows": sum(table.rows for table in each.manifest.tables.values()),
            "megabytes": round(each.bytes / 1e6, 1),
        }
        for each in reversed(home.generations())
    ]
    if as_json:
        return json.dumps(rows, indent=1)
    if not rows:
        return f"no generations in {home.path}"
    return "\n".join(
        f"{'*' if row['is_current'] else ' '} {row['generation']}  as of {row['as_of']}  made {row['created_at']}  "
        f"{row['rows']:>12,} rows  {row['megabytes']:>8} MB{'  backfill' if row['is_backfill'] else ''}"
        for row in rows
    )


def verify_current(home: Home) -> str:
    """Check that every file of the current generation is as published; return a sentence that says so.

    Raises:
        StorageFailed: Names every file that differs.
    """
    generation = find_current(home)
    damage = find_damage(generation)
    if damage:
        raise StorageFailed(f"{generation.name} is damaged: {'; '.join(damage)}. `regulars rollback` goes back.")
    files = len(generation.manifest.files) + (generation.manifest.state is not None)
    return f"{generation.name} is undamaged: {files} files are as its manifest says"
