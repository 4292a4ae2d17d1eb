"""Looks at a whole file for its encoding, and refuses one that is in another encoding than its settings say.

Put here: what a file says against a declared encoding. Keep out: telling encodings apart (`text_encodings.py`).
"""

import codecs
from pathlib import Path

from regulars.pipelines.sources.readers.encodings.text_encodings import EncodingFound, find_text_encoding
from regulars.pipelines.sources.readers.refusal import Refusal
from regulars.pipelines.sources.readers.western_text import read_lines_with_letters

_FEWEST_SEQUENCES = 3
"""Two bytes that are one character of an encoding may be one letter of UTF-8 by chance; three times they are not."""


def find_file_encoding(path: Path) -> EncodingFound:
    """The encoding of a text that is no UTF-8.

    Args:
        path: The text.
    """
    with path.open("rb") as stream:
        header = stream.readline(1 << 16)
    return find_text_encoding(header, read_lines_with_letters(path))


def refuse_other_encoding(path: Path, file_name: str, declared: str) -> None:
    """Refuse a text that can be decoded as declared, and is in another encoding.

    Args:
        path: The text, without a mark.
        file_name: The name to use in sentences.
        declared: The encoding of the settings; neither `auto` nor UTF-8.

    Raises:
        Refusal: `undecodable`.
    """
    sample = read_lines_with_letters(path)
    if codecs.lookup(declared).name.startswith(("utf-16", "utf-32")):
        with path.open("rb") as stream:
            if b"\0" not in stream.read(4096):
                raise _refuse(file_name, declared, "not a single zero byte is in it, so that it may be UTF-8")
        return
    if not sample:
        return
    try:
        letters = [letter for letter in sample.decode() if not letter.isascii()]
    except UnicodeDecodeError:
        letters = []
    if len(letters) >= _FEWEST_SEQUENCES:
        raise _refuse(file_name, declared, "its letters beyond ASCII are UTF-8")
    found = find_file_encoding(path)
    text = codecs.getincrementaldecoder(declared)("replace").decode(sample)
    if found.is_sure and all(each.text != text for each in found.readings):
        raise _refuse(file_name, declared, f"it is {found.encoding}: {found.signs}")


def _refuse(file_name: str, declared: str, what: str) -> Refusal:
    return Refusal(
        "undecodable",
        f"{file_name} is not {declared}, as `options` say: {what}. Export it as the files before, or put it under a "
        "source of its own with its `encoding`",
    )
