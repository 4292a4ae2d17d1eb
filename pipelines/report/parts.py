"""What the report consists of, as values: a page of sections, a section of parts, and what a part may hold.

Put here: shapes. Keep out: what they say (`sections/`) and how they look (`render/`). All text is text: no markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from regulars.pipelines.report.charts.svg import Picture


@dataclass(frozen=True)
class Key:
    """One entry of a legend: `a` to `d` or `dash`, alone or with `line` or `dot`, and what is drawn so."""

    style: str
    text: str


@dataclass(frozen=True)
class Sentence:
    """A sentence that stands for itself.

    Attributes:
        text: What it says.
        kind: `absent` where there is nothing to show, `good` and `warn` for a check, `note` in small print.
        lead: What it says first, in bold.
    """

    text: str
    kind: Literal["absent", "good", "warn", "note"]
    lead: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        caption: What it shows, for those who do not see the page around it.
        headers: One per column.
        rows: Cells as text.
        texts: How many of the first columns are words; the others are numbers, set to the right.
        notes: How many of the last columns are words again, such as a reason.
        fold: What to click on to unfold the table; empty for one that stands open.
    """

    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 1
    notes: int = 0
    fold: str = ""


@dataclass(frozen=True)
class Shade:
    """A cell of a shaded table: its text, what shows on hover, and its colour.

    Attributes:
        text: What stands in it; of an `open` cell only for those who cannot see it.
        title: What shows on hover.
        kind: How deep its colour is, see `find_depth`; `open` is hatched: not known yet.
        depth: 0 to 1.
    """

    text: str
    title: str
    kind: str
    depth: float = 0.0


@dataclass(frozen=True)
class ShadedRow:
    """A row of a shaded table: its name, plain numbers, and shaded cells; None leaves one empty."""

    name: str
    numbers: Sequence[str]
    cells: Sequence[Shade | None]


@dataclass(frozen=True)
class ShadedTable:
    """A table whose cells are the deeper coloured the larger they are.

    Attributes:
        label: What a screen reader calls it.
        caption: What it shows.
        names: Headers of the rows' names and numbers.
        hint: What shows on hover over the last of `names`.
        columns: Headers of the cells.
        rows: From the top down.
        total: The last row, of all.
    """

    label: str
    caption: str
    names: Sequence[str]
    hint: str
    columns: Sequence[str]
    rows: Sequence[ShadedRow]
    total: ShadedRow


@dataclass(frozen=True)
class Share:
    """A bar of a list of shares: its name, 0 to 1 (0 where it is not known), and the share in words."""

    name: str
    share: float
    text: str


@dataclass(frozen=True)
class Part:
    """A part of a section; whatever it has stands in this order.

    Attributes:
        title: Its heading.
        sentences: Outcomes of checks, or why there is nothing to show.
        legend: What the picture's colours mean.
        picture: A chart.
        shares: A list of bars.
        caption: What the picture shows, in one sentence with its numbers.
        table: The numbers.
        notes: In small print below.
    """

    title: str = ""
    sentences: Sequence[Sentence] = ()
    legend: Sequence[Key] = ()
    picture: Picture | None = None
    shares: Sequence[Share] = ()
    caption: str = ""
    table: Table | ShadedTable | None = None
    notes: Sequence[Sentence] = ()


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes:
        key: What it is found by, in the page's addresses too.
        title: Its heading.
        lede: The answer in a sentence; may be empty.
        rows: Parts from the top down; those of one row stand beside each other.
        means: How to read it.
    """

    key: str
    title: str
    lede: str
    rows: Sequence[Sequence[Part]]
    means: str


@dataclass(frozen=True)
class Tile:
    """A number that a person wants first, what it rests on, and how it came about."""

    name: str
    value: str
    text: str
    history: Sequence[float | None] = ()


@dataclass(frozen=True)
class Page:
    """The whole page.

    Attributes:
        language: Its code.
        company: Whose it is.
        kicker: What it is about.
        title: Of the window.
        as_of: The day that it is about, in words; may be empty.
        origin: Which generation, and in which currency.
        tiles: The numbers that a person wants first.
        notices: What must be known before the numbers are believed.
        sections: In order.
        how_to_read: What stands before each section's `means`.
        footer: The last sentence.
    """

    language: str
    company: str
    kicker: str
    title: str
    as_of: str
    origin: str
    tiles: Sequence[Tile]
    notices: Sequence[Sentence]
    sections: Sequence[Section]
    how_to_read: str
    footer: str


def make_absent_part(sentence: str) -> Part:
    """What stands where there is nothing to show."""
    return Part(sentences=[Sentence(sentence, "absent")])
