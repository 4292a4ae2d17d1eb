"""Reading `regulars.yaml`, and saying what is wrong with it: every mistake with its line and the nearest valid key.

Put here: YAML to `Settings`. Keep out: what a setting means (`settings.py`), and whether files exist (`sources/`).
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.apis.ready_api import apply_ready_apis
from regulars.pipelines.settings.customers.match_file import add_match_file
from regulars.pipelines.settings.mistakes.unknown_names import find_unknown_names
from regulars.pipelines.settings.part import Part, Place
from regulars.pipelines.settings.profiles.merge import apply_profiles
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.sources.api_way import SECRET_KEYS
from regulars.pipelines.settings.wording import COLUMN_FORMS, suggest, word_error
from regulars.pipelines.settings.yaml_text import compose_yaml, load_yaml, read_yaml_text

TargetTypes = Mapping[str, type[Part]]
"""Type of target -> the shape of its options."""

SECRET = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)\}")
_TAGS_OF_KEYS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"}
SECRETS_LIVE_AT = {("alerts", "webhook"), ("openlineage", "api_key")}
"""Where a value written in clear would be a leaked secret."""


def load_settings(
    path: Path, environment: Mapping[str, str] | None = None, *, target_types: TargetTypes | None = None
) -> Settings:
    """Read and check a settings file.

    Args:
        path: The YAML file.
        environment: Where `${NAME}` is looked up (default: the process environment).
        target_types: What the options of each type of target must look like. Settings cannot know it, since targets
            belong to publishing; without it the options are not checked.

    Raises:
        SettingsWrong: With every mistake of the file, a line each.
    """
    text = read_yaml_text(
        path,
        f"There is no settings file `{path}`. Copy `regulars.example.yaml` to that name (`regulars sample` writes one "
        "as well, with exports that fit it), or name yours with --settings.",
    )
    known = os.environ if environment is None else environment
    settings = parse_settings(text, name=path.name, environment=known, target_types=target_types, folder=path.parent)
    return add_match_file(settings, path.resolve().parent)


def parse_settings(
    text: str,
    *,
    name: str,
    environment: Mapping[str, str],
    target_types: TargetTypes | None = None,
    folder: Path | None = None,
) -> Settings:
    """As `load_settings`, from the file's text; the company's own profiles and APIs lie below `folder`."""
    root = _compose(text, name)
    lines: dict[Place, int] = {(): 1}
    mistakes = list(_note_lines(root, (), lines))
    written = _load(text, name)
    data, wrong_apis = apply_ready_apis(_fill_in_secrets(written, (), environment, mistakes), folder)
    data, wrong_profiles = apply_profiles(data, folder)
    mistakes += wrong_apis + wrong_profiles
    mistakes += find_unknown_names(data)
    if target_types is not None:
        mistakes += _check_targets(data, written, target_types)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        told = {place[:2] for place, _ in wrong_apis + wrong_profiles}
        mistakes += [each for each in _word_errors(error, written, Settings) if each[0][:2] not in told]
    else:
        if not mistakes:
            settings.remember_lines(name, lines)
            if folder is not None:
                settings.remember_folder(folder)
            return settings
    places = sorted(
        {(_find_line(path, lines), f"{_join_path(path)}: {what}" if path else what) for path, what in mistakes}
    )
    raise SettingsWrong("\n".join(f"{name}:{line}: {sentence}" for line, sentence in places))


def _compose(text: str, name: str) -> yaml.MappingNode:
    """The nodes of the text, which know their lines."""
    root = compose_yaml(text, name)
    if root is None:
        raise SettingsWrong(f"{name}:1: the file is empty; `regulars.example.yaml` shows what belongs into it")
    if not isinstance(root, yaml.MappingNode):
        line = root.start_mark.line + 1
        raise SettingsWrong(
            f"{name}:{line}: write keys with values; `regulars.example.yaml` shows what belongs into it"
        )
    unreadable = next(_find_unreadable_values(root), None)
    if unreadable:
        raise SettingsWrong(f"{name}:{unreadable[0]}: this value cannot be read: {unreadable[1]}")
    return root


def _load(text: str, name: str) -> Any:
    """The values of a text that `_compose` has read."""
    try:
        return load_yaml(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsWrong(f"{name}:{line}: this value cannot be read: {error.problem}") from None


def _find_unreadable_values(node: yaml.Node, around: tuple[yaml.Node, ...] = ()) -> Iterator[tuple[int, str]]:
    """Line and reason of every value that YAML takes for a date, a number or a tag and cannot make one of."""
    if any(node is each for each in around):
        yield node.start_mark.line + 1, "it holds itself"
    elif isinstance(node, yaml.ScalarNode):
        try:
            yaml.SafeLoader("").construct_object(node)
        except ValueError as error:
            yield node.start_mark.line + 1, str(error)
        except yaml.MarkedYAMLError as error:
            yield node.start_mark.line + 1, str(error.problem)
    else:
        for entry in node.value:
            if isinstance(entry, tuple) and not isinstance(entry[0], yaml.ScalarNode):
                yield entry[0].start_mark.line + 1, "a key is a text"
                return
            for part in entry if isinstance(entry, tuple) else (entry,):
                yield from _find_unreadable_values(part, (*around, node))


def _note_lines(node: yaml.Node, path: Place, lines: dict[Place, int]) -> Iterator[tuple[Place, str]]:
    """Write down the line of every key; yield the keys that stand twice (YAML would drop the first in silence)."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, key.value)
            if here in lines:
                yield here, f"this key stands twice (first in line {lines[here]})"
            lines[here] = key.start_mark.line + 1
            if key.tag not in _TAGS_OF_KEYS:
                yield here, "this key is not a text for YAML; put it in quotes"
            yield from _note_lines(value, here, lines)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            lines[(*path, number)] = value.start_mark.line + 1
            yield from _note_lines(value, (*path, number), lines)


def _fill_in_secrets(value: Any, path: Place, environment: Mapping[str, str], mistakes: list[tuple[Place, str]]) -> Any:
    """The value with every `${NAME}` put in."""
    if isinstance(value, dict):
        return {key: _fill_in_secrets(inner, (*path, key), environment, mistakes) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fill_in_secrets(inner, (*path, number), environment, mistakes) for number, inner in enumerate(value)]
    if not isinstance(value, str):
        return value
    if _is_secret(path) and not SECRET.search(value):
        mistakes.append((path, "a secret does not belong here; write ${NAME} and set that in the environment"))
    for name in SECRET.findall(value):
        if name not in environment:
            mistakes.append((path, f"the environment has no {name}"))
        elif _is_secret(path) and not environment[name].strip():
            mistakes.append((path, f"the environment variable {name} is empty"))
    return SECRET.sub(lambda match: environment.get(match[1], ""), value)


def _is_secret(path: Place) -> bool:
    """Whether a secret belongs to a place of the settings."""
    if path in SECRETS_LIVE_AT:
        return True
    if path[:1] != ("sources",) or path[2:3] != ("from",) or path[-1] not in SECRET_KEYS:
        return False
    return len(path) == 4 or path[3:4] == ("auth",)


def _check_targets(data: Any, written: Any, types: TargetTypes) -> Iterator[tuple[Place, str]]:
    """The mistakes in the options of targets; what is wrong with the list of targets itself, `Settings` finds.

    Args:
        data: The settings with secrets put in.
        written: The settings as they stand in the file, which sentences may show.
        types: Type of target -> the shape of its options.
    """
    publish = data.get("publish")
    targets = publish.get("targets") if isinstance(publish, dict) else None
    for name, target in targets.items() if isinstance(targets, dict) else ():
        if not isinstance(target, dict) or not isinstance(target.get("type"), str):
            continue
        place: Place = ("publish", "targets", name)
        shape = types.get(target["type"])
        if shape is None:
            yield (*place, "type"), f"`{target['type']}` is not known here{suggest(target['type'], sorted(types))}"
            continue
        options = {key: value for key, value in target.items() if key != "type"}
        try:
            shape.model_validate(options)
        except ValidationError as error:
            known = written["publish"]["targets"][name]
            yield from (((*place, *inner), what) for inner, what in _word_errors(error, known, shape))


def _word_errors(error: ValidationError, written: Any, shape: type[Part]) -> list[tuple[Place, str]]:
    """Pydantic's findings as sentences, one per place of the file."""
    found: dict[Place, list[ErrorDetails]] = {}
    for detail in error.errors():
        found.setdefault(_find_place(detail["loc"], written), []).append(detail)
    words = {place: word_error(place, details, shape, _get(written, place)) for place, details in found.items()}
    told = {place for place, what in words.items() if what == COLUMN_FORMS}
    return [(place, what) for place, what in words.items() if not any(place[:n] in told for n in range(len(place)))]


def _find_place(location: Place, data: Any) -> Place:
    """The part of pydantic's location that the file has (it also names the branch of a union)."""
    place: list[str | int] = []
    for step in location:
        known: Any = range(len(data)) if isinstance(data, list) else data if isinstance(data, dict) else ()
        if step in known:
            place.append(step)
            data = data[step]
    return tuple(place)


def _get(data: Any, place: Place) -> Any:
    for step in place:
        data = data[step]
    return data


def _find_line(path: Place, lines: dict[Place, int]) -> int:
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _join_path(path: Place) -> str:
    return ".".join(str(step) for step in path)
