"""The command line on a real, small company: every verb answers, every mistake is a sentence and an exit code."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from tests.shop import run_regulars

ROOT = Path(__file__).parent.parent.parent


def in_a_process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What a shell would see; all other tests call the same function in this process, which spares the imports."""
    command = [sys.executable, "-m", "regulars", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def company(published_demo, tmp_path_factory) -> Path:
    """A published sample company; tests must leave its current generation as it is."""
    return shutil.copytree(published_demo, tmp_path_factory.mktemp("company") / "company", symlinks=True)


def test_a_demo_ends_with_the_numbers_first_wanted(company):
    said = (company / "said.txt").read_text(encoding="utf-8")
    assert "12-month churn" in said
    assert "customers" in said
    assert "NPS" in said


def test_a_second_demo_finds_nothing_new(company):
    again = run_regulars("demo", "--home", company / "home", "--customers", "200")
    assert again.code == 0, again.stderr[-2000:]
    assert "nothing new" in again.stdout
    assert [path.name for path in (company / "home" / "generations").iterdir()] == ["g000001"]


def test_a_run_can_be_read_by_machines(company):
    done = run_regulars("run", "--settings", company / "regulars.yaml", "--json")
    facts = json.loads(done.stdout)
    assert facts["outcome"] == "nothing new"
    assert {each["source"] for each in facts["sources"]} >= {"crm", "shop_orders", "nps"}
    assert len(facts["headline"]["numbers"]) == 3


def test_status_shows_the_age_and_what_is_published(company):
    facts = json.loads(run_regulars("status", "--home", company / "home", "--json").stdout)
    assert facts["generation"] == "g000001"
    assert facts["checks"]["failed"] == 0
    assert facts["last_run"]["exit_code"] == 0


def test_status_fails_when_the_last_good_run_is_too_old(company):
    assert run_regulars("status", "--home", company / "home", "--max-age", "26h").code == 0
    late = run_regulars("status", "--home", company / "home", "--max-age", "0m")
    assert late.code == 4
    assert "TOO OLD" in late.stdout


def loaded_by(*arguments: str) -> set[str]:
    """Which of the large packages one call of the command line has imported when it ends."""
    script = (
        "import sys; from regulars.cli import app; app(sys.argv[1:], standalone_mode=False); "
        "print(*{'dagster', 'polars', 'duckdb', 'great_expectations', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_help_loads_nothing_large():
    assert loaded_by("--help") == set()
    assert loaded_by("run", "--help") == set()


def test_status_does_not_wait_for_dagster(company):
    assert loaded_by("status", "--home", str(company / "home")).isdisjoint({"dagster", "great_expectations"})


def test_the_version_names_what_computes_the_tables():
    line = run_regulars("--version").stdout
    assert re.match(r"regulars \d+\.\d+\.\d+ \(python 3\.\d+\.\d+, ", line)
    assert {"duckdb", "polars", "dagster"} <= set(re.findall(r"([a-z-]+) \d", line))


def test_the_shell_completes_a_verb_and_an_option_without_loading_anything_large():
    script = (
        "import sys; sys.argv = ['regulars']\n"
        "from regulars.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    print(*{'dagster', 'polars', 'duckdb'} & set(sys.modules), file=sys.stderr)"
    )
    for words, wanted in (("regulars gen", "generations"), ("regulars status --max", "--max-age")):
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=os.environ
            | {"_REGULARS_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == [wanted]
        assert done.stderr.strip() == ""


def test_status_before_the_first_run_says_what_to_do(tmp_path):
    nothing = run_regulars("status", "--home", tmp_path)
    assert nothing.code == 74
    assert "`regulars run`" in nothing.stderr


def test_generations_mark_the_current_one(company):
    assert in_a_process("generations", "--home", company / "home").stdout.startswith("* g000001")


def test_a_shell_gets_the_sentence_and_the_exit_code(tmp_path):
    done = in_a_process("run", "--settings", tmp_path / "nowhere.yaml")
    assert (done.returncode, done.stdout, "regulars.example.yaml" in done.stderr) == (78, "", True)
    assert "Traceback" not in done.stderr


def test_verify_finds_a_changed_byte(company, tmp_path):
    assert "is undamaged" in run_regulars("verify", "--home", company / "home").stdout
    shutil.copytree(company / "home", tmp_path / "home", symlinks=True)
    report = tmp_path / "home" / "generations" / "g000001" / "report.html"
    report.chmod(0o644)
    report.write_bytes(report.read_bytes().replace(b"<", b"(", 1))
    damaged = run_regulars("verify", "--home", tmp_path / "home")
    assert damaged.code == 74
    assert "report.html has other content" in damaged.stderr


def test_sql_reads_the_published_file_and_nothing_else(company):
    home = company / "home"
    assert "1 row" in run_regulars("sql", "select count(*) from marts.customer_360", "--home", home).stdout
    assert json.loads(run_regulars("sql", "select 1 as one", "--home", home, "--json").stdout) == [{"one": 1}]
    for query in ("select * from read_text('/etc/hostname')", "drop table marts.churn", "select * from marts.nothing"):
        refused = run_regulars("sql", query, "--home", home)
        assert refused.code == 2
        assert "Traceback" not in refused.stderr


def test_quarantine_shows_why_and_exports_safely(company, tmp_path):
    output = run_regulars("quarantine", "--home", company / "home")
    assert "malformed" in output.stdout
    exported = run_regulars("quarantine", "--home", company / "home", "--export", tmp_path / "quarantined.csv")
    assert exported.code == 0
    cells = (tmp_path / "quarantined.csv").read_text(encoding="utf-8").splitlines()
    assert len(cells) > 1
    assert not [line for line in cells if line.startswith(("=", "+", "@"))]


def test_report_is_a_page_without_a_network(company):
    path = Path(run_regulars("report", "--home", company / "home").stdout.strip())
    page = path.read_text(encoding="utf-8")
    assert "<html" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_the_published_file_explains_itself(company):
    with duckdb.connect(company / "home" / "current" / "regulars.duckdb", read_only=True) as con:
        undescribed = con.execute(
            "select table_name, column_name from duckdb_columns() where comment is null and not internal "
            "and schema_name in ('core', 'marts', 'meta')"
        ).fetchall()
        assert undescribed == []
        assert con.execute("select count(*) from meta.data_dictionary").fetchone()[0] > 150
        assert con.execute("select count(*) from marts.retention_cohorts_monthly").fetchone()[0] > 0


def test_doctor_reports_every_problem_at_once(company, tmp_path):
    well = run_regulars("doctor", "--settings", company / "regulars.yaml", "--home", company / "home").stdout
    assert "0 problems" in well
    assert "lapse_days is 365; your customers' gaps suggest" in well
    assert "full (the default of products): the newest delivery holds everything" in well
    assert "incremental (set): each delivery adds to the ones before" in well
    text = (company / "regulars.yaml").read_text(encoding="utf-8")
    (tmp_path / "regulars.yaml").write_text(text.replace("  email: Email", "  emial: Email"), encoding="utf-8")
    sick = run_regulars("doctor", "--settings", tmp_path / "regulars.yaml")
    assert sick.code == 78
    assert "did you mean `email`" in sick.stdout
    assert "no file matches" in sick.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["run", "--settings", "nowhere.yaml"], 78, "regulars.example.yaml"),
        (["run", "--as-of", "30.6.2026"], 2, "YYYY-MM-DD"),
        (["run", "--allow", "shrink"], 2, "shrink=REASON"),
        (["run", "--data", "nowhere"], 2, "no such folder"),
        (["walk"], 2, "No such command"),
        (["status", "--max-age", "soon"], 2, "26h"),
        (["rollback", "99"], 2, "no generation 99"),
    ],
)
def test_a_mistake_is_a_sentence_and_an_exit_code(company, arguments, code, sentence):
    environment = {} if "--settings" in arguments else {"REGULARS_SETTINGS": str(company / "regulars.yaml")}
    done = run_regulars(*arguments, **environment)
    assert (done.code, sentence in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_cut_off_file_is_refused_and_readers_keep_what_they_have(company, tmp_path):
    folder = tmp_path / "company"
    shutil.copytree(company, folder, symlinks=True)
    newest = max((folder / "exports" / "orders").iterdir())
    newest.write_bytes(newest.read_bytes()[:-7])
    refused = run_regulars("run", "--settings", folder / "regulars.yaml")
    assert refused.code == 4
    assert newest.name in refused.stderr
    assert json.loads(run_regulars("status", "--home", folder / "home", "--json").stdout)["last_run"]["exit_code"] == 4
    assert run_regulars("verify", "--home", folder / "home").code == 0


def test_rollback_lets_readers_see_the_generation_before(republished_shop, tmp_path):
    shop = republished_shop.moved_to(tmp_path / "shop")
    assert shop.home.current_link.readlink().name == "g000002"
    assert "g000001" in run_regulars("rollback", "--home", shop.home.path).stdout
    assert shop.home.current_link.readlink().name == "g000001"


def test_help_comes_at_once():
    began = time.perf_counter()
    assert in_a_process("--help").returncode == 0
    assert (
        time.perf_counter() - began < 10
    )  # an import of Dagster and Great Expectations on a busy machine takes longer


def test_a_published_file_that_is_damaged_is_a_sentence_for_sql_and_doctor(company, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(company / "home", home, symlinks=True)
    file = (home / "current").resolve() / "regulars.duckdb"
    file.chmod(0o600)
    file.write_bytes(b"not a database")
    asked = run_regulars("sql", "select 1", "--home", home)
    assert (asked.code, "cannot be opened" in asked.stderr) == (74, True)
    looked = run_regulars("doctor", "--settings", company / "regulars.yaml", "--home", home)
    assert (looked.code, "cannot be opened" in looked.stdout) == (74, True)


def test_two_statements_are_told_to_be_asked_one_after_the_other(company):
    asked = run_regulars("sql", "select 1; select 2", "--home", company / "home")
    assert (asked.code, "these are 2 statements" in asked.stderr, asked.stdout) == (2, True, "")
    assert run_regulars("sql", "select 1;", "--home", company / "home").code == 0


@pytest.mark.parametrize("query", ["", "  "])
def test_a_query_that_asks_nothing_is_told_what_to_write(company, query):
    asked = run_regulars("sql", query, "--home", company / "home")
    assert (asked.code, "write one SELECT" in asked.stderr) == (2, True)


def test_a_working_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = "import os; os.rmdir(os.getcwd()); from regulars.cli import main; main()"

    done = subprocess.run(
        [sys.executable, "-c", script, "status"],
        cwd=gone,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 74
    assert done.stderr.strip() == "The folder you are in no longer exists; change to one that does (`cd`)"
