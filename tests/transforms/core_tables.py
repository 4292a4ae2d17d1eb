"""Core tables made by hand: what customers bought and gave back, as rows, as polars frames and as DuckDB relations."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
from hypothesis import strategies as st

from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.cohorts.customer_dimensions import customer_dimensions
from tests.transforms import subscription_tables

Row = dict[str, Any]
Tables = dict[str, Any]
Engine = Callable[[dict[str, pl.DataFrame]], Any]

UNKNOWN = "unknown"
WHOLE_BASE = Cohorts(dimensions=[])
MONEY = pl.Decimal(18, 4)
ORDER_SCHEMA = {
    "system": pl.String,
    "order_id": pl.String,
    "customer_idx": pl.Int32,
    "order_date": pl.Date,
    "gross_sales": MONEY,
    "discounts": MONEY,
    "is_countable": pl.Boolean,
    "is_first_order": pl.Boolean,
    "channel": pl.String,
    "store_id": pl.String,
}
LINE_SCHEMA = {
    "system": pl.String,
    "order_id": pl.String,
    "customer_idx": pl.Int32,
    "order_date": pl.Date,
    "product_id": pl.String,
    "category": pl.String,
    "gross_sales": MONEY,
    "is_first_order": pl.Boolean,
}
PRODUCT_SCHEMA = {"system": pl.String, "product_id": pl.String, "product_name": pl.String, "category": pl.String}
REFUND_SCHEMA = {
    "refund_id": pl.String,
    "customer_idx": pl.Int32,
    "refund_date": pl.Date,
    "amount": MONEY,
    "goods": MONEY,
    "shipping": MONEY,
    "tax": MONEY,
    "is_countable": pl.Boolean,
}
CUSTOMER_SCHEMA = {
    "customer_id": pl.String,
    "customer_idx": pl.Int32,
    "country": pl.String,
    "customer_type": pl.String,
    "acquisition_channel": pl.String,
    "acquisition_cost": MONEY,
    "owner": pl.String,
}
FIRST_DAY, LAST_DAY = dt.date(2020, 1, 1), dt.date(2026, 12, 31)


def order(name: str, day: str, gross_sales: str = "100", discounts: str = "0", *, countable: bool = True) -> Row:
    """An order of the customer `name`; `unknown` is the unknown customer."""
    return {
        "name": name,
        "order_date": dt.date.fromisoformat(day),
        "gross_sales": Decimal(gross_sales),
        "discounts": Decimal(discounts),
        "is_countable": countable,
    }


def refund(
    name: str,
    day: str,
    goods: str = "100",
    shipping: str = "0",
    tax: str = "0",
    other: str = "0",
    *,
    countable: bool = True,
) -> Row:
    """A refund to the customer `name`."""
    parts = {"goods": Decimal(goods), "shipping": Decimal(shipping), "tax": Decimal(tax)}
    return {
        "name": name,
        "refund_date": dt.date.fromisoformat(day),
        "amount": sum(parts.values(), Decimal(other)),
        **parts,
        "is_countable": countable,
    }


def paid(name: str, start: str, until: str | None = None, amount: str = "10", subscription: int = 1) -> Row:
    """A period of a subscription of the customer `name`."""
    return {"name": name, **subscription_tables.period(0, start, until, amount, subscription=f"{name} {subscription}")}


def core(*rows: Row) -> dict[str, pl.DataFrame]:
    """`orders`, `refunds`, `subscriptions`, `customers` and `calendar`.

    A customer's id is the name, numbered in order of appearance.
    """
    names = list(dict.fromkeys([UNKNOWN, *(row["name"] for row in rows)]))
    numbered = [row | {"customer_idx": names.index(row["name"])} for row in rows]
    orders = [row for row in numbered if "order_date" in row]
    refunds = [row for row in numbered if "refund_date" in row]
    return {
        "orders": pl.DataFrame(mark_first_orders(orders), schema=ORDER_SCHEMA),
        "refunds": pl.DataFrame(
            [row | {"refund_id": f"r{number}"} for number, row in enumerate(refunds)], schema=REFUND_SCHEMA
        ),
        "subscriptions": subscription_tables.table(*(row for row in numbered if "active_from" in row)),
        "customers": pl.DataFrame(
            [{"customer_id": name, "customer_idx": idx} for idx, name in enumerate(names)], schema=CUSTOMER_SCHEMA
        ),
        "calendar": CALENDAR,
    }


def dimensions_of(
    tables: dict[str, pl.DataFrame], as_of: dt.date, lapse_days: int = 365, **columns: pl.Expr
) -> pl.DataFrame:
    """`marts.customer_dimensions` of the tables; with columns of its customers set, such as `country=pl.lit("DE")`."""
    lines, products = tables.get("order_lines"), tables.get("products")
    return customer_dimensions(
        tables["orders"],
        pl.DataFrame(schema=LINE_SCHEMA) if lines is None else lines,
        pl.DataFrame(schema=PRODUCT_SCHEMA) if products is None else products,
        tables["subscriptions"],
        tables["customers"].with_columns(**columns),
        as_of=as_of,
        lapse_days=lapse_days,
    )


def mark_first_orders(orders: list[Row]) -> list[Row]:
    """The orders with `system`, `order_id` and `is_first_order`, as `core.orders` has them."""
    numbered = [row | {"system": "shop", "order_id": f"o{number:04}"} for number, row in enumerate(orders)]
    seen = {0}
    firsts = set()
    for row in sorted(numbered, key=lambda row: (row["order_date"], row["order_id"])):
        if row["is_countable"] and row["customer_idx"] not in seen:
            seen.add(row["customer_idx"])
            firsts.add(row["order_id"])
    return [row | {"is_first_order": row["order_id"] in firsts} for row in numbered]


def calendar(first: dt.date, last: dt.date, fiscal_year_starts: int = 1) -> pl.DataFrame:
    """`core.calendar`, the columns that the scans use."""
    day = pl.col("day")
    months = day.dt.year() * 12 + day.dt.month().cast(pl.Int32) - fiscal_year_starts
    ended = day.dt.month() >= fiscal_year_starts if fiscal_year_starts > 1 else pl.lit(False)
    fiscal_month = months % 12
    return pl.DataFrame({"day": pl.date_range(first, last, eager=True)}).with_columns(
        day_idx=day.cast(pl.Int32),
        week_idx=(day.cast(pl.Int32) + 3) // 7,
        week_start=day.dt.truncate("1w"),
        month_idx=day.dt.year() * 12 + day.dt.month().cast(pl.Int32) - 1,
        month=day.dt.month_start(),
        quarter_idx=day.dt.year() * 4 + day.dt.quarter().cast(pl.Int32) - 1,
        year=day.dt.year(),
        fiscal_year=day.dt.year() + ended.cast(pl.Int32),
        fiscal_year_start=day.dt.month_start().dt.offset_by(pl.format("-{}mo", fiscal_month)),
        fiscal_quarter_start=day.dt.month_start().dt.offset_by(pl.format("-{}mo", fiscal_month % 3)),
        fiscal_quarter_idx=(day.dt.year() + ended.cast(pl.Int32)) * 4 + fiscal_month // 3,
    )


CALENDAR = calendar(FIRST_DAY, LAST_DAY)


@contextmanager
def in_polars(tables: dict[str, pl.DataFrame]) -> Iterator[Tables]:
    """The tables as lazy frames."""
    yield {name: frame.lazy() for name, frame in tables.items()}


@contextmanager
def in_duckdb(tables: dict[str, pl.DataFrame]) -> Iterator[Tables]:
    """The tables as relations of one DuckDB connection."""
    with duckdb.connect(config={"threads": 1}) as con:
        for name, frame in tables.items():
            con.register(f"{name}_of_test", frame.to_arrow())
        yield {name: con.sql(f"select * from {name}_of_test") for name in tables}


ENGINES: dict[str, Engine] = {"polars": in_polars, "duckdb": in_duckdb}

BEGINNING = dt.date(2022, 11, 1)
DAYS_DRAWN = 1100  # to November 2025: two year ends and the leap day of 2024


def _days() -> st.SearchStrategy[dt.date]:
    return st.integers(0, DAYS_DRAWN).map(lambda days: BEGINNING + dt.timedelta(days=days))


def _money(most: int) -> st.SearchStrategy[Decimal]:
    return st.integers(1, most * 10_000).map(lambda units: Decimal(units).scaleb(-4))


def _order_rows() -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {
            "customer_idx": st.integers(0, 6),
            "order_date": _days(),
            "gross_sales": _money(200),
            "discounts": st.sampled_from([Decimal(0), Decimal("0.0015"), Decimal(5)]),
            "is_countable": st.sampled_from([True, True, True, False]),
            "channel": st.sampled_from(["web", "shop", None]),
        }
    )


def _refund_rows() -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries(
        {
            "customer_idx": st.integers(0, 7),
            "refund_date": _days(),
            "amount": _money(150),
            "goods": _money(150),
            "shipping": _money(20),
            "tax": _money(20),
            "is_countable": st.sampled_from([True, True, True, False]),
        },
    )


def companies(most_orders: int = 40) -> st.SearchStrategy[tuple[list[Row], list[Row], dt.date]]:
    """Orders, refunds and the last day that counts, of a company with up to six customers and the unknown one."""
    return st.tuples(
        st.lists(_order_rows(), max_size=most_orders).map(mark_first_orders),
        st.lists(_refund_rows(), max_size=8),
        st.one_of(_days(), st.sampled_from([dt.date(2024, 2, 29), dt.date(2024, 12, 31), dt.date(2025, 11, 30)])),
    )


TYPES = ("home", "office", None)
COSTS = (None, Decimal(0), Decimal(30), Decimal("120.5"), None, Decimal(300), Decimal(70), None, None, None)
"""Type and acquisition cost of the drawn customers, by their number."""


def frames(orders: list[Row], refunds: list[Row], periods: Sequence[Row] = ()) -> dict[str, pl.DataFrame]:
    """The drawn rows as tables; every customer has the id `c<idx>`."""
    numbered = [row | {"refund_id": f"r{number}"} for number, row in enumerate(refunds)]
    return {
        "orders": pl.DataFrame(orders, schema=ORDER_SCHEMA),
        "refunds": pl.DataFrame(numbered, schema=REFUND_SCHEMA),
        "subscriptions": subscription_tables.table(*periods),
        "customers": pl.DataFrame(
            [
                {
                    "customer_id": f"c{idx}",
                    "customer_idx": idx,
                    "customer_type": TYPES[idx % 3],
                    "acquisition_cost": cost,
                }
                for idx, cost in zip(range(10), COSTS, strict=True)
            ],
            schema=CUSTOMER_SCHEMA,
        ),
        "calendar": CALENDAR,
    }
