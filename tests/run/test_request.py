"""What a run is asked to do: each default, what goes before what, and the mistakes in a request."""

import datetime as dt
from pathlib import Path

import pytest

from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.run.request import find_home, find_settings_file, make_request

EXAMPLE = Path(__file__).parents[2] / "regulars.example.yaml"
NOW = dt.datetime(2026, 9, 1, 3, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("REGULARS_HOME", raising=False)
    monkeypatch.delenv("REGULARS_SETTINGS", raising=False)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("shrink", "write shrink=REASON"),
        ("shrink=", "write shrink=REASON"),
        ("shrink=  ", "write shrink=REASON"),
        ("=the shop closed", "`` is neither `shrink` nor `quarantined` nor the name of a finding$"),
        ("shrunk=the shop closed", "name of a finding; did you mean `shrink`?"),
        ("records_quarantine=a new till", "did you mean `records_quarantined`?"),
    ],
)
def test_an_override_without_a_reason_or_of_nothing_known_is_refused(written, sentence):
    with pytest.raises(UsageWrong, match=sentence.replace("?", r"\?")):
        make_request(EXAMPLE, now=NOW, allow=[written])


def test_a_finding_is_allowed_by_its_name():
    request = make_request(EXAMPLE, now=NOW, allow=["records_quarantined=a new till"])
    assert request.finding_policy.allowed == {"records_quarantined": "a new till"}


def test_a_reason_is_everything_behind_the_first_equals_sign():
    request = make_request(EXAMPLE, now=NOW, allow=["shrink= 3 = 4 shops closed ", "quarantined=a new till"])
    assert request.allow == {"shrink": "3 = 4 shops closed", "quarantined": "a new till"}


def test_the_day_that_is_asked_for_goes_before_the_day_of_the_settings():
    assert make_request(EXAMPLE, now=NOW).as_of == dt.date(2026, 6, 30)
    assert make_request(EXAMPLE, now=NOW, as_of="2026-03-31").as_of == dt.date(2026, 3, 31)


def test_the_home_that_is_named_goes_before_the_environment_and_that_before_the_settings_folder(tmp_path, monkeypatch):
    settings = tmp_path / "company" / "regulars.yaml"
    assert find_home(None, settings).path == tmp_path / "company" / "home"
    monkeypatch.setenv("REGULARS_HOME", str(tmp_path / "set"))
    assert find_home(None, settings).path == tmp_path / "set"
    assert find_home(tmp_path / "named", settings).path == tmp_path / "named"


def test_the_settings_that_are_named_go_before_the_environment_and_that_before_the_working_folder(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert find_settings_file() == tmp_path / "regulars.yaml"
    monkeypatch.setenv("REGULARS_SETTINGS", "set.yaml")
    assert find_settings_file() == tmp_path / "set.yaml"
    assert find_settings_file(Path("named.yaml")) == tmp_path / "named.yaml"


def test_a_day_in_the_future_is_refused_and_today_is_not():
    assert make_request(EXAMPLE, now=NOW, as_of="2026-09-01").as_of == dt.date(2026, 9, 1)
    with pytest.raises(UsageWrong, match="--as-of 2026-09-02 is in the future; today is 2026-09-01"):
        make_request(EXAMPLE, now=NOW, as_of="2026-09-02")


def test_what_day_it_is_decides_the_zone_of_the_company(tmp_path):
    settings = tmp_path / "regulars.yaml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("timezone: Europe/Berlin", "timezone: Pacific/Kiritimati", 1)
    settings.write_text(text, encoding="utf-8")
    evening = dt.datetime(2026, 9, 1, 12, 0, tzinfo=dt.UTC)
    assert make_request(settings, now=evening, as_of="2026-09-02").as_of == dt.date(2026, 9, 2)


def test_a_future_day_in_the_settings_is_refused_too(tmp_path):
    settings = tmp_path / "regulars.yaml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("as_of: 2026-06-30", "as_of: 2030-01-01")
    settings.write_text(text, encoding="utf-8")
    with pytest.raises(UsageWrong, match=r"regulars\.yaml: as_of: 2030-01-01 is in the future"):
        make_request(settings, now=NOW)
