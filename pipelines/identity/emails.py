"""E-mail addresses as identifiers: one spelling per address, and which addresses name nobody.

Put here: what makes two spellings one address. Keep out: who shares an address (`people.py`).
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
"""Addresses behind which there is no person; the settings' `ignore_emails` are added to them."""

_ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_ALREADY_NORMAL = r"^[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$"


def normalise_email(written: str) -> str | None:
    """One spelling for every way of writing an address; None when it is no address.

    Args:
        written: As delivered: blanks around it, capitals, `mailto:`, full-width letters, an international domain.
    """
    address = unicodedata.normalize("NFKC", written).strip().lower().removeprefix("mailto:").strip()
    if not _ADDRESS.fullmatch(address):
        return None
    name, _, domain = address.partition("@")
    try:
        return f"{name}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:  # a domain that cannot exist
        return None


def add_normal_email(rows: pl.DataFrame, ignored: Iterable[str]) -> pl.DataFrame:
    """`rows` with their column `email` in its one spelling; NULL where it names nobody.

    Args:
        rows: Any frame with a text column `email`.
        ignored: What the settings ignore beside `NAMES_NOBODY`, in any case: a whole address, a name (`noreply@`) or a
            domain (`@example.com`).
    """
    nobody = sorted(NAMES_NOBODY | {entry.strip().lower() for entry in ignored})
    written = rows.select(pl.col("email").drop_nulls().unique())
    # nearly all are normal as delivered, and those need no Python
    odd = written.filter(~pl.col("email").str.contains(_ALREADY_NORMAL))["email"]
    mended = pl.DataFrame(
        {"email": odd, "normal": [normalise_email(each) for each in odd]},
        schema={"email": pl.String, "normal": pl.String},
    )
    mended = mended.with_columns(pl.col("normal").fill_null(""))
    rows = rows.join(mended, on="email", how="left").with_columns(email=pl.coalesce("normal", "email")).drop("normal")
    name_nobody = pl.any_horizontal(
        pl.col("email") == "",
        pl.col("email").is_in(nobody),
        pl.col("email").str.extract(r"^([^@]*@)").is_in(nobody),
        pl.col("email").str.extract(r"(@.*)$").is_in(nobody),
    )
    return rows.with_columns(email=pl.when(~name_nobody).then("email"))
