"""Mistakes in the options of targets: told with file, line and key, all at once with the other mistakes."""

import pytest
import yaml

from regulars.pipelines.command.pages.settings_examples import EXAMPLES
from regulars.pipelines.command.pages.settings_page import settings_markdown
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.publish.targets.shape.registry import TARGET_OPTIONS, TARGET_TYPES
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.settings_file import parse_settings
from tests.shop import COMPANY, ORDERS

KEYS = [(name, key) for name, shape in TARGET_OPTIONS.items() for key in shape.model_fields]


def read(text: str) -> Settings:
    return parse_settings(text, name="regulars.yaml", environment={}, target_types=TARGET_OPTIONS)


def mistakes(targets: str, company: str = "") -> list[str]:
    """The mistakes; the line of the first target is 1."""
    before = COMPANY.strip() + ORDERS + company + "publish:\n  targets:\n"
    with pytest.raises(SettingsWrong) as caught:
        read(before + targets)
    first = before.count("\n")
    lines = [line.split(":", 2) for line in str(caught.value).splitlines()]
    return [f"{int(number) - first}:{what}" for _, number, what in lines]


@pytest.mark.parametrize(
    ("target", "mistake"),
    [
        (
            "share: {type: folder, path: x, keep_generation: 3}",
            "1: publish.targets.share.keep_generation: unknown key; did you mean `keep_generations`?",
        ),
        (
            "share:\n      type: foldr\n      path: x",
            "2: publish.targets.share.type: `foldr` is not known here; did you",
        ),
        ("share: {path: x}", "1: publish.targets.share: `type` is missing"),
        ("share: {type: folder}", "1: publish.targets.share: `path` is missing"),
        ("share: {type: folder, path: 7}", "1: publish.targets.share.path: write a text; put it in quotes"),
        ("share: {type: folder, path: ''}", "1: publish.targets.share.path: write at least 1 character"),
        ("share: {type: folder, path: '${SHARE}'}", "1: publish.targets.share.path: the environment has no SHARE"),
        ("share:\n      type: folder\n      path: x\n      keep_generations: 1", "4: publish.targets.share.keep_gen"),
        ("../x: {type: folder, path: x}", "1: publish.targets.../x: write a name in small letters"),
        ("share: folder", "1: publish.targets.share: write keys with values below it"),
        ("share: {type: [folder], path: x}", "1: publish.targets.share.type: write a text; put it in quotes"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_key(target, mistake):
    told = mistakes(f"    {target}\n")
    assert any(line.startswith(mistake) for line in told), told


def test_mistakes_in_targets_are_told_together_with_all_others():
    told = mistakes("    share: {type: folder}\n", company="lapse_dys: 30\n")
    assert [line.split(":")[1].strip() for line in told] == ["lapse_dys", "publish.targets.share"]


@pytest.mark.parametrize("publish", ["publish: 7", "publish: {targets: [share]}", "publish:"])
def test_what_is_no_list_of_targets_is_told_by_the_settings_themselves(publish):
    with pytest.raises(SettingsWrong, match="publish"):
        read(COMPANY.strip() + ORDERS + publish + "\n")


@pytest.mark.parametrize("name", TARGET_TYPES)
def test_the_example_of_every_type_is_read_without_a_mistake_and_uses_every_key(name):
    example = yaml.safe_load(TARGET_TYPES[name].example)
    read(yaml.safe_dump({**yaml.safe_load(EXAMPLES[""]), "alerts": {}, **example}))
    used = {key for target in example["publish"]["targets"].values() for key in target}
    assert used == {"type", *TARGET_OPTIONS[name].model_fields}


@pytest.mark.parametrize(("name", "key"), KEYS)
def test_every_option_of_every_type_has_a_row_that_says_what_it_means(name, key):
    section = settings_markdown().split(f"## Targets of the type `{name}`")[1].split("\n## ")[0]
    [row] = [line for line in section.splitlines() if line.startswith(f"| `{key}` |")]
    assert row.endswith(". |")
