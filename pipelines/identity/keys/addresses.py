"""Numbers addresses, and lists which customer records and guests hold them.

Put here: the holders of addresses. Keep out: their spelling (`emails.py`), sharing (`shared_keys.py`) and ownership
(`named_emails.py`).
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from regulars.pipelines.identity.dense import is_repeated, number_rows
from regulars.pipelines.identity.keys.emails import EmailRules, add_normal_email


@dataclass(frozen=True)
class Addresses:
    """Addresses and their holders.

    Attributes:
        emails: The distinct addresses, normalised; the number of an address is its position.
        held: Customer records and their addresses, once each: `node`, `system`, `key` (the number).
        guests: Records that name only an address: `record_type`, `system`, `source_record_id`, `row_id`, `key`.
    """

    emails: pl.Series
    held: pl.DataFrame
    guests: pl.DataFrame


def number_addresses(named: pl.DataFrame, guests: pl.DataFrame, rules: EmailRules) -> Addresses:
    """Normalise the addresses, and leave out those that name nobody.

    Args:
        named: Customer records: `node`, `system`, `email` (as delivered, may be NULL).
        guests: Records that name only an address: `record_type`, `system`, `source_record_id`, `row_id`, `email`.
        rules: How addresses are normalised.
    """
    with_email = named.select("node", "system", "email").filter(pl.col("email").is_not_null())
    held, guests = (
        add_normal_email(rows, rules).filter(pl.col("email").is_not_null()) for rows in (with_email, guests)
    )
    emails, codes = number_rows(pl.concat([held.select("email"), guests.select("email")]))
    held, guests = (
        rows.drop("email").with_columns(pl.Series("key", numbers, pl.Int64))
        for rows, numbers in ((held, codes[: len(held)]), (guests, codes[len(held) :]))
    )
    several = is_repeated(held["node"].to_numpy())  # an address in two spellings is held once
    held = pl.concat([held.filter(~several), held.filter(several).unique(maintain_order=True)])
    return Addresses(emails["email"], held, guests)


def leave_out_addresses(addresses: Addresses, emails: pl.Series) -> Addresses:
    """The addresses without those in `emails`, which link no records."""
    if emails.is_empty():
        return addresses
    is_kept = ~addresses.emails.is_in(emails.implode())
    number = pl.Series(np.cumsum(is_kept.to_numpy()) - 1)
    held, guests = (
        rows.with_columns(key=number.gather(rows["key"])).filter(is_kept.gather(rows["key"]))
        for rows in (addresses.held, addresses.guests)
    )
    return Addresses(addresses.emails.filter(is_kept), held, guests)


def exchange_addresses(addresses: Addresses, strangers: pl.DataFrame) -> Addresses:
    """Give customer records another key in place of an address.

    Args:
        addresses: All addresses.
        strangers: `node`, `key` (of the address) and `named_email`, the text of the other key.
    """
    if strangers.is_empty():
        return addresses
    texts, codes = number_rows(strangers.select("named_email"))
    other = strangers.select("node", "key", other=pl.Series(codes + len(addresses.emails)))
    held = addresses.held.join(other, on=["node", "key"], how="left", maintain_order="left")
    return replace(
        addresses,
        emails=pl.concat([addresses.emails, texts["named_email"]]),
        held=held.with_columns(key=pl.coalesce("other", "key")).drop("other"),
    )
