"""Reads a delivered file of JSON lines: one object per line.

Put here: where the objects stand, and lines that are none. Keep out: their values (`json_values.py`).
"""

from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from pathlib import Path

from regulars.pipelines.sources.readers.decoding import CHUNK
from regulars.pipelines.sources.readers.json.gap_shapes import Grammar
from regulars.pipelines.sources.readers.json.json_columns import read_plain_objects
from regulars.pipelines.sources.readers.json.json_values import (
    JsonObject,
    JsonPart,
    has_torn_letter,
    may_have_torn_letter,
    scan_value,
)
from regulars.pipelines.sources.readers.records import MAX_RECORD, Record
from regulars.pipelines.sources.readers.refusal import Refusal

JsonRecord = tuple[int, JsonObject] | Record
"""An object with the line from 1 on which it begins, or what is none."""
JsonPiece = list[JsonRecord] | JsonPart
MAX_TRIES = 4
"""A file of which so many pieces are not plain is read in the exact way from then on."""
_DIVIDED_BY = 4
_GRAMMAR = Grammar(of_lines=True)


def read_lines(text: Path, file_name: str) -> Iterator[JsonRecord]:
    """The objects and the lines that are none, in order. Blank lines are skipped, and a file may hold no others.

    Raises:
        Refusal: The file is an array, cut off, or all its lines are no objects.
    """
    pieces = read_pieces(text, file_name, tries=0)
    return chain.from_iterable(piece for piece in pieces if not isinstance(piece, JsonPart))


def read_pieces(text: Path, file_name: str, tries: int = MAX_TRIES) -> Iterator[JsonPiece]:
    """The objects and the lines that are none, in order, many at a time, as `read_lines` has them.

    Args:
        text: The file.
        file_name: The name to use in sentences.
        tries: How many pieces may turn out not to be plain before all are read line by line.
    """
    _refuse_unfinished(text, file_name)
    has_record, has_object, line = False, False, 1
    with text.open("rb") as stream:
        while piece := stream.read(CHUNK) + stream.readline():
            lines = piece.removeprefix(b"\xef\xbb\xbf") if line == 1 else piece
            found = list(_read_few_at_a_time(lines, line)) if tries else [_read_exactly(lines, line)]
            tries -= bool(tries) and not any(isinstance(each, JsonPart) for each in found)
            for each in found:
                if isinstance(each, JsonPart):
                    has_record = has_object = True
                    continue
                if line == 1 and each and _is_bad_first_line(each[0]) and _has_one_line(text):
                    raise Refusal("not_a_table", f"{file_name} is not JSON lines: write one object a line")
                has_record = has_record or bool(each)
                has_object = has_object or any(not isinstance(record, Record) and record[1] for record in each)
            yield from found
            line += piece.count(b"\n")
    if has_record and not has_object:
        raise Refusal("not_a_table", f"{file_name} holds no JSON object with a key: see that `format` is right")


def _read_few_at_a_time(lines: bytes, line: int) -> Iterator[JsonPiece]:
    """The objects of many lines at once or, where not all are plain, of fewer at a time."""
    part = read_plain_objects(lines, _GRAMMAR)
    if part:
        yield part
        return
    stream, few = BytesIO(lines), len(lines) // _DIVIDED_BY
    while piece := stream.read(few) + stream.readline():
        yield read_plain_objects(piece, _GRAMMAR) or _read_exactly(piece, line)
        line += piece.count(b"\n")


def _read_exactly(lines: bytes, line: int) -> list[JsonRecord]:
    return _read_plain(lines, line) or list(_read_line_by_line(lines, line))


def _is_bad_first_line(record: JsonRecord) -> bool:
    return isinstance(record, Record) and record.line == 1


def _has_one_line(text: Path) -> bool:
    with text.open("rb") as stream:
        stream.readline()
        return not stream.read(MAX_RECORD).strip()


def _refuse_unfinished(text: Path, file_name: str) -> None:
    size = text.stat().st_size
    with text.open("rb") as stream:
        start = stream.read(512).removeprefix(b"\xef\xbb\xbf").lstrip()
        stream.seek(-min(MAX_RECORD, size), 2)
        end = stream.read()
    if start.startswith(b"["):
        raise Refusal("not_a_table", f"{file_name} is a JSON array, not JSON lines: set `format: json`")
    last = end.rstrip().rsplit(b"\n", 1)[-1]
    if last and not end.endswith(b"\n") and isinstance(_parse_line(1, last), Record):
        raise Refusal("truncated", f"{file_name} ends in the middle of an object, so it is cut off: deliver it again")


def _read_plain(piece: bytes, line: int) -> list[JsonRecord] | None:
    """The objects of a piece of whole lines, all at once; None where a line is blank or anything else than an object.

    Args:
        piece: The lines.
        line: The number of the first of them.
    """
    try:
        text = (piece.replace(b"\r\n", b"\n") if b"\r" in piece else piece).decode().removesuffix("\n")
        lines = text.split("\n")
        found = [scan_value(each, 0) for each in lines]
    except (KeyError, ValueError, RecursionError, StopIteration):
        return None
    objects = [value for value, _ in found]
    if [end for _, end in found] != list(map(len, lines)) or set(map(type, objects)) != {dict}:
        return None
    return None if may_have_torn_letter(text) else list(enumerate(objects, start=line))


def _read_line_by_line(piece: bytes, first: int) -> Iterator[JsonRecord]:
    for line, raw in enumerate(piece.split(b"\n"), start=first):
        plain = raw.strip(b" \t\r\n")
        if plain:
            yield _parse_line(line, plain)


def _parse_line(line: int, raw: bytes) -> JsonRecord:
    try:
        text = raw.decode()
        found, end = scan_value(text, 0)
    except KeyError:
        return Record(line, raw, "a key twice in one object")
    except UnicodeError:
        return Record(line, raw, "not UTF-8")
    except RecursionError:
        return Record(line, raw, "nested too deeply")
    except (ValueError, StopIteration):
        return Record(line, raw, "not JSON")
    if end != len(text):
        return Record(line, raw, "not JSON")
    if not isinstance(found, dict):
        return Record(line, raw, "not an object")
    if may_have_torn_letter(text) and has_torn_letter(found):
        return Record(line, raw, "not UTF-8")
    return line, found
