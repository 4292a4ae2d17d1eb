"""Reads the text of the report: what an agent needs of a page, without its pictures and styles.

Put here: HTML -> text. Keep out: making the page (`pipelines/report`).
"""

import re
from html.parser import HTMLParser

UNSEEN = {"script", "style", "svg", "head"}
CELLS = {"td", "th"}
INLINE = {"a", "abbr", "b", "code", "em", "i", "small", "span", "strong", "sub", "sup"}


class _Text(HTMLParser):
    """Collects the text of a page: a line per block, cells apart by bars."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in UNSEEN
        self.parts.append(" | " if tag in CELLS else "" if tag in INLINE else "\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in UNSEEN
        self.parts.append("" if tag in CELLS | INLINE else "\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(re.sub(r"\s+", " ", data))


def read_text(page: str) -> str:
    """The text of a page of HTML: a line per heading, paragraph, item or row of a table."""
    reader = _Text()
    reader.feed(page)
    reader.close()
    lines = (re.sub(r" +", " ", line).strip() for line in "".join(reader.parts).split("\n"))
    return "\n".join(line.removeprefix("| ") for line in lines if line.strip("| "))
