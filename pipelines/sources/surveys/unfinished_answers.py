"""Recognises answers to a survey that were begun and not finished, or that the tool has thrown out.

Put here: the names of columns that say so, and their words. Keep out: what follows in the settings
(`command/init/surveys.py`, `sources/recognition/guess.py`) and in a run (`sources/mapping/evidence.py`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass

import duckdb

from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

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
    """

    column: str
    condition: str
    count: int
    row_count: int
    said: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """How many they are, in words."""
        called = f" ({', '.join(f'`{word}`' for word in self.said)})" if self.said else ""
        return (
            f"{self.count:,} of {self.row_count:,} records {'is' if self.count == 1 else 'are'} unfinished, or thrown "
            f"out by the tool, as `{self.column}` says{called}"
        )


@dataclass(frozen=True)
class Progress:
    """How far answers came, by a column with numbers, which may count to 100, to 1, or pages.

    Attributes:
        below_hundred: Answers with a number below 100.
        hundred: With 100 or more.
        below_one: With a number below 1.
        one: With 1.
        above_one: With more than 1.
        fractions: With a number between 0 and 1.
    """

    below_hundred: int = 0
    hundred: int = 0
    below_one: int = 0
    one: int = 0
    above_one: int = 0
    fractions: int = 0

    def __add__(self, other: "Progress") -> "Progress":
        """Of the answers of both."""
        return Progress(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    @property
    def wholes(self) -> frozenset[int]:
        """The numbers that finished answers have; none: the numbers do not tell it, as where they count pages.

        Both: more answers have a 1 than a number below it, and others 100, as where a tool began to count anew.
        """
        is_of_one = self.one > 0 and self.fractions > 0
        if self.hundred:
            return frozenset({1, 100} if is_of_one and self.one > self.fractions else {100})
        return frozenset({1} if is_of_one and not self.above_one else ())

    def count_unfinished(self, wholes: frozenset[int]) -> int:
        """How many answers were not finished.

        Args:
            wholes: The numbers that finished answers of the whole source have, for a file that does not tell it.
        """
        counted = self.wholes or (frozenset({100}) if wholes and self.above_one else wholes)
        if counted == {1}:
            return self.below_one
        return (self.below_hundred - (self.one if 1 in counted else 0)) if counted else 0


def find_wholes(files: Sequence[Progress]) -> frozenset[int]:
    """The numbers that finished answers of a source have: those that its files tell one by one, else all together.

    Args:
        files: How far the answers of each file came.
    """
    told = frozenset[int]().union(*(each.wholes for each in files))
    return told or sum(files, Progress()).wholes


def count_unfinished_by_number(files: Sequence[Progress]) -> int:
    """How many answers of a source were not finished, by a column with numbers; each file counts in its own way.

    Args:
        files: How far the answers of each file came.
    """
    wholes = find_wholes(files)
    return sum(each.count_unfinished(wholes) for each in files)


def list_conditions(columns: Iterable[str], alias: str = "") -> Iterator[tuple[str, str]]:
    """The columns that may say in words that an answer was not finished, each with the SQL condition for that.

    Args:
        columns: Columns of a survey.
        alias: What the rows are called in the SQL; empty: nothing.
    """
    for column in columns:
        name = _name(column)
        cell = _fold(column, alias)
        if name in _STATES:
            yield column, f"{cell} in ({_list(word for words in _WORDS.values() for word in words)})"
        elif name in _FINISHED:
            yield column, f"{cell} in ({_list(_FALSE)})"
        elif name in _UNFINISHED:
            yield column, f"{cell} in ({_list(_TRUE)})"


def list_progress_columns(columns: Iterable[str]) -> list[str]:
    """The columns that may say with a number how far somebody came."""
    return [column for column in columns if _name(column) in _PROGRESS]


def read_progress(con: duckdb.DuckDBPyConnection, rows: str, column: str, file: str = "0") -> list[Progress]:
    """How far the answers of some rows came, by a column with numbers; of each file by itself.

    Args:
        con: Any connection.
        rows: SQL of the rows, all text.
        column: The column.
        file: SQL of what tells the files of the rows apart; a constant: they are of one.
    """
    part = _read_part(_fold(column))
    counts = con.execute(f"""
        select
            count(*) filter (part < 100), count(*) filter (part >= 100),
            count(*) filter (part < 1), count(*) filter (part = 1), count(*) filter (part > 1),
            count(*) filter (part > 0 and part < 1),
        from (select {part} as part, {file} as file_number from {rows} as file)
        group by file_number
    """).fetchall()
    return [Progress(*(int(count) for count in each)) for each in counts]


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
    columns = [*columns]
    conditions = dict(list_conditions(columns))
    for column in list_progress_columns(columns):
        wholes = find_wholes(read_progress(con, numbered_rows, column, FILE_NUMBER))
        if wholes:
            part = _read_part(_fold(column))
            but = f" and {part} <> 1" if 1 in wholes else ""  # where files count to 1, later ones may count to 100
            conditions[column] = f"coalesce({part} < 100{but}, false)"
    for column, condition in conditions.items():
        said: tuple[str, ...] = ()
        if _name(column) in _STATES:
            said, condition = _find_words(con, rows, column)
        count, row_count = con.execute(
            f"select count(*) filter ({condition}), count(*) from {rows} as file"
        ).fetchall()[0]
        if count:
            found.append(Unfinished(column, condition, int(count), int(row_count), said))
    return found


def add_rule(exclude: dict[str, str], found: Iterable[Unfinished]) -> None:
    """Put what was found into the rules of a source that leave records out, beside what the same rule says already."""
    conditions = [*([exclude[RULE]] if RULE in exclude else []), *(each.condition for each in found)]
    if conditions:
        exclude[RULE] = " or ".join(conditions)


def _read_part(cell: str) -> str:
    """SQL of the number in a cell such as `40`, `40 %`, `0.4`, `0,4` or `.4`; NULL where there is none."""
    return f"try_cast(replace(regexp_extract({cell}, '^([0-9]+([.,][0-9]+)?|[.,][0-9]+) ?%?$', 1), ',', '.') as double)"


def _find_words(con: duckdb.DuckDBPyConnection, rows: str, column: str) -> tuple[tuple[str, ...], str]:
    """Our words that a column has, and a condition with all words of their languages: a later file may have those."""
    known = {word for words in _WORDS.values() for word in words} | {*_THROWN_OUT}
    cell = _fold(column)
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


def _fold(column: str, alias: str = "") -> str:
    """SQL of a cell in small letters without blanks around it."""
    return f"lower(trim(coalesce({f'{alias}.' if alias else ''}{quote_identifier(column)}, '')))"


def _list(words: Iterable[str]) -> str:
    return ", ".join(quote_literal(word) for word in words)
