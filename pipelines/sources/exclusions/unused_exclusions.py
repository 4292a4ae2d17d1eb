"""Finds lists and rules of the settings that leave nothing out, as a mistyped one does, or everything.

Put here: entries and rules that match no record, or all. Keep out: leaving out (`excluded_people.py`,
`sources/record_rules.py`), and rules that leave out another share than before (`excluded_findings.py`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.profiles.merge import KIND_LEFT_OUT
from regulars.pipelines.settings.profiles.profile_files import list_profiles, read_profile
from regulars.pipelines.settings.settings import Settings
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.exclusions.excluded_findings import ExcludedCounts

_FEWEST_RECORDS = 20
"""That a rule matches none of fewer records says nothing."""


def find_unused_lists(con: duckdb.DuckDBPyConnection, settings: Settings) -> Iterator[Finding]:
    """Lists of `exclude` and `identity.ignore_emails` of which no entry, or not every one, is anybody's.

    Args:
        con: The build, with every `landed.<kind>` filled and nobody left out of it yet.
        settings: The company's settings.
    """
    lists = {
        "exclude.emails": (settings.exclude.emails, "email", "value = entry"),
        "exclude.email_domains": (
            settings.exclude.email_domains,
            "email",
            "split_part(value, '@', 2) = ltrim(entry, '@')",
        ),
        "exclude.customer_record_ids": (settings.exclude.customer_record_ids, "customer_record_id", "value = entry"),
        "exclude.order_ids": (settings.exclude.order_ids, "order_id", "value = entry"),
        "identity.ignore_emails": (
            settings.identity.ignore_emails,
            "email",
            "value = entry or (suffix(entry, '@') and starts_with(value, entry)) "
            "or (starts_with(entry, '@') and suffix(value, entry))",
        ),
    }
    for name, (entries, column, matches) in lists.items():
        if entries:
            unused = _count_unused(con, entries, column, matches)
            if unused:
                yield _describe_list(name, unused, len(entries))


def _count_unused(con: duckdb.DuckDBPyConnection, entries: Collection[str], column: str, matches: str) -> int:
    """How many entries are no value of a column of any kind."""
    fold = "lower(trim({}))" if column == "email" else "{}"
    values = " union ".join(
        f"select {fold.format(column)} as value from landed.{kind.name} where {column} is not null"
        for kind in KINDS.values()
        if kind.column(column)
    )
    query = f"""
        with
            listed as (select distinct {fold.format("unnest($entries::varchar[])")} as entry),
            found as ({values})

        select count(*)
        from listed
        where not exists (select 1 from found where {matches})
    """
    return int(con.execute(query, {"entries": list(entries)}).fetchall()[0][0])


def _describe_list(name: str, unused: int, count: int) -> Finding:
    finding = make_finding(
        "exclude_matches_nothing",
        f"{unused:,} of {count:,} entries of `{name}` in the settings are nobody's and nothing's in any file.",
        "See that they are spelt as in the exports; remove what is gone for good.",
        source=name,
        count=unused,
    )
    return finding if unused == count else replace(finding, severity="info")


def _list_profile_rules(source: Source) -> set[str]:
    """Names of rules of a profile of ours: they are for what a tool may write, which many an export does not hold."""
    path = list_profiles(None).get(source.profile or "")
    if source.profile is None or path is None:
        return set()
    mapping = read_profile(source.profile, path).mapping
    return {*mapping.get("exclude", ()), *mapping.get("include", ()), KIND_LEFT_OUT}


def find_idle_rules(name: str, source: Source, files: Sequence[ExcludedCounts]) -> list[Finding]:
    """Rules of a source that leave out none of its records, or together all of them.

    Args:
        name: The source.
        source: Its settings.
        files: What each rule left out of the files that the run reads.
    """
    records = sum(file.record_count for file in files)
    totals: Mapping[str, int] = {
        rule: sum(file.by_rule.get(rule, 0) for file in files) for rule in (*source.exclude, *source.include)
    }
    idle = [rule for rule, count in totals.items() if not count and rule not in _list_profile_rules(source)]
    found = []
    if idle and records >= _FEWEST_RECORDS:
        found.append(
            make_finding(
                "exclude_matches_nothing",
                f"{name}: {', '.join(f'`{rule}`' for rule in idle)} of `exclude` or `include` leaves out none of "
                f"{records:,} records.",
                "See that the condition compares with what the tool writes, capitals and blanks included.",
                source=name,
                count=len(idle),
            )
        )
    if records and sum(totals.values()) == records:
        found.append(
            make_finding(
                "source_left_out_whole",
                f"{name}: `exclude` and `include` leave out all of its {records:,} records.",
                "See that the conditions of the source are the right way round.",
                source=name,
                count=records,
            )
        )
    return found
