"""The page `docs/settings.md`: every key of `regulars.yaml`, made from the models of the settings.

Put here: the shape of the page. Keep out: the examples (`settings_examples.py`), and what a key means (the docstrings
in `settings/settings.py`, `settings/sources/` and the types of targets in `publish/targets/`).
"""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from regulars.pipelines.command.pages.settings_examples import EXAMPLES
from regulars.pipelines.command.pages.settings_types import describe_type, is_part, write_value
from regulars.pipelines.publish.targets.shape.registry import TARGET_TYPES
from regulars.pipelines.settings.settings import Settings

INTRODUCTION = """# Settings

Made from the modules of `pipelines/settings/` and `pipelines/publish/targets/` by
`python -m regulars.pipelines.command.handbook`; do not edit it by hand.

`regulars run` reads `regulars.yaml` in the folder where it is started; `--settings FILE` or `$REGULARS_SETTINGS` names
another one. Only `company` and one source are needed. `regulars.example.yaml` is the settings file of the sample
company, and shows most keys at work.

- **Mistakes are told all at once**, each with its line and its key as this page writes it: `regulars.yaml:11:
  lapse_dys: unknown key; did you mean lapse_days?`. A key that is unknown or written twice is a mistake. The exit code
  is 78. `regulars doctor` checks the file without a run.
- **`${NAME}`** in any text is replaced by the variable `NAME` of the environment (capitals, digits, underscores); a
  variable that is not set is a mistake. `alerts.webhook` must be written so, because it is a secret.
- **Results follow from the settings**: a change of a key that has a part in them makes a new generation at the next
  run, and `meta.restatements` says which published numbers it moved.
"""

BAR = "\\|"
"""A bar that does not end a cell."""


def settings_markdown() -> str:
    """The whole page."""
    sections = [
        *(
            _section(f"`{place}`" if place else "Top level", part, EXAMPLES[place])
            for place, part in parts_of(Settings)
        ),
        *(_section(f"Targets of the type `{name}`", each.options, each.example) for name, each in TARGET_TYPES.items()),
    ]
    return "\n".join([INTRODUCTION, *sections])


def list_keys(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    """The keys of a part as they are written, each with its field."""
    return [(field.alias or name, field) for name, field in model.model_fields.items()]


def parts_of(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Every part of the settings with its place, such as `sources.<name>.options`; those that hold others first.

    Where a setting is one of several parts, each has its `type` behind the place: `sources.<name>.from (api)`.
    """
    yield place, model
    for name, field in list_keys(model):
        step = f"{place}.{name}".lstrip(".")
        if field.annotation is None:
            continue
        choices = dict(_list_choices(field.annotation)) if type(None) in get_args(field.annotation) else {}
        if is_part(field.annotation):
            yield from parts_of(field.annotation, step)
        elif choices:
            for kind, part in choices.items():
                yield from parts_of(part, f"{step} ({kind})" if len(choices) > 1 else step)
        elif get_origin(field.annotation) is list and is_part(get_args(field.annotation)[0]):
            yield from parts_of(get_args(field.annotation)[0], f"{step}.<number>")
        elif get_origin(field.annotation) is dict and is_part(get_args(field.annotation)[1]):
            yield from parts_of(get_args(field.annotation)[1], f"{step}.<{'kind' if name == 'kinds' else 'name'}>")


def _list_choices(annotation: object) -> Iterator[tuple[str, type[BaseModel]]]:
    """The parts that a setting may be, each with its `type`; one alone has none."""
    if is_part(annotation):
        kind = annotation.model_fields.get("type")
        yield str(get_args(kind.annotation)[0]) if kind else "", annotation
    elif get_origin(annotation) in (Annotated, Union, UnionType):
        for each in get_args(annotation)[: 1 if get_origin(annotation) is Annotated else None]:
            yield from _list_choices(each)


def _section(heading: str, part: type[BaseModel], example: str) -> str:
    inner = dict(parts_of(part))
    lines = [f"## {heading}", "", _paragraphs(part.__doc__ or ""), ""]
    lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
    for name, field in list_keys(part):
        cells = [f"`{name}`", describe_type(field), _default_of(field), _meaning(name, field, inner)]
        lines.append(f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |")
    return "\n".join([*lines, "", "```yaml", example.strip(), "```", ""])


def _meaning(name: str, field: FieldInfo, inner: Mapping[str, type[BaseModel]]) -> str:
    """What the field's docstring says; of a part without one, what the part says about itself."""
    part = next((model for place, model in inner.items() if place.split(".")[-1] == name), None)
    return " ".join((field.description or (part.__doc__ if part else "") or "").split())


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    default = field.default
    if default is None or isinstance(default, BaseModel) or default in ({}, []):
        return ""
    return f"`[{', '.join(map(write_value, default))}]`" if isinstance(default, list) else f"`{write_value(default)}`"
