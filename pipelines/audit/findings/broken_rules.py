"""Turns what contracts found without stopping the run into findings: broken warnings, emptied values, quarantine.

Put here: findings from results of checks and from row accounting. Keep out: validating (`pipelines/contracts`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import duckdb

from regulars.pipelines.contracts.validation.validate import RuleResult
from regulars.pipelines.findings.catalogue import make_finding
from regulars.pipelines.findings.finding import Finding

QUARANTINED = """
    -- one row per source and kind with quarantined records; a line that is no record is one of all of its source
    select
        source,
        kind,
        if(kind = 'malformed', sum(sum(rows_read)) over (partition by source), sum(rows_read)) as rows_read,
        sum(rows_quarantined) as rows_quarantined,
    from meta.row_accounting
    group by source, kind
    qualify sum(rows_quarantined) > 0
    order by source, kind
"""

NEWEST_QUARANTINED = """
    -- one row per source and kind of which the newest file lost several records and a tenth of them, or all of two
    with
        newest as (
            select source, arg_max(file_sha256, delivery) as file_sha256
            from landed.files
            group by source
        )

    select source, kind, file_name, rows_read, rows_quarantined
    from meta.row_accounting
    semi join newest using (source, file_sha256)
    where kind <> 'malformed' and rows_quarantined > 1 and rows_quarantined > rows_read / 10
        and (rows_quarantined >= $few or rows_quarantined = rows_read - rows_excluded)
"""
FEW = 3


def find_broken_warnings(results: Iterable[RuleResult]) -> Iterator[Finding]:
    """Rules of severity `warning` that are broken: one finding per table, or per optional column that was emptied."""
    by_table: dict[str, list[RuleResult]] = defaultdict(list)
    for result in results:
        if result.passed or result.rule.severity != "warning":
            continue
        if result.rule.empties_its_column and result.rule.table.startswith("raw."):
            yield from _find_emptied_values(result)
        else:
            by_table[result.rule.table].append(result)
    for table, broken in by_table.items():
        rules = "; ".join(f"{each.rule.description} ({each.failed_count:,} fail)" for each in broken)
        yield make_finding(
            "rules_broken",
            f"{table} breaks rules of severity `warning`: {rules}.",
            f"See `meta.checks`; the rules stand in data_contracts/{table.replace('.', '/')}.odcs.yaml.",
            table=table,
            count=len(broken),
        )


def _find_emptied_values(result: RuleResult) -> Iterator[Finding]:
    kind, column = result.rule.table.partition(".")[2], result.rule.columns[0]
    share = result.failed_count / result.rows_checked if result.rows_checked else 0.0
    sentence = (
        f"{kind}: `{column}` was emptied in {result.failed_count:,} of {result.rows_checked:,} rows, "
        f"because it must hold: {result.rule.description}."
    )
    advice = "Correct the values at the source, or the mapping of the column in the settings."
    yield make_finding("values_emptied", sentence, advice, kind=kind, count=result.failed_count, share=share)


def find_quarantined_records(con: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Records that were quarantined, per source and kind; of the newest file alone where it lost many of its own.

    Args:
        con: The build, with `meta.row_accounting` and `landed.files`.
    """
    newest = {
        (source, kind): (f"in {file_name}, its newest file, ", read, quarantined)
        for source, kind, file_name, read, quarantined in con.execute(NEWEST_QUARANTINED, {"few": FEW}).fetchall()
    }
    for source, kind, all_read, all_quarantined in con.execute(QUARANTINED).fetchall():
        where, read, quarantined = newest.get((source, kind), ("", all_read, all_quarantined))
        what = "lines are no records" if kind == "malformed" else f"rows of {kind} are quarantined"
        yield make_finding(
            "records_quarantined",
            f"{source}: {where}{int(quarantined):,} of {int(read):,} {what}.",
            "`regulars quarantine` shows why; correct them at the source and deliver them again.",
            source=source,
            kind=kind,
            count=int(quarantined),
            share=float(quarantined / read),
        )
