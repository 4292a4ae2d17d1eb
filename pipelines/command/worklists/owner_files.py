"""Makes the file of each owner: the list with contact details, to be called and imported back into the CRM.

Put here: which record stands for a customer, and a file's columns. Keep out: reading (`contacts.py`) and writing
(`export_folder.py`).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping

import polars as pl

from regulars.pipelines.command.worklists.crm_headers import COLUMNS, RECORD_ID
from regulars.pipelines.definitions.enumerations import UNASSIGNED

OURS = {
    "list_rank": "Regulars rank",
    "warning": "Regulars warning",
    "call_reason": "Regulars reason",
    "why": "Regulars why",
    "at_stake": "Regulars at stake",
    "at_stake_basis": "Regulars at stake is",
    "p_alive": "Regulars probability still a buyer",
    "keepable_value": "Regulars a call can keep",
    "until_date": "Regulars until",
    "next_step": "Regulars step",
    "phone": "Regulars phone",
    "may_email": "Regulars may e-mail",
    "other_records": "Regulars other records",
    "customer_id": "Regulars customer id",
    "as_of": "Regulars as of",
}
"""Our column -> its name in the file: a CRM makes new properties of them, and takes none for one of its own."""

NO_RECORD = "no-record"
"""What the file of customers is named after whom no customer record tells of, such as guests of a shop."""

LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "ð": "d"})


def choose_records(records: pl.DataFrame) -> pl.DataFrame:
    """Choose the record that stands for each customer: the newest that names an owner, else the newest.

    Deleted records stand for nobody.

    Args:
        records: As `contacts.read_customer_records` returns them.

    Returns:
        One row per customer: the columns of `records`, `other_records` (further ids of the customer in the same source)
        and `may_email`: `yes`, `no` or `not known`.
    """
    keys = ["customer_id", "source"]
    live = records.filter(~pl.col("is_deleted"))
    agreed = pl.col("email_opt_in")
    may_email = pl.when(agreed).then(pl.lit("yes")).when(agreed.is_null()).then(pl.lit("not known"))
    first = (
        live.sort(pl.col("owner").is_null(), -pl.col("newness"))
        .unique("customer_id", keep="first", maintain_order=True)
        .with_columns(may_email=may_email.otherwise(pl.lit("no")))
    )
    others = (
        live.join(first.select(*keys, chosen=RECORD_ID), on=keys)
        .filter(pl.col(RECORD_ID) != pl.col("chosen"))
        .group_by(keys)
        .agg(other_records=pl.col(RECORD_ID).sort().str.join("; "))
    )
    return first.join(others, on=keys, how="left", maintain_order="left")


def make_owner_files(
    worklists: pl.DataFrame,
    records: pl.DataFrame,
    headers: Mapping[str, Mapping[str, str]],
    owner_ids: Mapping[str, str],
) -> dict[str, pl.DataFrame]:
    """Make a file per owner; where customers come from several sources, one per owner and source.

    Args:
        worklists: `marts.owner_worklists`, and `warning`: why calls by it come too late, or NULL.
        records: As `contacts.read_customer_records` returns them.
        headers: Source -> our column -> the source's header.
        owner_ids: Name of an owner -> the id that stands for the name.

    Returns:
        File name -> its rows, by rank.
    """
    joined = worklists.join(choose_records(records).drop("owner"), on="customer_id", how="left")
    names = {**{number: name for name, number in owner_ids.items()}, **{name: name for name in owner_ids}}
    named = joined.with_columns(owner_name=pl.col("owner").replace_strict(names, default=None, return_dtype=pl.String))
    has_several_sources = named["source"].drop_nulls().n_unique() > 1
    files = {}
    for (owner, source), rows in named.sort("owner", "list_rank").group_by("owner", "source", maintain_order=True):
        suffix = NO_RECORD if source is None else str(source) if has_several_sources else ""
        name = _name_file(str(owner), names.get(str(owner)), owner_ids)
        frame = rows.select(_choose_columns(rows, headers.get(str(source), {})))
        files["-".join(filter(None, ["worklist", name, suffix])) + ".csv"] = frame
    return files


def _choose_columns(rows: pl.DataFrame, headers: Mapping[str, str]) -> Iterator[pl.Expr]:
    """The tool's columns, the record's id first, under the tool's names; then ours.

    What the tool has no column for is left out where it is empty, else it has a name of ours.
    """
    taken = set(OURS.values())
    for column in COLUMNS:
        own = "owner_name" if column == "owner" else column
        is_given = rows[own].drop_nulls().len() > 0
        header = headers.get(column, RECORD_ID if column == RECORD_ID else f"Regulars {column.replace('_', ' ')}")
        if header not in taken and (column in headers or is_given):
            taken.add(header)
            yield pl.col(own).alias(header)
    for column, header in OURS.items():
        yield pl.col(column).alias(header)


def _name_file(owner: str, name: str | None, owner_ids: Mapping[str, str]) -> str:
    """A name that every file system takes: the owner's in plain letters, and the number that tells namesakes apart."""
    if name is None:
        return UNASSIGNED if owner == UNASSIGNED else make_plain(owner)
    return f"{make_plain(name)}-{owner_ids[name].rpartition('_')[2]}".strip("-")


def make_plain(text: str) -> str:
    """A text in small letters a to z, digits and hyphens; at most 40 of them."""
    letters = unicodedata.normalize("NFKD", text.lower().translate(LETTERS))
    parts = re.findall(r"[a-z0-9]+", "".join(each for each in letters if not unicodedata.combining(each)))
    return "-".join(parts)[:40].strip("-")
