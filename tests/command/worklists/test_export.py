"""`regulars worklists --export`: what is written joins the CRM's own file and respects consent; no name is said."""

import csv
import json
import stat
from pathlib import Path

import duckdb
import pytest

from tests.shop import Done, Shop, run_regulars

Row = dict[str, str]


def read(path: Path, encoding: str = "utf-8-sig") -> list[Row]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def call(demo: Path, *arguments: str | Path) -> Done:
    return run_regulars("worklists", "--home", demo / "home", "--settings", demo / "regulars.yaml", *arguments)


@pytest.fixture(scope="module")
def folder(published_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything was exported once, with what was said in `said.txt` beside it."""
    folder = tmp_path_factory.mktemp("export") / "lists"
    done = call(published_demo, "--export", folder)
    assert done.code == 0, done.stderr
    folder.with_name("said.txt").write_text(done.stdout, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def contacts(published_demo: Path) -> list[Row]:
    """What the CRM exported."""
    return read(published_demo / "exports/crm_contacts.csv", "cp1252")


def test_a_worklist_joins_the_crm_by_its_own_id_under_its_own_name(folder: Path, contacts: list[Row]):
    by_id = {row["Record ID"]: row for row in contacts}
    rows = [row for path in folder.glob("worklist-*.csv") for row in read(path) if "Record ID" in row]
    assert len(rows) > 5
    for row in rows:
        theirs = by_id[row["Record ID"]]
        same = ("First Name", "Last Name", "Contact owner", "Company Name")
        assert [row[name] for name in same] == [theirs[name].strip() for name in same]
        assert row["Email"].lower() == theirs["Email"].strip().lower()


def test_every_customer_of_the_table_is_in_one_file_once_under_their_owner(folder: Path, published_demo: Path):
    with duckdb.connect(str(published_demo / "home/current/regulars.duckdb"), read_only=True) as con:
        query = "select customer_id, list_rank, owner from marts.owner_worklists order by all"
        listed = con.execute(query).fetchall()
    found = []
    for path in folder.glob("worklist-*.csv"):
        owners = {row.get("Contact owner", "") for row in read(path)}
        assert len(owners) == 1
        found += [(row["Regulars customer id"], int(row["Regulars rank"]), owners == {""}) for row in read(path)]
    assert sorted(found) == [(customer, rank, owner == "unassigned") for customer, rank, owner in listed]


def test_only_who_agreed_is_in_the_file_of_a_segment(folder: Path, contacts: list[Row]):
    files = [read(path) for path in sorted(folder.glob("segment-*.csv"))]
    mailed = [row for rows in files for row in rows]
    declined = {row["Email"].strip().lower() for row in contacts if row["Newsletter"] != "Yes"}
    agreed = {row["Email"].strip().lower() for row in contacts} - declined
    addresses = [row["email"].lower() for row in mailed]
    assert all(len({row["email"].lower() for row in rows}) == len(rows) for rows in files)
    assert len(set(addresses)) > 20
    assert (folder / "segment-best-going-quiet.csv").exists()
    assert not (folder / "segment-unhappy-regulars.csv").exists()
    assert set(addresses) <= agreed
    assert list(mailed[0]) == ["email", "first_name", "segment", "customer_id"]
    assert read(folder / "segment-champions.csv")[0]["segment"] == "champions"


def test_what_is_said_counts_and_names_nobody(folder: Path, contacts: list[Row], published_demo: Path):
    said = folder.with_name("said.txt").read_text(encoding="utf-8") + call(published_demo).stdout
    assert [word in said for word in ("left out", "declined", "personal data")] == [True] * 3
    personal = {row[name].strip() for row in contacts for name in ("Last Name", "Email", "Contact owner")} - {""}
    assert not {each for each in personal if each in said}


def test_only_the_owner_of_the_files_may_read_them(folder: Path):
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_published_file_names_no_owner(published_demo: Path, contacts: list[Row]):
    names = sorted({row["Contact owner"] for row in contacts} - {""})
    with duckdb.connect(str(published_demo / "home/current/regulars.duckdb"), read_only=True) as con:
        for table in ("core.customers", "marts.customer_360", "marts.owner_worklists", "marts.churned_customers"):
            assert con.execute(f"select count(*) from {table} where owner in ?", [names]).fetchall() == [(0,)]
        assert con.execute("select count(*) from marts.nps where dimension_value in ?", [names]).fetchall() == [(0,)]


def test_the_summary_has_a_line_per_owner_and_adds_up_to_the_table(published_demo: Path):
    rows = json.loads(call(published_demo, "--json").stdout)
    with duckdb.connect(str(published_demo / "home/current/regulars.duckdb"), read_only=True) as con:
        query = "select count(distinct owner), count(*), sum(at_stake), sum(keepable_value) from marts.owner_worklists"
        owners, customers, at_stake, keepable = con.execute(query).fetchall()[0]
    assert len(rows) == owners
    assert sum(row["customers"] for row in rows) == customers
    assert sum(float(row["at_stake"]) for row in rows) == pytest.approx(float(at_stake))
    assert sum(float(row["keepable_value"]) for row in rows) == pytest.approx(float(keepable))


def test_one_owner_is_found_by_number_and_by_name(published_demo: Path, folder: Path, tmp_path: Path):
    (path, *_) = sorted(path for path in folder.glob("worklist-*.csv") if "unassigned" not in path.name)
    name, number = read(path)[0]["Contact owner"], path.stem.rpartition("-")[2]
    for place, owner in ((tmp_path / "a", name), (tmp_path / "b", f"owner_{number}")):
        assert call(published_demo, "--export", place, "--owner", owner).code == 0
        assert [each.name for each in place.glob("*.csv")] == [path.name]
        assert (place / path.name).read_bytes() == path.read_bytes()


def test_one_segment_is_written_alone(published_demo: Path, folder: Path, tmp_path: Path):
    assert call(published_demo, "--export", tmp_path / "a", "--segment", "champions").code == 0
    assert [each.name for each in (tmp_path / "a").glob("*.csv")] == ["segment-champions.csv"]


@pytest.mark.parametrize(("option", "value"), [("--owner", "Nobody Known"), ("--segment", "none")])
def test_an_owner_or_segment_that_is_not_there_is_refused_with_those_that_are(
    published_demo: Path, tmp_path: Path, option: str, value: str
):
    done = call(published_demo, "--export", tmp_path / "a", option, value)
    assert done.code == 2
    assert ("owner_2" if option == "--owner" else "champions") in done.stderr
    assert "Nobody" not in done.stderr
    assert not (tmp_path / "a").exists()


def test_a_segment_without_an_export_is_refused_and_an_owner_alone_is_summed_up(published_demo: Path):
    assert call(published_demo, "--segment", "champions").code == 2
    assert call(published_demo, "--owner", "nobody").code == 2
    (row,) = json.loads(call(published_demo, "--owner", "unassigned", "--json").stdout)
    assert row["owner"] == "unassigned"


def test_a_folder_that_readers_see_is_refused(published_demo: Path):
    for place in ("home/current/lists", "home/lists", "home"):
        done = call(published_demo, "--export", published_demo / place)
        assert (done.code, "which others read" in done.stderr) == (2, True)


def test_the_folder_of_a_target_is_refused(published_shop: Shop, tmp_path: Path):
    shop = published_shop.moved_to(tmp_path / "shop")
    settings = shop.folder / "regulars.yaml"
    (shop.folder / "share").mkdir()
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + "publish: {targets: {share: {type: folder, path: share}}}\n", encoding="utf-8")
    command = ("worklists", "--home", shop.home.path, "--settings", settings, "--export")
    assert run_regulars(*command, shop.folder / "share/lists").code == 2
    assert run_regulars(*command, shop.folder / "lists").code == 0


def test_a_company_without_consent_mails_nobody_and_says_so(published_shop: Shop, tmp_path: Path):
    settings = published_shop.folder / "regulars.yaml"
    done = run_regulars(
        "worklists", "--home", published_shop.home.path, "--settings", settings, "--export", tmp_path / "lists"
    )
    assert done.code == 0, done.stderr
    (row,) = read(tmp_path / "lists/worklist-olive-1.csv")
    assert (row["id"], row["name"], row["email"]) == ("c2", "Bob", "bob@example.org")
    assert row["Regulars why"].startswith("scored 6 of 10 on 2024-03-03")
    assert row["Regulars may e-mail"] == "not known"
    assert "whose consent is not known" in done.stdout
    assert [read(path) for path in (tmp_path / "lists").glob("segment-*.csv") if read(path)] == []
