"""Commands on a generation that another version of Regulars made: a sentence instead of a stack trace."""

import asyncio
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.opened import open_published
from regulars.pipelines.errors import StorageFailed
from tests.shop import Shop, run_regulars

LACKS = {
    "worklists": ["drop table marts.owner_worklists"],
    "worklists --export lists": [
        "create or replace table marts.owner_worklists as select * exclude keepable_value from marts.owner_worklists"
    ],
    "export superset superset.zip": ["delete from meta.metric_definitions"],
    "export tables all.xlsx": ["drop table meta.data_dictionary"],
    "about c1": ["drop table identity.links"],
    "matches": ["drop table identity.likely_pairs"],
    "themes": ["drop table core.customers"],
}
"""Command -> what an older version did not make yet, in one of its two files."""


def write(file: Path, *statements: str) -> None:
    file.chmod(0o600)
    with duckdb.connect(str(file)) as con:
        for each in statements:
            con.execute(each)


def take_away(shop: Shop, statements: list[str], made_by: str | None) -> None:
    """Let a home look as another version left it; `made_by`: its hash."""
    current = find_current(shop.home)
    of_state = [each for each in statements if "identity." in each]
    code = [] if made_by is None else [f"update raw.lineage set value = '{made_by}' where part = 'code'"]
    write(current.state_file, *of_state, *code)
    write(current.duckdb_file, *(each for each in statements if each not in of_state))


@pytest.mark.parametrize("command", LACKS)
def test_what_another_version_did_not_make_is_a_sentence(
    published_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
):
    shop = published_shop.moved_to(tmp_path / "shop")
    take_away(shop, LACKS[command], made_by="another version")
    monkeypatch.chdir(tmp_path)
    settings = ("--settings", shop.folder / "regulars.yaml")
    done = run_regulars(*command.split(), "--home", shop.home.path, *settings)
    assert "g000001 was made by another version of Regulars and lacks what this version reads here" in done.stderr
    assert "the next `regulars run` makes it" in done.stderr
    assert done.code == 74


def test_what_an_agent_asks_of_another_version_is_a_sentence(published_shop: Shop, tmp_path: Path):
    pytest.importorskip("mcp")
    from mcp.server.mcpserver.exceptions import ToolError

    from regulars.pipelines.command.mcp.server import make_server

    shop = published_shop.moved_to(tmp_path / "shop")
    take_away(shop, ["alter table meta.data_dictionary drop column population"], made_by="another version")
    with pytest.raises(ToolError, match="g000001 was made by another version"):
        asyncio.run(make_server(shop.home).call_tool("describe_table", {"table": "marts.churn"}))


def test_what_this_version_did_not_make_is_a_bug_and_said_as_one(published_shop: Shop, tmp_path: Path):
    shop = published_shop.moved_to(tmp_path / "shop")
    take_away(shop, ["drop table marts.owner_worklists"], made_by=None)
    with (
        pytest.raises(duckdb.CatalogException, match="owner_worklists"),
        open_published(find_current(shop.home)) as con,
    ):
        con.execute("from marts.owner_worklists")


def test_a_bug_is_said_as_one_whoever_made_the_generation(published_shop: Shop, tmp_path: Path):
    shop = published_shop.moved_to(tmp_path / "shop")
    take_away(shop, [], made_by="another version")
    with pytest.raises(KeyError, match="a slip"), open_published(find_current(shop.home)):
        raise KeyError("a slip")


def test_a_damaged_published_file_is_a_sentence(published_shop: Shop, tmp_path: Path):
    shop = published_shop.moved_to(tmp_path / "shop")
    file = find_current(shop.home).duckdb_file
    file.chmod(0o600)
    file.write_bytes(b"no database")
    with (
        pytest.raises(StorageFailed, match="cannot be opened; `regulars verify`"),
        open_published(find_current(shop.home)),
    ):
        pass
