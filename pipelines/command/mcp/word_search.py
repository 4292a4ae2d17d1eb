"""Ranks tables and metrics by the words of a question: names before columns before texts.

Put here: words and scores. Keep out: what is searched (`published.py`).
"""

import functools
import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

WORD = re.compile(r"[^\W_]{2,}|\d")
PERIODS = ("day", "week", "month", "quarter", "year")
_UNIT = f"d|w|m|y|{'|'.join(f'{each}s?' for each in PERIODS)}"
_AFTER = rf"(?P<number>\d+)[ -]?(?P<unit>{_UNIT})"
_BEFORE = rf"(?P<before>{'|'.join(PERIODS)})[ -]?(?P<after>\d+)"
_SPAN = re.compile(rf"(?<![^\W_])(?:{_AFTER}|{_BEFORE})(?![^\W_])")
_FROM_FOUR = "four five six seven eight nine ten eleven twelve"
NUMBERS = {word: str(number) for number, word in enumerate(_FROM_FOUR.split(), 4)}
"""Smaller ones are words that say nothing, such as `one`."""
_NUMBER = re.compile(rf"\b({'|'.join(NUMBERS)})\b")
ENDINGS = (
    *("alities", "ality", "ations", "ation", "ements", "ement", "ities", "ity", "ings", "ing", "ions", "ion"),
    *("ers", "ors", "ies", "er", "or", "ed", "es", "al", "ly", "s", "e", "y"),
)
"""What words lose, the longest first, so that `seasonality` finds `season` and `returning` finds `returns`."""
TOGETHER = 0.5
"""How much two words that stand together count beside what each counts."""
SHORTEST_STEM = 4
SHORT_PLURAL = re.compile(r"(\w{2}[^s])s|(\w{2}[sxz])es")
"""The plural of a word of three letters, such as `days` and `taxes`."""
IRREGULAR = {
    form: word
    for word, forms in {
        "bring": "brought",
        "buy": "bought buys buying",
        "cost": "costs",
        "leave": "left leaving",
        "lose": "lost loss losses losing",
        "pay": "paid pays paying",
        "sell": "sold sale sales",
        "spend": "spent",
        "win": "won wins winning",
    }.items()
    for form in forms.split()
}
"""Forms of a word that no ending tells."""
NO_WORDS = """
    a about after all also am an and any are as at be been before being but by can cannot could did do does during
    each ever every far for from give had has have he her him his how i if in into is it its just let list long many
    may me might more most much must my name no not of often on one only or our out per she should show since so
    still such tell than that the their them then there these they this those three to two until upon us use used
    using very was we were what when where whether which while who whom why will with within would yet you your
"""
"""Words of a question that say nothing of what is asked for."""


_NO_WORDS = frozenset(NO_WORDS.split())


@dataclass(frozen=True)
class Entry:
    """Something that can be found.

    Attributes:
        name: What is found.
        texts: Texts about it -> how much a word in them counts.
        names: What it is called -> how much each word counts of a question that says nothing else; less of one that
            says more, and nothing where it does not say the whole name.
    """

    name: str
    texts: Mapping[str, float]
    names: Mapping[str, float] = field(default_factory=dict)


def find_words(text: str) -> list[str]:
    """The stems of the words of a text that say something, each once, in their order."""
    return list(find_forms(text))


@functools.lru_cache(maxsize=8192)
def find_forms(text: str) -> Mapping[str, set[str]]:
    """The stems of the words of a text that say something, in their order -> the forms in which it says them."""
    forms: dict[str, set[str]] = {}
    for word in WORD.findall(join_spans(text)):
        if word not in _NO_WORDS:
            forms.setdefault(cut_ending(word), set()).add(word)
    return forms


def join_spans(text: str) -> str:
    """A text in small letters with numbers as digits, in which a number and its period are one word.

    `12m`, `12-month`, `twelve months` and `month 12` are all `12month`: neither part alone says what the two say.
    """
    digits = _NUMBER.sub(lambda number: NUMBERS[number[0]], text.lower())
    return _SPAN.sub(_join_span, digits)


def _join_span(span: re.Match[str]) -> str:
    unit = span["unit"] or span["before"]
    period = next(each for each in PERIODS if each[0] == unit[0])
    return f"{span['number'] or span['after']}{period}"


def count_small_words(text: str) -> int:
    """How many words of a text say nothing."""
    return sum(word in _NO_WORDS for word in WORD.findall(text.lower()))


@functools.cache
def cut_ending(word: str) -> str:
    """A word without its ending, unless less than four letters stay, and without a last letter that stands twice.

    Plurals of three letters lose their ending too, and irregular forms are those of their word.
    """
    if word in IRREGULAR:
        return IRREGULAR[word]
    if plural := SHORT_PLURAL.fullmatch(word):
        return plural[1] or plural[2]
    endings = (each for each in ENDINGS if word.endswith(each) and len(word) - len(each) >= SHORTEST_STEM)
    stem = word.removesuffix(next(endings, ""))
    return stem[:-1] if len(stem) > SHORTEST_STEM and stem[-1] == stem[-2] else stem


def rank_by_words(question: str, entries: Sequence[Entry]) -> list[str]:
    """The entries that say a word of the question, best first; of equal ones the first.

    Each word counts once per entry, by the text of it that counts most, and the more the fewer entries say it; two
    words that stand together in the question and in a text count half as much again.

    Args:
        question: Words in any order.
        entries: What is searched.
    """
    asked = find_words(question)
    weights = [_weigh_words(each, frozenset(asked)) for each in entries]
    said_by = Counter(word for each in weights for word in each)
    rarity = {word: math.log((len(entries) + 1) / said_by[word]) for word in asked if said_by[word]}
    scores = [sum(weight * rarity[word] for word, weight in each.items() if word in rarity) for each in weights]
    pairs = {pair for pair in _pair_words(question) if rarity.keys() >= set(pair)}
    for number, each in enumerate(entries):
        scores[number] += TOGETHER * _score_pairs(each, pairs, rarity)
    found = [number for number, score in enumerate(scores) if score]
    return [entries[number].name for number in sorted(found, key=lambda number: (-scores[number], number))]


@functools.lru_cache(maxsize=8192)
def _pair_words(text: str) -> frozenset[tuple[str, str]]:
    """The words of a text, each with the next that says something."""
    words = [cut_ending(word) for word in WORD.findall(join_spans(text)) if word not in _NO_WORDS]
    return frozenset(itertools.pairwise(words))


def _score_pairs(entry: Entry, pairs: Collection[tuple[str, str]], rarity: Mapping[str, float]) -> float:
    """What the pairs count that the entry says, each by the text of it that counts most."""
    said = [(_pair_words(text), weight) for text, weight in entry.texts.items()]
    return sum(
        (rarity[first] + rarity[second])
        * max((weight for there, weight in said if (first, second) in there), default=0.0)
        for first, second in pairs
    )


def _weigh_words(entry: Entry, asked: frozenset[str]) -> dict[str, float]:
    """Word -> the most that it counts in the entry."""
    said = [(find_words(text), weight) for text, weight in entry.texts.items()]
    named = [(find_words(name), weight) for name, weight in entry.names.items()]
    called = [(words, weight * len(words) / len(asked)) for words, weight in named if asked.issuperset(words)]
    weights: dict[str, float] = {}
    for words, weight in [*said, *called]:
        for word in words:
            weights[word] = max(weights.get(word, 0.0), weight)
    return weights
