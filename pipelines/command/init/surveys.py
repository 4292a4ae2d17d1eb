"""Adds to the draft of a survey the columns that its author named, so that nobody has to look them up.

Put here: what becomes of what was found. Keep out: finding it (`sources/recognition/survey_columns.py`).
"""

from pathlib import Path

import duckdb
from pydantic import ValidationError

from regulars.pipelines.command.init.drafts import Draft, Question
from regulars.pipelines.command.init.landed_groups import land_group
from regulars.pipelines.settings.part import check_zone
from regulars.pipelines.settings.profiles.merge import merge_source
from regulars.pipelines.settings.profiles.profile import Profile
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker
from regulars.pipelines.sources.mapping.mapping import list_unread_columns
from regulars.pipelines.sources.mapping.named_columns import name_file_columns
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.recognition.survey_columns import find_survey_columns
from regulars.pipelines.sources.surveys.unfinished_answers import RULE, count_unfinished


def name_survey_columns(draft: Draft, profile: Profile, con: duckdb.DuckDBPyConnection, landing: Path) -> None:
    """Write the columns that were found into the draft, and take the questions away that they answer.

    Args:
        draft: The draft of a survey, which is changed; one that cannot be read is left as it is.
        profile: Its profile, with `find`.
        con: A connection of its own.
        landing: A temporary folder.
    """
    if not profile.find:
        return
    try:
        source = Source.model_validate(merge_source(profile.mapping, {**draft.written, "path": "*"}))
        group = land_group(draft.group, source, landing)
    except (Refusal, ValidationError):
        return  # looking at the values says why
    known = [*profile.recognise.all, *source.optional, *source.headers]
    known += [other for others in source.headers.values() for other in others]
    columns = [name for name in group.newest.columns if name not in profile.find]
    found = find_survey_columns(con, group.rows, columns, profile.find, profile.header_rows, known)
    answered = {f"headers.{name}" for name in found.headers}
    if found.headers:
        draft.written["headers"] = found.headers
    if found.columns:
        draft.written["columns"] = found.columns
    if found.timezone and _is_zone(found.timezone):
        draft.written["timezone"] = found.timezone
        answered.add("timezone")
        draft.reasons.append(f"its header rows name the zone {found.timezone}")
    draft.reasons += found.reasons
    draft.questions = [question for question in draft.questions if question.key not in answered]


def question_unfinished(draft: Draft, profile: Profile, con: duckdb.DuckDBPyConnection, landing: Path) -> None:
    """Ask about answers that the file calls unfinished and that no rule of the profile leaves out.

    Args:
        draft: The draft of a survey, which is changed; one that cannot be read is left as it is.
        profile: Its profile.
        con: A connection of its own.
        landing: A temporary folder.
    """
    try:
        source = Source.model_validate(merge_source(profile.mapping, {**draft.written, "path": "*"}))
        if "survey_responses" not in source.mappings:
            return
        group = land_group(draft.group, source, landing)
    except (Refusal, ValidationError):
        return  # looking at the values says why
    rules = [*source.exclude.values(), *source.include.values()]
    delivered = name_file_columns(source, group.newest.columns).delivered
    free = list_unread_columns(source.mappings.values(), rules, delivered, ExpressionChecker(con))
    kept = [f"try(({each})) is not true" for each in source.exclude.values()]
    kept += [f"try(({each})) is true" for each in source.include.values()]
    rows, numbered = (
        f"(from {rows} as file where {' and '.join(kept) or 'true'})" for rows in (group.rows, group.numbered_rows)
    )
    try:
        found = count_unfinished(con, rows, free, numbered)
    except duckdb.BinderException:
        return  # the file lacks a column: that is said elsewhere
    for each in found:
        text = f"{each.words}, and count as answers. If they are not to count, say: exclude: {{{RULE}: …}}"
        draft.questions.append(Question(f"exclude.{RULE}", text))


def _is_zone(name: str) -> bool:
    try:
        return bool(check_zone(name))
    except ValueError:
        return False
