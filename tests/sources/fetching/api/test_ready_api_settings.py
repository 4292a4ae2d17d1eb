"""Sources that name a ready API: what it fills in, and mistakes."""

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.apis.ready_api import list_ready_apis, read_ready_api
from regulars.pipelines.settings.profiles.profile_files import list_profiles
from tests.sources.fetching.api import tool_answers as tools
from tests.sources.fetching.api.ready_api_sources import ACCOUNTS, name_api, parse


@pytest.mark.parametrize("name", list_ready_apis(None))
def test_every_resource_of_a_ready_api_makes_whole_settings_over_tls(name):
    ready = read_ready_api(list_ready_apis(None)[name])
    for resource, keys in ready.resources.items():
        source = parse({"tool": name_api(name, resource)}).sources["tool"]
        assert source.profile == keys["profile"]
        assert keys["profile"] in list_profiles(None)
        assert source.from_.base_url.startswith("https://")
        assert "{" not in source.from_.base_url
        assert tools.SECRET not in f"{source!r}"


def test_what_the_settings_write_goes_before_the_ready_api():
    written = name_api("shopify", "orders", params={"status": "closed", "created_at_min": "2025-01-01"})
    none = {"refunds": None, "refund_lines": None}
    source = parse({"tool": {**written, "kinds": none, "profile": "shopify_api_orders"}}).sources["tool"]
    assert source.from_.params["status"] == "closed"
    assert source.from_.params["limit"] == 250
    assert list(source.mappings) == ["orders", "order_lines"]
    whole = {"orders": {"columns": {"order_id": "name", "ordered_at": "created_at", "gross_sales": "total_price"}}}
    assert parse({"tool": {**written, "kinds": whole}}).sources["tool"].profile is None


def test_orders_of_shopify_may_be_fetched_by_what_has_changed():
    source = parse({"tool": name_api("shopify", "orders", cursor={"column": "updated_at"})}).sources["tool"]
    assert source.from_.cursor_param == "updated_at_min"
    assert source.delivery_mode == "incremental"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ({"api": "shopfy", "resource": "orders"}, "tool.from.api: `shopfy` is not known here; did you mean `shopify`?"),
        ({"api": "stripe", "token": "${SECRET}"}, "tool.from: `resource` is missing; known are: charges"),
        (
            {**ACCOUNTS["shopify"], "api": "shopify", "resource": "order"},
            "`order` is not known here; did you mean `orders`",
        ),
        (
            {"api": "shopify", "resource": "orders", "token": "${SECRET}"},
            "tool.from: `shop` is missing: what stands before",
        ),
        ({"api": "shopify", "resource": "orders", "shop": "a"}, "`token` is missing: the Admin API access token"),
        (
            {"api": "stripe", "resource": "charges", "token": "rk_live_1"},
            "a secret does not belong here; write ${NAME}",
        ),
        ({"api": "stripe", "resource": "charges", "token": "${GONE}"}, "the environment has no GONE"),
        ({"api": "stripe", "resource": "charges", "token": "${SECRET}", "shop": "x"}, "unknown key"),
    ],
)
def test_what_is_wrong_with_a_ready_api_is_a_sentence_without_the_secret(way, sentence):
    with pytest.raises(SettingsWrong) as caught:
        parse({"tool": {"from": way}})
    assert sentence in str(caught.value)
    assert tools.SECRET not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
