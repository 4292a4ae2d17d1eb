"""Each kind of fault, planted in one night of a small company, is found that night; the night before finds nothing."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from tests.shop import Row, Shop

FIRST, LAST = dt.date(2024, 3, 24), dt.date(2024, 3, 29)
TONIGHT = dt.date(2024, 4, 2)
HEADER = ("order", "email", "at", "total", "town")
COMPANY = """
company: {{name: Corner Shop, timezone: Europe/London, currency: GBP}}
as_of: {as_of}
findings: {{thresholds: {{as_of_behind: 36500}}}}
sources:
"""
DAILY = """
  {name}:
    path: {name}-*.csv
    kind: orders
    system: shop
    delivery: incremental
    currency: {currency}
    max_quarantined: 0.5
    columns: {{order_id: order, email: email, ordered_at: at, gross_sales: total, city: town}}
"""
FULL = """
  {name}:
    path: {name}.csv
    kind: {kind}
    delivery: full
    required: false
    columns: {{{columns}}}
"""
HISTORY = FULL.format(
    name="history", kind="orders", columns="order_id: order, email: email, ordered_at: at, gross_sales: total"
)
CRM = FULL.format(name="crm", kind="customers", columns="customer_record_id: id, email: email")
PRODUCTS = FULL.format(name="products", kind="products", columns="product_id: id, product_name: name")
RATES = FULL.format(name="rates", kind="fx_rates", columns="currency: currency, rate_date: day, rate: rate")
GONE = DAILY.format(name="gone", currency="GBP")
DAILY_SOURCES = (
    "few",
    "many",
    "empty",
    "cents",
    "one_customer",
    "columns",
    "silent",
    "future",
    "stray",
    "bad",
    "dollars",
)

KNOWN_BUYERS = [f"old{n}@example.org" for n in range(4)] + [
    f"{name}{FIRST.day}x{n}@example.org" for n in range(3) for name in (*DAILY_SOURCES, "gone")
]
"""Whom the CRM knows: some buyers of every source."""


def orders(name: str, day: dt.date, count: int = 10, **change: Callable[[int], str]) -> Iterator[Row]:
    """A daily file; `change` says how the values of a column come about."""
    make = {
        "order": lambda n: f"{name}-{day}-{n}",
        "email": lambda n: f"{name}{day.day}x{n}@example.org",
        "at": lambda n: f"{day} 10:{n % 60:02}:00",
        "total": lambda n: f"{20 + n}.00",
        "town": lambda n: "York",
        **change,
    }
    yield HEADER
    yield from (tuple(make[column](n) for column in HEADER) for n in range(count))


def history(*, is_whole: bool = True) -> Iterator[Row]:
    """Orders of all days; not whole, every fifth is gone."""
    yield HEADER
    for n in range(300):
        day = dt.date(2024, 1, 1) + dt.timedelta(days=n % 89)
        if is_whole or n % 5:
            yield (f"old-{n}", f"old{n}@example.org", f"{day} 09:00:00", "25.00", "York")


def numbered(header: Row, count: int, make: Callable[[int], Row]) -> Iterator[Row]:
    yield header
    yield from (make(n) for n in range(count))


def set_up(shop: Shop, as_of: dt.date, *more: str) -> None:
    daily = [DAILY.format(name=name, currency="USD" if name == "dollars" else "GBP") for name in DAILY_SOURCES]
    shop.set_up(HISTORY, CRM, PRODUCTS, RATES, *daily, *more, company=COMPANY.format(as_of=as_of))


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def quiet_shop(tmp_path_factory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("quiet"))
    set_up(shop, LAST, GONE)
    shop.deliver("history.csv", *history())
    shop.deliver("crm.csv", *numbered(("id", "email"), 40, lambda n: (f"c{n}", KNOWN_BUYERS[n])))
    shop.deliver("products.csv", *numbered(("id", "name"), 990, lambda n: (f"p{n}", f"tea {n}")))
    shop.deliver(
        "rates.csv", *numbered(("currency", "day", "rate"), 25, lambda n: ("USD", f"2024-03-{n + 1:02}", "0.8"))
    )
    for name in (*DAILY_SOURCES, "gone"):
        for n in range((LAST - FIRST).days + 1):
            day = FIRST + dt.timedelta(days=n)
            shop.deliver(f"{name}-{day}.csv", *orders(name, day))
    assert shop.run() == 0, shop.said
    return shop


@pytest.fixture(scope="module")
def faulty_shop(quiet_shop, tmp_path_factory) -> Shop:
    shop = quiet_shop.moved_to(tmp_path_factory.mktemp("faulty") / "shop")
    set_up(shop, TONIGHT)
    tonight: dict[str, Iterator[Row]] = {
        "few": orders("few", TONIGHT, 1),
        "many": orders("many", TONIGHT, 100),
        "empty": orders("empty", TONIGHT, email=lambda n: ""),
        "cents": orders("cents", TONIGHT, total=lambda n: f"{2000 + 100 * n}"),
        "one_customer": orders("one_customer", TONIGHT, email=lambda n: "till@example.org"),
        "future": orders("future", TONIGHT, at=lambda n: "2025-03-30 10:00:00" if n == 0 else f"{TONIGHT} 10:00:00"),
        "stray": orders("stray", TONIGHT, at=lambda n: "2001-01-01 10:00:00" if n == 0 else f"{TONIGHT} 10:00:00"),
        "bad": orders("bad", TONIGHT, total=lambda n: "ten" if n < 2 else "20.00"),
        "dollars": orders("dollars", TONIGHT),
    }
    for name, rows in tonight.items():
        shop.deliver(f"{name}-{TONIGHT}.csv", *rows)
    header, *rows = orders("columns", TONIGHT)
    shop.deliver(f"columns-{TONIGHT}.csv", (*header[:4], "city"), *rows)
    shop.deliver("crm.csv", *numbered(("id", "email"), 30, lambda n: (f"c{n}", KNOWN_BUYERS[n])))
    shop.deliver("products.csv", *numbered(("id", "name"), 1000, lambda n: (f"p{n}", f"tea {n}")))
    shop.deliver(
        "rates.csv", *numbered(("currency", "day", "rate"), 20, lambda n: ("USD", f"2024-03-{n + 1:02}", "0.8"))
    )
    shop.deliver("history.csv", *history(is_whole=False))
    assert shop.run() == 3, shop.said
    assert "--allow closed_month_fell=REASON" in shop.said
    assert shop.home.current_number() == 1
    assert shop.run("--allow", "closed_month_fell=planted") == 0, shop.said
    return shop


def test_an_ordinary_night_finds_nothing_odd(quiet_shop):
    assert quiet_shop.ask("select finding, source, sentence from meta.findings where severity <> 'info'") == []


@pytest.mark.parametrize(
    ("finding", "source"),
    [
        ("delivery_small", "few"),
        ("delivery_large", "many"),
        ("empty_values_rose", "empty"),
        ("amounts_shifted", "cents"),
        ("customers_collapsed", "one_customer"),
        ("columns_appeared", "columns"),
        ("columns_vanished", "columns"),
        ("optional_column_missing", "columns"),
        ("source_gone", "gone"),
        ("source_silent", "silent"),
        ("rows_after_as_of", "future"),
        ("orders_before_history", None),
        ("records_quarantined", "bad"),
        ("rate_old", None),
        ("full_delivery_shrank", "crm"),
        ("full_delivery_shrank", "history"),
        ("export_limit", "products"),
        ("closed_month_fell", None),
    ],
)
def test_a_fault_is_found_in_the_night_in_which_it_comes(faulty_shop, finding, source):
    query = f"select source from meta.findings where finding = '{finding}' and first_seen_generation = 2"
    assert (source,) in faulty_shop.ask(query)


def test_the_night_finds_nothing_that_was_not_planted(faulty_shop):
    found = faulty_shop.ask("select distinct source from meta.findings where severity <> 'info' and source is not null")
    planted = {"few", "many", "empty", "cents", "one_customer", "columns", "gone", "silent", "future", "bad"}
    assert {source for (source,) in found} == planted | {"crm", "history", "products", "rates"}
