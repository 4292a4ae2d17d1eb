"""What the current generation quarantined, and why; and taking it out for whoever mends the source.

Put here: reading `quarantine.rows` of the state file. Keep out: deciding what is quarantined.
"""

import json
from pathlib import Path

from regulars.pipelines.command.generations import current
from regulars.pipelines.command.query import as_table
from regulars.pipelines.home.home import Home
from regulars.pipelines.home.state_file import read_state
from regulars.pipelines.publish.csv_file import write_safe_csv

SUMMARY = """
    select q.source, q.kind, q.rules, count(*) as rows_quarantined, min(q.row) as first_row, min(q.reasons) as reason
    from quarantine.rows as q
    group by all
    order by rows_quarantined desc, q.source, q.rules
"""


def quarantined(home: Home, *, export: Path | None, as_json: bool) -> str:
    """Counts per source and rule; with `export`, every row goes into a CSV file that a spreadsheet may open safely."""
    with read_state(current(home)) as con:
        if export is not None:
            rows = con.sql("select * from quarantine.rows order by source, row_id").pl()
            write_safe_csv(rows, export)
            return f"wrote {len(rows):,} rows to {export}: they hold personal data, so do not pass them round"
        cursor = con.execute(SUMMARY)
        columns = [each[0] for each in cursor.description or []]
        found = cursor.fetchall()
    if as_json:
        return json.dumps([dict(zip(columns, row, strict=True)) for row in found], default=str, indent=1)
    return as_table(columns, found) if found else "nothing is quarantined"
