"""An agent asks by the client of the MCP library: every question of analysts is answered, every attack is refused."""

import json

import duckdb
import pytest

pytest.importorskip("mcp")

from tests.command.mcp.agent import talk
from tests.command.mcp.test_mcp import REFUSED
from tests.publish.test_analyst_questions import QUESTIONS

pytestmark = pytest.mark.slow


def test_every_question_of_analysts_gets_the_rows_that_the_file_has(published_demo):
    answers = talk(published_demo / "home", *(("query", {"sql": question}) for question in QUESTIONS.values()))
    assert len(answers) >= 45
    with duckdb.connect(str(published_demo / "home/current/regulars.duckdb"), read_only=True) as con:
        for (asked, query), (failed, text) in zip(QUESTIONS.items(), answers, strict=True):
            assert not failed, (asked, text)
            found = json.loads(text)["answer"]
            result = con.execute(query)
            assert found["columns"] == [each[0] for each in result.description], asked
            assert (found["row_count"], found["is_cut"]) != (0, False), asked
            if not found["is_cut"]:
                assert found["row_count"] == len(result.fetchall()), asked


def test_every_hostile_statement_is_refused_and_the_server_answers_on(published_demo):
    file = (published_demo / "home/current/regulars.duckdb").resolve()
    before = file.read_bytes()
    attacks = [("query", {"sql": statement}) for statement in REFUSED.values()]
    *refused, after = talk(published_demo / "home", *attacks, ("query", {"sql": "select 1 as one"}))
    assert len(refused) >= 40
    assert [name for name, (failed, _) in zip(REFUSED, refused, strict=True) if not failed] == []
    assert [text for _, text in refused if str(file.parent) in text] == []
    assert json.loads(after[1])["answer"]["rows"] == [[1]]
    assert file.read_bytes() == before
