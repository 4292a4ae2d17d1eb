"""Adds to the draft of a survey the columns that its author named, so that nobody has to look them up.

Put here: what becomes of what was found. Keep out: finding it (`sources/recognition/survey_columns.py`).
"""

from pathlib import Path

import duckdb
from pydantic import ValidationError

from regulars.pipelines.command.init.drafts import Draft, land_group
from regulars.pipelines.settings.part import check_zone
from regulars.pipelines.settings.profiles.merge import merge_source
from regulars.pipelines.settings.profiles.profile import Profile
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.recognition.survey_columns import find_survey_columns


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
        rows, landed = land_group(draft.group, source, landing)
    except (Refusal, ValidationError):
        return  # looking at the values says why
    known = [*profile.recognise.all, *source.optional, *source.headers]
    known += [other for others in source.headers.values() for other in others]
    columns = [name for name in landed.columns if name not in profile.find]
    found = find_survey_columns(con, rows, columns, profile.find, profile.header_rows, known)
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


def _is_zone(name: str) -> bool:
    try:
        return bool(check_zone(name))
    except ValueError:
        return False
