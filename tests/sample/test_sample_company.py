import hashlib
from pathlib import Path

import polars as pl
import pytest

from regulars.pipelines.errors import StorageFailed
from regulars.pipelines.sample.sample_company import write_sample_company
from regulars.pipelines.settings.settings_file import load_settings


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes_in_every_file(tmp_path):
    for name in ("one", "two"):
        write_sample_company(tmp_path / name, customers=300, seed=3)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_gives_another_company(tmp_path):
    write_sample_company(tmp_path / "one", customers=300, seed=3)
    write_sample_company(tmp_path / "two", customers=300, seed=4)
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    same = {name for name in one if one[name] == two[name]}
    assert {"exports/products.csv", "regulars.yaml", "truth/README.txt"} <= same
    about_customers = {"crm_contacts.csv", "shop_refunds.csv", "nps_answers.csv", "coffee_club.csv"}
    assert same.isdisjoint(f"exports/{name}" for name in about_customers)


def test_a_company_drawn_in_chunks_repeats_no_id(tmp_path, monkeypatch):
    monkeypatch.setattr("regulars.pipelines.sample.sample_company.CHUNK", 100)
    sentences = []
    summary = write_sample_company(tmp_path, customers=250, seed=1, progress=sentences.append)
    assert len(sentences) == 3
    assert pl.read_csv(tmp_path / "truth" / "orders.csv")["order_id"].n_unique() == summary.orders
    assert pl.read_csv(tmp_path / "truth" / "persons.csv")["person_id"].n_unique() == 250


@pytest.mark.parametrize("customers", [1, 2, 30])
def test_a_tiny_company_can_be_written(tmp_path, customers):
    assert write_sample_company(tmp_path, customers=customers).customers == customers


def test_writing_again_replaces_the_earlier_company(tmp_path):
    write_sample_company(tmp_path, customers=40, seed=1)
    write_sample_company(tmp_path, customers=40, seed=2)
    write_sample_company(tmp_path / "fresh", customers=40, seed=2)
    assert digests(tmp_path / "fresh" / "exports") == digests(tmp_path / "exports")


@pytest.mark.parametrize("theirs", ["regulars.yaml", "exports/orders.csv", "truth/README.txt"])
def test_a_folder_with_other_files_is_left_alone(tmp_path, theirs):
    (tmp_path / theirs).parent.mkdir(exist_ok=True)
    (tmp_path / theirs).write_text("precious", encoding="utf-8")
    with pytest.raises(StorageFailed, match="do not belong to a sample company"):
        write_sample_company(tmp_path, customers=10)
    assert (tmp_path / theirs).read_text(encoding="utf-8") == "precious"


def test_the_summary_counts_the_rows_of_every_file(tmp_path):
    summary = write_sample_company(tmp_path, customers=200)
    for name, rows in summary.files.items():
        newlines_inside = 0
        if name.endswith("nps_answers.csv"):
            answers = pl.read_csv(tmp_path / name, separator=";", infer_schema=False)
            newlines_inside = answers["Kommentar"].str.count_matches("\n").sum()
        assert (tmp_path / name).read_bytes().count(b"\n") == rows + 1 + newlines_inside, name


def test_the_settings_are_valid_and_fix_the_day(company):
    settings = load_settings(company / "regulars.yaml", {})
    assert settings.as_of.isoformat() == "2026-06-30"
    assert settings.company.name == "Knabberkiste"


def test_every_column_the_settings_name_is_in_its_file(company):
    settings = load_settings(company / "regulars.yaml", {})
    for source in settings.sources.values():
        files = [file for pattern in source.paths for file in company.glob(pattern)]
        assert files
        for file in files:
            header = file.read_bytes().splitlines()[0].decode("utf-8-sig")
            columns = [name.strip('"') for name in header.split(source.options.delimiter)]
            for mapping in source.mappings.values():
                assert {name for name in mapping.columns.values() if isinstance(name, str)} <= set(columns)


def test_the_summary_says_what_was_written_and_where(tmp_path):
    sentence = write_sample_company(tmp_path, customers=30).sentence()
    assert sentence.startswith("30 customers, ")
    assert str(tmp_path / "regulars.yaml") in sentence
