"""Which source records are one customer, as far as the settings decide it.

Put here: the shape of `identity`. Keep out: reading the file of matches (`match_file.py`), and linking records
(`pipelines/identity`).
"""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from regulars.pipelines.settings.part import COUNTRY_CODE_PATTERN, Part, PlainText

Survivor = Literal["newest", "oldest", "most_frequent", "systems"]
MatchSides = Annotated[list[PlainText], Field(min_length=2, max_length=2)]

_RECORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*:.*\S.*")
_EMAIL = re.compile(r"[^@\s:]+@[^@\s:]+")


def check_side(side: str) -> None:
    """See that one side of a match can name somebody.

    Raises:
        ValueError: It is neither `system:record id` nor an e-mail address.
    """
    if not _RECORD.fullmatch(side) and not _EMAIL.fullmatch(side):
        raise ValueError("each side of a match is `system:record id`, such as crm:1019951, or an e-mail address")


class Survivorship(Part):
    """Which value a customer of several records gets, per column of `core.customers`; empty values never win."""

    systems: list[str] = []
    """The systems in the order in which they are believed, for columns with the rule `systems`; others come last."""
    address: Survivor = "newest"
    """Of `country`, `region` and `city`, always together. `newest` and `oldest` go by `updated_at`, then by delivery
    and row, and take a record without that moment last; `most_frequent` takes the value of most records, `systems` that
    of the first of `systems` that has one; among equals the newest counts."""
    customer_type: Survivor = "newest"
    """Of the kind of customer."""
    acquisition_channel: Survivor = "newest"
    """Of the channel; `oldest` keeps the one by which a customer was first won."""
    acquisition_cost: Survivor = "newest"
    """Of what winning the customer cost."""
    owner: Survivor = "newest"
    """Of who looks after the customer."""
    referred_by: Survivor = "newest"
    """Of who brought the customer."""
    email_opt_in: Survivor = "newest"
    """Of whether e-mails may be sent."""
    attributes: dict[str, Survivor] = {}
    """Of your own attributes, by their names; those that are not named take the newest value."""

    @model_validator(mode="after")
    def _systems_are_named_where_needed(self) -> Self:
        used = {*self.rules().values(), *self.attributes.values()}
        if "systems" in used and not self.systems:
            raise ValueError("a column has the rule `systems`, and `systems` does not list any")
        return self

    def rules(self) -> dict[str, str]:
        """Column of ours -> rule, of those with another rule than `newest`."""
        names = [name for name in type(self).model_fields if name not in {"systems", "attributes"}]
        return {name: getattr(self, name) for name in names if getattr(self, name) != "newest"}


class Identity(Part):
    """When two source records are one customer.

    Records are one person when they share an e-mail address, when a tool says that it merged them, when a record names
    another (`other_record_ids`), when `always_match` says so, and, where `match_phones` is true, when they share a
    telephone number. `regulars about` shows why.
    """

    ignore_emails: list[str] = []
    """Addresses that name nobody, such as that of the till: they link no records. What was bought under them counts;
    `exclude` leaves test persons out altogether."""
    email_domain_aliases: dict[str, str] = {"googlemail.com": "gmail.com"}
    """Domain: the domain under which the same mailboxes are known."""
    gmail_variants: bool = False
    """Whether full stops and what follows a `+` are dropped from addresses at gmail.com, as Gmail itself does."""
    max_records_per_email: Annotated[int, Field(ge=1)] = 20
    """An address that more records share links none of them: it is a shared or a made-up one."""
    max_orders_per_email: Annotated[int, Field(ge=1)] = 1000
    """An address on more orders that name no customer record names nobody: it is that of a till, an office or a
    marketplace. The orders are of no known customer, and the run says how many."""
    max_orders_per_email_and_day: Annotated[int, Field(ge=1)] = 20
    """The same, for the orders of one day (UTC)."""
    match_phones: bool = False
    """Whether customer records with the same telephone number are one person, unless their names differ. Where names
    differ, as in a family, the number links only records with equal given and family names. Off by default, since
    households share numbers and many exports have no names."""
    phone_region: Annotated[str, Field(pattern=COUNTRY_CODE_PATTERN)] | None = None
    """The country whose numbers are written without a country code, such as DE, where a record names no country.
    Without it, such numbers link nothing."""
    max_records_per_phone: Annotated[int, Field(ge=1)] = 5
    """A number that more records of one system share links none of them: it is that of an office or a made-up one."""
    always_match: list[MatchSides] = []
    """Pairs that are one person, whatever their records say. Each side is `system:record id` or an e-mail address."""
    never_match: list[MatchSides] = []
    """Pairs that are two persons, whatever links them: this wins over every other rule, `always_match` included. Links
    are then taken in a fixed order: `always_match`, merged records, records that name each other, e-mail addresses,
    telephone numbers, and among these by the ids of the records; one that would join such a pair is not made."""
    match_file: str | None = None
    """A CSV file with more such pairs, relative to the settings file: the columns `rule` (`always` or `never`), `one`
    and `other`."""
    link_accounts: bool = False
    """Where `customer_is: account`: whether accounts become one customer when a person, by an address or by a merge of
    the tool, belongs to several of them. Otherwise accounts stay apart; an order that names the person alone is the
    account's to which the person belonged first."""
    accounts_by_domain: bool = False
    """Where `customer_is: account`: whether persons without an account belong to that of the domain of their address,
    such as acme.example: the account whose persons have addresses there, if there is only one, or else all persons of
    the domain together. Domains of free mailboxes, such as gmail.com, are left out."""
    free_email_domains: list[str] = []
    """More domains that say nothing about a firm, beside the list that comes with Regulars."""
    roll_up_accounts: bool = False
    """Where `customer_is: account`: whether an account and its `parent_account_id` are one customer."""
    max_records_per_customer: Annotated[int, Field(ge=2)] = 100
    """When more records would become one customer, the run stops: one wrong id can otherwise join everybody."""
    survivorship: Survivorship = Survivorship()

    @model_validator(mode="after")
    def _matches_name_somebody(self) -> Self:
        for pair in [*self.always_match, *self.never_match]:
            for side in pair:
                check_side(side)
        return self
