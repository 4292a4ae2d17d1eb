"""Heat maps as plain SVG: a grid of shares, the deeper the colour the larger.

Put here: geometry. Keep out: what is drawn, and why; the cohort table of the page (`report_cohorts.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from regulars.pipelines.publish import report_words as words
from regulars.pipelines.publish.report_axes import WIDTH, paper

ROW, HEAD, FOOT, GAP, LETTER = 27, 8, 44, 2, 7


@dataclass(frozen=True)
class Cell:
    """One cell: a share of 0 to 1 and what shows on hover."""

    share: float
    title: str = ""


@dataclass(frozen=True)
class Line:
    """One row of the grid: what stands beside it, and its cells; None leaves one empty."""

    label: str
    cells: Sequence[Cell | None]


def heat_map(
    name: str, lines: Sequence[Line], columns: Sequence[str], along: str, *, full: float = 1.0, width: int = WIDTH
) -> str:
    """A grid of shares with their percentages.

    Args:
        name: What a screen reader says.
        lines: From the top down, at least one, each with as many cells as there are columns.
        columns: What stands beneath each column.
        along: What the columns are.
        full: The share that gets the full colour.
        width: In the chart's own units; 960 is the whole page.
    """
    left = 12 + LETTER * max(len(line.label) for line in lines)
    wide = (width - left) / len(columns)
    bottom = HEAD + ROW * len(lines)
    drawn = ""
    for place, line in enumerate(lines):
        y = HEAD + ROW * place
        drawn += f'<text class="y" x="{left - 8}" y="{y + ROW / 2 + 4:g}">{words.esc(line.label)}</text>'
        for column, cell in enumerate(line.cells):
            if cell is not None:
                drawn += _cell(cell, left + wide * column, y, wide, full)
    for column, label in enumerate(columns):
        drawn += f'<text class="x" x="{left + wide * (column + 0.5):.1f}" y="{bottom + 15}">{words.esc(label)}</text>'
    drawn += f'<text class="x" x="{(left + width) / 2:.1f}" y="{bottom + 35}">{words.esc(along)}</text>'
    return paper(name, width, bottom + FOOT, drawn)


def depth_of(share: float, full: float) -> tuple[str, float]:
    """Style class and depth (0 to 1) of the colour of a share; `full` gets the full colour."""
    depth = min(1.0, share / full) if full else 0.0
    return "deepest" if depth > 0.82 else "deep" if depth > 0.67 else "pale", depth


def _cell(cell: Cell, x: float, y: float, wide: float, full: float) -> str:
    kind, depth = depth_of(cell.share, full)
    box = f'x="{x:.1f}" y="{y}" width="{wide - GAP:.1f}" height="{ROW - GAP}"'
    title = f"<title>{words.esc(cell.title)}</title>" if cell.title else ""
    return (
        f'<g>{title}<rect class="cell" style="--v:{depth:.2f}" rx="3" {box}/>'
        f'<text class="x {kind}" x="{x + (wide - GAP) / 2:.1f}" y="{y + ROW / 2 + 3:g}">'
        f"{words.percent(cell.share, 0)}</text></g>"
    )
