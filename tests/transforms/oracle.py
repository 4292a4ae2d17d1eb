"""The marts once more, as slowly and plainly as their definitions read: loops over rows and days, no frames.

What the transforms return is compared with this, on drawn companies and both engines. Keep it naive: whoever makes it
clever makes two places where the same mistake can hide.
"""

import calendar
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import median, stdev
from typing import Any

Row = dict[str, Any]
DAY = dt.timedelta(days=1)


def countable(orders: list[Row], as_of: dt.date) -> list[Row]:
    return [row for row in orders if row["is_countable"] and row["order_date"] <= as_of]


def until(refunds: list[Row], as_of: dt.date) -> list[Row]:
    return [row for row in refunds if row["is_countable"] and row["refund_date"] <= as_of]


def end_of_month(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def months_before(day: dt.date, months: int) -> dt.date:
    """The month-end so many months before a month-end."""
    number = day.year * 12 + day.month - 1 - months
    return end_of_month(dt.date(number // 12, number % 12 + 1, 1))


def year_before(day: dt.date) -> dt.date:
    if day == end_of_month(day):
        return months_before(day, 12)
    return day.replace(year=day.year - 1)


def period(day: dt.date, grain: str, fiscal_year_starts: int = 1) -> tuple[dt.date, dt.date]:
    """First and last day of the period that a day lies in."""
    if grain == "week":
        monday = day - dt.timedelta(days=day.weekday())
        return monday, monday + dt.timedelta(days=6)
    first, months = day.replace(day=1), {"month": 1, "quarter": 3, "year": 12}[grain]
    while (first.month - fiscal_year_starts) % months:
        first = (first - DAY).replace(day=1)
    last = end_of_month(first)
    for _ in range(months - 1):
        last = end_of_month(last + DAY)
    return first, last


def purchases_by(keys: Any, orders: list[Row], refunds: list[Row], as_of: dt.date) -> dict[Any, Row]:
    """{key: sums}; `keys(customer_idx, day)` says which key a row adds to."""
    found: dict[Any, Row] = defaultdict(
        lambda: {"order_count": 0, "gross_sales": 0, "discounts": 0, "refunds": 0, "net_sales": 0}
    )
    for row in countable(orders, as_of):
        sums = found[keys(row["customer_idx"], row["order_date"])]
        sums["order_count"] += 1
        sums["gross_sales"] += row["gross_sales"]
        sums["discounts"] += row["discounts"]
        sums["net_sales"] += row["gross_sales"] - row["discounts"]
    for row in until(refunds, as_of):
        sums = found[keys(row["customer_idx"], row["refund_date"])]
        sums["refunds"] += row["goods"]
        sums["net_sales"] -= row["goods"]
    return dict(found)


def purchase_days(orders: list[Row], as_of: dt.date) -> dict[int, list[dt.date]]:
    """{known customer: sorted distinct days with a countable order}."""
    days = defaultdict(set)
    for row in countable(orders, as_of):
        if row["customer_idx"] != 0:
            days[row["customer_idx"]].add(row["order_date"])
    return {idx: sorted(of) for idx, of in days.items()}


def cohorts(
    orders: list[Row],
    refunds: list[Row],
    as_of: dt.date,
    lapse_days: int,
    grain: str,
    *,
    costs: dict[int, Decimal] | None = None,
    fiscal_year_starts: int = 1,
    members_of: tuple[str, str, set[int]] | None = None,
) -> list[Row]:
    """Cohorts of the whole base, or of `members_of` (dimension, value, customers) only."""
    everybody = purchase_days(orders, as_of)
    first_of_all = min((of[0] for of in everybody.values()), default=None)
    name, value, chosen = members_of or ("all", "all", set(everybody))
    days = {idx: of for idx, of in everybody.items() if idx in chosen}
    begins = {idx: period(of[0], grain, fiscal_year_starts)[0] for idx, of in days.items()}
    rows = []
    for cohort_start in sorted(set(begins.values())):
        members = {idx for idx, begin in begins.items() if begin == cohort_start}
        costed = members & set(costs or {})
        cost = sum((costs[idx] for idx in costed), Decimal(0)) if costs else Decimal(0)
        start, number, cumulative, cumulative_costed, payback = cohort_start, 0, Decimal(0), Decimal(0), None
        cells = []
        while start <= as_of:
            end = period(start, grain, fiscal_year_starts)[1]
            earned = {idx: Decimal(0) for idx in members}
            buyers, order_count, returned = set(), 0, Decimal(0)
            for row in countable(orders, as_of):
                if row["customer_idx"] in members and start <= row["order_date"] <= end:
                    earned[row["customer_idx"]] += row["gross_sales"] - row["discounts"]
                    buyers.add(row["customer_idx"])
                    order_count += 1
            for row in until(refunds, as_of):
                early = number == 0 and row["refund_date"] < start
                if row["customer_idx"] in members and (early or start <= row["refund_date"] <= end):
                    earned[row["customer_idx"]] -= row["goods"]
                    returned += row["goods"]
            cumulative += sum(earned.values())
            cumulative_costed += sum((earned[idx] for idx in costed), Decimal(0))
            is_complete = end <= as_of
            if is_complete and costed and payback is None and cumulative_costed >= cost:
                payback = number
            seen_again = sum(any(day >= start for day in days[idx]) for idx in members)
            cells.append(
                {
                    "grain": grain,
                    "cohort_start": cohort_start,
                    "period_number": number,
                    "period_start": start,
                    "dimension": name,
                    "dimension_value": value,
                    "cohort_size": len(members),
                    "retained_customers": len(buyers),
                    "retention_rate": len(buyers) / len(members) if is_complete else None,
                    "rolling_retained_customers": seen_again,
                    "rolling_retention_rate": seen_again / len(members) if is_complete else None,
                    "is_rolling_settled": end + lapse_days * DAY <= as_of,
                    "order_count": order_count,
                    "net_sales": sum(earned.values()),
                    "refunds": returned,
                    "cumulative_net_sales": cumulative,
                    "cumulative_net_sales_per_customer": float(cumulative) / len(members) if is_complete else None,
                    "customers_with_cost": len(costed),
                    "acquisition_cost": cost if costed else None,
                    "cumulative_net_sales_with_cost": cumulative_costed,
                    "is_left_censored": cohort_start < first_of_all + lapse_days * DAY,
                    "is_complete": is_complete,
                    "as_of": as_of,
                }
            )
            start, number = end + DAY, number + 1
        rows += [cell | {"payback_period": payback} for cell in cells]
    return rows


def concentration(orders: list[Row], refunds: list[Row], as_of: dt.date) -> list[Row]:
    days = purchase_days(orders, as_of)
    if not days:
        return []
    first_day = min(of[0] for of in days.values())
    last_month_end = as_of if as_of == end_of_month(as_of) else months_before(as_of, 1)
    ends = {months_before(last_month_end, back) for back in range(36)}
    rows = []
    for end in sorted({end for end in ends if end >= first_day} | {as_of}):
        for scope, start in (("to_date", dt.date.min), ("last_12_months", year_before(end))):
            sums: dict[int, Decimal] = {}
            for row in countable(orders, end):
                if row["order_date"] > start:
                    sums[row["customer_idx"]] = (
                        sums.get(row["customer_idx"], Decimal(0)) + row["gross_sales"] - row["discounts"]
                    )
            for row in until(refunds, end):
                if row["refund_date"] > start:
                    sums[row["customer_idx"]] = sums.get(row["customer_idx"], Decimal(0)) - row["goods"]
            unknown = sums.pop(0, Decimal(0))
            known = sorted((max(value, Decimal(0)) for value in sums.values()), reverse=True)
            below = [value for value in sums.values() if value <= 0]
            is_complete = scope == "to_date" or first_day <= start + DAY
            of_known = shares(known if is_complete else [])
            sold_in_all = sum(known, Decimal(0)) + sum(below, Decimal(0)) + unknown
            rows.append(
                {
                    "scope": scope,
                    "period_end": end,
                    "customers_in_shares": len(known),
                    "net_sales_above_zero": sum(known, Decimal(0)),
                    **of_known,
                    "customers_without_sales": len(below),
                    "net_sales_below_zero": sum(below, Decimal(0)),
                    "unknown_net_sales": unknown,
                    "unknown_share": float(unknown / sold_in_all) if 0 <= unknown <= sold_in_all > 0 else None,
                    "effective_customers": 1 / sum((float(each / sum(known)) ** 2 for each in known), 0.0)
                    if any(known) and is_complete
                    else None,
                    "subscription_revenue": Decimal(0),
                    "total_customers_in_shares": len(known),
                    "total_revenue_above_zero": sum(known, Decimal(0)),
                    **{f"total_{name}": share for name, share in of_known.items()},
                    "is_complete": is_complete,
                    "reason": None if is_complete else "the data do not reach back to the first day of the 12 months",
                    "as_of": as_of,
                }
            )
    return sorted(rows, key=lambda row: (row["scope"], row["period_end"]))


def shares(descending: list[Decimal]) -> dict[str, float | None]:
    names = [f"top_{percent}_percent_share" for percent in (1, 5, 10, 20)] + ["largest_customer_share", "hhi", "gini"]
    if not any(descending):
        return dict.fromkeys(names)
    values = [Fraction(value) for value in descending]
    n, total = len(values), sum(values)
    top = []
    for percent in (1, 5, 10, 20):
        count = next(count for count in range(n + 1) if count * 100 >= n * percent)
        top.append(sum(values[:count]) / total)
    differences = sum(abs(one - other) for one in values for other in values)
    measures = [*top, values[0] / total, sum((value / total) ** 2 for value in values), differences / (2 * n * total)]
    return {name: float(measure) for name, measure in zip(names, measures, strict=True)}


def subscription_revenue(periods: list[Row], as_of: dt.date) -> dict[int, dict[dt.date, Decimal]]:
    """{customer, 0 for nobody known: {month: what subscriptions brought}}, day by day; of each row half up."""
    found: dict[int, dict[dt.date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in periods:
        days: dict[dt.date, int] = defaultdict(int)
        day = row["active_from"]
        while day <= as_of and (row["active_until"] is None or day < row["active_until"]) and row["monthly_amount"] > 0:
            is_paused = row["paused_from"] and row["paused_from"] <= day < (row["paused_until"] or dt.date.max)
            stretch = (day.replace(day=1), bool(row["paused_from"]) and day >= row["paused_from"])
            days[stretch] += not is_paused  # type: ignore[index]
            day += DAY
        for (month, _), charged in days.items():  # type: ignore[misc]
            share = Decimal(charged) * row["monthly_amount"] / end_of_month(month).day
            if charged:
                found[row["customer_idx"]][month] += share.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return found


def sales(orders: list[Row], refunds: list[Row], as_of: dt.date, periods: Sequence[Row] = ()) -> list[Row]:
    bought, back = countable(orders, as_of), [row for row in refunds if row["refund_date"] <= as_of]
    paid = subscription_revenue(list(periods), as_of)
    used = [row["order_date"] for row in bought] + [row["refund_date"] for row in back]
    used += [month for months in paid.values() for month in months]
    rows = []
    month = min(used, default=as_of + DAY).replace(day=1)
    while used and month <= as_of:
        mine = [row for row in bought if row["order_date"].replace(day=1) == month]
        unknown = [row for row in mine if row["customer_idx"] == 0]
        new = [row for row in mine if row["is_first_order"]]
        returning = [row for row in mine if row["customer_idx"] != 0 and not row["is_first_order"]]
        given_back = [row for row in back if row["refund_date"].replace(day=1) == month]
        refunded, shipping, tax = (
            sum((row[part] for row in given_back if row["is_countable"]), Decimal(0))
            for part in ("goods", "shipping", "tax")
        )
        known = {who: of for who, of in paid.items() if who != 0 and month in of}
        subscribed = [
            sum((of[month] for of in known.values() if (month == min(of)) is is_new), Decimal(0))
            for is_new in (True, False)
        ]
        subscribed.append(paid.get(0, {}).get(month, Decimal(0)))
        everything = sum((row["amount"] for row in given_back), Decimal(0))
        rows.append(
            {
                "month": month,
                "new_customers": len({row["customer_idx"] for row in new}),
                "customers_with_repeat_orders": len({row["customer_idx"] for row in returning}),
                "new_orders": len(new),
                "returning_orders": len(returning),
                "unknown_customer_orders": len(unknown),
                "new_customer_sales": sold(new),
                "returning_customer_sales": sold(returning),
                "unknown_customer_sales": sold(unknown),
                "refunds": refunded,
                "refunded_shipping": shipping,
                "refunded_tax": tax,
                "refunded_otherwise": everything - refunded - shipping - tax,
                "net_sales": sold(mine) - refunded,
                "new_subscriber_revenue": subscribed[0],
                "returning_subscriber_revenue": subscribed[1],
                "unknown_subscriber_revenue": subscribed[2],
                "subscription_revenue": sum(subscribed, Decimal(0)),
                "total_revenue": sold(mine) - refunded + sum(subscribed, Decimal(0)),
                "is_complete": end_of_month(month) <= as_of,
                "as_of": as_of,
            }
        )
        month = end_of_month(month) + DAY
    return rows


def sold(orders: list[Row]) -> Decimal:
    return sum((row["gross_sales"] - row["discounts"] for row in orders), Decimal(0))


def kaplan_meier(waits: list[tuple[int, bool]]) -> dict[int, Fraction]:
    """{day: share for whom it has not happened by then}; a wait is its days, and whether it ended with the event."""
    share, found = Fraction(1), {}
    for day in sorted({days for days, _ in waits}):
        at_risk = sum(days >= day for days, _ in waits)
        share *= 1 - Fraction(sum(days == day and happened for days, happened in waits), at_risk)
        found[day] = share
    return found


def behaviour(orders: list[Row], refunds: list[Row], as_of: dt.date, chosen: set[int] | None = None) -> list[Row]:
    everybody = purchase_days(orders, as_of)
    customers = {idx: days for idx, days in everybody.items() if chosen is None or idx in chosen}
    if not customers:
        return []
    rows = []
    moved = [row["refund_date"] for row in until(refunds, as_of) if row["customer_idx"] in everybody]
    first_day = min(days[0] for days in everybody.values())
    start = min(first_day, *moved, as_of).replace(day=1)
    while start <= as_of:
        end = end_of_month(start)
        is_whole = first_day <= end_of_month(start.replace(year=start.year - 1)) + DAY
        bought = [
            row
            for row in countable(orders, as_of)
            if row["customer_idx"] in customers and start <= row["order_date"] <= end
        ]
        back = [
            row["goods"]
            for row in until(refunds, as_of)
            if row["customer_idx"] in customers and start <= row["refund_date"] <= end
        ]
        sales = sum((row["gross_sales"] - row["discounts"] for row in bought), Decimal(0))
        buyers = {row["customer_idx"] for row in bought}
        new = [idx for idx in customers if start <= customers[idx][0] <= end]
        gaps = [(customers[idx][1] - customers[idx][0]).days for idx in new if len(customers[idx]) > 1]
        waits = [(gap, True) for gap in gaps]
        waits += [((as_of - customers[idx][0]).days, False) for idx in new if len(customers[idx]) == 1]
        half = [day for day, share in kaplan_meier(waits).items() if share <= Fraction(1, 2)]
        known = {days: bool(new) and end + days * DAY <= as_of for days in (90, 365)}
        repeated = {days: sum(gap <= days for gap in gaps) for days in (90, 365)}
        within_a_year = [gap for gap in gaps if gap <= 365]
        is_complete = end <= as_of
        rows.append(
            {
                "month": start,
                "customers_with_orders": len(buyers),
                "known_customer_orders": len(bought),
                "known_customer_sales": sales,
                "known_customer_refunds": sum(back, Decimal(0)),
                "known_customer_net_sales": sales - sum(back, Decimal(0)),
                "average_order_value": float(sales) / len(bought) if is_complete and bought else None,
                "orders_per_customer": len(bought) / len(buyers) if is_complete and buyers else None,
                "returning_customers": len(buyers) - len(new),
                "returning_customer_rate": (len(buyers) - len(new)) / len(buyers) if is_complete and buyers else None,
                "new_customers": len(new),
                "repeat_customers_90d": repeated[90],
                "repeat_rate_90d": repeated[90] / len(new) if known[90] else None,
                "repeat_customers_365d": repeated[365],
                "repeat_rate_365d": repeated[365] / len(new) if known[365] else None,
                "median_days_to_second_order": min(half) if half and is_complete else None,
                "median_days_to_second_order_365d": float(median(within_a_year))
                if known[365] and within_a_year
                else None,
                **year_of(customers, countable(orders, as_of), start, is_complete and is_whole),
                "is_complete": is_complete,
                "as_of": as_of,
            }
        )
        start = end + DAY
    return rows


def year_of(customers: Mapping[int, Any], orders: list[Row], month: dt.date, is_known: bool) -> Row:
    """The orders of each customer in the twelve months to the end of a month."""
    since = end_of_month(month.replace(year=month.year - 1))
    counts = Counter(
        row["customer_idx"]
        for row in orders
        if row["customer_idx"] in customers and since < row["order_date"] <= end_of_month(month)
    )
    values = list(counts.values())
    mean = sum(values) / len(values) if values and is_known else None
    reach = 1.959963984540054 * stdev(values) / len(values) ** 0.5 if mean and len(values) >= 30 else None
    return {
        "customers_with_orders_12m": len(values),
        "customers_with_one_order_12m": values.count(1),
        "known_customer_orders_12m": sum(values),
        "orders_per_customer_12m": mean,
        "orders_per_customer_12m_low": None if reach is None else max(1.0, mean - reach),
        "orders_per_customer_12m_high": None if reach is None else mean + reach,
        "one_order_rate_12m": values.count(1) / len(values) if mean else None,
    }
