"""Faults of tickets, marketing spend, stores and products."""

from collections.abc import Mapping

from tests.attacks.batches import Cell, Export, Fault, day, lines, table


def tickets(count: int = 40, columns: str = "", **cells: Cell) -> Export:
    """Tickets that were answered within half an hour, with further or other cells."""
    sound: dict[str, Cell] = {
        "ticket_id": lambda n: f"t{n}",
        "opened_at": lambda n: f"2026-03-{n % 28 + 1:02} 10:{n % 20:02}:00",
        "first_public_reply_at": lambda n: f"2026-03-{n % 28 + 1:02} 10:{n % 20 + 19:02}:00",
    }
    return Export("tickets", table(count, **{**sound, **cells}), columns)


def spend(*rows: str, head: str = "month,channel,campaign,amount") -> Export:
    """Money spent, one text each."""
    return Export("acquisition_spend", lines(head, *rows))


def sold(count: int = 40, **cells: Cell) -> Export:
    """Lines of a till: one product in one store each, at 10.00."""
    sound: dict[str, Cell] = {
        "order_id": lambda n: f"o{n}",
        "ordered_at": lambda n: f"{day(n)} 10:{n % 60:02}:00",
        "customer_record_id": lambda n: f"c{n % 8 + 1}",
        "product_id": lambda n: f"p{n % 5 + 1}",
        "store_id": lambda n: f"{n % 3 + 1}",
        "quantity": "1",
        "unit_price": "10.00",
    }
    return Export("order_lines", table(count, **{**sound, **cells}))


def products(write: str = "p{}", cost: Cell = "4.00") -> Export:
    """Five products."""
    return Export(
        "products", table(5, product_id=lambda n: write.format(n), product_name="Tea", category="tea", cost=cost)
    )


MONTHS = [f"2026-0{month}-01,{channel},x,100.00" for month in (1, 2, 3) for channel in ("search", "social")]

TICKETS: Mapping[str, Fault] = {
    "sound tickets": Fault([tickets()], right={"tickets": 40, "reply_minutes": 19.0}, is_quiet=True),
    "replies before the ticket": Fault(
        [tickets(first_public_reply_at=lambda n: f"2026-03-{n % 28 + 1:02} 09:00:00")], ("quarantined",)
    ),
    "solved before it was opened": Fault([tickets(solved_at="2026-01-01 10:00:00")], ("quarantined",)),
    "days without hours": Fault(
        [tickets(opened_at=lambda n: f"2026-03-{n % 28 + 1:02}")], ("tickets_opened_at_midnight",)
    ),
    "replies of a machine": Fault(
        [tickets(first_public_reply_at=lambda n: f"2026-03-{n % 28 + 1:02} 10:{n % 20:02}:0{n % 3 + 1}")],
        ("replies_at_once",),
    ),
    "spam in a column that nobody reads": Fault(
        [tickets(status=lambda n: "spam" if n % 5 == 0 else "solved")], ("states_not_read",)
    ),
    "merged tickets in a column that nobody reads": Fault(
        [tickets(status=lambda n: "merged" if n % 5 == 0 else "solved")], ("states_not_read",)
    ),
    "deleted tickets in a column that nobody reads": Fault(
        [tickets(status=lambda n: "deleted" if n % 5 == 0 else "solved")], ("states_not_read",)
    ),
    "words for complaints": Fault(
        [tickets(is_complaint=lambda n: "ja" if n % 2 else "nein")],
        ("values_emptied", "is_complaint"),
        {"complaints": 20},
    ),
    "a reason of no reply in other words": Fault([tickets(no_reply_due_reason=lambda n: "none")], (), {"tickets": 40}),
    "one row per comment": Fault(
        [
            Export(
                "tickets",
                table(
                    40,
                    ticket_id=lambda n: f"t{(n + 1) // 2}",
                    opened_at="2026-03-05 10:00:00",
                    first_public_reply_at=lambda n: f"2026-03-05 10:{n + 5:02}:00",
                ),
            )
        ],
        ("quarantined",),
    ),
    "tickets of the future": Fault(
        [tickets(opened_at="2027-03-05 10:00:00", first_public_reply_at="")], ("rows_after_as_of",)
    ),
    "a ticket answered the next night": Fault(
        [
            Export(
                "tickets",
                (
                    lines("ticket_id,opened_at,first_public_reply_at", "t1,2026-03-30 10:00:00,"),
                    lines("ticket_id,opened_at,first_public_reply_at", "t1,2026-03-30 10:00:00,2026-03-30 10:19:00"),
                ),
            )
        ],
        right={"tickets": 1, "reply_minutes": 19.0},
    ),
}

SPEND: Mapping[str, Fault] = {
    "sound spend": Fault([spend(*MONTHS)], right={"spend": 600.0}, is_quiet=True),
    "credits": Fault([spend(*MONTHS, "2026-03-01,search,credit,-10.00")], ("quarantined",)),
    "a total as a channel": Fault([spend(*MONTHS, "2026-03-01,Total,,600.00")], ("totals_rows",)),
    "a total of each month": Fault(
        [spend(*MONTHS, *(f"2026-0{month}-01,All channels,,200.00" for month in (1, 2, 3)))], ("totals_rows",)
    ),
    "a total of the campaigns": Fault(
        [
            spend(
                *(
                    f"2026-0{month}-01,search,{name},{amount}"
                    for month in (1, 2, 3)
                    for name, amount in (("a", "30.00"), ("b", "70.00"), ("c", "11.00"), ("Total", "111.00"))
                )
            )
        ],
        ("totals_rows",),
    ),
    "days and months": Fault(
        [spend(*(f"2026-02-{number:02},search,x,10.00" for number in range(2, 29)), "2026-02-01,search,x,270.00")],
        ("spend_by_day_and_month",),
    ),
    "days": Fault(
        [spend(*(f"2026-02-{number:02},search,x,{number + 2}.00" for number in range(1, 29)))],
        right={"spend": 462.0},
        is_quiet=True,
    ),
    "millionths": Fault(
        [
            Export(
                "acquisition_spend",
                lines("month,channel,cost_micros", *(row.replace(",x,100.00", ",100000000") for row in MONTHS)),
                "amount: cost_micros",
            )
        ],
        ("amounts_named_as_cents",),
    ),
    "months without days": Fault([spend("2026-03,search,x,100.00")], ("quarantined",)),
    "a month delivered again": Fault(
        [
            Export(
                "acquisition_spend",
                (
                    lines("month,channel,amount", "2026-03-01,search,50.00", "2026-02-01,search,70.00"),
                    lines("month,channel,amount", "2026-03-01,search,90.00"),
                ),
            )
        ],
        right={"spend": 160.0},
    ),
    "a currency without a rate": Fault(
        [spend("2026-03-01,search,x,100.00,NOK", head="month,channel,campaign,amount,currency")],
        ("rate_is_known", "core.acquisition_spend"),
    ),
    "channels in other letters than those of the customers": Fault(
        [
            spend(*(row.replace("search", "paid search").replace("social", "paid social") for row in MONTHS)),
            Export(
                "customers",
                table(
                    20,
                    customer_record_id=lambda n: f"c{n}",
                    acquisition_channel=lambda n: "Paid Search" if n % 2 else "Paid Social",
                ),
            ),
        ],
        ("spend_channels_unmatched",),
    ),
    "channels that the customers have": Fault(
        [
            spend(*MONTHS),
            Export(
                "customers",
                table(
                    20,
                    customer_record_id=lambda n: f"c{n}",
                    acquisition_channel=lambda n: "search" if n % 2 else "social",
                ),
            ),
        ],
        right={"spend": 600.0},
        is_quiet=True,
    ),
}

GOODS: Mapping[str, Fault] = {
    "sound goods": Fault(
        [sold(), products(), Export("stores", table(3, store_id=lambda n: n, store_name="Mitte", city="Berlin"))],
        right={"sales": 400.0},
        is_quiet=True,
    ),
    "products under other ids": Fault([sold(), products("SKU-{}")], ("references_unmatched",)),
    "some products under other ids": Fault(
        [sold(product_id=lambda n: f"p{n % 5 + 1}" if n % 4 else "P1-old"), products()], ("references_unmatched",)
    ),
    "products with zeros before": Fault(
        [sold(product_id=lambda n: n % 5 + 1), products("00{}")], ("references_unmatched",)
    ),
    "stores under other ids": Fault(
        [sold(), Export("stores", table(3, store_id=lambda n: f"00{n}", store_name="Mitte"))], ("references_unmatched",)
    ),
    "costs in cents": Fault([sold(), products(cost="400")], ("costs_beyond_prices",)),
    "costs above a few prices": Fault(
        [sold(), products(cost=lambda n: "12.00" if n == 1 else "4.00")], right={"sales": 400.0}, is_quiet=True
    ),
    "costs in a currency without a rate": Fault(
        [
            sold(),
            Export("products", table(5, product_id="p{}".format, product_name="Tea", cost="4.00", cost_currency="NOK")),
        ],
        ("product_costs_not_converted",),
        {"sales": 400.0},
        must_say=True,
    ),
    "costs below zero": Fault([sold(), products(cost="-4.00")], ("quarantined", "values_emptied"), {"costs": None}),
    "one product twice, with two names": Fault(
        [
            sold(),
            Export("products", lines("product_id,product_name,category", "p1,Tea S,tea", "p1,Tea L,tea", "p2,Tea,tea")),
        ],
        ("quarantined",),
    ),
    "words for stock": Fault(
        [sold(), Export("products", table(5, product_id=lambda n: f"p{n}", in_stock="available"))],
        ("values_emptied", "in_stock"),
        {"stock": 0},
    ),
    "a country of a store in other words": Fault(
        [sold(), Export("stores", table(3, store_id=lambda n: n, country="Freedonia"))],
        ("countries_unknown", "few_countries_unknown"),
    ),
    "quantities of zero": Fault([sold(quantity=lambda n: 0 if n % 2 else 1)], right={"sales": 200.0}),
    "weights as quantities": Fault([sold(quantity="0.250", unit_price="40.00")], right={"sales": 400.0}, is_quiet=True),
    "the price of all pieces as the price of one": Fault(
        [sold(quantity="3", unit_price="30.00", total="30.00")], ("line_totals_as_prices",)
    ),
    "orders of a till that are returned whole": Fault(
        [sold(quantity=lambda n: -1 if n % 10 == 0 else 1)], ("orders_below_zero", "negative_sale_lines")
    ),
    "an order that is excluded once it is cancelled": Fault(
        [
            Export(
                "orders",
                (
                    lines(
                        "order_id,ordered_at,gross_sales,state",
                        "o1,2026-03-02 10:00:00,10.00,paid",
                        "o2,2026-03-03 10:00:00,5.00,paid",
                    ),
                    lines("order_id,ordered_at,gross_sales,state", "o1,2026-03-02 10:00:00,10.00,cancelled"),
                ),
                more="    exclude: {cancelled: \"state = 'cancelled'\"}",
            )
        ],
        ("excluded_version_is_newest",),
        {"sales": 5.0},
        is_quiet=True,
    ),
    "rows seen in two files that are added": Fault(
        [
            Export(
                "order_lines",
                (
                    str(sold(20).text),
                    str(sold(24).text),
                ),
                more="    delivery: append",
            )
        ],
        ("rows_seen_in_two_files",),
        {"sales": 240.0},
        must_say=True,
    ),
}
