"""Companies whose customers behave exactly as a model says, or exactly as regularly as a clock."""

import datetime as dt

import numpy as np
import polars as pl

from tests.transforms import subscription_tables
from tests.transforms.core_tables import CALENDAR, MONEY, REFUND_SCHEMA

FIRST_DAY = dt.date(2023, 1, 1)
AS_OF = dt.date(2025, 12, 31)
SPAN = (AS_OF - FIRST_DAY).days


def company(customer: list[int], day: list[int], amount: list[float]) -> dict[str, pl.DataFrame]:
    """`orders`, `refunds`, `subscriptions`, `customers` and `calendar` of purchases so many days after `FIRST_DAY`."""
    orders = pl.DataFrame(
        {
            "customer_idx": pl.Series(customer, dtype=pl.Int32),
            "order_date": [FIRST_DAY + dt.timedelta(days=int(each)) for each in day],
            "gross_sales": pl.Series(amount, dtype=pl.Float64).round(2).cast(MONEY),
        }
    ).with_columns(discounts=pl.lit(0).cast(MONEY), is_countable=pl.lit(True))
    customers = orders.select("customer_idx").unique(maintain_order=True)
    return {
        "orders": orders,
        "refunds": pl.DataFrame(schema=REFUND_SCHEMA),
        "subscriptions": subscription_tables.table(),
        "customers": customers.with_columns(
            customer_id=pl.col("customer_idx").cast(pl.String),
            customer_type=pl.lit(None, pl.String),
            acquisition_cost=pl.lit(None, pl.Decimal(18, 4)),
        ),
        "calendar": CALENDAR,
    }


def beta_geo_company(customers: int, seed: int = 1) -> dict[str, pl.DataFrame]:
    """Customers who come evenly over two years, buy by BG/NBD (0.6, 30 days, 0.8, 2.5) and spend by Gamma-Gamma."""
    rng = np.random.default_rng(seed)
    who, when, spent = [], [], []
    for customer in range(1, customers + 1):
        rate, dropout, scale = rng.gamma(0.6) / 30, rng.beta(0.8, 2.5), rng.gamma(4) / 15
        day = float(rng.integers(0, 730))
        while day <= SPAN:
            who.append(customer)
            when.append(int(day))
            spent.append(0.01 + rng.gamma(6) / scale)
            if len(who) > 1 and who[-2] == customer and rng.random() < dropout:
                break
            day += rng.exponential(1 / rate)
    return company(who, when, spent)


def clockwork_company(customers: int) -> dict[str, pl.DataFrame]:
    """Customers of whom each buys for 10 every so many days, from 30 to 60, since the first weeks."""
    bought = [
        (customer, day)
        for customer in range(1, customers + 1)
        for day in range(customer % 28, SPAN + 1, 30 + customer % 31)
    ]
    return company([who for who, _ in bought], [day for _, day in bought], [10.0] * len(bought))
