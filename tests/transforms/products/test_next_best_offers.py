"""The mart `next_best_offers` and its grade: what to offer each customer next, why, and how often that is right."""

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.models.repeat_offers import compute_renewal_chance
from regulars.pipelines.settings.customers.offers import Offers
from regulars.pipelines.transforms.products.next_best_offers import COLUMNS, next_best_offers
from regulars.pipelines.transforms.products.offer_evaluation import offer_evaluation
from regulars.pipelines.transforms.products.purchase_pairs import PAIR, score_pairs, take_best
from tests.models.online_retail import load_online_retail
from tests.transforms.core_tables import ENGINES
from tests.transforms.mart_rules import broken_rules
from tests.transforms.products.product_tables import Row, item, product_tables, sale
from tests.transforms.products.product_tables import back as given_back

AS_OF = dt.date(2026, 3, 31)
OWN_ONLY = Offers(new_places=0)


def back(days: int) -> dt.date:
    return AS_OF - dt.timedelta(days=days)


def bought(product: str, *days_back: int, customer: int = 1) -> list[Row]:
    return [sale(back(days), item(product, category=f"{product}s"), customer=customer) for days in days_back]


def offered(
    sales: list[Row],
    offers: Offers = OWN_ONLY,
    *,
    stock: dict[str, bool] | None = None,
    consent: dict[int, bool] | None = None,
    refunds: list[Row] | None = None,
    engine: str = "polars",
) -> pl.DataFrame:
    made = product_tables(*sales, refunds=refunds)
    numbers = sorted({1, *made["orders"]["customer_idx"]})
    in_stock = [(stock or {}).get(product) for product in made["products"]["product_id"]]
    tables: dict[str, Any] = {
        "order_lines": made["order_lines"],
        "refunds": made["refunds"],
        "refund_lines": made["refund_lines"],
        "products": made["products"].with_columns(in_stock=pl.Series(in_stock, dtype=pl.Boolean)),
        "customers": pl.DataFrame(
            {
                "customer_id": [f"c{idx}" for idx in numbers],
                "customer_idx": pl.Series(numbers, dtype=pl.Int32),
                "email_opt_in": pl.Series([(consent or {}).get(idx) for idx in numbers], dtype=pl.Boolean),
            }
        ),
    }
    with ENGINES[engine](tables) as frames:
        graded = offer_evaluation(frames["order_lines"], as_of=AS_OF)
        found = next_best_offers(**frames, offer_evaluation=graded, as_of=AS_OF, lapse_days=365, offers=offers)
    assert broken_rules("next_best_offers", found, {name: tables[name] for name in ("products", "customers")}) == set()
    return found


def products_of(found: pl.DataFrame, customer: int = 1) -> list[str]:
    return found.filter(customer_idx=customer)["product_id"].to_list()


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_bought_often_and_lately_comes_first_and_says_why(engine):
    sales = bought("tea", 300, 200, 100, 60) + bought("bar", 150) + bought("nut", 20)
    found = offered(sales, engine=engine)
    assert products_of(found) == ["tea", "nut", "bar"]
    assert found["why"].to_list() == [
        "bought on 4 days, last 60 days ago",
        "bought once, 20 days ago",
        "bought once, 150 days ago",
    ]
    assert found["offer_kind"].unique().to_list() == ["habit"]


def test_a_six_week_rhythm_is_due_and_told_by_its_timing():
    rhythm = [40 + 42 * each for each in range(8)]
    found = offered(bought("coffee", *rhythm) + bought("bar", 60, 50, 30, 18, 16))
    first = found.row(0, named=True)
    assert (first["product_id"], first["offer_kind"]) == ("coffee", "due")
    assert first["why"] == "bought every 42 days, last 40 days ago"
    assert first["due_on"] == AS_OF + dt.timedelta(days=2)
    assert (first["last_bought_on"], first["mean_days_between"]) == (back(40), 42)
    irregular = [40, 50, 140, 150, 240, 250, 330, 345]
    assert offered(bought("coffee", *irregular)).row(0, named=True)["offer_kind"] == "habit"


@pytest.mark.parametrize(
    ("last", "kind", "why"),
    [
        (63, "due", "bought every 42 days, last 63 days ago"),
        (64, "habit", "bought every 42 days until 64 days ago, a rhythm that has ended"),
    ],
)
def test_a_rhythm_missed_by_more_than_half_an_interval_has_ended_and_is_a_habit(last, kind, why):
    row = offered(bought("coffee", *[last + 42 * each for each in range(5)])).row(0, named=True)
    assert (row["offer_kind"], row["why"], row["due_on"]) == (kind, why, back(last - 42) if kind == "due" else None)
    by_rate = row["offer_score"] < 0.3  # by its timing it is most likely bought
    assert by_rate is (kind == "habit")


def test_a_rhythm_that_has_just_been_served_is_no_offer():
    found = offered(bought("coffee", *[5 + 42 * each for each in range(8)]) + bought("bar", 60))
    assert products_of(found) == ["bar"]
    assert (found["excluded_products"][0], found["excluded_because"][0]) == (1, "1 bought lately")


def test_what_is_out_of_stock_excluded_or_given_back_is_no_offer():
    sales = bought("tea", 50) + bought("bar", 40) + bought("nut", 30) + bought("cup", 20) + bought("box", 10)
    found = offered(
        sales,
        Offers(new_places=0, exclude_products=["bar"], exclude_categories=["nuts"]),
        stock={"tea": False, "box": True},
        refunds=[given_back(AS_OF, "10", item("cup"), of=3)],
    )
    assert products_of(found) == ["box"]
    assert found["excluded_because"][0] == "2 by the settings, 1 not in stock, 1 given back last time"


@pytest.mark.parametrize("engine", ENGINES)
def test_of_a_refund_that_names_a_product_the_rest_of_its_order_may_be_offered(engine):
    order = sale(back(20), item("tea"), item("cup"), item("bar"))
    found = offered([order], refunds=[given_back(back(10), "10", item("cup"), of=0)], engine=engine)
    assert sorted(products_of(found)) == ["bar", "tea"]
    assert found["excluded_because"][0] == "1 given back last time"


@pytest.mark.parametrize("engine", ENGINES)
def test_of_a_refund_that_names_no_product_all_of_its_order_may_be_what_came_back(engine):
    orders = [sale(back(20), item("tea"), item("cup")), sale(back(20), item("bar"))]
    unnamed = "2 in an order with an unnamed refund last time"
    for told in ([], [item(None)]):
        found = offered(orders, refunds=[given_back(back(10), "10", *told, of=0)], engine=engine)
        assert (products_of(found), found["excluded_because"][0]) == (["bar"], unnamed)
    both = [given_back(back(10), "5", of=0), given_back(back(9), "5", item("cup"), of=0)]
    found = offered(orders, refunds=both)
    assert found["excluded_because"][0] == f"1 given back last time, {unnamed.replace('2', '1')}"


def test_what_was_given_back_is_offered_again_once_it_was_bought_again():
    orders = [sale(back(50), item("tea"), item("bar")), sale(back(20), item("tea"))]
    refund = given_back(back(40), "10", item("tea"), of=0)
    assert sorted(products_of(offered(orders, refunds=[refund]))) == ["bar", "tea"]


def test_refunds_that_do_not_count_yet_or_of_no_known_order_keep_nothing_from_being_offered():
    orders = [sale(back(20), item("tea"), item("cup"))]
    later, tea = AS_OF + dt.timedelta(days=1), item("tea")
    for refund in (
        given_back(later, "10", tea, of=0),
        given_back(later, "10", of=0),
        given_back(AS_OF, "10", tea, of=0, countable=False),
        given_back(AS_OF, "10", tea),
    ):
        assert sorted(products_of(offered(orders, refunds=[refund]))) == ["cup", "tea"]


def test_what_is_given_back_is_what_a_loop_over_single_orders_finds():
    rng = np.random.default_rng(7)
    names = ["tea", "cup", "bar", "nut", "box"]
    sales = [
        sale(back(int(rng.integers(0, 60))), *map(item, rng.permutation(names)[: 1 + n % 4]), customer=1 + n % 9)
        for n in range(90)
    ]
    refunds = [
        given_back(
            back(int(rng.integers(-5, 40))),
            "5",
            *(item(None if rng.random() < 0.3 else str(name)) for name in rng.permutation(names)[: n % 3]),
            of=None if rng.random() < 0.1 else int(rng.integers(0, 90)),
            countable=bool(rng.random() < 0.9),
        )
        for n in range(40)
    ]
    counts = {customer: {"named": 0, "unnamed": 0} for customer in range(1, 10)}
    for customer, of_customer in counts.items():
        own = [(number, each) for number, each in enumerate(sales) if each["customer_idx"] == customer]
        for name in names:
            bought_on = [each["order_date"] for _, each in own if name in [i["product_id"] for i in each["items"]]]
            found = set()
            for number, each in own:
                if each["order_date"] != max(bought_on) or name not in [i["product_id"] for i in each["items"]]:
                    continue
                for refund in refunds:
                    if refund["order_id"] != f"o{number:05}" or not refund["is_countable"]:
                        continue
                    if refund["refund_date"] > AS_OF:
                        continue
                    told = {i["product_id"] for i in refund["items"]} - {None}
                    if name in told or not told:
                        found.add("named" if told else "unnamed")
            if found:
                of_customer["named" if "named" in found else "unnamed"] += 1
    rows = offered(sales, refunds=refunds).unique("customer_idx").sort("customer_idx").to_dicts()
    assert len(rows) >= 7
    for row in rows:
        said = {True: 0, False: 0}
        for part in (row["excluded_because"] or "").split(", "):
            if "last time" in part:
                said["unnamed" not in part] = int(part.split()[0])
        assert {"named": said[True], "unnamed": said[False]} == counts[row["customer_idx"]]


def test_customers_who_declined_or_lapsed_get_no_offers():
    sales = [*bought("tea", 50), *bought("tea", 50, customer=2), *bought("tea", 365, customer=3)]
    assert offered(sales, consent={1: True, 2: False})["customer_id"].to_list() == ["c1"]
    with_all = Offers(new_places=0, without_consent=True)
    assert offered(sales, with_all, consent={2: False})["customer_id"].to_list() == ["c1", "c2"]
    assert products_of(offered([*bought("tea", 50, customer=0)]), customer=0) == []


def test_whose_consent_is_not_known_has_offers_and_the_row_says_so():
    sales = [*bought("tea", 50), *bought("tea", 50, customer=2), *bought("tea", 50, customer=3)]
    found = offered(sales, consent={1: True, 2: False})
    assert dict(found.select("customer_id", "email_opt_in").rows()) == {"c1": True, "c3": None}
    with_all = offered(sales, Offers(new_places=0, without_consent=True), consent={1: True, 2: False})
    assert with_all["email_opt_in"].to_list() == [True, False, None]
    assert found.select("first_offer_verdict", "five_offers_verdict").unique().rows() == [("not_tested", "not_tested")]


def test_a_new_product_comes_last_with_what_it_goes_with():
    together = [sale(back(30 + each), item("tea"), item("cup"), customer=10 + each) for each in range(6)]
    sales = [*together, *bought("tea", 9), *bought("bar", 20)]
    found = offered(sales, Offers(places=2, new_places=1)).filter(customer_idx=1)
    assert found["product_id"].to_list() == ["tea", "cup"]
    new = found.row(1, named=True)
    assert (new["offer_kind"], new["product_purchases"]) == ("new", 0)
    assert (new["last_bought_on"], new["mean_days_between"]) == (None, None)
    once = found.row(0, named=True)
    assert (once["last_bought_on"], once["mean_days_between"]) == (back(9), None)
    assert new["why"] == "often in one basket with Tea, which was bought last time"
    nearness = 6 / np.sqrt(7 * 6) * 6 / 11
    assert new["offer_score"] == pytest.approx(nearness)
    four = offered([*together[:4], *bought("tea", 9)], Offers(new_places=1))
    assert products_of(four) == ["tea"]  # four baskets are too few


def test_scores_are_those_of_a_loop_over_single_pairs():
    rng = np.random.default_rng(6)
    rows = sorted({(int(rng.integers(1, 30)), int(rng.integers(0, 8)), int(rng.integers(0, 700))) for _ in range(900)})
    days = pl.DataFrame(rows, {"customer_idx": pl.Int32, "product": pl.UInt32, "day": pl.Int32}, orient="row")
    found = {(row["customer_idx"], row["product"]): row for row in score_pairs(days, today=700).iter_rows(named=True)}
    by_pair: dict[tuple[int, int], list[int]] = {}
    for customer, product, day in rows:
        by_pair.setdefault((customer, product), []).append(day)
    repeats = {p: sum(len(d) - 1 for (_, q), d in by_pair.items() if q == p) for p in range(8)}
    waited = {p: sum(700 - d[0] for (_, q), d in by_pair.items() if q == p) for p in range(8)}
    overall = (sum(repeats.values()) + 0.3) / (sum(waited.values()) + 1)
    for (customer, product), each in by_pair.items():
        row = found[customer, product]
        if row["is_regular"]:
            assert len(each) >= 5
            assert np.std(np.diff(each)) / np.mean(np.diff(each)) < 0.4
            assert 700 - each[-1] <= 1.5 * np.mean(np.diff(each))
            continue
        rate = (repeats[product] + 15_000 * overall) / (waited[product] + 15_000)
        chance = 1 - (1 + 28 / (700 - each[0] + 0.3 / rate)) ** -(len(each) - 1 + 0.3)
        by_rate = chance * 0.5 ** ((700 - each[-1]) / 180)
        if row["has_ended_rhythm"]:
            mean, cv, gap = row["mean_days"], np.std(np.diff(each)) / np.mean(np.diff(each)), 700 - each[-1]
            assert (row["offer_score"], row["mean_days"]) == (
                pytest.approx(min(by_rate, float(compute_renewal_chance(mean, cv, gap, 28)))),
                pytest.approx(np.mean(np.diff(each))),
            )
        else:
            assert row["offer_score"] == pytest.approx(by_rate)


@pytest.mark.parametrize("engine", ENGINES)
def test_offers_are_graded_on_the_last_28_days_with_what_was_known_before(engine):
    sales: list[Row] = []
    for customer in range(1, 41):
        sales += bought("tea", 100, 60, customer=customer) + bought("hit", 40, customer=customer)
        sales += bought("tea" if customer <= 30 else "pen", 10, customer=customer)
    sales += bought("pen", 5, customer=99)  # had not bought before
    with ENGINES[engine]({"order_lines": product_tables(*sales)["order_lines"]}) as frames:
        found = offer_evaluation(**frames, as_of=AS_OF)
    rows = {(row["scope"], row["method"]): row for row in found.iter_rows(named=True)}
    for method in ("offers", "personal_frequency", "best_sellers"):
        row = rows["any_product", method]
        assert row["tested_customers"] == 40
        # best sellers of the 28 days before hold what was bought 40 days ago alone
        assert row["hit_rate_5"] == row["hit_rate_10"] == (0.75 if method != "best_sellers" else 0.0)
    offers = rows["any_product", "offers"]
    assert (offers["customers_hit_1"], offers["customers_hit_5"], offers["customers_hit_10"]) == (30, 30, 30)
    assert (offers["hit_rate_1"], offers["customers_with_choice_10"]) == (0.75, 0)
    assert (offers["offers_10"], offers["offers_bought_10"]) == (80, 30)
    assert offers["precision_10"] == pytest.approx(30 / 80)
    never = rows["never_bought", "baskets"]
    assert (never["tested_customers"], never["hit_rate_10"]) == (10, None)
    assert never["reason"].startswith("fewer than 30 customers")


def test_what_is_offered_in_the_seventh_place_is_a_hit_of_ten_and_not_of_five():
    products = [f"product {number}" for number in range(1, 8)]
    sales: list[Row] = []
    for customer in range(1, 31):
        for times, product in enumerate(reversed(products), 1):
            sales += bought(product, *range(40, 40 + times), customer=customer)
        sales += bought("product 7", 10, customer=customer)
    found = offer_evaluation(product_tables(*sales)["order_lines"], as_of=AS_OF)
    [row] = found.filter(pl.col("method") == "personal_frequency").to_dicts()
    assert (row["tested_customers"], row["hit_rate_1"], row["hit_rate_5"], row["hit_rate_10"]) == (30, 0.0, 0.0, 1.0)
    counts = ("customers_hit_5", "customers_hit_10", "offers_10", "offers_bought_10")
    assert [row[name] for name in counts] == [0, 30, 210, 30]


def test_only_for_who_bought_more_than_ten_products_the_order_decides_what_is_offered():
    sales: list[Row] = []
    for customer in range(1, 31):
        for product in range(10 if customer <= 20 else 11):
            sales += bought(f"product {product}", 40 + product, customer=customer)
        sales += bought("product 0", 10, customer=customer)
    found = offer_evaluation(product_tables(*sales)["order_lines"], as_of=AS_OF)
    for method in ("offers", "personal_frequency"):
        [row] = found.filter(scope="any_product", method=method).to_dicts()
        assert (row["tested_customers"], row["customers_with_choice_10"], row["offers_10"]) == (30, 10, 300)


def test_without_lines_both_tables_are_sound():
    assert offered([]).schema == pl.Schema(COLUMNS)
    empty = offer_evaluation(product_tables()["order_lines"], as_of=AS_OF)
    assert empty["tested_customers"].to_list() == [0] * 5


@pytest.mark.slow
def test_on_online_retail_offers_hit_at_least_as_often_as_published_and_more_than_habit_alone():
    lines = load_online_retail().filter(pl.col("customer").is_not_null())
    number = pl.col("product").rank("dense").cast(pl.UInt32)
    days = (
        lines.select(pl.col("customer").cast(pl.Int32).alias("customer_idx"), number.alias("product"), "day")
        .unique()
        .sort(*PAIR, "day")
    )
    hits, tested = {"offers": 0, "frequency": 0}, 0
    for cut in (dt.date(2011, 11, 11), dt.date(2011, 8, 31), dt.date(2011, 5, 31)):
        today = (cut - dt.date(1970, 1, 1)).days
        pairs = score_pairs(days.filter(pl.col("day") <= today), today=today)
        later = days.filter(pl.col("day").is_between(today + 1, today + 28)).select(PAIR).unique()
        later = later.join(pairs.select("customer_idx").unique(), on="customer_idx", how="semi")
        tested += later["customer_idx"].n_unique()
        frequent = pairs.sort("customer_idx", "purchases", "last_day", "product", descending=[False, True, True, False])
        for name, ranked in (("offers", pairs), ("frequency", frequent)):
            hits[name] += take_best(ranked, 10).join(later, on=PAIR, how="semi")["customer_idx"].n_unique()
    assert hits["offers"] / tested >= 0.826
    assert hits["offers"] > hits["frequency"]
    assert Decimal(tested) > 3000
