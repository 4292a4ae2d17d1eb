"""The report as a page: templates that escape whatever they are given, and the style.

Put here: parts to HTML. Keep out: what the parts say, and any word (templates hold none, so that a language is a file).
"""

import datetime as dt
import functools
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.bars import BarChart
from regulars.pipelines.report.charts.lines import LineChart, draw_sparkline
from regulars.pipelines.report.charts.svg import Picture, draw_svg, format_svg
from regulars.pipelines.report.parts import Page, ShadedTable

TEMPLATES = Path(__file__).parent / "templates"
STYLE = Path(__file__).parent / "style"
PICTURE_STYLE, PAGE_STYLE = "picture.css", "page.css"


def render_page(page: Page) -> str:
    """The page, whole, as HTML."""
    style = Markup(read_style(PICTURE_STYLE) + read_style(PAGE_STYLE))
    return _make_environment().get_template("page.html").render(page=page, style=style)


@functools.cache
def read_style(name: str) -> str:
    """A style sheet."""
    return (STYLE / name).read_text(encoding="utf-8")


@functools.cache
def _make_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    tests: dict[str, Any] = {"shaded": _is_shaded, "half": _is_half, "dated": _is_dated}
    environment.tests.update(tests)
    environment.filters.update({"svg": _render_svg, "sparkline": _render_sparkline})
    return environment


def _render_svg(picture: Picture) -> Markup:
    return _mark_as_safe(draw_svg(picture))


def _render_sparkline(values: list[float | None]) -> Markup:
    drawn = draw_sparkline(values)
    return Markup() if drawn is None else _mark_as_safe(drawn)


def _mark_as_safe(svg: Element) -> Markup:
    """An element has escaped what it holds."""
    return Markup(format_svg(svg))


def _is_shaded(table: object) -> bool:
    return isinstance(table, ShadedTable)


def _is_half(picture: Picture) -> bool:
    """Whether it may be shown smaller than one over the whole page."""
    return picture.width <= HALF


def _is_dated(picture: Picture) -> bool:
    """Whether time goes along it: where it is wider than the screen, its newest end is wanted first."""
    return isinstance(picture, LineChart | BarChart) and any(isinstance(place, dt.date) for place, _ in picture.along)
