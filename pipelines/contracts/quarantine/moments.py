"""When a version changed, as its own column says; what it says of the future tells nothing.

Put here: how that moment is read wherever it decides which version is the newest. Keep out: the choice (`versions.py`,
`repeats.py`, `excluded_versions.py`).
"""

import duckdb

from regulars.pipelines.contracts.quarantine.file_counts import exists_landed

AHEAD = "interval 2 days"
"""What changed later than that after its file landed did not change then: the moment says nothing."""


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
