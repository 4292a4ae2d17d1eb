"""Reads the file of themes, and says what is wrong with it: every mistake with its line and column.

Put here: YAML to `ThemeRules`. Keep out: what a term looks for (`rules.py`), and the shipped rules (`themes.yaml`).
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import yaml

from regulars.pipelines.definitions.enumerations import ALL, UNMATCHED
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.yaml_text import compose_yaml, read_yaml_text
from regulars.pipelines.themes.gaps import GAP, find_odd_dots, has_gap
from regulars.pipelines.themes.rules import (
    FEWEST_LETTERS,
    Term,
    Theme,
    ThemeRules,
    is_too_short,
    make_patterns,
)

SHIPPED = Path(__file__).with_name("themes.yaml")
"""The rules that are used unless a company names a file of its own."""
_NAME = re.compile("[a-z][a-z0-9_]*")
_LANGUAGE = re.compile("[a-z]{2,3}")
_TAKEN = (UNMATCHED, ALL)
TERMS, WEAK, EXCEPTIONS, UNLESS = "terms", "weak", "not", "unless"


@dataclass
class _Mistakes:
    """What is wrong, in the order of the file."""

    file: str
    sentences: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, node: yaml.Node, sentence: str) -> None:
        """Note a mistake at the place of a node."""
        self.sentences.append((node.start_mark.line + 1, node.start_mark.column + 1, sentence))

    def check(self) -> None:
        """Raise `SettingsWrong` with every mistake, if there is one."""
        if self.sentences:
            lines = [f"{self.file}:{line}:{column}: {what}" for line, column, what in sorted(self.sentences)]
            raise SettingsWrong("\n".join(lines))


@cache
def load_shipped_rules() -> ThemeRules:
    """The rules that come with Regulars."""
    return load_theme_rules(SHIPPED)


def find_theme_rules(file: str | None, folder: Path) -> ThemeRules:
    """The rules of a company.

    Args:
        file: Its own file of themes, as the settings name it; None: the rules that come with Regulars.
        folder: The folder of the settings, from which a relative path starts.
    """
    return load_shipped_rules() if file is None else load_theme_rules(folder / file)


def load_theme_rules(path: Path) -> ThemeRules:
    """Read and check a file of themes.

    Raises:
        SettingsWrong: With every mistake of the file, a line each.
    """
    text = read_yaml_text(
        path,
        f"There is no file of themes `{path}`. `regulars themes --write-rules {path.name}` writes one to edit, or "
        "leave `themes.file` out to use the rules that come with Regulars.",
    )
    return parse_theme_rules(text, path.name)


def parse_theme_rules(text: str, name: str) -> ThemeRules:
    """As `load_theme_rules`, from the file's text.

    Args:
        text: YAML: theme -> `terms`, `weak` and `not`, each language -> list of terms; and `unless`, a list of themes.
        name: The file's name, for sentences.
    """
    mistakes = _Mistakes(name)
    nodes = list(_list_themes(compose_yaml(text, name), mistakes))
    names = [str(key.value) for key, _ in nodes]
    themes = [_read_theme(key, value, names, mistakes) for key, value in nodes]
    mistakes.check()
    return ThemeRules(name, hashlib.sha256(text.encode()).hexdigest(), tuple(themes))


def _list_themes(root: yaml.Node | None, mistakes: _Mistakes) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if not isinstance(root, yaml.MappingNode) or not root.value:
        raise SettingsWrong(f"{mistakes.file}:1:1: write themes, such as `late_delivery:` with `terms:` below it")
    for key, value in _list_pairs(root, mistakes):
        if not _NAME.fullmatch(key.value) or key.value in _TAKEN:
            mistakes.add(
                key,
                f"`{key.value}` cannot name a theme: write small letters, digits and underscores, and none of "
                f"{' and '.join(_TAKEN)}",
            )
        yield key, value


def _list_pairs(node: yaml.MappingNode, mistakes: _Mistakes) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """The keys of a mapping with their values; a key that stands twice, or is no text, is a mistake."""
    seen: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            mistakes.add(key, "write a text as the key")
        elif key.value in seen:
            mistakes.add(key, f"`{key.value}` stands twice (first in line {seen[key.value]})")
        else:
            seen[key.value] = key.start_mark.line + 1
            yield key, value


def _read_theme(key: yaml.Node, node: yaml.Node, names: Sequence[str], mistakes: _Mistakes) -> Theme:
    name = str(key.value)
    terms: list[Term] = []
    unless: tuple[str, ...] | None = None
    exceptions: dict[str, tuple[str, ...]] = {}
    known = len(mistakes.sentences)
    for part, value in _list_pairs(node, mistakes) if isinstance(node, yaml.MappingNode) else ():
        if part.value in (TERMS, WEAK):
            terms += [replace(each, is_weak=part.value == WEAK) for each in _read_terms(name, value, mistakes)]
        elif part.value == EXCEPTIONS:
            exceptions = _read_exceptions(name, value, mistakes)
        elif part.value == UNLESS:
            unless = _read_names(value, names, mistakes)
        else:
            known_keys = f"`{TERMS}`, `{WEAK}`, `{UNLESS}` and `{EXCEPTIONS}`"
            mistakes.add(part, f"unknown key `{part.value}`; a theme has {known_keys}")
    _refuse_both(terms, mistakes)
    if not terms and len(mistakes.sentences) == known:
        mistakes.add(key, f"theme `{name}` has no `{TERMS}`")
    return Theme(name, tuple(terms), exceptions, unless)


def _refuse_both(terms: Sequence[Term], mistakes: _Mistakes) -> None:
    """A term that stands among the weak ones too: it would always count, as though it were none of them."""
    strong = {(each.language, each.pattern) for each in terms if not each.is_weak}
    for each in terms:
        if each.is_weak and each.pattern and (each.language, each.pattern) in strong:
            sentence = f"`{each.written}` stands in `{TERMS}` and in `{WEAK}` of this theme: leave it in one of them"
            mistakes.sentences.append((each.line, each.column, sentence))


def _read_names(node: yaml.Node, names: Sequence[str], mistakes: _Mistakes) -> tuple[str, ...]:
    """Names of themes of the file, each a mistake that is none."""
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        mistakes.add(node, "write a list of themes, such as `[delivery, price]`")
        return ()
    for each in node.value:
        if each.value not in names:
            mistakes.add(each, f"`{each.value}` is no theme of this file")
    return tuple(str(each.value) for each in node.value)


def _read_exceptions(theme: str, node: yaml.Node, mistakes: _Mistakes) -> dict[str, tuple[str, ...]]:
    exceptions: dict[str, tuple[str, ...]] = {}
    for each in _read_terms(theme, node, mistakes):
        if has_gap(each.pattern):
            sentence = f"`{each.written}` has a gap: a phrase of `{EXCEPTIONS}` has none"
            mistakes.sentences.append((each.line, each.column, sentence))
        exceptions[each.language] = (*exceptions.get(each.language, ()), each.pattern)
    return exceptions


def _read_terms(theme: str, node: yaml.Node, mistakes: _Mistakes) -> list[Term]:
    if not isinstance(node, yaml.MappingNode):
        mistakes.add(node, "write languages with a list of terms each, such as `en: [late, delay]`")
        return []
    found: list[tuple[yaml.ScalarNode, Term]] = []
    for language, value in _list_pairs(node, mistakes):
        if not _LANGUAGE.fullmatch(language.value):
            mistakes.add(language, f"`{language.value}` is no language; write its code, such as `en` or `pt`")
        if not isinstance(value, yaml.SequenceNode):
            mistakes.add(value, "write a list of terms, such as `[late, delay]`")
            continue
        for each in value.value:
            if isinstance(each, yaml.ScalarNode):
                place = (each.start_mark.line + 1, each.start_mark.column + 1)
                found.append((each, Term(theme, language.value, each.value, *place)))
            else:
                mistakes.add(each, "write a term, in quotes if it has a colon or begins with a sign")
    patterns = make_patterns([term.written for _, term in found])
    for (at, term), pattern in zip(found, patterns, strict=True):
        if odd := find_odd_dots(term.written):
            mistakes.add(
                at, f"`{term.written}` has `{odd}`: write a gap as three full stops, `{GAP}`, or leave them out"
            )
        elif not pattern:
            mistakes.add(at, f"`{term.written}` has no letter to look for")
        elif is_too_short(pattern):
            mistakes.add(
                at, f"`{term.written}` has fewer than {FEWEST_LETTERS} letters: it would match words of every theme"
            )
    return [replace(term, pattern=pattern) for (_, term), pattern in zip(found, patterns, strict=True)]
