"""Every sentence of the report, collected from its code: what a language has to translate.

`python -m regulars.pipelines.report.words.collect fi` brings `fi.po` up to date: it adds new sentences without a
translation, removes those that the report no longer says, and keeps all other translations.
Put here: collecting, and what is wrong with a catalogue. Keep out: using one (`words.py`).
"""

import ast
import re
import string
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polib

from regulars.pipelines.report.words.words import CATALOGUES

REPORT = CATALOGUES.parent
SAYS = {"say": 1, "say_count": 2}
"""The methods of `Words` that take messages, and how many of their arguments are messages."""

WIDTH = 118
NEW_CATALOGUE = {
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}


@dataclass(frozen=True)
class Message:
    """A sentence of the report.

    Attributes:
        text: In English; of a sentence about a number, as it is for one.
        many: As it is for several; empty where no number decides.
        values: What may stand in braces.
        files: Where it is said, within the report's folder.
    """

    text: str
    many: str
    values: frozenset[str]
    files: tuple[str, ...]


def collect_messages() -> dict[str, Message]:
    """Every sentence by its text, in order of the files that say it.

    Raises:
        ValueError: A message is not a literal, so that no catalogue could hold it.
    """
    messages: dict[str, Message] = {}
    for path in sorted(REPORT.rglob("*.py")):
        for message in _read_messages(path):
            seen = messages.get(message.text, message)
            messages[message.text] = Message(
                message.text,
                message.many or seen.many,
                message.values | seen.values,
                tuple(dict.fromkeys([*seen.files, *message.files])),
            )
    return messages


def _read_messages(path: Path) -> Iterator[Message]:
    file = path.relative_to(REPORT).as_posix()
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if isinstance(node.func, ast.Attribute) and node.func.attr in SAYS:
            texts = [_read_literal(argument, f"{file}:{node.lineno}") for argument in node.args[: SAYS[node.func.attr]]]
            values = {keyword.arg for keyword in node.keywords if keyword.arg}
            values |= {name for text in texts for name in list_placeholders(text)}
            yield Message(texts[0], "".join(texts[1:]), frozenset(values), (file,))


def _read_literal(argument: ast.expr, place: str) -> str:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    raise ValueError(f"{place}: a message must be a literal, so that languages can be collected")


def list_placeholders(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def list_mistakes(catalogue: polib.POFile) -> list[str]:
    """What is wrong with a catalogue: sentences left out, and values in braces that are not the sentence's own."""
    messages = collect_messages()
    entries = {entry.msgid: entry for entry in catalogue if not entry.obsolete}
    mistakes = [f"no longer said: {text}" for text in entries if text not in messages]
    for message in messages.values():
        said = _list_translations(entries.get(message.text), count_forms(catalogue))
        if not said or not all(said):
            mistakes.append(f"not translated: {message.text}")
        for text in filter(None, said):
            mistakes += _list_wrong_values(message, text)
    return mistakes


def count_forms(catalogue: polib.POFile) -> int:
    """How many plural forms the language has, as the catalogue's header says."""
    found = re.match(r"\s*nplurals\s*=\s*(\d+)", catalogue.metadata.get("Plural-Forms", ""))
    return int(found[1]) if found else 2


def _list_translations(entry: polib.POEntry | None, forms: int) -> list[str]:
    if entry is None or entry.fuzzy:
        return []
    if entry.msgid_plural:
        return [entry.msgstr_plural.get(form, "") for form in range(forms)]
    return [entry.msgstr]


def _list_wrong_values(message: Message, text: str) -> list[str]:
    found, own = list_placeholders(text), list_placeholders(message.many or message.text)
    missing = own - found
    if "month_number" in found:
        missing -= {"month"}
    return [
        *(f"unknown {{{name}}} in: {text}" for name in sorted(found - message.values)),
        *(f"without {{{name}}}: {text}" for name in sorted(missing)),
    ]


def update_catalogue(path: Path) -> polib.POFile:
    """Bring a catalogue up to date with what the report says; a new one is begun without translations."""
    before = polib.pofile(str(path)) if path.exists() else polib.POFile()
    known = {entry.msgid: entry for entry in before}
    after = polib.POFile(wrapwidth=WIDTH)
    after.header = before.header
    after.metadata = before.metadata or NEW_CATALOGUE | {"Language": path.stem}
    for message in collect_messages().values():
        entry = known.get(message.text) or polib.POEntry(msgid=message.text)
        entry.occurrences = [(file, "") for file in message.files]
        entry.msgid_plural = message.many
        if message.many:
            forms = range(count_forms(after))
            entry.msgstr_plural = {form: entry.msgstr_plural.get(form, "") for form in forms}
        after.append(entry)
    after.save(str(path))
    return after


def main(languages: Sequence[str]) -> int:
    """Bring the named languages' catalogues up to date, and say what is left to do."""
    for language in languages:
        path = CATALOGUES / f"{language}.po"
        mistakes = list_mistakes(update_catalogue(path))
        sys.stdout.write(f"{path}: {len(mistakes)} to do\n")
        sys.stdout.writelines(f"  {mistake}\n" for mistake in mistakes)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
