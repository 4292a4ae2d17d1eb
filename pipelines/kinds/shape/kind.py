"""The description of a kind of source, from which everything about the kind is made.

Put here: the shape of a description. Keep out: single kinds (a module each, beside this one), and everything that reads
the description (raw contracts, staging, the settings, accounting, identity).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Form = Literal["text", "code", "id", "ids", "moment", "date", "number", "boolean", "currency", "lower"]
"""`text` as written · `code` as written, without Excel's leading apostrophe · `id` likewise, and `7.0` is `7` ·
`ids` several of them, joined by `;` · `moment` UTC · `date` · `number` · `boolean` · `currency` upper case ·
`lower` lower case."""

STAGING_TYPES: dict[Form, str] = {
    "number": "DECIMAL(18,4)",
    "moment": "TIMESTAMP",
    "date": "DATE",
    "boolean": "BOOLEAN",
}
"""What staging casts a form to, unless the column says otherwise; every other form stays text."""


DeliveryMode = Literal["full", "incremental", "append"]
DELIVERY_MODES: dict[DeliveryMode, str] = {
    "full": "the newest delivery holds everything; what is gone from it was deleted",
    "incremental": "each delivery adds to the ones before; a document that comes again replaces its older version",
    "append": "each delivery adds records; a record that comes again counts once, and replaces no other one",
}
"""How files are delivered: what a delivery means for the ones before it."""

TRACE_COLUMNS = (
    ("_source", "varchar"),
    ("_system", "varchar"),
    ("_delivery", "integer"),
    ("_file_sha256", "varchar"),
    ("_row", "bigint"),
    ("_row_id", "bigint"),
    ("_rest", "varchar"),
)
"""The last columns of every `landed.<kind>`: where the row was read."""


@dataclass(frozen=True)
class SourceCurrency:
    """Stands for the currency of the source in the settings, else of the company."""


SOURCE_CURRENCY: Final = SourceCurrency()


@dataclass(frozen=True)
class DefaultBy:
    """A default that depends on another, earlier column of the kind.

    Attributes:
        column: The other column, of the form `lower`.
        values: Its value -> the default; every other value gives none.
    """

    column: str
    values: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True)
class KindColumn:
    """One column of a kind.

    Attributes:
        name: Our name for it.
        form: How its values are written when they are landed.
        description: What it means, its range, what NULL means.
        is_required: Every row needs a value: the settings must say where it comes from, or it has a default.
        is_descriptive: Its absence changes no count, no amount and no identity; a file that has lost it is still
            read, with a warning.
        is_personal: It holds contact details or what a person wrote: never published.
        is_emptied: A value that breaks a rule of this column is emptied and counted; otherwise it quarantines the
            document.
        default: The value of a column that the settings do not map.
        unit: The unit of a number, such as `order currency`.
        type: What staging casts it to, where that is not what `STAGING_TYPES` says.
        values: Allowed value -> what it means; none: every value.
        minimum: The least allowed number.
        more_than: The number that every value must exceed.
    """

    name: str
    form: Form
    description: str
    is_required: bool = False
    is_descriptive: bool = False
    is_personal: bool = False
    is_emptied: bool = False
    default: str | SourceCurrency | DefaultBy | None = None
    unit: str = ""
    type: str = ""
    values: Mapping[str, str] = field(default_factory=dict, hash=False)
    minimum: int | None = None
    more_than: int | None = None

    @property
    def staging_type(self) -> str:
        """The DuckDB type that staging casts it to; VARCHAR: it stays as it is."""
        return self.type or STAGING_TYPES.get(self.form, "VARCHAR")


@dataclass(frozen=True)
class RowRule:
    """A rule for every row of a kind, beyond those of its columns.

    Attributes:
        name: The rule is known as `<kind>.<name>`.
        description: The rule as a sentence without a full stop.
        dimension: The standard's word for the kind of quality, such as `accuracy`.
        predicate: SQL over the text columns that is not false for a good row; empty where `query` is given.
        query: A SELECT of the rows of `{table}` that break the rule; it may read other raw tables.
        severity: `critical` quarantines the document, `warning` is counted.
    """

    name: str
    description: str
    dimension: str
    predicate: str = ""
    query: str = ""
    severity: Literal["critical", "warning"] = "critical"


@dataclass(frozen=True)
class Reference:
    """How rows of a kind name a customer, by the columns `customer_system`, `customer_record_id` and `email`.

    Attributes:
        record_type: The type of such a row in `identity` and in `core.customer_source_ids`.
        makes_customer: Whether the person named becomes a customer by it. Otherwise an address without a customer
            record makes a contact without a customer.
        order: If it does not make a customer: the column that names an order, whose customer is used when no other is
            known; empty: there is none.
    """

    record_type: str
    makes_customer: bool
    order: str = ""


@dataclass(frozen=True)
class CoreAmount:
    """The table of core that holds money of a kind.

    Attributes:
        table: Of core, such as `core.refunds`.
        amount: The column that is NULL when no rate converts the money.
        day: The column with the day whose rate converts it; empty: another table names the missing rate first.
    """

    table: str
    amount: str
    day: str = ""


@dataclass(frozen=True)
class Money:
    """The money in a row of a kind, which core must hold too.

    Attributes:
        amount: SQL over the text columns: the amount of the row after discounts, as core counts it, refunds negative;
            NULL where it is not a number.
        day: The column (of the form `moment` or `date`) whose month it belongs to.
        core: The tables of core that it goes into.
    """

    amount: str
    day: str
    core: tuple[CoreAmount, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of record that a source can feed.

    Attributes:
        name: The plural noun that the settings, `raw.<kind>` and `staging.<kind>` use.
        purpose: Its purpose, as one sentence.
        description: What the rows are, and what happens to bad ones.
        grain: What one delivered row is.
        staging_grain: What one row of `staging.<kind>` is: one that was accepted.
        columns: In the order of the tables.
        document: The columns that name what a newer delivery replaces as a whole.
        record_id: The columns that name one record. Records of one delivery with equal ones are one record, or
            contradict each other; where one is NULL, or without any, the record has no id, and equal records are real.
        delivery: How its files are delivered where the settings do not say: see `DELIVERY_MODES`.
        example: A good row, in the forms of the columns; with all columns that every row needs.
        rules: The rules for a row beyond those of its columns.
        shares_document_with: The kind whose rows belong to the same document, such as an order's lines; or empty.
        is_part_of: The kind to whose rows these belong, so that a source without them has no use for these; or empty.
        reference: How its rows name a customer; None: they do not.
        money: The money in its rows.
        is_kept_in_state: Whether people's own words or contact details are read from its staging table later: it is
            then kept in `state.duckdb`, which only the pipeline reads.
    """

    name: str
    purpose: str
    description: str
    grain: str
    staging_grain: str
    columns: tuple[KindColumn, ...]
    document: tuple[str, ...]
    record_id: tuple[str, ...]
    delivery: DeliveryMode
    example: Mapping[str, str] = field(hash=False)
    rules: tuple[RowRule, ...] = ()
    shares_document_with: str = ""
    is_part_of: str = ""
    reference: Reference | None = None
    money: Money | None = None
    is_kept_in_state: bool = False

    @property
    def has_one_row_per_document(self) -> bool:
        """Whether a document is one record."""
        return self.record_id == self.document

    def column(self, name: str) -> KindColumn | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)
