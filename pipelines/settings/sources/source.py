"""What a company may set about one export: where its files lie, how they are written, what their columns mean.

Put here: the shape of `sources.<name>`. Keep out: everything else that can be set (`settings.py`), and reading a file
(`pipelines/sources/`).
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from regulars.pipelines.kinds.shape.kind import DeliveryMode
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.part import SYSTEM_PATTERN, Currency, Name, Part, Zone
from regulars.pipelines.settings.sources.api_way import ApiResource
from regulars.pipelines.settings.sources.attributes import ATTRIBUTES_OF, Attribute
from regulars.pipelines.settings.sources.columns import Column, FillDown, KindMapping, Reshape
from regulars.pipelines.settings.sources.cursor import Cursor
from regulars.pipelines.settings.sources.file_options import READERS, FileFormat, FileOptions, Reader
from regulars.pipelines.settings.sources.ways_in import FORMATS, DatabaseTable, WayIn, name_way

NAMES_OF_KINDS = tuple(KINDS)


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
    from_: Annotated[WayIn | None, Field(alias="from")] = None
    """Where the records or files are fetched at each run, for a source that is no file in a folder."""
    profile: Name | None = None
    """The tool whose export it is, such as `shopify_orders` (`regulars profiles` lists them): it brings all other keys
    but `path`, as `regulars profiles NAME` shows them. What stands here goes before it, key by key, and adds to its
    `columns`, `options` and conditions; a `null` takes one of them away."""
    format: FileFormat = "csv"
    """The form of the files: separated by commas (or by `options.delimiter`), by tabs, one JSON object per line, a JSON
    array of objects, Parquet, a workbook. `.gz` is the same, gzipped ([formats.md](formats.md))."""
    member: Annotated[str, Field(min_length=1)] | None = None
    """For files that lie in a `.zip`, `.tar.gz` or `.tar` at `path`: a name or a glob of the files in it. Each is a
    file of its own, named like `export.zip/contacts_1.csv`."""
    options: FileOptions = FileOptions()
    kind: Literal[NAMES_OF_KINDS] | None = None  # type: ignore[valid-type]
    """What the rows are, where all are of one kind. Give either `kind` with `columns`, or `kinds`."""
    columns: dict[str, Column] = {}
    """Our column: the file's column. Columns that are not named stay in the landing and are not published."""
    attributes: dict[Name, Attribute] = {}
    """Of `customers`: what the company keeps about them beyond our columns. A name of your own in small letters, and
    the file's column (or `{sql: …}`, or `{column: …, type: number}`): a column of `core.customers` and
    `marts.customer_360`, and a name for `cohorts.dimensions`. They are published: map no personal data."""
    kinds: dict[Literal[NAMES_OF_KINDS], KindMapping] = {}  # type: ignore[valid-type]
    """What the rows are, where a file feeds several kinds: each kind with its own `columns` and, if need be, `when`."""
    headers: dict[str, list[str]] = {}
    """Header names as the other keys write them: the same ones in older versions of the tool and in other languages. A
    file that has one of these is read as if it had the first. An empty list is a name that the operator chose, as
    that of a question in a survey: the settings have to say it."""
    optional: list[str] = []
    """Header names that a file may lack, since the tool's operator chooses them or an older version has none: their
    cells are then empty."""
    footer: str | None = None
    """For reports: a regular expression of a line behind the last record, such as `Grand Totals`. Lines of one value
    that begin like it, and those of one value around them, are excluded by the rule `footer` and not quarantined."""
    reshape: Reshape | None = None
    """`order_items`: a row for each of the columns `order_item_1`, `order_item_2` … that is filled, with its number in
    `order_item_number` and its text in `order_item`; the other cells are repeated."""
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
    doubtful: dict[Name, str] = {}
    """A name of `exclude` or `include`, and when it is in doubt that this rule is right to leave a record out, as for a
    state that nobody has foreseen. The finding `left_out_in_doubt` counts these records; they stay left out. Profiles
    name the states that they know."""
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

    @field_validator("footer")
    @classmethod
    def _is_an_expression(cls, written: str | None) -> str | None:
        try:
            re.compile(written or "")
        except re.error as error:
            raise ValueError(f"`{written}` is not a regular expression: {error}") from None
        return written

    @model_validator(mode="before")
    @classmethod
    def _take_fetched_rows_as_they_come(cls, written: Any) -> Any:
        way = written.get("from") if isinstance(written, dict) else None
        form = None if way is None else FORMATS.get(name_way(way))
        return written if form is None else {"format": form, **written}

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.path is None) == (self.from_ is None):
            raise ValueError("give either `path`, where its files lie, or `from`, where its records are fetched")
        if self.from_ is not None and self.format != FORMATS.get(name_way(self.from_), self.format):
            raise ValueError("`format` is for files; remove it beside `from`")
        return self

    @model_validator(mode="after")
    def _cursor_fits(self) -> Self:
        cursor = self.cursor
        if cursor is None:
            return self
        if self.delivery == "full":
            raise ValueError("`delivery: full` fetches everything: remove it, or `from.cursor`")
        comes_whole = bool(self.options.rows_of)  # the lines lie within their order
        is_torn = "order_lines" in self.mappings and self.delivery_mode == "incremental" and not comes_whole
        if is_torn and cursor.document is None:
            raise ValueError(
                "`from.cursor` of order_lines needs `document`, the column with the order's id: an order whose changed "
                "lines came without its other lines would lose them"
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_name_kinds(self) -> Self:
        if (self.kind is None) == (not self.kinds):
            raise ValueError("give either `kind` with `columns`, or `kinds`")
        if self.kind is not None and not self.columns:
            raise ValueError("`columns` is missing: say which of the file's columns are ours")
        if self.kind is None and self.attributes:
            raise ValueError("write `attributes` below `kinds: {customers: …}`, where a file feeds several kinds")
        if any(mapping.attributes for kind, mapping in self.mappings.items() if kind != ATTRIBUTES_OF):
            raise ValueError("only `customers` have `attributes`")
        return self

    @model_validator(mode="before")
    @classmethod
    def _separate_by_tabs(cls, written: object) -> object:
        """With `format: tsv`, the delimiter is a tab unless another one is set."""
        if not isinstance(written, dict) or not str(written.get("format")).startswith("tsv"):
            return written
        options = written.get("options") or {}
        return {**written, "options": {"delimiter": "\t", **options}} if isinstance(options, dict) else written

    @property
    def value_options(self) -> FileOptions:
        """The options by which values are read; they know whether the files hold days as such."""
        options = self.options.model_copy()
        options._has_real_dates = self.reader == "workbook"
        return options

    @property
    def reader(self) -> Reader:
        """Which reader reads the files."""
        return READERS.get(self.format.removesuffix(".gz"), "workbook")

    @property
    def is_gzip(self) -> bool:
        """Whether the files are gzipped."""
        return self.format.endswith(".gz")

    @property
    def mapped_names(self) -> list[tuple[str, ...]]:
        """The header names in the settings, each with its alternatives; not those within expressions."""
        wanted = [column for mapping in self.mappings.values() for column in mapping.columns.values()]
        names = [(each,) if isinstance(each, str) else tuple(each) for each in wanted if isinstance(each, str | list)]
        filled = [self.fill_down.document, *self.fill_down.columns] if self.fill_down else []
        found = dict.fromkeys([*names, *((name,) for name in filled)])
        return [tuple(other for name in each for other in (name, *self.headers.get(name, ()))) for each in found]

    @property
    def mappings(self) -> dict[str, KindMapping]:
        """Kind -> mapping, however it was written."""
        if self.kind is not None:
            return {self.kind: KindMapping(columns=self.columns, attributes=self.attributes)}
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
        if self.cursor is not None:
            return "append" if defaults == {"append"} else "incremental"
        return next(mode for mode in careful if mode in defaults)

    @property
    def cursor(self) -> Cursor | None:
        """By what the source is fetched, where it is fetched by what has changed."""
        return self.from_.cursor if isinstance(self.from_, DatabaseTable | ApiResource) else None

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
