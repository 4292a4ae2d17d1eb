"""Finds records that stand more than once in one delivery, and says what becomes of them.

Put here: repeats inside one delivery. Keep out: versions of different deliveries (`versions.py`).

Only records with an id of their own can repeat: two equal lines of a till without ids are two sales. Equal records
count once; the others are duplicates. Of records that differ under one id, the version column tells which is the
newest, and the others are superseded. Where it cannot, nobody can, and all of them break the rule that an id stands
once; a moment that lies in the future tells nothing (`moments.py`). A file that feeds several kinds repeats what its
rows have in common, such as the customer of two orders: there the first row counts.
"""

from collections.abc import Collection

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.quarantine.moments import find_moment
from regulars.pipelines.contracts.raw_contracts import RECORD_RULE
from regulars.pipelines.kinds.shape.kind import TRACE_COLUMNS
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_TRACE = {name for name, _ in TRACE_COLUMNS}
_AT_SIGN = "@"


def write_content(contract: Contract, *, without: Collection[str] = ()) -> str:
    """SQL for the text of all mapped values of a row: equal for equal records."""
    names = [name for name, _ in contract.types if name not in _TRACE and name not in without]
    pairs = ", ".join(f"{quote_identifier(name)} := here.{quote_identifier(name)}" for name in names)
    return f"to_json(struct_pack({pairs}))::varchar"


def leave_repeats_out(con: duckdb.DuckDBPyConnection, contract: Contract, repeating: Collection[str]) -> None:
    """Write down the rows that repeat a record of their delivery, and those that contradict one.

    Fills `left_out` with duplicates and superseded rows, `violations` with rows that contradict each other, and
    `repeats` with a sentence for each of the latter.

    Args:
        con: The build, with the working tables of the kind.
        contract: Of the kind.
        repeating: The sources whose files feed other kinds too, and repeat this one in row after row.
    """
    kind = contract.name
    if not contract.record_id or not _list_repeated(con, contract):
        return
    sources = ", ".join(quote_literal(source) for source in sorted(repeating)) or "null"
    con.execute(_JUDGE.format(kind=kind, sources=sources))
    con.execute(_LEAVE_OUT.format(kind=kind))
    con.execute(_CONTRADICT.format(kind=kind, rule=f"{kind}.{RECORD_RULE}"))
    con.execute(_SAY.format(kind=kind, hint=_HINTS.get(kind, "")))


_HINTS = {
    "orders": "; if each row is a line of an order, feed the kind order_lines too",
}


def _list_repeated(con: duckdb.DuckDBPyConnection, contract: Contract) -> bool:
    """Make `<kind>_repeated`: the rows whose record stands more than once in its delivery; whether there are any."""
    kind = contract.name
    columns = [quote_identifier(column) for column in contract.record_id]
    record = " || ', ' || ".join(f"'{name} ' || here.{quote_identifier(name)}" for name in contract.record_id)
    present = " and ".join(f"{column} is not null" for column in columns)
    moment, files = find_moment(con)
    con.execute(
        f"""
        create table quarantine_work.{kind}_repeated as
        with
            again as (
                select _source, _system, _delivery, {", ".join(columns)}
                from landed.{kind}
                where {present}
                group by all
                having count(*) > 1
            )

        select
            here._row_id as row_id,
            here._source as source,
            here._system as system,
            here._delivery as delivery,
            {record} as record,
            {write_content(contract)} as content,
            {moment} as moment,
        from landed.{kind} as here
        semi join again using (_source, _system, _delivery, {", ".join(columns)})
        {files}
        """
    )
    return bool(con.execute(f"select row_id from quarantine_work.{kind}_repeated limit 1").fetchall())


_JUDGE = """
    create table quarantine_work.{kind}_judged as
    with
        contents as (
            select
                source, system, delivery, record, content,
                any_value(moment) as moment,
                min(row_id) as first_row,
                count(*) as row_count,
            from quarantine_work.{kind}_repeated
            group by all
        ),

        compared as (
            select
                *,
                count(*) over same_record as content_count,
                count(moment) over same_record as dated_count,
                max(moment) over same_record as newest_moment,
                sum(row_count) over same_record as record_count,
                min(first_row) over same_record as first_row_of_record,
            from contents
            window same_record as (partition by source, system, delivery, record)
        ),

        newest as (
            select source, system, delivery, record, count(*) as newest_count
            from compared
            where moment = newest_moment
            group by all
        )

    select
        compared.*,
        case
            when content_count = 1 then 'used'
            when dated_count = content_count and newest_count = 1
                then case when moment = newest_moment then 'used' else 'superseded' end
            when source in ({sources})
                then case when first_row = first_row_of_record then 'used' else 'duplicate' end
            else 'contradicts'
        end as verdict,
    from compared
    left join newest using (source, system, delivery, record)
"""
_LEAVE_OUT = """
    insert into quarantine_work.{kind}_left_out
    select repeated.row_id, case when judged.verdict = 'superseded' then 'superseded' else 'duplicate' end
    from quarantine_work.{kind}_repeated as repeated
    join quarantine_work.{kind}_judged as judged using (source, system, delivery, record, content)
    where judged.verdict in ('superseded', 'duplicate')
        or (judged.verdict = 'used' and repeated.row_id <> judged.first_row)
"""
_CONTRADICT = """
    insert into quarantine_work.{kind}_violations
    select '{rule}', repeated.row_id
    from quarantine_work.{kind}_repeated as repeated
    join quarantine_work.{kind}_judged as judged using (source, system, delivery, record, content)
    where judged.verdict = 'contradicts'
"""
# an id may be an address where the settings map it so: then it is not said
_SAY = f"""
    insert into quarantine_work.{{kind}}_repeats
    select
        repeated.row_id,
        case when contains(record, '{_AT_SIGN}') then 'One id' else record end
            || ' stands ' || judged.record_count || ' times in one file, with different values, and no updated_at says '
            || 'which is the newest{{hint}}.',
    from quarantine_work.{{kind}}_repeated as repeated
    join quarantine_work.{{kind}}_judged as judged using (source, system, delivery, record, content)
    where judged.verdict = 'contradicts'
"""
