"""Says what a planned run would change for readers, against the generation that they see now.

Put here: comparing two generations. Keep out: why a metric of the past changed (`meta.restatements` knows).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.findings.published import is_said, read_key
from regulars.pipelines.home.generation import Generation
from regulars.pipelines.warehouse.sql_text import quote_literal

MOST_RESTATEMENTS = 20

_CUSTOMERS = """
    select
        count(*) filter (before.customer_id is null),
        count(*) filter (after.customer_id is null)
    from planned.core.customers as after
    full join seen.core.customers as before on before.customer_id = after.customer_id
"""
_RESTATEMENTS = """
    select table_name, metric, key, period_start, value_before, value_after, reason
    from planned.meta.restatements
    where cause_rank = 1
    order by period_start desc, table_name, metric, key
"""


@dataclass(frozen=True)
class Changes:
    """What would be other than it is.

    Attributes:
        rows: Table -> rows now and then, of tables whose number of rows would change; 0 for one that is not there.
        new_customers: Ids that would be new.
        gone_customers: Ids that would be gone.
        restated: Metrics of closed periods that would change: table, metric, key, first day, before, after, reason.
        headline: Label -> text now and then.
        new_findings: Sentences of findings that would be new.
        gone_findings: Sentences of findings that would be gone.
    """

    rows: dict[str, tuple[int, int]]
    new_customers: int
    gone_customers: int
    restated: list[tuple[str, str, str, str, float | None, float | None, str]]
    headline: dict[str, tuple[str, str]]
    new_findings: list[str]
    gone_findings: list[str]

    def lines(self) -> Iterator[str]:
        """For people."""
        for label, (now, then) in self.headline.items():
            yield f"headline   {label}: {now} -> {then}"
        if self.new_customers or self.gone_customers:
            yield f"customers  {self.new_customers:,} new, {self.gone_customers:,} gone"
        for table, (rows_now, rows_then) in self.rows.items():
            yield f"rows       {table}: {rows_now:,} -> {rows_then:,} ({rows_then - rows_now:+,})"
        for table, metric, key, start, before, after, reason in self.restated[:MOST_RESTATEMENTS]:
            yield f"past       {table}.{metric} ({key}) of {start}: {_word(before)} -> {_word(after)}. {reason}"
        more = len(self.restated) - MOST_RESTATEMENTS
        if more > 0:
            yield f"past       and {count_things(more, 'other metric')} of closed periods"
        yield from (f"finding    new: {sentence}" for sentence in self.new_findings)
        yield from (f"finding    gone: {sentence}" for sentence in self.gone_findings)


def compare_generations(seen: Generation, planned: Generation) -> Changes:
    """What readers of `seen` would find changed in `planned`."""
    before, after = seen.manifest.tables, planned.manifest.tables
    rows = {
        table: (before[table].rows if table in before else 0, after[table].rows if table in after else 0)
        for table in sorted(before.keys() | after.keys())
    }
    with duckdb.connect() as con:
        for name, generation in (("seen", seen), ("planned", planned)):
            con.execute(f"attach {quote_literal(generation.duckdb_file)} as {name} (read_only)")
        customers = con.execute(_CUSTOMERS).fetchall()[0]
        restated = [(*row[:3], str(row[3]), *row[4:]) for row in con.execute(_RESTATEMENTS).fetchall()]
    texts = [
        {each["label"]: each["text"] for each in generation.manifest.headline.get("numbers", [])}
        for generation in (seen, planned)
    ]
    odd = [
        {read_key(each): str(each["sentence"]) for each in generation.manifest.findings if is_said(each)}
        for generation in (seen, planned)
    ]
    return Changes(
        rows={table: counts for table, counts in rows.items() if counts[0] != counts[1]},
        new_customers=int(customers[0]),
        gone_customers=int(customers[1]),
        restated=restated,
        headline={
            label: (texts[0].get(label, "-"), text) for label, text in texts[1].items() if texts[0].get(label) != text
        },
        new_findings=[sentence for key, sentence in odd[1].items() if key not in odd[0]],
        gone_findings=[sentence for key, sentence in odd[0].items() if key not in odd[1]],
    )


def _word(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.2f}"
