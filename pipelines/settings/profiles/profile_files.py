"""Finds profiles and reads them: those that ship with Regulars, and a company's own, which win.

Put here: names, folders, reading. Keep out: the shape (`profile.py`), and what the settings add (`merge.py`).
"""

import copy
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.package import PROFILES_FOLDER
from regulars.pipelines.settings.profiles.profile import Profile
from regulars.pipelines.settings.yaml_text import load_yaml

PARTS = ("tool", "export", "seen", "recognise", "ask", "find", "header_rows")
"""The keys of a profile that are not those of a source."""

OWN_FOLDER = Path("company", "profiles")
"""Where a company's own profiles lie, from the folder of the settings."""


def list_profiles(folder: Path | None) -> dict[str, Path]:
    """Name -> file of every profile, in the order of the names.

    Args:
        folder: The folder of the settings; None: no own profiles.
    """
    found = _list_files(PROFILES_FOLDER)
    if folder is not None:
        found |= _list_files(folder / OWN_FOLDER)
    return dict(sorted(found.items()))


def _list_files(folder: Path) -> dict[str, Path]:
    """`shopify/orders.yaml` is `shopify_orders`, and so is `shopify_orders.yaml`."""
    paths = sorted([*folder.glob("*.yaml"), *folder.glob("*/*.yaml")])
    return {"_".join(path.relative_to(folder).with_suffix("").parts): path for path in paths}


def read_profile(name: str, path: Path) -> Profile:
    """Read and check a profile.

    Raises:
        SettingsWrong: It holds a mistake.
    """
    try:
        profile = _parse_profile(name, path.name, path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise SettingsWrong(f"{path.name}: this profile is not YAML in UTF-8") from None
    return profile.model_copy(update={"mapping": copy.deepcopy(profile.mapping)})  # a reader may write into its own


@lru_cache(maxsize=512)  # more than there are: they are looked through whole, and again for every file of settings
def _parse_profile(name: str, file_name: str, text: str) -> Profile:
    written = load_yaml(text)
    if not isinstance(written, dict):
        raise SettingsWrong(f"{file_name}: a profile has keys with values")
    own = {key: written.get(key) for key in PARTS if key in written}
    mapping = {key: value for key, value in written.items() if key not in own}
    try:
        return Profile.model_validate({"name": name, **own, "mapping": mapping})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        sentence = str(first.get("ctx", {}).get("error", first["msg"]))
        raise SettingsWrong(f"{file_name}: profile {name}: {place + ': ' if place else ''}{sentence}") from None
