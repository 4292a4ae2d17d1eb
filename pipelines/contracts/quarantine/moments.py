"""When a version changed, as its own column says; what it says of the future tells nothing.

Put here: how that moment is read wherever it decides which version is the newest, and what takes its place where
records of one thing are compared later. Keep out: the choice (`versions.py`, `repeats.py`, `excluded_versions.py`, and
of several records of one customer `sql/core/customers.sql`).
"""

import duckdb

from regulars.pipelines.contracts.quarantine.file_counts import exists_landed

AHEAD = "interval 2 days"
"""What changed later than that after its file landed did not change then: the moment says nothing."""

COMPETING = frozenset({"customers"})
"""Kinds of which several records may describe one thing: there `updated_at` decides in later tables too."""


def find_moment(
    con: duckdb.DuckDBPyConnection, row: str = "here", delivery: str = "_delivery", moment: str = "updated_at"
) -> tuple[str, str]:
    """SQL for the moment that a row changed, NULL where it lies in the future, and the join that this needs.

    Args:
        con: The build; without `landed.files` nobody knows when a file landed, and every moment is believed.
        row: The name of the row in the query.
        delivery: Its column with the number of the delivery.
        moment: Its column with the moment.
    """
    told = f"try_cast({row}.{moment} as timestamp)"
    if not exists_landed(con, "files"):
        return told, ""
    is_future = f"coalesce({told} > files.landed_at + {AHEAD}, false)"
    landed = "(select delivery, max(landed_at) as landed_at from landed.files group by delivery)"
    return f"case when not {is_future} then {told} end", (
        f"left join {landed} as files on files.delivery = {row}.{delivery}"
    )


def replace_future_moments(con: duckdb.DuckDBPyConnection, kind: str) -> bool:
    """Make `quarantine_work.<kind>_replaced_moments`: rows whose `updated_at` lies in the future, and what is used.

    Such a record counts as changed when the newest record did that the same system delivered before it, as a version of
    a document does. Of a source that always delivers everything there is none: then the record has no moment, and
    every record that has one goes before it.

    Returns:
        Whether there are such rows.
    """
    if not exists_landed(con, "files"):
        return False
    moment, files = find_moment(con)
    con.execute(
        f"""
        create table quarantine_work.{kind}_replaced_moments as
        with
            dated as (
                select
                    here._row_id,
                    here._system,
                    here._delivery,
                    try_cast(here.updated_at as timestamp) is not null as is_told,
                    {moment} as moment,
                from landed.{kind} as here
                {files}
            ),

            deliveries as (
                select _system, _delivery, max(moment) as newest
                from dated
                group by _system, _delivery
            ),

            before as (
                select
                    _system,
                    _delivery,
                    max(newest) over (
                        partition by _system order by _delivery rows between unbounded preceding and 1 preceding
                    ) as newest,
                from deliveries
            )

        select dated._row_id as row_id, cast(before.newest as varchar) as moment
        from dated
        join before using (_system, _delivery)
        where dated.is_told and dated.moment is null
        """
    )
    return bool(con.execute(f"select 1 from quarantine_work.{kind}_replaced_moments limit 1").fetchall())
