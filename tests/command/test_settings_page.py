"""The settings page names every key, its examples work, and a mistake is reported by the key that the page shows."""

import re
from typing import Any

import pytest
import yaml

from regulars.pipelines.command.pages.settings_examples import EXAMPLES
from regulars.pipelines.command.pages.settings_page import list_keys, parts_of, settings_markdown
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.settings_file import parse_settings

ENVIRONMENT = {"ALERT_WEBHOOK": "http://127.0.0.1/hook", "OPENLINEAGE_API_KEY": "k", "TICKETS_TOKEN": "t"}
PARTS = dict(parts_of(Settings))
KEYS = [(place, key) for place, part in PARTS.items() for key, _ in list_keys(part)]
OTHERS = {
    ("sources.<name>", "kinds"): "kind",
    ("sources.<name>", "from"): "path",
    ("sources.<name>.from (api)", "api"): "base_url",
    ("sources.<name>.from (api)", "resource"): "path",
    ("sources.<name>.from (api)", "cursor_param"): "cursor_body_path",
    ("sources.<name>.from (bucket)", "account"): "region",
    ("sources.<name>.from (database)", "table"): "query",
    ("sources.<name>.from (database)", "file"): "host",
}
"""A key that no example of its part can use: the example has the key that it may not stand beside."""


def whole_settings(place: str) -> dict[str, Any]:
    """The example of a part, with what else a settings file needs."""
    return {**yaml.safe_load(EXAMPLES[""]), **yaml.safe_load(EXAMPLES[place])}


def write_place(place: str) -> str:
    """A place as the file has it: without the type of one of several parts, which stands in brackets."""
    return re.sub(r" \(\w+\)", "", place)


def part_at(data: Any, place: str) -> Any:
    """The part of the data at a place; of several sources or kinds the last."""
    for step in write_place(place).split(".") if place else ():
        data = list(data.values() if isinstance(data, dict) else data)[-1] if step.startswith("<") else data[step]
    return data


def read(data: dict[str, Any]) -> Settings:
    return parse_settings(yaml.safe_dump(data), name="regulars.yaml", environment=ENVIRONMENT)


OF_OTHER_KINDS = (("sources.<name>", "kinds"), ("sources.<name>", "attributes"))
"""Keys that the example of a source of orders cannot have; the one of several kinds has them."""

OF_OTHER_FORMATS = (
    ("sources.<name>", "member"),
    *(("sources.<name>.options", key) for key in ("sheet", "header_row", "error_cells", "records", "rows_of")),
)
"""Keys of archives, workbooks and JSON, which the examples of CSV files cannot have; docs/formats.md shows them."""


def test_every_part_of_the_settings_has_an_example():
    assert EXAMPLES.keys() == PARTS.keys()


@pytest.mark.parametrize("place", EXAMPLES)
def test_every_example_is_read_without_a_mistake(place):
    read(whole_settings(place))


@pytest.mark.parametrize(("place", "key"), [each for each in KEYS if each not in (*OF_OTHER_KINDS, *OF_OTHER_FORMATS)])
def test_every_key_is_used_in_the_example_of_its_part(place, key):
    assert OTHERS.get((place, key), key) in part_at(yaml.safe_load(EXAMPLES[place]), place)


@pytest.mark.parametrize(("place", "key"), KEYS)
def test_a_wrong_value_is_reported_by_the_key_that_the_page_shows(place, key):
    data = whole_settings(place)
    part_at(data, place)[key] = [[]]
    with pytest.raises(SettingsWrong) as caught:
        read(data)
    name = (
        re.escape(f"{write_place(place)}.{key}".lstrip("."))
        .replace("<name>", r"\w+")
        .replace("<kind>", r"\w+")
        .replace("<number>", r"\d+")
    )
    assert re.search(rf"^regulars\.yaml:\d+: {name}[.:]", str(caught.value), flags=re.MULTILINE), str(caught.value)


@pytest.mark.parametrize(("place", "key"), KEYS)
def test_every_key_has_a_row_that_says_what_it_means(place, key):
    section = re.split(r"^## .*$", settings_markdown(), flags=re.MULTILINE)[1 + list(PARTS).index(place)]
    [row] = re.findall(rf"^\| `{key}` \| (.*) \|$", section, flags=re.MULTILINE)
    kind, _, meaning = (cell.strip() for cell in re.split(r"(?<!\\)\|", row))
    assert kind
    assert meaning.endswith((".", "…"))


def test_limits_and_defaults_are_shown_in_words():
    page = settings_markdown()
    assert "| `max_age_hours` | number above 0 |  |" in page
    assert "| `fiscal_year_starts` | whole number from 1 to 12 | `1` |" in page
    assert '| `thousands` | `""`, `","`, `"."`, `" "`, `"\'"` | `""` |' in page
    assert "| `grains` | list of: `week`, `month`, `quarter`, `year` | `[week, month, quarter, year]` |" in page
    assert '| `delimiter` | one character | `","` |' in page
    assert "| `currency` | three capitals | **needed** |" in page
    assert "| `schedule` | `{cron: …}` |  |" in page
    assert "| `timezone` | time zone | **needed** |" in page
    assert "| `path` | text or list of text |  |" in page
