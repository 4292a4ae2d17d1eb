"""What is installed, and what Dagster is told, stays of one piece."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent.parent
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
    for path in (ROOT / "pipelines" / "publish").glob("**/*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""(src|href)\s*=\s*['"]?(https?:)?//""", text), path.name
