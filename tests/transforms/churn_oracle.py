"""Churn, lost and returned customers, recomputed naively day by day: what the marts must agree with."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal

from tests.transforms.oracle import DAY, Row, countable, end_of_month, months_before, purchase_days, until
from tests.transforms.subscription_tables import walk_days


def active_days(orders: list[Row], periods: list[Row], as_of: dt.date, lapse_days: int) -> dict[int, set[dt.date]]:
    """{known customer: days up to as_of with an order in the lapse_days that end with them, or a subscription}."""
    found: dict[int, set[dt.date]] = defaultdict(set)
    for idx, days in purchase_days(orders, as_of).items():
        found[idx] |= {day + after * DAY for day in days for after in range(lapse_days)}
    for day, state in walk_days(periods, as_of):
        for who, _ in state:
            if isinstance(who, int):
                found[who].add(day)
    return {idx: {day for day in days if day <= as_of} for idx, days in sorted(found.items())}


def lapses(days: set[dt.date], as_of: dt.date) -> list[dt.date]:
    """The days on which a customer is no longer active."""
    return sorted(day + DAY for day in days if day + DAY not in days and day < as_of)


def returns(days: set[dt.date]) -> list[dt.date]:
    """The days on which a customer is active again, without the very first."""
    return sorted(day for day in days if day - DAY not in days)[1:]


def find_end(rate: float | None, n: float, sign: int) -> float | None:
    """An end of the interval: the root p of n (p - rate)² = z² p (1 - p)."""
    if rate is None or rate > 1:
        return None
    z2 = 1.959963984540054**2
    half = (z2 * (z2 + 4 * n * rate * (1 - rate))) ** 0.5
    return min(1.0, max(0.0, (2 * n * rate + z2 + sign * half) / (2 * (n + z2))))


def churn(
    orders: list[Row], periods: list[Row], as_of: dt.date, lapse_days: int, chosen: set[int] | None = None
) -> list[Row]:
    """Of the whole base, or of the chosen customers only; the history is the whole base's."""
    everybody = active_days(orders, periods, as_of, lapse_days)
    customers = [days for idx, days in everybody.items() if chosen is None or idx in chosen]
    if not customers:
        return []
    bought = purchase_days(orders, as_of).values()
    first_day = min(min(days) for days in everybody.values())
    begin = min((days[0] for days in bought), default=first_day)
    rows = []
    end = end_of_month(first_day)
    while end <= as_of:
        churned = 0
        for days in customers:
            last_lapse = max((day for day in lapses(days, as_of) if day <= end), default=dt.date.min)
            churned += end not in days and months_before(end, 12) < last_lapse
        month_ends = [months_before(end, back) for back in range(13)]
        average = sum(at in days for days in customers for at in month_ends) / 13
        has_history = all(begin <= at - (lapse_days - 1) * DAY for at in month_ends)
        start = end.replace(day=1)
        stayed = [end in days for days in customers if month_ends[-1] in days]
        gone = stayed.count(False)
        gone_rate = gone / len(stayed) if has_history and stayed else None
        rate = churned / average if has_history and average else None
        rows.append(
            {
                "month_end": end,
                "churned_customers_12m": churned,
                "average_customers_12m": average if has_history else None,
                "churn_rate_12m": rate,
                "churn_rate_12m_low": find_end(rate, average, -1),
                "churn_rate_12m_high": find_end(rate, average, 1),
                "active_a_year_ago": len(stayed) if has_history else None,
                "gone_of_active_a_year_ago": gone if has_history else None,
                "gone_rate_12m": gone_rate,
                "gone_rate_12m_low": find_end(gone_rate, len(stayed), -1),
                "gone_rate_12m_high": find_end(gone_rate, len(stayed), 1),
                "customers_to_date": sum(min(days) <= end for days in customers),
                "active_customers": sum(end in days for days in customers),
                "still_lapsed_customers": sum(min(days) <= end and end not in days for days in customers),
                "newly_active_customers": sum(start <= min(days) <= end for days in customers),
                "reactivated_customers": sum(start <= day <= end for days in customers for day in returns(days)),
                "lapsed_in_month": sum(start <= day <= end for days in customers for day in lapses(days, as_of)),
                "is_complete": has_history and average > 0,
            }
        )
        end = end_of_month(end + DAY)
    return rows


def churned_customers(
    orders: list[Row], refunds: list[Row], periods: list[Row], as_of: dt.date, lapse_days: int
) -> list[Row]:
    rows = []
    bought = purchase_days(orders, as_of)
    for idx, active in active_days(orders, periods, as_of, lapse_days).items():
        if as_of in active:
            continue
        days = bought.get(idx)
        mine = [row for row in countable(orders, as_of) if row["customer_idx"] == idx]
        back = [row for row in until(refunds, as_of) if row["customer_idx"] == idx]
        begins = days[-1] - 364 * DAY if days else dt.date.min
        rows.append(
            {
                "customer_idx": idx,
                "first_order_date": days[0] if days else None,
                "last_order_date": days[-1] if days else None,
                "lapsed_on": lapses(active, as_of)[-1],
                "order_count": len(mine),
                "net_sales_to_date": sum(row["gross_sales"] - row["discounts"] for row in mine)
                - sum(row["goods"] for row in back),
                "net_sales_last_active_year": sum(
                    row["gross_sales"] - row["discounts"] for row in mine if row["order_date"] >= begins
                )
                - sum(row["goods"] for row in back if row["refund_date"] >= begins),
            }
        )
    return sorted(rows, key=lambda row: row["customer_idx"])


def reactivated_customers(
    orders: list[Row], refunds: list[Row], periods: list[Row], as_of: dt.date, lapse_days: int
) -> list[Row]:
    rows = []
    for idx, days in active_days(orders, periods, as_of, lapse_days).items():
        came_back = returns(days)
        for number, day in enumerate(came_back):
            lapsed_on = max(each for each in lapses(days, as_of) if each < day)
            is_last = number + 1 == len(came_back)
            until_day = dt.date.max if is_last else came_back[number + 1]
            mine = [
                row
                for row in countable(orders, as_of)
                if row["customer_idx"] == idx and day <= row["order_date"] < until_day
            ]
            back = [
                row
                for row in until(refunds, as_of)
                if row["customer_idx"] == idx and day <= row["refund_date"] < until_day
            ]
            rows.append(
                {
                    "customer_idx": idx,
                    "returned_on": day,
                    "lapsed_on": lapsed_on,
                    "days_lapsed": (day - lapsed_on).days,
                    "order_count_since": len(mine),
                    "net_sales_since": sum((row["gross_sales"] - row["discounts"] for row in mine), Decimal(0))
                    - sum((row["goods"] for row in back), Decimal(0)),
                    "has_stayed": is_last and as_of in days,
                }
            )
    return sorted(rows, key=lambda row: (row["customer_idx"], row["returned_on"]))
