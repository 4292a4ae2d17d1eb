"""Faults of merged customers, of answers by two channels, and further ones of subscriptions."""

from collections.abc import Mapping

from tests.attacks.batches import Cell, Export, Fault, orders, table
from tests.attacks.subscription_faults import HEAD, of, plans
from tests.attacks.survey_faults import answers


def people(merged: Mapping[int, str], count: int = 8, first: int = 1) -> Export:
    """Customers without addresses, some of which took others in."""
    text = table(
        count,
        customer_record_id=lambda n: f"c{n + first - 1}",
        city="Rome",
        merged_record_ids=lambda n: merged.get(n + first - 1, ""),
    )
    return Export("customers", text)


def by_two_channels(**cells: Cell) -> Fault:
    """Answers of the survey tool, and the same answers of the tool that sent the messages, with ids of its own."""
    again = answers(response_id=lambda n: f"sms{n}", **cells)
    return Fault(
        [answers(), Export("survey_responses", again.text, name="sms", system="{key}")],
        ("same_answers_in_two_sources",),
    )


PEOPLE: Mapping[str, Fault] = {
    "orders of a customer who was merged": Fault([people({1: "c2"}, 8), orders()], right={"buyers": 7}, is_quiet=True),
    "orders of a customer whose record is gone since the merge": Fault(
        [people({8: "c1;c2"}, 6, first=3), orders()], right={"buyers": 6}, is_quiet=True
    ),
    "a chain of merges": Fault([people({1: "c2", 2: "c3"}), orders()], right={"buyers": 6}, is_quiet=True),
    "merges in a circle": Fault([people({1: "c2", 2: "c1"}), orders()], right={"buyers": 7}),
    "a customer merged with itself": Fault([people({1: "c1"}), orders()], right={"buyers": 8}),
    "a customer merged into two": Fault([people({1: "c3", 2: "c3"}), orders()], ("merge",), {"buyers": 6}),
    "merged ids with blanks": Fault([people({1: "c2 ; c3"}), orders()], right={"buyers": 6}, is_quiet=True),
    "merged ids as doubles": Fault(
        [
            Export(
                "customers",
                table(
                    8, customer_record_id=lambda n: n, city="Rome", merged_record_ids=lambda n: "2.0" if n == 1 else ""
                ),
            ),
            orders(customer_record_id=lambda n: n % 8 + 1),
        ],
        ("merge",),
        {"buyers": 7},
    ),
    "orders of customers who were deleted": Fault(
        [people({}, 6, first=3), orders()], ("references_unmatched", "customers_of_no_export")
    ),
}

ANSWERS: Mapping[str, Fault] = {
    "answers of 11": Fault([answers(score=lambda n: 11 if n % 8 == 0 else 9)], ("quarantined",)),
    "scores as doubles": Fault([answers(score="9.0")], ("quarantined",), {"answers": 40, "nps_counted": 40}),
    "scores of ten": Fault([answers(score="9/10")], ("quarantined",)),
    "words of satisfaction": Fault(
        [answers(survey_type="csat", score=lambda n: "Very satisfied" if n % 2 else "Neutral")], ("quarantined",)
    ),
    "full-width scores": Fault([answers(score="\uff19")], ("quarantined",)),
    "a score with a plus": Fault([answers(score="9+")], ("quarantined",)),
    "the same answers by two channels": by_two_channels(),
    "the same answers by two channels, minutes apart": by_two_channels(
        answered_at=lambda n: f"2026-03-{n % 28 + 1:02} 10:03:00"
    ),
    "another answer of the same customers a month before": Fault(
        [
            answers(),
            Export(
                "survey_responses",
                answers(
                    response_id=lambda n: f"sms{n}",
                    answered_at=lambda n: f"2026-02-{n % 28 + 1:02} 10:00:00",
                    score=lambda n: n % 5 + 6,
                ).text,
                name="sms",
                system="{key}",
            ),
        ],
        right={"answers": 80},
        is_quiet=True,
    ),
}

FURTHER_SUBSCRIPTIONS: Mapping[str, Fault] = {
    "a plan that begins on the day another one ends": of(
        "u1,basic,2025-05-05,2026-03-31,10.00", "u1,plus,2026-03-31,,20.00", mrr=20.0, subscribers=1
    ),
    "a renewal a month": of(
        "u1,basic,2026-01-05,2026-02-05,10.00",
        "u1,basic,2026-02-05,2026-03-05,10.00",
        "u1,basic,2026-03-05,2026-04-05,10.00",
        mrr=10.0,
        subscribers=1,
    ),
    "renewals that overlap by a day": of(
        "u1,basic,2026-01-05,2026-02-06,10.00",
        "u1,basic,2026-02-05,2026-03-06,10.00",
        "u1,basic,2026-03-05,2026-04-06,10.00",
        mrr=10.0,
        subscribers=1,
    ),
    "two plans of one customer under two ids": of(
        "u1,basic,2025-05-05,,10.00", "u2,plus,2025-06-05,,20.00", mrr=30.0, subscribers=2
    ),
    "two currencies in one subscription": of(
        "u1,a,basic,2025-05-05,,10.00,EUR",
        "u1,b,extra,2025-05-05,,10.00,USD",
        head="subscription_id,item_id,plan,started_at,ended_at,monthly_amount,currency",
        mrr=19.0,
    ),
    "a cancellation that is due": of(
        "u1,basic,2025-05-05,2026-05-05,10.00",
        head="subscription_id,plan,started_at,cancelled_at,monthly_amount",
        said=("quarantined", "rows_after_as_of"),
        mrr=10.0,
    ),
    "a cancellation that is dated back the next night": Fault(
        [
            Export(
                "subscriptions",
                (
                    f"{HEAD},customer_record_id\nu1,basic,2025-05-05,,10.00,c1\nu2,basic,2025-05-05,,10.00,c2\n",
                    f"{HEAD},customer_record_id\nu1,basic,2025-05-05,2025-12-01,10.00,c1\n"
                    "u2,basic,2025-05-05,,10.00,c2\n",
                ),
            )
        ],
        right={"mrr": 10.0, "subscribers": 1},
    ),
    "credits as rows below zero": Fault(
        [
            plans(
                25,
                subscription_id=lambda n: "u1" if n == 25 else f"u{n}",
                monthly_amount=lambda n: -5 if n == 25 else 10,
            )
        ],
        ("quarantined",),
    ),
    "amounts with a currency sign": Fault([plans(monthly_amount="\u20ac10.00")], ("quarantined",)),
    "subscribers under ids in another case": Fault(
        [
            plans(customer_record_id=lambda n: f"C{n}" if n % 2 else f"c{n}"),
            Export("customers", table(24, customer_record_id=lambda n: f"c{n}", city="Rome")),
        ],
        ("references", "case"),
    ),
}
