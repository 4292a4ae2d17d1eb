"""A run with nothing new ends after landing: when it does, when it does not, and that nothing is lost by it."""

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg
import pytest

from regulars.assets.definitions import defs
from regulars.assets.landing import LANDING, land
from regulars.assets.published import GENERATION
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.run import fingerprint
from regulars.pipelines.run.fingerprint import compute_fingerprint, find_known_generation
from regulars.pipelines.run.last_run import read_last_run
from regulars.pipelines.run.request import make_request
from regulars.pipelines.run.run import Run, open_run
from tests.shop import CRM, FOUR_ORDERS, ORDERS, SURVEY, TWO_CUSTOMERS, Shop

LATE_SURVEY = SURVEY.replace("max_age_hours: 48", "max_age_hours: 0.5")


@pytest.fixture
def shop(published_shop, tmp_path) -> Shop:
    return published_shop.moved_to(tmp_path / "shop")


@contextmanager
def landed(shop: Shop, as_of: str = "", allow: Sequence[str] = ()) -> Iterator[Run]:
    """A run of now, that lands and goes no further."""
    now = dt.datetime.now(dt.UTC)
    settings = shop.folder / "regulars.yaml"
    request = make_request(settings, home=shop.home.path, data=None, as_of=as_of, allow=allow, now=now)
    with open_run(request, lambda _: None, now) as run:
        land(run)
        yield run


def known(shop: Shop, as_of: str = "", allow: Sequence[str] = ()) -> Generation | None:
    with landed(shop, as_of, allow) as run:
        return find_known_generation(run)


def computed(shop: Shop, allow: Sequence[str] = ()) -> str:
    with landed(shop, allow=allow) as run:
        return compute_fingerprint(run)


def change_nothing(shop):
    pass


def touch_a_file(shop):
    os.utime(shop.folder / "crm.csv")


def deliver_the_same_bytes_again(shop):
    shop.deliver("orders-1.csv", *FOUR_ORDERS, hours_ago=0)


def deliver_the_same_bytes_under_another_name(shop):
    shop.deliver("orders-2.csv", *FOUR_ORDERS)


def change_a_setting_that_has_no_part_in_results(shop):
    shop.set_up(CRM, ORDERS, SURVEY, "publish: {keep_generations: 3}\n", "schedule: {cron: '0 4 * * *'}\n")


def write_out_a_default(shop):
    shop.set_up(CRM, ORDERS, SURVEY, "lapse_days: 365\n")


@pytest.mark.parametrize(
    "change",
    [
        change_nothing,
        touch_a_file,
        deliver_the_same_bytes_again,
        deliver_the_same_bytes_under_another_name,
        change_a_setting_that_has_no_part_in_results,
        write_out_a_default,
    ],
)
def test_the_run_is_known_when_nothing_that_decides_results_has_changed(shop, change):
    change(shop)
    assert known(shop).number == 1


def change_a_value(shop):
    shop.deliver("orders-1.csv", *FOUR_ORDERS[:-1], (*FOUR_ORDERS[-1][:4], "31.00", "GBP"))


def deliver_one_more_file(shop):
    shop.deliver("orders-2.csv", FOUR_ORDERS[0], ("o5", "c2", "", "2024-03-20 11:00:00", "5.00", "GBP"))


def put_a_file_back(shop):
    shop.deliver("crm.csv", TWO_CUSTOMERS[0], TWO_CUSTOMERS[1])
    assert known(shop) is None
    shop.deliver("crm.csv", *TWO_CUSTOMERS)


def change_a_setting_that_has_a_part(shop):
    shop.set_up(CRM, ORDERS, SURVEY, "lapse_days: 30\n")


def change_a_mapping(shop):
    shop.set_up(CRM.replace(", owner: owner", ""), ORDERS, SURVEY)


def ask_for_another_language(shop):
    shop.set_up(CRM, ORDERS, SURVEY, "report: {language: fi}\n")


def let_the_survey_become_late(shop):
    shop.set_up(CRM, ORDERS, LATE_SURVEY)


def take_the_survey_away(shop):
    (shop.folder / "answers.csv").unlink()


@pytest.mark.parametrize(
    "change",
    [
        change_a_value,
        deliver_one_more_file,
        put_a_file_back,
        change_a_setting_that_has_a_part,
        change_a_mapping,
        ask_for_another_language,
        let_the_survey_become_late,
        take_the_survey_away,
    ],
)
def test_the_run_is_not_known_when_something_that_decides_results_has_changed(shop, change):
    change(shop)
    assert known(shop) is None


def test_time_that_makes_a_source_late_is_news_though_no_file_and_no_setting_changed(shop):
    moment = (shop.folder / "answers.csv").stat().st_mtime - 50 * 3600
    os.utime(shop.folder / "answers.csv", (moment, moment))
    assert known(shop) is None


@pytest.mark.parametrize("day", ["2024-03-30", "2024-04-01"])
def test_another_day_is_not_known(shop, day):
    assert known(shop, as_of=day) is None
    assert known(shop, as_of="2024-03-31").number == 1


def test_a_run_with_an_override_is_not_known(shop):
    assert known(shop, allow=("quarantined=the till was being repaired",)) is None


def test_a_run_without_the_override_of_the_run_before_is_not_known(shop):
    """Without it the same rows may stop the run. A shrunk delivery, once let pass, has landed and passes every time."""
    assert computed(shop, allow=("quarantined=the till was being repaired",)) != computed(shop)
    assert computed(shop, allow=("shrink=a shop was closed",)) == computed(shop)


@pytest.mark.parametrize("what", ["code_sha256", "versions"])
def test_other_code_or_another_version_is_not_known(shop, monkeypatch, what):
    monkeypatch.setattr(fingerprint, what, lambda: {"polars": "99"})
    assert known(shop) is None


def change_a_byte(path):
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def remove(path):
    path.unlink()


@pytest.mark.parametrize("damage", [change_a_byte, remove])
@pytest.mark.parametrize("name", ["report.html", "regulars.duckdb"])
def test_a_generation_that_is_not_whole_any_more_is_not_known(shop, name, damage):
    path = shop.home.current_link / name
    path.chmod(0o644)
    path.resolve().parent.chmod(0o755)
    damage(path)
    assert known(shop) is None


def test_a_run_beside_a_damaged_generation_says_that_it_is_damaged(shop):
    path = (shop.home.current_link / "parquet" / "marts" / "churn.parquet").resolve()
    path.parent.chmod(0o755)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:200] + b"!" + path.read_bytes()[201:])
    assert shop.run() == 74
    assert "g000001 is damaged: parquet/marts/churn.parquet has other content" in shop.said


def test_of_two_sources_which_delivered_later_is_part_of_the_fingerprint(tmp_path):
    """Both name the same customer of the same system, and the later delivery decides."""
    two = CRM + CRM.replace("crm:", "old_crm:\n    system: crm").replace("crm.csv", "old.csv")
    shop = Shop(tmp_path)
    shop.set_up(two, ORDERS)
    shop.deliver("orders-1.csv", *FOUR_ORDERS)
    shop.deliver("crm.csv", *TWO_CUSTOMERS)
    shop.deliver("old.csv", *TWO_CUSTOMERS[:2])
    before = computed(shop)
    assert computed(shop) == before
    shop.deliver("crm.csv", *TWO_CUSTOMERS, ("c3", "Zoe", "", "", "", ""))
    computed(shop)
    shop.deliver("crm.csv", *TWO_CUSTOMERS)
    assert computed(shop) != before


def test_a_known_run_says_so_and_leaves_everything_as_it_was(shop):
    def files():
        return {
            path.relative_to(shop.home.path): path.stat().st_mtime_ns
            for path in shop.home.path.rglob("*")
            if path.is_file() and path.name not in {"last_run.json", "lock", "ledger.duckdb"}
        }

    before = files()
    assert shop.run() == 0
    assert "nothing new: kept g000001" in shop.said
    assert "marts.churn" not in shop.said, "a table was built"
    assert files() == before
    last = read_last_run(shop.home.path)
    assert (last.exit_code, last.generation, last.is_new, last.message) == (0, 1, False, "nothing new; kept g000001.")


@pytest.mark.slow
def test_a_full_build_of_a_known_run_comes_to_the_same_tables(shop, monkeypatch):
    """Equal fingerprint, equal result: all that does not count has changed, and everything is built again."""
    touch_a_file(shop)
    deliver_the_same_bytes_under_another_name(shop)
    shop.set_up(CRM, ORDERS, SURVEY, "publish: {keep_generations: 3}\n", "lapse_days: 365\n")
    assert known(shop).number == 1
    monkeypatch.setattr("regulars.assets.landing.find_known_generation", lambda run: None)
    assert shop.run() == 0, shop.said
    assert "marts.churn" in shop.said, "nothing was built"
    assert "nothing new: kept g000001" in shop.said, "publishing compares the content of every table"


def test_dagster_skips_what_a_known_run_does_not_build(shop, monkeypatch):
    monkeypatch.setenv("REGULARS_SETTINGS", str(shop.folder / "regulars.yaml"))
    monkeypatch.setenv("REGULARS_HOME", str(shop.home.path))
    with dg.DagsterInstance.ephemeral() as instance:
        done = defs.resolve_job_def("run").execute_in_process(instance=instance, raise_on_error=False)
        assert done.success
        assert {event.step_key for event in done.all_events if event.is_step_success} == {"landing__deliveries"}
        skipped = {event.step_key for event in done.all_events if event.is_step_skipped}
        assert {"raw", "identity", "core__orders", "marts__churn", "published__generation"} <= skipped
        assert not [event for event in done.all_events if event.is_step_failure]
        reported = [event.asset_key for event in done.all_node_events if event.is_step_materialization]
        assert reported == [GENERATION], "the generation is proven once more, and nothing else was made"
        assert instance.get_latest_materialization_event(LANDING) is None


def test_a_refused_required_source_stops_the_run_though_the_rest_is_known(shop):
    (shop.folder / "orders-1.csv").unlink()
    assert shop.run() == 4
    assert read_last_run(shop.home.path).exit_code == 4
