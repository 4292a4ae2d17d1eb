"""Says how long each owner's worklist is, and exports the lists and the segments with contact details.

Put here: reading what is published, and what is said, which never names a customer. Keep out: what a file holds
(`owner_files.py`, `segment_files.py`), and how it is written (`export_folder.py`).
"""

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.opened import explain_other_version, open_published
from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.command.query import format_table
from regulars.pipelines.command.worklists.contacts import find_addresses, read_customer_records, read_owner_ids
from regulars.pipelines.command.worklists.crm_headers import RECORD_ID, find_headers
from regulars.pipelines.command.worklists.export_folder import check_content, check_place, write_folder
from regulars.pipelines.command.worklists.list_age import ListAge, read_age
from regulars.pipelines.command.worklists.owner_files import make_owner_files
from regulars.pipelines.command.worklists.segment_files import SegmentFile, make_segment_files
from regulars.pipelines.errors import UsageWrong
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.home.home import Home
from regulars.pipelines.run.request import find_settings_file
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.settings_file import load_settings

SUMMARY = """
    select
        owner,
        count(*) as customers,
        sum(at_stake) as at_stake,
        sum(keepable_value) as keepable_value,
        min(until_date) as first_until,
        any_value(owner_customers_left_out) as customers_left_out,
        any_value(owner_keepable_value_left_out) as keepable_value_left_out,
        any_value(as_of) as as_of,
    from marts.owner_worklists
    group by owner
    order by sum(priority) desc, owner
"""
WORKLISTS = "from marts.owner_worklists order by owner, list_rank"
SEGMENTS = """
    select customer_id, segment
    from marts.customer_360
    where segment is not null and not is_deleted and not is_unknown
    union all
    select customer_id, own_segment
    from marts.customer_own_segments
    join marts.own_segments using (own_segment)
    join marts.customer_360 using (customer_id)
    where is_for_mailing and not is_deleted
"""
NEWEST_FILES = """
    select source, arg_max(file_sha256, (landed_at, file_sha256)), arg_max(file_name, (landed_at, file_sha256))
    from meta.files
    group by source
"""


@dataclass(frozen=True)
class _Published:
    """What the current generation says: the lists and their age, who is in which segment, each source's newest file."""

    age: ListAge
    worklists: pl.DataFrame
    segments: pl.DataFrame
    newest_files: Mapping[str, tuple[str, str]]


def summarise_worklists(home: Home, *, now: dt.datetime, owner: str | None, segment: str | None, as_json: bool) -> str:
    """A line per owner of the current generation, the most urgent money first; no customer is named.

    Args:
        home: The company's home.
        now: When they are looked at, an aware moment.
        owner: Only this owner's line, by the id in the published tables.
        segment: Must be None: a segment has no summary.
        as_json: For machines.

    Raises:
        UsageWrong: A segment is named, or an owner without a worklist.
        StorageFailed: Nothing is published, or nothing with worklists.
    """
    if segment is not None:
        raise UsageWrong("--segment goes with --export FOLDER: segments are only exported")
    current = find_current(home)
    with open_published(current) as con:
        summary = con.sql(SUMMARY)
        columns, rows = summary.columns, summary.fetchall()
        age = read_age(con, current.manifest, now)
    if owner is not None:
        _find_owner({row[0] for row in rows}, owner, {})
        rows = [row for row in rows if row[0] == owner]
    if as_json:
        return json.dumps(
            [{**dict(zip(columns, row, strict=True)), "warning": age.warning} for row in rows], default=str, indent=1
        )
    if not rows:
        return f"{current.name}: nobody is to be called"
    shown = [(*row[:2], *(f"{money:,.2f}" for money in row[2:4]), *row[4:6], f"{row[6]:,.2f}") for row in rows]
    return "\n".join([*age.describe(), "", format_table(columns[:7], shown)])


def export_worklists(
    home: Home,
    folder: Path,
    *,
    settings: Path,
    now: dt.datetime,
    owner: str | None = None,
    segment: str | None = None,
) -> str:
    """Write a CSV file per owner and one per segment; `owner` or `segment` alone writes only that one's.

    Args:
        home: The company's home.
        folder: Where to write.
        settings: The settings file: it says what the CRM calls our columns.
        now: When they are exported, an aware moment.
        owner: An owner, by the id in the published tables or by name, or `unassigned`.
        segment: A segment.

    Raises:
        SettingsWrong: The settings file holds a mistake.
        UsageWrong: Readers see the folder, it holds files of others, or there is no such owner or segment.
        StorageFailed: Nothing is published, or the disk failed.
    """
    file = find_settings_file(settings)
    company, current, place = load_settings(file), find_current(home), folder.expanduser().resolve()
    check_place(place, home, _list_shared_folders(company, file.parent))
    check_content(place)
    with explain_other_version(current):
        published = _read_published(current, now)
        files, said = _make_files(home, current, published, company, owner=owner, segment=segment)
    write_folder(place, files)
    return "\n".join(
        [
            *published.age.describe(),
            f"wrote {count_things(len(files), 'file')} of {current.name} to {place}",
            "they hold personal data, so do not share the folder",
            *(f"  {each}" for each in said),
        ]
    )


def _make_files(
    home: Home, current: Generation, published: _Published, company: Settings, *, owner: str | None, segment: str | None
) -> tuple[dict[str, pl.DataFrame], list[str]]:
    """File name -> rows, and what is said of them."""
    records = read_customer_records(current)
    files: dict[str, pl.DataFrame] = {}
    said: list[str] = []
    if owner is not None or segment is None:
        owner_ids = read_owner_ids(current)
        lists = _choose_owner(published.worklists, owner, owner_ids)
        lists = lists.with_columns(warning=pl.lit(published.age.warning, pl.String))
        headers = {
            source: find_headers(home, company.sources.get(source), published.newest_files.get(source))
            for source in records["source"].unique()
        }
        made = make_owner_files(lists, records, headers, owner_ids)
        files |= made
        said += [f"{count_things(lists['owner'].n_unique(), 'worklist')} with {count_things(len(lists), 'customer')}"]
        said += [
            f"source {source}: the settings name no column of its files with the record's id, so that its worklists "
            f"have {RECORD_ID} instead"
            for source, found in sorted(headers.items())
            if RECORD_ID not in found and any(source == each for each in _list_sources(lists, records))
        ]
    if segment is not None or owner is None:
        chosen = _choose_segment(published.segments, segment)
        addresses = find_addresses(records, company.identity.ignore_emails)
        segments = list(make_segment_files(chosen, addresses))
        files |= {each.file_name: each.rows for each in _check_names(segments)}
        said += [each.describe() for each in segments]
    return files, said


def _read_published(generation: Generation, now: dt.datetime) -> _Published:
    with open_published(generation) as con:
        newest = {source: (digest, name) for source, digest, name in con.execute(NEWEST_FILES).fetchall()}
        segments = con.sql(SEGMENTS).pl()
        return _Published(read_age(con, generation.manifest, now), con.sql(WORKLISTS).pl(), segments, newest)


def _list_shared_folders(company: Settings, base: Path) -> list[Path]:
    """The folders to which the settings deliver generations."""
    options = [target.options.get("path") for target in company.publish.targets.values()]
    return [base / str(path) for path in options if path]


def _list_sources(lists: pl.DataFrame, records: pl.DataFrame) -> list[str]:
    return records.join(lists, on="customer_id", how="semi")["source"].unique().to_list()


def _choose_owner(worklists: pl.DataFrame, owner: str | None, owner_ids: Mapping[str, str]) -> pl.DataFrame:
    if owner is None:
        return worklists
    meant = _find_owner(set(worklists["owner"]), owner, owner_ids)
    return worklists.filter(pl.col("owner") == meant)


def _find_owner(known: Collection[str], owner: str, owner_ids: Mapping[str, str]) -> str:
    """The owner as published who is meant by an id or a name."""
    meant = owner if owner in known else owner_ids.get(owner, owner)
    if meant not in known:
        listed = ", ".join(sorted(known)) or "nobody"
        raise UsageWrong(f"--owner: nobody of that name has a worklist; {len(known)} have: {listed}")
    return meant


def _choose_segment(segments: pl.DataFrame, segment: str | None) -> pl.DataFrame:
    if segment is None:
        return segments
    known = segments["segment"].unique().sort().to_list()
    if segment not in known:
        raise UsageWrong(
            f"--segment {segment}: no customer is in such a segment; there are {', '.join(known) or 'none'}"
        )
    return segments.filter(pl.col("segment") == segment)


def _check_names(segments: list[SegmentFile]) -> list[SegmentFile]:
    """Refuse two segments whose files would have one name."""
    names: dict[str, str] = {}
    for each in segments:
        other = names.setdefault(each.file_name, each.segment)
        if other != each.segment:
            raise UsageWrong(f"segments {other} and {each.segment} would both be {each.file_name}: rename one of them")
    return segments
