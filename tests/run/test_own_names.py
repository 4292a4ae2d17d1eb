"""A company that calls its RFM segments and value tiers as it likes finds its own names everywhere: one whole run."""

import re
from pathlib import Path

import duckdb
import pytest
import yaml

from regulars.pipelines.definitions.enumerations import RfmSegment
from regulars.pipelines.sample.sample_company import write_sample_company
from tests.shop import run_regulars

NAMES = {
    "champions": "Stammgäste",
    "loyal": "Jack's best",
    "potential_loyalists": "Could: stay",
    "new": "Frischlinge",
    "promising": "Hoffnung, 2",
    "needs_attention": "pflegen",
    "cannot_lose": "hibernating",  # names of others may be swapped
    "at_risk": 'the "shaky" ones',
    "hibernating": "Winter | Schlaf",
    "lost": "weg & vorbei",
}
TIERS = {"top_percent": 5, "next_percent": 15, "lowest_percent": 40}
OWN_TIERS = {"top_5_percent", "next_15_percent", "middle", "lowest_40_percent"}
SHIPPED = ("champions", "potential_loyalists", "cannot_lose", "needs_attention")
"""Names of ours that nothing else is called."""

SHIPPED_TIERS = ("top_10_percent", "next_20_percent", "lowest_30_percent")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own_names")
    write_sample_company(folder, customers=300, seed=7)
    written = (folder / "regulars.yaml").read_text(encoding="utf-8")
    own = yaml.safe_dump({"rfm": {"names": NAMES}, "value_tiers": TIERS}, allow_unicode=True)
    (folder / "regulars.yaml").write_text(f"{written}\n{own}", encoding="utf-8")
    done = run_regulars("run", "--home", folder / "home", "--settings", folder / "regulars.yaml")
    assert done.code == 0, done.stderr
    lists = ("worklists", "--home", folder / "home", "--settings", folder / "regulars.yaml", "--export")
    exported = run_regulars(*lists, folder / "lists")
    assert exported.code == 0, exported.stderr
    return folder


@pytest.fixture(scope="module")
def cells(folder: Path) -> dict[str, set[str]]:
    """Every text in a table or view that readers see, but for what meta says of columns: text -> where it stands."""
    found: dict[str, set[str]] = {}
    with duckdb.connect(folder / "home/current/regulars.duckdb", read_only=True) as con:
        columns = con.execute(
            "select table_schema, table_name, column_name from information_schema.columns where data_type = 'VARCHAR'"
        ).fetchall()
        for schema, table, column in columns:
            rows = con.execute(f'select distinct "{column}" from {schema}."{table}" limit 20000').fetchall()
            for (text,) in rows:
                found.setdefault(str(text), set()).add(f"{schema}.{table}.{column}")
    return found


def test_every_segment_has_the_name_of_the_company_in_every_table_and_view(cells):
    for name in SHIPPED:
        assert name not in cells, cells[name]
    used = {text for text, places in cells.items() if "marts.customer_segments.segment" in places}
    assert used <= set(NAMES.values())
    assert len(used) > 5
    assert set(NAMES) == set(RfmSegment.__args__)


def test_every_column_that_holds_segments_holds_the_same_ones(cells):
    own = set(NAMES.values())
    assert {place.split(".")[1] for name in own for place in cells.get(name, ())} >= {
        "customer_segments",
        "customer_360",
        "segment_moves",
        "predicted_totals",
    }


def test_tiers_bear_the_shares_of_the_company(cells):
    tiers = {text: places for text, places in cells.items() if re.fullmatch(r"(top|next|lowest)_\d+_percent", text)}
    assert set(tiers) <= OWN_TIERS, tiers
    assert {"top_5_percent", "lowest_40_percent"} <= set(tiers)


def test_the_report_the_dictionary_and_the_contracts_say_the_same_names(folder, cells):
    page = (folder / "home/current/report.html").read_text(encoding="utf-8")
    for name in (*SHIPPED, *SHIPPED_TIERS):
        assert name not in page
        assert name.replace("_", " ") not in page.lower()
    contracts = yaml.safe_load((folder / "home/current/contracts.odcs.yaml").read_text(encoding="utf-8"))
    text = yaml.safe_dump(contracts, allow_unicode=True)
    assert "Stammgäste" in text
    assert not [tier for tier in SHIPPED_TIERS if re.search(rf"\b{tier}\b", text)]


def test_worklists_for_the_mailing_tool_are_named_by_the_names_of_the_company(folder):
    written = [path.name for path in (folder / "lists").iterdir()]
    assert not [name for name in written for shipped in SHIPPED if shipped in name], written
    assert [name for name in written if "stammg" in name.lower()], written
    texts = [path.read_bytes().decode("utf-8-sig") for path in (folder / "lists").glob("*.csv")]
    assert not [name for name in SHIPPED for text in texts if name in text]


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"names": NAMES | {"new": "STAMMGÄSTE"}}, "`names` calls both champions and new STAMMGÄSTE"),
        ({"names": {"champions": ""}}, "rfm.names.champions"),
        ({"names": {"heroes": "Helden"}}, "rfm.names.heroes"),
        ({"names": {"champions": None}}, "rfm.names.champions"),
        ({"names": {"lost": "all"}}, "`names` calls lost all, which has a meaning of its own"),
    ],
)
def test_names_that_cannot_be_meant_are_refused_in_a_sentence(folder, tmp_path, own, said):
    settings = yaml.safe_load((folder / "regulars.yaml").read_text(encoding="utf-8"))
    (tmp_path / "regulars.yaml").write_text(yaml.safe_dump(settings | {"rfm": own}), encoding="utf-8")
    done = run_regulars("run", "--home", folder / "home", "--settings", tmp_path / "regulars.yaml")
    assert done.code != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
