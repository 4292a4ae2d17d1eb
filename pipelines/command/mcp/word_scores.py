"""Scores how well each of several things fits a question: what is called so before what is only described so.

Put here: scores. Keep out: what is searched (`metric_search.py`), what a word is (`word_search.py`).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from regulars.pipelines.command.mcp.word_search import count_small_words, find_forms

PART = 0.3
"""Of the weight of a phrase, what a word of it keeps where the question says nothing else of it."""
SMALL_WORD = 1.0
"""How rare a word that says nothing, such as `for`, is in a phrase: a phrase without it is nearer to being whole."""
OTHER_FORM = 0.85
"""What another form of a word of the question counts, such as `churned` of `churn`."""

Forms = Mapping[str, set[str]]
"""The stems of words -> the forms in which they are said."""


@dataclass(frozen=True)
class Described:
    """Something with names that people call it by, and texts about it.

    Attributes:
        phrases: What it is called -> how much its words count of a question that says the whole phrase.
        texts: Texts about it -> how much a word in them counts.
    """

    phrases: Mapping[str, float]
    texts: Mapping[str, float]

    @cached_property
    def named(self) -> list[tuple[Forms, int, float]]:
        """Of each phrase: its words, the number of its small words, its weight."""
        return [(find_forms(text), count_small_words(text), weight) for text, weight in self.phrases.items()]

    @cached_property
    def told(self) -> list[tuple[Forms, float]]:
        """Of each text: its words, its weight."""
        return [(find_forms(text), weight) for text, weight in self.texts.items()]

    @cached_property
    def words(self) -> set[str]:
        """All words that are said of it."""
        return {
            word for words in (*(each[0] for each in self.named), *(each[0] for each in self.told)) for word in words
        }


def measure_rarity(described: Sequence[Described]) -> dict[str, float]:
    """How rare each word is that any of them says: the more a question's word counts, the fewer say it."""
    said_by = Counter(word for each in described for word in each.words)
    return {word: math.log((len(described) + 1) / (count + 0.5)) for word, count in said_by.items()}


def score_by_words(question: str, described: Sequence[Described]) -> list[float]:
    """For each, which share of the question it says: 0 of none of its words, 1 of what is called just so.

    A word that nobody says counts as the rarest one. In a phrase of which the question says a part, a word counts the
    less the more of the phrase is missing.
    """
    asked = find_forms(question)
    rarity = measure_rarity(described)
    whole = sum(rarity.get(word, math.log(len(described) + 1)) for word in asked)
    if not whole:
        return [0.0] * len(described)
    return [
        sum(weight * rarity[word] for word, weight in _weigh_words(asked, each, rarity).items()) / whole
        for each in described
    ]


def _weigh_words(asked: Forms, each: Described, rarity: Mapping[str, float]) -> dict[str, float]:
    """Word of the question -> the most that it counts."""
    weights: dict[str, float] = {}
    for words, small, weight in each.named:
        there = [word for word in words if word in asked]
        missing = sum(rarity[word] for word in words if word not in asked) + small * SMALL_WORD
        said = sum(rarity[word] for word in there)
        for word in there:
            form = 1.0 if words[word] & asked[word] else OTHER_FORM
            weights[word] = max(weights.get(word, 0.0), weight * form * (PART + (1 - PART) * said / (said + missing)))
    for words, weight in each.told:
        for word in words.keys() & asked.keys():
            weights[word] = max(weights.get(word, 0.0), weight)
    return weights
