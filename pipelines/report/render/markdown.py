"""Parts of the report as Markdown: for Dagster, which shows Markdown with images that it carries within itself.

Put here: parts to Markdown. Keep out: what the parts say. Titles, sentences, legends, pictures and captions are shown;
tables are not, since Dagster shows the table itself.
"""

import base64
from collections.abc import Iterator, Sequence

from regulars.pipelines.report.charts.svg import Picture, add, draw_svg, format_svg
from regulars.pipelines.report.parts import Key, Part
from regulars.pipelines.report.render.page import PICTURE_STYLE, read_style

DOTS = {"a": "🟢", "b": "🟠", "c": "⚪", "d": "🟣", "dash": "┄"}
"""What the colours of a legend are in a text without colours, and without a language."""

STANDS_ALONE = 'svg { font-family: "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; background: #fff }'
"""As on a bright screen, whatever is around it."""


def render_markdown(parts: Sequence[Part]) -> str:
    """The parts, one below the other."""
    return "\n\n".join(paragraph for part in parts for paragraph in _list_paragraphs(part))


def _list_paragraphs(part: Part) -> Iterator[str]:
    if part.title:
        yield f"**{part.title}**"
    yield from (sentence.text for sentence in part.sentences)
    if part.legend:
        yield " · ".join(_format_entry(key) for key in part.legend)
    if part.picture:
        yield f"![{part.picture.name}]({_encode_image(part.picture)})"
    if part.caption:
        yield part.caption


def _format_entry(key: Key) -> str:
    return f"{DOTS[key.style.split()[0]]} {key.text}"


def _encode_image(picture: Picture) -> str:
    """The picture as an address that carries it; nothing shows on hover, so nothing is kept for it."""
    svg = draw_svg(picture, hover=False)
    svg.attrib.update(xmlns="http://www.w3.org/2000/svg", width=str(picture.width), height=f"{picture.height:g}")
    style = add(svg, "style", STANDS_ALONE + read_style(PICTURE_STYLE))
    svg.remove(style)
    svg.insert(0, style)
    return f"data:image/svg+xml;base64,{base64.b64encode(format_svg(svg).encode()).decode()}"
