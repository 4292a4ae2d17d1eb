"""Faults of money: refunds, taxes, discounts, currencies, rates, cents."""

from collections.abc import Mapping

from tests.attacks.batches import Export, Fault, day, lines, orders, table

SALES = {"sales": 2400.0}
REFUND_HEAD = "refund_id,order_id,refunded_at,amount"


def refunds(*rows: str, head: str = REFUND_HEAD, **rest: str) -> Export:
    """Refunds of the shop, one text each."""
    return Export("refunds", lines(head, *rows), **rest)


def given_back(
    *rows: str, said: tuple[str, ...] = (), head: str = REFUND_HEAD, shop: Export | None = None, **right: float
) -> Fault:
    """Refunds of sound orders; `right` are the numbers that are right."""
    return Fault([shop or orders(), refunds(*rows, head=head)], said, right or None)


DEAR = orders(gross_sales="100.00", shipping="5.00", tax="19.00")
"""Orders for which 124.00 was paid."""

REFUNDS: Mapping[str, Fault] = {
    "a whole order given back in one amount": given_back("r1,o3,2026-03-30 10:00:00,124.00", shop=DEAR, refunded=100.0),
    "half of an order given back in one amount": given_back(
        "r1,o3,2026-03-30 10:00:00,62.00", shop=DEAR, refunded=50.0
    ),
    "two halves on two days": given_back(
        "r1,o3,2026-03-28 10:00:00,62.00", "r2,o3,2026-03-30 10:00:00,62.00", shop=DEAR, refunded=100.0
    ),
    "more than the order": given_back(
        "r1,o3,2026-03-30 10:00:00,180.00", said=("refund_beyond_order",), refunded=100.0
    ),
    "three parts beyond the order": given_back(
        *(f"r{n},o3,2026-03-2{n} 10:00:00,40.00" for n in range(1, 4)), said=("refund_beyond_order",), refunded=100.0
    ),
    "goods that include shipping and tax": given_back(
        "r1,o3,2026-03-30 10:00:00,124.00",
        said=("refund_beyond_order",),
        head="refund_id,order_id,refunded_at,goods",
        shop=DEAR,
        refunded=100.0,
    ),
    "an amount without the tax that stands beside it": given_back(
        "r1,o3,2026-03-30 10:00:00,100.00,100.00,19.00",
        said=("quarantined",),
        head="refund_id,order_id,refunded_at,amount,goods,tax",
    ),
    "the shipping alone": given_back(
        "r1,o3,2026-03-30 10:00:00,5.00,5.00",
        head="refund_id,order_id,refunded_at,amount,shipping",
        shop=DEAR,
        refunded=0.0,
    ),
    "a refund before its order": given_back("r1,o20,2025-12-30 10:00:00,30.00", said=("refunds_before_orders",)),
    "a refund of the future": given_back("r1,o3,2027-03-30 10:00:00,30.00", said=("rows_after_as_of",)),
    "refunds below zero": given_back("r1,o3,2026-03-30 10:00:00,-30.00", said=("quarantined",)),
    "neither an order nor a day": given_back("r1,,,30.00", said=("quarantined",)),
    "no day but an order": given_back("r1,o3,,30.00", said=("refund_day_estimated",), refunded=30.0),
    "orders that nobody delivered": given_back(
        "r1,x3,2026-03-30 10:00:00,30.00", "r2,x4,2026-03-30 10:00:00,30.00", said=("refund_order_unknown",)
    ),
    "one id for two refunds": given_back(
        "r1,o3,2026-03-30 10:00:00,30.00", "r1,o4,2026-03-30 10:00:00,20.00", said=("quarantined",)
    ),
    "cents where orders are in units": given_back(
        "r1,o3,2026-03-30 10:00:00,10000", "r2,o4,2026-03-30 10:00:00,5000", said=("refund_beyond_order",)
    ),
    "units where orders are in cents": given_back(
        *(f"r{n},o{n},2026-03-30 10:00:00,100.00" for n in range(1, 7)),
        said=("refunds_in_another_unit",),
        shop=orders(gross_sales="10000"),
    ),
    "a cancelled order": given_back(
        "r1,o3,2026-03-30 10:00:00,100.00",
        said=("refund_of_uncounted_order",),
        shop=orders(is_cancelled=lambda n: str(n == 3).lower()),
        countable_refunds=0.0,
    ),
    "refunds that failed": given_back(
        "r1,o3,2026-03-30 10:00:00,100.00,failed",
        "r2,o4,2026-03-30 10:00:00,100.00,succeeded",
        said=("states_not_read",),
        head=REFUND_HEAD + ",status",
    ),
    "refunds that are pending": given_back(
        "r1,o3,2026-03-30 10:00:00,100.00,pending",
        "r2,o4,2026-03-30 10:00:00,100.00,succeeded",
        said=("states_not_read",),
        head=REFUND_HEAD + ",status",
    ),
    "another currency than the order's": given_back(
        "r1,o3,2026-03-30 10:00:00,50.00,USD", head=REFUND_HEAD + ",currency", refunded=45.0
    ),
    "the shop's refunds and the payment provider's, under one system": Fault(
        [
            orders(),
            refunds(*(f"r{n},o{n},2026-03-29 10:00:00,20.00" for n in range(1, 13))),
            refunds(*(f"re_{n}x,o{n},2026-03-29 10:05:00,20.00" for n in range(1, 13)), name="stripe"),
        ],
        ("same_refunds_in_two_sources",),
        {"refunded": 240.0},
    ),
    "the shop's refunds and the payment provider's, of two systems": Fault(
        [
            orders(),
            refunds(*(f"r{n},o{n},2026-03-29 10:00:00,20.00" for n in range(1, 13))),
            refunds(
                *(f"re_{n}x,c{n % 8 + 1},2026-03-29 23:05:00,20.00" for n in range(1, 13)),
                head="refund_id,customer_record_id,refunded_at,amount",
                columns="customer_system: {value: {key}}",
                system="{key}_pay",
                name="stripe",
            ),
        ],
        ("same_refunds_in_two_sources", "refund_order_unknown"),
        {"refunded": 240.0},
    ),
    "returned lines and refunds of the same": Fault(
        [
            Export(
                "order_lines",
                table(
                    24,
                    order_id=lambda n: f"o{n}",
                    ordered_at=lambda n: f"{day(n)} 10:00:00",
                    product_id="p",
                    quantity="1",
                    unit_price="50.00",
                    customer_record_id=lambda n: f"c{n % 8 + 1}",
                    line_type="sale",
                )
                + "".join(f"o{n},2026-03-29 10:00:00,p,-1,20.00,c{n % 8 + 1},refund\n" for n in range(1, 13)),
            ),
            refunds(*(f"r{n},o{n},2026-03-29 10:05:00,20.00" for n in range(1, 13))),
        ],
        ("same_refunds_in_two_sources",),
        {"refunded": 240.0},
    ),
    "chargebacks after the refunds": given_back(
        "r1,o3,2026-03-20 10:00:00,100.00",
        "cb1,o3,2026-03-29 10:00:00,100.00",
        said=("refund_beyond_order",),
        refunded=100.0,
    ),
    "chargebacks as negative orders": Fault(
        [orders(28, gross_sales=lambda n: "-100.00" if n > 24 else "100.00")], ("orders_below_zero",)
    ),
    "two refunds of one order that are equal": given_back(
        "r1,o3,2026-03-29 10:00:00,20.00", "r2,o3,2026-03-29 10:00:00,20.00", refunded=40.0
    ),
}

VARIED = {"gross_sales": lambda n: f"{100 + n}.00"}
"""Amounts of which no two are equal."""


def paid(amount: object) -> Export:
    """Payments of the orders."""
    return Export(
        "payments",
        table(24, order_id=lambda n: f"o{n}", payment_id=lambda n: f"p{n}", amount=amount),  # type: ignore[arg-type]
    )


def one_line(**cells: object) -> Export:
    """One line of each order."""
    return Export(
        "order_lines",
        table(24, order_id=lambda n: f"o{n}", line_id="1", product_id="p", quantity="1", **cells),  # type: ignore[arg-type]
    )


AMOUNTS: Mapping[str, Fault] = {
    "prices with tax that payments tell": Fault(
        [orders(gross_sales="119.00", tax="19.00"), paid("119.00")], ("tax_within_prices",)
    ),
    "prices with tax that the rate tells": Fault([orders(gross_sales="119.00", tax="19.00")], ("tax_within_prices",)),
    "prices without tax that are said to have it": Fault(
        [orders(gross_sales="100.00", tax="19.00", prices_include_tax="true"), paid("119.00")], ("tax_beside_prices",)
    ),
    "prices with tax": Fault(
        [orders(gross_sales="119.00", tax="19.00", prices_include_tax="true"), paid("119.00")],
        right=SALES,
        is_quiet=True,
    ),
    "tax larger than the price": Fault(
        [orders(gross_sales="10.00", tax="19.00", prices_include_tax="true")], ("quarantined",)
    ),
    "a rate where the tax should be": Fault(
        [orders(**VARIED, tax="19", prices_include_tax="true")], ("taxes_like_rates",)
    ),
    "a share where the tax should be": Fault([orders(**VARIED, tax="0.19")], ("taxes_like_rates",)),
    "the tax of one rate": Fault(
        [orders(**VARIED, tax=lambda n: f"{(100 + n) * 0.19:.2f}")], right={"sales": 2700.0}, is_quiet=True
    ),
    "words for prices with tax": Fault(
        [orders(gross_sales="119.00", tax="19.00", prices_include_tax="inkl.")], ("quarantined",)
    ),
    "lines with tax under an order without": Fault(
        [
            orders(gross_sales="119.00", tax="19.00", prices_include_tax="true"),
            one_line(unit_price="119.00"),
        ],
        right={"sales": 2400.0, "lines": 2400.0},
    ),
    "a total with shipping, by its payments": Fault(
        [orders(gross_sales="105.00", shipping="5.00"), paid("105.00")], ("shipping_within_gross_sales",)
    ),
    "a total with shipping, by its lines": Fault(
        [orders(gross_sales="105.00", shipping="5.00"), one_line(unit_price="100.00")], ("shipping_within_gross_sales",)
    ),
    "prices beside shipping": Fault(
        [orders(gross_sales="100.00", shipping="5.00"), paid("105.00")], right=SALES, is_quiet=True
    ),
    "a total after discounts, by its payments": Fault(
        [orders(gross_sales="90.00", discounts="10.00"), paid("90.00")], ("discounts_taken_twice",)
    ),
    "a total after discounts, by its lines": Fault(
        [orders(gross_sales="90.00", discounts="10.00"), one_line(unit_price="100.00")], ("discounts_taken_twice",)
    ),
    "a price before discounts": Fault(
        [orders(gross_sales="100.00", discounts="10.00"), paid("90.00"), one_line(unit_price="100.00")],
        right={"sales": 2400.0, "discounts": 240.0},
        is_quiet=True,
    ),
    "discounts of the order on each line too": Fault(
        [orders(gross_sales="100.00", discounts="10.00"), one_line(unit_price="100.00", discounts="10.00")],
        right={"sales": 2400.0, "discounts": 240.0},
        is_quiet=True,
    ),
    "the order's discount on both of its lines": Fault(
        [
            orders(gross_sales="100.00", discounts="10.00"),
            Export(
                "order_lines",
                table(
                    48,
                    order_id=lambda n: f"o{(n + 1) // 2}",
                    line_id=lambda n: n % 2,
                    product_id="p",
                    quantity="1",
                    unit_price="50.00",
                    discounts="10.00",
                ),
            ),
        ],
        ("discounts_spread",),
        {"sales": 2400.0, "discounts": 240.0},
    ),
    "lines that make half of their orders": Fault(
        [orders(gross_sales="100.00"), one_line(unit_price="50.00")], ("lines_unlike_orders",)
    ),
    "lines a cent short": Fault(
        [orders(gross_sales="100.00"), one_line(unit_price="99.99")], right=SALES, is_quiet=True
    ),
    "tenths of a cent": Fault([orders(gross_sales=""), one_line(unit_price="33.3335")], right={"sales": 24 * 33.3335}),
    "seven decimals": Fault([orders(gross_sales="33.3333333")], ("quarantined",), {"sales": 24 * 33.3333}),
    "a voucher that pays a part": Fault(
        [
            orders(),
            Export(
                "payments",
                table(
                    48,
                    order_id=lambda n: f"o{(n + 1) // 2}",
                    payment_id=lambda n: f"p{n}",
                    amount="50.00",
                    method=lambda n: "gift_card" if n % 2 else "card",
                ),
            ),
        ],
        right=SALES,
        is_quiet=True,
    ),
    "gift cards sold as goods": Fault(
        [
            orders(gross_sales=""),
            one_line(unit_price="100.00", product_name=lambda n: "Gift Card 100" if n < 9 else "Coffee"),
        ],
        ("gift_cards_sold",),
    ),
    "gift cards as negative lines": Fault(
        [
            orders(gross_sales=""),
            Export(
                "order_lines",
                table(
                    48,
                    order_id=lambda n: f"o{(n + 1) // 2}",
                    line_id=lambda n: n % 2,
                    quantity="1",
                    product_name=lambda n: "Gutschein" if n % 2 else "Coffee",
                    unit_price=lambda n: "-20.00" if n % 2 else "100.00",
                ),
            ),
        ],
        ("negative_sale_lines",),
    ),
}

CURRENCIES: Mapping[str, Fault] = {
    "small letters": Fault([orders(currency="usd")], ("quarantined",), {"sales": 2160.0}),
    "a currency without a rate": Fault([orders(currency="NOK")], ("rate_is_known", "quarantined")),
    "days before the first rate": Fault(
        [orders(currency="USD", ordered_at=lambda n: f"2024-11-{n % 28 + 1:02} 10:00:00")],
        ("rate_is_known", "quarantined"),
    ),
    "two currencies in one order": Fault(
        [
            Export(
                "order_lines",
                table(
                    48,
                    order_id=lambda n: f"o{(n + 1) // 2}",
                    ordered_at=lambda n: f"{day((n + 1) // 2)} 10:00:00",
                    line_id=lambda n: n % 2,
                    product_id="p",
                    quantity="1",
                    unit_price="50.00",
                    currency=lambda n: "USD" if n == 4 else "EUR",
                ),
            )
        ],
        ("core.orders", "quarantined"),
    ),
    "two currencies in one shop": Fault(
        [orders(currency=lambda n: "USD" if n % 2 else "EUR")], right={"sales": 12 * 100 + 12 * 90.0}, is_quiet=True
    ),
    "a refund in a currency without a rate": given_back(
        "r1,o3,2026-03-30 10:00:00,50.00,NOK", said=("rate_is_known", "core.refunds"), head=REFUND_HEAD + ",currency"
    ),
    "rates of a hundred yen": Fault(
        [Export("fx_rates", lines("rate_date,currency,rate", "2025-01-01,JPY,0.62"))], ("rate_stands_out",)
    ),
    "rates the other way round": Fault(
        [Export("fx_rates", lines("rate_date,currency,rate", "2025-01-01,SEK,11.2", "2025-01-01,CZK,25.1"))],
        ("rate_stands_out",),
    ),
    "a rate with its point moved": Fault(
        [
            Export(
                "fx_rates",
                lines(
                    "rate_date,currency,rate",
                    *(f"2026-03-{n:02},THB,{'2.6' if n == 9 else '0.026'}" for n in range(1, 20)),
                ),
            )
        ],
        ("rate_stands_out",),
    ),
    "sound rates of many currencies": Fault(
        [
            Export(
                "fx_rates",
                lines(
                    "rate_date,currency,rate",
                    "2025-01-01,CHF,1.06",
                    "2025-01-01,PLN,0.235",
                    "2025-01-01,DKK,0.134",
                    "2025-01-01,HUF,0.0025",
                    "2025-01-01,CAD,0.66",
                ),
            )
        ],
        right={},
        is_quiet=True,
    ),
    "rates of zero": Fault(
        [Export("fx_rates", lines("rate_date,currency,rate", "2025-01-01,AUD,0", "2025-01-01,NZD,0.55"))],
        ("quarantined",),
    ),
    "rates with a decimal comma": Fault(
        [Export("fx_rates", lines("rate_date,currency,rate", '2025-01-01,AUD,"0,61"'))], ("quarantined",)
    ),
    "a rate of the company's own currency": Fault(
        [Export("fx_rates", lines("rate_date,currency,rate", "2025-01-01,EUR,1.17")), orders()], right=SALES
    ),
}
