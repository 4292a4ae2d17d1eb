"""Heat maps: a grid of shares, the deeper the colour the larger.

Put here: geometry. Keep out: what is drawn, and why; the cohort table of the page (`sections/cohorts.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from regulars.pipelines.report.charts.axes import WIDTH
from regulars.pipelines.report.charts.svg import add

ROW, HEAD, FOOT, GAP, LETTER = 27, 8, 44, 2, 7


@dataclass(frozen=True)
class Cell:
    """One cell: a share of 0 to 1, how it is written, and what shows on hover."""

    share: float
    text: str
    title: str = ""


@dataclass(frozen=True)
class HeatRow:
    """One row of the grid: what stands beside it, and its cells; None leaves one empty."""

    label: str
    cells: Sequence[Cell | None]


@dataclass(frozen=True)
class HeatMap:
    """A grid of shares.

    Attributes:
        name: What a screen reader says.
        rows: From the top down, at least one, each with as many cells as there are columns.
        columns: What stands beneath each column.
        along: What the columns are.
        full: The share that gets the full colour.
        width: In the chart's own units; 960 is the whole page.
    """

    name: str
    rows: Sequence[HeatRow]
    columns: Sequence[str]
    along: str
    full: float = 1.0
    width: int = WIDTH

    @property
    def height(self) -> float:
        """As many rows as there are, and the words beneath."""
        return HEAD + ROW * len(self.rows) + FOOT

    def draw(self, svg: Element, *, hover: bool) -> None:
        """Row by row, then the words beneath."""
        left = 12 + LETTER * max(len(row.label) for row in self.rows)
        wide = (self.width - left) / len(self.columns)
        for place, row in enumerate(self.rows):
            y = HEAD + ROW * place
            add(svg, "text", row.label, class_="y", x=left - 8, y=y + ROW / 2 + 4)
            for column, cell in enumerate(row.cells):
                if cell is not None:
                    self._draw_cell(svg, cell, (left + wide * column, y, wide), hover=hover)
        bottom = HEAD + ROW * len(self.rows)
        for column, label in enumerate(self.columns):
            add(svg, "text", label, class_="x", x=left + wide * (column + 0.5), y=bottom + 15)
        add(svg, "text", self.along, class_="x", x=(left + self.width) / 2, y=bottom + 35)

    def _draw_cell(self, svg: Element, cell: Cell, place: tuple[float, int, float], *, hover: bool) -> None:
        x, y, wide = place
        kind, depth = find_depth(cell.share, self.full)
        group = add(svg, "g")
        if hover and cell.title:
            add(group, "title", cell.title)
        shade = f"--v:{depth:.2f}"
        add(group, "rect", class_="cell", style=shade, rx=3, x=x, y=y, width=wide - GAP, height=ROW - GAP)
        add(group, "text", cell.text, class_=f"x {kind}", x=x + (wide - GAP) / 2, y=y + ROW / 2 + 3)


def find_depth(share: float, full: float) -> tuple[str, float]:
    """Style class and depth (0 to 1) of the colour of a share; `full` gets the full colour."""
    depth = min(1.0, share / full) if full else 0.0
    return "deepest" if depth > 0.82 else "deep" if depth > 0.67 else "pale", depth
