"""What a company may set about one export: where its files lie, how they are written, what their columns mean.

Put here: the shape of `sources.<name>`. Keep out: everything else that can be set (`settings.py`), and reading a file
(`pipelines/sources/`).
"""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from regulars.pipelines.kinds.shape.kind import DeliveryMode
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.part import (
    CURRENCY_SIGN_PATTERN,
    SYSTEM_PATTERN,
    Currency,
    Encoding,
    Name,
    Part,
    PlainText,
    Zone,
)
from regulars.pipelines.settings.ways_in import DatabaseTable

NAMES_OF_KINDS = tuple(KINDS)


class FileOptions(Part):
    """How the files of a source are written. Nothing is guessed from the data but the encoding."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """What stands between two values of a CSV file; write a tab as `"\\t"`."""
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    """What encloses a value that holds the delimiter or a line end."""
    encoding: Encoding = "auto"
    """How characters are written: any encoding that Python knows, such as `cp1250` or `shift_jis`. `auto` takes a file
    as UTF-8 if it is, as UTF-16 if it begins like it, else as the Windows encoding cp1252; it refuses a file that does
    not look like that, and the run warns where letters of the file are others in cp1250, in cp1254 or on a Mac."""
    decimal: Literal[".", ","] = "."
    """The decimal sign of numbers."""
    thousands: Literal["", ",", ".", " ", "'"] = ""
    """What groups the digits of large numbers, as in `1.234.567,89`; numbers without it are read too."""
    currency_sign: Annotated[str, Field(pattern=CURRENCY_SIGN_PATTERN)] = ""
    """What stands before or behind every amount, such as `$` in `$1,234.50`, `-$12.00` and `($12.00)`; amounts without
    it are read too. It says nothing of the currency: a file with amounts in several currencies has a column for it."""
    datetime_format: str = "iso"
    """How moments are written, in the signs of `strptime`, such as `%d.%m.%Y %H:%M`. `iso` reads `2026-06-30`,
    `2026-06-30 14:05:00` and `2026-06-30T14:05:00+02:00`. Names of months (`%B`, `%b`) may be English or one of twelve
    more European languages, weekdays (`%A`, `%a`) may be in any; an offset (`%z`) may be as short as `+3`."""
    date_format: str = "iso"
    """How days are written, in the same signs. `iso` reads `2026-06-30`."""
    final_newline: Literal["required", "optional"] = "required"
    """A CSV file that does not end with a line end is taken for cut off and is refused. Write `optional` when the tool
    never writes one."""


class Derived(Part):
    """A column of ours made by a small SQL expression over the file's own columns (all text)."""

    sql: str
    """The expression, in DuckDB's SQL. It computes with the columns of one row; no subquery, no clock."""


class Constant(Part):
    """A column of ours that has the same value in every row."""

    value: PlainText
    """The value: a text, a number, a day, or `true` or `false`."""


class FillDown(Part):
    """Cells that a tool writes on the first row of a document only, and leaves empty on the rows that continue it."""

    document: str
    """The column that names the document, such as an order's number. A row continues the one before where its cell is
    the same, or empty."""
    columns: Annotated[list[str], Field(min_length=1)]
    """The columns that are filled: an empty cell takes the value of the row above of the same document. Name columns of
    the whole document only, such as its currency and total, never those of its lines."""


Column = str | list[str] | Derived | Constant
"""A header name; several names, of which the first that the file has is used; an expression; or a constant."""


class KindMapping(Part):
    """How the rows of a file become rows of one kind, where a file holds several kinds."""

    columns: dict[str, Column]
    """As `sources.<name>.columns`, for this kind."""
    when: str | None = None
    """Which rows are of this kind: a SQL condition over the file's columns, which are all text. Without it, all are.
    Rows that the only kind of a source does not take are counted as excluded by the rule `when`; rows that none of
    several kinds takes, and rows that would be taken but for a condition that is NULL, are quarantined."""


class Source(Part):
    """One export of one tool: where its files lie, how they are written, and what their columns mean.

    A value of `columns` is a header name, a list of header names of which the first that the file has is used (for
    tools that rename their columns), `{sql: …}`, a small SQL expression over the file's columns, or `{value: …}`, the
    same text in every row. Header names match in any case; blanks around them do not count.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    path: str | list[str] | None = None
    """Where the files lie; give either this or `from`: a path or a glob, or a list of them, from the settings file's
    folder (or `--data`). Files that are new in one run are delivered in the order of the list, and within a glob in the
    order in which they were last changed, whatever their names say. Names that end like unfinished uploads (`.part`,
    `.tmp` …) are passed over."""
    from_: Annotated[DatabaseTable | None, Field(alias="from")] = None
    """Where the records are fetched at each run, for a source that is no file."""
    format: Literal["csv", "csv.gz", "parquet", "jsonl"] = "csv"
    """The form of the files; `jsonl` is one JSON object per line."""
    options: FileOptions = FileOptions()
    kind: Literal[NAMES_OF_KINDS] | None = None  # type: ignore[valid-type]
    """What the rows are, where all are of one kind. Give either `kind` with `columns`, or `kinds`."""
    columns: dict[str, Column] = {}
    """Our column: the file's column. Columns that are not named stay in the landing and are not published."""
    kinds: dict[Literal[NAMES_OF_KINDS], KindMapping] = {}  # type: ignore[valid-type]
    """What the rows are, where a file feeds several kinds: each kind with its own `columns` and, if need be, `when`."""
    system: Annotated[str, Field(pattern=SYSTEM_PATTERN)] | None = None
    """The tool whose ids the file holds. Sources with the same `system` share order ids, product ids and so on. Without
    it, the source's own name."""
    timezone: Zone | None = None
    """The zone of moments that carry none. Without it, the company's."""
    currency: Currency | None = None
    """The currency of amounts whose row names none. Without it, the company's."""
    exclude: dict[Name, str] = {}
    """Records that are sound and none of ours, such as failed charges: a name, and a SQL condition over the file's
    columns, which are all text. They are counted per name in `meta.excluded_rows`, and never against
    `max_quarantined`. A record for which a condition is NULL is quarantined."""
    include: dict[Name, str] = {}
    """The opposite of `exclude`: conditions that every record of ours fulfils."""
    fill_down: FillDown | None = None
    """For files that write an order over several rows and what belongs to the whole order on the first of them only, as
    Shopify and Odoo do. Conditions and columns see the filled cells, so that every line knows its order."""
    delivery: DeliveryMode | None = None
    """`full`: the newest file holds everything; what is gone from it was deleted. `incremental`: each file adds to the
    ones before, and a document that comes again, such as an order with its lines, replaces its older version. `append`:
    each file adds records, each of which counts once by its own id and replaces no other one, as in the journal of a
    till. Without it, what suits the kind (docs/kinds.md): `full` for customers, products and stores, `append` for
    payments, refunds and surveys, else `incremental`. A source of several kinds takes `incremental` if one of them
    does, else `append`. `regulars doctor` says which applies."""
    required: bool | None = None
    """Whether a run without this source stops (exit code 4). Without it: true for `orders` and `order_lines`. A source
    that is not required uses its last delivery again and is marked stale in `meta.sources`."""
    max_age_hours: Annotated[float, Field(gt=0)] | None = None
    """How old the newest file may be. An older one is refused as late. Without it, any age will do."""
    max_quarantined: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of the source's rows that may be quarantined; of those that are new since the last generation too, from
    ten bad rows on. With more, the run stops (exit code 65); a source that is not required goes on without the file,
    with its last good one or none, and is marked stale."""

    @model_validator(mode="before")
    @classmethod
    def _take_fetched_rows_as_parquet(cls, written: Any) -> Any:
        if isinstance(written, dict) and written.get("from") is not None:
            return {"format": "parquet", **written}
        return written

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.path is None) == (self.from_ is None):
            raise ValueError("give either `path`, where its files lie, or `from`, where its records are fetched")
        if self.from_ is not None and self.format != "parquet":
            raise ValueError("`format` is for files; remove it beside `from`")
        return self

    @model_validator(mode="after")
    def _one_way_to_name_kinds(self) -> Self:
        if (self.kind is None) == (not self.kinds):
            raise ValueError("give either `kind` with `columns`, or `kinds`")
        if self.kind is not None and not self.columns:
            raise ValueError("`columns` is missing: say which of the file's columns are ours")
        return self

    @property
    def mappings(self) -> dict[str, KindMapping]:
        """Kind -> mapping, however it was written."""
        if self.kind is not None:
            return {self.kind: KindMapping(columns=self.columns)}
        return dict(self.kinds)

    @property
    def delivery_mode(self) -> DeliveryMode:
        """What a delivery means for the ones before it: as set, else the most careful default of the source's kinds.

        The file of one kind that is taken as `full` by mistake loses all earlier files; one that is taken as
        `incremental` keeps at worst what was deleted.
        """
        if self.delivery is not None:
            return self.delivery
        defaults = {KINDS[kind].delivery for kind in self.mappings}
        careful: tuple[DeliveryMode, ...] = ("incremental", "append", "full")
        return next(mode for mode in careful if mode in defaults)

    @property
    def repeating_kinds(self) -> frozenset[str]:
        """The kinds whose records a file repeats because its rows are records of another kind of the source too.

        Where rows are lines of orders, whatever else they name repeats; elsewhere what has a place in many rows does:
        customers, products and stores.
        """
        kinds = self.mappings.keys()
        if len(kinds) < 2:
            return frozenset()
        if "order_lines" in kinds:
            return frozenset(kinds - {"order_lines"})
        return frozenset(kind for kind in kinds if KINDS[kind].delivery == "full")

    @property
    def is_required(self) -> bool:
        """Whether a run without this source must stop (default: sources of orders)."""
        if self.required is not None:
            return self.required
        return bool({"orders", "order_lines"} & self.mappings.keys())

    @property
    def paths(self) -> list[str]:
        """The paths or globs, in the order of delivery; none where the source is fetched."""
        return [self.path] if isinstance(self.path, str) else list(self.path or ())
