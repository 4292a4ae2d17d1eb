"""Records the rows that were not loaded, and checks how many of them a source may have.

Put here: `quarantine.rows`, `quarantine.left_out`, the budget per source. Keep out: deciding which rows are left out
(`versions.py`, `quarantine_step.py`), and counting all rows (`file_counts.py`).
`quarantine` holds what people wrote and typed: it goes to the state file, never into a log, a message or a published
table.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.quarantine.documents import LINKED, SEPARATOR, write_document
from regulars.pipelines.contracts.quarantine.file_counts import MALFORMED, FileCount, exists_landed
from regulars.pipelines.contracts.raw_contracts import RECORD_RULE
from regulars.pipelines.errors import TooManyBadRows
from regulars.pipelines.kinds.shape.kind import TRACE_COLUMNS
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

DOCUMENT = "document"
"""The rule of rows that are quarantined only because another row of their document is bad."""

FEWEST_NEW = 10
"""Fewer bad rows of the newest files are said as a finding, and stop nothing: a share of a small file means little."""

_ROWS = (
    "kind varchar, source varchar, delivery integer, file_sha256 varchar, row bigint, row_id bigint, "
    "document varchar, rules varchar, reasons varchar, content varchar"
)


@dataclass(frozen=True)
class Overspent:
    """A source that would lose more of its rows than its budget allows.

    Attributes:
        source: The source.
        sentence: The counts, the commonest reason and where it is first found.
        files: The hashes of those of its files that are over the budget by themselves: at least one.
    """

    source: str
    sentence: str
    files: tuple[str, ...]


class OverBudget(TooManyBadRows):
    """Sources would lose more rows than they may.

    Args:
        sources: Which, and why.
    """

    def __init__(self, sources: Sequence[Overspent]) -> None:
        super().__init__(
            "\n".join(each.sentence for each in sources)
            + "\nNothing was published; the last good generation stays. `regulars quarantine` shows the rows. Correct "
            "the export, or the mapping of its columns in the settings; leave out sound records that are none of yours "
            "with `exclude`. If the bad rows are really to be lost, raise the source's `max_quarantined`, or let this "
            "one run pass with `--allow quarantined=REASON`."
        )
        self.sources = tuple(sources)


def write_quarantine(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> None:
    """Make `quarantine.rows`, `quarantine.left_out` of superseded rows and duplicates, and `quarantine.withheld`.

    `quarantine.rows`: `rules` are ids joined by commas, `reasons` one sentence each, `content` the delivered row as
    JSON without its empty columns. Lines that are not records are of the kind `malformed`; their `row` is the line.
    """
    con.execute(f"create table quarantine.rows ({_ROWS})")
    con.execute(f"create table if not exists quarantine.withheld ({_ROWS})")
    con.execute("create table quarantine.left_out (kind varchar, row_id bigint, outcome varchar)")
    for contract in contracts.values():
        con.execute(_write_insert(contract))
        con.execute(
            f"""
            insert into quarantine.left_out
            select {quote_literal(contract.name)}, row_id, outcome
            from quarantine_work.{contract.name}_left_out
            where outcome <> 'quarantined'
            """
        )
    if exists_landed(con, "malformed"):
        con.execute(_MALFORMED_ROWS)


_MALFORMED_ROWS = f"""
    insert into quarantine.rows
    select '{MALFORMED}', source, delivery, file_sha256, line, null, null, rule, reason, to_json({{text: text}}),
    from landed.malformed
    where delivery not in (select delivery from quarantine.healed)
    order by delivery, line
"""


def _write_insert(contract: Contract) -> str:
    """A statement that writes down the quarantined rows of a kind, each with every reason."""
    kind, document = contract.name, write_document(contract)
    rules = ", ".join(
        f"({place}, {quote_literal(rule.id)}, {quote_literal(f'Not so: {rule.description}.')})"
        for place, rule in enumerate(contract.rules)
        if rule.severity == "critical"
    )
    halves = [kind, LINKED[kind]] if kind in LINKED else [kind]
    broken = " union all ".join(f"select system, document, rule from quarantine_work.{half}_broken" for half in halves)
    names = [quote_identifier(name) for name, _ in contract.types if name not in _TRACE]
    content = ", ".join(f"{name} := here.{name}" for name in names)
    return f"""
        insert into quarantine.rows
        with
            known(place, rule, reason) as (values {rules}),

            own as (
                select
                    row_id,
                    string_agg(rule, ',' order by place) as rules,
                    string_agg(
                        case when rule = '{kind}.{RECORD_RULE}' then coalesce(sentence, reason) else reason end,
                        ' ' order by place
                    ) as reasons,
                from quarantine_work.{kind}_violations
                join known using (rule)
                left join quarantine_work.{kind}_repeats using (row_id)
                group by row_id
            ),

            shared as (
                select system, document, string_agg(distinct rule, ', ' order by rule) as rules
                from ({broken})
                group by all
            )

        select
            {quote_literal(kind)},
            here._source,
            here._delivery,
            here._file_sha256,
            here._row,
            here._row_id,
            replace({document}, {SEPARATOR}, ' '),
            coalesce(own.rules, '{DOCUMENT}'),
            coalesce(
                own.reasons, 'Quarantined with its document, of which another row breaks ' || shared.rules || '.'
            ),
            json_merge_patch('{{}}', to_json(struct_pack({content}))),
        from landed.{kind} as here
        join quarantine_work.{kind}_left_out as gone on gone.row_id = here._row_id and gone.outcome = 'quarantined'
        left join own on own.row_id = here._row_id
        left join shared on shared.system = here._system and shared.document = {document}
        order by here._row_id
    """


_TRACE = {name for name, _ in TRACE_COLUMNS if name != "_rest"}


def check_budgets(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[FileCount],
    budgets: Mapping[str, float],
    contracts: Mapping[str, Contract],
    new_since: dt.datetime | None = None,
) -> None:
    """Stop when a source would lose more of its rows, or of its new rows, than it may.

    Args:
        con: The build, with `quarantine.rows` and `landed.files`.
        files: What became of the rows, per source, kind and file.
        budgets: Source -> the share of its rows that may be quarantined.
        contracts: Kind -> its contract.
        new_since: Files that landed later are new; None: all of them are.

    Raises:
        OverBudget: The message names each source, the counts, the rule that most rows break and where the first is.
    """
    overspent = []
    new = _list_new_files(con, new_since)
    for source, budget in sorted(budgets.items()):
        own = [file for file in files if file.source == source]
        of_new = [file for file in own if (source, file.file_sha256) in new]
        for part, rows, fewest in ((own, "rows", 0), (of_new, "new rows", FEWEST_NEW)):
            read = sum(file.rows_read - file.rows_excluded for file in part)
            quarantined = sum(file.rows_quarantined for file in part)
            if quarantined > budget * read and quarantined >= fewest:
                sentence = (
                    f"{source}: {quarantined:,} of {read:,} {rows} ({quarantined / read:.1%}) would be quarantined, "
                    f"and at most {budget:.1%} may be. {_describe_commonest_rule(con, source, contracts)}"
                )
                overspent.append(Overspent(source, sentence, _list_files_over(part, source, budget)))
                break
    if overspent:
        raise OverBudget(overspent)


def _list_new_files(con: duckdb.DuckDBPyConnection, since: dt.datetime | None) -> set[tuple[str, str]]:
    """Source and hash of the files that landed after a moment; none where no moment is known."""
    if since is None or not exists_landed(con, "files"):
        return set()  # all rows are new, and all are counted anyway
    query = "select source, file_sha256 from landed.files where landed_at > $1"
    return set(con.execute(query, [since.astimezone(dt.UTC).replace(tzinfo=None)]).fetchall())


def _list_files_over(files: Sequence[FileCount], source: str, budget: float) -> tuple[str, ...]:
    read, quarantined = Counter[str](), Counter[str]()
    for file in files:
        if file.source == source:
            read[file.file_sha256] += file.rows_read - file.rows_excluded
            quarantined[file.file_sha256] += file.rows_quarantined
    return tuple(sorted(sha256 for sha256 in read if quarantined[sha256] > budget * read[sha256]))


def keep_withheld_rows(con: duckdb.DuckDBPyConnection, source: str, files: Sequence[str]) -> None:
    """Keep the quarantined rows of files that the run goes on without, in `quarantine.withheld`, to be looked at."""
    which = "from quarantine.rows where source = $1 and list_contains($2, file_sha256)"
    con.execute(f"insert into quarantine.withheld {which}", [source, list(files)])


def _describe_commonest_rule(con: duckdb.DuckDBPyConnection, source: str, contracts: Mapping[str, Contract]) -> str:
    rows = con.execute(_COMMONEST_RULE, [source, DOCUMENT]).fetchall()
    rule_id, broken, sha256, row, kind, reason = rows[0]
    rules = {rule.id: f" ({rule.description})" for contract in contracts.values() for rule in contract.rules}
    place = "line" if kind == MALFORMED else "row"
    said = f" {reason}" if rule_id.endswith(f".{RECORD_RULE}") else ""
    return (
        f"The commonest reason is `{rule_id}`{rules.get(rule_id, '')}, in {broken:,} rows; "
        f"the first is {place} {row} of {_find_file_name(con, sha256)}.{said}"
    )


_COMMONEST_RULE = """
    with
        broken as (
            select unnest(string_split(rules, ',')) as rule, delivery, file_sha256, row, row_id, kind, reasons
            from quarantine.rows
            where source = $1
        )

    select
        rule,
        count(row) as broken_count,
        arg_min(file_sha256, (delivery, row, row_id)),
        arg_min(row, (delivery, row, row_id)),
        arg_min(kind, (delivery, row, row_id)),
        arg_min(reasons, (delivery, row, row_id)),
    from broken
    group by rule
    order by rule = $2, broken_count desc, rule
    limit 1
"""


def _find_file_name(con: duckdb.DuckDBPyConnection, sha256: str) -> str:
    if exists_landed(con, "files"):
        for (name,) in con.execute(
            "select file_name from landed.files where file_sha256 = $1 order by delivery, file_name limit 1",
            [sha256],
        ).fetchall():
            return str(name)
    return f"the file {sha256[:12]}"
