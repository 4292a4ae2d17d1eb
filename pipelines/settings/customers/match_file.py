"""Reads the file of matches that `identity.match_file` names.

Put here: the CSV file to pairs of the settings. Keep out: what the pairs do (`pipelines/identity/listed_matches.py`).
"""

import csv
import io
from pathlib import Path

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.customers.identity import check_side
from regulars.pipelines.settings.settings import Settings

COLUMNS = {"rule", "one", "other"}


def add_match_file(settings: Settings, folder: Path) -> Settings:
    """The settings with the pairs of the file behind those that stand in the settings themselves.

    Args:
        settings: The company's settings.
        folder: Where the settings file lies.

    Raises:
        SettingsWrong: The file is missing, or a line of it cannot be read; no value is told.
    """
    identity = settings.identity
    if identity.match_file is None:
        return settings
    pairs = _read_pairs(folder / identity.match_file, settings.locate(("identity", "match_file")))
    lists = {
        "always_match": [*identity.always_match, *pairs["always"]],
        "never_match": [*identity.never_match, *pairs["never"]],
    }
    return settings.model_copy(update={"identity": identity.model_copy(update=lists)})


def _read_pairs(path: Path, place: str) -> dict[str, list[list[str]]]:
    """`always` and `never`: the pairs of the file."""
    try:
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError):
        raise SettingsWrong(f"{place}identity.match_file: `{path.name}` cannot be read as UTF-8") from None
    if not set(rows.fieldnames or ()) >= COLUMNS:
        raise SettingsWrong(f"{path.name}:1: write the columns rule, one and other, separated by commas")
    pairs: dict[str, list[list[str]]] = {"always": [], "never": []}
    for row in rows:
        rule = (row["rule"] or "").strip()
        sides = [(row[name] or "").strip() for name in ("one", "other")]
        if rule not in pairs:
            raise SettingsWrong(f"{path.name}:{rows.line_num}: the rule is always or never")
        try:
            for side in sides:
                check_side(side)
        except ValueError as error:
            raise SettingsWrong(f"{path.name}:{rows.line_num}: {error}") from None
        pairs[rule].append(sides)
    return pairs
