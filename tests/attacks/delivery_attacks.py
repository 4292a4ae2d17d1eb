"""Faults in how files arrive: their order, their parts, their repeats."""

from tests.attacks.exports import (
    CUSTOMER_HEAD,
    Attack,
    customers,
    nights,
    order_rows,
    orders,
    put,
)
from tests.attacks.id_attacks import ID, REFUNDS, TOTAL

LINES = """  lines:
    path: lines*.csv
    kind: order_lines
    delivery: {mode}
    columns: {{order_id: oid, ordered_at: at, product_id: product, quantity: n, unit_price: price,
      customer_record_id: who, customer_system: {{value: crm}}{columns}}}
"""
LINE_HEAD = "oid,at,product,n,price,who"


def line(order: int, product: str, price: str = "10.00", day: int = 5) -> str:
    """One line of an order of a till."""
    return f"t{order},2026-03-{day:02} 10:00:00,{product},1,{price},c1"


def lines(*rows: str) -> str:
    """A file of them."""
    return "\n".join([LINE_HEAD, *rows]) + "\n"


def till(
    *deliveries: dict[str, str], mode: str = "incremental", said: tuple[str, ...] = (), sales: float, **rest: object
) -> Attack:
    """Files of a till beside the sound shop, whose sales are added."""
    return nights(
        *deliveries,
        said=said,
        **{"right": {"sales": 552.0 + sales}, "more": LINES.format(mode=mode, columns=rest.pop("columns", "")), **rest},
    )


DAY_1 = lines(*(line(n, f"p{n}", day=n) for n in range(1, 9)))
DAY_2 = lines(*(line(n, f"p{n}", day=n) for n in range(9, 17)))
NEW_ORDERS = orders(lambda n, row: put(row, ID, f"{2000 + n}"))

DELIVERIES = {
    "months in three files, taken for the whole": nights(
        {
            "orders.csv": None,
            "orders-1.csv": orders(rows=order_rows(1, 8)),
            "orders-2.csv": orders(rows=order_rows(9, 16)),
            "orders-3.csv": orders(rows=order_rows(17, 24)),
        },
        said=["full_delivery_replaced", "file_times_are_equal"],
        code=3,
    ),
    "days taken for the whole": nights(
        {"orders.csv": orders(rows=order_rows(1, 12))},
        {"orders.csv": orders(rows=order_rows(13, 24))},
        said=["full_delivery_replaced"],
        code=3,
    ),
    "days taken for the whole, of another size": nights(
        {"orders.csv": orders(rows=order_rows(1, 9))},
        {"orders.csv": orders(rows=order_rows(10, 24))},
        said=["full_delivery_replaced"],
        code=3,
    ),
    "customers of a day taken for the whole": nights(
        {"crm.csv": customers()},
        {"crm.csv": customers(lambda n, row: put(row, 0, f"c{n + 8}"))},
        said=["full_delivery_replaced", "references"],
        code=3,
    ),
    "ids of orders renamed by a new tool": nights(
        {}, {"orders.csv": NEW_ORDERS}, said=["full_delivery_replaced"], code=3
    ),
    "ids of orders renamed by a new tool, added": nights(
        {}, {"orders-2.csv": NEW_ORDERS}, said=["orders_under_two_ids"], delivery="incremental"
    ),
    "the whole each night, added": nights(
        {"orders.csv": orders(rows=order_rows(1, 12))}, {"orders.csv": orders()}, delivery="incremental"
    ),
    "a day that overlaps with the one before": nights(
        {"orders.csv": orders(rows=order_rows(1, 14))},
        {"orders-2.csv": orders(rows=order_rows(10, 24))},
        delivery="incremental",
    ),
    "one file under two names": nights({"orders-copy.csv": orders()}, delivery="incremental"),
    "one file under two names, taken for the whole": nights({"orders-copy.csv": orders()}),
    "one file with other line ends under another name": nights(
        {"orders-copy.csv": orders().replace("\n", "\r\n")}, delivery="incremental"
    ),
    "an older file put back": nights(
        {"orders.csv": orders(lambda n, row: put(row, TOTAL, "1.00"))},
        {"orders.csv": orders()},
        {"orders.csv": orders(lambda n, row: put(row, TOTAL, "1.00"))},
        said=["delivery_put_back"],
        right=None,
    ),
    "a late file of an earlier day": nights(
        {"orders.csv": None, "orders-2026-03-31.csv": orders()},
        {"orders-2026-03-30.csv": orders(lambda n, row: put(row, TOTAL, "1.00"))},
        said=["file_order_disagrees"],
        right=None,
        delivery="incremental",
    ),
    "two versions changed at one moment": nights(
        {"orders.csv": None, "orders-a.csv": orders(lambda n, row: put(row, TOTAL, "1.00")), "orders-b.csv": orders()},
        said=["file_times_are_equal"],
        right=None,
        delivery="incremental",
    ),
    "a shrunk file": nights({}, {"orders.csv": orders(rows=order_rows(1, 8))}, said=["shrink"], code=4),
    "an empty file": nights({}, {"orders.csv": ""}, said=["empty"], code=4),
    "a header alone": nights({}, {"orders.csv": orders(rows=[])}, said=["no record"], code=4),
    "a header alone, added": nights({}, {"orders-2.csv": orders(rows=[])}, delivery="incremental"),
    "customers without a record on the first night": nights(
        {"crm.csv": CUSTOMER_HEAD + "\n"}, said=["first_file_is_empty"], right=None
    ),
    "no file on the second night": nights({}, {"orders.csv": None}, said=["no file"], code=4),
    "no customers on the second night": nights({}, {"crm.csv": None}, said=["source_stale"]),
    "customers of the wrong tool": nights({"crm.csv": "Lead ID,Owner\n1,Pat\n"}, said=["source_stale"], right=None),
    "orders and returns in one folder": nights(
        {"orders-returns.csv": "return,day,amount\nr1,2026-03-20,10.00\n"},
        said=["header"],
        code=4,
        delivery="incremental",
    ),
    "returns with the columns of orders in one folder": nights(
        {"orders-returns.csv": orders(lambda n, row: put(row, TOTAL, "-" + row[TOTAL]), rows=order_rows(1, 6))},
        said=["orders_below_zero", "file_times_are_equal"],
        right=None,
        delivery="incremental",
    ),
    "two shops with the same numbers in one folder": nights(
        {
            "orders-b.csv": orders(
                lambda n, row: [
                    row[0],
                    row[1].replace("2026-", "2025-"),
                    "5.00",
                    f"c{n % 8 + 1}",
                    f"p{n % 8 + 1}@example.org",
                ]
            )
        },
        said=["ids_used_again", "orders_before"],
        right={"orders": 48},
        delivery="incremental",
    ),
    "a file of exactly 1,000 records": nights(
        {
            "orders.csv": orders(
                rows=[[f"{n}", f"2026-03-{n % 28 + 1:02} 10:00:00", "1.00", "c1", ""] for n in range(1000)]
            )
        },
        said=["export_limit"],
        right=None,
    ),
    "a new column of currencies": nights(
        {},
        {
            "orders.csv": orders(
                lambda n, row: [*row, "USD" if n < 3 else "EUR"], head="id,at,total,customer,mail,currency"
            )
        },
        said=["currency_not_mapped"],
        right=None,
    ),
    "a column that has gone": nights(
        {}, {"orders.csv": orders(lambda n, row: row[:4], head="id,at,total,customer")}, said=["missing"], code=4
    ),
    "a column renamed": nights(
        {}, {"orders.csv": orders(head="id,created_at,total,customer,mail")}, said=["missing"], code=4
    ),
    "columns in another order": nights(
        {}, {"orders.csv": orders(lambda n, row: row[::-1], head="mail,customer,total,at,id")}
    ),
    "a growing file within a part": nights({"orders.csv.part": "id,at\n"}),
    "a temporary file of an office program": nights({"orders.csv~": "id\n", ".~lock.orders.csv#": "x"}),
    "a copy of an office program": nights({"orders - Copy.csv": orders()}, delivery="incremental"),
    "lines of one order on two pages": till(
        {
            "lines-1.csv": lines(*(line(n, f"p{n}") for n in range(1, 6)), line(6, "a")),
            "lines-2.csv": lines(line(6, "b"), *(line(n, f"p{n}") for n in range(7, 11))),
        },
        said=("orders_split_over_files",),
        sales=110.0,
    ),
    "days of a till": till({"lines-1.csv": DAY_1}, {"lines-2.csv": DAY_2}, sales=160.0),
    "days of a till that all hold the past, added as events": till(
        {"lines-1.csv": DAY_1}, {"lines-2.csv": DAY_1 + DAY_2.split("\n", 1)[1]}, mode="append", sales=160.0
    ),
    "days of a till with a changed past, added as events": till(
        {"lines-1.csv": DAY_1},
        {"lines-2.csv": DAY_1.replace("10.00", "11.00") + DAY_2.split("\n", 1)[1]},
        mode="append",
        said=("lines_added_again",),
        sales=168.0,
    ),
    "a till whose numbers begin anew each day": till(
        {"lines-1.csv": lines(*(line(n, f"p{n}", day=5) for n in range(1, 9)))},
        {"lines-2.csv": lines(*(line(n, f"p{n}", price="12.00", day=9) for n in range(1, 9)))},
        said=("ids_used_again",),
        sales=176.0,
    ),
    "an exchange of one line": till(
        {"lines-1.csv": lines(line(1, "a"), line(1, "b"))},
        {"lines-2.csv": lines(line(1, "a"), line(1, "c", price="12.00"))},
        sales=22.0,
    ),
    "orders and lines of the same sales in two systems": till(
        {"lines-1.csv": lines(*(f"x{row[0]},{row[1]},p,1,{row[2]},{row[3]}" for row in order_rows()))},
        said=("same_orders_in_two_systems",),
        sales=0.0,
    ),
    "refunds as the whole each night": nights(
        {"refunds.csv": "rid,oid,at,amount\nr1,1001,2026-03-25 10:00:00,5.00\n"},
        {"refunds.csv": "rid,oid,at,amount\nr1,1001,2026-03-25 10:00:00,5.00\nr2,1002,2026-03-26 10:00:00,6.00\n"},
        right={"refunded": 11.0},
        more=REFUNDS,
    ),
    "a refund corrected later": nights(
        {"refunds.csv": "rid,oid,at,amount\nr1,1001,2026-03-25 10:00:00,5.00\n"},
        {"refunds.csv": "rid,oid,at,amount\nr1,1001,2026-03-25 10:00:00,6.00\n"},
        right={"refunded": 6.0},
        more=REFUNDS,
    ),
    "two partial refunds of one id in one file": nights(
        {"refunds.csv": "rid,oid,at,amount\nr1,1001,2026-03-25 10:00:00,5.00\nr1,1001,2026-03-26 10:00:00,6.00\n"},
        said=["source_stale", "quarantined"],
        right={"refunded": 11.0},
        more=REFUNDS,
    ),
    "one order in a day where there were twelve": nights(
        {"orders.csv": orders(rows=order_rows(1, 23))},
        {"orders-2.csv": orders(rows=order_rows(24, 24))},
        delivery="incremental",
    ),
}
