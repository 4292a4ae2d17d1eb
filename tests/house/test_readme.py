"""The README is true: its commands, tables, paths and exit codes exist, and the other way round."""

import re
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from regulars.cli import app
from regulars.pipelines import errors
from regulars.pipelines.command.handbook import fill_between_markers, made_pages
from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.contracts.view_contracts import make_view_contracts

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOW = "run `python -m regulars.pipelines.command.handbook`"
COMMANDS = typer.main.get_command(app).commands


@pytest.mark.parametrize(("path", "text"), made_pages().items(), ids=made_pages())
def test_what_is_made_from_the_code_is_as_the_code_is(path, text):
    assert (ROOT / path).read_text(encoding="utf-8") == text, HOW


def test_a_page_without_its_markers_is_an_error_not_a_page_that_is_never_filled():
    text = "Before\n<!-- verbs -->\nold\n<!-- /verbs -->\nafter\n"
    assert fill_between_markers(text, "verbs", "new") == text.replace("old", "new")
    with pytest.raises(ValueError, match="the markers of `rooms` 0 times"):
        fill_between_markers(text, "rooms", "new")


def test_every_room_is_named():
    rooms = {path.name for path in (ROOT / "pipelines").iterdir() if (path / "__init__.py").exists()}
    assert rooms == rooms & set(re.findall(r"`pipelines/(\w+)/`", README))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_verb_has_help_with_an_example(name):
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert f"Example: regulars {name}" in result.output


def test_every_verb_that_the_readme_names_exists():
    named = set(re.findall(r"`(?:\.venv/bin/)?regulars (\w+)", README))
    assert named
    assert named <= set(COMMANDS)


def test_every_path_that_the_readme_names_exists():
    named = re.findall(r"`((?:pipelines|assets|sql|data_contracts|examples|tests|benchmarks)/[\w./]*)`", README)
    assert named
    assert not [path for path in named if not (ROOT / path).exists()]


def test_every_table_that_the_readme_names_has_a_contract():
    tables = load_all_contracts(ROOT / "data_contracts")
    named = set(re.findall(r"`((?:marts|core|meta)\.\w+)`", README))
    assert named
    assert named <= {*tables, *make_view_contracts(tables)}


def test_every_exit_code_is_in_the_readme():
    codes = {each.exit_code for each in vars(errors).values() if isinstance(each, type) and hasattr(each, "exit_code")}
    told = README[README.index("Exit codes:") :].split("\n\n")[0]
    assert codes | {0, 2} == {int(code) for code in re.findall(r"(?:^|· |: )(\d+) ", told)}


def test_every_link_in_the_readme_leads_somewhere():
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert targets
    for target in targets:
        assert target.startswith("https://") or (ROOT / target).exists(), target
