r"""Turns delivered bytes into UTF-8 text: unpacks them and decides which encoding they are in.

Put here: gzip, byte order marks, encodings, line ends. Keep out: columns and records.
DuckDB only gets UTF-8 with `\\n` or `\\r\\n`: it refuses cp1252, and reads UTF-16 wrongly without an error.
"""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.sources.readers.content import refuse_other_content
from regulars.pipelines.sources.readers.encodings.file_encoding import find_file_encoding, refuse_other_encoding
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.readers.text_scan import TextFacts, scan_text
from regulars.pipelines.sources.readers.western_text import guess_other_encoding, has_doubtful_letters

CHUNK = 1 << 20
MAX_RATIO = 200
"""Real exports shrink to a tenth, rarely a hundredth, of their size; a gzip bomb to a thousandth."""
MAX_UNPACKED = 1 << 36
"""64 GiB: more than any real export."""
_RATIO_FLOOR = 1 << 22
GUESSED = "cp1252, guessed"
"""What a file is said to be in when it was read as Windows-1252 and may be in another encoding."""

_MARKS = (  # utf-32 first: its little-endian mark begins with that of utf-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class Text:
    """A file as UTF-8 text on disk, the encoding it was delivered in, and facts about its text."""

    path: Path
    encoding: str
    facts: TextFacts


def read_text(original: Path, file_name: str, source: Source, work: Path) -> Text:
    """Unpack and decode a delivered file.

    Args:
        original: The bytes as delivered.
        file_name: The name to use in sentences.
        source: How its files are written.
        work: A private folder for rewritten text; where nothing is rewritten, the text is `original` itself.

    Raises:
        Refusal: `truncated`, `damaged`, `too_large`, `not_a_table` or `undecodable`.
    """
    options = source.options
    plain = unpack_gzip(original, file_name, work / "unpacked") if source.is_gzip else original
    with plain.open("rb") as stream:
        start = stream.read(4096)
    refuse_other_content(plain, file_name, source)
    encoding, mark = _find_encoding(plain, start, file_name, options.encoding)
    is_guess = encoding == "cp1252" and options.encoding == "auto" and has_doubtful_letters(plain)
    facts = scan_text(plain, options.quote, options.delimiter) if encoding == "utf-8" else None
    if mark or facts is None or facts.has_only_carriage_returns:
        written = work / "text"
        _rewrite(plain, written, encoding, len(mark), file_name)
        _refuse_wrong_mark(written, file_name, encoding)
        plain, facts = written, scan_text(written, options.quote, options.delimiter)
    name = encoding + ("-sig" if mark else "")
    return Text(plain, GUESSED if is_guess else name, facts)


def unpack_gzip(original: Path, file_name: str, target: Path) -> Path:
    """Unpack a gzipped file into `target`.

    Raises:
        Refusal: It is cut off, damaged, not gzip, or a bomb.
    """
    packed = original.stat().st_size
    try:
        with gzip.open(original) as stream, target.open("wb") as out:
            for chunk in _read_chunks(stream):  # type: ignore[arg-type]
                out.write(chunk)
                size = out.tell()
                if size > MAX_UNPACKED or (size > _RATIO_FLOOR and size > MAX_RATIO * packed):
                    raise Refusal(
                        "too_large",
                        f"{file_name} unpacks to more than {MAX_RATIO} times its {packed:,} bytes or to more than "
                        "64 GiB: it is not an export; inspect it by hand",
                    )
    except EOFError:
        raise Refusal(
            "truncated", f"{file_name} ends in the middle of its gzip stream: deliver the whole file again"
        ) from None
    except (gzip.BadGzipFile, zlib.error):
        raise Refusal(
            "damaged",
            f"{file_name} is not a complete gzip file: deliver it again, or take `.gz` off `format`",
        ) from None
    return target


def _refuse_wrong_mark(written: Path, file_name: str, encoding: str) -> None:
    with written.open("rb") as stream:
        start = stream.read(4096)
    if start.count(b"\0") * 10 > len(start):
        raise Refusal(
            "undecodable",
            f"{file_name} is not the {encoding} that its first bytes or `options` say: every other character would be "
            "a zero; export it as UTF-8",
        )


def _find_encoding(plain: Path, start: bytes, file_name: str, declared: str) -> tuple[str, bytes]:
    """Find the encoding of the file, and its byte order mark (empty when it has none)."""
    found = next(((name, mark) for mark, name in _MARKS if start.startswith(mark)), None)
    if found:
        return found
    if declared == "utf-16":
        refuse_other_encoding(plain, file_name, declared)
        return ("utf-16-be" if start[:1] == b"\0" else "utf-16-le"), b""
    if declared not in ("auto", "utf-8"):
        refuse_other_encoding(plain, file_name, declared)
        _refuse_undecodable(plain, declared, file_name)
        return declared, b""
    if start.count(b"\0") * 4 > len(start):
        raise Refusal(
            "undecodable",
            f"{file_name} has a zero in every other byte from the start: set `options: {{encoding: utf-16}}`",
        )
    bad = _find_undecodable(plain, "utf-8")
    if bad is None:
        return "utf-8", b""
    # one bad byte among valid UTF-8 is damage: read as Windows-1252, every accented letter would become two letters
    if declared == "auto" and not bad.is_behind_letters and _find_undecodable(plain, "cp1252") is None:
        found_in_text = find_file_encoding(plain)
        is_sure = found_in_text.is_sure and not found_in_text.is_western
        other = found_in_text.encoding if is_sure else guess_other_encoding(plain)
        if other is None or found_in_text.is_clearly_western:
            return "cp1252", b""
        guess = f"; perhaps it is {other}" if other else ""
        guess += f" ({found_in_text.signs})" if is_sure else ""
        raise Refusal(
            "undecodable",
            f"{file_name} is not UTF-8 from line {bad.line:,} on, and does not look like Windows-1252, as which it "
            f"would be read{guess}. Say `options: {{encoding: …}}`, or export it as UTF-8",
        )
    likely = find_file_encoding(plain).guess if declared == "auto" and not bad.is_behind_letters else ""
    guess = f"; perhaps it is {likely}" if likely else ""
    either = "UTF-8" if declared == "utf-8" or bad.is_behind_letters else "UTF-8 or Windows-1252"
    raise Refusal(
        "undecodable",
        f"{file_name} is not {either} at byte {bad.offset:,} (line {bad.line:,}){guess}: export it as UTF-8, or name "
        "its `encoding` in `options`",
    )


def _refuse_undecodable(plain: Path, encoding: str, file_name: str) -> None:
    bad = _find_undecodable(plain, encoding)
    if bad is not None:
        raise Refusal(
            "undecodable",
            f"{file_name} is not {encoding} at byte {bad.offset:,} (line {bad.line:,}): correct its `encoding` in "
            "`options`, or export it as UTF-8",
        )


@dataclass(frozen=True)
class _Undecodable:
    """The first byte that an encoding cannot decode.

    Attributes:
        offset: From 0.
        line: From 1.
        is_behind_letters: Whether letters beyond ASCII precede it.
    """

    offset: int
    line: int
    is_behind_letters: bool


def _find_undecodable(path: Path, encoding: str) -> _Undecodable | None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    offset, line, has_letters = 0, 1, False
    with path.open("rb") as stream:
        for chunk in _read_chunks(stream):
            held = len(decoder.getstate()[0])
            if held or not chunk.isascii():
                try:
                    has_letters = not decoder.decode(chunk).isascii() or has_letters
                except UnicodeDecodeError as error:
                    before = chunk[: max(error.start - held, 0)]
                    has_letters = has_letters or not before.isascii()
                    return _Undecodable(offset - held + error.start, line + before.count(b"\n"), has_letters)
            offset += len(chunk)
            line += chunk.count(b"\n")
    held = len(decoder.getstate()[0])
    return _Undecodable(offset - held, line, has_letters) if held else None


def _rewrite(plain: Path, target: Path, encoding: str, skip: int, file_name: str) -> None:
    """Write the text as UTF-8 without a mark; carriage returns become line feeds if the text has no line feed."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    ends_with_cr_only = _has_only_carriage_returns(plain, encoding)
    done = skip
    try:
        with plain.open("rb") as stream, target.open("wb") as out:
            stream.seek(skip)
            for chunk in _read_chunks(stream):
                decoded = decoder.decode(chunk)
                out.write((decoded.replace("\r", "\n") if ends_with_cr_only else decoded).encode())
                done += len(chunk)
            decoder.decode(b"", final=True)
    except UnicodeError as error:
        at = done + getattr(error, "start", 0)
        raise Refusal(
            "undecodable",
            f"{file_name} is not {encoding} near byte {at:,}: name its `encoding` in `options`, or deliver it again",
        ) from None


def _has_only_carriage_returns(plain: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    has_cr = False
    with plain.open("rb") as stream:
        for chunk in _read_chunks(stream):
            decoded = decoder.decode(chunk)
            if "\n" in decoded:
                return False
            has_cr = has_cr or "\r" in decoded
    return has_cr


def _read_chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk
