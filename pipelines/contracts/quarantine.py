"""What is written down about rows that were not loaded, and how many of them a source may have.

Put here: `quarantine.rows`, `quarantine.superseded`, the count per file, the budget per source. Keep out: deciding
which rows are left out (`versions.py`, `gate.py`).
`quarantine` holds what people wrote and typed: it goes to the state file, never into a log, a message or a published
table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.versions import LINKED, SEPARATOR, document_of
from regulars.pipelines.contracts.violations import literal, quoted
from regulars.pipelines.errors import TooManyBadRows

MALFORMED = "malformed"
"""The kind, and the rule, of lines that are no records and of records that no kind claims."""

DOCUMENT = "document"
"""The rule of rows that are quarantined only because another row of their document is bad."""

_ROWS = (
    "kind varchar, source varchar, delivery integer, file_sha256 varchar, row bigint, row_id bigint, "
    "document varchar, rules varchar, reasons varchar, content varchar"
)


@dataclass(frozen=True)
class FileCount:
    """What became of the rows of one kind in one file: read = loaded + quarantined + superseded."""

    source: str
    kind: str
    file_sha256: str
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    rows_superseded: int


def write_quarantine(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> None:
    """Make `quarantine.rows` and `quarantine.superseded`.

    `quarantine.rows`: `rules` are ids joined by commas, `reasons` one sentence each, `content` the delivered row as
    JSON without its empty columns. Lines that are no records are of the kind `malformed`; their `row` is the line.
    """
    con.execute(f"create table quarantine.rows ({_ROWS})")
    con.execute("create table quarantine.superseded (kind varchar, row_id bigint)")
    for contract in contracts.values():
        con.execute(f"insert into quarantine.rows {_quarantined(contract)}")
    con.execute(
        "insert into quarantine.superseded "
        + " union all ".join(
            f"select {literal(kind)}, row_id from gate.{kind}_left_out where outcome = 'superseded'"
            for kind in contracts
        )
    )
    if _exists(con, "malformed"):
        con.execute(
            f"insert into quarantine.rows select coalesce(kind, '{MALFORMED}'), source, delivery, file_sha256, line, "
            f"null, null, '{MALFORMED}', reason, to_json({{text: text}}) from landed.malformed "
            "order by delivery, line"
        )


def _quarantined(contract: Contract) -> str:
    kind, document = contract.name, document_of(contract)
    known = ", ".join(
        f"({place}, {literal(rule.id)}, {literal(f'Not so: {rule.description}.')})"
        for place, rule in enumerate(contract.rules)
        if rule.severity == "critical"
    )
    broken = [f"select system, document, rule from gate.{name}_broken" for name in (kind, LINKED.get(kind)) if name]
    delivered = ", ".join(f"{quoted(name)} := here.{quoted(name)}" for name, _ in contract.types if name not in _TRACE)
    return (
        f"with known(place, rule, reason) as (values {known}), "
        "own as (select row_id, string_agg(rule, ',' order by place) as rules, "
        f"string_agg(reason, ' ' order by place) as reasons from gate.{kind}_violations join known using (rule) "
        "group by row_id), "
        "shared as (select system, document, string_agg(distinct rule, ', ' order by rule) as rules "
        f"from ({' union all '.join(broken)}) group by all) "
        f"select {literal(kind)}, here._source, here._delivery, here._file_sha256, here._row, here._row_id, "
        f"replace({document}, {SEPARATOR}, ' '), coalesce(own.rules, '{DOCUMENT}'), "
        "coalesce(own.reasons, 'Quarantined with its document, of which another row breaks ' || shared.rules || '.'), "
        f"json_merge_patch('{{}}', to_json(struct_pack({delivered}))) "
        f"from landed.{kind} here "
        f"join gate.{kind}_left_out gone on gone.row_id = here._row_id and gone.outcome = 'quarantined' "
        "left join own on own.row_id = here._row_id "
        f"left join shared on shared.system = here._system and shared.document = {document} order by here._row_id"
    )


_TRACE = {"_source", "_system", "_delivery", "_file_sha256", "_row", "_row_id"}


def count_files(con: duckdb.DuckDBPyConnection, kinds: Sequence[str]) -> list[FileCount]:
    """What became of every row, by scans of the tables themselves, per source, kind and file."""
    parts = []
    for kind in kinds:
        name = literal(kind)
        parts += [
            f"select _source, {name}, _file_sha256, 'read', count(_row_id) from landed.{kind} group by all",
            f"select _source, {name}, _file_sha256, 'loaded', count(_row_id) from raw.{kind} group by all",
            f"select here._source, {name}, here._file_sha256, 'superseded', count(here._row_id) "
            f"from landed.{kind} here join quarantine.superseded gone "
            f"on gone.kind = {name} and gone.row_id = here._row_id group by all",
        ]
    parts.append("select source, kind, file_sha256, 'quarantined', count(row) from quarantine.rows group by all")
    if _exists(con, "malformed"):
        parts.append(
            f"select source, coalesce(kind, '{MALFORMED}'), file_sha256, 'read', count(line) from landed.malformed "
            "group by all"
        )
    sums = ", ".join(
        f"coalesce(sum(rows) filter (fate = '{fate}'), 0)::bigint"
        for fate in ("read", "loaded", "quarantined", "superseded")
    )
    rows = con.execute(
        f"select source, kind, file_sha256, {sums} from ({' union all '.join(parts)}) "
        "counted(source, kind, file_sha256, fate, rows) group by all order by all"
    ).fetchall()
    return [FileCount(*row) for row in rows]


def check_budgets(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[FileCount],
    budgets: Mapping[str, float],
    contracts: Mapping[str, Contract],
) -> None:
    """Stop when a source would lose more of its rows than it may.

    Raises:
        TooManyBadRows: The message names each source, the counts, the rule that most rows break and where the first is.
    """
    told = []
    for source, budget in sorted(budgets.items()):
        read = sum(file.rows_read for file in files if file.source == source)
        aside = sum(file.rows_quarantined for file in files if file.source == source)
        if aside > budget * read:
            told.append(
                f"{source}: {aside:,} of {read:,} rows ({aside / read:.1%}) would be quarantined, and at most "
                f"{budget:.1%} may be. {_commonest(con, source, contracts)}"
            )
    if told:
        raise TooManyBadRows(
            "\n".join(told)
            + "\nNothing was published; the last good generation stays. Mend the export, or the mapping of "
            "its columns in the settings. If the rows are really to be left out, raise the source's `max_quarantined`, "
            "or let this one run pass with `--allow quarantined=REASON`."
        )


def _commonest(con: duckdb.DuckDBPyConnection, source: str, contracts: Mapping[str, Contract]) -> str:
    rows = con.execute(
        "select rule, count(row) as broken, arg_min(file_sha256, (delivery, row, row_id)), "
        "arg_min(row, (delivery, row, row_id)), arg_min(kind, (delivery, row, row_id)) "
        "from (select unnest(string_split(rules, ',')) as rule, * from quarantine.rows where source = $1) "
        "group by rule order by rule = $2, broken desc, rule limit 1",
        [source, DOCUMENT],
    ).fetchall()
    rule_id, broken, sha256, row, kind = rows[0]
    rules = {rule.id: f" ({rule.description})" for contract in contracts.values() for rule in contract.rules}
    place = "line" if kind == MALFORMED else "row"
    return (
        f"The commonest reason is `{rule_id}`{rules.get(rule_id, '')}, in {broken:,} rows; "
        f"the first is {place} {row} of {_file_name(con, sha256)}."
    )


def _file_name(con: duckdb.DuckDBPyConnection, sha256: str) -> str:
    if _exists(con, "files"):
        for (name,) in con.execute(
            "select file_name from landed.files where file_sha256 = $1 order by delivery, file_name limit 1",
            [sha256],
        ).fetchall():
            return str(name)
    return f"the file {sha256[:12]}"


def _exists(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    found = con.execute(
        "select 1 from duckdb_tables() where database_name = current_database() and schema_name = 'landed' "
        "and table_name = $1",
        [table],
    ).fetchall()
    return bool(found)
