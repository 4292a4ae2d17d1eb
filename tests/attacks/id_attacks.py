"""Faults in ids, addresses, and in what one export says of another."""

import unicodedata

from tests.attacks.exports import (
    Attack,
    crm,
    customer_rows,
    customers,
    nights,
    order_rows,
    orders,
    put,
    shop,
)

REFUNDS = """  refunds:
    path: refunds.csv
    kind: refunds
    system: shop
    columns: {refund_id: rid, order_id: oid, refunded_at: at, amount: amount}
"""
SURVEY = """  survey:
    path: answers.csv
    kind: survey_responses
    columns: {{response_id: id, survey_type: {{value: nps}}, scale_min: {{value: 0}}, scale_max: {{value: 10}},
      score: score, answered_at: at{columns}}}
"""
ID, AT, TOTAL, CUSTOMER, MAIL = range(5)


def _customer(write: object, *said: str, **rest: object) -> Attack:
    """The orders name customers by ids written in another way, and by nothing else."""
    return shop(
        orders(lambda n, row: put(put(row, CUSTOMER, write(row[CUSTOMER])), MAIL, "")),  # type: ignore[operator]
        *said,
        **{"right": {"linked": 24}, **rest},
    )


def _both(of_customers: object, of_orders: object, *said: str, **rest: object) -> Attack:
    """Ids of customers, written in one way in their own export and in another one in the orders."""
    return nights(
        {
            "crm.csv": customers(lambda n, row: put(row, 0, of_customers(n))),  # type: ignore[operator]
            "orders.csv": orders(
                lambda n, row: put(put(row, CUSTOMER, of_orders((n - 1) % 8 + 1)), MAIL, "")  # type: ignore[operator]
            ),
        },
        said=said,
        **{"right": {"linked": 24, "buyers": 8}, **rest},
    )


def _refunds(write: object, *said: str, **rest: object) -> Attack:
    """Five refunds of 5.00 each whose order ids are written in another way."""
    lines = [f"r{n},{write(1000 + n)},2026-03-25 10:00:00,5.00" for n in range(1, 6)]  # type: ignore[operator]
    return nights(
        {"refunds.csv": "rid,oid,at,amount\n" + "\n".join(lines) + "\n"},
        said=said,
        **{"right": {"refunded": 25.0, "orders": 24}, "more": REFUNDS, **rest},
    )


def _answers(cells: object, header: str, columns: str, *said: str, **rest: object) -> Attack:
    """24 answers of 10, three per customer."""
    lines = [f"a{n},10,2026-03-25 10:{n:02}:00,{cells((n - 1) % 8 + 1)}" for n in range(1, 25)]  # type: ignore[operator]
    return nights(
        {"answers.csv": f"id,score,at,{header}\n" + "\n".join(lines) + "\n"},
        said=said,
        **{"right": {"promoters": 24}, "more": SURVEY.format(columns=columns), **rest},
    )


IDS = {
    "zeros lost in the orders": _both(lambda n: f"00{n:04}", lambda n: f"{n}", "references", code=3, right=None),
    "zeros lost in half of the orders": nights(
        {
            "crm.csv": customers(lambda n, row: put(row, 0, f"000{n}")),
            "orders.csv": orders(
                lambda n, row: put(put(row, CUSTOMER, ("000" if n % 2 else "") + row[CUSTOMER][1:]), MAIL, "")
            ),
        },
        said=["references_unmatched"],
        right={"linked": 24},
    ),
    "zeros lost in three orders": nights(
        {
            "crm.csv": customers(lambda n, row: put(row, 0, f"000{n}")),
            "orders.csv": orders(
                lambda n, row: put(put(row, CUSTOMER, ("000" if n > 3 else "") + row[CUSTOMER][1:]), MAIL, "")
            ),
        },
        said=["references_unmatched"],
        right={"linked": 24},
    ),
    "whole numbers as doubles": _both(lambda n: f"{n}", lambda n: f"{n}.0"),
    "whole numbers with two zeros": _both(lambda n: f"{n}", lambda n: f"{n}.00", "references", code=3),
    "ids with grouped digits": _both(lambda n: f"1234{n}", lambda n: f'"12,34{n}"', "references", code=3),
    "ids in scientific notation": _both(lambda n: f"500000000000{n}", lambda n: "5.00E+12", "scientific", code=3),
    "ids in scientific notation with a comma": _both(
        lambda n: f"500000000000{n}", lambda n: '"5,00E+12"', "scientific", code=3
    ),
    "ids in scientific notation of two parts": _both(
        lambda n: f"500000000000{n}", lambda n: "5E+12", "scientific", code=3
    ),
    "ids rounded to fifteen digits": _both(
        lambda n: f"90071992547409{n:02}", lambda n: "9007199254740900", "rounded", "references", code=3
    ),
    "15 and 18 characters of Salesforce": _both(
        lambda n: f"0015g00000AbCd{n}AAC", lambda n: f"0015g00000AbCd{n}", "15 instead of 18", code=3
    ),
    "ids in other case": _both(lambda n: f"AB-{n}", lambda n: f"ab-{n}", "upper and lower case", code=3),
    "ids with a prefix": _both(lambda n: f"{n}", lambda n: f"gid://shopify/Customer/{n}", "references", code=3),
    "ids with a word before": _both(lambda n: f"{n}", lambda n: f"Customer {n}", "references", code=3),
    "ids with blanks around": _customer(lambda id_: f"  {id_} "),
    "ids with a no-break space": _customer(lambda id_: f"\u00a0{id_}"),
    "ids with a soft hyphen": _customer(lambda id_: f"{id_[0]}\u00ad{id_[1:]}", "references", code=3),
    "ids with a zero width space inside": _customer(lambda id_: f"{id_[0]}\u200b{id_[1:]}", "references", code=3),
    "ids in Cyrillic letters": _customer(lambda id_: id_.replace("c", "\u0441"), "references", code=3),
    "three ids in Cyrillic letters": shop(
        orders(
            lambda n, row: put(
                put(row, CUSTOMER, row[CUSTOMER].replace("c", "\u0441") if n < 4 else row[CUSTOMER]), MAIL, ""
            )
        ),
        "references_unmatched",
        right={"linked": 24},
    ),
    "ids composed here and decomposed there": _both(
        lambda n: unicodedata.normalize("NFC", f"é{n}"), lambda n: unicodedata.normalize("NFD", f"é{n}")
    ),
    "an apostrophe before ids": _customer(lambda id_: f"'{id_}"),
    "ids as dates of Excel": _both(lambda n: f"{n}-3", lambda n: f"0{n}. Mrz", "references", code=3),
    "no customer_system": nights(
        {"orders.csv": orders(lambda n, row: put(row, MAIL, ""))},
        said=["no_buyer_has_customer_record"],
        right={"linked": 24},
        system="",
    ),
    "guests as customer 0": shop(
        orders(lambda n, row: put(put(row, CUSTOMER, "0"), MAIL, "") if n % 2 else row),
        "placeholder_ids",
        right={"buyers": 4, "orders": 24},
    ),
    "guests as NULL": shop(
        orders(lambda n, row: put(put(row, CUSTOMER, "NULL"), MAIL, "") if n % 2 else row),
        "placeholder_ids",
        right={"buyers": 4, "orders": 24},
    ),
    "guests as None": shop(
        orders(lambda n, row: put(put(row, CUSTOMER, "None"), MAIL, "") if n % 2 else row),
        "placeholder_ids",
        right={"buyers": 4, "orders": 24},
    ),
    "guests as guest": shop(
        orders(lambda n, row: put(put(row, CUSTOMER, "guest"), MAIL, "") if n % 2 else row),
        "placeholder_ids",
        right={"buyers": 4, "orders": 24},
    ),
    "guests as nan": shop(
        orders(lambda n, row: put(put(row, CUSTOMER, "nan"), MAIL, "") if n % 2 else row),
        "placeholder_ids",
        right={"buyers": 4, "orders": 24},
    ),
    "guests as a nil UUID": shop(
        orders(
            lambda n, row: put(put(row, CUSTOMER, "00000000-0000-0000-0000-000000000000"), MAIL, "") if n % 2 else row
        ),
        "placeholder_ids",
        right={"buyers": 4, "orders": 24},
    ),
    "guests as -1": shop(
        orders(lambda n, row: put(put(row, CUSTOMER, "-1"), MAIL, "") if n % 2 else row),
        "placeholder_ids",
        right={"buyers": 4, "orders": 24},
    ),
    "guests as #N/A": shop(
        orders(lambda n, row: put(put(row, CUSTOMER, "#N/A"), MAIL, "") if n % 2 else row),
        "placeholder_ids",
        right={"buyers": 4, "orders": 24},
    ),
    "order ids lost to NULL": shop(
        orders(lambda n, row: put(row, ID, "NULL") if n > 20 else row), "quarantined", code=65
    ),
    "an order twice, equal": shop(orders(rows=[*order_rows(), *order_rows(24)])),
    "an order twice, with another total": shop(
        orders(rows=[*order_rows(), put(order_rows()[0], TOTAL, "99.00")]), "stands", code=65
    ),
    "order ids that differ in case": shop(
        orders(lambda n, row: put(row, ID, "ab" if n == 1 else "AB" if n == 2 else row[ID]))
    ),
    "order ids of two years, numbered anew": nights(
        {
            "orders-1.csv": orders(rows=order_rows(1, 12)),
            "orders-2.csv": orders(lambda n, row: put(row, ID, f"{1000 + n}"), rows=order_rows(13, 24)),
            "orders.csv": None,
        },
        said=["ids_used_again"],
        right={"orders": 24},
        delivery="incremental",
    ),
    "order numbers with a sharp sign in refunds": _refunds(
        lambda n: f"#{n}", "references", "refund_order_unknown", code=3
    ),
    "internal order ids in refunds": _refunds(
        lambda n: f"gid://shopify/Order/{n}", "references", "refund_order_unknown", code=3
    ),
    "refunds of orders with zeros": _refunds(lambda n: f"00{n}", "references", "refund_order_unknown", code=3),
    "refunds of orders with .0": _refunds(lambda n: f"{n}.0"),
    "a refund larger than its order": nights(
        {"refunds.csv": "rid,oid,at,amount\nr1,1001,2026-03-25 10:00:00,500.00\n"},
        said=["refund_beyond_order"],
        right=None,
        more=REFUNDS,
    ),
    "refunds twice in two files": nights(
        {"refunds.csv": "rid,oid,at,amount\nr1,1001,2026-03-25 10:00:00,5.00\n"},
        {"refunds.csv": "rid,oid,at,amount\nr1,1001,2026-03-25 10:00:00,5.00\nr2,1002,2026-03-26 10:00:00,5.00\n"},
        right={"refunded": 10.0},
        more=REFUNDS,
    ),
    "refund ids that begin anew each month": nights(
        {"refunds.csv": "rid,oid,at,amount\n1,1001,2026-02-25 10:00:00,5.00\n2,1003,2026-02-26 10:00:00,5.00\n"},
        {"refunds.csv": "rid,oid,at,amount\n1,1012,2026-03-25 10:00:00,7.00\n"},
        said=["ids_used_again"],
        right={"refunded": 17.0},
        more=REFUNDS,
    ),
}
REFERENCES = {
    "answers that name customers of another tool": _answers(
        lambda n: f"c{n}", "who", ", customer_record_id: who", "references", code=3
    ),
    "answers that name customers of the crm": _answers(
        lambda n: f"c{n}", "who", ", customer_record_id: who, customer_system: {value: crm}"
    ),
    "answers with hashed addresses": _answers(
        lambda n: f"{n:032x}", "mail", ", email: mail", "writers", "references", "addresses", code=3
    ),
    "answers with the address of the survey tool": _answers(
        lambda n: "survey@tool.example", "mail", ", email: mail", "writers", "references", "shared", code=3
    ),
    "answers with addresses in capitals": _answers(lambda n: f"P{n}@EXAMPLE.ORG", "mail", ", email: mail"),
    "answers with addresses cut off": _answers(
        lambda n: f"p{n}@exampl", "mail", ", email: mail", "writers", "references", "addresses", code=3
    ),
    "answers on a scale to 5": nights(
        {
            "answers.csv": "id,score,at,mail\n"
            + "".join(f"a{n},{n % 5 + 1},2026-03-25 10:00:00,p1@example.org\n" for n in range(1, 25))
        },
        said=["nps"],
        right=None,
        more=SURVEY.format(columns=", email: mail"),
    ),
    "answers in words": nights(
        {"answers.csv": "id,score,at,mail\na1,10 - very likely,2026-03-25 10:00:00,p1@example.org\n"},
        said=["quarantined"],
        right=None,
        more=SURVEY.format(columns=", email: mail"),
    ),
}


def _mail(of_customers: object, of_orders: object, *said: str, **rest: object) -> Attack:
    """Customers known by addresses only, written in one way here and in another one there."""
    return nights(
        {
            "crm.csv": customers(lambda n, row: put(row, 1, of_customers(n))),  # type: ignore[operator]
            "orders.csv": orders(
                lambda n, row: put(put(row, CUSTOMER, ""), MAIL, of_orders((n - 1) % 8 + 1))  # type: ignore[operator]
            ),
        },
        said=said,
        **{"right": {"linked": 24, "buyers": 8, "customers": 8}, **rest},
    )


def _plain(n: int) -> str:
    return f"p{n}@example.org"


def _excluded(top: str, *said: str, **rest: object) -> Attack:
    """The first customer is a test person, who is to be left out; three orders."""
    return nights({}, said=said, **{"right": {"orders": 21, "buyers": 7}, "top": top, **rest})


IDENTITY = {
    "addresses in capitals": _mail(_plain, lambda n: f"P{n}@Example.ORG"),
    "addresses with blanks": _mail(_plain, lambda n: f" p{n}@example.org\u00a0"),
    "addresses with mailto": _mail(_plain, lambda n: f"mailto:p{n}@example.org"),
    "addresses with names": _mail(
        _plain, lambda n: f"Pat <p{n}@example.org>", "addresses_unreadable", "no_buyer_has_customer_record"
    ),
    "addresses with a semicolon behind": _mail(
        _plain, lambda n: f"p{n}@example.org;", "addresses_unreadable", "no_buyer_has_customer_record"
    ),
    "two addresses in a cell": _mail(
        _plain, lambda n: f"p{n}@example.org; q{n}@example.org", "addresses_unreadable", "no_buyer_has_customer_record"
    ),
    "two addresses with a comma": _mail(
        _plain, lambda n: f'"p{n}@example.org,q{n}@example.org"', "addresses_unreadable", "no_buyer_has_customer_record"
    ),
    "addresses in angle brackets": _mail(
        _plain, lambda n: f"<p{n}@example.org>", "addresses_unreadable", "no_buyer_has_customer_record"
    ),
    "addresses with a point behind": _mail(
        _plain, lambda n: f"p{n}@example.org.", "addresses_unreadable", "no_buyer_has_customer_record"
    ),
    "addresses with a blank inside": _mail(
        _plain, lambda n: f"p{n} @example.org", "addresses_unreadable", "no_buyer_has_customer_record"
    ),
    "addresses with at written out": _mail(
        _plain, lambda n: f"p{n}(at)example.org", "addresses_unreadable", "no_buyer_has_customer_record"
    ),
    "addresses in full-width letters": _mail(_plain, lambda n: f"p{n}\uff20example.org"),
    "addresses with a Cyrillic letter": _mail(
        _plain, lambda n: f"\u0440{n}@example.org", "no_buyer_has_customer_record"
    ),
    "addresses with a plus in the orders": _mail(
        _plain, lambda n: f"p{n}+shop@example.org", "no_buyer_has_customer_record"
    ),
    "addresses cut at 15 characters": _mail(
        lambda n: f"person.number.{n}@example.org",
        lambda n: f"person.number.{n}@exa",
        "addresses_unreadable",
        "no_buyer_has_customer_record",
    ),
    "all addresses anonymised alike": crm(
        customers(lambda n, row: put(row, 1, "redacted@example.org")), "one_address_for_many", right={"buyers": 8}
    ),
    "all addresses masked alike": crm(
        customers(lambda n, row: put(row, 1, "x***@example.org")), "one_address_for_many", right={"buyers": 8}
    ),
    "addresses of the shop for guests": shop(
        orders(lambda n, row: put(put(row, CUSTOMER, ""), MAIL, "till@shop.example") if n % 2 else row),
        "one_address_for_many",
        right={"buyers": 4},
    ),
    "one address for a couple": crm(
        customers(lambda n, row: put(row, 1, "home@example.org") if n < 3 else row), right={"buyers": 7}
    ),
    "no-reply addresses": shop(
        orders(lambda n, row: put(put(row, CUSTOMER, ""), MAIL, "noreply@market.example") if n % 2 else row),
        right={"buyers": 4},
    ),
    "a@a.com for guests": shop(
        orders(lambda n, row: put(put(row, CUSTOMER, ""), MAIL, "a@a.com") if n % 2 else row),
        "one_address_for_many",
        right={"buyers": 4},
    ),
    "merged ids joined by commas": crm(
        customers(lambda n, row: [*row, '"c90, c91"' if n == 1 else ""], head="id,mail,city,merged"),
        "merged_ids_unsplit",
        right=None,
        crm_columns=", merged_record_ids: merged",
    ),
    "merged ids that are names": crm(
        customers(lambda n, row: [*row, "Old record of Pat" if n == 1 else ""], head="id,mail,city,merged"),
        "merged_ids_unsplit",
        right=None,
        crm_columns=", merged_record_ids: merged",
    ),
    "a customer twice with other data": crm(
        customers(rows=[*customer_rows(), ["c1", "other@example.org", "Kiel"]]), "stands", "stale", right=None
    ),
    "exclude an address in capitals": _excluded('exclude: {emails: ["P1@Example.org "]}'),
    "exclude an address with a plus": nights(
        {"crm.csv": customers(lambda n, row: put(row, 1, "p1+test@example.org") if n == 1 else row)},
        said=["exclude_matches_nothing"],
        right={"orders": 21},
        top='exclude: {emails: ["test@example.org"]}',
    ),
    "exclude a mistyped address": _excluded('exclude: {emails: ["p1@exampel.org"]}', "exclude_matches_nothing"),
    "exclude a mistyped domain": _excluded('exclude: {email_domains: ["exampel.org"]}', "exclude_matches_nothing"),
    "exclude a mistyped record": _excluded('exclude: {customer_record_ids: ["C1"]}', "exclude_matches_nothing"),
    "exclude a mistyped order": _excluded('exclude: {order_ids: ["#1001"]}', "exclude_matches_nothing"),
    "exclude a record as a number": _excluded("exclude: {customer_record_ids: [c1]}"),
    "ignore a mistyped address": _excluded(
        'identity: {ignore_emails: ["p1@exampel.org"]}', "exclude_matches_nothing", "ignore"
    ),
    "exclude by a condition that is never true": nights(
        {},
        said=["exclude_matches_nothing", "leaves out nothing"],
        right={"orders": 21},
        shop="    exclude: {tests: \"mail = 'P1@example.org'\"}",
    ),
    "exclude by a condition that is always true": nights(
        {}, said=["source_left_out_whole"], right=None, code=3, shop="    exclude: {tests: \"mail <> 'nobody'\"}"
    ),
    "include by a condition that is never true": nights(
        {}, said=["source_left_out_whole"], right=None, code=3, shop="    include: {ours: \"mail = 'nobody'\"}"
    ),
}
