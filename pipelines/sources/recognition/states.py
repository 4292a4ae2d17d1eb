"""Reads the words of a column of states: which of them say that nothing was sold, or that it was given back.

Put here: what such words mean (`state_words.yaml`), and what follows for a file that no profile knows. Keep out: marks
of another form, such as a day of cancellation (`flags.py`), and the names of such columns (`state_columns.py`).
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from regulars.pipelines.sources.recognition.state_columns import (
    Topic,
    find_topic,
    is_of_something_else,
    may_be_place,
)
from regulars.pipelines.warehouse.sql_text import quote_identifier, quote_literal

_WORDS = Path(__file__).with_name("state_words.yaml")
_MOST_VALUES = 1_000
"""So many different values of a column are looked at."""
_SAMPLE_ROWS = 20_000
_LEAST_STATES, _MOST_STATES = 2, 12
"""A column that no name tells to be one of states has so many different words."""


@dataclass(frozen=True)
class States:
    """What the words of one column say.

    Attributes:
        column: The column.
        topic: What the column is about, by its name.
        is_certain: Whether the column is a state of the sale without doubt.
        no_sale: SQL that says of a row whether nothing was sold; empty where no word says so.
        no_sale_words: The words that say so, as far as they are in the file.
        refunded_words: Those that say that it was given back whole.
        open_words: Those that leave it open.
        part_words: Words, or parts of words, that say so of one of both within values that say more than that.
        unknown_count: How many further different values it has.
        row_counts: Word of ours -> how many rows have it alone; `""`: rows with values that nobody knows.
    """

    column: str
    topic: Topic
    is_certain: bool
    no_sale: str
    no_sale_words: tuple[str, ...]
    refunded_words: tuple[str, ...]
    open_words: tuple[str, ...]
    part_words: tuple[str, ...]
    unknown_count: int
    row_counts: Mapping[str, int]


def list_states(con: duckdb.DuckDBPyConnection, rows: str, columns: Iterable[str]) -> Iterator[States]:
    """What every column of states says that has to do with a sale.

    Args:
        con: Any connection.
        rows: SQL of the rows, all text.
        columns: Their columns.
    """
    for column in columns:
        topic = find_topic(column)
        if topic == "none":
            yield from _find_unnamed(con, rows, column)
            continue
        found = con.execute(
            f"select {_fold(column)} as word, count(*) from {rows} where word <> '' "
            f"group by word order by all limit {_MOST_VALUES}"
        ).fetchall()
        states = _read_column(column, topic, dict(found))
        says_cancelled = states.no_sale_words or states.refunded_words or states.part_words
        # `State` of an address has words of its own, of which one may look like a state of an order
        if says_cancelled or (topic == "sale" and states.is_certain):
            yield states


def _find_unnamed(con: duckdb.DuckDBPyConnection, rows: str, column: str) -> Iterator[States]:
    """A column whose name says nothing of states and whose words are all states, some of them of no sale: `osname`."""
    if is_of_something_else(column):
        return
    found = con.execute(f"""
        select {_fold(column)} as word, count(*) from (from {rows} limit {_SAMPLE_ROWS})
        where word <> '' group by word order by all limit {_MOST_STATES + 1}
    """).fetchall()
    if not _LEAST_STATES <= len(found) <= _MOST_STATES:
        return
    states = _read_column(column, "beside", dict(found))
    if states.no_sale_words and not states.unknown_count:
        yield states


def _read_column(column: str, topic: Topic, counts: Mapping[str, int]) -> States:
    found: dict[str, set[str]] = {what: set() for what in _read_words()}
    row_counts: dict[str, int] = {"": 0}
    parts: set[str] = set()
    unknown_count = 0
    for value, count in counts.items():
        what = next((what for what in found if re.fullmatch(_write_pattern(what), value)), "")
        if what:
            found[what].add(value)
            row_counts[value] = count
        else:
            unknown_count += 1
            row_counts[""] += count
            parts |= _find_parts(value)
    is_certain = topic == "sale" and (not may_be_place(column) or 2 * unknown_count < len(counts))
    return States(
        column,
        topic,
        is_certain,
        _write_condition(column, found["no_sale"]) if found["no_sale"] else "",
        tuple(sorted(found["no_sale"])),
        tuple(sorted(found["refunded"])),
        tuple(sorted(found["open"])),
        tuple(sorted(parts)),
        unknown_count,
        row_counts,
    )


def _find_parts(value: str) -> set[str]:
    """What in a value that nobody knows may say that nothing was sold: whole words of ours, else parts of words."""
    words = _find_words(value, _list_words("no_sale") | _list_words("refunded"))
    return words or {stem for stem in _read_file()["stems"] if stem in value}


def _find_words(value: str, words: Iterable[str]) -> set[str]:
    """Those words that a value holds as whole words, with others around them."""
    return {word for word in words if f" {word} " in f" {value} "}


@cache
def _write_pattern(what: str, languages: tuple[str, ...] = ()) -> str:
    """The values of a meaning: its words, with nothing around them but words that change nothing of it."""
    words = "|".join(sorted(_list_words(what, languages), key=lambda word: (-len(word), word)))
    around = "|".join(_read_file()["around"])
    return f"(({around}) )*({words})( ({around}))*"


def _write_condition(column: str, found: Collection[str]) -> str:
    """SQL of the words found, and of all others of their languages: a later file may have those."""
    each = _read_words()["no_sale"]
    languages = [language for language, words in each.items() if any(_find_words(value, words) for value in found)]
    return f"regexp_full_match({_fold(column)}, {quote_literal(_write_pattern('no_sale', tuple(languages)))})"


def _fold(column: str) -> str:
    r"""SQL of a value in small letters, composed, with one blank for all other signs and without WordPress's `wc-`."""
    cell = f"regexp_replace(lower(nfc_normalize(coalesce({quote_identifier(column)}, ''))), '^wc-', '')"
    return rf"trim(regexp_replace({cell}, '[^\p{{L}}\p{{M}}\p{{N}}]+', ' ', 'g'))"


@cache
def _read_file() -> Mapping[str, Any]:
    found: dict[str, Any] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return found


def _read_words() -> Mapping[str, Mapping[str, list[str]]]:
    """Meaning -> language -> words."""
    return {what: words for what, words in _read_file().items() if what not in ("around", "stems")}


def _list_words(what: str, languages: Collection[str] = ()) -> set[str]:
    """The words of a meaning, of all languages unless some are named."""
    each = _read_words()[what]
    return {word for language, words in each.items() if not languages or language in languages for word in words}
