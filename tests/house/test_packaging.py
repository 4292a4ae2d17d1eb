"""What is installed, and what Dagster is told, stays of one piece."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("assets", "pipelines", "sql", "data_contracts")
CHECKOUT = (
    *ROOMS,
    "regulars",
    "dagster.yaml",
    "regulars.example.yaml",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "Makefile",
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCKED = dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", LOCK, flags=re.MULTILINE))


def test_the_workspace_and_pyproject_name_the_same_code_location():
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))
    [location] = workspace["load_from"]
    assert location["python_module"]["module_name"] == PROJECT["tool"]["dg"]["project"]["code_location_target_module"]
    assert location["python_module"]["working_directory"] == "."


def test_every_direct_dependency_is_locked_with_a_hash():
    extras = PROJECT["project"]["optional-dependencies"]["dev"]
    names = {re.split(r"[=<>\[ ;]", each)[0].lower() for each in [*PROJECT["project"]["dependencies"], *extras]}
    assert names <= set(LOCKED)
    assert LOCK.count("--hash=sha256:") > len(LOCKED)


def test_all_dagster_packages_are_of_one_release():
    versions = {LOCKED[name] for name in ("dagster", "dagster-webserver", "dagster-dg-cli", "dagster-graphql")}
    assert len(versions) == 1


def test_the_lock_file_records_no_address():
    assert not re.search(r"https?://", LOCK)
    assert "--index-url" not in LOCK


def test_dagster_calls_nobody():
    assert yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))["telemetry"] == {"enabled": False}


def test_no_page_we_write_loads_anything_from_elsewhere():
    pages = [path for path in (ROOT / "pipelines").glob("**/*") if path.suffix in {".py", ".html", ".css"}]
    assert pages
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""(src|href)\s*=\s*['"]?(https?:)?//|url\(['"]?(https?:)?//""", text), path.name


def test_a_room_imported_under_a_second_name_is_refused():
    for line in ("import pipelines.errors", "from assets import marts", "from pipelines import kinds"):
        assert _ruff(line) == 1
    for line in ("import regulars.pipelines.errors", "from regulars.assets import marts"):
        assert _ruff(line) == 0


def _ruff(line: str) -> int:
    command = [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--stdin-filename", "pipelines/x.py", "-"]
    return subprocess.run(command, cwd=ROOT, input=f"{line}\n", capture_output=True, text=True, check=False).returncode


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel as `make wheel` builds it, from a copy of the checkout with the remains of an earlier build."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name in CHECKOUT:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, checkout / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, checkout / name)
    remains = checkout / "build" / "lib" / "pipelines"
    remains.mkdir(parents=True)
    (remains / "gone.py").write_text("", encoding="utf-8")
    subprocess.run(
        ["make", "-s", "-o", ".venv/.ready", f"BIN={Path(sys.executable).parent}", "wheel"],
        cwd=checkout,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        check=True,
    )
    [built] = (checkout / "dist").iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The `bin` folder of an environment with the wheel; what it needs comes from the environment of the tests."""
    environment = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    subprocess.run([*pip, "install", "-q", "--no-deps", "--no-index", wheel], check=True)
    [packages] = environment.glob("lib/python*/site-packages")
    shared = sysconfig.get_paths()[
        "purelib"
    ]  # a folder that a .pth file names comes last, and its own .pth files are not read
    (packages / "shared.pth").write_text(f"{shared}\n", encoding="utf-8")
    return environment / "bin"


def _in_an_empty_folder(folder: Path, *command: str | Path) -> str:
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("REGULARS_", "DAGSTER_", "PYTHON", "VIRTUAL_ENV"))
    }
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_wheel_holds_every_file_of_every_room_and_one_import_name(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    rooms = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    own = {path.name for path in (ROOT / "regulars").iterdir() if path.is_file()}
    assert packed == {f"regulars/{name}" for name in rooms | own}


def test_the_installed_command_answers_without_a_checkout(installed, tmp_path):
    version = PROJECT["project"]["version"]
    assert _in_an_empty_folder(tmp_path, installed / "regulars", "--version").startswith(f"regulars {version} (python ")
    assert _in_an_empty_folder(tmp_path, installed / "python", "-m", "regulars", "--version").startswith("regulars ")
    where = "import regulars.cli, pathlib; print(pathlib.Path(regulars.cli.__file__).parents[1])"
    assert Path(_in_an_empty_folder(tmp_path, installed / "python", "-c", where).strip()).is_relative_to(
        installed.parent
    )


def test_dagster_finds_every_table_in_what_is_installed(installed, tmp_path):
    script = (
        "from regulars.assets.definitions import defs\n"
        "print(*('/'.join(key.path) for key in defs.resolve_asset_graph().get_all_asset_keys()))"
    )
    tables = set(_in_an_empty_folder(tmp_path, installed / "python", "-c", script).split())
    assert {
        path.relative_to(ROOT / "data_contracts").as_posix().removesuffix(".odcs.yaml")
        for layer in ("core", "marts")
        for path in (ROOT / "data_contracts" / layer).glob("*.odcs.yaml")
    } <= tables
    for module in ("assets", "pipelines"):
        lost = f"import importlib.util; print(importlib.util.find_spec('{module}'))"
        assert _in_an_empty_folder(tmp_path, installed / "python", "-c", lost).strip() == "None"


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel_in_an_empty_folder(installed, tmp_path):
    said = _in_an_empty_folder(tmp_path, installed / "regulars", "demo", "--customers", "200")
    assert "12-month churn" in said
    home = tmp_path / "demo" / "home"
    assert (home / "current" / "regulars.duckdb").is_file()
    query = "select count(*) > 0 as found from marts.customer_360"
    assert "true" in _in_an_empty_folder(tmp_path, installed / "regulars", "sql", query, "--home", home, "--json")


DEPLOY = ROOT / "deploy"
PROGRAMS = "/opt/regulars/bin"
"""Where the units and the guide say that the programs lie."""


def test_the_image_holds_every_room_and_no_root():
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    copied = {word for line in re.findall(r"^COPY (?!--)(.+)$", text, flags=re.MULTILINE) for word in line.split()[:-1]}
    assert copied == {*CHECKOUT, "requirements.lock"} - {"Makefile"}
    assert re.findall(r"^USER (.+)$", text, flags=re.MULTILINE) == ["10001:10001"]
    [python] = set(re.findall(r"^FROM docker.io/library/python:(\d+\.\d+)-", text, flags=re.MULTILINE))
    assert (3, 11) <= tuple(map(int, python.split("."))) < (3, 14)


def test_the_units_start_programs_that_are_installed_and_the_one_code_location():
    module = PROJECT["tool"]["dg"]["project"]["code_location_target_module"]
    for unit in (DEPLOY / "systemd").glob("*.service"):
        [command] = re.findall(r"^ExecStart=(.+)$", unit.read_text(encoding="utf-8"), flags=re.MULTILINE)
        program, *arguments = command.split()
        assert (Path(sys.executable).parent / Path(program).name).exists(), unit.name
        assert "-m" not in arguments or arguments[arguments.index("-m") + 1] == module


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_no_mistake_in_the_units(tmp_path):
    units = tmp_path / "units"
    shutil.copytree(DEPLOY / "systemd", units)
    for unit in units.glob("*.service"):
        text = unit.read_text(encoding="utf-8").replace(PROGRAMS, str(Path(sys.executable).parent))
        unit.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted(str(unit) for unit in units.iterdir() if unit.is_file())],
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_guide_names_files_and_units_that_exist():
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    for name in re.findall(r"deploy/[\w./*-]+", guide):
        assert list(ROOT.glob(name)), name
    for name in re.findall(r"\bregulars-(?:nightly|daemon|webserver)\.\w+", guide):
        assert (DEPLOY / "systemd" / name).is_file(), name
