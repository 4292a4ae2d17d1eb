"""Normalises e-mail addresses so that they can identify people, and drops addresses that name nobody.

Put here: which spellings are the same address. Keep out: who shares an address (`people.py`).
"""

import re
import unicodedata
from collections.abc import Iterable

import polars as pl

NAMES_NOBODY = frozenset(
    {
        "noreply@",
        "no-reply@",
        "no_reply@",
        "donotreply@",
        "do-not-reply@",
        "mailer-daemon@",
        "postmaster@",
        "none@",
        "null@",
        "unknown@",
        "noemail@",
        "no-email@",
    }
)
"""Addresses that belong to no person; the settings add `ignore_emails` to them."""

_ADDRESS = re.compile(r"[^@\s,;<>()]+@[^@\s.,;<>()]+(\.[^@\s.,;<>()]+)+")
_IN_BRACKETS = re.compile(r"[^<>@,;]*<([^<>]+)>")
"""`Pat Miller <pat@example.org>`: the name says nothing that the address does not."""
_ALREADY_NORMAL = r"^[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$"


def normalise_email(delivered: str) -> str | None:
    """One spelling for all ways to write an address; None when it is not an address.

    Args:
        delivered: May have blanks around it, capitals, `mailto:`, full-width letters, an international domain, a name
            before an address in angle brackets, a comma or full stop behind it.
    """
    address = unicodedata.normalize("NFKC", delivered).strip().lower()
    bracketed = _IN_BRACKETS.fullmatch(address)
    address = (bracketed[1] if bracketed else address).strip().removeprefix("mailto:").strip(" \t.,;'\"")
    if not _ADDRESS.fullmatch(address):
        return None
    name, _, domain = address.partition("@")
    try:
        return f"{name}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:  # a domain that cannot exist
        return None


def add_normal_email(rows: pl.DataFrame, ignored: Iterable[str]) -> pl.DataFrame:
    """Normalise the column `email` of `rows`; NULL where an address names nobody.

    Args:
        rows: Any frame with a text column `email`.
        ignored: Addresses to ignore beside `NAMES_NOBODY`, in upper or lower case: a whole address, a name (`noreply@`)
            or a domain (`@example.com`).
    """
    nobody = sorted(NAMES_NOBODY | {entry.strip().lower() for entry in ignored})
    distinct = rows.select(pl.col("email").drop_nulls().unique())
    # nearly all are normal already, and those need no Python
    odd = distinct.filter(~pl.col("email").str.contains(_ALREADY_NORMAL))["email"]
    normal = pl.DataFrame(
        {"email": odd, "normal": [normalise_email(each) for each in odd]},
        schema={"email": pl.String, "normal": pl.String},
    )
    normal = normal.with_columns(pl.col("normal").fill_null(""))
    rows = rows.join(normal, on="email", how="left").with_columns(email=pl.coalesce("normal", "email")).drop("normal")
    name_nobody = pl.any_horizontal(
        pl.col("email") == "",
        pl.col("email").is_in(nobody),
        pl.col("email").str.extract(r"^([^@]*@)").is_in(nobody),
        pl.col("email").str.extract(r"(@.*)$").is_in(nobody),
    )
    return rows.with_columns(email=pl.when(~name_nobody).then("email"))
