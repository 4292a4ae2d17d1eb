"""The mart `acquisition_economics`: what customers of a channel are worth beside what winning them costs."""

import datetime as dt
import itertools
from collections import defaultdict
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.models.comparisons.skewed_means import Group, Shape
from regulars.pipelines.settings.economics import Economics
from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.churn.churn import churn
from regulars.pipelines.transforms.money.acquisition_economics import COLUMNS, acquisition_economics
from tests.transforms.churn_oracle import find_end
from tests.transforms.core_tables import ENGINES, REFUND_SCHEMA, Row
from tests.transforms.mart_rules import broken_rules
from tests.transforms.products.product_tables import item, product_tables, sale
from tests.transforms.subscription_tables import table as subscriptions_of

AS_OF = dt.date(2026, 4, 10)
SPEND = {"month": pl.Date, "channel": pl.String, "amount": pl.Decimal(18, 4)}
KNOWN = {
    "customer_idx": pl.Int32,
    "first_order_date": pl.Date,
    "acquisition_channel": pl.String,
    "customer_type": pl.String,
    "acquisition_cost": pl.Decimal(18, 4),
}
FORTY_PERCENT = Economics(contribution_margin=0.4)
RULES: Any = {"as_of": AS_OF, "lapse_days": 365, "subscription_revenue_is_in_orders": False, "discount_rate": 0.1}


def spent(month: str, channel: str, amount: str) -> Row:
    return {"month": dt.date.fromisoformat(month), "channel": channel, "amount": Decimal(amount)}


def clv_of(customer: int) -> Decimal | None:
    """What a customer is worth: some number; of every fifth it is not known."""
    return None if customer % 5 == 0 else Decimal(customer * customer % 17 + 3)


def total_of(customer: int) -> Decimal | None:
    """The same with subscriptions, which every third customer has."""
    value = clv_of(customer)
    return value if value is None or customer % 3 else value + customer


def inputs(sales: list[Row], spend: list[Row], channels: dict[int, tuple[str | None, ...]]) -> dict[str, Any]:
    """The tables, of customers with a channel, a type and perhaps a known cost."""
    tables = product_tables(*sales)
    first = {}
    for row in tables["orders"].sort("order_date").iter_rows(named=True):
        first.setdefault(row["customer_idx"], row["order_date"])
    known = [
        dict(zip(KNOWN, (idx, day, *channels.get(idx, ("ads", "home", None))), strict=True))
        for idx, day in first.items()
    ]
    made = {
        "orders": tables["orders"],
        "refunds": pl.DataFrame([], schema=REFUND_SCHEMA),
        "order_lines": tables["order_lines"],
        "subscriptions": subscriptions_of(),
        "acquisition_spend": pl.DataFrame(spend, schema=SPEND),
        "customer_dimensions": pl.DataFrame(known, schema=KNOWN),
        "calendar": tables["calendar"],
        "customer_clv": pl.DataFrame(
            [(idx, clv_of(idx), total_of(idx)) for idx in first],
            schema={"customer_idx": pl.Int32, **dict.fromkeys(["clv_simple", "clv_simple_total"], pl.Decimal(18, 4))},
            orient="row",
        ),
    }
    made["churn"] = churn(
        made["orders"],
        made["subscriptions"],
        made["calendar"],
        made["customer_dimensions"],
        as_of=AS_OF,
        lapse_days=365,
        cohorts=Cohorts(dimensions=[]),
    )
    return made


def mart(
    tables: dict[str, Any], economics: Economics = FORTY_PERCENT, engine: str = "polars"
) -> dict[tuple[str, str], Row]:
    """Channel and type -> row."""
    with ENGINES[engine](tables) as frames:
        found = acquisition_economics(**frames, **RULES, economics=economics)
    assert broken_rules("acquisition_economics", found, tables) == set()
    return {(row["acquisition_channel"], row["customer_type"]): row for row in found.iter_rows(named=True)}


def ten_customers(year_sales: str = "1000") -> list[Row]:
    """Ten are active at each month-end; in the 12 months to March 2026 two leave, two come; together they buy for so
    much."""
    days = [dt.date(2023, 1, 5) + dt.timedelta(days=100 * each) for each in range(12)]
    stay = [sale(day, item("bar", "0.0001"), customer=idx) for idx in range(1, 9) for day in days if day <= AS_OF]
    leave = [
        sale(day, item("bar", "1"), customer=idx)
        for idx in (9, 10)
        for day in ("2023-01-05", "2024-01-01", "2024-10-10")
    ]
    come = [sale("2025-10-12", item("bar", "0.0001"), customer=idx) for idx in (11, 12)]
    in_year = sum(
        each["order_date"] > dt.date(2025, 3, 31) and each["order_date"] <= dt.date(2026, 3, 31) for each in stay
    )
    rest = Decimal(year_sales) - Decimal("0.0001") * (in_year + len(come))
    return [*stay, *leave, *come, sale("2026-03-31", item("bar", str(rest)))]


@pytest.mark.parametrize("engine", ENGINES)
def test_fifty_spent_on_forty_a_year_and_a_churn_of_a_fifth_is_the_worked_example(engine):
    tables = inputs(ten_customers(), [spent("2025-10-01", "ads", "100")], {})
    row = mart(tables, Economics(contribution_margin=0.4, payback_months=18), engine)["ads", "home"]
    assert (row["new_customers_won"], row["cost_per_customer"], row["cost_basis"]) == (2, 50, "spend")
    assert row["retention_rate_12m"] == pytest.approx(0.8)
    assert float(row["contribution_per_customer_12m"]) == pytest.approx(40)
    assert float(row["clv_before_cost"]) == pytest.approx(146.67, abs=0.005)
    assert float(row["most_for_margin"]) == pytest.approx(117.33, abs=0.005)
    assert float(row["most_for_ratio"]) == pytest.approx(48.89, abs=0.005)
    assert row["payback_months"] == 18
    assert float(row["most_for_payback"]) == pytest.approx(
        sum(40 / 12 * 0.8 ** (k / 12) for k in range(1, 19)), abs=1e-4
    )
    assert (row["most_to_bid"], row["is_above_most"]) == (row["most_for_ratio"], True)
    assert row["clv_to_cost_ratio"] == pytest.approx(146.67 / 50, abs=0.001)


def test_the_ratio_uses_the_value_before_the_cost():
    # 1,000 a year for ten years at no discount is 10,000; at a cost of 1,000 that is 10 : 1, not 9
    tables = inputs(ten_customers("25000"), [spent("2025-10-01", "ads", "2000")], {})
    row = mart(tables)["all", "all"]
    value = float(row["contribution_per_customer_12m"]) * 1.1 / 0.3
    assert row["clv_to_cost_ratio"] == pytest.approx(value / 1000)


def test_the_interval_of_the_payback_holds_it_and_narrows_with_more_customers():
    one = inputs(ten_customers(), [spent("2025-10-01", "ads", "100")], {})
    row = mart(one)["all", "all"]
    assert row["payback_months_low"] < 18
    assert row["payback_months_high"] is None  # ten customers, of whom one brings nearly all


def test_a_month_s_spend_is_divided_as_its_first_orders_are():
    sales = [
        *ten_customers(),
        sale("2026-01-05", item("bar"), customer=21),
        sale("2026-01-06", item("bar"), customer=22),
        sale("2026-01-07", item("bar"), customer=23),
        sale("2026-02-07", item("bar"), customer=24),
    ]
    kinds = {
        21: ("radio", "home", None),
        22: ("radio", "home", None),
        23: ("radio", "office", None),
        24: ("radio", "office", None),
    }
    spend = [
        spent("2026-01-01", "radio", "30"),
        spent("2026-02-01", "radio", "7"),
        spent("2026-03-01", "radio", "5"),  # nobody came
        spent("2026-04-01", "radio", "900"),  # after the period
        spent("2024-03-01", "radio", "900"),  # before it
    ]
    rows = mart(inputs(sales, spend, kinds))
    assert {key: row["spend"] for key, row in rows.items() if key[0] == "radio"} == {
        ("radio", "home"): 20,
        ("radio", "office"): 17,
        ("radio", "all"): 42,
    }
    assert rows["radio", "all"]["spend_without_customers"] == 5
    assert rows["radio", "all"]["cost_per_customer"] == Decimal("10.5")


def test_a_channel_that_wins_nobody_says_so():
    row = mart(inputs(ten_customers(), [spent("2026-01-01", "tv", "500")], {}))["tv", "all"]
    assert (row["new_customers_won"], row["spend"], row["cost_per_customer"]) == (0, 500, None)
    assert row["reason"].startswith("money was spent and nobody was won")
    assert (row["cost_basis"], row["is_above_most"]) == ("spend", True)  # so that its money is in the cost of all spend
    assert row["is_above_most"]


def test_a_channel_that_cannot_pay_back_says_so():
    row = mart(inputs(ten_customers(), [spent("2025-10-01", "ads", "5000")], {}))["ads", "all"]
    assert (row["payback_months"], row["is_above_most"]) == (None, True)
    assert row["reason"] == "the cost does not come back within 240 months"


def test_without_spend_the_known_costs_of_customers_are_used_and_without_these_none():
    rows = mart(inputs(ten_customers(), [], {11: ("fair", "home", Decimal(30)), 12: ("fair", "home", None)}))
    assert (rows["fair", "home"]["cost_basis"], rows["fair", "home"]["cost_per_customer"]) == ("customers", 30)
    assert rows["ads", "all"]["cost_per_customer"] is None
    assert rows["ads", "all"]["reason"] == "the cost is unknown: deliver spend, or set acquisition_cost"
    assert rows["ads", "all"]["most_to_bid"] is not None


def test_all_channels_cost_their_spend_and_what_customers_of_channels_without_spend_cost():
    came = [sale("2026-01-05", item("bar"), customer=idx) for idx in range(21, 27)]
    kinds = {
        21: ("radio", "home", Decimal(999)),  # known too, but its channel has spend
        22: ("fair", "home", Decimal(30)),
        23: ("fair", "office", Decimal(50)),
        24: ("fair", "home", None),  # as the other home of the fair, 30
        25: ("organic", "home", None),  # nothing is known: counts as nothing
        26: ("fair", "shop", None),  # no shop's cost is known: as all of the fair, 40
    }
    rows = mart(inputs([*ten_customers(), *came], [spent("2026-01-01", "radio", "100")], kinds))
    # the two of ads who came in the period cost nothing that is known either
    found = {key: (row["cost_basis"], row["cost_per_customer"], row["new_customers_won"]) for key, row in rows.items()}
    assert found["all", "all"] == ("both", pytest.approx((100 + 30 + 50 + 30 + 40) / 8), 8)
    assert found["all", "home"] == ("both", pytest.approx((100 + 30 + 30) / 6), 6)
    assert found["radio", "all"] == ("spend", 100, 1)
    assert found["fair", "all"] == ("customers", pytest.approx((30 + 50 + 30 + 40) / 4), 4)
    assert (found["all", "office"], found["all", "shop"]) == (("customers", 50, 1), ("customers", 40, 1))


def test_customers_who_came_for_nothing_pay_back_at_once_and_have_no_ratio():
    row = mart(inputs(ten_customers(), [], {11: ("ads", "home", Decimal(0))}))["ads", "home"]
    assert (row["payback_months"], row["clv_to_cost_ratio"], row["is_complete"]) == (0, None, True)
    assert row["reason"] == "winning these customers cost nothing: there is no ratio of their value to it"


def test_a_young_company_does_not_know_its_churn():
    rows = mart(
        inputs(
            [sale("2025-06-05", item("bar")), sale("2026-01-05", item("bar"))], [spent("2025-06-01", "ads", "5")], {}
        )
    )
    assert rows["all", "all"]["reason"].startswith("history too short")
    assert rows["all", "all"]["cost_per_customer"] == 5


def test_without_a_margin_no_worth_is_claimed():
    row = mart(inputs(ten_customers(), [spent("2025-10-01", "ads", "100")], {}), Economics())["ads", "home"]
    assert row["reason"].startswith("the margin is unknown")
    assert (row["clv_before_cost"], row["most_to_bid"]) == (None, None)


def test_churn_of_all_is_that_of_the_mart_churn():
    tables = inputs(ten_customers(), [], {})
    last = tables["churn"].sort("month_end").tail(1).row(0, named=True)
    row = mart(tables)["all", "all"]
    assert row["churn_rate_12m"] == pytest.approx(last["churn_rate_12m"])
    assert row["average_customers_12m"] == pytest.approx(last["average_customers_12m"])


def test_drawn_spend_is_divided_as_by_hand():
    rng = np.random.default_rng(4)
    kinds = {
        idx: (str(rng.choice(["ads", "fair"])), str(rng.choice(["home", "office"])), None) for idx in range(21, 81)
    }
    days = {idx: dt.date(2024, 5, 1) + dt.timedelta(days=int(rng.integers(0, 690))) for idx in kinds}
    spend = [
        spent(f"{month:%Y-%m-%d}", channel, str(rng.integers(1, 500)))
        for month in pl.date_range(dt.date(2024, 3, 1), dt.date(2026, 4, 1), "1mo", eager=True)
        for channel in ("ads", "fair")
    ]
    sales = [sale(day, item("bar", "20"), customer=idx) for idx, day in days.items()]
    rows = mart(
        inputs([*ten_customers(), *sales], spend, kinds | dict.fromkeys(range(1, 13), ("organic", "home", None)))
    )
    expected: dict[tuple[str, str], float] = defaultdict(float)
    for row in spend:
        if dt.date(2024, 4, 1) <= row["month"] <= dt.date(2026, 3, 1):
            won = [
                idx
                for idx, day in days.items()
                if day.replace(day=1) == row["month"] and kinds[idx][0] == row["channel"]
            ]
            for idx in won:
                expected[row["channel"], kinds[idx][1]] += float(row["amount"]) / len(won)
            expected[row["channel"], "all"] += float(row["amount"])
    found = {key: float(row["spend"]) for key, row in rows.items() if key in expected}
    assert found == pytest.approx(dict(expected), abs=1e-3)
    assert rows["organic", "all"]["spend"] is None


def test_without_churn_the_table_is_empty_with_all_columns():
    assert mart(inputs([], [], {})) == {}
    assert list(COLUMNS)[:2] == ["acquisition_channel", "customer_type"]


def test_the_same_rows_in_any_order_give_the_same_digits():
    rng = np.random.default_rng(11)
    sales = [
        sale(dt.date(2025, month, 3), item("bar", str(round(float(rng.gamma(3, 9)), 2))), customer=customer)
        for customer in range(1, 301)
        for month in range(2, 12, 3)
    ]
    channels = {idx: (f"channel {idx % 3}", "home", Decimal(f"{idx}.{idx % 97:02}")) for idx in range(1, 301)}
    given = inputs(sales, [], channels)

    def shuffled(seed: int) -> dict[str, Any]:
        return {name: table.sample(fraction=1, shuffle=True, seed=seed) for name, table in given.items()}

    found = [acquisition_economics(**shuffled(seed), **RULES, economics=FORTY_PERCENT) for seed in range(8)]
    assert all(each.equals(found[0]) for each in found[1:])


def test_the_average_clv_of_a_channel_has_the_interval_of_its_customers():
    channels = {idx: ("organic" if idx % 2 else "ads", "home" if idx < 9 else "office", None) for idx in range(1, 13)}
    rows = mart(inputs(ten_customers(), [], channels))
    members = defaultdict(list)
    for idx, (channel, kind, _) in channels.items():
        for key in itertools.product((channel, "all"), (kind, "all")):
            members[key] += [] if clv_of(idx) is None else [float(clv_of(idx))]
    assert members.keys() <= rows.keys()
    for key, worth in members.items():
        row = rows[key]
        assert (row["customers_valued"], row["average_clv_simple"]) == (len(worth), pytest.approx(np.mean(worth)))
        found = [row["average_clv_simple_low"], row["average_clv_simple_high"]]
        if len(worth) < 5:
            assert found == [None, None]
        else:
            group = Group(*np.array([[np.mean(worth)], [np.var(worth, ddof=1)], [len(worth)]]))
            assert found == pytest.approx([end[0] for end in Shape(np.array(members["all", "all"])).bound_means(group)])


def crowd(
    customers: int, every: str = "20", channel: str = "radio"
) -> tuple[list[Row], dict[int, tuple[str | None, ...]]]:
    """Customers of a channel who buy each summer for years, each a little more than the one before; a fifth left."""
    sales = [
        sale(dt.date(year, 7, 1), item("bar", str(Decimal(every) + idx % 7)), customer=idx)
        for idx in range(101, 101 + customers)
        for year in ((2022, 2023, 2024) if idx % 5 == 0 else (2022, 2023, 2024, 2025))
    ]
    came = [sale("2025-10-12", item("bar", every), customer=idx) for idx in range(101 + customers, 103 + customers)]
    return [*sales, *came], dict.fromkeys(range(101, 103 + customers), (channel, "home", None))


def test_a_verdict_on_few_customers_says_that_it_may_be_chance():
    sales, kinds = crowd(12)
    row = mart(inputs(sales, [spent("2025-10-01", "radio", "30")], kinds))["radio", "all"]
    assert row["cost_per_customer"] > row["most_to_bid_high"]  # beyond the interval, and yet
    assert (row["is_above_most"], row["is_beyond_chance"], row["is_complete"]) == (True, False, True)
    assert row["reason"] == "fewer than 30 customers on average: what they are worth may be chance"


@pytest.mark.parametrize(
    ("cost", "is_above", "is_beyond"), [("0.5", False, True), ("1.02", True, False), ("2", True, True)]
)
def test_a_verdict_within_the_interval_of_the_bid_may_be_chance(cost, is_above, is_beyond):
    sales, kinds = crowd(80)
    most = mart(inputs(sales, [], kinds))["radio", "all"]["most_to_bid"]
    spend = str(round(2 * most * Decimal(cost), 4))  # two are won
    row = mart(inputs(sales, [spent("2025-10-01", "radio", spend)], kinds))["radio", "all"]
    assert row["most_to_bid_low"] < row["most_to_bid"] < row["most_to_bid_high"]
    assert (row["is_above_most"], row["is_beyond_chance"]) == (is_above, is_beyond)
    assert (row["reason"] is None) == is_beyond
    assert is_beyond or "may be chance" in row["reason"]


@pytest.mark.parametrize(("expected", "is_beyond"), [("2.98", False), ("3.01", True)])
def test_that_money_won_nobody_is_beyond_chance_where_it_should_have_won_three(expected, is_beyond):
    sales, kinds = crowd(80)
    most = mart(inputs(sales, [], kinds))["all", "all"]["most_to_bid_high"]
    spend = str(round(most * Decimal(expected), 4))
    row = mart(inputs(sales, [spent("2025-10-01", "tv", spend)], kinds))["tv", "all"]
    assert (row["cost_per_customer"], row["is_above_most"], row["is_beyond_chance"]) == (None, True, is_beyond)
    assert row["reason"].startswith("money was spent and nobody was won")
    assert row["reason"].endswith("so little should have won few customers") is not is_beyond


def test_by_few_customers_nobody_knows_how_many_the_money_should_have_won():
    sales, kinds = crowd(12)
    row = mart(inputs(sales, [spent("2025-10-01", "tv", "90000")], kinds))["tv", "all"]
    assert (row["is_above_most"], row["is_beyond_chance"]) == (True, False)
    assert "fewer than 30 customers are known on average" in row["reason"]
    young = [sale("2025-06-05", item("bar")), sale("2026-01-05", item("bar"))]
    row = mart(inputs(young, [spent("2025-06-01", "tv", "90000")], {}))["tv", "all"]
    assert (row["is_above_most"], row["is_beyond_chance"]) == (True, None)


def test_the_interval_of_the_worth_joins_that_of_what_customers_bring_and_of_how_many_stay():
    sales, kinds = crowd(80)
    tables = inputs(sales, [], kinds)
    row = mart(tables)["radio", "all"]
    n, kept = row["average_customers_12m"], row["retention_rate_12m"]
    year = (pl.col("order_date") > dt.date(2025, 3, 31)) & (pl.col("order_date") <= dt.date(2026, 3, 31))
    bought = tables["orders"].filter(year)["gross_sales"].cast(pl.Float64).to_numpy()
    mean = bought.sum() / n
    group = Group(*np.array([[mean], [((bought**2).sum() - n * mean**2) / (n - 1)], [n]]))
    everybody = np.append(bought, np.zeros(round(mart(tables)["all", "all"]["average_customers_12m"]) - len(bought)))
    ends = [end[0] for end in Shape(everybody).bound_means(group)]
    wilson = find_end(1 - kept, n, 1), find_end(1 - kept, n, -1)
    for name, sign, lost, of_sales in (("low", -1, wilson[0], ends[0]), ("high", 1, wilson[1], ends[1])):
        of_mean = np.log(of_sales / mean)
        of_stay = np.log((1.1 - kept) / (0.1 + lost))
        end = float(row["clv_before_cost"]) * np.exp(sign * np.hypot(of_mean, of_stay))
        assert float(row[f"clv_before_cost_{name}"]) == pytest.approx(end, rel=1e-4)
