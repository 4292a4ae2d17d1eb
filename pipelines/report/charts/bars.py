"""Bar charts: parts stacked month by month, and two bars beside each other.

Put here: geometry of bars. Keep out: the axes (`axes.py`), what is drawn, and why.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from regulars.pipelines.report.charts.axes import LEFT, RIGHT, WIDTH, Axes, Labels, choose_ticks, draw_frame
from regulars.pipelines.report.charts.svg import add

WIDE_AS_A_MONTH = dt.timedelta(days=31)


@dataclass(frozen=True)
class Bar:
    """One stacked bar: its parts from the bottom up, none negative; a bar that is not complete is hatched."""

    x: dt.date
    parts: Sequence[float]
    title: str = ""
    is_complete: bool = True


@dataclass(frozen=True)
class BarChart:
    """Stacked bars, one per month, in order of time.

    Attributes:
        name: What a screen reader says.
        bars: At least one, each with the same number of parts.
        label: How a value stands at the axis.
        along: What stands beneath the chart.
        height: In the chart's own units.
        width: In the same units; 960 is the whole page.
    """

    name: str
    bars: Sequence[Bar]
    label: Callable[[float], str]
    along: Labels
    height: float = 260
    width: int = WIDTH

    def draw(self, svg: Element, *, hover: bool) -> None:
        """Each bar's parts in the colours `a`, `b`, `c`."""
        _define_hatch(svg)
        ticks = choose_ticks(0, max(sum(bar.parts) for bar in self.bars))
        axes = Axes(self.bars[0].x, self.bars[-1].x + WIDE_AS_A_MONTH, ticks, self.height, self.width)
        draw_frame(svg, axes, self.label, self.along)
        wide = max(2.0, (self.width - LEFT - RIGHT) / len(self.bars) * 0.78)
        for bar in self.bars:
            group, x, bottom = _add_group(svg, bar.title, hover=hover), axes.x(bar.x) + 1, 0.0
            for kind, part in zip("abc", bar.parts, strict=False):
                if part > 0:
                    _draw_bar(group, axes, f"bar {kind}", (x, wide), (bottom, bottom + part))
                bottom += part
            if not bar.is_complete:
                _draw_bar(group, axes, "hatch", (x, wide), (0, bottom))


@dataclass(frozen=True)
class Pair:
    """Two bars beside each other, such as expected and actual, none negative."""

    label: str
    left: float
    right: float
    title: str = ""


@dataclass(frozen=True)
class PairedBars:
    """Two bars per group, the left one in the colour of what is expected (`b`), the right one of what came (`a`).

    Attributes:
        name: What a screen reader says.
        pairs: At least one, from left to right.
        label: How a value stands at the axis.
        height: In the chart's own units.
        width: In the same units; 960 is the whole page.
    """

    name: str
    pairs: Sequence[Pair]
    label: Callable[[float], str]
    height: float = 240
    width: int = WIDTH

    def draw(self, svg: Element, *, hover: bool) -> None:
        """The bars touch in the middle of their group."""
        ticks = choose_ticks(0, max(value for pair in self.pairs for value in (pair.left, pair.right)))
        axes = Axes(0, len(self.pairs), ticks, self.height, self.width)
        middles = [place + 0.5 for place in range(len(self.pairs))]
        along = [(middle, pair.label) for middle, pair in zip(middles, self.pairs, strict=True)]
        draw_frame(svg, axes, self.label, along)
        wide = (self.width - LEFT - RIGHT) / len(self.pairs) * 0.4
        for middle, pair in zip(middles, self.pairs, strict=True):
            group, x = _add_group(svg, pair.title, hover=hover), axes.x(middle)
            _draw_bar(group, axes, "bar b", (x - wide, wide), (0, pair.left))
            _draw_bar(group, axes, "bar a", (x, wide), (0, pair.right))


def _add_group(svg: Element, title: str, *, hover: bool) -> Element:
    group = add(svg, "g")
    if hover and title:
        add(group, "title", title)
    return group


def _draw_bar(group: Element, axes: Axes, style: str, across: tuple[float, float], values: tuple[float, float]) -> None:
    """A bar from `across` (left edge and width) and between two values, the lower one first."""
    (x, wide), (bottom, top) = across, values
    add(group, "rect", class_=style, x=x, y=axes.y(top), width=wide, height=axes.y(bottom) - axes.y(top))


def _define_hatch(svg: Element) -> None:
    pattern = add(
        add(svg, "defs"), "pattern", id="hatch", width=6, height=6, patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )  # fmt: skip
    add(pattern, "line", class_="hatching", x1=0, y1=0, x2=0, y2=6)
