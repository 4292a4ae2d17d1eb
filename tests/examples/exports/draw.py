"""Draws made-up buyers, moments and amounts, the same on every run."""

import datetime as dt
import random
from decimal import Decimal

from tests.examples.exports.books import FIRST, LAST


class Drawer:
    """Draws for one tool.

    Args:
        tool: Its name, which goes into addresses.
    """

    def __init__(self, tool: str) -> None:
        self.random, self.tool = random.Random(tool), tool

    def moments(self, count: int) -> list[dt.datetime]:
        """Moments of two years in order, some of them within an hour of a month's end in Berlin."""
        span = int((LAST - FIRST).total_seconds())
        drawn = [FIRST + dt.timedelta(seconds=self.random.randrange(span)) for _ in range(count - 8)]
        edges = [dt.datetime(2024, month, 1, tzinfo=dt.UTC) - dt.timedelta(minutes=30) for month in range(2, 10)]
        return sorted([*drawn, *edges])

    def buyer(self) -> int:
        """One of sixty buyers, some of whom come often."""
        return int(self.random.triangular(1, 60, 8))

    def email(self, number: int) -> str:
        """A buyer's address, written as people write it."""
        plain = f"buyer{number}@{self.tool}.example"
        return self.random.choice([plain, plain, plain.upper(), plain.capitalize(), f"{plain} "])

    def amount(self, least: int = 300, most: int = 12000) -> Decimal:
        """An amount in cents, now and then above a thousand."""
        cents = self.random.randint(least, most) * (20 if self.random.random() < 0.05 else 1)
        return Decimal(cents) / 100

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.random.random() < share

    def pick(self, *values: str) -> str:
        """One of the values."""
        return self.random.choice(values)
