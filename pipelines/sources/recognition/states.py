"""Reads the words of a column of states: which of them say that nothing was sold, or that it was given back.

Put here: what such words mean (`state_words.yaml`), and what follows for a file that no profile knows. Keep out: marks
of another form, such as a day of cancellation (`flags.py`).
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import yaml

from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_WORDS = Path(__file__).with_name("state_words.yaml")
_STATE_COLUMN = re.compile(r"stat(us|e|o|ut)?$|zustand|\bstav$|estado|situa[çc]|tila$|state$|状态|অবস্থা", re.IGNORECASE)
_MOST_WORDS = 40
"""A column with more different values is no column of states, but of places or of what people wrote."""


@dataclass(frozen=True)
class States:
    """What the words of one column say.

    Attributes:
        column: The column.
        no_sale: SQL that says of a row whether nothing was sold; empty where no word says so.
        no_sale_words: The words that say so, as far as they are in the file.
        refunded_words: Those that say that it was given back whole.
        open_words: Those that leave it open.
        unknown_count: How many further different values it has.
    """

    column: str
    no_sale: str
    no_sale_words: tuple[str, ...]
    refunded_words: tuple[str, ...]
    open_words: tuple[str, ...]
    unknown_count: int


def list_states(con: duckdb.DuckDBPyConnection, rows: str, columns: Iterable[str]) -> Iterator[States]:
    """What every column of states says; a column without a known word is none.

    Args:
        con: Any connection.
        rows: SQL of the rows, all text.
        columns: Their columns.
    """
    for column in columns:
        if not _STATE_COLUMN.search(column.strip()):
            continue
        found = con.execute(
            f"select distinct {_fold(column)} as word from {rows} where word <> '' limit {_MOST_WORDS + 1}"
        ).fetchall()
        words = {word for (word,) in found}
        states = _read_column(column, words)
        # `State` of an address has words of its own, of which one or two may look like a state of an order
        if len(words) <= _MOST_WORDS and (states.no_sale or 2 * states.unknown_count < len(words)):
            yield states


def _read_column(column: str, words: Collection[str]) -> States:
    found = {what: tuple(sorted(set(words) & _list_words(what))) for what in _read_words()}
    unknown = set(words) - _list_words(*_read_words())
    return States(
        column,
        _write_condition(column, found["no_sale"]) if found["no_sale"] else "",
        found["no_sale"],
        found["refunded"],
        found["open"],
        len(unknown),
    )


def _write_condition(column: str, found: Collection[str]) -> str:
    """SQL of the words found, and of all others of their languages: a later file may have those."""
    languages = _read_words()["no_sale"].values()
    words = sorted({word for each in languages if set(each) & set(found) for word in each})
    return f"{_fold(column)} in ({', '.join(quote_literal(word) for word in words)})"


def _fold(column: str) -> str:
    """SQL of a value in small letters, with a blank for `_` and `-` and without what WordPress sets before it."""
    cell = f"lower(trim(coalesce({quote_identifier(column)}, '')))"
    return f"regexp_replace(regexp_replace({cell}, '^wc-', ''), '[_ -]+', ' ', 'g')"


@cache
def _read_words() -> Mapping[str, Mapping[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return found


def _list_words(*meanings: str) -> set[str]:
    return {word for what in meanings for words in _read_words()[what].values() for word in words}
