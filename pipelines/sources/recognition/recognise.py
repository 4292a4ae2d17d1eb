"""Recognises which tool's export a file is, by the set of its header names.

Put here: comparing a header with profiles. Keep out: reading files, and the profiles themselves (`sources/profiles/`).
Neither the name of the file nor the order of its columns decides anything: operators choose both.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from regulars.pipelines.settings.profiles.profile import Profile
from regulars.pipelines.settings.sources.columns import Constant, Derived
from regulars.pipelines.sources.readers.header import clean_name


@dataclass(frozen=True)
class Recognised:
    """A profile that fits a header.

    Attributes:
        profile: The profile.
        known_count: How many of the header's names the profile knows.
        name_count: How many names the header has.
    """

    profile: Profile
    known_count: int
    name_count: int


def recognise_export(header: Sequence[str], profiles: Iterable[Profile]) -> list[Recognised]:
    """The profiles that fit a header; those that know most of its names first, and of equals by name.

    Only the first may be meant, and it is only where the second knows fewer names: otherwise somebody has to choose.

    Args:
        header: The header names of a file.
        profiles: All profiles.
    """
    names = {_fold(cell) for cell in header} - {""}
    found = [
        Recognised(profile, len(names & _list_known_names(profile)), len(names))
        for profile in profiles
        if _fits(profile, names)
    ]
    return sorted(found, key=lambda each: (-each.known_count, each.profile.name))


def choose_profile(found: Sequence[Recognised]) -> Recognised | None:
    """The profile that is meant; None where none fits, or two fit equally well."""
    if not found or (len(found) > 1 and found[1].known_count == found[0].known_count):
        return None
    return found[0]


def _fits(profile: Profile, names: set[str]) -> bool:
    """Whether a header has all names that the profile needs and none that belongs to another export."""
    recognise = profile.recognise
    if not all(_spellings(profile, name) & names for name in recognise.all):
        return False
    if any(_spellings(profile, name) & names for name in recognise.none):
        return False
    return recognise.like is None or any(re.search(recognise.like, name) for name in names - _list_known_names(profile))


def _spellings(profile: Profile, name: str) -> set[str]:
    """A name with its older and translated forms, folded."""
    headers: dict[str, list[str]] = profile.mapping.get("headers", {})
    return {_fold(each) for each in (name, *headers.get(name, ()))}


def _list_known_names(profile: Profile) -> set[str]:
    """All header names that the profile speaks of outside expressions, folded."""
    source = profile.make_source()
    names = [*profile.recognise.all, *source.optional, *source.headers]
    for mapping in source.mappings.values():
        for wanted in mapping.columns.values():
            if not isinstance(wanted, Derived | Constant):
                names += [wanted] if isinstance(wanted, str) else wanted
    return {spelling for name in names for spelling in _spellings(profile, name)}


def _fold(name: str) -> str:
    return clean_name(name).casefold()
