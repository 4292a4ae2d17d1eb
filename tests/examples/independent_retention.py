"""Cohorts, churn, concentration, new and returning: computed again from dated purchases, one customer at a time.

Put here: the definitions, written as slowly and plainly as they read. Keep out: files, and anything imported from the
pipeline: what is compared must not be computed twice by the same code.
"""

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from tests.examples.independent_calendar import month_end, month_of, months_after, months_between, months_from

ZERO = Decimal(0)


class Purchase(NamedTuple):
    """A countable order. In time, and of two in one moment the one with the lower number is first."""

    moment: dt.datetime
    number: str
    amount: Decimal

    @property
    def day(self) -> dt.date:
        return self.moment.date()


class Refund(NamedTuple):
    """Money given back on a day."""

    day: dt.date
    amount: Decimal


@dataclass
class History:
    """What one customer did."""

    orders: list[Purchase] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    @property
    def order_days(self) -> list[dt.date]:
        return sorted({order.day for order in self.orders})

    @property
    def net_sales(self) -> Decimal:
        return self.net_sales_between(dt.date.min, dt.date.max)

    def net_sales_between(self, first: dt.date, last: dt.date) -> Decimal:
        bought = sum((order.amount for order in self.orders if first <= order.day <= last), ZERO)
        return bought - sum((refund.amount for refund in self.refunds if first <= refund.day <= last), ZERO)

    def did_something_between(self, first: dt.date, last: dt.date) -> bool:
        return any(first <= each.day <= last for each in [*self.orders, *self.refunds])


Histories = Mapping[str, History]


@dataclass(frozen=True)
class CohortCell:
    cohort_size: int
    retained_customers: int
    order_count: int
    net_sales: Decimal
    is_complete: bool


def cohorts(histories: Histories, as_of: dt.date) -> dict[tuple[dt.date, int], CohortCell]:
    """(first month, months since) -> the cell, zeros included, up to the month of `as_of`.

    What was given back before the first order counts in period 0.
    """
    members: dict[dt.date, list[History]] = defaultdict(list)
    for history in histories.values():
        if history.orders:
            members[month_of(history.order_days[0])].append(history)
    cells = {}
    for start, people in members.items():
        for month in months_from(start, as_of):
            bought = [[order.amount for order in each.orders if month_of(order.day) == month] for each in people]
            returned = [
                refund.amount for each in people for refund in each.refunds if max(month_of(refund.day), start) == month
            ]
            cells[start, months_between(start, month)] = CohortCell(
                cohort_size=len(people),
                retained_customers=sum(1 for orders in bought if orders),
                order_count=sum(len(orders) for orders in bought),
                net_sales=sum((sum(orders, ZERO) for orders in bought), ZERO) - sum(returned, ZERO),
                is_complete=month_end(month) <= as_of,
            )
    return cells


@dataclass(frozen=True)
class ChurnMonth:
    """One month-end. `average` and `rate` are None until every one of the 13 month-ends has enough history."""

    churned_12m: int
    active: int
    new_in_month: int
    reactivated_in_month: int
    lapsed_in_month: int
    average: float | None
    rate: float | None


def churn(histories: Histories, first_day: dt.date, as_of: dt.date, lapse_days: int = 365) -> dict[dt.date, ChurnMonth]:
    """Month-end -> who lapsed in the 12 months to it and is still lapsed, and who is active, by orders up to it only.

    Args:
        histories: Every known customer.
        first_day: The day the data begins.
        as_of: Month-ends after it are left out.
        lapse_days: A customer is active on the day of an order and the `lapse_days` − 1 days after it.
    """
    days = [history.order_days for history in histories.values() if history.orders]
    ends = [month_end(month) for month in months_from(first_day, as_of)]
    active = {end: sum(_is_active(each, end, lapse_days) for each in days) for end in ends if end <= as_of}
    result = {}
    for end in active:
        thirteen = [month_end(months_after(month_of(end), -back)) for back in range(13)]
        year_before = thirteen[-1]
        churned = 0
        for each in days:
            last = _last_order(each, end)
            if last is not None and year_before < last + dt.timedelta(days=lapse_days) <= end:
                churned += 1
        known = year_before - dt.timedelta(days=lapse_days - 1) >= first_day
        average = sum(active[each] for each in thirteen) / 13 if known else None
        result[end] = ChurnMonth(
            churned_12m=churned,
            active=active[end],
            new_in_month=sum(month_of(each[0]) == month_of(end) for each in days),
            lapsed_in_month=sum(_lapsed_in(each, month_of(end), end, lapse_days) for each in days),
            reactivated_in_month=sum(_came_back_in(each, month_of(end), end, lapse_days) for each in days),
            average=average,
            rate=churned / average if average else None,
        )
    return result


def _last_order(days: list[dt.date], end: dt.date) -> dt.date | None:
    at = bisect_right(days, end)
    return days[at - 1] if at else None


def _is_active(days: list[dt.date], end: dt.date, lapse_days: int) -> bool:
    last = _last_order(days, end)
    return last is not None and (end - last).days < lapse_days


def _came_back_in(days: list[dt.date], first: dt.date, last: dt.date, lapse_days: int) -> bool:
    """Whether the customer, lapsed the evening before, ordered on some day from `first` to `last`."""
    return any(first <= day <= last and (day - before).days > lapse_days for before, day in pairwise(days))


def _lapsed_in(days: list[dt.date], first: dt.date, last: dt.date, lapse_days: int) -> bool:
    """Whether on some day from `first` to `last` the customer was active no longer, for the first time since buying."""
    for day, following in pairwise([*days, dt.date.max]):
        lapses = day + dt.timedelta(days=lapse_days)
        if first <= lapses <= last and lapses < following:
            return True
    return False


@dataclass
class MonthOfSales:
    """Who bought in one month: for the first time in all history, or again."""

    new_customers: int = 0
    new_sales: Decimal = ZERO
    returning_customers: set[str] = field(default_factory=set)
    returning_orders: int = 0
    returning_sales: Decimal = ZERO


def new_and_returning(histories: Histories) -> dict[dt.date, MonthOfSales]:
    """Month -> first orders and later ones; months without any are left out."""
    months: dict[dt.date, MonthOfSales] = defaultdict(MonthOfSales)
    for customer, history in histories.items():
        for position, order in enumerate(sorted(history.orders)):
            month = months[month_of(order.day)]
            if position == 0:
                month.new_customers += 1
                month.new_sales += order.amount
            else:
                month.returning_customers.add(customer)
                month.returning_orders += 1
                month.returning_sales += order.amount
    return months


@dataclass(frozen=True)
class Concentration:
    """How much of the net sales of some days hangs on the largest customers; shares lie between 0 and 1."""

    customers: int
    net_sales: Decimal
    customers_without_sales: int
    net_sales_below_zero: Decimal
    top: dict[int, Decimal]
    largest: Decimal
    hhi: Decimal
    gini: Decimal


def concentration(histories: Histories, first: dt.date, last: dt.date) -> Concentration:
    """Customers who gave back as much as they bought, or more, count as 0 in the shares."""
    brought = sorted(
        (each.net_sales_between(first, last) for each in histories.values() if each.did_something_between(first, last)),
        reverse=True,
    )
    ranked = [max(value, ZERO) for value in brought]
    whole, count = sum(ranked, ZERO), len(ranked)
    # Gini: half the mean difference of two customers, as a share of the mean; of sorted values one sum is enough
    weighted = sum(((count + 1 - 2 * rank) * value for rank, value in enumerate(ranked, start=1)), ZERO)
    return Concentration(
        customers=count,
        net_sales=whole,
        customers_without_sales=sum(value <= 0 for value in brought),
        net_sales_below_zero=sum(brought, ZERO) - whole,
        top={percent: sum(ranked[: -(-count * percent // 100)], ZERO) / whole for percent in (1, 5, 10, 20)},
        largest=ranked[0] / whole,
        hhi=sum(((value / whole) ** 2 for value in ranked), ZERO),
        gini=weighted / count / whole,
    )


@dataclass(frozen=True)
class SimpleValue:
    years_observed: float
    expected_years: float
    value: float


def simple_value(
    history: History, as_of: dt.date, churn_rate: float | None, lapse_days: int = 365, cap: float = 10.0
) -> SimpleValue:
    """Average annual value × expected lifetime, where nobody knows what winning the customer cost."""
    first, last = history.order_days[0], history.order_days[-1]
    lapses = last + dt.timedelta(days=lapse_days)
    observed = (min(as_of, lapses) - first).days / 365.25
    expected = observed
    if lapses > as_of and churn_rate is not None:
        expected = max(observed, min(cap, observed + (1 / churn_rate if churn_rate else cap)))
    return SimpleValue(observed, expected, float(history.net_sales) / max(1.0, observed) * expected)
