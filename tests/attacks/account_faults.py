"""Faults of accounts and of those above them, where customers are firms."""

from collections.abc import Callable, Mapping

from tests.attacks.batches import Export, Fault, table

CUSTOMERS_ARE_ACCOUNTS = "customer_is: account\nidentity: {roll_up_accounts: true, accounts_by_domain: true}"
"""The settings of the company."""

Write = Callable[[int], object]


def accounts(
    account: Write = lambda n: f"A{n}",
    parent: Write = lambda n: "",
    mail: Write = lambda n: f"{{key}}p{n}@firm{n}.{{key}}.example",
    count: int = 6,
    name: str = "",
) -> Export:
    """One person of each firm: the firm, the firm above it, and the person's address."""
    text = table(
        count,
        customer_record_id=lambda n: f"c{n}",
        account_id=account,
        parent_account_id=parent,
        email=lambda n: str(mail(n)),
        city="Rome",
    )
    return Export("customers", text, name=name, system="{key}" + (f"_{name}" if name else ""))


def found(people: int, *said: str, **how: Write) -> Fault:
    """`people` customers are right, or something of `said` is said."""
    return Fault([accounts(**how)], said, {"people": people})  # type: ignore[arg-type]


ACCOUNTS: Mapping[str, Fault] = {
    "sound firms": found(6),
    "a firm above three": found(4, parent=lambda n: "A6" if n <= 2 else ""),
    "a chain of firms": found(1, parent=lambda n: f"A{n + 1}" if n < 6 else ""),
    "firms above each other in a circle": found(1, parent=lambda n: f"A{n % 6 + 1}"),
    "a firm above itself": found(6, parent=lambda n: f"A{n}"),
    "a firm above that nobody delivered": found(5, parent=lambda n: "A99" if n <= 2 else ""),
    "one firm above all by mistake": found(1, "parent", "accounts", parent=lambda n: "A1"),
    "no account as NULL": found(6, "placeholder_ids", account=lambda n: "NULL"),
    "no account as 0": found(6, "placeholder_ids", account=lambda n: "0"),
    "no firm above as 0": found(6, "placeholder_ids", parent=lambda n: "0"),
    "no firm above as none": found(6, "placeholder_ids", parent=lambda n: "None"),
    "accounts as doubles": found(6, "parent", "double", account=lambda n: f"{n}.0", parent=lambda n: ""),
    "firms above as doubles": found(
        4, "parent", "double", account=lambda n: f"{n}", parent=lambda n: "6.0" if n <= 2 else ""
    ),
    "firms above in another case": found(4, "parents_written_otherwise", parent=lambda n: "a6" if n <= 2 else ""),
    "firms above with 15 of 18 characters": found(
        4,
        "parents_written_otherwise",
        account=lambda n: f"001A0000001aaa{n}AAA",
        parent=lambda n: "001A0000001aaa6" if n <= 2 else "",
    ),
    "persons of free mailboxes": found(6, account=lambda n: "", mail=lambda n: f"{{key}}p{n}@gmail.com"),
    "persons of one domain": found(1, account=lambda n: "", mail=lambda n: f"p{n}@firm.{{key}}.example"),
}
