"""Measures ids of accounts, where customers are accounts: words for nothing, and two ways to write one account.

Put here: `account_id` and `parent_account_id` of customers. Keep out: ids of customers and orders (`references.py`,
`placeholders.py`), and what belongs to an account (`pipelines/identity`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.audit.findings.tables.placeholders import PLACEHOLDERS
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

_NAMED = """
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
                unnest([lower(id), ltrim(id, '0'), regexp_replace(id, '[.]0+$', ''), left(id, 15)]) as key,
                unnest(['case', 'zeros', 'double', 'length']) as way,
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
            else case when length(unmatched.id) in (15, 18) then left(unmatched.id, 15) end
        end
    )
    group by _source
    order by _source
"""
"""Source, and how many of its records name an account above that is one of the accounts but for how it is written."""


def find_odd_accounts(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """What is odd about accounts.

    Args:
        con: The build, with staging and the company's settings as a table.
    """
    for column in ("account_id", "parent_account_id"):
        query = _NAMED.format(column=column)
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
