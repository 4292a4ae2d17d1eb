"""What subscriptions bring to a channel: left out of its payback, said beside it, and part of one average value.

And what is said of one customer.
"""

from decimal import Decimal
from typing import Any

import pytest

from regulars.pipelines.transforms.money.acquisition_economics import acquisition_economics
from tests.transforms.money.test_acquisition_economics import (
    FORTY_PERCENT,
    RULES,
    clv_of,
    crowd,
    inputs,
    mart,
    ten_customers,
    total_of,
)
from tests.transforms.subscription_tables import period
from tests.transforms.subscription_tables import table as subscriptions_of

CHANNELS: dict[int, tuple[str | None, ...]] = {
    idx: ("organic" if idx % 2 else "ads", "home", None) for idx in range(1, 13)
}


def tables() -> dict[str, Any]:
    made = inputs(ten_customers(), [], CHANNELS)
    made["subscriptions"] = subscriptions_of(
        period(1, "2025-03-01", amount="12"),  # 12 months of the year to March 2026 count
        period(2, "2026-02-01", "2026-04-01", amount="31"),
        period(3, "2024-01-01", "2025-04-01", amount="50"),  # over before
        period(0, "2025-03-01", amount="1000"),
    )
    return made


def test_what_subscriptions_brought_in_the_year_stands_beside_what_is_reckoned_with():
    found = mart(tables())
    without = mart(inputs(ten_customers(), [], CHANNELS))
    for channel, revenue in (("organic", 12 * 12), ("ads", 2 * 31), ("all", 12 * 12 + 2 * 31)):
        row = found[channel, "all"]
        left_out = float(row["subscription_revenue_left_out_12m"])
        assert left_out == pytest.approx(revenue / row["average_customers_12m"], abs=1e-4)
        assert without[channel, "all"]["subscription_revenue_left_out_12m"] == 0


def test_where_orders_hold_subscription_revenue_none_is_left_out():
    rules = RULES | {"subscription_revenue_is_in_orders": True}
    found = acquisition_economics(**tables(), **rules, economics=FORTY_PERCENT)
    assert found["subscription_revenue_left_out_12m"].unique().to_list() == [0]


def test_the_value_with_subscriptions_is_averaged_over_the_same_customers():
    row = mart(inputs(ten_customers(), [], CHANNELS))["organic", "all"]
    members = [idx for idx in CHANNELS if idx % 2 and clv_of(idx) is not None]
    assert row["customers_valued"] == len(members)
    for name, worth in (("average_clv_simple", clv_of), ("average_clv_simple_total", total_of)):
        values = [float(worth(idx) or 0) for idx in members]
        assert row[name] == pytest.approx(sum(values) / len(values))
        assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
    assert row["average_clv_simple_total"] > row["average_clv_simple"]


def test_one_customer_has_no_interval_of_worth():
    sales, kinds = crowd(80)
    row = mart(inputs(sales, [], kinds | {101: ("fair", "home", Decimal(5))}))["fair", "all"]
    assert row["average_customers_12m"] == 1
    assert row["clv_before_cost"] is not None
    assert (row["clv_before_cost_low"], row["most_to_bid_high"], row["payback_months_low"]) == (None, None, None)
    assert row["is_beyond_chance"] is None  # the customer came before the period, so that nobody's cost is known
