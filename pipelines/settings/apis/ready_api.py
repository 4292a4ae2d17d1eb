"""Finds ready-made APIs, and puts them under the sources that name one.

Put here: what a file in `pipelines/sources/apis/` or `company/apis/` may say, and what wins. Keep out: checking what
comes out (`pipelines/settings/sources/api_way.py`).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.package import APIS_FOLDER
from regulars.pipelines.settings.part import Part, Place
from regulars.pipelines.settings.sources.api_way import SECRET_KEYS
from regulars.pipelines.settings.wording import suggest

OWN_FOLDER = Path("company", "apis")
"""Where a company's own ready-made APIs lie, from the folder of the settings."""

_PUT_TOGETHER = ("params", "headers")
"""Keys whose entries are put over those of the ready-made API one by one."""


class ReadyApi(Part):
    """One tool's API, as Regulars knows it."""

    tool: str
    """The tool's name, as people write it."""
    account: dict[str, str]
    """What the settings must say about the company's account: a key of `from`, and what to write there."""
    secret: dict[str, str]
    """What they must take from the environment: a key of `from`, and what to write there."""
    shared: dict[str, Any]
    """Keys of `from` that all resources have. `{shop}` stands for what the settings say."""
    resources: dict[str, dict[str, Any]]
    """Resource -> its own keys of `from`; `profile`, by which its records are mapped; and `changes`, the keys that take
    the place of others where the source has a `cursor`."""


def list_ready_apis(folder: Path | None) -> dict[str, Path]:
    """Name -> file of every ready-made API; a company's own win.

    Args:
        folder: The folder of the settings; None: no own APIs.
    """
    folders = [APIS_FOLDER, *([folder / OWN_FOLDER] if folder is not None else [])]
    return dict(sorted({path.stem: path for each in folders for path in each.glob("*.yaml")}.items()))


def read_ready_api(path: Path) -> ReadyApi:
    """Read and check one of them.

    Raises:
        SettingsWrong: It holds a mistake.
    """
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise SettingsWrong(f"{path.name}: this API is not YAML in UTF-8") from None
    try:
        ready = ReadyApi.model_validate(written)
    except ValidationError as error:
        first = error.errors()[0]
        wrong = ".".join(str(step) for step in first["loc"])
        raise SettingsWrong(f"{path.name}: {wrong + ': ' if wrong else ''}{first['msg']}") from None
    for place, sentence in _find_leaks(ready):
        raise SettingsWrong(f"{path.name}: {'.'.join(place)}: {sentence}")
    return ready


def _find_leaks(ready: ReadyApi) -> Iterator[tuple[tuple[str, ...], str]]:
    """Place and sentence of what would let a secret out: one in clear, or one that nothing treats as a secret."""
    for key in ready.secret:
        if key not in SECRET_KEYS:
            yield ("secret", key), f"call a secret one of {', '.join(SECRET_KEYS)}"
    marks = [f"{{{key}}}" for key in ready.secret]
    for place, text in _list_texts({"shared": ready.shared, **ready.resources}, ()):
        has_secret = any(mark in text for mark in marks)
        if "auth" in place and place[-1] in SECRET_KEYS and not has_secret:
            yield place, "a secret does not belong here; write {token}, and `token` below `secret`"
        if "auth" not in place and has_secret:
            yield place, "a secret stands below `auth` alone"


def _list_texts(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Place and value of everything that is no mapping and no list."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _list_texts(inner, (*place, str(key)))
    else:
        yield place, str(value)


def apply_ready_apis(data: Any, folder: Path | None) -> tuple[Any, list[tuple[Place, str]]]:
    """The settings with every ready-made API put under the `from` that names it, and the mistakes.

    Args:
        data: The settings as YAML gives them, with secrets put in.
        folder: The folder of the settings file, where the company's own APIs lie.
    """
    sources = data.get("sources") if isinstance(data, dict) else None
    if not isinstance(sources, dict):
        return data, []
    known = list_ready_apis(folder)
    filled: dict[Any, Any] = {}
    mistakes: list[tuple[Place, str]] = []
    for name, source in sources.items():
        filled[name] = source
        way = source.get("from") if isinstance(source, dict) else None
        if not isinstance(way, dict) or not isinstance(way.get("api"), str):
            continue
        place: Place = ("sources", name, "from")
        ready, wrong = _read_named(way, known)
        if ready is None or wrong:
            mistakes += [((*place, *inner), sentence) for inner, sentence in wrong]
            filled[name] = {**source, "from": None, "path": "-"}  # nothing else is said about it
            continue
        filled[name] = _fill(source, way, ready)
    return {**data, "sources": filled}, mistakes


def _read_named(way: dict[str, Any], known: Mapping[str, Path]) -> tuple[ReadyApi | None, list[tuple[Place, str]]]:
    """The API that a `from` names, and what is wrong with it."""
    if way["api"] not in known:
        return None, [(("api",), f"`{way['api']}` is not known here{suggest(way['api'], list(known))}")]
    try:
        ready = read_ready_api(known[way["api"]])
    except SettingsWrong as wrong:
        return None, [(("api",), str(wrong))]
    return ready, list(_find_mistakes(way, ready))


def _find_mistakes(way: dict[str, Any], ready: ReadyApi) -> Iterator[tuple[Place, str]]:
    resource = way.get("resource")
    if resource not in ready.resources:
        written = f"`{resource}` is not known here" if isinstance(resource, str) else "`resource` is missing"
        yield ("resource",) if "resource" in way else (), f"{written}{suggest(str(resource), list(ready.resources))}"
    for key, meaning in {**ready.account, **ready.secret}.items():
        if not isinstance(way.get(key), str):
            yield (), f"`{key}` is missing: {meaning}"


def _fill(source: dict[str, Any], way: dict[str, Any], ready: ReadyApi) -> dict[str, Any]:
    """A source whose `from` has all keys of the ready-made API, and which is mapped by its profile."""
    own = {**ready.account, **ready.secret}
    given = {key: way[key].strip().rstrip("/") if key in ready.account else way[key] or "-" for key in own}
    resource = dict(ready.resources[way["resource"]])
    profile, changes = resource.pop("profile", None), resource.pop("changes", {})
    under = _put_in({**ready.shared, **resource, **(changes if way.get("cursor") else {})}, given)
    over = {key: value for key, value in way.items() if key not in own}
    merged = {"type": "api", **under, **over}
    for key in _PUT_TOGETHER:
        if isinstance(over.get(key), dict):
            merged[key] = {**under.get(key, {}), **over[key]}
    kinds = source.get("kinds", {})
    takes_away = isinstance(kinds, dict) and None in kinds.values()  # what only the profile has
    is_mapped = profile is None or "profile" in source or "kind" in source or (bool(kinds) and not takes_away)
    return {**source, "from": merged, **({} if is_mapped else {"profile": profile})}


def _put_in(value: Any, given: dict[str, str]) -> Any:
    """The value with every `{shop}` replaced by what the settings say."""
    if isinstance(value, dict):
        return {key: _put_in(inner, given) for key, inner in value.items()}
    if isinstance(value, list):
        return [_put_in(inner, given) for inner in value]
    if isinstance(value, str):
        for key, text in given.items():
            value = value.replace(f"{{{key}}}", text)
    return value
