"""Separates people who share an address by their names, where one tool keeps several records with it.

Put here: the owner of an address. Keep out: which names belong to two people (`names.py`), and addresses that too many
share (`shared_keys.py`).

If one tool keeps two records with one address and clearly different given names, two people share a mailbox, as couples
do. Between tools, different names mean less: a shop knows the holder of the card, another tool the firm. Such addresses
still link records, and are counted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from regulars.pipelines.identity.dense import is_repeated, mark_codes
from regulars.pipelines.identity.keys.addresses import Addresses
from regulars.pipelines.identity.keys.names import Name, differ_clearly, fold_names

NAMED_EMAILS = {"node": pl.Int64, "key": pl.Int64, "named_email": pl.String}
"""One row per customer record that does not own its address: the number of the address, and the key that replaces
it."""


@dataclass(frozen=True)
class NamedEmails:
    """Addresses of several names.

    Attributes:
        strangers: The columns of `NAMED_EMAILS`.
        joined_count: How many addresses join records of different tools whose given names differ clearly.
    """

    strangers: pl.DataFrame
    joined_count: int = 0


def find_named_emails(addresses: Addresses, named: pl.DataFrame | None) -> NamedEmails:
    """Find records that share an address with another person, who owns it.

    All records of such an address are grouped by name. The address, and whatever names it alone, belongs to the group
    with a given name that stands in the address, else with its initials, else to the largest, else to the one with the
    first id. Records without both names are the owner's. The records of another group are linked by the address and
    the name together.

    Args:
        addresses: Which customer records hold which address.
        named: The living customer records with a name: `node`, `system`, `record_id`, `first_name`, `last_name`; None
            where names do not separate records.
    """
    if named is None:
        return NamedEmails(pl.DataFrame(schema=NAMED_EMAILS))
    holders = (
        _list_holders(addresses, named)
        .lazy()
        .with_columns(fold_names())  # lazily, names are folded once
        .filter(pl.col("given").is_not_null() & pl.col("family").is_not_null())
        .collect()
    )
    holders = (
        holders.with_columns(email=addresses.emails.gather(holders["key"]))
        .select("email", "system", "record_id", "given", "family", "node", "key")
        .sort("email", "system", pl.col("record_id").str.len_chars(), "record_id")
    )
    several = [(each, groups) for each in _list_addresses(holders) if len(groups := _group_by_name(each.names)) > 1]
    split = [(each, groups) for each, groups in several if _splits_a_system(groups, each.systems)]
    rows = [row for each, groups in split for row in _name_strangers(each, groups)]
    return NamedEmails(pl.DataFrame(rows, NAMED_EMAILS, orient="row"), len(several) - len(split))


def _list_holders(addresses: Addresses, named: pl.DataFrame) -> pl.DataFrame:
    """The named records of every address under which names are spelled in several ways."""
    shared = addresses.held.filter(is_repeated(addresses.held["key"].to_numpy())).select("node", "key")
    holders = shared.join(named, on="node").sort("key")
    spelling = holders.select(pl.coalesce("first_name", "last_name").str.strip_chars().str.to_lowercase()).to_series()
    keys = holders["key"]
    differs = (spelling != spelling.shift(-1)) & (keys == keys.shift(-1))
    is_candidate = pl.Series(mark_codes(keys.filter(differs).to_numpy(), len(addresses.emails)))
    return holders.filter(is_candidate.gather(keys))


@dataclass(frozen=True)
class _Address:
    """An address, its number, and its records with names, in order: the system, node and name of each."""

    email: str
    key: int
    systems: list[str]
    nodes: list[int]
    names: list[Name]


def _list_addresses(holders: pl.DataFrame) -> Iterator[_Address]:
    """Each address of the records, which are sorted by it."""
    for email, rows in groupby(holders.iter_rows(), key=lambda row: str(row[0])):
        held = list(rows)
        _, systems, _, given, family, nodes, keys = zip(*held, strict=True)
        yield _Address(email, keys[0], list(systems), list(nodes), list(zip(given, family, strict=True)))


def _name_strangers(address: _Address, groups: list[list[int]]) -> Iterator[tuple[int, int, str]]:
    """The rows of `NAMED_EMAILS` for one address, whose records fall into groups by name."""
    names, local = address.names, address.email.partition("@")[0]

    def claim(group: list[int]) -> tuple[int, int, int]:
        return max(_count_signs(names[each], local) for each in group), len(group), -group[0]

    owner = max(groups, key=claim)
    for group in groups:
        given, family = names[group[0]]
        for each in group if group is not owner else ():
            yield address.nodes[each], address.key, f"{address.email} {given} {family}"


def _count_signs(name: Name, local: str) -> int:
    """Score how an address fits a name: 2 with the given name in it (`jan.adler`), 1 with both initials (`jadler`)."""
    given, family = name
    if len(given) > 2 and given in local:
        return 2
    return int(re.match(rf"{re.escape(given[0])}[._-]?{re.escape(family[0])}", local) is not None)


def _group_by_name(names: list[Name]) -> list[list[int]]:
    """Group the positions of names without a clear difference; groups are in order of their first position."""
    groups: list[list[int]] = []
    for place, name in enumerate(names):
        like = [group for group in groups if any(not differ_clearly(names[each], name) for each in group)]
        groups = [group for group in groups if group not in like]
        groups.append(sorted([place, *(each for group in like for each in group)]))
    return sorted(groups)


def _splits_a_system(groups: list[list[int]], systems: list[str]) -> bool:
    """Whether records of one system fall into several groups."""
    seen = [{systems[each] for each in group} for group in groups]
    return sum(map(len, seen)) > len(set().union(*seen))
