"""SVG as elements: what every chart is drawn with. Nothing is glued as text, so whatever a name holds stays text.

Put here: elements, and a picture as a whole. Keep out: geometry.
"""

from typing import Protocol
from xml.etree import ElementTree
from xml.etree.ElementTree import Element


class Picture(Protocol):
    """A chart: a name for those who do not see it, a size in its own units, and how to draw it."""

    @property
    def name(self) -> str:
        """What it shows."""

    @property
    def width(self) -> int:
        """In the chart's own units; a chart keeps its shape at any size."""

    @property
    def height(self) -> float:
        """In the same units."""

    def draw(self, svg: Element, *, hover: bool) -> None:
        """Draw it into an element; with `hover`, what is rested on says its numbers."""


def add(parent: Element, tag: str, text: str = "", **attributes: str | float) -> Element:
    """Add an element; numbers are rounded to a tenth, and `class_` or `stroke_width` lose what Python needs."""
    named = {name.rstrip("_").replace("_", "-"): _format_value(value) for name, value in attributes.items()}
    element = ElementTree.SubElement(parent, tag, named)
    element.text = text or None
    return element


def draw_svg(picture: Picture, *, hover: bool = True) -> Element:
    """The picture as an `svg` element without a size of its own."""
    box = f"0 0 {picture.width} {picture.height:g}"
    svg = Element("svg", {"viewBox": box, "role": "img", "aria-label": picture.name})
    picture.draw(svg, hover=hover)
    return svg


def format_svg(svg: Element) -> str:
    """The element as text."""
    return ElementTree.tostring(svg, encoding="unicode")


def _format_value(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.1f}" if isinstance(value, float) else str(value)
