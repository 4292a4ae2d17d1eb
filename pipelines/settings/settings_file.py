"""Reading `regulars.yaml`, and saying what is wrong with it: every mistake with its line and the nearest valid key.

Put here: YAML to `Settings`. Keep out: what a setting means (`settings.py`), and whether files exist (`sources/`).
"""

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.part import Part
from regulars.pipelines.settings.settings import Settings

Place = tuple[str | int, ...]
TargetTypes = Mapping[str, type[Part]]
"""Type of target -> the shape of its options."""

SECRET = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)\}")
SECRETS_LIVE_AT = {("alerts", "webhook")}
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
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsWrong(
            f"There is no settings file `{path}`. Copy `regulars.example.yaml` to that name (`regulars sample` writes "
            "one as well, with exports that fit it), or name yours with --settings."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsWrong(f"`{path}` cannot be read: {error}") from None
    known = os.environ if environment is None else environment
    return parse_settings(text, name=path.name, environment=known, target_types=target_types)


def parse_settings(
    text: str, *, name: str, environment: Mapping[str, str], target_types: TargetTypes | None = None
) -> Settings:
    """As `load_settings`, from the file's text."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsWrong(f"{name}:{line}: this is not YAML: {error.problem}") from None
    if not isinstance(root, yaml.MappingNode):
        raise SettingsWrong(f"{name}:1: the file is empty; `regulars.example.yaml` shows what belongs into it")
    unreadable = next(_find_unreadable_values(root), None)
    if unreadable:
        raise SettingsWrong(f"{name}:{unreadable[0]}: this value cannot be read: {unreadable[1]}")
    lines: dict[Place, int] = {(): 1}
    mistakes = list(_note_lines(root, (), lines))
    data = _fill_in_secrets(yaml.safe_load(text), (), environment, mistakes)
    if target_types is not None:
        mistakes += _check_targets(data, target_types)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        mistakes += _word_errors(error, data, Settings)
    else:
        if not mistakes:
            return settings
    places = sorted(
        {(_find_line(path, lines), f"{_join_path(path)}: {what}" if path else what) for path, what in mistakes}
    )
    raise SettingsWrong("\n".join(f"{name}:{line}: {sentence}" for line, sentence in places))


def _find_unreadable_values(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """Line and reason of every value that YAML takes for a date, a number or a tag and cannot make one of."""
    if isinstance(node, yaml.ScalarNode):
        try:
            yaml.SafeLoader("").construct_object(node)
        except ValueError as error:
            yield node.start_mark.line + 1, str(error)
        except yaml.MarkedYAMLError as error:
            yield node.start_mark.line + 1, str(error.problem)
        return
    for entry in node.value:
        for part in entry if isinstance(entry, tuple) else (entry,):
            yield from _find_unreadable_values(part)


def _note_lines(node: yaml.Node, path: Place, lines: dict[Place, int]) -> Iterator[tuple[Place, str]]:
    """Write down the line of every key; yield the keys that stand twice (YAML would drop the first in silence)."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, key.value)
            if here in lines:
                yield here, f"this key stands twice (first in line {lines[here]})"
            lines[here] = key.start_mark.line + 1
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
    if path in SECRETS_LIVE_AT and not SECRET.search(value):
        mistakes.append((path, "a secret does not belong here; write ${NAME} and set that in the environment"))
    for name in SECRET.findall(value):
        if name not in environment:
            mistakes.append((path, f"the environment has no {name}"))
    return SECRET.sub(lambda match: environment.get(match[1], ""), value)


def _check_targets(data: Any, types: TargetTypes) -> Iterator[tuple[Place, str]]:
    """The mistakes in the options of targets; what is wrong with the list of targets itself, `Settings` finds."""
    publish = data.get("publish")
    targets = publish.get("targets") if isinstance(publish, dict) else None
    for name, target in targets.items() if isinstance(targets, dict) else ():
        if not isinstance(target, dict) or not isinstance(target.get("type"), str):
            continue
        place: Place = ("publish", "targets", name)
        shape = types.get(target["type"])
        if shape is None:
            yield (*place, "type"), f"`{target['type']}` is not known here{_suggest(target['type'], sorted(types))}"
            continue
        options = {key: value for key, value in target.items() if key != "type"}
        try:
            shape.model_validate(options)
        except ValidationError as error:
            yield from (((*place, *inner), what) for inner, what in _word_errors(error, options, shape))


def _word_errors(error: ValidationError, data: Any, shape: type[Part]) -> list[tuple[Place, str]]:
    """Pydantic's findings as sentences, one per place of the file."""
    found: dict[Place, list[ErrorDetails]] = {}
    for detail in error.errors():
        found.setdefault(_find_place(detail["loc"], data), []).append(detail)
    return [(place, _word_error(place, details, shape)) for place, details in found.items()]


def _find_place(location: Place, data: Any) -> Place:
    """The part of pydantic's location that the file has (it also names the branch of a union)."""
    place: list[str | int] = []
    for step in location:
        known: Any = range(len(data)) if isinstance(data, list) else data if isinstance(data, dict) else ()
        if step in known:
            place.append(step)
            data = data[step]
    return tuple(place)


def _word_error(place: Place, details: list[ErrorDetails], shape: type[Part]) -> str:
    if "columns" in place and len(details) > 1:
        return "write a header name, a list of header names, {sql: an expression} or {value: a constant}"
    detail = details[0]
    missing = [str(each["loc"][-1]) for each in details if each["type"] == "missing"]
    if missing:
        return f"`{'`, `'.join(missing)}` is missing"
    if detail["type"] == "extra_forbidden":
        return f"unknown key{_suggest(str(place[-1]), list_keys(place[:-1], shape))}"
    if detail["type"] == "literal_error":
        expected = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
        return f"`{detail['input']}` is not known here{_suggest(str(detail['input']), expected)}"
    if detail["type"] == "string_type":
        return f"`{detail['input']}` must be text; put it in quotes"
    message = detail["msg"].removeprefix("Value error, ")
    return message if detail["type"] == "value_error" else f"{message} (it is `{detail['input']}`)"


def _suggest(word: str, valid: list[str]) -> str:
    near = difflib.get_close_matches(word, valid, n=1)
    return f"; did you mean `{near[0]}`?" if near else f"; known are: {', '.join(valid)}" if valid else ""


def list_keys(place: Place, root: type[Part] = Settings) -> list[str]:
    """The keys that the settings, or a part of them, know at a place, such as `("sources", "shop")`."""
    shapes: list[Any] = [root]
    for step in place:
        inner: list[Any] = []
        for shape in shapes:
            if isinstance(shape, type) and issubclass(shape, BaseModel):
                if step in shape.model_fields:
                    inner.append(shape.model_fields[str(step)].annotation)
            elif get_args(shape):
                inner.append(get_args(shape)[-1])
        shapes = [branch for shape in inner for branch in _list_branches(shape)]
    models = [shape for shape in shapes if isinstance(shape, type) and issubclass(shape, BaseModel)]
    return sorted({name for model in models for name in model.model_fields})


def _list_branches(shape: Any) -> list[Any]:
    """The members of a union; anything else is its own only branch."""
    return list(get_args(shape)) if type(shape).__name__ in {"UnionType", "Union", "_UnionGenericAlias"} else [shape]


def _find_line(path: Place, lines: dict[Place, int]) -> int:
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _join_path(path: Place) -> str:
    return ".".join(str(step) for step in path)
