"""Normalises e-mail addresses so that they can identify people, and drops addresses that name nobody.

Put here: which spellings are the same address. Keep out: shared addresses (`shared_keys.py`).
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import polars as pl

GMAIL = "gmail.com"

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
"""`Pat Miller <pat@example.org>`: only the address is used."""
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


@dataclass(frozen=True)
class EmailRules:
    """The settings that decide which addresses are the same, and which name nobody.

    Attributes:
        ignored: Addresses to ignore beside `NAMES_NOBODY`, in upper or lower case: a whole address, a name (`noreply@`)
            or a domain (`@example.com`).
        domain_aliases: Domain -> the domain under which the same mailboxes are known.
        gmail_variants: Whether full stops and what follows a `+` are dropped from addresses at Gmail.
    """

    ignored: Collection[str] = ()
    domain_aliases: Mapping[str, str] = field(default_factory=dict)
    gmail_variants: bool = False


def add_normal_email(rows: pl.DataFrame, rules: EmailRules) -> pl.DataFrame:
    """Normalise the column `email` of `rows`; NULL where an address names nobody.

    Args:
        rows: Any frame with a text column `email`.
        rules: The settings about addresses.
    """
    # nearly all are normal already, name somebody and have no other domain: those are not looked at again
    emails = _replace_odd(rows["email"], ~rows["email"].str.contains(_ALREADY_NORMAL), _spell)
    is_special = (emails == "") | emails.str.contains_any(_list_special(rules))
    return rows.with_columns(_replace_odd(emails, is_special, lambda special: _apply_rules(special, rules)))


def _replace_odd(emails: pl.Series, is_odd: pl.Series, spell: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Replace the odd addresses by the result of `spell`, which runs once per distinct address."""
    odd = emails.filter(is_odd).unique()
    return emails.replace(odd, spell(odd)) if len(odd) else emails


def _spell(delivered: pl.Series) -> pl.Series:
    return pl.Series([normalise_email(each) or "" for each in delivered], dtype=pl.String)


def _list_special(rules: EmailRules) -> list[str]:
    """Texts of which every address that the settings change or ignore contains one."""
    domains = [f"@{alias.strip().lower()}" for alias in rules.domain_aliases]
    return [*_list_nobody(rules), *domains, *([f"@{GMAIL}"] if rules.gmail_variants else [])]


def _apply_rules(emails: pl.Series, rules: EmailRules) -> pl.Series:
    """Normal addresses as the settings want them; NULL for those that name nobody."""
    names_somebody = ~_names_nobody(rules)
    return (
        emails.alias("email")
        .to_frame()
        .select(pl.when(names_somebody).then(_replace_aliases(rules)).alias("email"))
        .select(pl.when(names_somebody).then("email").alias("email"))
        .to_series()
    )


def _list_nobody(rules: EmailRules) -> list[str]:
    return sorted(NAMES_NOBODY | {entry.strip().lower() for entry in rules.ignored})


def _names_nobody(rules: EmailRules) -> pl.Expr:
    nobody = _list_nobody(rules)
    normal = pl.col("email")
    return pl.any_horizontal(
        normal == "",
        normal.is_in(nobody),
        normal.str.extract(r"^([^@]*@)").is_in(nobody),
        normal.str.extract(r"(@.*)$").is_in(nobody),
    )


def _replace_aliases(rules: EmailRules) -> pl.Expr:
    """The normal address under the domain, and at Gmail the name, by which its mailbox is known."""
    name, domain = pl.col("email").str.extract(r"^([^@]*)@"), pl.col("email").str.extract(r"@(.*)$")
    aliases = {alias.strip().lower(): known.strip().lower() for alias, known in rules.domain_aliases.items()}
    domain = domain.replace(list(aliases), list(aliases.values()))
    if rules.gmail_variants:
        short = name.str.replace(r"\+.*$", "").str.replace_all(".", "", literal=True)
        name = pl.when(domain == GMAIL).then(short).otherwise(name)
    return pl.concat_str(name, domain, separator="@")
