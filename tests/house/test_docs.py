"""The pages in `docs/` are true: what they name exists, what they link to is there, what they show runs."""

import re
from pathlib import Path

import pytest

from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.contracts.view_contracts import make_view_contracts
from tests.house.test_imports import MAY_IMPORT
from tests.house.tutorials import ROOT, change_file, follow, steps_of

ARCHITECTURE = ROOT / "docs" / "architecture.md"
PAGES = sorted([*(ROOT / "docs").glob("**/*.md"), ROOT / "CONTRIBUTING.md"])
ROOMS = "pipelines|assets|sql|data_contracts|examples|tests|benchmarks|docs|regulars"
NEW_FILE = re.compile(r'^```\w+ title="([^"]+)"$', flags=re.MULTILINE)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors_of(page: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_that_a_page_names_exists_or_is_made_by_the_page(page):
    text = page.read_text(encoding="utf-8")
    made = set(NEW_FILE.findall(text))
    is_howto = page.parent.name == "howto"  # may name files that its reader is to write
    for path in re.findall(rf"`((?:{ROOMS})/[\w./]*)`", text):
        there = ROOT / path
        assert there.exists() or path in made or (is_howto and there.parent.exists()), path


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_table_that_a_page_names_is_published_or_made_by_the_page(page):
    text = page.read_text(encoding="utf-8")
    made = {f"{layer}.{name}" for layer, name in re.findall(r"data_contracts/(\w+)/(\w+)\.odcs\.yaml", text)}
    tables = load_all_contracts(ROOT / "data_contracts")
    known = {*tables, *make_view_contracts(tables), *made}
    assert set(re.findall(r"`((?:marts|core|meta)\.\w+)`", text)) <= known


def test_the_page_of_the_architecture_names_every_room_once():
    assert sorted(layers_of_rooms()) == sorted(MAY_IMPORT)


def test_no_room_imports_one_that_the_page_shows_above_it():
    layers = layers_of_rooms()
    assert not [
        (room, other) for room, others in MAY_IMPORT.items() for other in others if layers[room] > layers[other]
    ]


def layers_of_rooms() -> dict[str, int]:
    """Room -> its layer on the page, counted from the top."""
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", ARCHITECTURE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {room: int(layer) for layer, room in rows}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_python_example_runs(page):
    for code in re.findall(
        r"^```python\n((?:from|import) .*?)^```$", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    ):
        exec(compile(code, page.name, "exec"), {})


FOLLOWED = [page for page in PAGES if any(steps_of(page))]


@pytest.mark.slow
@pytest.mark.parametrize("page", FOLLOWED, ids=named)
def test_a_reader_who_types_every_command_of_a_page_sees_what_the_page_shows(page, tmp_path):
    follow(page, tmp_path)


def test_a_change_is_made_where_the_page_says(tmp_path):
    path = tmp_path / "prices.py"
    path.write_text("one = 1\ntwo = 2\nthree = 3\nfour = 4\n", encoding="utf-8")
    change_file(path, " one = 1\n-two = 2\n+two = 22\n@@\n four = 4\n+five = 5\n")
    assert path.read_text(encoding="utf-8") == "one = 1\ntwo = 22\nthree = 3\nfour = 4\nfive = 5\n"


def test_a_change_of_lines_that_are_gone_is_a_mistake_of_the_page(tmp_path):
    path = tmp_path / "prices.py"
    path.write_text("one = 1\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="has these lines 0 times"):
        change_file(path, " two = 2\n+three = 3\n")


GLOSSARY = re.findall(
    r"^\| ([^|]+) \| ([^|]+) \| ([^|]*) \|$",
    (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"),
    flags=re.MULTILINE,
)


def test_the_glossary_explains_each_word_once():
    words = [word for cell, _, _ in GLOSSARY for word in cell.split(", ") if word != "word"]
    assert len(words) > 50
    assert len(words) == len(set(words))


@pytest.mark.parametrize("where", [where for _, _, where in GLOSSARY if re.match(r"`\w+\.\w+`, `", where)])
def test_the_columns_where_the_glossary_shows_a_word_exist(where):
    table, column = re.findall(r"`([\w.]+)`", where)[:2]
    assert column in dict(load_all_contracts(ROOT / "data_contracts")[table].types)
