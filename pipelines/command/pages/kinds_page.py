"""The reference of kinds, docs/kinds.md: what a source can feed, column by column.

Put here: kinds -> Markdown. Keep out: facts about kinds (`pipelines/kinds`); writing the file (`handbook.py`).
"""

from collections.abc import Iterable

from regulars.pipelines.kinds.shape.kind import DELIVERY_MODES, DefaultBy, Kind, KindColumn, SourceCurrency

INTRODUCTION = """# What a source can feed

Made from `pipelines/kinds` by `python -m regulars.pipelines.command.handbook`; do not edit it by hand.

A source in `regulars.yaml` feeds one kind (`kind` and `columns`) or several (`kinds`). Left in `columns` stands a name
of this page, right the header of your file. Only columns marked **needed** must be mapped, and of these only the ones
without a default. A column in *italics* is descriptive: a file that has lost it is still read, with a warning.

A value that breaks a rule of its column quarantines its document: the row, and all other rows of the same order or
subscription. Where the page says "else emptied", only the value is lost, and counted. The newest good version of a
document is used: the one that changed last by `updated_at`, and without that the one delivered last.

Within one file, equal records with an id of their own count once, and the others are duplicates. Of records that differ
under one id the one that changed last by `updated_at` is used; where that cannot be told all of them are quarantined.
Equal rows without an id of their own, such as two lines of a till, are all real.

| form | a value is |
|---|---|
| text | as the file has it |
| id | text; `7.0` is `7`, and Excel's leading apostrophe is dropped |
| ids | several ids, joined by `;` |
| code | text without Excel's leading apostrophe; leading zeros stay |
| lower | text in lower case |
| currency | three capitals (ISO 4217) |
| number | at most 14 digits before and 4 after the point, or what the column says; round in the mapping |
| moment | from 1990 to 2099, in UTC; the source's `timezone` says where a moment without a zone was |
| date | a day from 1990 to 2099 |
| boolean | yes or no: true, t, yes, y, 1, and false, f, no, n, 0 |
"""


def kinds_markdown(kinds: Iterable[Kind]) -> str:
    """The whole page."""
    listed = list(kinds)
    names = "\n".join(f"- [{kind.name}](#{kind.name}): {_lower_first(kind.purpose)}" for kind in listed)
    return "\n".join([INTRODUCTION, names, *(_section(kind) for kind in listed)])


def _section(kind: Kind) -> str:
    document = " and ".join(f"`{name}`" for name in kind.document)
    record = " and ".join(f"`{name}`" for name in kind.record_id)
    repeats = "one row each" if kind.has_one_row_per_document else "may have several rows"
    if kind.record_id and not kind.has_one_row_per_document:
        repeats += f", each known by {record} where they are mapped"
    parts = [
        f"\n## {kind.name}\n",
        f"{kind.purpose} {kind.description}\n",
        f"{kind.grain} A document is what {document} names: {repeats}. `delivery` is `{kind.delivery}` unless the "
        f"settings say otherwise: {DELIVERY_MODES[kind.delivery]}.\n",
        "| column | form | what it means |\n|---|---|---|",
        *(_row(column) for column in kind.columns),
    ]
    if kind.rules:
        parts.append("\nWhat must also hold:\n")
        parts += [f"- `{rule.name}`: {rule.description}{_consequence(rule.severity)}." for rule in kind.rules]
    return "\n".join(parts)


def _row(column: KindColumn) -> str:
    name = f"*{column.name}*" if column.is_descriptive else f"`{column.name}`"
    marks = " **needed**" if column.is_required else ""
    return f"| {name}{marks} | {column.form} | {_meaning(column)} |"


def _meaning(column: KindColumn) -> str:
    parts = [column.description]
    if column.values:
        allowed = "; ".join(
            f"`{value}`: {_lower_first(meaning).removesuffix('.')}" for value, meaning in column.values.items()
        )
        parts.append(f"One of {allowed}.")
    if column.minimum is not None:
        parts.append(f"At least {column.minimum}.")
    if column.more_than is not None:
        parts.append(f"More than {column.more_than}.")
    if column.type:
        parts.append(f"Fits `{column.type}`.")
    if column.unit:
        parts.append(f"In {column.unit}.")
    if column.is_emptied:
        parts.append("Else emptied.")
    if column.is_personal:
        parts.append("Personal: never published.")
    parts.append(_default(column))
    return " ".join(part for part in parts if part).replace("|", r"\|")


def _default(column: KindColumn) -> str:
    match column.default:
        case SourceCurrency():
            return "Default: the currency of the source, else of the company."
        case DefaultBy(other, values):
            cases = ", ".join(f"`{given}` where {other} is `{value}`" for value, given in values.items())
            return f"Default: {cases}."
        case str(value):
            return f"Default: `{value}`."
        case _:
            return ""


def _consequence(severity: str) -> str:
    return " (counted, nothing is quarantined)" if severity == "warning" else ""


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
