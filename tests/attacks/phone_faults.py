"""Faults of telephone numbers, where they link records: written in other ways, damaged, or those of nobody."""

from collections.abc import Callable, Mapping

from tests.attacks.batches import Export, Fault, table

LINKED_BY_PHONE = "identity: {match_phones: true, phone_region: DE}"
"""The settings of the company."""


def write_two_tools(
    crm: Callable[[int], object], shop: Callable[[int], object] | None = None, name: bool = False, count: int = 10
) -> list[Export]:
    """Customers of a CRM and of a shop, with telephone numbers and nothing else in common."""
    makes = {"crm": crm, "shop": shop or crm}
    return [
        Export(
            "customers",
            table(
                count,
                customer_record_id=lambda n, tool=tool: f"{tool}{n}",
                phone=make,
                **({"first_name": lambda n: f"Ann{n}", "last_name": "Lee"} if name else {}),
            ),
            name=tool,
            system="{key}_" + tool,
        )
        for tool, make in makes.items()
    ]


def both(
    crm: Callable[[int], object],
    shop: Callable[[int], object] | None = None,
    *said: str,
    people: int = 10,
    name: bool = False,
    count: int = 10,
) -> Fault:
    """Two tools, of which each pair of records is one person; `people` are found."""
    return Fault(write_two_tools(crm, shop, name, count), said, {"people": people})


def number(n: int) -> str:
    """The sound number of a person, without the sign and zero before it."""
    return f"30{1234500 + n * 7}"


PHONES: Mapping[str, Fault] = {
    "numbers with and without their country": both(lambda n: f"+49 {number(n)}", lambda n: f"0{number(n)}"),
    "a zero in brackets behind the country": both(lambda n: f"+49 (0) {number(n)}", lambda n: f"0{number(n)}"),
    "two zeros before the country": both(lambda n: f"0049{number(n)}", lambda n: f"0{number(n)}"),
    "numbers that have lost their zero": both(lambda n: number(n), lambda n: f"0{number(n)}"),
    "numbers as doubles": both(lambda n: f"49{number(n)}.0", lambda n: f"+49{number(n)}"),
    "numbers in scientific notation": both(
        lambda n: "4.93012E+11", lambda n: f"+49{number(n)}", "phones_damaged", people=8, count=4
    ),
    "numbers in scientific notation in both": both(lambda n: "4.93012E+11", None, "phone", people=8, count=4),
    "numbers with an apostrophe before": both(lambda n: f"'+49{number(n)}", lambda n: f"0{number(n)}"),
    "numbers with a protocol before": both(lambda n: f"tel:+49{number(n)}", lambda n: f"0{number(n)}"),
    "two numbers in a cell": both(
        lambda n: f"0{number(n)} / 0170{number(n)[2:]}", lambda n: f"0{number(n)}", "phones_damaged"
    ),
    "numbers with extensions": both(lambda n: "030 1234567 ext. " + str(n), None, "phone"),
    "one number with other extensions": both(
        lambda n: f"030 1234567 ext. {n}", lambda n: f"030 1234567 x{n}", people=4, count=4
    ),
    "numbers of the switchboard": both(lambda n: "030 1234567", None, "phone", people=20),
    "zeros for no number": both(lambda n: "000000000", None, people=8, count=4),
    "nines for no number": both(lambda n: "9999999999", None, "phone", people=8, count=4),
    "123456789 for no number": both(lambda n: "0123456789", None, "phone", people=8, count=4),
    "n/a for no number": both(lambda n: "n/a", None, people=8, count=4),
    "masked numbers": both(lambda n: "*******567", None, people=8, count=4),
    "numbers in other digits": both(
        lambda n: f"+49{number(n)}".translate({48 + d: 0x0660 + d for d in range(10)}), lambda n: f"0{number(n)}"
    ),
    "the ends of numbers alone": both(lambda n: f"{n % 3}23", None, people=8, count=4),
    "numbers without a country, of abroad": both(
        lambda n: f"+1 212 555 01{n:02}", lambda n: f"212 555 01{n:02}", people=20
    ),
    "numbers with the same name": both(lambda n: f"0{number(n)}", None, name=True),
}
