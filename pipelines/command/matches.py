"""Lists pairs of records that are probably one person, and writes them as a file of matches to decide on.

Put here: what `identity.fuzzy` proposed in the current generation. Keep out: finding such pairs
(`pipelines/identity/fuzzy`). Ids of records are shown, and nothing else of a person.
"""

import csv
import json
from pathlib import Path

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.opened import open_state
from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.home.home import Home

SHOWN = 50
"""So many pairs are shown; the file holds all."""
COLUMNS = ("rule", "one", "other", "probability", "in_common")
"""Of the file: the first three are what `identity.match_file` reads."""

_PAIRS = """
    select
        split_part(record_key, '/', 2) || ':' || regexp_replace(record_key, '^[^/]*/[^/]*/', '') as one,
        split_part(other_record_key, '/', 2) || ':' || regexp_replace(other_record_key, '^[^/]*/[^/]*/', '') as other,
        probability,
        in_common,
        is_linked,
    from identity.likely_pairs
    order by probability desc, one, other
"""


def list_matches(home: Home, *, export: Path | None, as_json: bool) -> str:
    """The likely pairs of the current generation, the likeliest first.

    Args:
        home: The company's home.
        export: Where to write those that are not linked, as lines of a file of matches; None: nowhere.
        as_json: For machines.

    Raises:
        UsageWrong: The file cannot be written.
        StorageFailed: The generation was made by another version that knew of no such pairs.
    """
    with open_state(find_current(home)) as con:
        pairs = con.execute(_PAIRS).fetchall()
    if export is not None:
        return _export([pair[:-1] for pair in pairs if not pair[-1]], export)
    if as_json:
        names = ("one", "other", "probability", "in_common", "is_linked")
        return json.dumps([dict(zip(names, pair, strict=True)) for pair in pairs], indent=1, ensure_ascii=False)
    if not pairs:
        return "no likely pairs; `identity: {fuzzy: {}}` in the settings has a run look for them"
    lines = [
        f"{probability:.2f}  {one} and {other}: {in_common}{' (linked)' if is_linked else ''}"
        for one, other, probability, in_common, is_linked in pairs[:SHOWN]
    ]
    more = [f"and {len(pairs) - SHOWN:,} more"] if len(pairs) > SHOWN else []
    return "\n".join([f"{len(pairs):,} pairs of records are probably one person:", *lines, *more])


def _export(pairs: list[tuple[str, str, float, str]], path: Path) -> str:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(("always", *pair) for pair in pairs)
    except OSError as error:
        raise UsageWrong(f"{path}: cannot be written: {error.strerror}") from None
    return (
        f"wrote {len(pairs):,} pairs to {path}: delete the lines that are wrong, or write `never` into them, and name "
        "the file as `identity.match_file`"
    )
