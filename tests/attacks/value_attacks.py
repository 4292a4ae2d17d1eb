"""Faults in values: amounts, days, moments, states."""

from tests.attacks.exports import ORDER_HEAD, Attack, Row, nights, order_rows, orders, put, shop

HALF = "    max_quarantined: 0.5"


def _total(write: str, *said: str, code: int = 65, **rest: object) -> Attack:
    """Every total written in another way; `{}` is the amount."""
    return shop(orders(lambda n, row: put(row, 2, write.format(row[2]))), *said, code=code, **rest)


def _moment(write: object, *said: str, code: int = 65, **rest: object) -> Attack:
    """Every moment written in another way, by a function of year, month, day, hour, minute."""
    import datetime as dt

    def change(n: int, row: Row) -> Row:
        return put(row, 1, write(dt.datetime.fromisoformat(row[1])))  # type: ignore[operator]

    return shop(orders(change), *said, code=code, **rest)


def _first(value: str, place: int, *said: str, **rest: object) -> Attack:
    """One value of the first order."""
    return shop(orders(lambda n, row: put(row, place, value) if n == 1 else row), *said, **rest)


AMOUNTS = {
    "euro signs": _total("€{}", "quarantined"),
    "currency codes behind": _total("{} EUR", "quarantined"),
    "currency codes of two currencies": shop(
        orders(lambda n, row: put(row, 2, row[2] + (" EUR" if n % 2 else " USD"))), "quarantined", code=65
    ),
    "negative in parentheses": shop(
        orders(lambda n, row: put(row, 2, f"({row[2]})") if n < 3 else row), "orders_below_zero", right=None
    ),
    "minus behind": shop(
        orders(lambda n, row: put(row, 2, "11.50-") if n == 1 else row), "orders_below_zero", right=None
    ),
    "a true minus sign": _first("\u221211.50", 2, "quarantined", code=65),
    "percent": _total("{}%", "quarantined"),
    "decimal comma in quotes": shop(
        orders(lambda n, row: put(row, 2, '"' + row[2].replace(".", ",") + '"')), "decimal", code=65
    ),
    "thousands with comma": _first('"1,011.50"', 2, "quarantined", code=65),
    "thousands with point, as the only sign": shop(
        orders(lambda n, row: put(row, 2, f"{n}.000")), "numbers_with_two_readings", right={"sales": 300000.0}
    ),
    "thousands with point beside proof of a point": shop(
        orders(lambda n, row: put(row, 2, "1.234" if n == 3 else row[2])),
        "numbers_with_two_readings",
        right={"sales": 552 - 13.5 + 1234},
    ),
    "thousands with apostrophe": _first("1'011.50", 2, "quarantined", code=65),
    "scientific amounts": _first("1.15E+01", 2, "quarantined", code=65),
    "NaN": _first("NaN", 2, "quarantined", code=65),
    "Infinity": _first("inf", 2, "quarantined", code=65),
    "the word NULL": _first("NULL", 2, "quarantined", code=65),
    "a dash for nothing": _first("-", 2, "quarantined", code=65),
    "N/A for nothing": _first("#N/A", 2, "quarantined", code=65),
    "empty amounts": _first("", 2, "amounts_empty"),
    "all amounts zero": _total("0.00", "orders_worth_nothing", right=None),
    "half of the amounts zero": shop(
        orders(lambda n, row: put(row, 2, "0.00") if n % 2 else row), "orders_worth_nothing", right=None
    ),
    "cents in a column that says so": shop(
        orders(lambda n, row: put(row, 2, row[2].replace(".", "")), head="id,at,total_cents,customer,mail").replace(
            "total_cents", "amount_in_cents"
        ),
        "did you mean",
        "missing",
        code=4,
    ),
    "cents mapped from a column that says so": shop(
        orders(lambda n, row: [*row, row[2].replace(".", "")], head=ORDER_HEAD + ",shipping_cents"),
        "amounts_named_as_cents",
        right=None,
        columns=", shipping: shipping_cents",
    ),
    "a discount in percent": shop(
        orders(lambda n, row: [*row, "0.1" if n % 2 else "0"], head=ORDER_HEAD + ",discount"),
        "discounts_like_shares",
        right=None,
        columns=", discounts: discount",
    ),
    "a discount with a percent sign": shop(
        orders(lambda n, row: [*row, "10%"], head=ORDER_HEAD + ",discount"),
        "quarantined",
        code=65,
        columns=", discounts: discount",
    ),
    "negative discounts": shop(
        orders(lambda n, row: [*row, "-1.00"], head=ORDER_HEAD + ",discount"),
        "quarantined",
        code=65,
        columns=", discounts: discount",
    ),
    "discounts larger than the goods": shop(
        orders(lambda n, row: [*row, "100.00"], head=ORDER_HEAD + ",discount"),
        "discounts_beyond_goods",
        right=None,
        columns=", discounts: discount",
    ),
    "an amount of fifteen digits": _first("123456789012345.00", 2, "quarantined", code=65),
    "a total ten thousand times the others": _first("11500000", 2, "orders_stand_out", right=None),
    "a phone number as a total": _first("4930123456", 2, "orders_stand_out", right=None),
    "an article number as all totals": shop(
        orders(lambda n, row: put(row, 2, f"{4006381333931 + n}")), "orders_stand_out", "barcode", right=None
    ),
    "digits of another script": _first("\u0661\u0661.\u0665", 2, "quarantined", code=65),
    "full-width digits": _first("\uff11\uff11.50", 2, "quarantined", code=65),
    "two points": _first("1.011.50", 2, "quarantined", code=65),
    "a currency column that is not mapped": shop(
        orders(lambda n, row: [*row, "USD" if n < 5 else "EUR"], head=ORDER_HEAD + ",Currency"),
        "currency_not_mapped",
        right=None,
    ),
    "currency signs in the currency column": shop(
        orders(lambda n, row: [*row, "€"], head=ORDER_HEAD + ",cur"), "quarantined", code=65, columns=", currency: cur"
    ),
    "a currency name": shop(
        orders(lambda n, row: [*row, "Euro"], head=ORDER_HEAD + ",cur"),
        "quarantined",
        code=65,
        columns=", currency: cur",
    ),
    "cancelled orders by their status": shop(
        orders(lambda n, row: [*row, "cancelled" if n % 6 == 0 else "paid"], head=ORDER_HEAD + ",status"),
        "states_not_read",
        right={"orders": 20},
        columns=", status: status",
    ),
    "voided and refunded by a status that is not mapped": shop(
        orders(lambda n, row: [*row, "voided" if n % 6 == 0 else "paid"], head=ORDER_HEAD + ",Financial Status"),
        "states_not_read",
        right={"orders": 20},
    ),
    "storniert": shop(
        orders(lambda n, row: [*row, "Storniert" if n % 6 == 0 else "Bezahlt"], head=ORDER_HEAD + ",Status"),
        "states_not_read",
        right={"orders": 20},
    ),
    "a cancelled_at that is not mapped": shop(
        orders(lambda n, row: [*row, "2026-03-20 10:00:00" if n % 6 == 0 else ""], head=ORDER_HEAD + ",Cancelled at"),
        "states_not_read",
        right={"orders": 20},
    ),
    "a test flag that is not mapped": shop(
        orders(lambda n, row: [*row, "true" if n % 6 == 0 else "false"], head=ORDER_HEAD + ",test"),
        "states_not_read",
        right={"orders": 20},
    ),
    "words for cancelled": shop(
        orders(lambda n, row: [*row, "cancelled" if n % 6 == 0 else ""], head=ORDER_HEAD + ",c"),
        "quarantined",
        code=65,
        columns=", is_cancelled: c",
    ),
    "an expression of cancelled that is NULL": shop(
        orders(lambda n, row: [*row, "x" if n % 6 == 0 else ""], head=ORDER_HEAD + ",c"),
        "booleans_empty",
        right={"orders": 20},
        columns=", is_cancelled: {sql: \"c = 'x'\"}",
    ),
    "refunds as negative orders": shop(
        orders(rows=[*order_rows(), ["R1", "2026-03-20 10:00:00", "-13.50", "c3", "p3@example.org"]]),
        "orders_below_zero",
        right=None,
    ),
    "refunds below zero": nights(
        {"refunds.csv": "rid,oid,at,amount\nr1,1003,2026-03-20 10:00:00,-13.50\n"},
        said=["stale", "quarantined"],
        right={"refunded": 13.5},
        more="""  refunds:
    path: refunds.csv
    kind: refunds
    system: shop
    columns: {refund_id: rid, order_id: oid, refunded_at: at, amount: amount}
""",
    ),
    "a refund before its order": nights(
        {"refunds.csv": "rid,oid,at,amount\nr1,1020,2025-03-20 10:00:00,13.50\n"},
        said=["refunds_before_orders"],
        right=None,
        more="""  refunds:
    path: refunds.csv
    kind: refunds
    system: shop
    columns: {refund_id: rid, order_id: oid, refunded_at: at, amount: amount}
""",
    ),
}
DAYS = {
    "serial days of Excel": _moment(
        lambda m: f"{(m - __import__('datetime').datetime(1899, 12, 30)).total_seconds() / 86400:.5f}", "spreadsheet"
    ),
    "seconds since 1970": _moment(lambda m: f"{m.timestamp():.0f}", "make_timestamp"),
    "milliseconds since 1970": _moment(lambda m: f"{m.timestamp() * 1000:.0f}", "make_timestamp"),
    "two-digit years under %Y": _moment(
        lambda m: f"{m:%d.%m.%y %H:%M}",
        "datetime_format",
        "quarantined",
        "as_of_ahead",
        shop='    options: {datetime_format: "%d.%m.%Y %H:%M"}',
    ),
    "two-digit years under %y": _moment(
        lambda m: f"{m:%d.%m.%y %H:%M}", shop='    options: {datetime_format: "%d.%m.%y %H:%M"}'
    ),
    "four-digit years under %y": _moment(
        lambda m: f"{m:%d.%m.%Y}", "quarantined", shop='    options: {datetime_format: "%d.%m.%y"}'
    ),
    "days before months, read the other way": _moment(
        lambda m: f"{m:%d/%m/%Y %H:%M}", "quarantined", shop='    options: {datetime_format: "%m/%d/%Y %H:%M"}'
    ),
    "days before months, all early": shop(
        orders(lambda n, row: put(row, 1, f"{n % 12 + 1:02}/03/2026 10:00")),
        "days_with_two_readings",
        "rows_after_as_of",
        shop='    options: {datetime_format: "%m/%d/%Y %H:%M"}',
        right=None,
    ),
    "days before months in one week": shop(
        orders(lambda n, row: put(row, 1, f"0{n % 3 + 1}/02/2026 10:00")),
        "days_with_two_readings",
        shop='    options: {datetime_format: "%m/%d/%Y %H:%M"}',
        right=None,
    ),
    "two styles in one file": shop(
        orders(lambda n, row: put(row, 1, "03/14/2026 10:00" if n > 20 else f"0{n % 9 + 1}/02/2026 10:00")),
        "days_of_another_format",
        "quarantined",
        code=65,
        shop='    options: {datetime_format: "%d/%m/%Y %H:%M"}',
    ),
    "names of zones": _moment(lambda m: f"{m} CET", "quarantined"),
    "Z behind": _moment(lambda m: f"{m:%Y-%m-%dT%H:%M:%SZ}"),
    "offset of 15 hours": _moment(lambda m: f"{m}+15:00", "quarantined"),
    "offset of 14 hours and a minute": _moment(lambda m: f"{m}+14:01", "quarantined"),
    "midnight as 24:00": _first("2026-01-31 24:00:00", 1, "quarantined", code=65),
    "second 60": _first("2026-01-31 23:59:60", 1, "quarantined", code=65),
    "the hour that never was": _first("2026-03-29 02:30:00", 1, "quarantined", code=65),
    "29 February of a common year": _first("2026-02-29 10:00:00", 1, "quarantined", code=65),
    "zeros for no day": _first("0000-00-00 00:00:00", 1, "quarantined", code=65),
    "year 1": _first("0001-01-01 00:00:00", 1, "quarantined", code=65),
    "year 9999": _first("9999-12-31 00:00:00", 1, "quarantined", code=65),
    "1900 for no day": _first("1900-01-01 00:00:00", 1, "quarantined", code=65),
    "1970 for no day": _first("1970-01-01 00:00:00", 1, "quarantined", code=65),
    "1970 for a third": shop(
        orders(lambda n, row: put(row, 1, "1970-01-01 00:00:00") if n % 3 == 0 else row), "quarantined", code=65
    ),
    "2099 for no day": _first("2099-12-31 00:00:00", 1, "rows_after_as_of"),
    "a year mistyped as 2062": _first("2062-01-05 10:00:00", 1, "rows_after_as_of"),
    "a year mistyped as 2016": _first("2016-01-05 10:00:00", 1, "orders_before_history"),
    "a year mistyped as 0026": _first("0026-01-05 10:00:00", 1, "quarantined", code=65),
    "tomorrow in one order": _first("2026-04-02 10:00:00", 1, "rows_after_as_of"),
    "all of next year": shop(orders().replace("2026-", "2027-"), "rows_after_as_of", right=None),
    "all of ten years ago": shop(orders().replace("2026-", "2016-"), "as_of_ahead", right=None),
    "as_of of last year": shop(orders(), "rows_after_as_of", as_of="2025-03-31"),
    "as_of of tomorrow": shop(orders(), "future", as_of="2026-04-05", code=2),
    "all at the moment of an import": shop(
        orders(lambda n, row: put(row, 1, "2026-03-30 09:15:27")), "orders_of_one_moment", right=None
    ),
    "most at the moment of an import": shop(
        orders(lambda n, row: put(row, 1, "2026-03-30 09:15:27") if n > 4 else row), "orders_of_one_moment", right=None
    ),
    "quarters": _moment(lambda m: "2026-Q1", "quarantined"),
    "weeks": _moment(lambda m: f"{m:%G-W%V-%u}", "quarantined"),
    "days without their zeros": _moment(lambda m: f"{m.year}-{m.month}-{m.day}", "quarantined"),
    "twelve hours without am and pm": _moment(lambda m: f"{m:%Y-%m-%d %I:%M:%S}"),
    "English months where German ones are": _moment(
        lambda m: f"{m:%d. %B %Y}", shop='    options: {datetime_format: "%d. %B %Y"}', right={"orders": 24}
    ),
    "a time where the day should be": _moment(lambda m: f"{m:%H:%M}", "quarantined"),
    "apostrophes before days": _moment(lambda m: f"'{m}", "quarantined"),
    "moments of an app with nanoseconds": _moment(lambda m: f"{m:%Y-%m-%dT%H:%M:%S}.123456789Z"),
    "the closing day moved by a zone": _first("2026-03-31T23:30:00-05:00", 1, right={"orders": 24}),
}
