"""Searches all numbers at once for one that fits some patterns of numbering plans and not others.

The patterns are made of digits, choices and bounded repeats, so that each is a small automaton; those of a question run
side by side over all digits, and equal states are looked at once. What is not found does not exist.
"""

from collections.abc import Callable, Sequence
from functools import cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

DIGITS = "0123456789"
LONGEST = 17
"""No number is longer, without its country code."""

States = frozenset[int]


class Pattern:
    """An automaton that reads a number digit by digit."""

    def __init__(self, pattern: str, *, is_beginning: bool = False) -> None:
        """Build it; with `is_beginning`, numbers fit that begin with the pattern."""
        self._free: list[list[int]] = []
        self._by_digit: list[list[tuple[frozenset[str], int]]] = []
        self._known: dict[tuple[States, str], States] = {}
        self._is_beginning = is_beginning
        first = self._add_state()
        self._last = self._build(parser.parse(pattern), first)
        self.start = self._follow({first})

    def fits(self, states: States) -> bool:
        return self._last in states

    def read(self, states: States, digit: str) -> States:
        if self._is_beginning and self.fits(states):
            return states
        if (states, digit) not in self._known:
            reached = {to for each in states for digits, to in self._by_digit[each] if digit in digits}
            self._known[states, digit] = self._follow(reached)
        return self._known[states, digit]

    def _add_state(self) -> int:
        self._free.append([])
        self._by_digit.append([])
        return len(self._free) - 1

    def _follow(self, states: set[int]) -> States:
        found, to_do = set(states), list(states)
        while to_do:
            new = [each for each in self._free[to_do.pop()] if each not in found]
            found.update(new)
            to_do += new
        return frozenset(found)

    def _build(self, parts: Any, state: int) -> int:
        for code, what in parts:
            if code is codes.SUBPATTERN:
                state = self._build(what[3], state)
            elif code is codes.BRANCH:
                ends = [self._build(choice, state) for choice in what[1]]
                state = self._join(ends)
            elif code is codes.MAX_REPEAT:
                fewest, most, inner = what
                ends = [state]
                for _ in range(most):
                    ends.append(self._build(inner, ends[-1]))
                state = self._join(ends[fewest:])
            else:
                to = self._add_state()
                self._by_digit[state].append((_list_digits(code, what), to))
                state = to
        return state

    def _join(self, ends: Sequence[int]) -> int:
        joined = self._add_state()
        for end in ends:
            self._free[end].append(joined)
        return joined


def _list_digits(code: Any, what: Any) -> frozenset[str]:
    if code is codes.LITERAL:
        return frozenset(chr(what))
    if code is codes.RANGE:
        return frozenset(map(chr, range(what[0], what[1] + 1)))
    if code is codes.CATEGORY:
        return frozenset(DIGITS)
    assert code is codes.IN
    return frozenset().union(*(_list_digits(*each) for each in what))


@cache
def read_pattern(pattern: str, *, is_beginning: bool = False) -> Pattern:
    return Pattern(pattern, is_beginning=is_beginning)


def read_after(pattern: Pattern, before: Pattern) -> States:
    """Where a pattern stands after any number that fits `before`."""
    level, found = {(before.start, pattern.start)}, set[int]()
    for _ in range(LONGEST):
        found.update(*(own for states, own in level if before.fits(states)))
        level = {
            (before.read(states, digit), pattern.read(own, digit))
            for states, own in level
            if states
            for digit in DIGITS
        }
    return frozenset(found)


def find_number(
    patterns: Sequence[Pattern],
    is_wanted: Callable[[Sequence[bool], int], bool],
    starts: Sequence[States] | None = None,
) -> str | None:
    """The shortest number for which `is_wanted` is true of which patterns it fits and of its length, or None.

    Args:
        patterns: A number must begin like one that fits the first of them.
        is_wanted: Takes whether the number fits each pattern, and how long it is.
        starts: Where the patterns stand before the number.
    """
    level = {tuple(starts or [each.start for each in patterns]): ""}
    for length in range(LONGEST + 1):
        for states, number in level.items():
            if is_wanted([each.fits(state) for each, state in zip(patterns, states, strict=True)], length):
                return number
        level = {
            tuple(each.read(state, digit) for each, state in zip(patterns, states, strict=True)): number + digit
            for states, number in level.items()
            for digit in DIGITS
        }
        level = {states: number for states, number in level.items() if states[0]}
    return None
