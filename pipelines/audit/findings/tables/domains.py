"""Measures which domains of addresses made accounts that may be no firm: providers of mailboxes that no list knows.

Put here: domains by which persons became one account. Keep out: accounts that a tool names (`identity.py`).
"""

from collections.abc import Iterator

import duckdb

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
