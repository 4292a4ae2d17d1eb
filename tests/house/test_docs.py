"""The pages in `docs/` are true: what they name exists, what they link to is there, what they show runs."""

import re
from pathlib import Path

import pytest

from regulars.pipelines.contracts.contract import load_contracts

ROOT = Path(__file__).parent.parent.parent
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
    for path in re.findall(rf"`((?:{ROOMS})/[\w./]*)`", text):
        assert (ROOT / path).exists() or path in made, path


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_table_that_a_page_names_is_published_or_made_by_the_page(page):
    text = page.read_text(encoding="utf-8")
    made = {f"{layer}.{name}" for layer, name in re.findall(r'title="data_contracts/(\w+)/(\w+)\.odcs\.yaml"', text)}
    known = {*load_contracts(ROOT / "data_contracts"), *made, "marts.retention_cohorts_monthly"}
    assert set(re.findall(r"`((?:marts|core|meta)\.\w+)`", text)) <= known
