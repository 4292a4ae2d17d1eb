"""Shows how sources would be read, before a run: first rows, formats, quarantine, and which rows find a customer.

Put here: the order of what is shown, and its words. Keep out: landing (`look.py`), and anything that touches a home.
"""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from regulars.pipelines.audit.findings.tables.ids import find_damaged_ids
from regulars.pipelines.command.plurals import count_things
from regulars.pipelines.command.preview.columns import ColumnView, view_columns
from regulars.pipelines.command.preview.look import Look, look_at_sources
from regulars.pipelines.command.preview.match_rates import MatchRate, count_matches
from regulars.pipelines.contracts.quarantine.quarantine_step import run_quarantine_step
from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.errors import InputRefused, SettingsWrong, TooManyBadRows, UsageWrong
from regulars.pipelines.findings.evaluate import Policy, evaluate_findings
from regulars.pipelines.findings.finding import Finding
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.publish.targets.shape.registry import TARGET_OPTIONS
from regulars.pipelines.settings.company_tables import write_company_tables
from regulars.pipelines.settings.package import CONTRACTS_FOLDER
from regulars.pipelines.settings.settings import Settings, find_as_of
from regulars.pipelines.settings.settings_file import load_settings
from regulars.pipelines.sources.formats.format_advice import advise_formats
from regulars.pipelines.sources.landing import find_lines

_REASONS = """
    select rules, min(reasons), count(*), arg_min(file_sha256, (delivery, row)), arg_min(row, (delivery, row)), kind
    from quarantine.rows
    where source = $1
    group by rules, kind
    order by count(*) desc, rules
"""
_EXCLUDED = """
    select kind, rule, count(*)
    from landed.excluded
    where source = $1
    group by kind, rule
    order by count(*) desc, kind, rule
"""
_NOT_COUNTED = """
    select
        count(*) filter (is_test = 'true'),
        count(*) filter (is_cancelled = 'true'),
        count(*) filter (try_cast(gross_sales as decimal(18, 4)) <= 0)
    from raw.orders
    where _source = $1
"""


@dataclass(frozen=True)
class SourcePreview:
    """What is shown of one source.

    Attributes:
        source: Its name.
        extent: What was looked at.
        row_count: Rows of all its kinds, and lines that are not records.
        kinds: Kind -> its columns.
        excluded: One sentence per rule of the settings that leaves rows out.
        quarantined: One sentence per reason.
        quarantined_count: Rows that would be quarantined.
        not_counted: Rows that are read and would not count, and why.
        problems: What would keep a run from reading it.
        warnings: What is odd about it.
        exit_code: With which a run would fail because of it; 0: it would not.
    """

    source: str
    extent: str
    row_count: int
    kinds: dict[str, list[ColumnView]]
    excluded: list[str]
    quarantined: list[str]
    quarantined_count: int
    not_counted: str
    problems: list[str]
    warnings: list[str]
    exit_code: int


def preview_sources(
    settings: Path, *, only: str | None, data: Path | None, as_json: bool, now: dt.datetime
) -> tuple[str, int]:
    """How every source, or one of them, would be read; and the exit code with which a run would fail because of it.

    Args:
        settings: The settings file.
        only: The source to show; all are read, since references are looked up in the others.
        data: The folder that relative source paths start from.
        as_json: For machines.
        now: An aware moment.

    Raises:
        SettingsWrong: The settings file holds a mistake.
        UsageWrong: There is no such source, or no such folder.
    """
    company = load_settings(settings, target_types=TARGET_OPTIONS)
    if only is not None and only not in company.sources:
        raise UsageWrong(f"{only}: the settings have no such source; they have {', '.join(company.sources)}")
    if data is not None and not data.is_dir():
        raise UsageWrong(f"--data {data}: there is no such folder")
    with look_at_sources(company, (data or settings.parent).resolve(), now) as look:
        _quarantine(look, company, now)
        names = [only] if only else list(company.sources)
        doubts = _find_doubts(look, company, find_as_of(company, now))
        shown = [_preview(look, company, name, [each for each in doubts if each.source == name]) for name in names]
        rates = [each for each in count_matches(look.con, look.settings) if each.source in names]
        code = max((each.exit_code for each in shown), default=0)
        if as_json:
            facts = {"sources": [asdict(each) for each in shown], "matches": [asdict(each) for each in rates]}
            return json.dumps(facts, indent=1), code
        return "\n".join([*_write(shown), *_write_rates(rates, look)]), code


def _quarantine(look: Look, company: Settings, now: dt.datetime) -> None:
    look.con.execute("create schema raw")
    write_company_tables(look.con, look.settings, find_as_of(company, now))
    contracts = load_all_contracts(CONTRACTS_FOLDER)
    run_quarantine_step(look.con, {kind: contracts[f"raw.{kind}"] for kind in KINDS})


def _preview(look: Look, company: Settings, name: str, doubts: Sequence[Finding]) -> SourcePreview:
    source = company.sources[name]
    if name in look.mistakes:
        return SourcePreview(name, "nothing", 0, {}, [], [], 0, "", look.mistakes[name], [], SettingsWrong.exit_code)
    landed, sample = look.landed[name], look.samples[name]
    kinds = {kind: view_columns(look.con, name, kind, mapping) for kind, mapping in source.mappings.items()}
    rows = sum(
        int(look.con.execute(f"select count(*) from landed.{kind} where _source = $1", [name]).fetchall()[0][0])
        for kind in kinds
    )
    rows += int(look.con.execute("select count(*) from landed.malformed where source = $1", [name]).fetchall()[0][0])
    reasons = look.con.execute(_REASONS, [name]).fetchall()
    bad = sum(int(count) for _, _, count, *_ in reasons)
    problems = list(dict.fromkeys(landed.reasons))
    warnings = [f"{each.sentence} {each.advice}" for each in (*landed.findings, *doubts)]
    warnings += [
        f"{each.sentence}: {each.advice}" for each in advise_formats(look.con, look.settings) if each.source == name
    ]
    code = InputRefused.exit_code if problems and source.is_required else 0
    if rows and bad > source.max_quarantined * rows:
        problems.append(
            f"{bad:,} of {rows:,} rows ({bad / rows:.1%}) would be quarantined, and at most "
            f"{source.max_quarantined:.1%} may be" + ("" if source.is_required else "; the source is optional")
        )
        code = max(code, TooManyBadRows.exit_code if source.is_required else 0)
    sentences = [_word_reason(look, name, row) for row in reasons]
    not_counted = _word_not_counted(look, name) if "orders" in kinds else ""
    excluded = [
        f"{count_things(int(count), 'row')} of {kind} by the rule `{rule}` of the settings"
        for kind, rule, count in look.con.execute(_EXCLUDED, [name]).fetchall()
    ]
    return SourcePreview(
        name, sample.extent, rows, kinds, excluded, sentences, bad, not_counted, problems, warnings, code
    )


def _find_doubts(look: Look, company: Settings, as_of: dt.date) -> list[Finding]:
    """What a run would warn of in how the sources' values are read, unless the settings know of it."""
    says = company.findings
    policy = Policy(as_of, says.thresholds, says.severities, says.acknowledged)
    return [
        each.finding
        for each in evaluate_findings([*look.findings, *find_damaged_ids(look.con, "landed")], policy)
        if each.finding.severity != "info" and not each.is_acknowledged
    ]


def _word_reason(look: Look, name: str, row: tuple[object, ...]) -> str:
    rules, reason, count, sha256, number, kind = row
    record = int(str(number))
    place = f"line {record:,}"
    if kind != "malformed" and rules != "malformed":
        found = find_lines({record}, str(sha256), look.settings.sources[name], look.home / "landing")
        place = f"line {found[record]:,}" if record in found else f"row {record:,}"
    return f"{count_things(int(str(count)), 'row')}, {'at' if count == 1 else 'first at'} {place}: {reason}"


def _word_not_counted(look: Look, name: str) -> str:
    tests, cancelled, worthless = look.con.execute(_NOT_COUNTED, [name]).fetchall()[0]
    parts = [
        count_things(int(tests), "test"),
        count_things(int(cancelled), "is cancelled", "are cancelled"),
        count_things(int(worthless), "is worth nothing", "are worth nothing"),
    ]
    return ", ".join(part for part in parts if not part.startswith("0 "))


def _write(shown: list[SourcePreview]) -> Iterator[str]:
    for each in shown:
        yield f"{each.source}: {each.extent}, {count_things(each.row_count, 'row')}"
        for kind, columns in each.kinds.items():
            yield f"  as {kind}"
            yield from _write_columns(columns)
        for what, sentences in (("PROBLEM", each.problems), ("warning", each.warnings)):
            yield from (f"  {what}  {sentence}" for sentence in sentences)
        yield from (f"  quarantined  {sentence}" for sentence in each.quarantined)
        yield from (f"  excluded  {sentence}" for sentence in each.excluded)
        if each.not_counted:
            yield f"  read, but not counted as orders: {each.not_counted}"
        yield ""
    yield "Shown as shapes (9 a digit, A and a letters): all that may be personal, and what does not fit its format."


def _write_columns(columns: list[ColumnView]) -> Iterator[str]:
    cells = [["our column", "from", "filled", "first rows"]]
    for each in columns:
        filled = "" if each.filled_share is None else f"{each.filled_share:.0%}"
        cells.append([each.column, each.mapped_to, filled, "  |  ".join(value or "-" for value in each.values)])
    widths = [max(len(row[number]) for row in cells) for number in range(3)]
    for row in cells:
        yield (
            "    "
            + "  ".join([*(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)), row[3]]).rstrip()
        )


def _write_rates(rates: list[MatchRate], look: Look) -> Iterator[str]:
    if not rates:
        return
    yield ""
    yield "References that find what they name:"
    partial = {kind for name, each in look.samples.items() if not each.is_whole for kind in each.source.mappings}
    for each in rates:
        share = f"{each.found_count:,} of {each.reference_count:,} ({each.found_count / each.reference_count:.0%})"
        remark = f"; {each.target} was read in part only" if each.target in partial else ""
        yield f"  {each.source}: {each.kind}.{each.column} -> {each.target}: {share}{remark}"
