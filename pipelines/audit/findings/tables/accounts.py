"""Measures what is odd about accounts: domains that are no firm, words for nothing, ids that are written in two ways.

Put here: how persons became one account. Keep out: persons that belong to several (`identity.py`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.audit.findings.tables.placeholders import PLACEHOLDERS
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

FEWEST_FIRMS = 3
"""Fewer firms under a domain are a group with two names, or a spelling."""
MANY_PERSONS = 20
"""Fewer persons under a domain are a usual firm."""
TIMES_THE_USUAL = 10
"""So many times the persons of the middle domain are far more than others have."""

_DOMAINS = """
    with
        joined as (
            select links.key as domain, links.record_key
            from identity.links as links
            where links.matched_by = 'email_domain' and links.cut_by is null
            union
            select links.key, links.other_record_key
            from identity.links as links
            where links.matched_by = 'email_domain' and links.cut_by is null
        ),
        named as (
            select
                concat_ws('/', 'customer', _system, customer_record_id) as record_key,
                -- Acme, ACME GmbH and Acme Inc. are one firm
                nullif(regexp_extract(lower(strip_accents(company_name)), '[a-z0-9]+'), '') as firm,
            from staging.customers
        ),
        sizes as (
            select
                joined.domain,
                count(distinct records.contact_id) as person_count,
                count(distinct named.firm) as firm_count,
                count(distinct records.contact_id) filter (named.firm is not null) as named_count,
            from joined
            join identity.records as records on records.record_key = joined.record_key
            left join named on named.record_key = joined.record_key
            group by joined.domain
        )

    select
        count(*) filter (firm_count >= $fewest_firms and 2 * firm_count >= named_count),
        max(firm_count),
        count(*) filter (person_count >= $many and person_count >= $times * usual_count),
        max(person_count),
    from sizes
    cross join (select median(person_count) as usual_count from sizes) as usual
"""
"""One row: domains of many firms, the most firms of one, domains of many persons, the most persons of one."""
_ACCOUNTS_FOR_NOTHING = """
    select _source, count(*)
    from staging.customers
    where lower(trim({column})) in (select unnest($placeholders::varchar[]))
        and (select customer_is from raw.company) = 'account'
    group by _source
    having count(*) > 1
    order by _source
"""
"""Source, and how many of its records have a word for nothing as an account."""

_WRITTEN_OTHERWISE = """
    with
        accounts as (
            select distinct _system, account_id as id
            from staging.customers
            where account_id is not null
        ),
        parents as (
            select _source, _system, parent_account_id as id
            from staging.customers
            where parent_account_id is not null and (select customer_is from raw.company) = 'account'
        ),
        unmatched as (from parents anti join accounts using (_system, id)),
        folded as (
            select
                _system,
                unnest([
                    lower(id), ltrim(id, '0'), regexp_replace(id, '[.]0+$', ''), if(length(id) = 18, left(id, 15), id)
                ]) as key,
                unnest(['case', 'zeros', 'double', 'length']) as way,
                length(id) as length,
            from accounts
        )

    select _source, count(*)
    from unmatched
    where exists (
        select 1
        from folded
        where folded._system = unmatched._system and folded.key = case folded.way
            when 'case' then lower(unmatched.id)
            when 'zeros' then ltrim(unmatched.id, '0')
            when 'double' then regexp_replace(unmatched.id, '[.]0+$', '')
            -- two ids of 18 characters that begin alike are two accounts
            else case
                when length(unmatched.id) = 15 and folded.length = 18 then unmatched.id
                when length(unmatched.id) = 18 and folded.length = 15 then left(unmatched.id, 15)
            end
        end
    )
    group by _source
    order by _source
"""
"""Source, and how many of its records name an account above that is one of the accounts but for how it is written."""


def find_odd_domains(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """What is odd about domains that made accounts; no domain is named, since one may be a person's.

    Args:
        con: The build, with staging and the tables of identity.
    """
    limits = {"fewest_firms": FEWEST_FIRMS, "many": MANY_PERSONS, "times": TIMES_THE_USUAL}
    of_firms, most_firms, of_persons, most_persons = con.execute(_DOMAINS, limits).fetchall()[0]
    todo = (
        "`select key, count(*) from identity.links where matched_by = 'email_domain' group by key order by 2 desc` in "
        "the state file lists the domains; add those of providers to `identity.free_email_domains`."
    )
    if of_firms:
        yield make_finding(
            "domains_of_many_firms",
            f"{of_firms:,} domains make persons one account whose records name different firms, up to {most_firms:,} "
            "of one domain: they may be of a provider of mailboxes.",
            todo,
            table="identity.links",
            count=of_firms,
        )
    if of_persons:
        yield make_finding(
            "domains_of_many_persons",
            f"{of_persons:,} domains join far more persons into one account than others, up to {most_persons:,} "
            "persons of one domain: they may be of a provider of mailboxes.",
            todo,
            table="identity.links",
            count=of_persons,
        )


def find_odd_accounts(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """What is odd about accounts.

    Args:
        con: The build, with staging and the company's settings as a table.
    """
    for column in ("account_id", "parent_account_id"):
        query = _ACCOUNTS_FOR_NOTHING.format(column=column)
        for source, count in con.execute(query, {"placeholders": list(PLACEHOLDERS)}).fetchall():
            yield make_finding(
                "placeholder_ids",
                f"{count:,} customers of `{source}` have a word for nothing, such as `0`, `NULL` or `none`, as "
                f"{column}: they count as one account.",
                f"Map nothing for them, for example `{column}: {{sql: \"nullif({column}, '0')\"}}`.",
                source=source,
                kind="customers",
                count=count,
            )
    for source, count in con.execute(_WRITTEN_OTHERWISE).fetchall():
        yield make_finding(
            "parents_written_otherwise",
            f"{count:,} customers of `{source}` name an account above theirs that is an account here but for capitals, "
            "zeros before it, `.0` behind it, or 15 in place of 18 characters: they are not joined.",
            "Write both alike in the mapping, for example with `lower` or `left(…, 15)`.",
            source=source,
            kind="customers",
            count=count,
        )
