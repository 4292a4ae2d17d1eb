"""Faults of how amounts, ids and texts are written: digits of other scripts, blanks, signs, marks that nobody sees."""

from collections.abc import Mapping

from tests.attacks.batches import Cell, Export, Fault, lines, orders, table
from tests.attacks.money_faults import refunds

SALES = {"sales": 2400.0}


def amounts(write: Cell, *said: str, **right: object) -> Fault:
    """Orders whose amounts are written in another way."""
    return Fault([orders(gross_sales=write)], said or ("quarantined",), right or None)


def refund_ids(of_order: Cell, *said: str, order: Cell = lambda n: f"o{n}", **right: object) -> Fault:
    """Refunds of 5.00 of the first twelve orders, whose ids are written in another way."""
    given = table(12, refund_id=lambda n: f"r{n}", order_id=of_order, refunded_at="2026-03-30 10:00:00", amount="5.00")
    return Fault([orders(order_id=order), Export("refunds", given)], said, right or None)


def one_line(**cells: Cell) -> Export:
    """One line of each order, with these cells."""
    sound: dict[str, Cell] = {"order_id": lambda n: f"o{n}", "line_id": "1", "product_id": "p", "quantity": "1"}
    return Export("order_lines", table(24, **{**sound, **cells}))


WRITTEN_AMOUNTS: Mapping[str, Fault] = {
    "three decimals": amounts("100.125", sales=2403.0),
    "a plus sign": amounts("+100.00", **SALES),
    "zeros before": amounts("000100.00", **SALES),
    "a point behind": amounts("100.", **SALES),
    "a point before": Fault([orders(shipping=".50")], ("quarantined",), SALES),
    "underscores": amounts("1_00.00", **SALES),
    "powers of ten": amounts("1e2", **SALES),
    "hexadecimal": amounts("0x64"),
    "a no-break space between thousands": amounts("1\u00a0000.00", sales=24000.0),
    "a narrow no-break space between thousands": amounts('"1\u202f000,00"', sales=24000.0),
    "groups of India": amounts('"1,00,000.00"'),
    "a currency before the amount": amounts("EUR 100.00", **SALES),
    "another currency before every other amount": amounts(lambda n: "$100.00" if n % 2 else "100.00"),
    "a letter for thousands": amounts("0.1k"),
    "CR behind": amounts(lambda n: "100.00 CR" if n == 5 else "100.00"),
    "a true minus sign in discounts": Fault([orders(discounts="\u22125.00")], ("quarantined",)),
    "a dash as minus sign": amounts(lambda n: "\u2013100.00" if n == 5 else "100.00"),
    "full-width digits in shipping": Fault([orders(shipping="\uff15.00")], ("quarantined",)),
    "Arabic digits in quantities": Fault(
        [orders(gross_sales=""), one_line(quantity="\u0662", unit_price="50.00")], ("quarantined",)
    ),
    "Arabic digits in refunds": Fault(
        [orders(), refunds("r1,o3,2026-03-30 10:00:00,\u0665.\u0660\u0660")], ("quarantined",)
    ),
    "an Arabic decimal sign": amounts("100\u066b00"),
    "negative quantities of one line in ten": Fault(
        [orders(gross_sales=""), one_line(quantity=lambda n: -1 if n % 10 == 0 else 1, unit_price="100.00")],
        ("negative_sale_lines", "orders_below_zero"),
    ),
    "a negative quantity and a negative price": Fault(
        [orders(gross_sales=""), one_line(quantity="-1", unit_price="-100.00")],
        ("negative", "quarantined", "quantit"),
    ),
    "negative amounts and prices of one line in ten": Fault(
        [orders(gross_sales=""), one_line(unit_price=lambda n: "-100.00" if n % 10 == 0 else "100.00")],
        ("negative_sale_lines", "orders_below_zero"),
    ),
}

WRITTEN_IDS: Mapping[str, Fault] = {
    "doubles": refund_ids(lambda n: f"{n}.0", order=lambda n: f"{n}", refunded=60.0),
    "zeros lost": refund_ids(lambda n: f"{n}", "references", order=lambda n: f"{n:04}"),
    "scientific": refund_ids(lambda n: "5.00E+12", "ids_in_scientific_notation", order=lambda n: f"50000000000{n:02}"),
    "upper case": refund_ids(lambda n: f"O{n}", "references", refunded=60.0),
    "a zero width space": refund_ids(lambda n: f"o{n}\u200b", "references", countable_refunds=60.0),
    "a mark of direction": refund_ids(lambda n: f"\u200eo{n}\u200e", "references", countable_refunds=60.0),
    "a byte order mark": refund_ids(lambda n: f"\ufeffo{n}", "references", countable_refunds=60.0),
    "a word joiner": refund_ids(lambda n: f"o\u2060{n}", "references", countable_refunds=60.0),
    "full-width digits": refund_ids(lambda n: f"o{n}".translate({48 + n: 0xFF10 + n for n in range(10)}), "references"),
    "a blank inside": refund_ids(lambda n: f"o {n}", "references"),
    "groups of digits": refund_ids(lambda n: f'"1,0{n:02}"', "references", order=lambda n: f"10{n:02}"),
    "a hash before": refund_ids(lambda n: f"#{n}", "references", order=lambda n: f"{n}"),
    "an order again under an invisible mark": Fault(
        [orders(25, order_id=lambda n: "\ufeffo1" if n == 25 else f"o{n}")],
        ("orders_under_two_ids", "invisible", "quarantined"),
        must_say=True,
    ),
    "orders again in another case": Fault(
        [
            orders(
                36,
                order_id=lambda n: f"O{n - 24}" if n > 24 else f"o{n}",
                ordered_at=lambda n: f"2026-03-{n % 24 + 1:02} 10:00:00",
            )
        ],
        ("orders_under_two_ids",),
    ),
}

TEXTS: Mapping[str, Fault] = {
    "smart quotes around every cell": Fault(
        [
            Export(
                "orders",
                lines(
                    "order_id,ordered_at,customer_record_id,gross_sales",
                    *(
                        f"\u201co{n}\u201d,\u201c2026-03-0{n} 10:00:00\u201d,\u201cc{n}\u201d,\u201c10.00\u201d"
                        for n in range(1, 9)
                    ),
                ),
            )
        ],
        ("quarantined",),
    ),
    "smart quotes around ids": Fault(
        [orders(order_id=lambda n: f"\u201co{n}\u201d"), refunds("r1,o3,2026-03-30 10:00:00,5.00")],
        ("refund", "references"),
    ),
    "NUL for nothing": Fault([orders(discounts="\0")], ("quarantined", "NUL"), SALES),
    "NUL behind ids": Fault(
        [orders(order_id=lambda n: f"o{n}\0"), refunds("r1,o3,2026-03-30 10:00:00,5.00")],
        ("NUL", "references"),
        {"refunded": 5.0, "countable_refunds": 5.0},
    ),
    "line separators in a cell": Fault([orders(city="Bonn\u2028Beuel")], right=SALES),
    "next-line marks in a cell": Fault([orders(city="Bonn\x85Beuel")], right=SALES),
    "form feeds in a cell": Fault([orders(city="Bonn\x0cBeuel")], right=SALES),
    "a record separator in a cell": Fault([orders(city="Bonn\x1eBeuel")], right=SALES),
    "semicolons inside cells": Fault([orders(city="Bonn; Beuel")], right=SALES, is_quiet=True),
    "cells that begin with an equals sign": Fault([orders(city="=1+1")], right=SALES, is_quiet=True),
}
