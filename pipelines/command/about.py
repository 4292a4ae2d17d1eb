"""Says of one customer who it is: its records, why they belong together, and the ids it had.

Put here: finding whom somebody asks about, and the page of text. Keep out: deciding who is who (`pipelines/identity`).
Everything read here is personal data; addresses and numbers are shown in part only.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import duckdb

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.opened import open_state
from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.home.home import Home

WORDS = {
    "always_match": "are one person by `always_match` of the settings",
    "merged_record": "were merged by the tool",
    "other_record": "are named by one another",
    "email": "have the same address",
    "phone": "have the same telephone number",
    "fuzzy": "are probably one person",
    "account": "are one account",
    "parent_account": "are an account and the one above it",
    "email_domain": "have addresses at the same firm",
}
"""What links two records, as the end of a sentence."""
FORBIDDEN = {
    "never_match": "; not linked, since `never_match` keeps them apart",
    "names": "; not linked, since their names differ",
}
"""What keeps two records apart, likewise."""


@dataclass(frozen=True)
class Link:
    """Why two records belong together, or why they do not although they could.

    Attributes:
        matched_by: What links them, a key of `WORDS`.
        key: The address, number or domain, in part; empty where there is none.
        records: The keys of both records.
        cut_by: What keeps them apart, a key of `FORBIDDEN`; None: nothing.
    """

    matched_by: str
    key: str
    records: tuple[str, str]
    cut_by: str | None

    def sentence(self) -> str:
        """For people."""
        one, other = self.records
        key = f", {self.key}" if self.key else ""
        forbidden = FORBIDDEN[self.cut_by] if self.cut_by else ""
        return f"{one} and {other} {WORDS[self.matched_by]}{key}{forbidden}"


@dataclass(frozen=True)
class Somebody:
    """A customer, or a person who is none.

    Attributes:
        customer_id: Its id; None for a person known only from surveys or tickets.
        contact_ids: The ids of its persons.
        former_ids: Ids that led to it and are no longer in use.
        records: The keys of its records: `type/system/id`.
        links: Why they belong together.
        changes: What happened to it: generation, event, and the other customer.
    """

    customer_id: str | None
    contact_ids: list[str]
    former_ids: list[str]
    records: list[str]
    links: list[Link]
    changes: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For people."""
        heading = f"customer {self.customer_id}" if self.customer_id else "a person who is no customer"
        parts = {
            "persons": self.contact_ids,
            "former ids that lead here": self.former_ids,
            f"{len(self.records)} records": self.records,
            "why they belong together": [each.sentence() for each in self.links if not each.cut_by],
            "links that are not made": [each.sentence() for each in self.links if each.cut_by],
            "in this generation": self.changes,
        }
        listed = [line for title, items in parts.items() if items for line in (f"{title}:", *(f"  {i}" for i in items))]
        return [heading, *listed]


def describe_somebody(home: Home, asked: str, *, as_json: bool) -> str:
    """All that is known of whom `asked` names, in the current generation.

    Args:
        home: The company's home.
        asked: A customer's or person's id, also a former one; a record as `system:id`; or an e-mail address.
        as_json: For machines.

    Raises:
        UsageWrong: Nobody is called so.
    """
    with open_state(find_current(home)) as con:
        found = [_describe(con, *who) for who in _find(con, asked.strip())]
    if not found:
        raise UsageWrong(
            "nobody is called so in the current generation: name a customer_id, a record as `system:record id`, such "
            "as crm:1019951, or an e-mail address"
        )
    if as_json:
        return json.dumps([asdict(each) for each in found], indent=1)
    return "\n\n".join("\n".join(each.lines()) for each in found)


_FIND = """
    with
        asked as (select lower($asked) as id, split_part($asked, ':', 1) as system, $record_id as record_id),

        keys as (
            select record_key
            from identity.records as records, asked
            where asked.id in (records.customer_id, records.contact_id)
                or (records.system = asked.system and records.source_record_id = asked.record_id)
            union
            select unnest([links.record_key, links.other_record_key])
            from identity.links as links, asked
            where links.matched_by = 'email' and links.cut_by is null and links.key = asked.id
            union
            select concat_ws('/', 'customer', customers._system, customers.customer_record_id)
            from staging.customers as customers, asked
            where lower(trim(customers.email)) = asked.id
            union
            select records.record_key
            from identity.former_customer_ids as former
            join asked on asked.id = former.former_customer_id
            join identity.records as records on records.customer_id = former.customer_id
        )

    select distinct
        records.customer_id,
        case when records.customer_id is null then records.contact_id end as contact_id,
    from identity.records as records
    semi join keys on keys.record_key = records.record_key
    order by all
"""


def _find(con: duckdb.DuckDBPyConnection, asked: str) -> Sequence[tuple[str | None, str | None]]:
    """Customer and, where there is none, person of everybody who is called so."""
    record_id = asked.partition(":")[2].strip()
    return con.execute(_FIND, {"asked": asked, "record_id": record_id}).fetchall()


_THEIRS = """
    select record_key, contact_id
    from identity.records
    where customer_id = $customer_id or ($customer_id is null and contact_id = $contact_id)
    order by first_row_id, record_key
"""
_LINKS = """
    select matched_by, key, record_key, other_record_key, cut_by
    from identity.links
    where record_key in (select unnest($keys::varchar[])) or other_record_key in (select unnest($keys::varchar[]))
    order by cut_by nulls first, record_key, other_record_key, matched_by, key
"""
_EVENTS = """
    select event, other_customer_id, record_count
    from identity.events
    where customer_id = $customer_id
    order by all
"""


def _describe(con: duckdb.DuckDBPyConnection, customer_id: str | None, contact_id: str | None) -> Somebody:
    who = {"customer_id": customer_id, "contact_id": contact_id}
    theirs = con.execute(_THEIRS, who).fetchall()
    keys = [key for key, _ in theirs]
    former = con.execute(
        "select former_customer_id from identity.former_customer_ids where customer_id = ? order by all", [customer_id]
    ).fetchall()
    links = con.execute(_LINKS, {"keys": keys}).fetchall()
    events = con.execute(_EVENTS, {"customer_id": customer_id}).fetchall()
    return Somebody(
        customer_id,
        sorted({contact for _, contact in theirs if contact}),
        [each for (each,) in former],
        [_name_record(key) for key in keys],
        [Link(how, _mask(key), (_name_record(one), _name_record(other)), cut) for how, key, one, other, cut in links],
        [_word_event(*event) for event in events],
    )


def _word_event(event: str, other: str | None, records: int) -> str:
    if event == "created":
        return f"created, of {records} records"
    verb = {"merged": "took over", "split": "was split from"}[event]
    return f"{verb} {other}, {records} records"


def _name_record(key: str) -> str:
    """`customer/crm/7` -> `crm:7`; other records than customer records keep their type: `shop:9 (order)`."""
    record_type, system, record_id = key.split("/", 2)
    return f"{system}:{record_id}" + ("" if record_type == "customer" else f" ({record_type})")


def _mask(key: str | None) -> str:
    """The address or number so that its owner knows it and a bystander does not."""
    if key is None:
        return ""
    name, at, domain = key.rpartition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"{key[:3]}…{key.split()[0][-2:]}" if key.startswith("+") else key
