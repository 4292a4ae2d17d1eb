"""Finds the columns of a survey that its author named: the answer in numbers, and what people wrote.

Put here: words of questions and the shape of their answers. Keep out: what tool wrote the file (`recognise.py`).

Only a question whether people would recommend the company, answered from 0 to 10, is NPS. Satisfaction from 1 to 5 is
CSAT. Whatever fits neither, or fits twice, stays a question.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from regulars.pipelines.warehouse.sql_text import quote_identifier

RECOMMEND = re.compile(
    r"recommend|empfehl|empfohlen|recommand|recomend|consigli|raccomand|aanbevel|aanrad|rekommend|anbefal|suosit"
    r"|polec|doporuč|odporúč|ajánl|tavsiye|öner|рекоменд|推荐|推薦|薦め|勧め|すすめ|추천|সুপারিশ|แนะนำ",
    re.IGNORECASE,
)
"""Stems of `recommend` in the languages of our reports and themes, and of some neighbours."""
SATISFIED = re.compile(
    r"satisf|zufrieden|tevreden|nöjd|tilfreds|fornøyd|tyytyväi|zadowol|spokojen|soddisf|elégedett|memnun|满意|満足|만족"
    r"|সন্তুষ্ট",
    re.IGNORECASE,
)
COMMENT = re.compile(
    r"anything else|comment|reason|\bwhy\b|improve|tell us|feedback|kommentar|warum|grund|verbesser|commentaire"
    r"|pourquoi|comentario|por qué|comentário|commento|perché|opmerking|waarom|varför|hvorfor|miksi|palaute|perustel"
    r"|komentář|proč|dlaczego|理由|コメント|评论|মন্তব্য",
    re.IGNORECASE,
)
_NPS_GROUP = re.compile(r"(.+)_NPS_GROUP", re.IGNORECASE)
_WHOLE_NUMBER = r"^\s*(10|[0-9])(\.0)?(\s*$|\s*[-–—:./].*|\s+\D.*)"
"""A whole number from 0 to 10, alone or before words, as in `10 - Extremely likely`."""


@dataclass(frozen=True)
class SurveyColumns:
    """What was found of a survey.

    Attributes:
        headers: Name of the profile -> header of the file.
        columns: Columns of ours that are then other than in the profile, such as the type and scale.
        timezone: The zone that the file names; empty: none.
        reasons: Why, a sentence each. They hold headers, and no answer.
    """

    headers: dict[str, list[str]] = field(default_factory=dict)
    columns: dict[str, Any] = field(default_factory=dict)
    timezone: str = ""
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Asked:
    """A column of the file: its header, its wording, how many answers it has and between what they lie."""

    header: str
    wording: str
    count: int
    number_count: int
    least: int
    most: int

    @property
    def is_scored(self) -> bool:
        return self.count > 0 and self.number_count == self.count


def find_survey_columns(
    con: duckdb.DuckDBPyConnection,
    rows: str,
    columns: Sequence[str],
    find: Mapping[str, str],
    header_rows: int,
    known: Sequence[str],
) -> SurveyColumns:
    """Look for the columns that the author of a survey named.

    Args:
        con: A connection.
        rows: SQL of the landed rows, with `file_row_number` from 0.
        columns: The columns of the file.
        find: Name of the profile -> what it holds: `score` or `comment`.
        header_rows: How many of the first records are headers too.
        known: Columns that the tool itself names.
    """
    folded = {name.casefold() for name in known}
    wordings, zone = _read_header_rows(con, rows, columns, header_rows)
    asked = [
        each
        for each in _measure(con, rows, [c for c in columns if c.casefold() not in folded], wordings, header_rows)
        if not each.header.startswith("column_") or each.wording
    ]
    found = SurveyColumns(timezone=zone)
    score = _find_score(asked, columns, found)
    for name, what in find.items():
        if what == "score" and score is not None:
            found.headers[name] = [score.header]
        if what == "comment" and (comment := _find_comment(asked, score)) is not None:
            found.headers[name] = [comment.header]
    return found


def _find_score(asked: Sequence[_Asked], columns: Sequence[str], found: SurveyColumns) -> _Asked | None:
    grouped = {match[1].casefold() for name in columns if (match := _NPS_GROUP.fullmatch(name))}
    by_group = [each for each in asked if each.header.casefold() in grouped]
    if len(by_group) == 1:
        found.reasons.append(f"`{by_group[0].header}` is an NPS question, since the file groups its answers")
        return by_group[0]
    recommend = [each for each in asked if RECOMMEND.search(each.wording) and each.is_scored]
    ten = [each for each in recommend if each.most > 5 or re.search(r"\b10\b", each.wording)]
    if len(ten) == 1:
        found.reasons.append(
            f"`{ten[0].header}` asks for a recommendation, and its {ten[0].count:,} answers lie from 0 to 10"
        )
        return ten[0]
    satisfied = [each for each in asked if SATISFIED.search(each.wording) and each.is_scored and each.least >= 1]
    five = [each for each in satisfied if each.most in (4, 5)]
    if not recommend and len(five) == 1:
        found.columns.update(survey_type={"value": "csat"}, scale_min={"value": 1}, scale_max={"value": 5})
        found.reasons.append(
            f"`{five[0].header}` asks for satisfaction, and its {five[0].count:,} answers lie from 1 to 5: no NPS"
        )
        return five[0]
    return None


def _find_comment(asked: Sequence[_Asked], score: _Asked | None) -> _Asked | None:
    """The first column behind the score whose wording asks for words, and whose answers are no numbers."""
    behind = asked[asked.index(score) + 1 :] if score is not None else asked
    wordy = [each for each in behind if each.number_count < max(each.count, 1)]
    return next((each for each in wordy if COMMENT.search(each.wording)), None)


def _read_header_rows(
    con: duckdb.DuckDBPyConnection, rows: str, columns: Sequence[str], header_rows: int
) -> tuple[dict[str, str], str]:
    """Column -> its header with what the further header rows say, and the zone that one of them names."""
    cells = ", ".join(quote_identifier(column) for column in columns)
    further = con.execute(
        f"select {cells} from {rows} where file_row_number < {header_rows} order by file_row_number"
    ).fetchall()
    wordings = {
        column: " ".join(
            [column, *(str(row[place]) for row in further if row[place] and '"ImportId"' not in row[place])]
        )
        for place, column in enumerate(columns)
    }
    zones = {zone for row in further for cell in row for zone in _list_zones(cell)}
    return wordings, zones.pop() if len(zones) == 1 else ""


def _list_zones(cell: str | None) -> Iterator[str]:
    if cell and '"timeZone"' in cell:
        try:
            yield str(json.loads(cell)["timeZone"])
        except (ValueError, KeyError, TypeError):
            return


def _measure(
    con: duckdb.DuckDBPyConnection,
    rows: str,
    columns: Sequence[str],
    wordings: Mapping[str, str],
    header_rows: int,
) -> list[_Asked]:
    """Every column that the tool does not name, in one scan."""
    if not columns:
        return []
    pattern = "'" + _WHOLE_NUMBER.replace("'", "''") + "'"
    parts = []
    for column in columns:
        cell = f"nullif(trim({quote_identifier(column)}), '')"
        number = f"case when regexp_matches({cell}, {pattern}) then regexp_extract({cell}, '[0-9]+')::integer end"
        answer = f"case when {cell} not in ('-99', '-98') then {cell} end"
        parts += [f"count({answer})", f"count({number})", f"min({number})", f"max({number})"]
    found = con.execute(f"select {', '.join(parts)} from {rows} where file_row_number >= {header_rows}").fetchall()[0]
    return [
        _Asked(
            column, wordings[column], *found[4 * n : 4 * n + 2], *(each or 0 for each in found[4 * n + 2 : 4 * n + 4])
        )
        for n, column in enumerate(columns)
    ]
