"""The sound exports of a small company, and what each attack changes about them.

Put here: the sound files, the settings, the shape of an attack. Keep out: the attacks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Night = Mapping[str, bytes | str | None]
ORDERS = 24
SALES = 552.0
COUNTS = "count(*) filter (is_countable)"
ORDER_COUNT = f"select {COUNTS} from core.orders"
SALES_TOTAL = "select coalesce(sum(gross_sales) filter (is_countable), 0)::double from core.orders"
REFUNDED = "select coalesce(sum(goods), 0)::double from core.refunds"
BUYERS = "select count(distinct customer_idx) from core.orders where customer_idx > 0"
CUSTOMERS = "select count(*) from core.customers where customer_idx > 0"
MARCH = "select coalesce(sum(gross_sales), 0)::double from core.orders where order_date >= '2026-03-01'"
CITY = """
    select max(city)
    from core.customers
    join core.customer_source_ids using (customer_id)
    where source_record_id = 'c1'
"""
LINKED = """
    select count(*)
    from core.orders
    join core.customers using (customer_id)
    where customers.city is not null
"""
PROMOTERS = "select count(*) filter (nps_group = 'promoter' and customer_id is not null) from core.survey_responses"
DISCOUNTS = "select coalesce(sum(discounts), 0)::double from core.orders"
QUESTIONS: Mapping[str, str] = {
    "orders": ORDER_COUNT,
    "sales": SALES_TOTAL,
    "buyers": BUYERS,
    "customers": CUSTOMERS,
    "march": MARCH,
    "refunded": REFUNDED,
    "city": CITY,
    "linked": LINKED,
    "promoters": PROMOTERS,
    "discounts": DISCOUNTS,
}
"""Name of a question -> SQL of one value."""
Row = list[str]


def order(number: int) -> Row:
    """The `number`th order, from 1: id, moment, total, customer, address."""
    month, day = divmod(3 * (number - 1) + 4, 28)
    who = (number - 1) % 8 + 1
    return [
        f"{1000 + number}",
        f"2026-{month + 1:02}-{day + 1:02} 10:{number:02}:00",
        f"{10.5 + number:.2f}",
        f"c{who}",
        f"p{who}@example.org",
    ]


def order_rows(first: int = 1, last: int = ORDERS) -> list[Row]:
    """The sound orders from one number to another."""
    return [order(number) for number in range(first, last + 1)]


CITIES = ("Berlin", "Hamburg", "Köln", "München", "Bremen", "Essen", "Dortmund", "Leipzig")


def customer_rows() -> list[Row]:
    """The sound customers: id, address, city."""
    return [[f"c{number}", f"p{number}@example.org", CITIES[number - 1]] for number in range(1, 9)]


def text(header: str, rows: Sequence[Row], delimiter: str = ",", end: str = "\n") -> str:
    """A CSV file as text; nothing is quoted."""
    return end.join([header.replace(",", delimiter), *(delimiter.join(row) for row in rows)]) + end


ORDER_HEAD, CUSTOMER_HEAD = "id,at,total,customer,mail", "id,mail,city"


def orders(
    change: Callable[[int, Row], Row] | None = None, rows: list[Row] | None = None, head: str = ORDER_HEAD
) -> str:
    """`orders.csv`, each row changed: `change` gets its number from 1 and the sound row."""
    sound = order_rows() if rows is None else rows
    return text(head, [change(n, row) for n, row in enumerate(sound, 1)] if change else sound)


def customers(
    change: Callable[[int, Row], Row] | None = None, rows: list[Row] | None = None, head: str = CUSTOMER_HEAD
) -> str:
    """`crm.csv`, likewise."""
    sound = customer_rows() if rows is None else rows
    return text(head, [change(n, row) for n, row in enumerate(sound, 1)] if change else sound)


def put(row: Row, place: int, value: str) -> Row:
    """The row with another value at a place."""
    return [*row[:place], value, *row[place + 1 :]]


SETTINGS = """\
company: {{name: Shop, timezone: Europe/Berlin, currency: EUR}}
as_of: {as_of}
{top}
sources:
  crm:
    path: {crm_path}
    kind: customers
    columns: {{customer_record_id: id, email: mail, city: city{crm_columns}}}
{crm}
  shop:
    path: {path}
    kind: orders
    delivery: {delivery}
    columns: {{order_id: id, ordered_at: at, gross_sales: total, customer_record_id: customer,
      email: mail{system}{columns}}}
{shop}
{more}
"""
PLAIN = {
    "as_of": "2026-03-31",
    "top": "",
    "crm_path": "crm.csv",
    "crm_columns": "",
    "crm": "",
    "path": "orders*.csv",
    "delivery": "full",
    "columns": "",
    "system": ", customer_system: {value: crm}",
    "shop": "",
    "more": "",
}


def settings(**changes: str) -> str:
    """The settings with some parts replaced."""
    return SETTINGS.format(**{**PLAIN, **changes})


@dataclass(frozen=True)
class Attack:
    """One fault of a real export, and the outcomes that are right.

    Attributes:
        nights: The files that are delivered each night; sound files that the first night lacks are added.
        said: A name of a finding, or a part of a sentence; any of them makes the outcome one that is said.
        right: Name of a question -> value; where all hold, the outcome is right even if nothing is said. None: no
            number can be right, so that something must be said.
        code: The exit code when it is refused.
        changes: Parts of the settings, see `SETTINGS`.
    """

    nights: Sequence[Night]
    said: Sequence[str] = ()
    right: Mapping[str, object] | None = field(default_factory=lambda: {"orders": ORDERS, "sales": SALES, "buyers": 8})
    code: int = 0
    changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def deliveries(self) -> list[Night]:
        """The nights, with sound files in the first one."""
        first, *later = self.nights
        return [{"crm.csv": customers(), "orders.csv": orders(), **first}, *later]


def shop(content: bytes | str | None, *said: str, **rest: Any) -> Attack:
    """A fault in `orders.csv`; `rest` are `right` and `code`, and parts of the settings."""
    return _attack([{"orders.csv": content}], said, rest)


def crm(content: bytes | str, *said: str, **rest: Any) -> Attack:
    """A fault in `crm.csv`."""
    return _attack([{"crm.csv": content}], said, rest)


def nights(*nights: Night, said: Sequence[str] = (), **rest: Any) -> Attack:
    """Faults in several files or nights."""
    return _attack(nights, said, rest)


def _attack(nights: Sequence[Night], said: Sequence[str], rest: dict[str, Any]) -> Attack:
    known = {name: rest.pop(name) for name in ("right", "code") if name in rest}
    return Attack(nights, tuple(said), changes=rest, **known)
