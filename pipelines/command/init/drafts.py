"""Drafts a source for a group of files: by its profile, or by a guess; with what is open and how sure it is.

Put here: what goes into the settings of one source. Keep out: asking (`questions.py`), and writing (`written_text.py`).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
from pydantic import ValidationError

from regulars.pipelines.command.init.groups import Group
from regulars.pipelines.command.init.landed_groups import choose_files, land_group
from regulars.pipelines.command.init.values.found_ids import FoundIds, read_ids
from regulars.pipelines.command.init.values.phone_region import read_phones
from regulars.pipelines.settings.profiles.merge import merge_source
from regulars.pipelines.settings.profiles.profile import Profile
from regulars.pipelines.settings.sources.columns import KindMapping
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping import select_delivered_text
from regulars.pipelines.sources.mapping.mapping_checks import check_mapping
from regulars.pipelines.sources.mapping.named_columns import name_file_columns
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.recognition.column_facts import collect_column_facts
from regulars.pipelines.sources.recognition.guess import guess_mapping
from regulars.pipelines.sources.recognition.nearest_kind import explain_unfit
from regulars.pipelines.sources.recognition.open_questions import Questions
from regulars.pipelines.sources.recognition.states import list_states
from regulars.pipelines.sources.recognition.written_formats import WrittenFormat, find_written_formats
from regulars.pipelines.sources.surveys.unfinished_answers import count_unfinished, list_progress_columns

SAME_SALES = "same_sales"
"""The question whether another source holds the same sales."""


@dataclass(frozen=True)
class Question:
    """What the files cannot say.

    Attributes:
        key: The key of the source that answers it, such as `timezone` or `options.datetime_format`.
        text: The question.
        choices: Key of the source -> value, for each possible answer; none: any text.
        labels: How each choice is shown.
    """

    key: str
    text: str
    choices: tuple[dict[str, Any], ...] = ()
    labels: tuple[str, ...] = ()


@dataclass
class Draft:
    """A source as it would be written.

    Attributes:
        name: Its name in the settings.
        group: Its files.
        written: Its keys as the settings write them.
        what: What it is, in words.
        sureness: `recognised`, or as of a guess; `unknown`: nothing can be said.
        reasons: Why, a sentence each.
        questions: What is open.
        problems: What keeps it from being read: it is then written as a comment.
        shapes: Our column and the file's -> the commonest shape of its values.
        row_count: How many records were looked at.
        kinds: What it feeds.
        currency: The currency that most of its rows name; empty: none.
        is_one_currency: Whether all of its rows name that one.
        system: Whose ids it holds; empty: its own.
        ids: The ids that it names customers by, and columns that may hold those of another tool; None: not looked at.
        phones: Some telephone numbers of its customers, each with the country beside it.
    """

    name: str
    group: Group
    written: dict[str, Any]
    what: str
    sureness: str
    reasons: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    shapes: dict[str, str] = field(default_factory=dict)
    row_count: int = 0
    kinds: tuple[str, ...] = ()
    currency: str = ""
    is_one_currency: bool = False
    system: str = ""
    ids: FoundIds | None = None
    phones: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def is_active(self) -> bool:
        """Whether the settings read it, rather than propose it in a comment."""
        return not self.problems and self.sureness not in ("unsure", "unknown")


def draft_recognised(name: str, group: Group, profile: Profile) -> Draft:
    """A source by its profile, before its values are looked at."""
    written = {**_describe_files(group), "profile": profile.name, **_describe_format(group, profile.make_source())}
    questions = [Question(key, why) for key, why in profile.ask.items()]
    reasons = list(_explain_header(group))
    kinds = tuple(profile.make_source().mappings)
    what = f"{profile.tool}: {profile.export}"
    system = str(profile.mapping.get("system", ""))
    return Draft(name, group, written, what, "recognised", reasons, questions, kinds=kinds, system=system)


def draft_unknown(name: str, group: Group, con: duckdb.DuckDBPyConnection, landing: Path) -> Draft:
    """A source by a guess from the names and values of its columns."""
    plain = {"path": "*", "kind": "products", "columns": {"product_id": "x"}}
    probe = Source.model_validate({**plain, **_describe_format(group, Source.model_validate(plain))})
    written = {**_describe_files(group), **_describe_format(group, Source.model_validate(plain))}
    draft = Draft(name, group, written, "an export that no profile knows", "unknown", list(_explain_header(group)))
    try:
        # of one file: the same record stands in several exports, and once in each
        newest = land_group(replace(group, heads=group.heads[-1:]), probe, landing)
        whole = land_group(group, probe, landing) if list_progress_columns(newest.newest.columns) else newest
    except Refusal as refusal:
        draft.problems.append(refusal.sentence)
        return draft
    rows, columns = newest.rows, newest.newest.columns
    facts = collect_column_facts(con, rows, columns)
    draft.row_count = facts[0].row_count if facts else 0
    states = list(list_states(con, rows, columns))
    guess = guess_mapping(facts, states, count_unfinished(con, rows, columns, whole.numbered_rows))
    if guess is None:
        draft.reasons.append(explain_unfit(facts))
        return draft
    draft.written |= guess.written
    if guess.exclude:
        draft.written["exclude"] = guess.exclude
    draft.what, draft.sureness, draft.kinds = guess.kind, guess.sureness, (guess.kind, *guess.further_kinds)
    draft.reasons += guess.reasons
    asked = Questions({f"columns.{ours}": text for ours, text in guess.questions.items()}, guess.further_questions)
    place = f"kinds.{guess.kind}." if guess.further_kinds else ""
    draft.questions = [
        Question(f"{place}{key}" if key.startswith("columns.") else key, text) for key, text in asked.items()
    ]
    return draft


def look_at_values(
    draft: Draft, mapping: dict[str, Any], con: duckdb.DuckDBPyConnection, landing: Path, tools: Collection[str] = ()
) -> None:
    """Add to a draft what its values say: how they are written, and whether the files can be read at all.

    Args:
        draft: The draft.
        mapping: The keys of its profile; none without one.
        con: A connection of its own.
        landing: A temporary folder.
        tools: Words that name the tools whose exports lie beside it.
    """
    try:
        source = Source.model_validate(merge_source(mapping, {**draft.written, "path": "*"}))
        group = land_group(draft.group, source, landing)
    except (Refusal, ValidationError) as error:
        draft.problems.append(error.sentence if isinstance(error, Refusal) else "the settings of this source clash")
        return
    rows, landed = group.rows, group.newest
    checker = ExpressionChecker(con)
    mistakes = check_mapping(draft.name, source, landed.header, landed.columns, checker)
    draft.problems += [each.sentence for each in mistakes if each.code in ("missing", "ambiguous", "settings")]
    if draft.problems:
        return
    absent = {(each.kind, each.column) for each in mistakes}
    named = name_file_columns(source, landed.columns)
    mappings = {
        kind: KindMapping(
            columns={ours: theirs for ours, theirs in each.columns.items() if (kind, ours) not in absent},
            when=each.when,
        )
        for kind, each in source.mappings.items()
    }
    draft.row_count = con.execute(f"select count(*) from {rows}").fetchall()[0][0]
    looked_at = len(choose_files(draft.group.heads))
    if looked_at < len(draft.group.heads):
        draft.reasons.append(f"only the newest {looked_at:,} of its {len(draft.group.heads):,} files were looked at")
    for each in find_written_formats(con, rows, source, mappings, named.names):
        _take_format(draft, each)
    draft.ids = read_ids(con, rows, source, mappings, named, tools)
    draft.phones = read_phones(con, rows, mappings, named.names)
    draft.currency, is_everywhere, draft.is_one_currency = _find_currency(con, rows, mappings, named.names)
    if is_everywhere:
        _drop_question(draft, "currency")


def _drop_question(draft: Draft, key: str) -> None:
    """Leave out a question that the file has answered."""
    draft.questions = [each for each in draft.questions if each.key != key]


def _find_currency(
    con: duckdb.DuckDBPyConnection, rows: str, mappings: Mapping[str, KindMapping], names: tuple[str, ...]
) -> tuple[str, bool, bool]:
    """The code that most rows of the first kind with a currency name, whether all name one, and whether that one."""
    for mapping in mappings.values():
        text = select_delivered_text(mapping.columns.get("currency"), names)
        if text is not None:
            code, is_everywhere, count = con.execute(f"""
                select mode(value) filter (is_code), coalesce(bool_and(is_code), false), count(distinct value)
                from (
                    select value, coalesce(regexp_full_match(value, '[A-Z]{{3}}'), false) as is_code
                    from (select upper(trim(try({text}))) as value from {rows} as file)
                )
            """).fetchall()[0]
            return str(code or ""), bool(is_everywhere), bool(is_everywhere) and count == 1
    return "", False, False


def _take_format(draft: Draft, written: WrittenFormat) -> None:
    """Set the one format that fits; ask where several do; say so where none does."""
    draft.shapes[", ".join(written.columns)] = written.shape
    if written.unread_count:
        draft.reasons.append(
            f"{written.unread_count:,} of {written.value_count:,} different values of {', '.join(written.columns)} "
            "cannot be read: their rows will be quarantined"
        )
    if written.is_set and (len(written.choices) == 1 or "profile" in draft.written):
        form = written.choices[0].get("datetime_format", written.choices[0].get("date_format", ""))
        if form.startswith("%Y"):  # nobody takes the day for the month
            _drop_question(draft, "options.datetime_format")
        return
    if len(written.choices) == 1:
        used = {key: value for key, value in written.choices[0].items() if value}
        draft.written.setdefault("options", {}).update(used)
        return
    what = {"moment": "moments", "date": "days", "number": "amounts"}[written.form]
    if not written.choices:
        draft.problems.append(written.problem)
        return
    draft.questions.append(
        Question(
            f"options.{next(iter(written.choices[0]))}",
            f"how are {what} like `{written.shape}` to be read? All {written.value_count:,} values fit each of these",
            written.choices,
            tuple(", ".join(f"{key} {value}" for key, value in each.items() if value) for each in written.choices),
        )
    )
    draft.sureness = "unsure"


def _describe_files(group: Group) -> dict[str, Any]:
    return {"path": group.paths[0] if len(group.paths) == 1 else list(group.paths)}


def _describe_format(group: Group, source: Source) -> dict[str, Any]:
    """What differs from how the profile, or the default, says that the files are written."""
    head = group.heads[-1]
    if not head.format.startswith("csv"):
        return {"format": head.format, **({"options": {"records": head.records}} if head.records else {})}
    options: dict[str, Any] = {}
    if head.delimiter != source.options.delimiter:
        options["delimiter"] = head.delimiter
    if group.encoding and group.encoding != source.options.encoding:
        options["encoding"] = group.encoding
    if head.header_row is not None:
        options["header_row"] = head.header_row
    if not all(each.ends_with_line_end for each in group.heads):
        options["final_newline"] = "optional"
    packed = {"format": head.format} if head.format != "csv" else {}
    return {**packed, **({"options": options} if options else {})}


def _explain_header(group: Group) -> Iterator[str]:
    line = group.heads[-1].header_row
    if group.heads[-1].records is not None:
        yield f"its records are the list at the key `{group.heads[-1].records}` of one object"
    if line is not None:
        yield f"its header is in line {line}, and what stands above it is taken for a title and not read"
