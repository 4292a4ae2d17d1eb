"""A shop with sixty days of daily files, on top of which a night's faults are planted.

Orders, their lines, refunds and survey answers come as a file a day; customers, products and exchange rates as one file
that grows. Customers buy again and again, in two currencies, less on Sundays.
"""

import csv
import datetime as dt
import os
import random
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Row = Sequence[str]

TONIGHT = dt.date(2026, 5, 20)
DAYS = 60
HISTORY = 150
"""Days of orders in one file before the daily ones."""
ORDERS_A_DAY = 50
SETTINGS = """
company: {{name: Watched Shop, timezone: Europe/Berlin, currency: EUR}}
as_of: {day}
sources:
  crm:
    path: crm.csv
    kind: customers
    columns: {{customer_record_id: id, email: email, city: town, country: country}}
  {orders}:
    path: orders-*.csv
    kind: orders
    delivery: incremental
    max_quarantined: 0.3
    timezone: Europe/Berlin
    columns:
      order_id: order
      customer_record_id: customer
      customer_system: {{value: crm}}
      email: email
      ordered_at: at
      gross_sales: total
      currency: currency
      city: town
      channel: channel
  lines:
    system: shop
    path: lines-*.csv
    kind: order_lines
    delivery: incremental
    columns: {{order_id: order, ordered_at: at, product_id: product, quantity: quantity, unit_price: price,
      currency: currency}}
  refunds:
    system: shop
    path: refunds-*.csv
    kind: refunds
    delivery: incremental
    columns: {{refund_id: id, order_id: order, refunded_at: at, amount: total, currency: currency}}
  survey:
    path: survey-*.csv
    kind: survey_responses
    delivery: append
    columns: {{response_id: id, survey_type: {{value: nps}}, scale_min: {{value: "0"}}, scale_max: {{value: "10"}},
      score: score, answered_at: at, email: email}}
  products:
    path: products.csv
    kind: products
    columns: {{product_id: id, product_name: name}}
  rates:
    path: rates.csv
    kind: fx_rates
    columns: {{currency: currency, rate_date: day, rate: rate}}
"""
HEADERS = {
    "crm": ("id", "email", "town", "country"),
    "orders": ("order", "customer", "email", "at", "total", "currency", "town", "channel"),
    "lines": ("order", "at", "product", "quantity", "price", "currency"),
    "refunds": ("id", "order", "at", "total", "currency"),
    "survey": ("id", "score", "at", "email"),
    "products": ("id", "name"),
    "rates": ("currency", "day", "rate"),
}


@dataclass
class WatchedShop:
    """The shop in `folder`. A test changes `rows` of the night before it is written.

    Attributes:
        folder: Where its settings and files go.
        rows: Source -> the rows of the next file.
        sold: Every order so far.
    """

    folder: Path
    rows: dict[str, list[list[str]]] = field(default_factory=dict)
    sold: list[list[str]] = field(default_factory=list)
    customers: int = 800
    draw: random.Random = field(default_factory=lambda: random.Random(7))

    def copy_to(self, folder: Path) -> "WatchedShop":
        """A copy with its home, to plant something into."""
        shutil.copytree(self.folder, folder, symlinks=True)
        draw = random.Random(8)
        return WatchedShop(folder, {}, [list(row) for row in self.sold], self.customers, draw)

    def write_past(self, until: dt.date) -> None:
        """Write a file with the history, and daily files up to a day."""
        first = until - dt.timedelta(days=DAYS - 1)
        self.rows = {name: [] for name in HEADERS}
        for ago in range(HISTORY, 0, -1):
            self.add_day(first - dt.timedelta(days=ago))
        self.write_daily(first - dt.timedelta(days=1))
        for number in range(DAYS):
            self.live_through(first + dt.timedelta(days=number))

    def live_through(self, day: dt.date) -> None:
        """Make a day happen and write its files."""
        self.make_day(day)
        self.write_night(day)

    def make_day(self, day: dt.date) -> None:
        """Make the rows of a day, without writing them."""
        self.rows = {name: [] for name in HEADERS}
        self.add_day(day)
        self.customers += 3
        self.rows["crm"] = [[f"c{n}", f"c{n}@example.org", "Bonn", "Germany"] for n in range(self.customers)]
        self.rows["products"] = [[f"p{n}", f"tea {n}"] for n in range(90)]
        self.rows["rates"] = [
            ["CHF", f"{day - dt.timedelta(days=ago)}", f"{0.94 + ago % 5 / 1000:.4f}"] for ago in range(240)
        ]

    def add_day(self, day: dt.date) -> None:
        """Add what happened on a day to the rows of the daily files."""
        usual = ORDERS_A_DAY * (0.4 if day.weekday() == 6 else 1.0)
        for _ in range(round(self.draw.gauss(usual, usual**0.5))):
            self.add_order(day)
        for number in range(self.draw.randint(1, 4)):
            order = self.draw.choice(self.sold[-600:])
            self.rows["refunds"].append([f"r{day}-{number}", order[0], f"{day} 16:00:00", "4.00", order[5]])
        for number in range(self.draw.randint(8, 14)):
            score = str(self.draw.choice((0, 4, 6, 7, 8, 9, 9, 10, 10, 10)))
            email = f"c{self.draw.randrange(self.customers)}@example.org"
            self.rows["survey"].append([f"a{day}-{number}", score, f"{day} 18:00:00", email])

    def add_order(self, day: dt.date, **change: str) -> None:
        """Add an order with its lines; `change` gives values of its own."""
        number, customer = len(self.sold), f"c{self.draw.randrange(self.customers)}"
        quantity, price = self.draw.randint(1, 3), round(self.draw.lognormvariate(2.8, 0.6), 2)
        order = {
            "order": f"o{number}",
            "customer": customer,
            "email": f"{customer}@example.org",
            "at": f"{day} {self.draw.choice((9, 11, 12, 13, 17, 19, 20, 21)):02}:{self.draw.randrange(60):02}:00",
            "total": f"{quantity * price:.2f}",
            "currency": "CHF" if self.draw.random() < 0.15 else "EUR",
            "town": self.draw.choice(("Bonn", "Ulm", "Hof")),
            "channel": self.draw.choice(("web", "shop")),
        } | change
        row = [order[name] for name in HEADERS["orders"]]
        self.sold.append(row)
        self.rows["orders"].append(row)
        product = f"p{self.draw.randrange(90)}"
        self.rows["lines"].append(
            [order["order"], order["at"], product, str(quantity), f"{price:.2f}", order["currency"]]
        )

    def write_night(self, day: dt.date, orders: str = "shop") -> None:
        """Write the settings and the files of a night."""
        self.write_daily(day)
        for name in ("crm", "products", "rates"):
            self.write(f"{name}.csv", name, self.rows[name], day)
        self.set_up(day, orders)

    def write_daily(self, day: dt.date) -> None:
        """Write the files of a day; a source without rows writes none."""
        for name in ("orders", "lines", "refunds", "survey"):
            if self.rows[name]:
                self.write(f"{name}-{day}.csv", name, self.rows[name], day)

    def set_up(self, day: dt.date, orders: str = "shop") -> None:
        """Write the settings."""
        (self.folder / "regulars.yaml").write_text(SETTINGS.format(day=day, orders=orders), encoding="utf-8")

    def write(self, name: str, source: str, rows: Iterable[Row], day: dt.date) -> None:
        """Write a file that was last changed on the evening of a day."""
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([HEADERS[source], *rows])
        moment = dt.datetime(day.year, day.month, day.day, 22, tzinfo=dt.UTC).timestamp()
        os.utime(path, (moment, moment))

    def change(self, source: str, column: str, make: "object") -> None:
        """Change a column of the night's rows of a source."""
        place = HEADERS[source].index(column)
        for row in self.rows[source]:
            row[place] = make(row[place])  # type: ignore[operator]
