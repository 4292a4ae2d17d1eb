"""Faults of subscriptions: periods, plans, pauses, trials, intervals, states."""

from collections.abc import Mapping

from tests.attacks.batches import Cell, Export, Fault, lines, orders, table

HEAD = "subscription_id,plan,started_at,ended_at,monthly_amount"


def periods(*rows: str, head: str = HEAD, more: str = "") -> Export:
    """Periods of subscriptions, one text each, beside nothing else."""
    return Export("subscriptions", lines(head + ",customer_record_id", *(f"{row},c1" for row in rows)), more=more)


def plans(count: int = 24, name: str = "", columns: str = "", system: str = "{key}", **cells: Cell) -> Export:
    """Subscriptions of 10.00 a month, each of another customer, with further or other cells."""
    sound: dict[str, Cell] = {
        "subscription_id": lambda n: f"u{n}",
        "customer_record_id": lambda n: f"c{n}",
        "plan": "basic",
        "started_at": lambda n: f"2025-{n % 9 + 1:02}-05 10:00:00",
        "monthly_amount": "10.00",
    }
    return Export("subscriptions", table(count, **{**sound, **cells}), columns, name=name, system=system)


def of(*rows: str, said: tuple[str, ...] = (), head: str = HEAD, **right: float) -> Fault:
    """Periods of subscriptions; `right` are the numbers that are right."""
    return Fault([periods(*rows, head=head)], said, right or None)


MANY = {"mrr": 240.0, "subscribers": 24}
U1, U2 = "u1,basic,2025-05-05 10:00:00", "u2,basic,2025-06-05 10:00:00"

SUBSCRIPTIONS: Mapping[str, Fault] = {
    "sound plans": Fault([plans()], right=MANY, is_quiet=True),
    "periods that overlap": of(
        "u1,basic,2025-05-05 10:00:00,2026-04-20 10:00:00,10.00", "u1,basic,2026-03-05 10:00:00,,12.00", mrr=12.0
    ),
    "an add-on with an item id": of(
        "u1,a,basic,2025-05-05 10:00:00,,10.00",
        "u1,b,extra,2025-09-05 10:00:00,,3.00",
        head="subscription_id,item_id,plan,started_at,ended_at,monthly_amount",
        mrr=13.0,
    ),
    "an add-on without an item id": of(
        "u1,basic,2025-05-05 10:00:00,,10.00",
        "u1,extra,2025-09-05 10:00:00,,3.00",
        said=("subscription_plans_successive",),
    ),
    "plans side by side from the first day": of(f"{U1},,10.00", "u1,extra,2025-05-05 10:00:00,,3.00", mrr=13.0),
    "another plan in the middle of a month": of(
        "u1,basic,2025-05-05 10:00:00,2026-03-14 10:00:00,10.00", "u1,plus,2026-03-14 10:00:00,,20.00", mrr=20.0
    ),
    "a gap of a second between two plans": of(
        "u1,basic,2025-05-05 10:00:00,2026-03-14 09:59:59,10.00",
        "u1,plus,2026-03-14 10:00:00,,20.00",
        mrr=20.0,
        subscribers=1,
    ),
    "one period twice": of(f"{U1},,10.00", f"{U1},,10.00", said=("quarantined",)),
    "cancelled before its start": of(
        "u1,basic,2025-05-05 10:00:00,2025-05-01 10:00:00,10.00",
        head="subscription_id,plan,started_at,cancelled_at,monthly_amount",
        said=("quarantined",),
    ),
    "ended before its start": of("u1,basic,2025-05-05 10:00:00,2025-04-05 10:00:00,10.00", said=("quarantined",)),
    "ended on its first day": of(f"{U1},2025-05-05 18:00:00,10.00", f"{U2},,10.00", mrr=10.0, subscribers=1),
    "an end in the year 9999": of(f"{U1},9999-12-31 00:00:00,10.00", said=("quarantined",), mrr=10.0),
    "an end in 1970 for none": of(f"{U1},1970-01-01 00:00:00,10.00", said=("quarantined",)),
    "a start in the future": of("u1,basic,2026-05-05 10:00:00,,10.00", f"{U2},,10.00", mrr=10.0, subscribers=1),
    "a trial that goes on": of(
        "u1,basic,2026-03-20 10:00:00,2026-04-20 10:00:00,10.00",
        f"{U2},,10.00",
        head="subscription_id,plan,started_at,trial_ends_at,monthly_amount",
        mrr=10.0,
    ),
    "a trial that ended": of(
        "u1,basic,2026-02-20 10:00:00,2026-03-20 10:00:00,10.00",
        head="subscription_id,plan,started_at,trial_ends_at,monthly_amount",
        mrr=10.0,
    ),
    "a cancelled trial": of(
        "u1,basic,2026-02-20 10:00:00,2026-03-20 10:00:00,2026-03-01 10:00:00,10.00",
        head="subscription_id,plan,started_at,trial_ends_at,ended_at,monthly_amount",
        mrr=0.0,
    ),
    "free months first": of(
        "u1,basic,2025-05-05 10:00:00,2025-08-05 10:00:00,0", "u1,basic,2025-08-05 10:00:00,,10.00", mrr=10.0
    ),
    "a pause by its days": of(
        "u1,basic,2025-05-05 10:00:00,2026-03-01 10:00:00,10.00",
        head="subscription_id,plan,started_at,paused_at,monthly_amount",
        mrr=0.0,
    ),
    "a pause that is over": of(
        "u1,basic,2025-05-05 10:00:00,2026-02-01 10:00:00,2026-03-01 10:00:00,10.00",
        head="subscription_id,plan,started_at,paused_at,resumed_at,monthly_amount",
        mrr=10.0,
    ),
    "a price of a year": of(
        "u1,basic,2025-05-05 10:00:00,120.00,year",
        head="subscription_id,plan,started_at,amount,billing_interval",
        mrr=10.0,
    ),
    "a price of a year taken for a month": Fault(
        [
            plans(
                plan=lambda n: "basic yearly" if n % 2 else "basic",
                monthly_amount=lambda n: "120.00" if n % 2 else "10.00",
            )
        ],
        ("billing_interval_not_read",),
    ),
    "an interval that is not mapped": Fault(
        [
            plans(
                interval=lambda n: "year" if n % 2 else "month", monthly_amount=lambda n: "120.00" if n % 2 else "10.00"
            )
        ],
        ("billing_interval_not_read",),
    ),
    "an interval beside monthly amounts that are right": Fault(
        [plans(interval=lambda n: "year" if n % 2 else "month")], right=MANY, is_quiet=True
    ),
    "words for intervals": Fault(
        [plans(monthly_amount="", amount="10.00", billing_interval="Monthly")], ("quarantined",), MANY
    ),
    "seats beside the price of one": Fault([plans(quantity=lambda n: n % 4 + 1)], ("monthly_amount_per_unit",)),
    "seats beside the price of all": Fault(
        [plans(quantity=lambda n: n % 4 + 1, monthly_amount=lambda n: f"{(n % 4 + 1) * 10}.00")],
        right={"mrr": 600.0},
        is_quiet=True,
    ),
    "seats and the price of one": Fault(
        [plans(monthly_amount="", amount="10.00", quantity=lambda n: n % 4 + 1)], right={"mrr": 600.0}, is_quiet=True
    ),
    "an amount below zero": of(f"{U1},,-10.00", said=("quarantined",)),
    "no amount": of(f"{U1},,", said=("quarantined",)),
    "another currency later": of(
        "u1,basic,2025-05-05 10:00:00,2026-01-05 10:00:00,10.00,EUR",
        "u1,basic,2026-01-05 10:00:00,,10.00,USD",
        head=HEAD + ",currency",
        mrr=9.0,
    ),
    "a currency without a rate": of(
        f"{U1},,10.00,NOK", head=HEAD + ",currency", said=("rate_is_known", "core.subscriptions")
    ),
    "cancelled by its status alone": Fault(
        [plans(status=lambda n: "canceled" if n % 3 == 0 else "active")], ("subscription_status_disagrees",)
    ),
    "expired by its status alone": Fault(
        [plans(status=lambda n: "Expired" if n % 3 == 0 else "Active")], ("subscription_status_disagrees",)
    ),
    "trials by their status alone": Fault(
        [plans(status=lambda n: "trialing" if n % 3 == 0 else "active")], ("subscription_status_disagrees",)
    ),
    "active by its status, ended by its day": Fault(
        [plans(status="active", ended_at=lambda n: "2026-01-05 10:00:00" if n % 3 == 0 else "")],
        ("subscription_status_disagrees",),
    ),
    "cancelled by its status and its day": Fault(
        [
            plans(
                status=lambda n: "canceled" if n % 3 == 0 else "active",
                ended_at=lambda n: "2026-01-05 10:00:00" if n % 3 == 0 else "",
            )
        ],
        right={"mrr": 160.0},
        is_quiet=True,
    ),
    "a status that is not mapped": Fault(
        [
            Export(
                "subscriptions",
                plans(status2="active").text.replace("status2", "state").replace("active", "cancelled", 5),
            )
        ],  # type: ignore[union-attr]
        ("states_not_read", "subscription_status_disagrees"),
    ),
    "charges that are orders too": Fault(
        [
            plans(),
            orders(
                72,
                ordered_at=lambda n: f"2026-{n % 3 + 1:02}-05 10:{n % 60:02}:00",
                gross_sales="10.00",
                customer_record_id=lambda n: f"c{(n - 1) // 3 + 1}",
            ),
        ],
        ("subscription_charges_as_orders",),
    ),
    "subscribers who buy too": Fault(
        [
            plans(),
            orders(72, customer_record_id=lambda n: f"c{(n - 1) // 3 + 1}", gross_sales=lambda n: f"{20 + n}.00"),
        ],
        right={"mrr": 240.0},
        is_quiet=True,
    ),
    "one subscription in two tools": Fault(
        [
            plans(),
            plans(
                name="billing",
                system="{key}_pay",
                columns="customer_system: {value: {key}}",
                subscription_id=lambda n: f"sub_{n}",
            ),
        ],
        ("same_subscriptions_in_two_systems",),
    ),
    "days alone, in another zone": of("u1,basic,2025-05-05,2026-03-31,10.00", f"{U2},,10.00", mrr=10.0),
}
