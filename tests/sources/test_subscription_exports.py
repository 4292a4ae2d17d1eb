"""Subscriptions as tools export them, and what settings make of their columns."""

from typing import Any

import pytest

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.settings import Settings

STRIPE = (
    "id,Customer ID,Customer Email,Plan,Quantity,Currency,Interval,Amount,Status,Start (UTC),Trial End (UTC),"
    "Current Period End (UTC),Canceled At (UTC),Cancel At Period End,Ended At (UTC),Cancellation Reason\n"
)
STRIPE_COLUMNS: dict[str, Any] = {
    "subscription_id": "id",
    "customer_record_id": "Customer ID",
    "email": "Customer Email",
    "plan": "Plan",
    "status": "Status",
    "currency": "Currency",
    "amount": "Amount",
    "quantity": "Quantity",
    "billing_interval": "Interval",
    "started_at": "Start (UTC)",
    "trial_ends_at": "Trial End (UTC)",
    "cancelled_at": "Canceled At (UTC)",
    # a subscription that is cancelled at the end of its paid period has no end yet
    "ended_at": {
        "sql": """coalesce(nullif("Ended At (UTC)", ''),
            case when lower("Cancel At Period End") = 'true' then "Current Period End (UTC)" end)"""
    },
    "cancel_reason": "Cancellation Reason",
    "is_involuntary": {"sql": """nullif("Cancellation Reason", '') = 'payment_failed'"""},
}
TOLD = "subscription_id, currency, amount, quantity, billing_interval, started_at, ended_at, is_involuntary"


def test_a_stripe_export_becomes_one_period_per_subscription(shop: Any):
    shop.sources["billing"] = {"path": "subscriptions.csv", "kind": "subscriptions", "columns": STRIPE_COLUMNS}
    shop.write("orders.csv", "id,day,total\n1,2026-01-01,5\n")
    shop.write(
        "subscriptions.csv",
        STRIPE
        + "sub_1,cus_1,a@example.com,Pro,3,usd,year,120.00,active,2025-01-31 09:00,,2026-01-31 09:00,,false,,\n"
        + "sub_2,cus_2,b@example.com,Basic,1,eur,month,9.99,active,2025-03-01 10:00,2025-03-15 10:00,"
        "2026-02-15 10:00,2026-01-02 08:00,true,,cancellation_requested\n"
        + "sub_3,cus_3,,Basic,1,eur,month,9.99,canceled,2025-03-01 10:00,,2025-05-01 10:00,2025-05-01 10:00,"
        "false,2025-05-01 10:00,payment_failed\n",
    )
    assert shop.rows(TOLD, "subscriptions") == [
        ("sub_1", "USD", "120.00", "3", "year", "2025-01-31 09:00:00", None, None),
        ("sub_2", "EUR", "9.99", "1", "month", "2025-03-01 10:00:00", "2026-02-15 10:00:00", "false"),
        ("sub_3", "EUR", "9.99", "1", "month", "2025-03-01 10:00:00", "2025-05-01 10:00:00", "true"),
    ]


def test_a_tool_that_exports_the_monthly_amount_needs_no_price_and_a_currency_may_be_the_companys(shop: Any):
    columns = {"subscription_id": "Nr", "started_at": "Beginn", "monthly_amount": "MRR", "plan": "Tarif"}
    options = {"delimiter": ";", "decimal": ",", "thousands": ".", "datetime_format": "%d.%m.%Y"}
    shop.sources["billing"] = {"path": "abos.csv", "kind": "subscriptions", "columns": columns, "options": options}
    shop.write("orders.csv", "id,day,total\n1,2026-01-01,5\n")
    shop.write("abos.csv", "Nr;Beginn;MRR;Tarif\n7.0;05.01.2025;1.234,50;Büro\n")
    found = shop.rows("subscription_id, started_at, monthly_amount, amount, currency, plan", "subscriptions")
    assert found == [("7", "2025-01-05 00:00:00", "1234.50", None, "EUR", "Büro")]


def test_a_source_of_subscriptions_is_not_required_for_a_run():
    source = {"path": "s.csv", "kind": "subscriptions", "columns": {"subscription_id": "id", "started_at": "day"}}
    company = {"name": "Shop", "timezone": "UTC", "currency": "EUR"}
    settings = Settings.model_validate({"company": company, "sources": {"billing": source}})
    assert settings.sources["billing"].is_required is False


@pytest.mark.parametrize("missing", ["subscription_id", "started_at"])
def test_what_makes_a_subscription_must_be_mapped(shop: Any, missing: str):
    columns = {name: name for name in ("subscription_id", "started_at", "monthly_amount") if name != missing}
    shop.sources["billing"] = {"path": "s.csv", "kind": "subscriptions", "columns": columns, "required": True}
    shop.write("orders.csv", "id,day,total\n1,2026-01-01,5\n")
    shop.write("s.csv", "subscription_id,started_at,monthly_amount\n1,2026-01-01,5\n")
    with pytest.raises(SettingsWrong, match=missing):
        shop.delivered()
