"""A fault that comes after sixty ordinary nights is found in its night, and the sentence names the right thing."""

import datetime as dt
from collections.abc import Callable, Sequence

import pytest

from regulars.pipelines.errors import RegularsError
from regulars.pipelines.run.request import make_request
from tests.run.short_nights import run_short_night
from tests.run.watched_shop import DAYS, TONIGHT, WatchedShop

pytestmark = pytest.mark.slow
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def past(tmp_path_factory) -> WatchedShop:
    """A shop before its night of faults: the last two nights were lived through, the ones before came as files."""
    shop = WatchedShop(tmp_path_factory.mktemp("shop"))
    shop.write_past(TONIGHT - 3 * DAY)
    find(shop)
    shop.live_through(TONIGHT - 2 * DAY)
    find(shop)
    shop.live_through(TONIGHT - DAY)
    assert [said for said in find(shop) if not said.startswith("info")] == []
    return shop


def find(shop: WatchedShop, clock: dt.datetime | None = None) -> list[str]:
    """What a night finds new: severity, name, source and sentence; or how it is refused."""
    request = make_request(shop.folder / "regulars.yaml", now=dt.datetime.now(dt.UTC))
    number = request.home.next_number()
    try:
        found = run_short_night(request, clock)
    except RegularsError as error:
        return [f"refused {error}"]
    return [
        f"{each.finding.severity} {each.finding.name} {each.finding.source} {each.finding.sentence}"
        for each in found
        if each.first_seen_generation == number
    ]


def plant_tenth(shop: WatchedShop) -> None:
    shop.rows["orders"] = shop.rows["orders"][:5]


def plant_one_row(shop: WatchedShop) -> None:
    shop.rows["orders"] = shop.rows["orders"][:1]


def plant_quarter_lost(shop: WatchedShop) -> None:
    shop.rows["crm"] = shop.rows["crm"][: len(shop.rows["crm"]) * 3 // 4]


def plant_cents(shop: WatchedShop) -> None:
    shop.change("orders", "total", lambda total: str(round(float(total) * 100)))


def plant_lost_comma(shop: WatchedShop) -> None:
    shop.change("lines", "price", lambda price: price.replace(".", ""))


def plant_other_currency(shop: WatchedShop) -> None:
    shop.change("orders", "currency", lambda currency: "CHF")
    shop.change("lines", "currency", lambda currency: "CHF")


def plant_empty_column(shop: WatchedShop) -> None:
    shop.change("orders", "channel", lambda channel: "")


def plant_prefixed_customers(shop: WatchedShop) -> None:
    shop.change("orders", "customer", lambda customer: f"CUST-{customer}")
    shop.change("orders", "email", lambda email: "")


def plant_prefixed_orders_of_lines(shop: WatchedShop) -> None:
    shop.change("lines", "order", lambda order: f"A-{order}")


def plant_prefixed_products(shop: WatchedShop) -> None:
    shop.change("lines", "product", lambda product: f"SKU/{product}")


def plant_prefixed_orders_of_refunds(shop: WatchedShop) -> None:
    shop.rows["refunds"] *= 3
    shop.rows["refunds"] = [[f"{row[0]}-{n}", *row[1:]] for n, row in enumerate(shop.rows["refunds"])]
    shop.change("refunds", "order", lambda order: f"A-{order}")


def plant_strange_writers(shop: WatchedShop) -> None:
    shop.change("survey", "email", lambda email: f"x{email}")


def plant_silence(shop: WatchedShop) -> None:
    """`source_silent` says it once ten nights were lived through; until then their lines do."""
    shop.rows["orders"] = []


def plant_limit(shop: WatchedShop) -> None:
    shop.rows["products"] = [[f"p{n}", f"tea {n}"] for n in range(1000)]


def plant_swapped_days(shop: WatchedShop) -> None:
    for source in ("orders", "lines"):
        shop.change(source, "at", lambda at: f"{at[:5]}{at[8:10]}-{at[5:7]}{at[10:]}")


def plant_scale(shop: WatchedShop) -> None:
    shop.change("survey", "score", lambda score: str(int(score) * 10))


def plant_tests(shop: WatchedShop) -> None:
    for number in range(150):
        shop.add_order(TONIGHT, email="qa@example.org", customer="", total=f"{1 + number % 3}.00")


def plant_shared_address(shop: WatchedShop) -> None:
    shop.change("orders", "customer", lambda customer: "")
    shop.change("orders", "email", lambda email: "till@example.org")


def plant_repeated_file(shop: WatchedShop) -> None:
    shop.rows["orders"] += [[f"9{row[0]}", *row[1:]] for row in shop.rows["orders"]]


def plant_yesterday_again(shop: WatchedShop) -> None:
    yesterday = [row for row in shop.sold if row[3].startswith(f"{TONIGHT - DAY}")]
    shop.rows["orders"] += [[f"9{row[0]}", *row[1:]] for row in yesterday]


def plant_month_lost(shop: WatchedShop) -> None:
    shop.rows["orders"] += [
        [*row[:4], "0.01", *row[5:]] for row in shop.sold if row[3].startswith("2026-03") and row[0].endswith("7")
    ]


def plant_month_doubled(shop: WatchedShop) -> None:
    shop.rows["orders"] += [[f"9{row[0]}", *row[1:]] for row in shop.sold if row[3].startswith("2026-03")]


def plant_shifted_hours(shop: WatchedShop) -> None:
    def shift(at: str) -> str:
        return str(dt.datetime.fromisoformat(at) + dt.timedelta(hours=9))

    shop.change("orders", "at", shift)


def plant_emptied_addresses(shop: WatchedShop) -> None:
    shop.change("crm", "email", lambda email: "")


FAULTS: Sequence[tuple[Callable[[WatchedShop], None], str, str]] = (
    (plant_tenth, "delivery_small shop", "orders-2026-05-20.csv holds 5 rows"),
    (plant_one_row, "delivery_small shop", "holds 1 row"),
    (plant_quarter_lost, "full_delivery_shrank crm", "crm.csv holds"),
    (plant_cents, "amounts_shifted shop", "the median amount of orders is"),
    (plant_lost_comma, "amounts_shifted lines", "the median amount of order_lines is"),
    (plant_other_currency, "currencies_shifted shop", "CHF"),
    (plant_empty_column, "empty_values_rose shop", "`channel` of orders is empty in 100%"),
    (plant_prefixed_customers, "fewer_known_ids shop", "customer"),
    (plant_prefixed_orders_of_lines, "fewer_known_ids lines", "order"),
    (plant_prefixed_products, "fewer_known_ids lines", "product"),
    (plant_prefixed_orders_of_refunds, "fewer_known_ids refunds", "order"),
    (plant_strange_writers, "fewer_known_ids survey", "customer"),
    (plant_silence, "fewer_known_ids lines", "of the orders"),
    (plant_limit, "export_limit products", "exactly 1,000 records"),
    (plant_swapped_days, "refused shop", "new rows (100.0%) would be quarantined"),
    (plant_scale, "warning records_quarantined survey", "survey-2026-05-20.csv"),
    (plant_tests, "delivery_large shop", "holds 203 rows"),
    (plant_shared_address, "customers_collapsed shop", "different customers"),
    (plant_repeated_file, "rows_repeated_under_other_ids shop", "has another id"),
    (plant_yesterday_again, "rows_repeated_under_other_ids shop", "has another id"),
    (plant_month_lost, "stop closed_month_fell None", "March 2026"),
    (plant_month_doubled, "closed_month_rose None", "March 2026"),
    (plant_shifted_hours, "hours_shifted shop", "where that time lay between"),
    (plant_emptied_addresses, "empty_values_rose crm", "`email` of customers"),
)


@pytest.mark.parametrize(("plant", "finding", "words"), FAULTS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_fault_in_the_files_of_a_night_is_found(past, tmp_path, plant, finding, words):
    shop = past.copy_to(tmp_path / "shop")
    shop.make_day(TONIGHT)
    plant(shop)
    shop.write_night(TONIGHT)
    said = find(shop)
    assert [each for each in said if finding in each and words in each], said


def test_a_renamed_source_is_found(past, tmp_path):
    shop = past.copy_to(tmp_path / "shop")
    shop.make_day(TONIGHT)
    shop.write_night(TONIGHT, orders="webshop")
    assert any("source_gone shop" in each and "webshop is new" in each for each in find(shop))


def test_a_clock_that_goes_back_is_found(past, tmp_path):
    shop = past.copy_to(tmp_path / "shop")
    shop.live_through(TONIGHT)
    said = find(shop, dt.datetime.now(dt.UTC) - dt.timedelta(days=2))
    assert any("clock_went_back" in each for each in said), said


def test_an_old_file_that_is_put_back_is_found(past, tmp_path):
    shop = past.copy_to(tmp_path / "shop")
    shop.make_day(TONIGHT)
    old = (shop.folder / "crm.csv").read_bytes()
    shop.write_night(TONIGHT)
    find(shop)
    (shop.folder / "crm.csv").write_bytes(old)
    shop.set_up(TONIGHT + DAY)
    said = find(shop)
    assert any("delivery_put_back crm" in each for each in said), said


def test_files_whose_names_sort_otherwise_are_found(past, tmp_path):
    shop = past.copy_to(tmp_path / "shop")
    shop.make_day(TONIGHT)
    shop.write_night(TONIGHT)
    (shop.folder / f"orders-{TONIGHT}.csv").rename(shop.folder / f"orders-{TONIGHT - DAYS * DAY * 3}.csv")
    said = find(shop)
    assert any("file_order_disagrees shop" in each for each in said), said


def test_an_ordinary_night_finds_nothing(past, tmp_path):
    shop = past.copy_to(tmp_path / "shop")
    shop.live_through(TONIGHT)
    assert [each for each in find(shop) if not each.startswith("info")] == []
