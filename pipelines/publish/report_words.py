"""Numbers, days and text as the report writes them.

Put here: formatting and escaping. Keep out: which numbers.
"""

import datetime as dt
import html
from collections.abc import Iterable, Sequence
from decimal import Decimal

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ABSENT = "–"


def esc(value: object) -> str:
    """Any value as HTML text, safe within quoted attributes too."""
    return html.escape(str(value), quote=True)


def day(value: dt.date | None) -> str:
    """31 Jan 2026."""
    return ABSENT if value is None else f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def month(value: dt.date) -> str:
    """Jan 2026."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def moment(value: dt.datetime | None) -> str:
    """31 Jan 2026 03:30."""
    return ABSENT if value is None else f"{day(value)} {value:%H:%M}"


def count(value: float | Decimal | None) -> str:
    """12,345."""
    return ABSENT if value is None else f"{value:,.0f}"


def percent(value: float | None, digits: int = 1) -> str:
    """A share of 0 to 1 as 12.3%."""
    return ABSENT if value is None else f"{100 * value:.{digits}f}%"


def change(value: float | None) -> str:
    """A difference as a share of what it differs from, with its sign: +2.5%."""
    return ABSENT if value is None else f"{100 * value:+,.1f}%".replace("-", "−")


def score(value: float | None) -> str:
    """An NPS with its sign: +42."""
    return ABSENT if value is None else f"{round(value):+d}".replace("-", "−").replace("+0", "0")


def amount(value: float | Decimal | None, currency: str) -> str:
    """An amount that is told in passing, without cents: EUR 12,345."""
    return ABSENT if value is None else f"{currency} {value:,.0f}".strip().replace("-", "−")


def money(value: Decimal | None) -> str:
    """1,234.50; up to four decimals where they are not zero, since a total must tie out to the last one."""
    if value is None:
        return ABSENT
    whole, _, cents = f"{value:,.4f}".partition(".")
    return f"{whole}.{cents.rstrip('0').ljust(2, '0')}".replace("-", "−")


def short(value: float) -> str:
    """An axis label: 950, 12k, 1.5M."""
    for limit, suffix in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{suffix}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−")


def plural(n: int, one: str, many: str | None = None) -> str:
    """1 row, 2 rows."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def table(caption: str, headers: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1) -> str:
    """An HTML table; the cells are escaped here.

    Args:
        caption: What the table shows, for those who do not see the page around it.
        headers: One per column.
        rows: Cells as text.
        texts: How many of the first columns are words; the others are numbers, set to the right.
    """
    kinds = ["" if place < texts else ' class="n"' for place in range(len(headers))]
    head = "".join(f'<th scope="col"{kind}>{esc(name)}</th>' for name, kind in zip(headers, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{esc(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{esc(caption)}"><table class="plain">'
        f"<caption>{esc(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def folded(summary: str, inside: str) -> str:
    """Something to unfold; `inside` is HTML."""
    return f"<details><summary>{esc(summary)}</summary>{inside}</details>"


def legend(*entries: tuple[str, str]) -> str:
    """Style class and meaning of what a chart shows."""
    keys = "".join(f'<span><i class="key {kind}"></i>{esc(text)}</span>' for kind, text in entries)
    return f'<p class="legend">{keys}</p>'


def caption(sentence: str) -> str:
    """What a picture shows, in one sentence with its numbers."""
    return f'<p class="caption">{esc(sentence)}</p>'


def nothing(sentence: str) -> str:
    """What stands where there is nothing to show."""
    return f'<p class="nothing">{esc(sentence)}</p>'
