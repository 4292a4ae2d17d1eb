"""Faults of moments and versions: nights of 23 and 25 hours, offsets in words, versions without or of one moment."""

from collections.abc import Mapping

from tests.attacks.batches import Cell, Export, Fault, day, lines, orders

SALES = {"sales": 2400.0}


def at(write: str, **right: object) -> Fault:
    """One order of 24 at another moment; `right` are the numbers that are right, else it is quarantined."""
    moment: Cell = lambda n: write if n == 5 else f"{day(n)} 10:{n % 60:02}:00"  # noqa: E731
    return Fault([orders(ordered_at=moment)], () if right else ("quarantined", "rows_after_as_of"), right or None)


def all_at(write: str, *said: str, **right: object) -> Fault:
    """Every order at its day, written in another way: `{}` is the day."""
    return Fault([orders(ordered_at=lambda n: write.format(day(n)))], said, right or None)


def versions(*nights: tuple[str, ...], said: tuple[str, ...] = (), must_say: bool = False, **right: float) -> Fault:
    """Versions of order o1 beside o2 of 5.00: amount and moment of the last change, night by night."""
    head = "order_id,ordered_at,gross_sales,updated_at"
    texts = [lines(head, *(f"o1,2026-03-02 10:00:00,{each}" for each in night)) for night in nights]
    texts[0] += "o2,2026-03-03 10:00:00,5.00,2026-03-03 10:00:00\n"
    return Fault([Export("orders", texts)], said, right or None, must_say=must_say)


MOMENTS: Mapping[str, Fault] = {
    "the hour that comes twice": at("2025-10-26 02:30:00", **SALES, on_26_october=1),
    "the hour that comes twice, by its offsets": Fault(
        [orders(ordered_at=lambda n: f"2025-10-26T02:30:00+0{n}:00" if n <= 2 else f"{day(n)} 10:{n % 60:02}:00")],
        right={**SALES, "moments": 24, "on_26_october": 2},
        is_quiet=True,
    ),
    "the begin of a night of 23 hours": at("2026-03-28T23:30:00Z", **SALES, on_29_march=1),
    "the end of a day of 23 hours": at("2026-03-29T21:59:59Z", **SALES, on_29_march=1),
    "after a day of 23 hours": at("2026-03-29T22:00:00Z", **SALES, on_29_march=0),
    "the end of a day of 25 hours": at("2025-10-26T22:59:59Z", **SALES, on_26_october=1),
    "after a day of 25 hours": at("2025-10-26T23:00:00Z", **SALES, on_26_october=0),
    "the hour that never was, in UTC": Fault(
        [
            orders(
                ordered_at=lambda n: "2026-03-29 02:30:00" if n == 5 else f"{day(n)} 10:{n:02}:00",
                more="    timezone: UTC",
            )
        ],
        right={**SALES, "on_29_march": 1},
        is_quiet=True,
    ),
    "UTC in words": all_at("{} 10:00:00 UTC", "quarantined", **SALES),
    "a zone in words": all_at("{} 10:00:00 EST", "quarantined"),
    "a zone by its city": all_at("{} 10:00:00 America/New_York", "quarantined"),
    "an offset behind GMT": all_at("{} 10:00:00 GMT+0100", "quarantined"),
    "an offset with a true minus sign": all_at("{}T10:00:00\u221205:00", "quarantined"),
    "an offset without a colon": at("2026-03-29T02:30:00+0530", **SALES, on_29_march=0),
    "an offset of 75 minutes": at("2026-03-05T10:00:00+05:75"),
    "points in p.m.": all_at("{} 11:00:00 p.m.", "quarantined"),
    "a comma before milliseconds": all_at('"{} 10:00:00,123"', "quarantined", **SALES),
    "full-width digits in days": at("\uff12\uff10\uff12\uff16-03-05 10:00:00"),
    "Arabic digits in days": at("\u0662\u0660\u0662\u0666-03-05 10:00:00"),
    "a year of the Buddhist calendar": at("2569-03-05 10:00:00"),
    "a year of the Islamic calendar": at("1447-09-16 10:00:00"),
    "a no-break space between day and hour": all_at("{}\u00a010:00:00", "quarantined", **SALES),
    "blanks around hours": all_at("{}  10:00:00", "quarantined", **SALES),
    "an hour alone behind the day": all_at("{} 10", "quarantined", **SALES),
    "infinity as a day": at("infinity"),
    "a day of words": at("yesterday"),
}

VERSIONS: Mapping[str, Fault] = {
    "two nights, changed at one moment": versions(
        ("10.00,2026-03-05 10:00:00",), ("20.00,2026-03-05 10:00:00",), sales=25.0
    ),
    "two rows, changed at one moment": versions(
        ("10.00,2026-03-05 10:00:00", "20.00,2026-03-05 10:00:00"), said=("quarantined",), must_say=True, sales=5.0
    ),
    "two rows, one without a moment": versions(
        ("10.00,2026-03-05 10:00:00", "20.00,"), said=("quarantined",), must_say=True, sales=5.0
    ),
    "two rows, the later one first": versions(("20.00,2026-03-06 10:00:00", "10.00,2026-03-05 10:00:00"), sales=25.0),
    "a version of the future that no later one beats": versions(
        ("10.00,2027-01-01 10:00:00",),
        ("20.00,2026-03-20 10:00:00",),
        said=("changed_in_future",),
        must_say=True,
        sales=25.0,
    ),
    "a version without a moment": versions(("10.00,2026-03-05 10:00:00",), ("20.00,",), sales=25.0),
    "a first version without a moment": versions(("10.00,",), ("20.00,2026-03-05 10:00:00",), sales=25.0),
    "an older version that comes later": versions(
        ("20.00,2026-03-06 10:00:00",), ("10.00,2026-03-05 10:00:00",), said=("version_column_disagrees",), sales=25.0
    ),
    "a moment that is none": versions(
        ("10.00,2026-03-05 10:00:00",), ("20.00,yesterday",), said=("values_emptied", "values_misread"), must_say=True
    ),
    "moments of days only": versions(("10.00,2026-03-05",), ("20.00,2026-03-05",), sales=25.0),
    "moments with offsets": versions(
        ("20.00,2026-03-05T10:00:00+01:00",), ("10.00,2026-03-05T09:30:00+01:00",), said=("version_column_disagrees",)
    ),
    "numbers that begin anew with the year": Fault(
        [
            Export(
                "orders",
                [
                    str(orders(ordered_at=lambda n: f"2025-{day(n)[5:]} 10:00:00").text),
                    str(orders(gross_sales="90.00").text),
                ],
                more="    delivery: incremental",
            )
        ],
        ("ids_used_again",),
    ),
    "refunds left out that bear the number of their order": Fault(
        [
            Export(
                "orders",
                (
                    lines("order_id,ordered_at,gross_sales,type", "o1,2026-03-02 10:00:00,10.00,sale"),
                    lines("order_id,ordered_at,gross_sales,type", "o1,2026-03-09 10:00:00,-10.00,refund"),
                ),
                more="    exclude: {refunds: \"type = 'refund'\"}",
            )
        ],
        ("excluded_records_share_ids",),
        {"sales": 10.0},
        must_say=True,
        is_quiet=True,
    ),
    "refund lines left out that bear the number of their order": Fault(
        [
            Export(
                "order_lines",
                (
                    lines("order_id,ordered_at,line_id,gross_sales,type", "o1,2026-03-02 10:00:00,1,10.00,sale"),
                    lines("order_id,ordered_at,line_id,gross_sales,type", "o1,2026-03-09 10:00:00,2,-10.00,refund"),
                ),
                more="    delivery: incremental\n    exclude: {refunds: \"type = 'refund'\"}",
            )
        ],
        ("excluded_records_share_ids",),
        {"sales": 10.0},
        must_say=True,
        is_quiet=True,
    ),
    "refunds left out whose number is that of an order": Fault(
        [
            orders(),
            Export(
                "refunds",
                (
                    lines("refund_id,order_id,refunded_at,amount,state", "r1,o3,2026-03-28 10:00:00,5.00,done"),
                    lines("refund_id,order_id,refunded_at,amount,state", "o3,o3,2026-03-29 10:00:00,9.00,failed"),
                ),
                more="    exclude: {failed: \"state = 'failed'\"}",
            ),
        ],
        right={"sales": 2400.0, "refunded": 5.0},
        is_quiet=True,
    ),
}
