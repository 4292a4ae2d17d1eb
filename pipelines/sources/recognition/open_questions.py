"""Questions that a file leaves open: of one column there may be several.

Put here: keeping all of them. Keep out: what is asked (`guess.py`).
"""

from collections.abc import Iterable, Iterator, Mapping


class Questions(Mapping[str, str]):
    """A key of a source, or a column of ours -> all that is asked of it, in the order in which it was asked."""

    def __init__(self, *given: Mapping[str, str]) -> None:
        self._texts: dict[str, list[str]] = {}
        for each in given:
            self.ask_all(each.items())

    def ask(self, key: str, text: str) -> None:
        """Ask something beside what is asked already."""
        texts = self._texts.setdefault(key, [])
        if text not in texts:
            texts.append(text)

    def ask_all(self, asked: Iterable[tuple[str, str]]) -> None:
        """Ask pairs of a key and a text."""
        for key, text in asked:
            self.ask(key, text)

    def __getitem__(self, key: str) -> str:
        *before, last = self._texts[key]
        return "".join(f"{text} " if text.endswith("?") else f"{text}; " for text in before) + last

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)
