"""Line and bar charts as plain SVG: no script, colours from the page's style, every point with its figures on hover.

Put here: geometry. Keep out: the axes (`report_axes.py`), heat maps (`report_heat.py`), what is drawn, and why.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from regulars.pipelines.publish.report_axes import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Axes,
    Labels,
    Place,
    day_labels,
    frame,
    nice_ticks,
    number,
    paper,
)
from regulars.pipelines.publish.report_words import esc


@dataclass(frozen=True)
class Point:
    """One point of a line: y None leaves a gap; low and high make a band; without a title nothing shows on hover."""

    x: Place
    y: float | None
    title: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Bar:
    """One stacked bar: its parts from the bottom up; a bar that is not complete is hatched."""

    x: dt.date
    parts: Sequence[float]
    title: str = ""
    is_complete: bool = True


@dataclass(frozen=True)
class Pair:
    """Two bars beside each other, such as expected and actual, none negative."""

    label: str
    left: float
    right: float
    title: str = ""


def line_chart(
    name: str,
    lines: Sequence[tuple[str, Sequence[Point]]],
    label: Callable[[float], str],
    *,
    low: float | None = None,
    high: float | None = None,
    dots: str = "",
    height: int = 260,
    width: int = WIDTH,
    along: Labels = (),
    marks: Labels = (),
) -> str:
    """Lines over time or over numbers, each with the band around it.

    Args:
        name: What a screen reader says.
        lines: Style class (`a` to `d`, `dash`) and points, from left to right. At least one point must have a y.
        label: How a value stands at the axis.
        low: Where the axis begins at the latest; default the lowest value.
        high: Where the axis ends at the earliest; default the highest value.
        dots: Classes of the lines that are drawn as dots only.
        height: In the chart's own units.
        width: In the same units; 960 is the whole page.
        along: What stands beneath the chart; the firsts of months when the places are days.
        marks: Places that a line from top to bottom marks, and what stands beside it.
    """
    points = [point for _, line in lines for point in line]
    values = [value for point in points for value in (point.y, point.low, point.high) if value is not None]
    bounds = [bound for bound in (low, high) if bound is not None]
    ticks = nice_ticks(min([*values, *bounds]), max([*values, *bounds]))
    first, last = min((p.x for p in points), key=number), max((p.x for p in points), key=number)
    axes = Axes(first, last, ticks, height, width)
    if isinstance(first, dt.date) and isinstance(last, dt.date):
        along = along or day_labels(first, last, width)
    drawn = "".join(_band(axes, kind, line) for kind, line in lines) + "".join(_mark(axes, *mark) for mark in marks)
    for kind, line in lines:
        drawn += _dots(axes, kind, line, radius=3) if kind in dots else _path(axes, kind, line)
    return paper(name, width, height, frame(axes, label, along) + drawn)


def bar_chart(name: str, bars: Sequence[Bar], label: Callable[[float], str], *, height: int = 260) -> str:
    """Stacked bars, one per month.

    Args:
        name: What a screen reader says.
        bars: In order of time, each with the same number of parts, none negative.
        label: How a value stands at the axis.
        height: In the chart's own units, of which it is 960 wide.
    """
    ticks = nice_ticks(0, max(sum(bar.parts) for bar in bars))
    last = bars[-1].x + dt.timedelta(days=31)
    axes = Axes(bars[0].x, last, ticks, height)
    width = max(2.0, (WIDTH - LEFT - RIGHT) / len(bars) * 0.78)
    drawn = ""
    for bar in bars:
        bottom, x = 0.0, axes.x(bar.x) + 1
        parts = ""
        for kind, part in zip("abc", bar.parts, strict=False):
            if part > 0:
                parts += _bar(axes, kind, x, width, bottom, bottom + part)
            bottom += part
        if not bar.is_complete:
            top, floor = axes.y(bottom), axes.y(0)
            parts += f'<rect class="hatch" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{floor - top:.1f}"/>'
        drawn += f"<g><title>{esc(bar.title)}</title>{parts}</g>"
    return paper(name, WIDTH, height, HATCH + frame(axes, label, day_labels(bars[0].x, last)) + drawn)


def paired_bars(
    name: str, pairs: Sequence[Pair], label: Callable[[float], str], *, height: int = 240, width: int = WIDTH
) -> str:
    """Two bars per group, the left one in the colour of what is expected (`b`), the right one of what came (`a`).

    Args:
        name: What a screen reader says.
        pairs: At least one, from left to right.
        label: How a value stands at the axis.
        height: In the chart's own units.
        width: In the same units.
    """
    ticks = nice_ticks(0, max(value for pair in pairs for value in (pair.left, pair.right)))
    axes = Axes(0, len(pairs), ticks, height, width)
    wide = (width - LEFT - RIGHT) / len(pairs) * 0.4
    drawn = ""
    for place, pair in enumerate(pairs):
        middle = axes.x(place + 0.5)
        both = _bar(axes, "b", middle - wide, wide, 0, pair.left) + _bar(axes, "a", middle, wide, 0, pair.right)
        drawn += f"<g><title>{esc(pair.title)}</title>{both}</g>"
    along = [(place + 0.5, pair.label) for place, pair in enumerate(pairs)]
    return paper(name, width, height, frame(axes, label, along) + drawn)


HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="hatching" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>'
)


def _bar(axes: Axes, kind: str, x: float, width: float, bottom: float, top: float) -> str:
    y, tall = axes.y(top), axes.y(bottom) - axes.y(top)
    return f'<rect class="bar {kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{tall:.1f}"/>'


def _runs(line: Sequence[Point]) -> list[list[Point]]:
    """The stretches without a gap."""
    runs: list[list[Point]] = [[]]
    for point in line:
        if point.y is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _path(axes: Axes, kind: str, line: Sequence[Point]) -> str:
    drawn = ""
    for run in _runs(line):
        way = " ".join(f"{axes.x(point.x):.1f},{axes.y(point.y or 0):.1f}" for point in run)
        drawn += f'<polyline class="line {kind}" points="{way}"/>'
    few = sum(point.y is not None for point in line) <= 60 and kind != "dash"
    return drawn + _dots(axes, kind, line, radius=2.6 if few else 0)


def _dots(axes: Axes, kind: str, line: Sequence[Point], *, radius: float) -> str:
    """A dot per point, and around one that has something to say, unseen, room for the pointer."""
    drawn = ""
    for point in line:
        if point.y is not None:
            at = f'cx="{axes.x(point.x):.1f}" cy="{axes.y(point.y):.1f}"'
            dot = f'<circle class="dot {kind}" {at} r="{radius}"/>' if radius else ""
            touch = f'<circle class="touch" {at} r="7"/><title>{esc(point.title)}</title>' if point.title else ""
            drawn += f"<g>{dot}{touch}</g>" if touch else dot
    return drawn


def _mark(axes: Axes, place: Place, text: str) -> str:
    """A line from top to bottom; its words stand on the side where there is room."""
    x = axes.x(place)
    side, gap = ("after", 6) if x < axes.width / 2 else ("before", -6)
    line = f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{axes.height - BOTTOM}"/>'
    return line + f'<text class="{side}" x="{x + gap:.1f}" y="{TOP + 9}">{esc(text)}</text>'


def _band(axes: Axes, kind: str, line: Sequence[Point]) -> str:
    drawn = ""
    for run in _runs(line):
        edge = [(point.x, point.low, point.high) for point in run if point.low is not None and point.high is not None]
        if edge:
            there = [f"{axes.x(x):.1f},{axes.y(high):.1f}" for x, _, high in edge]
            back = [f"{axes.x(x):.1f},{axes.y(low):.1f}" for x, low, _ in reversed(edge)]
            drawn += f'<polygon class="band {kind}" points="{" ".join(there + back)}"/>'
    return drawn


def sparkline(values: Sequence[float | None]) -> str:
    """A small line without axes, for the eye only."""
    known = [value for value in values if value is not None]
    if len(known) < 3:
        return ""
    low, high = min(known), max(known)
    axes = Axes(0, len(values) - 1, (low, high if high > low else low + 1), 64)
    points = [Point(place, value) for place, value in enumerate(values)]
    way = "".join(
        f'<polyline class="line a" points="{" ".join(f"{axes.x(p.x):.0f},{axes.y(p.y or 0):.1f}" for p in run)}"/>'
        for run in _runs(points)
    )
    box = f"{LEFT} 8 {WIDTH - LEFT - RIGHT} 34"
    return f'<svg class="spark" viewBox="{box}" preserveAspectRatio="none" aria-hidden="true">{way}</svg>'
