"""Puts the settings of a source over its profile, key by key.

Put here: what wins. Keep out: reading profiles (`profile_files.py`), and checking what comes out (`settings_file.py`).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.part import Place
from regulars.pipelines.settings.profiles.profile_files import list_profiles, read_profile
from regulars.pipelines.settings.wording import suggest

_MERGED = ("options", "columns", "attributes", "exclude", "include", "doubtful", "headers")
"""Keys of a source, and of its kinds, whose entries are put over those of the profile one by one."""
KIND_LEFT_OUT = "kind_left_out"
"""The rule that leaves out records of kinds of a profile that the settings take away, as `kinds: {refunds: null}`."""


def apply_profiles(data: Any, folder: Path | None) -> tuple[Any, list[tuple[Place, str]]]:
    """The settings with every profile put under its source, and the mistakes.

    Args:
        data: The settings as YAML gives them.
        folder: The folder of the settings file, where the company's own profiles lie.
    """
    sources = data.get("sources") if isinstance(data, dict) else None
    if not isinstance(sources, dict):
        return data, []
    known = list_profiles(folder)
    filled: dict[Any, Any] = {}
    mistakes: list[tuple[Place, str]] = []
    for name, written in sources.items():
        filled[name] = written
        if not isinstance(written, dict) or not isinstance(written.get("profile"), str):
            continue
        place: Place = ("sources", name)
        profile = written["profile"]
        if profile not in known:
            mistakes.append(((*place, "profile"), f"`{profile}` is not known here{suggest(profile, list(known))}"))
            continue
        try:
            mapping = read_profile(profile, known[profile]).mapping
        except SettingsWrong as wrong:
            mistakes.append(((*place, "profile"), str(wrong)))
            continue
        mistakes += [((*place, key), sentence) for key, sentence in _find_mistakes(mapping, written)]
        filled[name] = merge_source(mapping, written)
    return {**data, "sources": filled}, mistakes


def merge_source(mapping: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    """A source as the profile has it, with what the settings write over it.

    Args:
        mapping: The keys of the profile.
        written: The keys of the settings; an entry that is None takes the profile's away.
    """
    under = dict(mapping)
    if isinstance(written.get("kinds"), dict) and "kind" in under:
        under["kinds"] = {under.pop("kind"): {"columns": under.pop("columns", {})}}
    elif "kind" in written and written["kind"] != under.get("kind"):
        under = {key: value for key, value in under.items() if key not in ("kind", "kinds", "columns")}
    merged = {**under, **written}
    for key in _MERGED:
        if isinstance(under.get(key), dict) and isinstance(written.get(key), dict):
            merged[key] = _put_over(under[key], written[key])
    if isinstance(under.get("kinds"), dict) and isinstance(written.get("kinds"), dict):
        merged["kinds"] = _merge_kinds(under["kinds"], written["kinds"])
        taken_away = [under["kinds"][kind] for kind in under["kinds"] if kind not in merged["kinds"]]
        if isinstance(excluded := merged.get("exclude", {}), dict):
            merged["exclude"] = _exclude_what_no_kind_takes(taken_away, list(merged["kinds"].values())) | excluded
    _forget_doubts(merged, written)
    return {key: value for key, value in merged.items() if value is not None or key not in under}


def _forget_doubts(merged: dict[str, Any], written: dict[str, Any]) -> None:
    """Leave out what the profile says of rules that the settings take away."""
    if not isinstance(merged.get("doubtful"), dict):
        return
    parts = (merged.get("exclude"), merged.get("include"), written.get("doubtful"))
    known = {name for part in parts if isinstance(part, dict) for name in part}
    merged["doubtful"] = {name: condition for name, condition in merged["doubtful"].items() if name in known}


def _merge_kinds(under: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    merged = _put_over(under, written)
    for part in [kind for kind in merged if kind not in written and _is_without_whole(kind, under, merged)]:
        del merged[part]
    for kind, mapping in merged.items():
        if isinstance(under.get(kind), dict) and isinstance(mapping, dict) and mapping is not under[kind]:
            merged[kind] = {**under[kind], **mapping}
            for key in _MERGED:
                if isinstance(under[kind].get(key), dict) and isinstance(mapping.get(key), dict):
                    merged[kind][key] = _put_over(under[kind][key], mapping[key])
    return merged


def _is_without_whole(kind: str, under: dict[str, Any], merged: dict[str, Any]) -> bool:
    """Whether the rows of a kind belong to those of another one that the settings take away."""
    whole = KINDS[kind].is_part_of if kind in KINDS else ""
    return whole in under and whole not in merged


def _exclude_what_no_kind_takes(taken_away: list[Any], left: list[Any]) -> dict[str, str]:
    """A rule for the records that only kinds would have taken that the settings take away."""
    conditions = [[each.get("when") for each in kinds if isinstance(each, dict)] for kinds in (taken_away, left)]
    if not taken_away or None in conditions[0] + conditions[1]:
        return {}
    gone, kept = (" or ".join(f"((\n{when}\n) is true)" for when in whens) for whens in conditions)
    return {KIND_LEFT_OUT: f"({gone}) and not ({kept or 'false'})"}


def _put_over(under: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    """The entries of both; an entry of the settings that is None takes the profile's away."""
    return {key: value for key, value in {**under, **written}.items() if value is not None or key not in under}


def _find_mistakes(mapping: dict[str, Any], written: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "columns" in written and "kinds" in mapping and "kind" not in written:
        kinds = ", ".join(mapping["kinds"])
        yield "columns", f"the profile feeds {kinds}: write `kinds: {{{next(iter(mapping['kinds']))}: {{columns: …}}}}`"
