"""The rules and columns of a contract, which Great Expectations, quarantine and dictionary all read.

Put here: the shape of a rule, and the rules that a column's own entries imply. Keep out: YAML (`odcs/`), SQL
(`violations.py`), Great Expectations (`validate.py`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

RuleType = Literal[
    "structure",  # the table has exactly these columns, in this order, of these types
    "required",  # a value is there
    "pattern",  # the whole text matches a regular expression
    "reads_as",  # the text is a number, date, moment or boolean in canonical form
    "range",  # the value (of text: what it reads as) lies between two bounds
    "one_of",  # the value is one of a list
    "finite",  # a floating-point value is neither NaN nor infinite
    "predicate",  # an expression over the row is not false
    "unique",  # the columns together appear once
    "references",  # the columns together appear in another table
    "query",  # a SELECT of what is wrong returns nothing
    "row_count",  # the table has about so many rows
]
Severity = Literal["critical", "warning"]

ROW_RULES: frozenset[str] = frozenset({"required", "pattern", "reads_as", "range", "one_of", "finite", "predicate"})
"""Rules that a row keeps or breaks by itself, whatever the other rows are."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        id: Unique within its table, such as `orders.ordered_at.required`.
        table: `layer.name`.
        type: What kind of rule.
        columns: The columns it is about; none for rules about rows or the whole table.
        arguments: What the type needs (see `violations.py`).
        severity: `critical` stops the run (in raw: quarantines the document), `warning` is counted.
        description: What must hold, as a sentence. It never holds a value of the data.
        dimension: ODCS's word for the kind of quality, or empty.
    """

    id: str
    table: str
    type: RuleType
    columns: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    severity: Severity = "critical"
    description: str = ""
    dimension: str = ""

    @property
    def is_about_one_row(self) -> bool:
        """Whether each row keeps or breaks it by itself."""
        return self.type in ROW_RULES

    @property
    def empties_its_column(self) -> bool:
        """Whether the quarantine step may repair a row that breaks the rule by emptying its one column."""
        return self.severity == "warning" and self.is_about_one_row and len(self.columns) == 1


CUSTOMERS = "customers"
"""What the customProperty `splits` of a column may say."""


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    Attributes:
        name: As in the table.
        type: DuckDB's type in the build and the published file, such as `DECIMAL(18,4)`.
        logical_type: ODCS's type. For raw text: what the text reads as.
        description: What it means, its range, when it is NULL.
        required: Never NULL.
        key_position: 1, 2 … in the table's key, or None.
        classification: `public`, `internal` or `personal`.
        unit: The unit of a value, such as `company currency`; empty where it needs none.
        reads_as: For raw text that is not plain text: the type that staging casts it to, else empty.
        allowed_values: Every value that it may have, with what it means; none where it may have any.
        splits: `CUSTOMERS` where it names that by which the settings split customers, so that they say what it may be.
        is_additive: Of a number in a view: whether its sum over any rows is a number of its own. None: not said.
    """

    name: str
    type: str
    logical_type: str
    description: str
    required: bool = False
    key_position: int | None = None
    classification: str = "internal"
    unit: str = ""
    reads_as: str = ""
    allowed_values: tuple[tuple[Any, str], ...] = ()
    splits: str = ""
    is_additive: bool | None = None


DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")

_FORMS = {
    "BIGINT": ("-?[0-9]{1,18}", "a whole number of at most 18 digits"),
    "INTEGER": ("-?[0-9]{1,9}", "a whole number of at most 9 digits"),
    "BOOLEAN": ("true|false", "`true` or `false`"),
    "DATE": ("[0-9]{4}-[01][0-9]-[0-3][0-9]", "a real day, written 2026-03-31"),
    "TIMESTAMP": (
        r"[0-9]{4}-[01][0-9]-[0-3][0-9] ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?",
        "a real moment in UTC, written 2026-03-31 17:05:09",
    ),
}


def find_written_form(type_name: str) -> tuple[str, str]:
    """How text that is to be cast to `type_name` must be written: a regular expression, and words for it.

    A DECIMAL(p,s) holds at most p-s digits before the point and s after it; more decimals are refused rather than
    rounded, because a rounded amount no longer ties out (zeros after the last place are no loss and pass).

    Raises:
        KeyError: No text is ever cast to that type.
    """
    decimal = DECIMAL.fullmatch(type_name)
    if not decimal:
        return _FORMS[type_name]
    scale = int(decimal[2])
    whole = int(decimal[1]) - scale
    return (
        rf"-?[0-9]{{1,{whole}}}(\.[0-9]{{1,{scale}}}0*)?",
        f"a plain number with at most {whole} digits before and {scale} after the point",
    )


def make_column_rules(
    table: str, column: Column, options: Mapping[str, Any], values: tuple[Any, ...], unique: bool, severity: Severity
) -> Iterator[Rule]:
    """The rules that a column's own entries imply.

    Args:
        table: `layer.name`.
        column: The column.
        options: ODCS's `logicalTypeOptions`: pattern, minimum, maximum, exclusiveMinimum, exclusiveMaximum.
        values: What `enum` allows; none: everything.
        unique: Whether its values appear once.
        severity: Of all these rules but `required`, which is always critical.
    """
    start, name = f"{table.partition('.')[2]}.{column.name}", column.name

    def rule(kind: RuleType, demand: str, dimension: str, level: Severity = severity, **arguments: Any) -> Rule:
        return Rule(f"{start}.{kind}", table, kind, (name,), arguments, level, f"{name} {demand}", dimension)

    if column.required:
        yield rule("required", "is given", "completeness", "critical")
    if column.reads_as:
        pattern, words = find_written_form(column.reads_as)
        yield rule("reads_as", f"is {words}", "conformity", pattern=pattern, type=column.reads_as)
    if "pattern" in options:
        yield rule("pattern", f"is written like {options['pattern']}", "conformity", pattern=options["pattern"])
    if values:
        listed = ", ".join(str(value) for value in values)
        yield rule("one_of", f"is one of {listed}", "conformity", values=values)
    if column.type in {"DOUBLE", "FLOAT"}:
        yield rule("finite", "is an ordinary number, not NaN or infinite", "accuracy")
    bounds = {key: options[key] for key in _BOUND_WORDS if key in options}
    if bounds:
        words = " and ".join(f"{_BOUND_WORDS[key]} {value}" for key, value in bounds.items())
        yield rule("range", f"is {words}", "accuracy", type=column.reads_as, **bounds)
    if unique:
        yield rule("unique", "appears once", "uniqueness")


_BOUND_WORDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}
