"""Leaves out everything that belongs to test persons and test orders of the settings.

Put here: whose a row of `landed.<kind>` is, as far as leaving it out goes. Keep out: conditions over the columns of a
file (`sources/record_rules.py`), and addresses that name nobody (`identity.ignore_emails`).

A test person is an address or a customer record of the settings, a customer record with such an address, and, unless
nobody is named by it, the address of such a record. Orders of a test person are test orders, and what names a test
order or a test person is left out: lines, payments, refunds, subscriptions, tickets, invitations, answers.
"""

from collections.abc import Collection

import duckdb

from regulars.pipelines.kinds.shape.kind import TRACE_COLUMNS, Kind
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.settings import Excluded
from regulars.pipelines.warehouse.sql_text import quote_identifier

EMAIL = "lower(trim({column}))"

_LISTED_DOCUMENTS = (
    ("test_responses", "survey_responses", "response_id"),
    ("test_refunds", "refunds", "refund_id"),
)
"""Table of what belongs to them, its kind, and the column by which rows of other kinds name it."""


def leave_people_out(con: duckdb.DuckDBPyConnection, lists: Excluded, ignored_emails: Collection[str]) -> None:
    """Move the rows of test persons and test orders from `landed.<kind>` to `landed.excluded`.

    Args:
        con: The build, with every `landed.<kind>` filled and read by nothing yet.
        lists: The lists of the settings.
        ignored_emails: Addresses that name nobody, so that no test person is known by them.
    """
    if lists.is_empty:
        return
    con.execute("create temp table test_emails (email varchar, rule varchar)")
    con.execute("create temp table test_records (system varchar, record_id varchar, rule varchar)")
    con.execute("create temp table test_orders (system varchar, order_id varchar, rule varchar)")
    for table, _, column in _LISTED_DOCUMENTS:
        con.execute(f"create temp table {table} (system varchar, {column} varchar, rule varchar)")
    _list_people(con, lists, {email.strip().lower() for email in ignored_emails})
    con.execute("insert into test_orders select null, unnest($1::varchar[]), 'order_ids'", [lists.order_ids])
    for name in ("orders", "order_lines"):
        con.execute(
            f"insert into test_orders select distinct on (_system, order_id) _system, order_id, rule from "
            f"({_select_theirs(KINDS[name])}) order by all"  # rows of one document may stand in several lists
        )
    for table, name, column in _LISTED_DOCUMENTS:
        con.execute(
            f"insert into {table} select distinct on (_system, {column}) _system, {column}, rule from "
            f"({_select_theirs(KINDS[name])}) order by all"
        )
    for kind in KINDS.values():
        _move(con, kind)
    for table in ("test_emails", "test_records", "test_orders", *(table for table, *_ in _LISTED_DOCUMENTS)):
        con.execute(f"drop table {table}")


def _list_people(con: duckdb.DuckDBPyConnection, lists: Excluded, ignored: Collection[str]) -> None:
    con.execute("insert into test_emails select lower(trim(unnest($1::varchar[]))), 'emails'", [lists.emails])
    con.execute(
        "insert into test_records select null, unnest($1::varchar[]), 'customer_record_ids'",
        [lists.customer_record_ids],
    )
    con.execute(_RECORDS_BY_EMAIL)
    con.execute(
        _list_emails_by_domain(), {"domains": [domain.strip().lower().lstrip("@") for domain in lists.email_domains]}
    )
    con.execute(_RECORDS_BY_EMAIL)
    con.execute(_EMAILS_OF_RECORDS, {"ignored": sorted(ignored)})
    con.execute(_RECORDS_BY_EMAIL)


def _list_emails_by_domain() -> str:
    """A statement that lists every address, of any kind, that lies in one of `$domains`."""
    addresses = f"select unnest({_ADDRESSES}) as email from landed.customers as here union " + " union ".join(
        f"select {EMAIL.format(column='email')} as email from landed.{name}"
        for name, kind in KINDS.items()
        if kind.column("email") and name != "customers"
    )
    return f"""
        insert into test_emails
        select email, 'email_domains'
        from ({addresses})
        where split_part(email, '@', 2) in (select unnest($domains::varchar[]))
            and email not in (select email from test_emails)
    """


_ADDRESSES = """
    list_filter(
        list_prepend(
            lower(trim(here.email)), coalesce(regexp_extract_all(lower(here.other_emails), '[^;,\\s]+'), [])
        ),
        lambda address: address is not null
    )
"""
_RECORDS_BY_EMAIL = f"""
    insert into test_records
    select distinct on (here._system, here.customer_record_id)
        here._system, here.customer_record_id, listed.rule,
    from (
        select _system, customer_record_id, unnest({_ADDRESSES}) as email
        from landed.customers as here
    ) as here
    join test_emails as listed on listed.email = here.email
    anti join test_records as known
        on known.system = here._system and known.record_id = here.customer_record_id
    order by all
"""
_EMAILS_OF_RECORDS = f"""
    insert into test_emails
    select distinct on (here.email) here.email, listed.rule
    from (
        select _system, customer_record_id, unnest({_ADDRESSES}) as email
        from landed.customers as here
    ) as here
    join test_records as listed
        on coalesce(listed.system, here._system) = here._system and listed.record_id = here.customer_record_id
    where here.email not in (select email from test_emails)
        and here.email not in (select unnest($ignored::varchar[]))
    order by all
"""


def _select_theirs(kind: Kind) -> str:
    """A SELECT of the rows of `landed.<kind>` that are left out, with the list that says so as `rule`."""
    tests = []
    if kind.column("email"):
        tests.append(("test_emails", f"listed.email = {EMAIL.format(column='here.email')}"))
    if kind.column("customer_record_id"):
        system = "coalesce(here.customer_system, here._system)" if kind.column("customer_system") else "here._system"
        tests.append(
            (
                "test_records",
                f"coalesce(listed.system, {system}) = {system} and listed.record_id = here.customer_record_id",
            )
        )
    if kind.column("order_id"):
        tests.append(
            ("test_orders", "coalesce(listed.system, here._system) = here._system and listed.order_id = here.order_id")
        )
    tests += [
        (table, f"listed.system = here._system and listed.{column} = here.{column}")
        for table, _, column in _LISTED_DOCUMENTS
        if kind.column(column)
    ]
    if not tests:
        return f"select *, null::varchar as rule from landed.{kind.name} where false"
    found = " union all ".join(
        f"select here._row_id, listed.rule, {place} as place from landed.{kind.name} as here join {table} as listed "
        f"on {condition}"
        for place, (table, condition) in enumerate(tests)
    )
    return f"""
        select here.*, found.rule
        from landed.{kind.name} as here
        join (
            select _row_id, arg_min(rule, (place, rule)) as rule from ({found}) group by _row_id
        ) as found
            on found._row_id = here._row_id
    """


def _move(con: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    con.execute(f"create or replace temp table theirs as {_select_theirs(kind)}")
    if not con.execute("select 1 from theirs limit 1").fetchall():
        return
    con.execute(
        f"""
        insert into landed.excluded by name
        select
            _source as source,
            '{kind.name}' as kind,
            _delivery as delivery,
            _file_sha256 as file_sha256,
            _row as row,
            'settings.' || rule as rule,
        from theirs
        """
    )
    columns = [column.name for column in kind.columns] + [name for name, _ in TRACE_COLUMNS]
    con.execute(
        f"""
        create or replace table landed.{kind.name} as
        select {", ".join(f"here.{quote_identifier(column)}" for column in columns)}
        from landed.{kind.name} as here
        anti join theirs using (_row_id)
        """
    )
