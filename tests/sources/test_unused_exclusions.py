"""Lists and rules of the settings that match nothing, or everything; full files that hold other records than before."""

import duckdb

from regulars.pipelines.settings.profiles.merge import merge_source
from regulars.pipelines.settings.profiles.profile_files import list_profiles, read_profile
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.exclusions.excluded_findings import ExcludedCounts
from regulars.pipelines.sources.exclusions.unused_exclusions import find_idle_rules
from regulars.pipelines.sources.landed_rows import write_landed_rows
from tests.sources.order_files import orders


def found_by(shop) -> dict[str, tuple[str, int | None]]:
    """Name of a finding -> severity and count."""
    landed = shop.land()
    with duckdb.connect() as con:
        found = write_landed_rows(con, shop.settings, list(landed.values()), shop.home)
    return {each.name: (each.severity, each.count) for each in found}


def test_a_list_of_which_no_entry_is_found_is_said_and_one_of_which_some_are_is_listed(shop):
    shop.write("orders.csv", orders(30))
    shop.rest = {"exclude": {"order_ids": ["#1"]}}
    assert found_by(shop) == {"exclude_matches_nothing": ("warning", 1)}
    shop.rest = {"exclude": {"order_ids": ["1", "#2"]}}
    assert found_by(shop) == {"exclude_matches_nothing": ("info", 1)}
    shop.rest = {"exclude": {"order_ids": ["1"]}}
    assert found_by(shop) == {}


def test_addresses_of_the_settings_are_found_in_any_case_and_by_name_or_domain(shop):
    shop.sources["shop"]["columns"] = shop.sources["shop"]["columns"] | {"email": "mail"}
    shop.write("orders.csv", "id,day,total,mail\n1,2026-01-01,9.50,Till@Shop.example\n")
    for listed in ("till@shop.EXAMPLE ", "till@", "@shop.example"):
        shop.rest = {"identity": {"ignore_emails": [listed]}}
        assert found_by(shop) == {}, listed
    shop.rest = {"identity": {"ignore_emails": ["till@shop.exampel"]}, "exclude": {"email_domains": ["shop.example"]}}
    assert found_by(shop) == {"exclude_matches_nothing": ("warning", 1)}


def test_a_rule_that_leaves_out_nothing_is_said_and_one_that_leaves_out_everything_stops(shop):
    shop.write("orders.csv", orders(30))
    shop.sources["shop"]["exclude"] = {"tests": "id = 'test'"}
    assert found_by(shop) == {"exclude_matches_nothing": ("warning", 1)}
    shop.sources["shop"]["exclude"] = {"tests": "id <> 'test'"}
    assert found_by(shop) == {"source_left_out_whole": ("stop", 30)}


def test_full_files_that_each_hold_a_part_are_said(shop):
    shop.sources["shop"]["path"] = "*.csv"
    shop.write("orders-1.csv", orders(10), hours_old=5)
    shop.write("orders-2.csv", orders(10, first=9), hours_old=4)
    assert found_by(shop) == {"full_delivery_replaced": ("stop", 8)}
    shop.write("orders-3.csv", orders(12, first=9), hours_old=3)
    assert found_by(shop) == {}


def test_a_rule_of_a_profile_that_leaves_out_nothing_is_not_said_but_one_of_the_settings_is():
    written = merge_source(
        read_profile("shopify_customers", list_profiles(None)["shopify_customers"]).mapping,
        {"path": "*.csv", "profile": "shopify_customers", "exclude": {"voided": "Note = 'voided'"}},
    )
    counts = ExcludedCounts(1000, {})
    [found] = find_idle_rules("shop", Source.model_validate(written), [counts])
    assert "`voided` of" in found.sentence


def test_a_kind_that_is_taken_away_and_has_no_records_is_not_said():
    mapping = read_profile("woocommerce_api_orders", list_profiles(None)["woocommerce_api_orders"]).mapping
    own = {"path": "*.jsonl", "profile": "woocommerce_api_orders", "kinds": {"refunds": None}}
    written = merge_source(mapping, own)
    assert "kind_left_out" in written["exclude"]
    assert find_idle_rules("shop", Source.model_validate(written), [ExcludedCounts(1000, {})]) == []


def test_what_a_rule_leaves_out_in_doubt_is_said_and_counted(shop):
    shop.write(
        "orders.csv",
        "id,day,total,state\n"
        + "".join(
            f"{n},2026-01-0{n},9.50,{state}\n" for n, state in enumerate(("paid", "failed", "succeeded", "settled"), 1)
        ),
    )
    shop.sources["shop"] |= {
        "include": {"paid": "state = 'paid'"},
        "doubtful": {"paid": "state not in ('failed', 'expired')", "gone": "true"},
    }
    assert found_by(shop) == {"left_out_in_doubt": ("warning", 2)}
    shop.sources["shop"]["include"] = {"paid": "state in ('paid', 'succeeded', 'settled')"}
    assert found_by(shop) == {}
