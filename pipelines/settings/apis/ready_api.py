"""Finds ready-made APIs, and puts them under the sources that name one.

Put here: what a file in `pipelines/sources/apis/` may say, and what wins. Keep out: checking what comes out
(`pipelines/settings/sources/api_way.py`).
"""

from collections.abc import Iterator
from typing import Any

import yaml

from regulars.pipelines.settings.package import APIS_FOLDER
from regulars.pipelines.settings.part import Part, Place
from regulars.pipelines.settings.wording import suggest

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
    """Resource -> its own keys of `from`, and the `profile` by which its records are mapped."""


def list_ready_apis() -> list[str]:
    """The names of the ready-made APIs."""
    return sorted(path.stem for path in APIS_FOLDER.glob("*.yaml"))


def read_ready_api(name: str) -> ReadyApi:
    """One of them."""
    text = (APIS_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return ReadyApi.model_validate(yaml.safe_load(text))


def apply_ready_apis(data: Any) -> tuple[Any, list[tuple[Place, str]]]:
    """The settings with every ready-made API put under the `from` that names it, and the mistakes.

    Args:
        data: The settings as YAML gives them, with secrets put in.
    """
    sources = data.get("sources") if isinstance(data, dict) else None
    if not isinstance(sources, dict):
        return data, []
    filled: dict[Any, Any] = {}
    mistakes: list[tuple[Place, str]] = []
    for name, source in sources.items():
        filled[name] = source
        way = source.get("from") if isinstance(source, dict) else None
        if not isinstance(way, dict) or not isinstance(way.get("api"), str):
            continue
        place: Place = ("sources", name, "from")
        wrong = list(_find_mistakes(way))
        if wrong:
            mistakes += [((*place, *inner), sentence) for inner, sentence in wrong]
            filled[name] = {**source, "from": None, "path": "-"}  # nothing else is said about it
            continue
        filled[name] = _fill(source, way)
    return {**data, "sources": filled}, mistakes


def _find_mistakes(way: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    known = list_ready_apis()
    if way["api"] not in known:
        yield ("api",), f"`{way['api']}` is not known here{suggest(way['api'], known)}"
        return
    ready = read_ready_api(way["api"])
    resource = way.get("resource")
    if resource not in ready.resources:
        written = f"`{resource}` is not known here" if isinstance(resource, str) else "`resource` is missing"
        yield ("resource",) if "resource" in way else (), f"{written}{suggest(str(resource), list(ready.resources))}"
    for key, meaning in {**ready.account, **ready.secret}.items():
        if not isinstance(way.get(key), str):
            yield (), f"`{key}` is missing: {meaning}"


def _fill(source: dict[str, Any], way: dict[str, Any]) -> dict[str, Any]:
    """A source whose `from` has all keys of the ready-made API, and which is mapped by its profile."""
    ready = read_ready_api(way["api"])
    own = {**ready.account, **ready.secret}
    given = {key: way[key].strip().rstrip("/") if key in ready.account else way[key] or "-" for key in own}
    resource = dict(ready.resources[way["resource"]])
    profile = resource.pop("profile")
    under = _put_in({**ready.shared, **resource}, given)
    over = {key: value for key, value in way.items() if key not in own}
    merged = {"type": "api", **under, **over}
    for key in _PUT_TOGETHER:
        if isinstance(over.get(key), dict):
            merged[key] = {**under.get(key, {}), **over[key]}
    is_mapped = any(key in source for key in ("profile", "kind", "kinds"))
    return {**source, "from": merged, **({} if is_mapped else {"profile": profile})}


def _put_in(value: Any, given: dict[str, str]) -> Any:
    """The value with every `{shop}` replaced by what the settings say."""
    if isinstance(value, dict):
        return {key: _put_in(inner, given) for key, inner in value.items()}
    if isinstance(value, str):
        for key, text in given.items():
            value = value.replace(f"{{{key}}}", text)
    return value
