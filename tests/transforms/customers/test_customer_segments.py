import datetime as dt
from decimal import Decimal
from itertools import product
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from regulars.pipelines.transforms.customers.customer_segments import (
    COLUMNS,
    customer_segments,
)
from regulars.pipelines.transforms.customers.rfm_scores import (
    SEGMENTS,
    RankedScores,
    list_segments_by_score,
    score_in_fifths,
)
from regulars.pipelines.transforms.value_tier import UsualTiers, assign_value_tier, is_of_high_value, is_top_tier
from tests.transforms.subscription_tables import Row, period, table

AS_OF = dt.date(2026, 3, 31)
MONEY = pl.Decimal(18, 4)
DAYS = pl.date_range(dt.date(2020, 1, 1), dt.date(2026, 12, 31), eager=True)
CALENDAR = pl.DataFrame({"day": DAYS}).with_columns(day_idx=pl.col("day").cast(pl.Int32))
ORDER_SCHEMA = {
    "customer_idx": pl.Int32,
    "order_date": pl.Date,
    "is_countable": pl.Boolean,
    "gross_sales": MONEY,
    "discounts": MONEY,
}
REFUND_SCHEMA = {"customer_idx": pl.Int32, "refund_date": pl.Date, "goods": MONEY, "is_countable": pl.Boolean}
Bought = tuple[str, str] | tuple[str, str, str] | tuple[str, str, str, str]


def tables(bought: list[Bought], refunds: list[tuple[str, str, str]], *paid: Row) -> dict[str, pl.DataFrame]:
    """Core tables from (customer, day, gross_sales = 100, discounts = 0); the customer `unknown` is the unknown one."""
    names = sorted({name for name, *_ in [*bought, *refunds]} - {"unknown"})
    idx = {"unknown": 0} | {name: number for number, name in enumerate(names, 1)}
    defaults = ("100", "0")
    orders = [
        (idx[name], dt.date.fromisoformat(day), True, *map(Decimal, (*money, *defaults[len(money) :])))
        for name, day, *money in bought
    ]
    back = [(idx[name], dt.date.fromisoformat(day), Decimal(amount), True) for name, day, amount in refunds]
    return {
        "orders": pl.DataFrame(orders, schema=ORDER_SCHEMA, orient="row"),
        "refunds": pl.DataFrame(back, schema=REFUND_SCHEMA, orient="row"),
        "subscriptions": table(*paid),
        "customers": pl.DataFrame(
            {"customer_id": list(idx), "customer_idx": list(idx.values())},
            schema={"customer_id": pl.String, "customer_idx": pl.Int32},
        ),
        "calendar": CALENDAR,
    }


def segments(
    *bought: Bought, refunds: list[tuple[str, str, str]] | None = None, lapse_days: int = 365
) -> dict[str, dict[str, Any]]:
    """{customer: row} of customer_segments."""
    frames = {name: frame.lazy() for name, frame in tables(list(bought), refunds or []).items()}
    found = customer_segments(**frames, as_of=AS_OF, lapse_days=lapse_days)
    return {row["customer_id"]: row for row in found.to_dicts()}


def scores(*values: int) -> list[int]:
    return score_in_fifths(pl.Series("value", values, dtype=pl.Int64)).to_list()


def tiers(*values: int) -> list[str]:
    return pl.DataFrame({"value": values}).select(assign_value_tier(pl.col("value"))).to_series().to_list()


def test_two_orders_of_one_day_are_one_purchase():
    ada = segments(("ada", "2026-03-01"), ("ada", "2026-03-01"), ("ada", "2026-03-11"))["ada"]
    assert (ada["recency_days"], ada["frequency"]) == (20, 1)


def test_monetary_value_is_the_mean_of_the_days_after_the_first_without_discounts():
    ada = segments(
        ("ada", "2026-01-01", "999"),
        ("ada", "2026-02-01", "50", "10"),
        ("ada", "2026-03-01", "20"),
        ("ada", "2026-03-01"),
    )["ada"]
    assert ada["monetary_value"] == Decimal("80")  # (40 + 120) / 2


def test_monetary_value_is_that_of_lifetime_models_a_refund_lowers_the_purchase_before_it():
    rows = [("ada", day, "100") for day in ("2026-01-01", "2026-02-01", "2026-03-01")]
    refunds = [("ada", "2026-01-20", "90"), ("ada", "2026-02-20", "50")]  # the first one is of the first purchase
    ada = customer_segments(**tables(rows, refunds), as_of=AS_OF, lapse_days=365).row(0, named=True)
    assert ada["monetary_value"] == Decimal("75")


def test_monetary_value_is_unknown_after_one_purchase_day():
    ada = segments(("ada", "2026-03-01"), ("ada", "2026-03-01"))["ada"]
    assert ada["monetary_value"] is None
    assert (ada["frequency_score"], ada["monetary_score"]) == (1, 1)


def test_refunds_lower_the_value_tier_but_uncount_no_purchase():
    found = segments(*[(name, "2026-03-01") for name in "abcdefghij"], refunds=[("a", "2026-03-02", "60")])
    assert found["a"]["frequency"] == 0
    assert found["a"]["value_tier"] == "lowest_30_percent"
    assert found["b"]["value_tier"] == "top_10_percent"


def test_a_refund_after_the_last_order_does_not_make_it_more_recent():
    assert segments(("ada", "2026-03-01"), refunds=[("ada", "2026-03-20", "1")])["ada"]["recency_days"] == 30


def test_customers_with_refunds_only_and_the_unknown_customer_have_no_row():
    found = segments(("unknown", "2026-03-01"), ("ada", "2026-03-01"), refunds=[("bob", "2026-03-02", "5")])
    assert list(found) == ["ada"]


def test_orders_after_the_as_of_day_are_ignored():
    assert segments(("ada", "2026-03-31"), ("ada", "2026-04-01"))["ada"]["frequency"] == 0


def test_the_typical_gap_is_the_median_of_the_customers_own_and_needs_three_purchase_days():
    found = segments(
        ("ada", "2026-01-01"),
        ("ada", "2026-01-11"),
        ("bob", "2026-01-01"),
        ("bob", "2026-01-11"),
        ("bob", "2026-01-31"),
    )
    assert found["ada"]["typical_days_between_orders"] is None
    assert found["bob"]["typical_days_between_orders"] == 15


def test_equal_values_have_equal_scores_and_the_rest_share_the_others():
    assert scores(0, 0, 0, 0, 0, 0, 1, 2, 3, 4) == [1, 1, 1, 1, 1, 1, 2, 3, 4, 5]


def test_values_without_ties_are_cut_in_equal_fifths():
    assert scores(*range(10)) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], []), ([7], [3]), ([7, 7], [3, 3]), ([1, 2], [1, 5]), ([3, 1, 2], [5, 1, 3]), ([1, 2, 3, 4], [1, 2, 4, 5])],
)
def test_few_values_spread_over_the_scores(values: list[int], expected: list[int]):
    assert scores(*values) == expected


def test_where_nobody_has_come_back_yet_everybody_has_the_lowest_frequency_score():
    found = segments(("ada", "2026-03-01"), ("bob", "2026-03-02"))
    assert [row["rfm_score"] for row in found.values()] == ["111", "511"]
    assert [row["segment"] for row in found.values()] == ["hibernating", "new"]


def test_a_lapsed_customer_is_lost_hibernating_or_among_the_best():
    often = [("ada", f"2023-{month:02}-01", "500") for month in range(1, 13)]
    found = segments(*often, ("bob", "2023-01-05"), ("cem", "2024-12-01"), ("dan", "2026-03-01"), ("eve", "2026-03-05"))
    lapsed = {name: row["segment"] for name, row in found.items() if row["lifecycle"] == "lapsed"}
    assert lapsed == {"ada": "cannot_lose", "bob": "lost", "cem": "hibernating"}


def test_an_active_customer_is_at_risk_only_with_a_sign_of_leaving():
    def seen(*days: str) -> str:
        others = [(f"c{n}", f"2026-03-{n:02}") for n in range(10, 30)]
        others += [("zed", f"2026-03-{n:02}") for n in (1, 5, 9, 30)]
        return segments(*(("ada", day, "10") for day in days), *others)["ada"]["segment"]

    assert seen("2025-08-20", "2025-12-01", "2026-03-02") == "needs_attention"  # not later than usual
    assert seen("2026-02-20", "2026-02-25", "2026-03-02") == "at_risk"  # 29 days, typically 5


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(0, 800), st.integers(1, 300)), min_size=1, max_size=60),
    st.sampled_from([30, 90, 365]),
)
@settings(max_examples=40, deadline=None)
def test_the_labels_of_a_row_agree(drawn: list[tuple[int, int, int]], lapse_days: int):
    rows = [(f"c{who:02}", str(AS_OF - dt.timedelta(days=ago)), str(money)) for who, ago, money in drawn]
    for row in customer_segments(**tables(rows, []), as_of=AS_OF, lapse_days=lapse_days).to_dicts():
        since, typical, segment = row["recency_days"], row["typical_days_between_orders"], row["segment"]
        is_lapsed = since >= lapse_days
        has_sign = (typical is not None and since > 2 * typical and since > 7) or lapse_days - since <= lapse_days / 4
        assert is_lapsed == (row["lifecycle"] == "lapsed")
        assert segment != "lost" or is_lapsed
        assert not is_lapsed or segment in ("lost", "hibernating", "cannot_lose")
        assert segment != "at_risk" or has_sign
        assert segment != "cannot_lose" or is_lapsed or has_sign
        assert segment != "new" or row["lifecycle"] == "new"


def test_customers_who_all_bought_on_one_day_are_neither_recent_nor_not():
    assert segments(("ada", "2026-03-31"), ("bob", "2026-03-31"))["ada"]["recency_score"] == 3


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_scores_rise_with_the_values_never_part_ties_and_use_all_five(values: list[int], random: Any):
    found = dict(zip(values, scores(*values), strict=True))
    assert [found[value] for value in values] == scores(*values)
    ranked = [found[value] for value in sorted(found)]
    assert ranked == sorted(ranked)
    expected = {1: {3}, 2: {1, 5}, 3: {1, 3, 5}, 4: {1, 2, 4, 5}}.get(len(found), {1, 2, 3, 4, 5})
    assert set(ranked) == expected
    shuffled = random.sample(values, len(values))
    assert scores(*shuffled) == [found[value] for value in shuffled]


@given(st.integers(5, 83))
@settings(max_examples=30, deadline=None)
def test_groups_of_different_values_differ_by_one_customer_at_most(customers: int):
    sizes = pl.Series(scores(*range(customers))).value_counts()["count"]
    assert len(sizes) == 5
    assert int(sizes.max()) - int(sizes.min()) <= 1  # type: ignore[arg-type]


def test_each_of_the_125_score_combinations_has_exactly_one_segment():
    found = list_segments_by_score()
    assert found["rfm_score"].sort().to_list() == ["".join(each) for each in product("12345", repeat=3)]
    assert set(found["segment"]) == {segment for segment, *_ in SEGMENTS}
    assert len(set(found["segment"])) == 10


@pytest.mark.parametrize(
    ("rfm", "segment"),
    [
        ("555", "champions"),
        ("341", "loyal"),
        ("431", "potential_loyalists"),
        ("511", "new"),
        ("411", "promising"),
        ("333", "needs_attention"),
        ("233", "at_risk"),
        ("155", "cannot_lose"),
        ("211", "hibernating"),
        ("111", "lost"),
    ],
)
def test_segments_say_what_the_scores_mean(rfm: str, segment: str):
    assert dict(list_segments_by_score().rows())[rfm] == segment


def test_tiers_cut_ten_customers_at_one_three_and_seven():
    expected = ["top_10_percent", *["next_20_percent"] * 2, *["middle"] * 4, *["lowest_30_percent"] * 3]
    assert tiers(*range(10, 0, -1)) == expected


def test_equal_values_go_up_a_tier_together():
    assert tiers(9, 9, 9, 9, 5, 5, 5, 5, 1, 1) == [*["top_10_percent"] * 4, *["middle"] * 4, *["lowest_30_percent"] * 2]


def test_whose_value_is_not_known_has_no_tier_and_is_not_counted():
    found = pl.DataFrame({"value": [None] * 10 + [3, 2, 1]}).select(assign_value_tier(pl.col("value"))).to_series()
    assert found.to_list() == [None] * 10 + ["top_10_percent", "middle", "middle"]


def test_a_single_customer_is_the_top():
    assert tiers(5) == ["top_10_percent"]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (["2026-03-01"], "new"),
        (["2026-03-01", "2026-03-02"], "active"),
        (["2025-04-01"], "new"),  # 364 days ago
        (["2025-03-31"], "lapsed"),  # 365 days ago
        (["2025-01-01", "2026-01-01"], "active"),  # bought on the day on which the customer would have lapsed
        (["2024-12-31", "2026-01-01"], "reactivated"),
        (["2024-12-31", "2026-01-01", "2026-02-01"], "active"),
    ],
)
def test_lifecycle_follows_the_lapse_days(days: list[str], expected: str):
    assert segments(*[("ada", day) for day in days])["ada"]["lifecycle"] == expected


@pytest.mark.parametrize(
    ("days", "start", "until", "expected"),
    [
        (["2024-01-01"], "2024-06-01", None, "active"),  # the subscription goes on
        (["2026-03-01"], "2026-03-01", "2026-04-01", "active"),  # one order, and a subscription that is no first order
        (["2026-03-01"], "2025-06-01", "2026-01-01", "reactivated"),  # the first order, by who had left the club
        (["2026-03-01"], "2025-06-01", "2026-03-01", "new"),
        (["2024-01-01"], "2024-06-01", "2026-03-31", "lapsed"),
        (["2024-01-01"], "2024-06-01", "2026-04-01", "active"),
        (["2024-01-01", "2026-01-01"], "2024-06-01", "2025-12-01", "reactivated"),
        (["2024-01-01", "2026-01-01"], "2024-06-01", "2026-01-01", "active"),  # there was no lapse in between
        (["2024-01-01"], "2026-04-01", None, "lapsed"),  # not yet
    ],
)
def test_a_live_subscription_keeps_a_customer_as_an_order_does(
    days: list[str], start: str, until: str | None, expected: str
):
    frames = tables([("ada", day) for day in days], [], period(1, start, until))
    found = customer_segments(**frames, as_of=AS_OF, lapse_days=365)
    assert found["lifecycle"].to_list() == [expected]


def test_without_orders_the_table_is_empty():
    frames = {name: frame.lazy() for name, frame in tables([], []).items()}
    found = customer_segments(**frames, as_of=AS_OF, lapse_days=365)
    assert found.is_empty()
    assert found.schema == COLUMNS


def test_engines_and_row_orders_agree():
    bought: list[Bought] = [
        (f"c{n % 17}", str(dt.date(2023, 1, 1) + dt.timedelta(days=n * n % 1100)), str(10 + n % 7), "1")
        for n in range(120)
    ]
    frames = tables(bought, [("c3", "2025-01-01", "7.1234"), ("c4", "2026-01-01", "3")])
    expected = customer_segments(**{k: f.lazy() for k, f in frames.items()}, as_of=AS_OF, lapse_days=200)
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=7).lazy() for name, frame in frames.items()}
    assert_frame_equal(customer_segments(**shuffled, as_of=AS_OF, lapse_days=200), expected)
    with duckdb.connect() as con:
        for name, frame in frames.items():
            con.register(f"{name}_frame", frame)
            con.execute(f"create table {name} as select * from {name}_frame")
        relations = {name: con.table(name) for name in frames}
        assert_frame_equal(customer_segments(**relations, as_of=AS_OF, lapse_days=200), expected)


def test_segments_bear_the_names_of_the_company():
    frames = tables([("ann", "2026-03-01"), ("bob", "2020-01-01")], [])
    rules = {"as_of": AS_OF, "lapse_days": 365}
    usual = customer_segments(**frames, **rules)["segment"].to_list()
    named = customer_segments(**frames, **rules, rfm=RankedScores(names={"new": "Neue", "lost": "new"}))
    assert (usual, named["segment"].to_list()) == (["new", "lost"], ["Neue", "new"])


def test_tiers_are_cut_by_the_shares_of_the_company_and_named_by_them():
    shares = UsualTiers(top_percent=5, next_percent=25, lowest_percent=10)
    values = pl.DataFrame({"value": list(range(100, 0, -1))})
    found = values.select(tier=assign_value_tier(pl.col("value"), shares))["tier"].value_counts()
    assert dict(found.iter_rows()) == {"top_5_percent": 5, "next_25_percent": 25, "middle": 60, "lowest_10_percent": 10}


def test_the_upper_two_tiers_are_of_high_value_however_large():
    tiers = pl.DataFrame({"value_tier": ["top_5_percent", "next_25_percent", "middle", "lowest_10_percent", None]})
    found = tiers.select(top=is_top_tier(), high=is_of_high_value())
    assert found["top"].to_list() == [True, False, False, False, None]
    assert found["high"].to_list() == [True, True, False, False, None]
