"""Line charts: lines over days or over numbers, each with the band around it.

Put here: geometry of lines. Keep out: the axes (`axes.py`), what is drawn, and why.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from regulars.pipelines.report.charts.axes import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Axes,
    Labels,
    Place,
    choose_ticks,
    convert_to_number,
    draw_frame,
)
from regulars.pipelines.report.charts.svg import add

POINTS_WITH_DOTS = 60


@dataclass(frozen=True)
class Point:
    """One point of a line: y None leaves a gap; low and high make a band; without a title nothing shows on hover."""

    x: Place
    y: float | None
    title: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Line:
    """A line of a chart: style class (`a` to `d`, `dash`) and points from left to right, as dots only or joined."""

    style: str
    points: Sequence[Point]
    as_dots: bool = False


@dataclass(frozen=True)
class LineChart:
    """A chart of lines.

    Attributes:
        name: What a screen reader says.
        lines: The last one lies on top. At least one point must have a y.
        label: How a value stands at the axis.
        along: What stands beneath the chart.
        low: Where the axis begins at the latest; default the lowest value.
        high: Where the axis ends at the earliest; default the highest value.
        height: In the chart's own units.
        width: In the same units; 960 is the whole page.
        marks: Places that a line from top to bottom marks, and what stands beside it.
    """

    name: str
    lines: Sequence[Line]
    label: Callable[[float], str]
    along: Labels
    low: float | None = None
    high: float | None = None
    height: float = 260
    width: int = WIDTH
    marks: Labels = ()

    def draw(self, svg: Element, *, hover: bool) -> None:
        """Bands lie lowest, then marks, then lines with their dots."""
        axes = self._axes()
        draw_frame(svg, axes, self.label, self.along)
        for line in self.lines:
            _draw_band(svg, axes, line)
        for place, text in self.marks:
            _draw_mark(svg, axes, place, text)
        for line in self.lines:
            radius = 3.0
            if not line.as_dots:
                _draw_path(svg, axes, line)
                few = sum(point.y is not None for point in line.points) <= POINTS_WITH_DOTS and line.style != "dash"
                radius = 2.6 if few else 0.0
            _draw_dots(svg, axes, line, radius=radius, hover=hover)

    def _axes(self) -> Axes:
        points = [point for line in self.lines for point in line.points]
        values = [value for point in points for value in (point.y, point.low, point.high) if value is not None]
        bounds = [bound for bound in (self.low, self.high) if bound is not None]
        ticks = choose_ticks(min([*values, *bounds]), max([*values, *bounds]))
        places = sorted((point.x for point in points), key=convert_to_number)
        return Axes(places[0], places[-1], ticks, self.height, self.width)


def _split_at_gaps(line: Line) -> list[list[Point]]:
    """Split a line at its gaps: each run of points that have a value."""
    runs: list[list[Point]] = [[]]
    for point in line.points:
        if point.y is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _draw_path(svg: Element, axes: Axes, line: Line) -> None:
    for run in _split_at_gaps(line):
        way = [(axes.x(point.x), axes.y(point.y or 0)) for point in run]
        add(svg, "polyline", class_=f"line {line.style}", points=_format_points(way))


def _draw_dots(svg: Element, axes: Axes, line: Line, *, radius: float, hover: bool) -> None:
    """A dot per point, and around one that has something to say, unseen, room for the pointer."""
    for point in line.points:
        if point.y is None:
            continue
        x, y = axes.x(point.x), axes.y(point.y)
        has_title = hover and bool(point.title)
        place = add(svg, "g") if has_title else svg
        if radius:
            add(place, "circle", class_=f"dot {line.style}", cx=x, cy=y, r=radius)
        if has_title:
            add(place, "circle", class_="touch", cx=x, cy=y, r=7)
            add(place, "title", point.title)


def _draw_mark(svg: Element, axes: Axes, place: Place, text: str) -> None:
    """A line from top to bottom; its words stand on the side where there is room."""
    x = axes.x(place)
    side, gap = ("after", 6) if x < axes.width / 2 else ("before", -6)
    add(svg, "line", class_="mark", x1=x, x2=x, y1=TOP, y2=axes.height - BOTTOM)
    add(svg, "text", text, class_=side, x=x + gap, y=TOP + 9)


def _draw_band(svg: Element, axes: Axes, line: Line) -> None:
    for run in _split_at_gaps(line):
        edge = [(point.x, point.low, point.high) for point in run if point.low is not None and point.high is not None]
        if edge:
            there = [(axes.x(x), axes.y(high)) for x, _, high in edge]
            back = [(axes.x(x), axes.y(low)) for x, low, _ in reversed(edge)]
            add(svg, "polygon", class_=f"band {line.style}", points=_format_points(there + back))


def _format_points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def draw_sparkline(values: Sequence[float | None]) -> Element | None:
    """A small line without axes, for the eye only; None where there is too little for a line."""
    known = [value for value in values if value is not None]
    if len(known) < 3:
        return None
    low, high = min(known), max(known)
    axes = Axes(0, len(values) - 1, (low, high if high > low else low + 1), 64)
    box = {"class": "spark", "viewBox": f"{LEFT} 8 {WIDTH - LEFT - RIGHT} 34"}
    svg = Element("svg", box | {"preserveAspectRatio": "none", "aria-hidden": "true"})
    _draw_path(svg, axes, Line("a", [Point(place, value) for place, value in enumerate(values)]))
    return svg
