"""Profiles of exports: what the settings write goes before them, and a company's own go before ours."""

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.profiles.merge import merge_source
from regulars.pipelines.settings.profiles.profile_files import list_profiles, read_profile
from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.settings.sources.columns import Derived

COMPANY = "company: {name: Corner Shop, timezone: Europe/Berlin, currency: EUR}\nsources:\n"
OURS = {
    "options": {"delimiter": ";", "decimal": ","},
    "kind": "orders",
    "columns": {"order_id": "Order", "channel": "Source"},
    "exclude": {"tests": "Test = 'yes'"},
}
TWO_KINDS = {
    "kinds": {
        "orders": {"columns": {"order_id": "Order", "city": "City"}},
        "refunds": {"when": "Given > 0", "columns": {"refund_id": "Order"}},
    }
}
OWN_TILL = """
tool: Our till
export: Receipts
seen: real file
recognise: {all: [Bon]}
kind: orders
columns: {order_id: Bon, ordered_at: Datum, gross_sales: Summe}
"""


def load(folder, sources):
    (folder / "regulars.yaml").write_text(COMPANY + sources, encoding="utf-8")
    return load_settings(folder / "regulars.yaml", {}).sources


def mistakes(folder, sources):
    with pytest.raises(SettingsWrong) as caught:
        load(folder, sources)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("name", list_profiles(None))
def test_every_profile_of_ours_is_a_whole_source_that_knows_its_tool(name):
    profile = read_profile(name, list_profiles(None)[name])
    assert profile.make_source().mappings
    assert profile.tool


def test_a_source_needs_a_path_and_a_profile(tmp_path):
    shop = load(tmp_path, "  shop: {path: o.csv, profile: shopify_orders}\n")["shop"]
    assert shop.mappings.keys() == {"orders", "order_lines", "refunds"}
    assert shop.options.datetime_format == "%Y-%m-%d %H:%M:%S %z"


def test_a_column_of_the_settings_goes_before_the_profiles_and_the_others_stay():
    merged = merge_source(OURS, {"columns": {"channel": {"value": "web"}, "city": "Ort"}})
    assert merged["columns"] == {"order_id": "Order", "channel": {"value": "web"}, "city": "Ort"}


def test_options_and_conditions_are_put_over_the_profiles_one_by_one():
    merged = merge_source(OURS, {"options": {"decimal": "."}, "exclude": {"late": "x"}, "timezone": "UTC"})
    assert merged["options"] == {"delimiter": ";", "decimal": "."}
    assert merged["exclude"] == {"tests": "Test = 'yes'", "late": "x"}
    assert merged["timezone"] == "UTC"


def test_null_takes_a_column_a_condition_and_a_kind_away():
    assert merge_source(OURS, {"columns": {"channel": None}})["columns"] == {"order_id": "Order"}
    assert merge_source(OURS, {"exclude": {"tests": None}})["exclude"] == {}
    assert merge_source(TWO_KINDS, {"kinds": {"refunds": None}})["kinds"].keys() == {"orders"}


@pytest.mark.parametrize("profile", ["shopify_api_orders", "shopify_graphql_orders"])
def test_refund_lines_go_with_their_refunds_unless_the_settings_keep_them(profile):
    whole = read_profile(profile, list_profiles(None)[profile]).mapping
    assert {"refunds", "refund_lines"} <= whole["kinds"].keys()
    merged = merge_source(whole, {"kinds": {"refunds": None}})
    assert not {"refunds", "refund_lines"} & merged["kinds"].keys()
    assert "refund_line_items" in merged["exclude"]["kind_left_out"].lower().replace(
        "refundlineitems", "refund_line_items"
    )
    kept = merge_source(whole, {"kinds": {"refunds": None, "refund_lines": {"columns": {"reason": "note"}}}})
    assert kept["kinds"]["refund_lines"]["when"] == whole["kinds"]["refund_lines"]["when"]


def test_a_kind_of_several_keeps_what_the_settings_do_not_write():
    merged = merge_source(TWO_KINDS, {"kinds": {"refunds": {"columns": {"reason": "Why"}}}})
    assert merged["kinds"]["refunds"] == {"when": "Given > 0", "columns": {"refund_id": "Order", "reason": "Why"}}
    assert merged["kinds"]["orders"] == TWO_KINDS["kinds"]["orders"]


def test_a_profile_of_one_kind_may_be_given_another():
    merged = merge_source(OURS, {"kinds": {"order_lines": {"columns": {"order_id": "Order"}}}})
    assert merged["kinds"].keys() == {"orders", "order_lines"}
    assert "kind" not in merged


def test_an_unknown_profile_is_named_with_its_line_and_the_nearest_one(tmp_path):
    assert mistakes(tmp_path, "  shop:\n    path: o.csv\n    profile: shopify_order\n") == [
        "regulars.yaml:5: sources.shop.profile: `shopify_order` is not known here; did you mean `shopify_orders`?"
    ]


def test_columns_beside_a_profile_of_several_kinds_say_where_they_belong(tmp_path):
    told = mistakes(tmp_path, "  shop: {path: o.csv, profile: shopify_orders, columns: {city: Ort}}\n")
    assert told == [
        "regulars.yaml:3: sources.shop.columns: the profile feeds orders, order_lines, refunds: write "
        "`kinds: {orders: {columns: …}}`"
    ]


def test_a_profile_of_the_company_goes_before_ours(tmp_path):
    own = tmp_path / "company" / "profiles"
    own.mkdir(parents=True)
    (own / "shopify_orders.yaml").write_text(OWN_TILL, encoding="utf-8")
    assert load(tmp_path, "  shop: {path: o.csv, profile: shopify_orders}\n")["shop"].columns["order_id"] == "Bon"


def test_a_mistake_in_a_profile_of_the_company_names_its_file(tmp_path):
    own = tmp_path / "company" / "profiles"
    own.mkdir(parents=True)
    (own / "till.yaml").write_text(OWN_TILL.replace("kind: orders", "kind: order"), encoding="utf-8")
    [told] = mistakes(tmp_path, "  till: {path: t.csv, profile: till}\n")
    assert told.startswith("regulars.yaml:3: sources.till.profile: till.yaml: profile till: kind: Input should be ")


def test_a_profile_may_hold_expressions_so_that_the_settings_need_none(tmp_path):
    shop = load(tmp_path, "  shop: {path: o.csv, profile: shopify_orders}\n")["shop"]
    assert isinstance(shop.mappings["orders"].columns["is_cancelled"], Derived)
