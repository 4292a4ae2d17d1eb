"""What contracts refer to instead of repeating it: shared lists of allowed values, and constants of the code.

Put here: reading `data_contracts/enumerations.yaml`, which lists and constants the code owns, and filling both in. Keep
out: values of one column only; they stand in its contract.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from regulars.pipelines.contracts.odcs.place import Place
from regulars.pipelines.definitions import enumerations as shared
from regulars.pipelines.definitions import windows
from regulars.pipelines.kinds.tickets import NO_REPLY_DUE_REASONS
from regulars.pipelines.models.names import SPEND_MODELS, SUBSCRIPTION_MODELS, purchase_model_names

FILE = "enumerations.yaml"

Enumerations = Mapping[str, Mapping[str, str]]
"""Name of a list -> its values -> what each means."""

CONSTANTS = {
    name: value
    for name, value in {**vars(shared), **vars(windows)}.items()
    if name.isupper() and isinstance(value, int | str)
}
"""The numbers and texts of `pipelines/definitions/`: name -> value. A contract writes them as `{NAME}`."""

PLACEHOLDER = re.compile(r"\{([A-Z][A-Z0-9_]+)\}")
"""A constant's name in braces; `{table}` and the `{3}` of a regular expression are none."""


def read_enumerations(folder: Path) -> Enumerations:
    """Every list that contracts under `folder` may refer to: those of its `enumerations.yaml` and those of the code.

    Args:
        folder: Holds `enumerations.yaml` beside the folders of the layers; the file may be missing.
    """
    path = folder / FILE
    return {
        **(_parse(path.read_bytes()) if path.is_file() else {}),
        "purchase_models": purchase_model_names(),
        "spend_models": SPEND_MODELS,
        "subscription_models": SUBSCRIPTION_MODELS,
        "nps_grains": shared.NPS_GRAINS,
        "value_bases": shared.VALUE_BASES,
        "support_grains": shared.SUPPORT_GRAINS,
        "support_dimensions": shared.SUPPORT_DIMENSIONS,
        "delivery_grains": shared.DELIVERY_GRAINS,
        "delivery_dimensions": shared.DELIVERY_DIMENSIONS,
        "profile_attributes": shared.PROFILE_ATTRIBUTES,
        "lenses": shared.LENSES,
        "no_reply_due_reasons": NO_REPLY_DUE_REASONS,
        "bad_signs": shared.BAD_SIGNS,
    }


@lru_cache(maxsize=8)
def _parse(content: bytes) -> Enumerations:
    """The lists of a file; all contracts of a folder ask for the same one."""
    lists: Enumerations = yaml.safe_load(content)
    return lists


def expand_enumeration(entry: Mapping[str, Any], enumerations: Enumerations, place: Place) -> dict[str, Any]:
    """A column's entry whose customProperty `values` is replaced by the `enum` that it names.

    Args:
        entry: The column as written; `values` is the name of a list, or several names. Values of the column's own
            `enum` come before those that are named.
        enumerations: What the names stand for.
        place: Where an unknown name goes.
    """
    extras = entry.get("customProperties") or []
    names = next((each["value"] for each in extras if each.get("property") == "values"), ())
    if not names:
        return dict(entry)
    listed: Sequence[str] = [names] if isinstance(names, str) else names
    values = list(entry.get("enum") or [])
    for name in listed:
        if name not in enumerations:
            place.wrong(
                f"`values` names `{name}`, which is not an enumeration; known are {', '.join(sorted(enumerations))}"
            )
            continue
        values += [{"value": value, "description": meaning} for value, meaning in enumerations[name].items()]
    rest = [each for each in extras if each.get("property") != "values"]
    expanded = {key: value for key, value in entry.items() if key != "customProperties"} | {"enum": values}
    return expanded | ({"customProperties": rest} if rest else {})


def fill_constants(content: Any, place: Place) -> Any:
    """The content of a contract file with every `{NAME}` replaced by the constant; in texts that are keys, it stays.

    A text that is nothing but a placeholder becomes the constant itself, so that a number stays one.

    Args:
        content: What the YAML holds: lists, mappings, texts and numbers.
        place: Where an unknown name goes.
    """
    if isinstance(content, Mapping):
        return {key: fill_constants(value, place) for key, value in content.items()}
    if isinstance(content, list):
        return [fill_constants(value, place) for value in content]
    if not isinstance(content, str):
        return content
    for name in PLACEHOLDER.findall(content):
        if name not in CONSTANTS:
            place.wrong(
                f"`{{{name}}}` is no constant of pipelines/definitions/; known are {', '.join(sorted(CONSTANTS))}"
            )
    whole = PLACEHOLDER.fullmatch(content)
    if whole:
        return CONSTANTS.get(whole[1], content)
    return PLACEHOLDER.sub(lambda found: str(CONSTANTS.get(found[1], found[0])), content)
