"""A planned run says what would change, and changes nothing."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.shop import FOUR_ORDERS, TWO_CUSTOMERS, Done, run_regulars

pytestmark = pytest.mark.slow


def hash_tree(folder: Path) -> dict[str, str]:
    """Path -> hash of every file, target of every link."""
    return {
        str(path.relative_to(folder)): str(path.readlink())
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@pytest.fixture(scope="module")
def planned(published_shop, tmp_path_factory) -> tuple[Done, dict[str, str], dict[str, str]]:
    """A plan for a shop with an order that changed, a new order and a new customer; the home before and after."""
    shop = published_shop.moved_to(tmp_path_factory.mktemp("plan") / "shop")
    (shop.folder / "share").mkdir()
    settings = shop.folder / "regulars.yaml"
    target = "publish: {targets: {share: {type: folder, path: share}}}\nalerts: {webhook: '${HOOK}'}\n"
    settings.write_text(settings.read_text(encoding="utf-8") + target, encoding="utf-8")
    shop.deliver("crm.csv", *TWO_CUSTOMERS, ("c3", "Cas", "cas@example.org", "", "Olive", ""))
    shop.deliver(
        "orders-2.csv",
        FOUR_ORDERS[0],
        ("o1", "c1", "", "2024-01-05 10:00:00", "80.00", "GBP"),
        ("o9", "c3", "", "2024-03-09 10:00:00", "10.00", "GBP"),
    )
    before = hash_tree(shop.home.path)
    done = run_regulars("run", "--plan", "--settings", settings, HOOK="http://127.0.0.1:9/nobody")
    assert list((shop.folder / "share").iterdir()) == [], "no target was touched"
    return done, before, hash_tree(shop.home.path)


def test_a_plan_ends_like_the_run_and_leaves_every_byte_of_the_home(planned):
    done, before, after = planned
    assert done.code == 0, done.stderr
    assert before == after


def test_a_plan_says_which_rows_customers_and_metrics_of_the_past_would_change(planned):
    said = planned[0].stdout
    assert "A run would make g000002" in said
    assert "core.orders: 4 -> 5 (+1)" in said
    assert "customers  1 new, 0 gone" in said
    assert "past       marts.sales_new_vs_returning." in said
    assert "-> 80" in said or "-> " in said


def test_no_alert_is_sent(planned):
    assert "alert" not in planned[0].stderr


def test_a_plan_that_would_fail_has_the_exit_code_of_the_run(published_shop, tmp_path):
    shop = published_shop.moved_to(tmp_path / "shop")
    (shop.folder / "orders-1.csv").unlink()
    before = hash_tree(shop.home.path)
    done = run_regulars("run", "--plan", "--settings", shop.folder / "regulars.yaml")
    assert (done.code, "orders-*.csv" in done.stderr) == (4, True)
    assert hash_tree(shop.home.path) == before


def test_a_plan_of_nothing_new_says_what_readers_go_on_seeing(published_shop, tmp_path):
    shop = published_shop.moved_to(tmp_path / "shop")
    done = run_regulars("run", "--plan", "--json", "--settings", shop.folder / "regulars.yaml")
    assert json.loads(done.stdout) == {"outcome": "nothing new", "generation": "g000001"}


def test_a_plan_waits_for_no_run(published_shop, tmp_path):
    shop = published_shop.moved_to(tmp_path / "shop")
    with shop.home.lock("regulars run"):
        done = run_regulars("run", "--plan", "--settings", shop.folder / "regulars.yaml")
    assert (done.code, "plan again when it is done" in done.stderr) == (75, True)
