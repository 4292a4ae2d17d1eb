"""Line and bar charts as plain SVG: no script, colours from the page's style, every point with its figures on hover.

Put here: geometry. Keep out: what is drawn, and why.
"""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines.publish.report_words import MONTHS, esc

WIDTH = 960
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 14, 30


@dataclass(frozen=True)
class Point:
    """One point of a line: y None leaves a gap; low and high make a band."""

    x: dt.date
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
class Axes:
    """Where days and values lie on the paper."""

    first: dt.date
    last: dt.date
    ticks: Sequence[float]
    height: int

    def x(self, day: dt.date) -> float:
        """Left to right."""
        days = max(1, (self.last - self.first).days)
        return LEFT + (WIDTH - LEFT - RIGHT) * (day - self.first).days / days

    def y(self, value: float) -> float:
        """Top to bottom; clipped to the axis."""
        low, high = self.ticks[0], self.ticks[-1]
        share = (min(max(value, low), high) - low) / (high - low)
        return self.height - BOTTOM - (self.height - TOP - BOTTOM) * share


def nice_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers that hold low and high between them; at least two."""
    if high <= low:
        high = low + 1
    step = 10 ** math.floor(math.log10((high - low) / wanted))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if (high - low) / (step * factor) <= wanted)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(place * step, 10) for place in range(first, max(last, first + 1) + 1)]


def line_chart(
    name: str,
    lines: Sequence[tuple[str, Sequence[Point]]],
    label: Callable[[float], str],
    *,
    low: float | None = None,
    high: float | None = None,
    dots: str = "",
    height: int = 260,
) -> str:
    """Lines over time, each with the band around it.

    Args:
        name: What a screen reader says.
        lines: Style class (`a`, `b`, `c`) and points, in order of time. At least one point must have a y.
        label: How a value stands at the axis.
        low: Where the axis begins at the latest; default the lowest value.
        high: Where the axis ends at the earliest; default the highest value.
        dots: Classes of the lines that are drawn as dots only.
        height: In the chart's own units, of which it is 960 wide.
    """
    points = [point for _, line in lines for point in line]
    values = [value for point in points for value in (point.y, point.low, point.high) if value is not None]
    bounds = [bound for bound in (low, high) if bound is not None]
    ticks = nice_ticks(min([*values, *bounds]), max([*values, *bounds]))
    axes = Axes(min(point.x for point in points), max(point.x for point in points), ticks, height)
    drawn = "".join(_band(axes, kind, line) for kind, line in lines)
    for kind, line in lines:
        drawn += _dots(axes, kind, line, radius=3) if kind in dots else _path(axes, kind, line)
    return _svg(name, axes, _frame(axes, label) + drawn)


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
            top = axes.y(bottom + part)
            if part > 0:
                tall = axes.y(bottom) - top
                parts += f'<rect class="bar {kind}" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{tall:.1f}"/>'
            bottom += part
        if not bar.is_complete:
            top, floor = axes.y(bottom), axes.y(0)
            parts += f'<rect class="hatch" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{floor - top:.1f}"/>'
        drawn += f"<g><title>{esc(bar.title)}</title>{parts}</g>"
    return _svg(name, axes, HATCH + _frame(axes, label) + drawn)


HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="hatching" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>'
)


def _svg(name: str, axes: Axes, inside: str) -> str:
    return (
        f'<div class="scroll chart"><svg viewBox="0 0 {WIDTH} {axes.height}" role="img" aria-label="{esc(name)}">'
        f"{inside}</svg></div>"
    )


def _frame(axes: Axes, label: Callable[[float], str]) -> str:
    drawn = ""
    for tick in axes.ticks:
        y, kind = axes.y(tick), "zero" if tick == 0 else "grid"
        drawn += f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        drawn += f'<text class="y" x="{LEFT - 8}" y="{y + 4:.1f}">{esc(label(tick))}</text>'
    for day, text in _day_ticks(axes.first, axes.last):
        x = axes.x(day)
        base = axes.height - BOTTOM
        drawn += f'<line class="tick" x1="{x:.1f}" x2="{x:.1f}" y1="{base}" y2="{base + 5}"/>'
        drawn += f'<text class="x" x="{x:.1f}" y="{base + 20}">{esc(text)}</text>'
    return drawn


def _day_ticks(first: dt.date, last: dt.date) -> list[tuple[dt.date, str]]:
    """The firsts of months, so many that they do not touch: with the year in January and at the first of all."""
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    step = next((step for step in (1, 3, 6, 12, 24, 60) if len(months) / step <= 14), 120)
    days = [dt.date(place // 12, place % 12 + 1, 1) for place in months if place % step == 0]
    days = [day for day in days if first <= day <= last] or [first]
    return [
        (day, MONTHS[day.month - 1] if day.month > 1 and place else f"{MONTHS[day.month - 1]} {day.year}")
        for place, day in enumerate(days)
    ]


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
    few = sum(point.y is not None for point in line) <= 60
    return drawn + _dots(axes, kind, line, radius=2.6 if few else 0)


def _dots(axes: Axes, kind: str, line: Sequence[Point], *, radius: float) -> str:
    """A dot per point, and around it, unseen, room for the pointer."""
    drawn = ""
    for point in line:
        if point.y is not None:
            at = f'cx="{axes.x(point.x):.1f}" cy="{axes.y(point.y):.1f}"'
            seen = f'<circle class="dot {kind}" {at} r="{radius}"/>' if radius else ""
            drawn += f'<g>{seen}<circle class="touch" {at} r="7"/><title>{esc(point.title)}</title></g>'
    return drawn


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
    days = [dt.date(2000, 1, 1) + dt.timedelta(days=place) for place in range(len(values))]
    axes = Axes(days[0], days[-1], (low, high if high > low else low + 1), 64)
    points = [Point(day, value) for day, value in zip(days, values, strict=True)]
    way = "".join(
        f'<polyline class="line a" points="{" ".join(f"{axes.x(p.x):.0f},{axes.y(p.y or 0):.1f}" for p in run)}"/>'
        for run in _runs(points)
    )
    box = f"{LEFT} 8 {WIDTH - LEFT - RIGHT} 34"
    return f'<svg class="spark" viewBox="{box}" preserveAspectRatio="none" aria-hidden="true">{way}</svg>'
