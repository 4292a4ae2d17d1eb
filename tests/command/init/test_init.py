"""`regulars init`: a messy folder becomes settings that doctor accepts and preview shows right; edits are kept."""

import datetime as dt
import gzip
import json
import zipfile

import pytest

from regulars.pipelines.command.doctor.doctor import check_setup
from regulars.pipelines.command.init.init import InitRequest, init_settings
from regulars.pipelines.command.preview.preview import preview_sources
from regulars.pipelines.errors import InputRefused, UsageWrong
from regulars.pipelines.settings.settings_file import load_settings
from tests.shop import run_regulars
from tests.workbooks import xlsx

NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
SHOPIFY = (
    "Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem sku,Refunded Amount,Id\n"
)
ORDER = (
    "#{0},ann{0}@x.example,paid,EUR,10.00,0.00,0.00,10.00,0.00,2026-01-0{0} 10:00:00 +0100,1,Mug,10.00,M,0.00,55{0}\n"
)
CUSTOMERS = "Kundennummer;Vorname;Nachname;E-Mail;Kunde seit\n"
ODD = "Order No,Date,Net,Mail\n" + "".join(f"{n},0{n}/0{n}/2026,{n}.50,a@x.example\n" for n in range(1, 9))
SALES = "Order No;Order Date;Net Amount;Customer No\n"


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """A folder with two tools, daily files, notes, a temporary file and a file of which nobody knows what it is."""
    folder = tmp_path_factory.mktemp("company")
    data = folder / "exports"
    write(data, "orders_export.csv", SHOPIFY + "".join(ORDER.format(n) for n in range(1, 6)))
    write(data, "orders_export (1).csv", SHOPIFY + "".join(ORDER.format(n) for n in range(4, 9)))
    write(data, "kunden.csv", CUSTOMERS + "".join(f"{n:04};Ann;Lee;ann{n}@x.example;1{n}.02.2025\n" for n in range(10)))
    for day in (1, 2, 3):
        rows = "".join(f"{day}{n};0{n}.0{day}.2026;1.00{n},50;000{n}\n" for n in range(1, 9))
        write(data, f"daily/sales_2026-01-0{day}.csv", SALES + rows)
    write(data, "odd.csv", ODD)
    write(data, "thing.csv", "a,b,c\nx,y,z\nx,y,z\n")
    write(data, "README.txt", "Exports of January,\nask Bob.\n")
    write(data, "notes.txt", "Dear Ann, the tool\nis slow, very, very slow, as you know\n")
    write(data, "~$orders.xlsx", "x")
    write(data, "late.csv.part", "x")
    return folder


@pytest.fixture(scope="module")
def said(company):
    return init_settings(InitRequest(company / "exports", company / "regulars.yaml"))


@pytest.fixture(scope="module")
def text(company, said):
    return (company / "regulars.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sources(company, said):
    return load_settings(company / "regulars.yaml", {}).sources


def test_two_exports_of_one_tool_are_one_source_with_a_profile(sources):
    assert sources["shopify_orders"].profile == "shopify_orders"
    assert sources["shopify_orders"].path == "exports/orders_export*.csv"


def test_daily_files_are_one_source_whose_days_and_amounts_are_read_from_all_values(sources):
    sales = sources["sales"]
    assert sales.path == "exports/daily/sales_*.csv"
    assert (sales.options.delimiter, sales.options.decimal, sales.options.thousands) == (";", ",", ".")
    assert sales.options.datetime_format == "%d.%m.%Y"
    assert sales.columns["gross_sales"] == "Net Amount"


def test_customers_in_german_are_mapped_by_name(sources):
    assert sources["kunden"].kind == "customers"
    assert sources["kunden"].columns == {
        "customer_record_id": "Kundennummer",
        "email": "E-Mail",
        "first_name": "Vorname",
        "last_name": "Nachname",
        "created_at": "Kunde seit",
    }


def test_day_and_month_that_nobody_can_tell_apart_are_a_question_and_not_read(sources, text, said):
    assert "odd" not in sources
    assert "# odd:" in text
    assert "All 8 values fit each of" in text
    assert "datetime_format %d/%m/%Y; or datetime_format %m/%d/%Y" in " ".join(text.replace("#", "").split())
    assert "written like 99/99/9999" in said


def test_what_nobody_knows_is_said_and_not_read(sources, text, said):
    assert "thing" not in sources
    assert "# thing:" in text
    assert "not recognised" in said


@pytest.mark.parametrize("name", ["README.txt", "notes.txt", "~$orders.xlsx", "late.csv.part"])
def test_what_is_no_export_is_left_alone_with_a_reason(said, name):
    assert f"{name}: left alone (" in said


def test_no_value_of_a_file_is_said_or_written(said, text):
    for value in ("x.example", "Ann,", "Bob", "1.001,50", "0001"):
        assert value not in said
        assert value not in text


@pytest.mark.slow
def test_doctor_accepts_the_settings_and_preview_quarantines_nothing(company, said):
    told, code = check_setup(company / "regulars.yaml", data=None, home=None, as_json=False, now=NOW)
    assert code == 0, told
    shown, code = preview_sources(company / "regulars.yaml", only=None, data=None, as_json=True, now=NOW)
    found = {each["source"]: (each["row_count"], each["quarantined_count"]) for each in json.loads(shown)["sources"]}
    assert code == 0
    assert found == {"shopify_orders": (20, 0), "kunden": (10, 0), "sales": (24, 0)}


def test_again_changes_nothing_and_a_new_file_is_added_behind_edits(company, text):
    settings = company / "regulars.yaml"
    edited = text.replace("timezone: UTC", "timezone: Europe/Berlin   # as agreed") + "\nlapse_days: 200   # ours\n"
    settings.write_text(edited, encoding="utf-8")
    assert "Nothing new" in init_settings(InitRequest(company / "exports", settings))
    assert settings.read_text(encoding="utf-8") == edited
    write(
        company / "more",
        "list.csv",
        CUSTOMERS + "1;Ann;Lee;ann@y.example;11.02.2025\n2;Bob;Lee;bob@y.example;30.02.2025\n",
    )
    write(company / "more", "rates.csv", "date,currency,rate\n2026-01-01,USD,0.9\n2026-01-02,USD,0.91\n")
    init_settings(InitRequest(company / "more", settings))
    after = settings.read_text(encoding="utf-8")
    assert [line for line in edited.splitlines() if line not in after.splitlines()] == []
    assert after.endswith("\nlapse_days: 200   # ours\n")
    assert load_settings(settings, {}).sources["rates"].path == "more/rates.csv"


def test_answers_make_a_source_of_what_was_open(tmp_path):
    write(tmp_path, "e/odd.csv", ODD)
    asked = []

    def ask(question, choices):
        asked.append(question)
        return "1" if choices else {"In which time": "Europe/Paris", "In which curr": "usd"}.get(question[:13], "")

    init_settings(InitRequest(tmp_path / "e", tmp_path / "regulars.yaml", ask=ask))
    settings = load_settings(tmp_path / "regulars.yaml", {})
    assert settings.sources["odd"].options.datetime_format == "%d/%m/%Y"
    assert (settings.company.timezone, settings.company.currency) == ("Europe/Paris", "USD")
    assert len(asked) == 3


def test_a_folder_without_an_export_says_so_and_writes_nothing(tmp_path):
    write(tmp_path, "e/thing.csv", "a,b\nx,y\n")
    with pytest.raises(InputRefused, match="Nothing is sure enough"):
        init_settings(InitRequest(tmp_path / "e", tmp_path / "regulars.yaml"))
    assert not (tmp_path / "regulars.yaml").exists()


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(UsageWrong, match="there is no such folder"):
        init_settings(InitRequest(tmp_path / "none", tmp_path / "regulars.yaml"))


def test_workbooks_packed_files_and_json_are_read_whatever_their_names_say(tmp_path):
    folder = tmp_path / "e"
    folder.mkdir()
    rows = [[f"{n:04}", "Ann", f"ann{n}@x.example", dt.date(2025, 2, n)] for n in range(1, 9)]
    header = ["Kundennummer", "Vorname", "E-Mail", "Kunde seit"]
    (folder / "kunden.dat").write_bytes(xlsx({"Liste": [["Kunden im Februar"], [], header, *rows]}))
    orders = "".join(f"{n},2026-01-0{n},{n}.50,a@x.example\n" for n in range(1, 9))
    (folder / "orders.bin").write_bytes(gzip.compress(f"Order No,Date,Net,Mail\n{orders}".encode()))
    answers = [{"response_id": f"r{n}", "nps": n, "submitted_at": f"2026-01-0{n}T10:00:00Z"} for n in range(1, 10)]
    (folder / "answers.txt").write_text("\n".join(map(json.dumps, answers)) + "\n", encoding="utf-8")
    (folder / "page.csv").write_text("<html>Please sign in</html>\n", encoding="utf-8")
    said = init_settings(InitRequest(folder, tmp_path / "regulars.yaml"))
    sources = load_settings(tmp_path / "regulars.yaml", {}).sources
    assert {name: source.format for name, source in sources.items()} == {
        "answers": "jsonl",
        "kunden": "xlsx",
        "orders": "csv.gz",
    }
    assert sources["answers"].columns["survey_type"].value == "nps"
    assert "page.csv: left alone (a web page or XML, not a table)" in said


def test_the_files_of_a_zip_are_sources_of_their_own(tmp_path):
    folder = tmp_path / "e"
    folder.mkdir()
    orders = "Order No,Date,Net,Mail\n" + "".join(f"{n},2026-01-0{n},{n}.50,a@x.example\n" for n in range(1, 9))
    customers = CUSTOMERS + "".join(f"{n};Ann;Lee;ann{n}@x.example;1{n}.02.2025\n" for n in range(10))
    with zipfile.ZipFile(folder / "export_2026-01-09.zip", "w") as archive:
        archive.writestr("orders_1.csv", orders)
        archive.writestr("orders_2.csv", orders.replace("\n", "\n1").removesuffix("1"))
        archive.writestr("kunden.csv", customers)
        archive.writestr("readme.txt", "Hello\n")
    said = init_settings(InitRequest(folder, tmp_path / "regulars.yaml"))
    sources = load_settings(tmp_path / "regulars.yaml", {}).sources
    assert {(each.path, each.member) for each in sources.values()} == {
        ("e/export_*.zip", "orders_*.csv"),
        ("e/export_*.zip", "kunden.csv"),
    }
    assert "export_2026-01-09.zip/readme.txt: left alone" in said
    with zipfile.ZipFile(folder / "export_2026-01-10.zip", "w") as archive:
        archive.writestr("orders_3.csv", orders.replace("\n", "\n2").removesuffix("2"))
    (tmp_path / "regulars.yaml").unlink()
    init_settings(InitRequest(folder, tmp_path / "regulars.yaml"))
    sources = load_settings(tmp_path / "regulars.yaml", {}).sources
    assert {each.member: each.path for each in sources.values()} == {
        "orders_*.csv": "e/export_*.zip",
        "kunden.csv": "e/export_2026-01-09.zip",
    }
    shown, code = preview_sources(tmp_path / "regulars.yaml", only=None, data=None, as_json=True, now=NOW)
    assert code == 0
    assert {each["source"]: each["row_count"] for each in json.loads(shown)["sources"]} == {"kunden": 10, "orders": 24}


def test_the_command_asks_nothing_with_yes_and_lists_profiles(tmp_path):
    write(tmp_path, "e/odd.csv", SHOPIFY + ORDER.format(1))
    settings = tmp_path / "regulars.yaml"
    done = run_regulars("init", tmp_path / "e", "--yes", "--settings", settings, "--timezone", "Europe/Berlin")
    assert done.code == 0, done.stderr
    assert "timezone: Europe/Berlin\n" in settings.read_text(encoding="utf-8")
    assert "shopify_orders" in run_regulars("profiles", "--settings", settings).stdout
    assert "tool: Shopify" in run_regulars("profiles", "shopify_orders", "--settings", settings).stdout
    assert "did you mean `shopify_orders`?" in run_regulars("profiles", "shopify_order", "--settings", settings).stderr
