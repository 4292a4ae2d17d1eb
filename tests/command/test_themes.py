"""`regulars themes`: what the rules find and miss; and no comment leaves the file that only the pipeline reads."""

import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.sample.further.app_feedback import CHECKOUT
from regulars.pipelines.sample.simulation.comments import COMMENTS
from regulars.pipelines.themes.rules_file import SHIPPED
from tests.shop import run_regulars

SENTENCES = [
    *(sentence for by_language in COMMENTS.values() for sentences in by_language.values() for sentence in sentences),
    *(sentence for sentences in CHECKOUT.values() for sentence in sentences),
]


@pytest.fixture(scope="module")
def company(published_demo, tmp_path_factory) -> Path:
    """A published sample company whose settings these tests may change; its generation stays."""
    return shutil.copytree(published_demo, tmp_path_factory.mktemp("company") / "company", symlinks=True)


def themes(company: Path, *arguments: str) -> str:
    done = run_regulars("themes", "--settings", company / "regulars.yaml", *arguments)
    assert done.code == 0, done.stderr
    assert not [sentence for sentence in SENTENCES if sentence in done.stdout]
    return done.stdout


def test_themes_languages_and_what_is_unmatched_are_shown(company):
    said = themes(company)
    assert re.search(r"^\d+ comments of g000001, by the rules of themes.yaml\n", said)
    assert re.search(r"^website_app +15 ", said, re.MULTILINE)
    assert re.search(r"^unmatched +0 ", said, re.MULTILINE)
    assert re.search(r"^de +\d+ +0 unmatched$", said, re.MULTILINE)


def test_rules_of_ones_own_are_tried_at_once_and_frequent_terms_are_proposed(company):
    settings = company / "regulars.yaml"
    before = settings.read_text(encoding="utf-8")
    (company / "own.yaml").write_text("box:\n  terms: {en: [box], de: [schachtel, die.]}\n", encoding="utf-8")
    settings.write_text(before + "\nthemes: {file: own.yaml}\n", encoding="utf-8")
    found = json.loads(themes(company, "--json"))
    said = themes(company)
    settings.write_text(before, encoding="utf-8")
    assert found["themes"][0]["theme"] == "unmatched"
    assert {each["language"] for each in found["languages"] if each["has_rules"]} == {"de", "en"}
    terms = {each["term"]: each["people"] for each in found["proposals"]}
    assert terms
    assert min(terms.values()) >= 5
    assert "To add a rule, write into own.yaml the begin of such words" in said
    assert re.search(r"^pl .*no rule has a term in this language$", said, re.MULTILINE)


def test_the_shipped_rules_can_be_written_to_edit_them(company):
    said = themes(company, "--write-rules", str(company / "mine.yaml"))
    assert "mine.yaml" in said
    assert (company / "mine.yaml").read_bytes() == SHIPPED.read_bytes()
    again = run_regulars("themes", "--write-rules", company / "mine.yaml")
    assert (again.code, "exists; name another file" in again.stderr) == (2, True)


def test_no_comment_stands_in_what_is_published_or_said(company):
    current = (company / "home" / "current").resolve()
    pattern = "|".join(re.escape(sentence) for sentence in SENTENCES)
    with duckdb.connect(current / "regulars.duckdb", read_only=True) as con:
        columns = con.execute(
            "select schema_name || '.' || table_name, list('coalesce(' || column_name || ', '''')') "
            "from duckdb_columns() where data_type = 'VARCHAR' and not internal group by 1 order by 1"
        ).fetchall()
        assert len(columns) > 30
        for table, texts in columns:
            held = con.execute(
                f"select count(*) from {table} where regexp_matches({' || '.join(texts)}, $1)", [pattern]
            ).fetchone()
            assert held == (0,), table
    for path in (current / "report.html", current / "manifest.json", company / "said.txt"):
        text = path.read_text(encoding="utf-8")
        assert not [sentence for sentence in SENTENCES if sentence in text], path
