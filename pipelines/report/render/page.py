"""The report as a page: templates that escape whatever they are given, and the style.

Put here: parts to HTML. Keep out: what the parts say, and any word (templates hold none, so that a language is a file).
"""

import functools
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from regulars.pipelines.report.charts.axes import HALF
from regulars.pipelines.report.charts.lines import sparkline
from regulars.pipelines.report.charts.svg import Picture, svg_of, svg_text
from regulars.pipelines.report.parts import Page, ShadedTable

TEMPLATES = Path(__file__).parent / "templates"
STYLE = Path(__file__).parent / "style"
PICTURE_STYLE, PAGE_STYLE = "picture.css", "page.css"


def render_page(page: Page) -> str:
    """The page, whole, as HTML."""
    style = Markup(read_style(PICTURE_STYLE) + read_style(PAGE_STYLE))
    return _environment().get_template("page.html").render(page=page, style=style)


@functools.cache
def read_style(name: str) -> str:
    """A style sheet."""
    return (STYLE / name).read_text(encoding="utf-8")


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    tests: dict[str, Any] = {"shaded": _is_shaded, "half": _is_half}
    environment.tests.update(tests)
    environment.filters.update({"svg": _svg, "sparkline": _sparkline})
    return environment


def _svg(picture: Picture) -> Markup:
    return _as_markup(svg_of(picture))


def _sparkline(values: list[float | None]) -> Markup:
    drawn = sparkline(values)
    return Markup() if drawn is None else _as_markup(drawn)


def _as_markup(svg: Element) -> Markup:
    """An element has escaped what it holds."""
    return Markup(svg_text(svg))


def _is_shaded(table: object) -> bool:
    return isinstance(table, ShadedTable)


def _is_half(picture: Picture) -> bool:
    """Whether it may be shown smaller than one over the whole page."""
    return picture.width <= HALF
