"""Sources of the settings that name a ready API, with an account for each."""

import yaml

from regulars.pipelines.settings.settings_file import parse_settings
from tests.sources.fetching.api import tool_answers as tools

ENVIRONMENT = {"KEY": "ck_1", "SECRET": tools.SECRET}
ACCOUNTS = {
    "shopify": {"shop": "corner-shop", "token": "${SECRET}"},
    "shopify_graphql": {"shop": "corner-shop", "token": "${SECRET}"},
    "stripe": {"token": "${SECRET}"},
    "hubspot": {"token": "${SECRET}"},
    "woocommerce": {"shop": "https://shop.example.com/", "key": "${KEY}", "secret": "${SECRET}"},
}


def parse(sources, environment=ENVIRONMENT):
    company = {"name": "Shop", "timezone": "UTC", "currency": "EUR"}
    text = yaml.safe_dump({"company": company, "sources": sources})
    return parse_settings(text, name="regulars.yaml", environment=environment)


def name_api(api, resource, **more):
    return {"from": {"api": api, "resource": resource, **ACCOUNTS[api], **more}}
