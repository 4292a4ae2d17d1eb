"""Wrong settings, files and command lines: each ends in its exit code and a sentence that says where; none in a trace.

Every cell that could be personal holds the canary, and no sentence may show it.
"""

import datetime as dt
import gzip
import io
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.errors import RegularsError
from regulars.pipelines.run.raw_tables import make_raw_tables
from regulars.pipelines.run.request import make_request
from regulars.pipelines.run.run import open_run
from regulars.pipelines.settings.company_tables import write_company_tables
from regulars.pipelines.sources.deliveries import land_sources, refuse_required
from regulars.pipelines.sources.landed_rows import write_landed_rows
from tests.shop import run_regulars

CANARY = "Qanary"
SETTINGS = """\
company: {name: Shop, timezone: UTC, currency: EUR}
as_of: 2026-01-31
sources:
  shop:
    path: orders.csv
    kind: orders
    delivery: full
    columns: {order_id: id, ordered_at: at, gross_sales: total, email: mail}
"""
HEAD = "id,at,total,mail\n"
ROW = f"o1,2026-01-05,9.50,{CANARY}@example.org\n"
GOOD = HEAD + ROW


@dataclass(frozen=True)
class Case:
    """A wrong file, and how the run must end.

    Attributes:
        content: The bytes of `orders.csv`; a text is written as UTF-8; None: there is no such file.
        code: The exit code; 0 where only lines are quarantined, within the budget of the case.
        sentence: A part of what is said.
        options: More lines of the source.
    """

    content: bytes | str | None
    code: int
    sentence: str
    options: str = ""


def parquet(select: str) -> bytes:
    out = io.BytesIO()
    duckdb.sql(select).pl().write_parquet(out)
    return out.getvalue()


FILES = {
    "no file": Case(None, 4, "no file at orders.csv"),
    "an empty file": Case("", 4, "orders.csv is empty"),
    "only blank lines": Case("\n\n \n", 4, "orders.csv is empty"),
    "a header alone": Case(HEAD, 4, "orders.csv holds no record"),
    "half a file": Case(GOOD[:-5], 4, "orders.csv has no line end behind its last line"),
    "half a gzip": Case(
        gzip.compress(GOOD.encode())[:-9], 4, "orders.csv ends in the middle of its gzip", "format: csv.gz"
    ),
    "no gzip": Case(GOOD, 4, "orders.csv is not a complete gzip file", "format: csv.gz"),
    "gzip as csv": Case(gzip.compress(GOOD.encode()), 4, "orders.csv is gzipped, not CSV: set `format: csv.gz`"),
    "another delimiter": Case(GOOD.replace(",", ";"), 4, "orders.csv seems to be separated by `;`, not by `,`"),
    "tabs": Case(GOOD.replace(",", "\t"), 4, "orders.csv seems to be separated by a tab"),
    "no header": Case(
        f"{CANARY},Berlin,Anna,Rossi\n" + ROW, 4, "none of the names in the settings: see that its first"
    ),
    "no header but numbers": Case(ROW * 2, 4, "orders.csv (header): column `id` for orders.order_id is missing"),
    "a column twice": Case("id,id,at,total,mail\no1,o1,2026-01-05,9.50,x\n", 4, "is there more than once"),
    "a column in two cases": Case("id,ID,at,total,mail\no1,o1,2026-01-05,9.50,x\n", 4, "is there more than once"),
    "a column misspelt": Case(GOOD.replace("total", "totl"), 4, "did you mean `totl`?"),
    "a column gone": Case(GOOD.replace("at,", "").replace("2026-01-05,", ""), 4, "column `at` for orders.ordered_at"),
    "a web page": Case(f"<html>{CANARY}</html>\n", 4, "orders.csv is a web page or XML"),
    "JSON": Case('[{"id": "Qanary"}]\n', 4, "orders.csv is JSON, not CSV"),
    "an Excel workbook": Case(b"PK\x03\x04" + b"\0" * 100, 4, "orders.csv is a zip archive or a damaged workbook"),
    "an old Excel workbook": Case(b"\xd0\xcf\x11\xe0" + b"\0" * 100, 4, "an old Excel workbook"),
    "Parquet as csv": Case(parquet("select 1 as id"), 4, "orders.csv is Parquet"),
    "csv as Parquet": Case(GOOD, 4, "orders.csv is not Parquet", "format: parquet"),
    "broken Parquet": Case(parquet("select 1 as id")[:-6], 4, "orders.csv has no Parquet footer", "format: parquet"),
    "rotten Parquet": Case(
        b"PAR1" + b"\x07" * 60 + b"PAR1", 4, "orders.csv cannot be read as Parquet", "format: parquet"
    ),
    "csv as JSON lines": Case(GOOD, 4, "orders.csv", "format: jsonl"),
    "half of JSON lines": Case('{"id": "o1"}\n{"id": "Qana', 4, "ends in the middle of an object", "format: jsonl"),
    "NUL bytes": Case(b"\0" * 500, 4, "orders.csv"),
    "UTF-16 without its mark": Case(GOOD.encode("utf-16-le"), 4, "set `options: {encoding: utf-16}`"),
    "UTF-16 cut in a character": Case(GOOD.encode("utf-16")[:-1], 4, "orders.csv is not utf-16-le near byte"),
    "cyrillic": Case(
        (HEAD + "Москва,2026-01-05,9.50,Смирнова\n").encode("cp1251"), 4, "does not look like Windows-1252"
    ),
    "a byte of another encoding": Case(
        GOOD.encode() + b"\xc3\xa9,2026-01-05,1,x\n\xe9,2026-01-05,1,x\n", 4, "(line 4)"
    ),
    "not what was declared": Case(
        "é" + GOOD, 4, "orders.csv is not ascii at byte 0 (line 1)", "options: {encoding: ascii}"
    ),
    "an open quote": Case(GOOD + f'"{CANARY},2026-01-05,9.50,x\n', 65, "the first is line 3 of orders.csv"),
    "a cell too many": Case(GOOD + f"o1,2026-01-05,9.50,x,{CANARY}\n", 65, "the first is line 3 of orders.csv"),
    "a cell of three million letters": Case(GOOD + f"o1,2026-01-05,9,{'x' * 3_000_000}\n", 65, "line 3 of orders.csv"),
    "no line that is a record": Case(HEAD + f"{CANARY}\n", 4, "holds no record: 1 of its lines could not be read"),
    "formulas": Case(HEAD + "=1+1,2026-01-05,=SUM(A1),@Qanary\n", 65, "orders.gross_sales.reads_as"),
    "another format of days": Case(
        HEAD + f"o1,31.12.2025,9.50,{CANARY}\n", 65, '{datetime_format: "%d.%m.%Y"}` fits all'
    ),
    "another decimal sign": Case(HEAD + 'o1,2026-01-05,"9,50",x\n', 65, '`options: {decimal: ","}` fits all'),
    "words for numbers": Case(HEAD + f"o1,2026-01-05,{CANARY},x\n", 65, "written like `Aaaaaa`"),
    "an expression that fails": Case(
        GOOD,
        78,
        "regulars.yaml:9: sources.shop: the expression for orders.channel fails on a row of orders.csv",
        'columns: {order_id: id, ordered_at: at, gross_sales: total,\n      channel: {sql: "mail::integer::varchar"}}',
    ),
}


@dataclass
class Company:
    """A company in a folder, and one run of it up to `raw`, without Dagster."""

    folder: Path
    said: list[str] = field(default_factory=list)

    def run(self) -> int:
        """The exit code that the command line would give."""
        now = dt.datetime.now(dt.UTC)
        try:
            request = make_request(self.folder / "regulars.yaml", now=now)
            with open_run(request, self.said.append, now) as run, run.step("raw"):
                landed = land_sources(run.settings, request.data, request.home.path, now, pause=lambda seconds: None)
                run.landed_sources.extend(landed)
                refuse_required(run.settings, landed)
                write_landed_rows(run.warehouse.con, run.settings, landed, request.home.path)
                run.lock_down()
                write_company_tables(run.warehouse.con, run.settings, run.as_of)
                make_raw_tables(run)
        except RegularsError as error:
            self.said.append(str(error))
            return error.exit_code
        return 0


@pytest.fixture
def company(tmp_path: Path) -> Company:
    (tmp_path / "regulars.yaml").write_text(SETTINGS, encoding="utf-8")
    return Company(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_file_ends_in_its_exit_code_and_a_sentence_without_a_cell(company, name):
    case = FILES[name]
    if case.content is not None:
        path = company.folder / "orders.csv"
        path.write_bytes(case.content.encode() if isinstance(case.content, str) else case.content)
        os.utime(path, (time.time() - 60, time.time() - 60))
    settings = SETTINGS
    if case.options.startswith("columns"):
        settings = SETTINGS[: SETTINGS.index("columns")] + f"{case.options}\n"
    elif case.options:
        settings = SETTINGS + f"    {case.options}\n"
    (company.folder / "regulars.yaml").write_text(settings, encoding="utf-8")
    code, said = company.run(), "\n".join(company.said)
    assert (code, case.sentence in said) == (case.code, True), said
    assert "orders.csv" in said
    assert CANARY.casefold() not in said.casefold()
    assert "Traceback" not in said
    assert "this is a bug" not in said


def test_a_folder_where_a_file_should_be_is_no_file(company):
    (company.folder / "orders.csv").mkdir()
    assert company.run() == 4
    assert "no file at orders.csv" in company.said[-1]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "regulars.yaml:1: the file is empty"),
        ("\tcompany: {}\n", "regulars.yaml:1: this is not YAML: a tab"),
        ("- company\n", "regulars.yaml:1: write keys with values"),
        (SETTINGS.replace("shop:\n", "shop: [1]\n  x:\n"), "regulars.yaml:4: sources.shop: write keys with values"),
        (SETTINGS.replace("kind: orders", "kind: ordres"), "regulars.yaml:6: sources.shop.kind: `ordres`"),
        (SETTINGS.replace("email: mail", "emial: mail"), "regulars.yaml:8: sources.shop.columns.emial"),
        (SETTINGS.replace("order_id: id, ", ""), "regulars.yaml:8: sources.shop.columns lacks `order_id`"),
        (SETTINGS.replace("total", "{sql: 'total +'}"), "regulars.yaml:8: sources.shop.columns.gross_sales is not one"),
        (SETTINGS.replace("total", "{sql: 'getenv(total)'}"), "uses the function `getenv`"),
        (SETTINGS + "    delivery: full\n    path: [a.csv, b.csv]\n", "this key stands twice"),
        (
            SETTINGS.replace("path: orders.csv", "path: [a.csv, b.csv]"),
            "regulars.yaml:5: sources.shop.path lists 2 paths",
        ),
        (
            SETTINGS + "alerts: {webhook: '${NOWHERE}'}\n",
            "regulars.yaml:9: alerts.webhook: the environment has no NOWHERE",
        ),
        (SETTINGS.replace("2026-01-31", "2999-01-31"), "2999-01-31 is in the future"),
        (SETTINGS.replace("2026-01-31", "31.01.2026"), "regulars.yaml:2: as_of: write a day as YYYY-MM-DD"),
        (
            SETTINGS.replace("UTC", "Mars/Olympus"),
            "regulars.yaml:1: company.timezone: `Mars/Olympus` is not a time zone",
        ),
    ],
)
def test_wrong_settings_end_in_a_sentence_with_file_and_line(company, text, sentence):
    (company.folder / "regulars.yaml").write_text(text, encoding="utf-8")
    code, said = company.run(), "\n".join(company.said)
    assert (code, sentence in said) == (2 if "future" in sentence else 78, True), said


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["run", "--settings", "."], 78, "cannot be read: Is a directory"),
        (["run", "--settings", "regulars.yaml", "--as-of", "2026-13-01"], 2, "--as-of 2026-13-01"),
        (["run", "--settings", "regulars.yaml", "--allow", "all=yes"], 2, "--allow all=yes"),
        (["run", "--plan", "--settings", "regulars.yaml", "--data", "nowhere"], 2, "--data nowhere"),
        (["run", "--settings", "regulars.yaml", "--home", "regulars.yaml"], 74, "regulars.yaml"),
        (["preview", "nothing", "--settings", "regulars.yaml"], 2, "they have shop"),
        (["preview", "--settings", "nowhere.yaml"], 78, "There is no settings file"),
        (["doctor", "--settings", "nowhere.yaml"], 78, "There is no settings file"),
        (["quarantine", "--settings", "regulars.yaml"], 74, "Nothing is published"),
        (["rollback", "first"], 2, "generation"),
        (["deliver", "--settings", "regulars.yaml"], 2, "the settings name no target"),
        (["demo", "--customers", "0"], 2, "--customers"),
        (["sql"], 2, "Missing argument"),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_wrong_command_lines_end_in_a_sentence(company, monkeypatch, arguments, code, sentence):
    monkeypatch.chdir(company.folder)
    done = run_regulars(*arguments)
    said = done.stdout + done.stderr
    assert (done.code, sentence in said) == (code, True), said
    assert "Traceback" not in said
