"""Which files are refused, what a refusal says, and when it stops the run."""

import pytest

from regulars.pipelines.errors import InputRefused, SettingsWrong, StorageFailed
from regulars.pipelines.sources import landing as landing_module
from regulars.pipelines.sources.deliveries import refuse_required
from regulars.pipelines.sources.ledger import Ledger
from tests.sources.order_files import HEAD, orders

CRM = {"path": "crm.csv", "kind": "customers", "columns": {"customer_record_id": "id"}}


def test_a_missing_file_is_reported_and_stops_the_run_only_for_a_required_source(shop):
    shop.sources["crm"] = CRM
    landed = list(shop.land().values())
    assert [landed_source.refusals[0].reason_code for landed_source in landed] == ["missing", "missing"]
    with pytest.raises(InputRefused) as refused:
        refuse_required(shop.settings, landed)
    assert str(refused.value).splitlines() == [
        "shop: no file at orders.csv: deliver it, or correct `path`",
        "crm (optional): no file at crm.csv: deliver it, or correct `path`",
    ]
    shop.sources["shop"]["required"] = False
    refuse_required(shop.settings, list(shop.land().values()))


def test_settings_that_do_not_fit_and_every_file_that_failed_are_named_in_one_message(shop):
    shop.write("orders.csv", orders(2))
    shop.land()
    shop.sources["shop"]["columns"] = {**shop.sources["shop"]["columns"], "discounts": "rebate"}
    shop.sources["crm"] = CRM
    shop.sources["billing"] = CRM | {"path": "billing.csv", "required": True}
    with pytest.raises(SettingsWrong) as wrong:
        shop.land()
    mistake, *others = str(wrong.value).splitlines()
    assert "column `rebate` for orders.discounts is missing" in mistake
    assert others == [
        "billing: no file at billing.csv: deliver it, or correct `path`",
        "crm (optional): no file at crm.csv: deliver it, or correct `path`",
    ]


def test_every_listed_path_without_a_file_is_reported_even_if_another_has_one(shop):
    shop.sources["shop"] |= {"path": ["a.csv", "b.csv", "2026/*.csv"], "delivery": "incremental"}
    shop.write("b.csv", orders(2))
    assert [refusal.sentence for refusal in shop.land()["shop"].refusals] == [
        "no file at a.csv: deliver it, or correct `path`",
        "no file at 2026/*.csv: deliver it, or correct `path`",
    ]


def test_a_refused_file_of_an_optional_source_leaves_its_last_delivery_in_use_and_stale(shop):
    shop.sources["shop"]["required"] = False
    shop.write("orders.csv", orders(2))
    shop.land()
    shop.write("orders.csv", "<html>\n")
    with shop.delivered() as con:
        assert con.execute("select count(*) from landed.orders").fetchall() == [(2,)]
        assert con.execute("select is_stale from landed.files").fetchall() == [(True,)]
    refuse_required(shop.settings, list(shop.land().values()))


def test_an_optional_source_may_hold_a_header_only(shop):
    shop.sources["shop"]["required"] = False
    shop.write("orders.csv", HEAD)
    assert shop.refusal() is None
    assert shop.rows("*") == []


def test_a_full_source_shrunk_by_half_is_refused_until_it_is_allowed_with_a_reason(shop):
    for count in (10, 12, 11):
        shop.write("orders.csv", orders(count))
        shop.land()
    shop.write("orders.csv", orders(5))
    refusal = shop.refusal()
    assert refusal.reason_code == "shrunk"
    assert refusal.sentence == (
        "orders.csv holds 5 records where its last 3 deliveries held 11 (median): deliver it again, or run with "
        "`--allow shrink=REASON` if it is right"
    )
    assert shop.refusal(allow="a shop was closed") is None
    with Ledger(shop.home / "ledger.duckdb") as ledger:
        assert ledger.find_newest("shop").reason == "shrink allowed: a shop was closed"


def test_runs_after_an_allowed_shrink_are_compared_with_the_new_size(shop):
    for count in (10, 12, 11):
        shop.write("orders.csv", orders(count))
        shop.land()
    shop.write("orders.csv", orders(4))
    shop.land(allow="a shop was closed")
    for count, reason in ((3, None), (1, "shrunk")):
        shop.write("orders.csv", orders(count))
        refusal = shop.refusal()
        assert (refusal and refusal.reason_code) == reason


@pytest.mark.parametrize(("count", "delivery"), [(6, "full"), (1, "incremental")])
def test_half_is_enough_and_an_incremental_source_may_bring_little(shop, count, delivery):
    shop.sources["shop"]["delivery"] = delivery
    shop.write("orders.csv", orders(12))
    shop.land()
    shop.write("orders.csv", orders(count, first=100))
    assert shop.refusal() is None


def test_a_file_older_than_allowed_lands_and_is_reported_as_late(shop):
    shop.sources["shop"]["max_age_hours"] = 26
    shop.write("orders.csv", orders(2), hours_old=27.5)
    landed_source = shop.land()["shop"]
    assert [refusal.sentence for refusal in landed_source.refusals] == [
        "orders.csv is 27.5 hours old where 26 are allowed: find out why no newer one was delivered"
    ]
    assert (landed_source.landed, landed_source.is_stale) == ([1], True)


@pytest.mark.parametrize(("hours", "is_late"), [(26, False), (26.5, True)])
def test_a_file_exactly_as_old_as_allowed_is_in_time(shop, hours, is_late):
    shop.sources["shop"]["max_age_hours"] = 26
    shop.write("orders.csv", orders(2), hours_old=hours)
    assert shop.land()["shop"].is_stale is is_late


def test_a_file_written_just_now_is_watched_and_refused_when_it_grows(shop):
    path = shop.write("orders.csv", orders(2), hours_old=0)

    def grow(seconds: float) -> None:
        assert seconds <= 1
        path.write_text(orders(3))

    assert shop.refusal(pause=grow).reason_code == "growing"
    assert shop.refusal() is None


def test_a_file_written_long_ago_is_not_waited_for(shop):
    shop.write("orders.csv", orders(2), hours_old=1)
    assert shop.refusal(pause=lambda seconds: pytest.fail("waited")) is None


def test_a_file_that_changes_while_it_is_copied_is_refused_and_leaves_nothing(shop, monkeypatch):
    path = shop.write("orders.csv", orders(2))
    copy = landing_module._copy

    def copy_and_grow(source, target):
        found = copy(source, target)
        path.write_text(orders(3))
        return found

    monkeypatch.setattr(landing_module, "_copy", copy_and_grow)
    assert shop.refusal().reason_code == "growing"
    assert list((shop.home / "landing").iterdir()) == []


def test_a_file_that_may_not_be_read_is_a_storage_failure_that_names_it(shop, monkeypatch):
    shop.write("orders.csv", orders(2))

    def fail(source, target):
        raise PermissionError(13, "Permission denied", str(source))

    monkeypatch.setattr(landing_module, "_copy", fail)
    with pytest.raises(StorageFailed, match=r"^orders\.csv cannot be landed: Permission denied"):
        shop.land()


def test_settings_that_no_longer_fit_a_landed_file_are_a_settings_error(shop):
    shop.write("orders.csv", orders(2))
    shop.land()
    shop.sources["shop"]["columns"] = {**shop.sources["shop"]["columns"], "discounts": "rebate"}
    with pytest.raises(SettingsWrong, match=r"column `rebate` for orders\.discounts is missing"):
        shop.land()


def test_a_descriptive_column_that_disappears_is_reported_and_empty(shop):
    shop.sources["shop"]["columns"] = {**shop.sources["shop"]["columns"], "city": "town"}
    shop.write("orders.csv", orders(1))
    assert shop.land()["shop"].findings[0].sentence.startswith("orders.csv: column `town` for orders.city is missing")
    assert shop.rows("order_id, city") == [("1", None)]
