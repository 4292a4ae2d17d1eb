"""A made-up company whose persons are known, spread over HubSpot, Shopify, Stripe, Qualtrics and Zendesk.

Put here: who the persons are, and what each tool knows of them. Keep out: how tools write it (`exports.py`).
"""

import datetime as dt
import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from tests.examples.exports.books import COMPANY_ZONE, Books

Row = dict[str, str]
Record = tuple[str, str, str]
"""What Regulars calls a record: type, system, id."""

GIVEN = ("Ada", "Ben", "Cleo", "Dana", "Emil", "Fay", "Gus", "Hal", "Ines", "Jan", "Kim", "Lea")
FAMILY = ("Adler", "Brandt", "Costa", "Dùrán", "Engel", "Fischer", "Grün", "Holm", "Ito", "Jensen", "Kaya")
DOMAINS = ("gmail.com", "web.example", "mail.example", "acme.example")
SHARED_PHONE = "+49 30 901820"
"""That of an office: on more records than a family has."""


@dataclass
class Company:
    """What the tools hold, and the truth.

    Attributes:
        contacts: HubSpot's contacts.
        customers: Shopify's customers.
        orders: Shopify's orders.
        payments: Stripe's payments.
        responses: Qualtrics' responses.
        tickets: Zendesk's tickets.
        owners: Which person each record is of; records that name nobody are not in it.
        buyers: The persons who are customers.
        matches: Lines of the company's file of matches.
        books: What was sold and given back, by month.
        votes: Person, moment and score of each answer that counts.
    """

    contacts: list[Row] = field(default_factory=list)
    customers: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    responses: list[Row] = field(default_factory=list)
    tickets: list[Row] = field(default_factory=list)
    owners: dict[Record, int] = field(default_factory=dict)
    buyers: set[int] = field(default_factory=set)
    matches: list[tuple[str, str, str]] = field(default_factory=list)
    books: Books = field(default_factory=Books)
    votes: list[tuple[int, dt.datetime, int]] = field(default_factory=list)


class Person:
    """A person: a name, two addresses and a number; every fourth shares family name and number with the one before."""

    def __init__(self, number: int) -> None:
        draw = random.Random(f"person {number}")
        home = number - 1 if number % 4 == 3 else number
        self.number = number
        # the given names of neighbours differ
        self.given, self.family = GIVEN[number % len(GIVEN)], FAMILY[home // len(GIVEN) % len(FAMILY)]
        self.email = f"{self.given.lower()}.{number}@{draw.choice(DOMAINS)}"
        self.other_email = f"x{number}@old.example"
        self.phone = f"+49 151 {20000000 + home * 37}"
        self.hubspot = str(9_000_000 + number)
        self.shopify = str(7_000_000_000 + number)
        self.stripe = f"cus_{number:06}"


def make_company(size: int = 400) -> Company:
    """Draw the company; the same on every call."""
    company = Company()
    for number in range(size):
        _Life(company, Person(number), random.Random(f"life {number}")).live()
    _add_noise(company)
    return company


@dataclass
class _Life:
    """What one person does, and which tool notices under which key."""

    company: Company
    person: Person
    draw: random.Random
    known_emails: list[str] = field(default_factory=list)

    def live(self) -> None:
        person, kind = self.person, self.person.number % 20
        if kind != 19:  # one in twenty only writes to support or answers a survey
            self._be_in_hubspot(kind)
            self._be_in_shopify(kind)
            self._order(kind)
            self._pay(kind)
        else:
            self.known_emails = [person.email]
        self._answer(kind)
        self._write_to_support(kind)

    def _own(self, record_type: str, system: str, record_id: str) -> None:
        self.company.owners[record_type, system, record_id] = self.person.number

    def _be_in_hubspot(self, kind: int) -> None:
        """A contact; some with a second address, with a merged contact, or twice by the same number."""
        person = self.person
        if kind in (17, 18):  # guests
            self.known_emails = [person.email]
            return
        self.company.buyers.add(person.number)
        row = {
            **{"Record ID": person.hubspot, "First Name": person.given, "Last Name": person.family},
            **{"Email": person.email, "Phone Number": person.phone, "Country/Region": "Germany"},
            **{"Create Date": "2023-05-01 20:30", "Last Modified Date": f"2024-02-{1 + kind:02} 09:00"},
        }
        self.known_emails = [person.email]
        if kind in (1, 2, 3, 4):
            row["Additional email addresses"] = f"{person.other_email};{person.number}@older.example"
            self.known_emails.append(person.other_email)
        if kind in (5, 6):
            loser = str(8_000_000 + person.number)
            row["Merged record IDs"] = f"{loser}; 1{loser}"
            self._own("customer", "hubspot", loser)
            self._own("customer", "hubspot", f"1{loser}")
        if kind == 7:  # twice, under two addresses: the number and the name tell
            twin = row | {"Record ID": f"5{person.hubspot}", "Email": person.other_email}
            twin |= {
                "Phone Number": person.phone.replace("+49 ", "0").replace(" ", "/"),
                "Last Name": person.family.upper(),
            }
            self.company.contacts.append(twin)
            self._own("customer", "hubspot", twin["Record ID"])
            self.known_emails.append(person.other_email)
        if kind == 8:
            row["Stripe customer ID"] = person.stripe
        self.company.contacts.append(row)
        self._own("customer", "hubspot", person.hubspot)

    def _be_in_shopify(self, kind: int) -> None:
        if kind in (0, 1, 5, 9, 10, 11):
            person = self.person
            email = self.draw.choice(self.known_emails)
            row = {"Customer ID": person.shopify, "First Name": person.given, "Last Name": person.family}
            row |= {"Email": _write_email(email, self.draw), "Default Address Country Code": "DE"}
            if kind == 11:  # no address: the number and the name tell
                row |= {"Email": "", "Phone": "'" + person.phone.replace(" ", "")}
            self.company.customers.append(row)
            self._own("customer", "shopify", person.shopify)

    def _order(self, kind: int) -> None:
        """Orders at Shopify, which name an address and no customer record."""
        for number in range(self.draw.choice([0, 1, 1, 2, 3]) if kind != 17 else 2):
            moment, name = self._moment(number), f"#{self.person.number}-{number}"
            email = self.draw.choice(self.known_emails)
            if kind == 18 and number == 1:  # a guest with two addresses that nothing links: the company says so
                email = self.person.other_email
                self.company.matches.append(("always", self.person.email, email))
            _sell_at_shopify(self.company, self.draw, name, moment, _write_email(email, self.draw))
            self.company.buyers.add(self.person.number)
            self._own("order", "shopify", name)

    def _pay(self, kind: int) -> None:
        """Payments at Stripe, where the customer's record has an address, or only HubSpot knows whose it is."""
        if kind not in (2, 8, 12):
            return
        for number in range(2):
            moment, payment = self._moment(number), f"py_{self.person.number}_{number}"
            email = "" if kind == 8 else self.draw.choice(self.known_emails)
            _sell_at_stripe(self.company, self.draw, payment, moment, email, self.person.stripe)
            if self.company.payments[-1]["Status"] == "Paid":  # of others nothing is read
                self._own("customer", "stripe", self.person.stripe)

    def _answer(self, kind: int) -> None:
        """Answers; some by the id of a contact that HubSpot merged away, some twice."""
        moment = self._moment(0)
        for number in range(self.draw.choice([0, 0, 1, 2]) if kind != 19 else 1):
            moment += dt.timedelta(hours=number)
            score, answer = self.draw.randint(0, 10), f"R_{self.person.number}_{number}"
            row = {
                "ResponseId": answer,
                "Q1": str(score),
                "RecordedDate": f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}",
            }
            row |= {"Status": "0", "Finished": "1"}
            if kind in (5, 6) and number == 0:
                row["ExternalReference"] = str(8_000_000 + self.person.number)
            else:
                row["RecipientEmail"] = self.draw.choice(self.known_emails)
                self._own("response", "qualtrics", answer)
            self.company.responses.append(row)
            self.company.votes.append((self.person.number, moment, score))

    def _write_to_support(self, kind: int) -> None:
        if kind in (3, 6, 13, 19):
            ticket = str(500_000 + self.person.number)
            row = {"Id": ticket, "Requester email": self.known_emails[-1], "Requester id": f"77{ticket}"}
            row |= {"Created at": f"{self._moment(0):%Y-%m-%d %H:%M}", "Subject": "where is my parcel"}
            if kind == 6:
                row |= {"Requester external id": self.person.hubspot}
            else:
                self._own("ticket", "zendesk", ticket)
            self.company.tickets.append(row)

    def _moment(self, number: int) -> dt.datetime:
        """A moment of 2024, often within hours of a month's end in one of the zones."""
        month = 1 + (self.person.number * 5 + number * 3 + self.draw.randrange(3)) % 11
        edge = dt.datetime(2024, month + 1, 1, tzinfo=dt.UTC) - dt.timedelta(minutes=self.draw.randrange(60, 400))
        middle = dt.datetime(2024, month, 1 + self.draw.randrange(25), 12, self.draw.randrange(60), tzinfo=dt.UTC)
        return (edge if self.draw.random() < 0.4 else middle) + dt.timedelta(minutes=self.draw.randrange(400))


def _write_email(email: str, draw: random.Random) -> str:
    """As people write it."""
    return draw.choice([email, email.upper(), f" {email}", email.replace("@gmail.com", "@googlemail.com")])


def _sell_at_shopify(company: Company, draw: random.Random, name: str, moment: dt.datetime, email: str) -> None:
    price, quantity, currency = (
        Decimal(draw.randint(500, 9000)) / 100,
        draw.randint(1, 3),
        draw.choice(["EUR", "EUR", "USD", "GBP"]),
    )
    goods, discount = price * quantity, Decimal(draw.choice([0, 0, 2]))
    total, given_back = goods - discount, Decimal(0)
    status, method = draw.choice(["paid"] * 6 + ["voided"]), draw.choice(["Shopify Payments"] * 15 + ["bogus"])
    if status == "paid" and draw.random() < 0.15:
        given_back = draw.choice([total, Decimal("1.50")])
    first = {
        **{"Name": name, "Email": email, "Financial Status": status, "Currency": currency, "Total": f"{total:.2f}"},
        **{"Subtotal": f"{total:.2f}", "Shipping": "0.00", "Taxes": "0.00", "Discount Amount": f"{discount:.2f}"},
        **{
            "Refunded Amount": f"{given_back:.2f}",
            "Payment Method": method,
            "Id": f"55{name.strip('#').replace('-', '')}",
        },
        **{"Created at": f"{moment.astimezone(COMPANY_ZONE):%Y-%m-%d %H:%M:%S %z}", "Source": "web"},
        **{
            "Lineitem quantity": str(quantity),
            "Lineitem name": "Mug",
            "Lineitem price": f"{price:.2f}",
            "Lineitem sku": "M",
        },
    }
    if draw.random() < 0.2:  # a second line stands on a row that repeats little
        goods, total = goods + 5, total + 5
        first |= {"Subtotal": f"{total:.2f}", "Total": f"{total:.2f}"}
        more = {"Name": name, "Created at": first["Created at"], "Lineitem quantity": "1", "Lineitem name": "Tea"}
        company.orders += [first, more | {"Lineitem price": "5.00", "Lineitem sku": "T"}]
    else:
        company.orders.append(first)
    if status != "voided" and method != "bogus":
        company.books.sell(moment, goods, discount, currency, "")
        if given_back:
            company.books.give_back(moment, given_back, currency)


def _sell_at_stripe(
    company: Company, draw: random.Random, payment: str, moment: dt.datetime, email: str, customer: str
) -> None:
    settled, status = Decimal(draw.randint(500, 9000)) / 100, draw.choice(["Paid"] * 8 + ["Failed"])
    given_back = settled / 2 if status == "Paid" and draw.random() < 0.2 else Decimal(0)
    given_back = given_back.quantize(Decimal("0.01"))
    later = moment + dt.timedelta(days=9)
    company.payments.append(
        {
            **{"id": payment, "Created date (UTC)": f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}", "Mode": "Live"},
            **{"Amount": f"{settled * 2}", "Currency": "usd", "Captured": "true" if status == "Paid" else "false"},
            **{
                "Converted Amount": f"{settled}",
                "Converted Currency": "eur",
                "Status": status,
                "Customer ID": customer,
            },
            **{"Converted Amount Refunded": f"{given_back}", "Customer Email": email},
            **({"Refunded date (UTC)": f"{later.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"} if given_back else {}),
        }
    )
    if status == "Paid":
        company.books.sell(moment, settled, Decimal(0), "EUR", "")
        if given_back:
            company.books.give_back(later, given_back, "EUR")


def _add_noise(company: Company) -> None:
    """What must link nobody: an office's number, addresses of nobody, and two who share an address."""
    for number in range(8):
        record, person = str(4_000_000 + number), 100_000 + number
        company.contacts.append({"Record ID": record, "Phone Number": SHARED_PHONE, "Create Date": "2023-05-01 20:30"})
        company.owners["customer", "hubspot", record] = person
        company.buyers.add(person)
    for number in range(3):
        _sell_at_shopify(
            company,
            random.Random(number),
            f"#n{number}",
            dt.datetime(2024, 5, 5, 9, tzinfo=dt.UTC),
            "NoReply@shop.example",
        )
    wife = {"Customer ID": "7999", "First Name": "Uma", "Last Name": "Adler", "Email": Person(9).email}
    company.customers.append(wife)
    company.owners["customer", "shopify", "7999"] = 200_000
    company.buyers.add(200_000)
    company.matches.append(("never", f"hubspot:{Person(9).hubspot}", "shopify:7999"))


def count_votes(company: Company) -> dict[str, tuple[int, int, int]]:
    """Monday of a week -> votes, promoters and detractors: one vote per person, the newest."""
    newest: dict[tuple[str, int], tuple[dt.datetime, int]] = {}
    for person, moment, score in company.votes:
        day = moment.astimezone(COMPANY_ZONE).date()
        key = f"{day - dt.timedelta(days=day.weekday())}", person
        newest[key] = max(newest.get(key, (moment, score)), (moment, score))
    found: dict[str, list[int]] = defaultdict(list)
    for (monday, _), (_, score) in newest.items():
        found[monday].append(score)
    return {
        monday: (len(scores), sum(each >= 9 for each in scores), sum(each <= 6 for each in scores))
        for monday, scores in found.items()
    }
