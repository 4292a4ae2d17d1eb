"""Measures values that stand for nothing and yet identify somebody: ids such as `0` or `NULL`, one address for many.

Put here: ids and addresses that join strangers, and those that can join nobody. Keep out: the rules of linking
(`pipelines/identity`).
"""

from collections.abc import Iterator

import duckdb

from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS

PLACEHOLDERS = (
    *("0", "-1", "-", "--", ".", "n/a", "#n/a", "na", "nan", "null", "(null)", "none", "nil", "undefined", "unknown"),
    *("guest", "guests", "anonymous", "gast", "invité", "invitado", "[object object]", "test"),
    *("00000000-0000-0000-0000-000000000000", "#ref!", "#value!"),
)
"""Words, in small letters, that tools and spreadsheets write where there is no id."""

FEWEST_RECORDS = 5
FEWEST_ORDERS = 10
TIMES_NEXT = 3
MERGED = r"[,|/]|[^; ] +[^; ]"
"""A regular expression of ids that something else than `;` joins."""
SCIENTIFIC = r"['+]?[0-9]+([.,][0-9]+)?[eE]\+?[0-9]{1,2}"
"""A regular expression of a whole number in scientific notation, such as 4.93012E+11; a hash is none."""

_NAMED = """
    select _source, count(*), count(distinct lower(customer_record_id))
    from staging.{kind}
    where lower(customer_record_id) in (select unnest($placeholders::varchar[]))
    group by _source
    having count(*) > 1
    order by _source
"""
_ADDRESS = r"([^<>@,;]*<)?\s*(mailto:)?[^@＠\s,;<>()]+[@＠][^@\s.,;<>()]+(\.[^@\s.,;<>()]+)+[\s>.,;'\"]*"
"""A regular expression of an address as identity reads it, in any case, with what it leaves away."""

_UNREADABLE = """
    select
        _source,
        count(*) filter (not regexp_full_match(email, $address)),
        count(*),
    from staging.{kind}
    where email is not null
    group by _source
    having count(*) filter (not regexp_full_match(email, $address)) > 0
    order by _source
"""
_DAMAGED_PHONES = """
    with
        numbers as (
            select
                _source,
                regexp_full_match(trim(phone), $scientific)
                or company.match_phones
                -- letters among digits make a pseudonym of it
                and not regexp_matches(without_extension, '[0-9][a-z]|[a-z][0-9]')
                and length(regexp_replace(without_extension, '[^0-9]', '', 'g')) > 16 as is_damaged
            from (
                select _source, phone, regexp_replace(lower(phone), '(ext|x|#).*$', '') as without_extension
                from staging.customers
                where phone is not null
            )
            cross join raw.company as company
        )

    select _source, count(*) filter (is_damaged), count(*)
    from numbers
    group by _source
    having count(*) filter (is_damaged) > 0
    order by _source
"""
"""Source, damaged numbers, numbers. E.164 has at most 15 digits; a zero in brackets may stand among them.

Several numbers in one cell are usual in a CRM, and a person reads them: they are damaged only where numbers link.
"""

_MERGED = """
    select _source, count(*)
    from staging.customers
    where regexp_matches(merged_record_ids, $merged)
    group by _source
    order by _source
"""
_ADDRESSES_OF_RECORDS = """
    with
        linked as (
            select records.system, lower(customers.email) as email, count(*) as record_count
            from identity.records as records
            join staging.customers as customers
                on customers._system = records.system and customers.customer_record_id = records.source_record_id
            where records.record_type = 'customer' and customers.email is not null
            group by all
            having count(distinct records.source_record_id) > 1 and count(distinct records.contact_id) = 1
        ),
        sizes as (select _system as system, count(*) as record_count from staging.customers group by _system)

    select system, max(linked.record_count), any_value(sizes.record_count)
    from linked
    join sizes using (system)
    where linked.record_count >= $fewest
    group by system
    order by system
"""
_ADDRESSES_OF_ORDERS = """
    with
        bought as (
            select _system as system, lower(email) as email, count(*) as order_count
            from staging.orders
            where email is not null and customer_record_id is null
            group by all
        ),
        placed as (
            select *, row_number() over (partition by system order by order_count desc, email) as place from bought
        ),
        sizes as (select _system as system, count(*) as order_count from staging.orders group by _system)

    select first.system, first.order_count, sizes.order_count
    from placed as first
    left join placed as second on second.system = first.system and second.place = 2
    join sizes on sizes.system = first.system
    join identity.customer_links as link
        on link.link_type = 'order' and link.system = first.system and link.source_record_id = (
            select min(order_id)
            from staging.orders as orders
            where orders._system = first.system and lower(orders.email) = first.email
                and orders.customer_record_id is null
        ) and link.customer_id is not null
    where first.place = 1
        and first.order_count >= $fewest
        and first.order_count >= $times * coalesce(second.order_count, 1)
    order by first.system
"""


def find_placeholders(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Per source: ids and addresses that stand for nothing, for too many, or cannot be read.

    Args:
        con: The build, with staging and identity.
    """
    return [
        *_find_placeholder_ids(con),
        *_find_unreadable_addresses(con),
        *_find_damaged_phones(con),
        *_find_unsplit_merges(con),
        *_find_addresses_for_many(con),
    ]


def _find_placeholder_ids(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    for kind in KINDS.values():
        if kind.reference is None or kind.column("customer_record_id") is None:
            continue
        query, values = _NAMED.format(kind=kind.name), {"placeholders": list(PLACEHOLDERS)}
        for source, count, words in con.execute(query, values).fetchall():
            yield make_finding(
                "placeholder_ids",
                f"{count:,} rows of {kind.name} of `{source}` name a customer by a word for nothing, such as `0`, "
                f"`NULL` or `guest` ({words:,} different): each of these words counts as one customer.",
                "Map nothing for them, for example `customer_record_id: {sql: \"nullif(customer_id, '0')\"}`.",
                source=source,
                kind=kind.name,
                count=count,
            )


def _find_unreadable_addresses(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    for kind in KINDS.values():
        if kind.column("email") is None:
            continue
        query = _UNREADABLE.format(kind=kind.name)
        for source, bad, all_count in con.execute(query, {"address": _ADDRESS}).fetchall():
            yield make_finding(
                "addresses_unreadable",
                f"{bad:,} of {all_count:,} addresses in {kind.name} of `{source}` are no e-mail addresses, or several "
                "in one cell; they link nothing.",
                "Map one address, for example with `{sql: \"split_part(mail, ';', 1)\"}`; see `regulars preview`.",
                source=source,
                kind=kind.name,
                count=bad,
                share=bad / all_count,
            )


def _find_damaged_phones(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    for source, bad, all_count in con.execute(_DAMAGED_PHONES, {"scientific": SCIENTIFIC}).fetchall():
        yield make_finding(
            "phones_damaged",
            f"{bad:,} of {all_count:,} telephone numbers of customers of `{source}` are in scientific notation, as a "
            "spreadsheet writes long numbers, or several in one cell; they link nothing.",
            "Export them anew as text, and map one number, for example with `{sql: \"split_part(phone, '/', 1)\"}`.",
            source=source,
            kind="customers",
            count=bad,
            share=bad / all_count,
        )


def _find_unsplit_merges(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    for source, count in con.execute(_MERGED, {"merged": MERGED}).fetchall():
        yield make_finding(
            "merged_ids_unsplit",
            f"{count:,} values of customers.merged_record_ids of `{source}` hold commas, bars or several words, where "
            "ids are joined by `;`: none of these records is merged.",
            "Write `;` in the mapping, for example `merged_record_ids: {sql: \"replace(merged, ',', ';')\"}`.",
            source=source,
            kind="customers",
            count=count,
        )


def _find_addresses_for_many(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    for system, count, all_count in con.execute(_ADDRESSES_OF_RECORDS, {"fewest": FEWEST_RECORDS}).fetchall():
        yield make_finding(
            "one_address_for_many",
            f"One address makes {count:,} of {all_count:,} customer records of `{system}` one person: it may be that "
            "of an office, or a word in place of addresses.",
            "If these are different customers, add it to `identity.ignore_emails`, or lower "
            "`identity.max_records_per_email`.",
            source=system,
            kind="customers",
            count=count,
            share=count / all_count,
        )
    values = {"fewest": FEWEST_ORDERS, "times": TIMES_NEXT}
    for system, count, all_count in con.execute(_ADDRESSES_OF_ORDERS, values).fetchall():
        yield make_finding(
            "one_address_for_many",
            f"One address stands on {count:,} of {all_count:,} orders of `{system}` that name no customer record, and "
            f"no other on a third as many: they count as those of one customer.",
            "If it is that of the till, an office or a marketplace, add it to `identity.ignore_emails`.",
            source=system,
            kind="orders",
            count=count,
            share=count / all_count,
        )
