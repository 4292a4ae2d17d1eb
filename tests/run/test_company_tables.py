"""A company's own tables in `company/`: built, checked, published and described like ours; wrong ones are sentences."""

import pytest

from regulars.pipelines.contracts.company_contracts import merge_company_contracts
from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.package import CONTRACTS_FOLDER
from tests.run.currency_sales import CONTRACT, SELECT, write
from tests.shop import run_regulars

BROKEN_SQL = """    quality:
      - {name: sums_fit, description: Sums fit, type: sql, mustBe: 0,
         query: "select count(*) from {table} where gone > 1"}
    properties:"""
OURS = load_all_contracts(CONTRACTS_FOLDER)


def mistakes(folder, *files):
    for name, text in files:
        write(folder, name, text)
    with pytest.raises(SettingsWrong) as wrong:
        merge_company_contracts(OURS, folder)
    return str(wrong.value).splitlines()


@pytest.fixture(scope="module")
def shop(own_company, tmp_path_factory):
    return own_company.moved_to(tmp_path_factory.mktemp("company") / "shop")


def test_a_table_of_the_company_is_built_checked_and_published(shop):
    assert shop.ask("select currency, order_count, last_order_date::varchar from marts.currency_sales") == [
        ("GBP", 4, "2024-03-01")
    ]
    [(checks,)] = shop.ask("select count(*) from meta.checks where table_name = 'marts.currency_sales'")
    assert checks >= 4


def test_it_is_in_the_dictionary_with_its_meaning(shop):
    assert shop.ask("select description from meta.data_dictionary where table_name = 'marts.currency_sales'")[0] == (
        "ISO 4217 code.",
    )


def test_a_changed_select_is_something_new_and_a_broken_contract_keeps_the_last_generation(shop):
    assert shop.run() == 0
    assert "nothing new" in shop.said.lower()
    write(shop.folder, "company/sql/marts/currency_sales.sql", SELECT.replace("count(*)", "count(*) - 4"))
    assert shop.run() == 3
    assert "marts.currency_sales: order_count is at least 1 (1 fail)" in shop.said
    assert shop.ask("select order_count from marts.currency_sales") == [(4,)]


def test_a_wrong_file_is_told_by_doctor_and_ends_a_run_before_it_reads_anything(shop):
    write(shop.folder, "company/sql/marts/sizes.sql", SELECT)
    told = "company/sql/marts/sizes.sql: marts.sizes has no contract"
    done = run_regulars("doctor", "--settings", shop.folder / "regulars.yaml", "--home", shop.home.path)
    assert told in done.stdout
    assert shop.run() == 78
    assert told in shop.said
    (shop.folder / "company/sql/marts/sizes.sql").unlink()


def test_a_select_without_a_contract_and_a_contract_without_a_select_are_told(tmp_path):
    assert mistakes(tmp_path, ("sql/marts/sizes.sql", SELECT)) == [
        "company/sql/marts/sizes.sql: marts.sizes has no contract; write company/data_contracts/marts/sizes.odcs.yaml"
    ]
    (tmp_path / "sql/marts/sizes.sql").unlink()
    assert mistakes(tmp_path, ("data_contracts/marts/currency_sales.odcs.yaml", CONTRACT)) == [
        "company/data_contracts/marts/currency_sales.odcs.yaml: there is no table marts.currency_sales; write "
        "company/sql/marts/currency_sales.sql"
    ]


@pytest.mark.parametrize(
    ("select", "sentence"),
    [
        ("select 1 as x", "begin with a line that says what one row is, such as `-- One row per order.`"),
        ("-- One row.\nselect 1; select 2", "this is not a single SELECT"),
        ("-- One row per line.\nselect * from read_csv('x.csv')", "it uses `read_csv`"),
        ("-- One row per day.\nselect now() as at from core.orders", "it uses `now`"),
        ("-- One row per order.\nselect * from meta.runs", "it reads meta.runs; write tables with their layer"),
        ("-- One row per order.\nselect * from core.ordres", "there is no table core.ordres"),
        ("-- One row per x.\nselect * from marts.currency_sales", "tables read each other in a circle"),
    ],
)
def test_a_wrong_select_is_a_sentence_with_its_file(tmp_path, select, sentence):
    files = (("sql/marts/currency_sales.sql", select), ("data_contracts/marts/currency_sales.odcs.yaml", CONTRACT))
    told = mistakes(tmp_path, *files)
    assert any(line.startswith("company/sql") and sentence in line for line in told)


def test_a_core_table_may_not_read_a_mart_nor_replace_one_that_regulars_computes(tmp_path):
    late = "-- One row per customer.\nselect customer_id from marts.customer_360\n"
    assert "company/sql/core/stores.sql: it reads marts.customer_360, which is made after the layer core" in mistakes(
        tmp_path, ("sql/core/stores.sql", late)
    )
    told = mistakes(tmp_path, ("sql/marts/churn.sql", SELECT))
    assert "company/sql/marts/churn.sql: marts.churn is computed by Regulars; give yours another name" in told


def test_files_in_strange_places_and_contracts_that_are_none_are_told(tmp_path):
    [told] = mistakes(tmp_path, ("sql/sizes.sql", SELECT))
    assert told.startswith("company/sql/sizes.sql: tables of a company are sql/<layer>/<table>.sql")
    (tmp_path / "sql/sizes.sql").unlink()
    told = mistakes(tmp_path, ("data_contracts/marts/currency_sales.odcs.yaml", "kind: nothing\n"))
    assert all(line.startswith("company/data_contracts/marts/currency_sales.odcs.yaml") for line in told)


def test_a_contract_of_ours_may_be_made_stricter_but_keeps_its_columns(tmp_path):
    text = (CONTRACTS_FOLDER / "core" / "stores.odcs.yaml").read_text(encoding="utf-8")
    write(tmp_path, "data_contracts/core/stores.odcs.yaml", text.replace("version: 1.0.0", "version: 9.0.0"))
    assert merge_company_contracts(OURS, tmp_path)["core.stores"].version == "9.0.0"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            ("description: ISO 4217 code.", "description: ISO 4217 code., classification: personal"),
            "column currency: personal data is never published: it belongs to the state file",
        ),
        (
            ("    properties:", BROKEN_SQL),
            "the rule `currency_sales.sums_fit` is not SQL that runs on marts.currency_sales",
        ),
        ((", value: orders}", ", value: customers}"), "company/data_contracts: `order_count` has different units in "),
        (("repeated: [order_count]", "repeated: []"), "`order_count` is a number and no metric"),
    ],
)
def test_a_contract_of_the_company_is_checked_like_ours(tmp_path, wrong, sentence):
    text = CONTRACT.replace(*wrong)
    assert text != CONTRACT
    told = mistakes(
        tmp_path, ("sql/marts/currency_sales.sql", SELECT), ("data_contracts/marts/currency_sales.odcs.yaml", text)
    )
    assert all(line.startswith(("company/data_contracts/marts/", "company/data_contracts: ")) for line in told)
    assert sentence in told[0]


def test_a_sound_contract_of_the_company_has_no_mistakes(tmp_path):
    write(tmp_path, "sql/marts/currency_sales.sql", SELECT)
    write(tmp_path, "data_contracts/marts/currency_sales.odcs.yaml", CONTRACT)
    assert "marts.currency_sales" in merge_company_contracts(OURS, tmp_path)
