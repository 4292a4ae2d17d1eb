"""A made-up company whose persons are known: CRM, shop and billing, with the errors that people make when they type.

Put here: who the persons are, and the rows of customers and guests. Keep out: what is measured (the tests).
"""

import random
from dataclasses import dataclass, field

Row = dict[str, str | None]

# fmt: off
GIVEN = (
    "Anna", "Maria", "Julia", "Laura", "Sarah", "Lena", "Katharina", "Claudia", "Petra", "Sabine", "Emma",
    "Sophie", "Elizabeth", "Margaret", "Robert", "William", "Thomas", "Michael", "Andreas", "Stefan", "Markus",
    "Daniel", "Alexander", "Christian", "Peter", "Martin", "Johannes", "Lukas", "Felix", "Paul", "James",
    "David", "George", "Oliver", "Ahmed", "Mehmet", "Elena", "Olga", "Ivan", "Zoë",
)
FAMILY = (
    "Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann",
    "Koch", "Richter", "Klein", "Wolf", "Schröder", "Neumann", "Braun", "Zimmermann", "Hofmann", "Krüger",
    "Hartmann", "Lange", "Werner", "Krause", "Lehmann", "Maier", "Köhler", "Herrmann", "Walter", "König",
    "Kaiser", "Fuchs", "Peters", "Lang", "Scholz", "Möller", "Weiß", "Jung", "Hahn", "Keller", "Smith", "Jones",
    "Taylor", "Brown", "Wilson", "Evans", "Walker", "Wright", "Robinson", "Hughes", "Yılmaz", "Kaya", "Demir",
    "Novák", "Kowalski", "Nowak", "García", "Rossi", "Petrov", "Ivanova",
)
CITIES = (
    "Berlin", "Hamburg", "München", "Köln", "London", "Leeds", "Wien", "Graz", "Bonn", "Ulm", "Kiel", "Bath",
    "York", "Mainz", "Trier", "Fulda",
)
DOMAINS = (
    "gmail.com", "web.de", "gmx.de", "outlook.com", "icloud.com", "t-online.de",
)
# fmt: on
NICKNAMES = {"Elizabeth": "Liz", "Robert": "Bob", "William": "Bill", "Margaret": "Maggie", "Alexander": "Sasha"}
OFFICE = "+49 30 901820"


@dataclass
class MixedCompany:
    """Rows, and the truth.

    Attributes:
        customers: Rows of the kind `customers`.
        orders: Rows of the kind `orders`, all of guests.
        owners: Record key -> person.
    """

    customers: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    owners: dict[str, int] = field(default_factory=dict)

    def add(self, system: str, person: int, **row: str | None) -> None:
        """A customer record of a person."""
        number = f"{system[0]}{len(self.customers):05}"
        self.customers.append({"_system": system, "customer_record_id": number, **row})
        self.owners[f"customer/{system}/{number}"] = person

    def order(self, person: int, email: str) -> None:
        """An order of a guest."""
        number = f"o{len(self.orders)}"
        self.orders.append({"order_id": number, "email": email, "ordered_at": "2026-01-05 09:00:00"})
        self.owners[f"order/shop/{number}"] = person


@dataclass(frozen=True)
class _Person:
    number: int
    given: str
    family: str
    email: str
    phone: str
    city: str


def make_mixed_company(persons: int = 600, seed: int = 11) -> MixedCompany:
    """Draw the company; the same on every call."""
    draw, company = random.Random(seed), MixedCompany()
    taken: set[str] = set()
    before: _Person | None = None
    for number in range(persons):
        person = _draw_person(number, draw, taken, before)
        _add_records(company, person, draw)
        if before and number % 40 == 7:  # a couple: one writes from the mailbox of the other, in the same shop
            spouse = _draw_given(draw, person.given)
            company.add("shop", 100_000 + number, first_name=spouse, last_name=person.family, email=person.email)
            company.add("shop", number, first_name=person.given, last_name=person.family, email=person.email)
        before = person
    for number in range(12):  # an office with one number
        given, family = GIVEN[number], FAMILY[number]
        email = f"{given}.{family}@firm.example".lower()
        company.add("crm", 200_000 + number, first_name=given, last_name=family, email=email, phone=OFFICE)
    for person in (300_000, 300_001):  # father and son, of one name and one number
        email = f"walter{person}@web.de"
        company.add("crm", person, first_name="Walter", last_name="Kempe", email=email, phone="+49 30 2312999")
    return company


def _draw_person(number: int, draw: random.Random, taken: set[str], before: _Person | None) -> _Person:
    """Frequent names are frequent; every tenth person has the family name, number and city of the one before."""
    given = GIVEN[min(int(draw.expovariate(1 / 12)), len(GIVEN) - 1)]
    family = FAMILY[min(int(draw.expovariate(1 / 18)), len(FAMILY) - 1)]
    phone, city = f"+49 151 {20_000_000 + draw.randrange(9_999_999)}", draw.choice(CITIES)
    if before and number % 10 == 3:
        given, family, phone, city = _draw_given(draw, before.given), before.family, before.phone, before.city
    plain = [_plain(given), _plain(family)]
    shapes = [".".join(plain), plain[0][0] + plain[1], "".join(plain), f"{plain[1]}.{plain[0]}", plain[0]]
    local = draw.choice(shapes[:4])
    while (email := f"{local}@{draw.choice(DOMAINS)}") in taken:
        local = f"{draw.choice(shapes)}{draw.randrange(1, 9999)}"
    taken.add(email)
    return _Person(number, given, family, email, phone, city)


def _add_records(company: MixedCompany, person: _Person, draw: random.Random) -> None:
    """A person's records: each tool knows a part, and some hold errors."""
    for system, share in (("crm", 0.8), ("shop", 0.6), ("billing", 0.35)):
        if draw.random() < share:
            company.add(system, person.number, **_write_record(person, draw))
    if draw.random() < 0.05:  # twice in the CRM, under an address that only they know
        twin = _write_record(person, draw) | {"email": f"x{person.number}@old.example"}
        company.add("crm", person.number, **twin | {"phone": person.phone})
    if draw.random() < 0.07:  # in the shop, with a typing error in the address
        wrong = _write_record(person, draw) | {"email": _mistype(person.email, draw)}
        company.add("shop", person.number, **wrong)
    for _ in range(draw.choice([0, 0, 1, 1, 2, 3])):
        company.order(person.number, draw.choice([person.email, person.email.upper(), f" {person.email}"]))


def _write_record(person: _Person, draw: random.Random) -> Row:
    given, family = person.given, person.family
    if draw.random() < 0.05:
        given = NICKNAMES.get(given, given[0] + ".")
    if draw.random() < 0.04:
        family = _mistype(family, draw)
    if draw.random() < 0.15:
        given, family = given.upper(), family.upper()
    national = person.phone.replace("+49 ", "0").replace(" ", draw.choice(["", "/", "-"]))
    return {
        "first_name": given,
        "last_name": family,
        "email": draw.choice([person.email, person.email.title()]),
        "phone": draw.choice([person.phone, national, f"'{person.phone}", None]),
        "city": draw.choice([person.city, person.city.upper(), None]),
        "country": "DE",
    }


def _draw_given(draw: random.Random, other: str) -> str:
    """A given name that nobody takes for the other."""
    return draw.choice([name for name in GIVEN if name[0] != other[0] and NICKNAMES.get(name, "?")[0] != other[0]])


def _mistype(text: str, draw: random.Random) -> str:
    """One letter before an @ left out, doubled, or exchanged with the next."""
    place = draw.randrange(1, max(2, len(text.partition("@")[0]) - 1))
    one, two = text[place], text[place + 1 : place + 2]
    end = text[place + 2 :]
    return text[:place] + draw.choice([two, one + one + two, two + one]) + end


def _plain(name: str) -> str:
    table = str.maketrans({"ü": "ue", "ö": "oe", "ä": "ae", "ß": "ss", "ë": "e", "ı": "i", "á": "a", "í": "i"})
    return name.lower().translate(table)
