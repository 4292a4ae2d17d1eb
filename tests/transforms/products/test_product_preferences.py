"""The mart `product_preferences`: what the best customers of a year ago order more often than others of their type."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.transforms.products import product_preferences as module
from regulars.pipelines.transforms.products.product_preferences import COLUMNS, product_preferences
from regulars.pipelines.transforms.value_tier import UsualTiers
from tests.transforms.core_tables import ENGINES, REFUND_SCHEMA
from tests.transforms.mart_rules import broken_rules
from tests.transforms.products.product_tables import Row, item, product_tables, sale

AS_OF = dt.date(2026, 6, 30)
YEAR_AGO = dt.date(2025, 6, 30)
THIRD = UsualTiers(top_percent=32, next_percent=20, lowest_percent=30)
Types = dict[int, str | None]


def compare(
    sales: list[Row],
    types: Types,
    refunds: list[Row] | None = None,
    tiers: UsualTiers = THIRD,
    engine: str = "polars",
    products: list[Row] | None = None,
) -> pl.DataFrame:
    tables = product_tables(*sales, products=products)
    known = {"customer_idx": list(types), "customer_type": list(types.values())}
    inputs = {name: tables[name] for name in ("order_lines", "orders", "products")} | {
        "refunds": pl.DataFrame(refunds or [], schema=REFUND_SCHEMA),
        "customer_dimensions": pl.DataFrame(known, {"customer_idx": pl.Int32, "customer_type": pl.String}),
    }
    with ENGINES[engine](inputs) as frames:
        found = product_preferences(**frames, as_of=AS_OF, value_tiers=tiers)
    assert found.schema == pl.Schema(COLUMNS)
    return found


def mart(sales: list[Row], *inputs: Any, **options: Any) -> pl.DataFrame:
    """The mart, which keeps the rules of its contract."""
    found = compare(sales, *inputs, **options)
    assert break_rules(found, sales) == set()
    return found


def break_rules(found: pl.DataFrame, sales: list[Row]) -> set[str]:
    of_run = pl.DataFrame({"as_of": [AS_OF]})
    read = {"order_lines": product_tables(*sales)["order_lines"], "marts.customer_dimensions": of_run}
    return broken_rules("product_preferences", found, read)


def row_of(found: pl.DataFrame, value: str) -> Row:
    (row,) = found.filter(
        (pl.col("product_id") == value) | (pl.col("dimension") + " " + pl.col("category") == value)
    ).to_dicts()
    return row


def person(idx: int, before: str | None, *baskets: str, day: str = "2025-12-01") -> list[Row]:
    """Sales of a customer: one before the year of that amount, and one in it per basket such as `tea bar`."""
    first = [] if before is None else [sale("2025-01-10", item("start", before), customer=idx)]
    return [*first, *(sale(day, *(item(each) for each in basket.split()), customer=idx) for basket in baskets)]


def company(top_office: str = "cup", top_home: str = "tea") -> tuple[list[Row], Types]:
    """40 of the top tier, nine of ten of them offices, beside 40 offices and 40 homes; offices order cups."""
    types: Types = {}
    sales = []
    for idx in range(1, 121):
        is_top, is_office = idx <= 40, idx <= 36 or 40 < idx <= 80
        types[idx] = "office" if is_office else "home"
        basket = (top_office if is_top else "cup") if is_office else (top_home if is_top else "tea")
        sales += person(idx, "900" if is_top else "10", basket, "rest")
    return sales, types


@pytest.mark.parametrize("engine", ENGINES)
def test_what_the_type_of_the_best_orders_is_no_preference_of_the_best(engine):
    found = mart(*company(), engine=engine)
    cup = row_of(found, "cup")
    assert [cup[f"top_tier_{name}"] for name in ("customers", "orders", "buyers", "orders_with_it")] == [40, 80, 36, 36]
    assert [cup[f"lower_tier_{name}"] for name in ("customers", "orders", "buyers", "orders_with_it")] == [
        80,
        160,
        40,
        40,
    ]
    assert (cup["top_tier_order_share"], cup["expected_order_share"]) == pytest.approx((0.45, 0.45))
    assert (cup["preference_ratio"], cup["preference_ratio_verdict"], cup["reason"]) == (
        pytest.approx(1),
        "no_difference_shown",
        None,
    )
    assert cup["preference_ratio_low"] < 1 < cup["preference_ratio_high"]
    assert set(found.filter(dimension="product")["product_id"]) == {"cup", "tea", "rest"}


def test_what_the_best_order_more_and_less_often_than_their_type_is_marked():
    sales, types = company(top_office="cup wine")
    sales += [row for idx in range(41, 51) for row in person(idx, None, "wine")]
    sales += [row for idx in range(51, 81) for row in person(idx, None, "fizz", "fizz")]
    found = mart(sales, types)
    wine, fizz = row_of(found, "wine"), row_of(found, "fizz")
    expected = (72 * 10 / 150 + 0) / 80  # offices of the lower tiers: 80 + 10 + 60 orders, 10 of them with wine
    assert (wine["top_tier_order_share"], wine["expected_order_share"]) == pytest.approx((0.45, expected))
    assert (wine["preference_ratio"], wine["preference_ratio_verdict"]) == (
        pytest.approx(0.45 / expected),
        "more_often",
    )
    assert (fizz["preference_ratio"], fizz["preference_ratio_verdict"], fizz["reason"]) == (0, "less_often", None)


def test_what_the_lower_tiers_never_order_has_an_interval_and_no_ratio():
    found = row_of(mart(*company(top_office="gold")), "gold")
    assert (found["preference_ratio"], found["preference_ratio_verdict"]) == (None, "more_often")
    assert 1 < found["preference_ratio_low"] < found["preference_ratio_high"]
    assert found["reason"].startswith("no compared customer of the lower tiers")


def test_only_sales_up_to_a_year_ago_and_refunds_by_then_make_the_best():
    sales, types = company()
    sales += [sale("2025-12-01", item("cup", "100000"), customer=90), *person(200, None, "cup")]
    types[200] = "office"
    back = {"customer_idx": 1, "amount": Decimal(900), "goods": Decimal(900), "is_countable": True}
    for day, top in ((YEAR_AGO, 39), (YEAR_AGO + dt.timedelta(1), 40)):
        found = row_of(mart(sales, types, [back | {"refund_id": "r", "refund_date": day}]), "cup")
        assert (found["top_tier_customers"], found["lower_tier_customers"]) == (top, 120 - top)


def test_orders_count_from_the_day_after_a_year_ago_to_as_of():
    sales, types = company()
    for day, counted in (("2025-06-30", 0), ("2025-07-01", 1), ("2026-06-30", 1), ("2026-07-01", 0)):
        found = mart([*sales, sale(day, item("cup"), customer=1)], types)
        assert row_of(found, "cup")["top_tier_orders"] == 80 + counted


def test_cancelled_lines_unknown_customers_and_lines_without_a_product_do_not_count():
    sales, types = company()
    more = [
        sale("2025-12-02", item("cup"), item("odd"), customer=1, countable=False),
        sale("2025-12-02", item("cup"), item("ghost"), customer=0),
        sale("2025-12-02", item(None, "500"), customer=1),
    ]
    assert mart([*sales, *more], types).equals(mart(sales, types))


def test_only_known_customers_with_an_order_by_then_have_a_tier():
    """Of 121 customers 33 % are less than 40, and of 122 more: one too many, and all would be in the top tier."""
    sales, types = company()
    sales, types = [*sales, *person(121, "5", "rest")], types | {121: "office"}
    tiers = UsualTiers(top_percent=33, next_percent=20, lowest_percent=30)
    unknown = sale("2025-01-02", item("cup", "1"), customer=0)
    back = {"customer_idx": 300, "amount": Decimal(9), "goods": Decimal(9), "is_countable": True}
    refunds = [back | {"refund_id": "r", "refund_date": YEAR_AGO}]
    for more, given_back in (([unknown], []), ([], refunds), ([*person(122, "5")], [])):
        found = row_of(mart([*sales, *more], types, given_back, tiers), "cup")
        assert found["top_tier_customers"] == (0 if not given_back and unknown not in more else 40)


def test_an_order_with_a_product_twice_or_two_of_a_category_counts_once():
    sales, types = company()
    lines = [item("nut", category="old word"), item("nut", category="snacks"), item("chip", category="snacks")]
    sales += [sale("2026-02-02", *lines, customer=idx) for idx in range(1, 121)]
    found = mart(sales, types)
    for value in ("nut", "chip", "category snacks"):
        assert (row_of(found, value)["top_tier_orders_with_it"], row_of(found, value)["top_tier_orders"]) == (40, 120)
    assert row_of(found, "chip")["product_name"] == "Chip"
    assert set(found["category"]) == {"snacks", "unknown"}  # the newest category of a product, also of older lines
    assert (row_of(found, "category snacks")["product_id"], row_of(found, "category unknown")["system"]) == (
        "all",
        "all",
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("products", [[], [{"product_id": "cup", "product_name": "Cup"}, {"product_id": "tea"}]])
def test_a_product_without_a_category_is_in_unknown_whatever_its_lines_say(engine, products):
    sales, types = company()
    said = [item("cup", category="crockery"), item("cup", category="gifts")]
    sales += [sale("2026-02-02", *said, customer=idx) for idx in range(1, 121)]
    found = mart(sales, types, engine=engine, products=products)
    assert set(found["category"]) == {"unknown"}
    assert row_of(found, "cup")["product_name"] == ("Cup" if products else None)
    assert row_of(found, "category unknown")["top_tier_orders_with_it"] == 120


def test_a_mart_without_a_product_that_was_ordered_breaks_a_rule():
    sales, types = company()
    found = compare(sales, types)
    for left in (found.clear(), found.filter(pl.col("product_id") != "cup"), found.filter(dimension="product")):
        assert break_rules(left, sales) == {"every_product_is_here"}
    assert break_rules(found.clear(), []) == set()


def test_the_same_id_in_two_systems_is_two_products():
    sales, types = company()
    found = mart([*sales, *(row | {"system": "till"} for row in person(1, None, "cup"))], types)
    assert found.filter(product_id="cup").select("system", "top_tier_orders_with_it").rows() == [
        ("shop", 36),
        ("till", 1),
    ]


def test_customers_without_a_type_are_compared_with_each_other():
    sales, types = company(top_office="cup wine")
    wine = row_of(mart(sales, dict.fromkeys(types)), "cup")
    assert wine["expected_order_share"] == pytest.approx(40 / 160)
    assert wine["preference_ratio"] == pytest.approx(0.45 / 0.25)


def test_a_type_without_any_of_the_best_is_left_out():
    sales, types = company()
    more = [row for idx in range(121, 161) for row in person(idx, "1", "cup")]
    tiers = UsualTiers(top_percent=25, next_percent=20, lowest_percent=30)
    found = row_of(mart([*sales, *more], types | dict.fromkeys(range(121, 161), "embassy"), tiers=tiers), "cup")
    assert (found["top_tier_customers"], found["lower_tier_customers"], found["lower_tier_orders"]) == (40, 80, 160)


def test_a_type_with_few_others_is_left_out():
    sales, types = company()
    types |= dict.fromkeys(range(37, 41), "embassy") | dict.fromkeys(range(91, 120), "embassy")
    found = row_of(mart(sales, types), "cup")
    assert (found["top_tier_customers"], found["lower_tier_customers"]) == (36, 40)  # too few homes beside them too
    types |= {120: "embassy"}
    assert row_of(mart(sales, types), "cup")["top_tier_customers"] == 40


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tiers": UsualTiers(100, 0, 0)}, "fewer than 30 customers of the top tier ordered"),
        ({"tiers": UsualTiers(10, 20, 30)}, None),
        ({"tiers": UsualTiers(20, 20, 30)}, None),
    ],
)
def test_one_tier_alone_has_nothing_to_compare_and_ties_share_the_tier(change, reason):
    found = row_of(mart(*company(), **change), "cup")
    assert (found["reason"] or "").startswith(reason or "")
    assert (found["preference_ratio"] is None) == (reason is not None)


def test_few_customers_few_buyers_and_rare_products_have_a_reason():
    sales, types = company()
    for silent, reason in (
        (10, None),
        (11, "fewer than 30 customers of the top tier ordered, of types with 30 others"),
    ):
        some = [row for row in sales if not (row["customer_idx"] <= silent and row["order_date"] > YEAR_AGO)]
        assert (row_of(mart(some, types), "cup")["reason"] or "").startswith(reason or "")
        assert (row_of(mart(some, types), "cup")["reason"] is None) == (reason is None)
    few = [row for idx in range(60, 89) for row in person(idx, None, "pin")]
    assert row_of(mart([*sales, *few], types), "pin")["reason"].startswith("fewer than 30 of the compared")
    assert row_of(mart([*sales, *few, *person(1, None, "pin")], types), "pin")["reason"] is None
    rare = [row for idx in range(81, 121) for row in person(idx, None, *(["pin"] if idx < 120 else []))]
    assert row_of(mart([*sales, *rare], types), "pin")["reason"].startswith("fewer than 5 orders of a group")


@pytest.mark.parametrize(("pins", "is_compared"), [(40, True), (39, False)])
def test_five_orders_of_a_group_are_enough(pins, is_compared):
    """An eighth of all orders are of the top tier: of 40 with a pin 5 would be theirs if both ordered alike."""
    sales, types = company()
    for idx in range(41, 121):
        sales += person(idx, None, *["rest"] * 4, "pin" if idx <= 40 + pins else "rest")
    pin = row_of(mart(sales, dict.fromkeys(types)), "pin")
    assert (pin["top_tier_orders"], pin["lower_tier_orders"], pin["compared_buyers"]) == (80, 560, pins)
    assert (pin["preference_ratio"] is not None) == is_compared


def test_a_company_of_less_than_a_year_says_so_and_one_without_orders_has_no_row():
    sales, types = company()
    young = [row for row in sales if row["order_date"] > YEAR_AGO]
    found = mart(young, types)
    assert set(found["reason"]) == {
        "history too short: nobody had ordered by 2025-06-30, so that nobody was in a tier then"
    }
    assert found["top_tier_customers"].sum() == 0
    assert mart([], {}).is_empty()
    assert mart([sale("2025-01-10", item("cup"))], {1: None}).is_empty()


def test_nothing_is_marked_where_tier_and_orders_have_nothing_to_do_with_each_other():
    sales, types = company(top_office="cup", top_home="tea")
    goods = [f"g{number}" for number in range(12)]
    for idx in range(1, 121):
        sales += person(idx, None, *(goods[(idx * step + step) % 12] for step in (1, 5, 7)))
    assert set(mart(sales, types)["preference_ratio_verdict"].drop_nulls()) == {"no_difference_shown"}


def test_products_are_one_family_and_categories_another():
    rows = pl.DataFrame(
        {
            "dimension": ["category", *["product"] * 6],
            "p_value": [0.08, 0.08, 0.01, 0.9, 0.9, 0.9, None],
            "preference_ratio": [2.0, 2.0, 0.5, 1.1, 1.1, 1.1, None],
        }
    )
    found = rows.select(module._judge().alias("preference_ratio_verdict"))["preference_ratio_verdict"].to_list()
    assert found == ["more_often", "no_difference_shown", "less_often", *["no_difference_shown"] * 3, None]


def count_by_hand(people: list[Any], enough: int) -> dict[str, tuple[float, ...]]:
    """{product: counts of both groups, and the two shares} by loops; tiers by sorting."""
    worth = {idx: before for idx, (_, before, _) in enumerate(people, 1) if before is not None}
    top = {idx for idx, value in worth.items() if sum(each > value for each in worth.values()) * 100 < 32 * len(worth)}
    types = {idx: kind or "unknown" for idx, (kind, _, _) in enumerate(people, 1)}
    active = [idx for idx in worth if people[idx - 1][2]]
    lower = {kind: [idx for idx in active if types[idx] == kind and idx not in top] for kind in set(types.values())}
    upper = {kind: [idx for idx in active if types[idx] == kind and idx in top] for kind in lower}
    kinds = [kind for kind in lower if len(lower[kind]) >= enough and upper[kind]]
    counts: dict[str, Any] = defaultdict(list)
    for product in {each for _, _, baskets in people for basket in baskets for each in basket.split()}:
        with_it = {idx: sum(product in basket.split() for basket in people[idx - 1][2]) for idx in active}
        expected = 0.0
        for group in (upper, lower):
            members = [idx for kind in kinds for idx in group[kind]]
            orders = sum(len(people[idx - 1][2]) for idx in members)
            counts[product] += [len(members), orders, sum(with_it[idx] > 0 for idx in members)]
            counts[product] += [sum(with_it[idx] for idx in members)]
        for kind in kinds:
            rate = sum(with_it[idx] for idx in lower[kind]) / sum(len(people[idx - 1][2]) for idx in lower[kind])
            expected += rate * sum(len(people[idx - 1][2]) for idx in upper[kind])
        counts[product] += [counts[product][3], expected]
    return dict(counts)


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=25, deadline=None)
@given(
    people=st.lists(
        st.tuples(
            st.sampled_from(["office", "home", None]),
            st.sampled_from([None, 5, 10, 20, 40, 80]),
            st.lists(st.sampled_from(["cup", "tea", "cup tea", "cup rest", "rest"]), max_size=4),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_drawn_customers_are_counted_and_compared_as_by_hand(engine: str, people: list[Any]):
    sales = [
        row
        for idx, (_, before, baskets) in enumerate(people, 1)
        for row in person(idx, before and str(before), *baskets)
    ]
    types = {idx: kind for idx, (kind, _, _) in enumerate(people, 1)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ENOUGH", 2)
        patch.setattr(module, "FEWEST_ORDERS", 0)
        found = compare(sales, types, engine=engine)
    names = [f"{group}_{name}" for group in module.GROUPS for name in module.COUNTS]
    by_hand = count_by_hand(people, 2)
    rows = {row["product_id"]: row for row in found.filter(dimension="product").to_dicts()}
    assert {product: [row[name] for name in names] for product, row in rows.items()} == {
        product: counts[:8] for product, counts in by_hand.items()
    }
    for product, row in rows.items():
        orders, with_it, expected = by_hand[product][1], by_hand[product][8], by_hand[product][9]
        if row["p_value"] is not None:
            assert (row["top_tier_order_share"], row["expected_order_share"]) == pytest.approx(
                (with_it / orders, expected / orders)
            )
            assert row["preference_ratio"] == (pytest.approx(with_it / expected) if expected else None)
