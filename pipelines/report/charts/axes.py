"""The paper that a chart is drawn on: where values and places lie, the lines and labels at its edges.

Put here: axes and frames. Keep out: what is drawn inside them (`lines.py`, `bars.py`, `heat_map.py`).
"""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from regulars.pipelines.report.charts.svg import add
from regulars.pipelines.report.words.words import Words

WIDTH, HALF = 960, 500
"""Of a chart over the whole page, and of one of two beside each other; a chart keeps its shape at any size."""

LEFT, RIGHT, TOP, BOTTOM = 56, 20, 14, 30
WIDE_AS_A_LABEL = 70

Place = dt.date | float
"""Where along the chart: a day, or a number."""

Labels = Sequence[tuple[Place, str]]
"""Places along the chart and what stands beneath them."""


def convert_to_number(place: Place) -> float:
    """A place as a number; days count from the year 1."""
    return float(place.toordinal()) if isinstance(place, dt.date) else float(place)


@dataclass(frozen=True)
class Axes:
    """Where places and values lie on the paper.

    Attributes:
        first: Leftmost place.
        last: Rightmost place.
        ticks: Values at the axis, ascending; the chart reaches from the first to the last.
        height: In the chart's own units.
        width: In the same units.
    """

    first: Place
    last: Place
    ticks: Sequence[float]
    height: float
    width: int = WIDTH

    def x(self, place: Place) -> float:
        """Left to right."""
        first, last = convert_to_number(self.first), convert_to_number(self.last)
        return LEFT + (self.width - LEFT - RIGHT) * (convert_to_number(place) - first) / ((last - first) or 1)

    def y(self, value: float) -> float:
        """Top to bottom; clipped to the axis."""
        low, high = self.ticks[0], self.ticks[-1]
        share = (min(max(value, low), high) - low) / (high - low)
        return self.height - BOTTOM - (self.height - TOP - BOTTOM) * share


def choose_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers that hold low and high between them; at least two."""
    if high <= low:
        high = low + 1
    step = 10 ** math.floor(math.log10((high - low) / wanted))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if (high - low) / (step * factor) <= wanted)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(place * step, 10) for place in range(first, max(last, first + 1) + 1)]


def list_month_labels(first: dt.date, last: dt.date, words: Words, width: int = WIDTH) -> list[tuple[Place, str]]:
    """The firsts of months, so many that they do not touch: with the year in January and at the first of all."""
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    most = width // WIDE_AS_A_LABEL + 1
    step = next((step for step in (1, 3, 6, 12, 24, 60) if len(months) / step <= most), 120)
    days = [dt.date(place // 12, place % 12 + 1, 1) for place in months if place % step == 0]
    days = [day for day in days if first <= day <= last] or [first]
    return [
        (day, words.month_name(day.month) if day.month > 1 and place else words.month(day))
        for place, day in enumerate(days)
    ]


def draw_frame(svg: Element, axes: Axes, label: Callable[[float], str], along: Labels) -> None:
    """Grid lines with their values at the left, and labels beneath."""
    for tick in axes.ticks:
        y = axes.y(tick)
        kind = "zero" if tick == 0 else "grid"
        add(svg, "line", class_=kind, x1=LEFT, x2=axes.width - RIGHT, y1=y, y2=y)
        add(svg, "text", label(tick), class_="y", x=LEFT - 8, y=y + 4)
    base = axes.height - BOTTOM
    for place, text in along:
        x = axes.x(place)
        add(svg, "line", class_="tick", x1=x, x2=x, y1=base, y2=base + 5)
        add(svg, "text", text, class_="x", x=x, y=base + 20)
