"""Shows which records the current generation quarantined and why, and exports them for repair at the source.

Put here: reading `quarantine.rows` of the state file. Keep out: deciding what is quarantined.
"""

import json
from pathlib import Path

from regulars.pipelines.command.generations import find_current
from regulars.pipelines.command.query import format_table
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.state_file import read_state
from regulars.pipelines.publish.csv_file import write_safe_csv

SUMMARY = """
    select
        quarantined.source,
        quarantined.kind,
        quarantined.rules,
        count(*) as rows_quarantined,
        min(quarantined.row) as first_row,
        min(quarantined.reasons) as reason
    from quarantine.rows as quarantined
    group by all
    order by rows_quarantined desc, quarantined.source, quarantined.rules
"""


def show_quarantine(home: Home, *, export: Path | None, as_json: bool) -> str:
    """Counts per source and rule; with `export`, write every row to a CSV file that a spreadsheet can open safely."""
    with read_state(find_current(home)) as con:
        if export is not None:
            rows = con.sql("select * from quarantine.rows order by source, row_id").pl()
            write_safe_csv(rows, export)
            return f"wrote {len(rows):,} rows to {export}: they hold personal data, so do not share the file"
        cursor = con.execute(SUMMARY)
        columns = [each[0] for each in cursor.description or []]
        found = cursor.fetchall()
    if as_json:
        return json.dumps([dict(zip(columns, row, strict=True)) for row in found], default=str, indent=1)
    return format_table(columns, found) if found else "nothing is quarantined"
