"""Recognises answers to a survey that were begun and not finished, or that the tool has thrown out.

Put here: the names of columns that say so, and their words. Keep out: what their numbers say (`progress.py`), and what
follows in the settings (`command/init/surveys.py`, `sources/recognition/guess.py`) and in a run
(`sources/mapping/evidence.py`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import duckdb

from regulars.pipelines.sources.surveys.progress import fold_cell, read_files, read_progress
from regulars.pipelines.warehouse.sql_text import quote_literal

RULE = "unfinished"
"""The name of the rule that leaves such answers out."""
FILE_NUMBER = '" file"'
"""SQL of the column that tells the files of a source apart, where their rows lie together."""
_STATES = {
    *("status", "response status", "survey status", "completion status", "completion state", "submission status"),
    *("response type", "response state", "answer status", "respondent status", "state", "completion", "disposition"),
    *("antwortstatus", "bearbeitungsstatus", "abschlussstatus", "teilnahmestatus", "tila", "vastauksen tila", "statut"),
    *("statut de la réponse", "estado", "estado de la respuesta", "stato", "stan", "stato risposta", "状态", "状態"),
}
"""Names of columns that say in words how far somebody came."""
_FINISHED = {
    *("finished", "is finished", "completed", "is completed", "complete", "is complete", "fully completed"),
    *("submitted", "is submitted", "abgeschlossen", "beendet", "vollständig", "valmis", "terminé", "completado"),
    *("finalizado", "completato", "voltooid", "slutförd", "ukończono"),
}
"""Names of columns that say with yes or no whether somebody came to the end."""
_UNFINISHED = {
    *("partial", "is partial", "incomplete", "is incomplete", "unfinished", "disqualified", "is disqualified"),
    *("screened out", "over quota", "abandoned", "unvollständig", "abgebrochen", "keskeneräinen", "incompleto"),
}
_PROGRESS = {
    *("progress", "progress percent", "percent complete", "percent completed", "percentage complete"),
    *("complete percent", "completed percent", "completion percent", "completion percentage", "completion rate"),
    *("fortschritt", "edistyminen", "progression", "progreso", "progresso"),
}
"""Names of columns that say how many of a hundred parts are done, or which share of 1."""
_WORDS: Mapping[str, tuple[str, ...]] = {
    "en": (
        *("partial", "partially complete", "partially completed", "partial response", "incomplete", "not complete"),
        *("not completed", "unfinished", "not finished", "not submitted", "in progress", "started", "begun", "opened"),
        *("abandoned", "dropped out", "dropout", "drop out", "break off", "disqualified", "screened out", "screen out"),
        *("screenout", "screen-out", "terminated", "over quota", "overquota", "over-quota", "quota full", "quotafull"),
    ),
    "de": ("unvollständig", "teilweise", "nicht abgeschlossen", "abgebrochen", "in bearbeitung", "ausgeschieden"),
    "fi": ("kesken", "keskeneräinen", "keskeytetty", "osittainen", "vajaa"),
    "fr": ("partiel", "partielle", "incomplet", "incomplète", "en cours", "abandonné", "disqualifié"),
    "es": ("parcial", "incompleto", "incompleta", "en curso", "abandonado", "descalificado"),
    "pt": ("parcial", "incompleto", "incompleta", "em andamento", "abandonado"),
    "it": ("parziale", "incompleto", "incompleta", "in corso"),
    "nl": ("gedeeltelijk", "onvolledig", "niet voltooid"),
    "sv": ("ofullständig", "påbörjad", "avbruten"),
    "da": ("ufuldstændig", "påbegyndt"),
    "nb": ("ufullstendig", "påbegynt"),
    "pl": ("częściowa", "niekompletna", "w trakcie"),
    "cs": ("neúplné", "částečné"),
    "zh": ("未完成", "部分完成"),
    "ja": ("未完了", "途中"),
    "ko": ("미완료",),
}
"""Language -> the words for an answer that was not finished."""
_THROWN_OUT = ("deleted", "spam", "preview", "survey preview", "survey test", "test", "test response", "duplicate")
"""Words for an answer that is none; a run says them of every kind of record (`mapping/unread_states.py`)."""
_FALSE = ("false", "f", "no", "n", "0", "nein", "ei", "non", "nej", "nee", "nie")
_TRUE = ("true", "t", "yes", "y", "1", "ja", "kyllä", "oui", "sí", "si", "sim", "tak")


@dataclass(frozen=True)
class Unfinished:
    """What a column says of unfinished answers.

    Attributes:
        column: The column.
        condition: SQL: whether a record is unfinished by it; never NULL.
        count: How many records are.
        row_count: Of how many.
        said: The words of ours that say so; none where a yes, a no or a number does.
        doubtful: How many records of all files have a number that may mean finished or not; they are not among them.
    """

    column: str
    condition: str
    count: int
    row_count: int
    said: tuple[str, ...] = ()
    doubtful: int = 0

    @property
    def words(self) -> str:
        """How many they are, in words."""
        called = f" ({', '.join(f'`{word}`' for word in self.said)})" if self.said else ""
        doubt = (
            f"; {self.doubtful:,} more in its files may be, by a 1 of 100, or of 1, or a page" if self.doubtful else ""
        )
        return (
            f"{self.count:,} of {self.row_count:,} records {'is' if self.count == 1 else 'are'} unfinished, or thrown "
            f"out by the tool, as `{self.column}` says{called}{doubt}"
        )


def list_conditions(columns: Iterable[str], alias: str = "") -> Iterator[tuple[str, str]]:
    """The columns that may say in words that an answer was not finished, each with the SQL condition for that.

    Args:
        columns: Columns of a survey.
        alias: What the rows are called in the SQL; empty: nothing.
    """
    for column in columns:
        name = _name(column)
        cell = fold_cell(column, alias)
        if name in _STATES:
            yield column, f"{cell} in ({_list(word for words in _WORDS.values() for word in words)})"
        elif name in _FINISHED:
            yield column, f"{cell} in ({_list(_FALSE)})"
        elif name in _UNFINISHED:
            yield column, f"{cell} in ({_list(_TRUE)})"


def list_progress_columns(columns: Iterable[str]) -> list[str]:
    """The columns that may say with a number how far somebody came."""
    return [column for column in columns if _name(column) in _PROGRESS]


def count_unfinished(
    con: duckdb.DuckDBPyConnection, rows: str, columns: Iterable[str], numbered_rows: str
) -> list[Unfinished]:
    """The columns by which some records are unfinished, or thrown out.

    Args:
        con: Any connection.
        rows: SQL of the rows, all text.
        columns: Columns that have no other meaning.
        numbered_rows: SQL of the rows of all files of the source, with `FILE_NUMBER`: one file may count to 100, and
            another to 1.
    """
    found = []
    columns, doubtful = [*columns], dict[str, int]()
    conditions = dict(list_conditions(columns))
    for column in list_progress_columns(columns):
        files = read_progress(con, numbered_rows, column, FILE_NUMBER)
        if reading := read_files(files):
            conditions[column] = reading.write_condition(column)
            doubtful[column] = sum(map(reading.count_doubtful, files))
    for column, condition in conditions.items():
        said: tuple[str, ...] = ()
        if _name(column) in _STATES:
            said, condition = _find_words(con, rows, column)
        count, row_count = con.execute(
            f"select count(*) filter ({condition}), count(*) from {rows} as file"
        ).fetchall()[0]
        if count:
            found.append(Unfinished(column, condition, int(count), int(row_count), said, doubtful.get(column, 0)))
    return found


def add_rule(exclude: dict[str, str], found: Iterable[Unfinished]) -> None:
    """Put what was found into the rules of a source that leave records out, beside what the same rule says already."""
    conditions = [*([exclude[RULE]] if RULE in exclude else []), *(each.condition for each in found)]
    if conditions:
        exclude[RULE] = " or ".join(conditions)


def _find_words(con: duckdb.DuckDBPyConnection, rows: str, column: str) -> tuple[tuple[str, ...], str]:
    """Our words that a column has, and a condition with all words of their languages: a later file may have those."""
    known = {word for words in _WORDS.values() for word in words} | {*_THROWN_OUT}
    cell = fold_cell(column)
    found = con.execute(
        f"select distinct {cell} from {rows} as file where {cell} in ({_list(sorted(known))}) order by all"
    ).fetchall()
    said = tuple(str(word) for (word,) in found)
    words = [each for language in _WORDS.values() if not {*said}.isdisjoint(language) for each in language]
    words += [word for word in _THROWN_OUT if word in said]
    return said, f"{cell} in ({_list(dict.fromkeys(words))})" if words else "false"


def _name(column: str) -> str:
    """`IsFinished`, `Is_finished` as `is finished`; a `%` is a word."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"[(].*?[)]", " ", column.replace("%", " percent ")))
    return " ".join(re.findall(r"[^\W_]+", spaced.casefold()))


def _list(words: Iterable[str]) -> str:
    return ", ".join(quote_literal(word) for word in words)
