"""Finds mistakes in a mapping: in the settings alone, and against the header of a file.

Put here: mistakes in `columns` and `when`, worded for the reader. Keep out: making the rows (`mapping.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from regulars.pipelines.kinds.shape.kind import KindColumn
from regulars.pipelines.kinds.shape.registry import KINDS
from regulars.pipelines.settings.part import Place
from regulars.pipelines.settings.sources.attributes import type_attribute
from regulars.pipelines.settings.sources.columns import Column, Constant, Derived, KindMapping
from regulars.pipelines.settings.sources.source import Source
from regulars.pipelines.settings.wording import RENAMED
from regulars.pipelines.sources.mapping.expressions import ExpressionChecker, ExpressionWrong
from regulars.pipelines.sources.mapping.mapping import find_first_column, list_attribute_origin, list_expressions
from regulars.pipelines.sources.mapping.named_columns import NamedColumns, name_file_columns
from regulars.pipelines.sources.readers.header import clean_name, find_column, repeated_names
from regulars.pipelines.sources.readers.refusal import did_you_mean, list_header


@dataclass(frozen=True)
class Mistake:
    """One mistake in a mapping.

    Attributes:
        source: The source.
        kind: The kind.
        column: Our column, or `when`, or empty where the whole kind is meant.
        code: `settings`: wrong whatever the file holds. `missing`, `ambiguous`: the file lacks a column, or has it
            twice. `warning`: the file lacks a column that only describes. `absent`: it lacks one that `optional` lists,
            so that ours gets its default.
        sentence: What is wrong and what to do.
        option: The option of the source that is meant, such as `path`; empty where a column is.
    """

    source: str
    kind: str
    column: str
    code: str
    sentence: str
    option: str = ""

    def find_place(self, source: Source) -> Place:
        """Where the mistake stands in the settings."""
        place: Place = ("sources", self.source)
        if self.option:
            return (
                (*place, "options", self.option)
                if self.option in type(source.options).model_fields
                else (*place, self.option)
            )
        place = (*place, "kinds", self.kind) if source.kinds else place
        if self.column == "when" or self.column.startswith("attributes."):
            return (*place, *self.column.split("."))
        return (*place, "columns", self.column)


def check_settings(name: str, source: Source, checker: ExpressionChecker) -> list[Mistake]:
    """Find what is wrong with a source's mappings before any file is read: unknown columns, bad expressions."""
    mistakes = []
    if len(source.paths) > 1 and source.delivery_mode == "full":
        sentence = (
            f"sources.{name}.path lists {len(source.paths)} paths, of which a `full` source would read the last only: "
            "set `delivery: incremental`, or name one path"
        )
        mistakes.append(Mistake(name, "", "", "settings", sentence, "path"))
    for option in ("delimiter", "quote"):
        if not getattr(source.options, option).isascii():
            sentence = f"sources.{name}.options.{option} must be an ASCII character"
            mistakes.append(Mistake(name, "", "", "settings", sentence, option))
    readers = {"sheet": ["workbook"], "header_row": ["workbook", "delimited"], "records": ["json"]}
    for option, fitting in readers.items():
        if getattr(source.options, option) is not None and source.reader not in fitting:
            sentence = f"sources.{name}.options.{option} means nothing for `format: {source.format}`"
            mistakes.append(Mistake(name, "", "", "settings", sentence, option))
    for verb, rules in _list_rules(source):
        for rule, condition in rules.items():
            try:
                checker.list_columns(condition)
            except ExpressionWrong as wrong:
                mistakes.append(Mistake(name, "", rule, "settings", f"sources.{name}.{verb}.{rule} {wrong}"))
    for kind, mapping in source.mappings.items():
        where = f"sources.{name}.kinds.{kind}" if source.kinds else f"sources.{name}"
        for column, sentence in _find_settings_mistakes(kind, mapping, checker):
            is_own = column == "when" or column.startswith("attributes.")
            place = f"{where}.{column}" if is_own else f"{where}.columns" + (f".{column}" if column else "")
            mistakes.append(Mistake(name, kind, column, "settings", f"{place} {sentence}"))
    return mistakes


def _list_rules(source: Source) -> Iterator[tuple[str, dict[str, str]]]:
    """A key of the settings, and its conditions over whole records."""
    yield from (("exclude", source.exclude), ("include", source.include), ("doubtful", source.doubtful))


def _find_settings_mistakes(kind: str, mapping: KindMapping, checker: ExpressionChecker) -> Iterator[tuple[str, str]]:
    names = [column.name for column in KINDS[kind].columns]
    for own in mapping.attributes:
        if own in names:
            yield f"attributes.{own}", f"is a column of {kind}: map it in `columns`"
    for column in mapping.columns:
        if column not in names:
            now = RENAMED.get(column)
            meant = f" (it is called `{now}` now)" if now in names else did_you_mean(column, names)
            yield column, f"is not a column of {kind}{meant}; it has {', '.join(names)}"
    for known in KINDS[kind].columns:
        if known.is_required and known.name not in mapping.columns and known.default is None:
            yield "", f"lacks `{known.name}`, which every row of {kind} needs"
    for column, expression in list_expressions(mapping):
        try:
            checker.list_columns(expression)
        except ExpressionWrong as wrong:
            yield column, str(wrong)


def check_mapping(
    name: str, source: Source, header: tuple[str, ...], columns: tuple[str, ...], checker: ExpressionChecker
) -> list[Mistake]:
    """Find what a file with this header lacks for a source's mappings, whose settings were checked before.

    Args:
        name: The source.
        source: Its settings.
        header: The delivered header names.
        columns: The names of the landed columns, in the same order; none of a file that nothing can be said of.
        checker: Checks expressions.
    """
    if not columns:  # JSON without any object, which has no keys
        return []
    named = name_file_columns(source, columns)
    header = tuple(_rename_header(header, named))
    unnamed = list(_find_unnamed_columns(name, source, named))
    if unnamed:
        return unnamed
    mistakes = list(_find_fill_mistakes(name, source, named))
    for verb, rules in _list_rules(source):
        for rule, condition in rules.items():
            mistakes += list(_find_condition_mistakes(name, "", f"{verb}.{rule}", condition, header, named, checker))
    for kind, mapping in source.mappings.items():
        for column, wanted in mapping.columns.items():
            known = KINDS[kind].column(column)
            if known is None:
                continue
            if _is_absent(wanted, named):
                sentence = f"the file lacks the column for {kind}.{column}, as it may"
                mistakes.append(Mistake(name, kind, column, "absent", sentence))
                continue
            mistakes += list(_find_column_mistakes(name, kind, known, wanted, header, named, checker))
        for own, written in mapping.attributes.items():
            origin = list_attribute_origin(type_attribute(written))
            if _is_absent(origin, named):
                mistakes.append(Mistake(name, kind, f"attributes.{own}", "absent", "the file lacks it, as it may"))
                continue
            described = KindColumn(f"attributes.{own}", "text", "", is_descriptive=True)
            mistakes += list(_find_column_mistakes(name, kind, described, origin, header, named, checker))
        if mapping.when is not None:
            mistakes += list(_find_condition_mistakes(name, kind, "when", mapping.when, header, named, checker))
    return mistakes if _has_known_name(source, named.delivered, checker) else [_hide_header(each) for each in mistakes]


def _find_unnamed_columns(name: str, source: Source, named: NamedColumns) -> Iterator[Mistake]:
    """The names of columns that the tool's operator chose, and the settings do not say."""
    for wanted, others in source.headers.items():
        if not others and find_column(wanted, named.names) is None:
            sentence = (
                f"`{wanted}` is a name that the tool's operator chose: say which column it is, with "
                f"`headers: {{{wanted}: [its header]}}`; {list_header(named.landed)}"
            )
            yield Mistake(name, "", "", "missing", sentence, "headers")


def _rename_header(header: tuple[str, ...], named: NamedColumns) -> Iterator[str]:
    """The delivered header names, those that the settings rename by their new ones, every time they stand there."""
    renamed = {
        landed.casefold(): name for landed, name in zip(named.landed, named.delivered, strict=True) if landed != name
    }
    yield from (renamed.get(clean_name(cell).casefold(), cell) for cell in header)


def _is_absent(wanted: Column, named: NamedColumns) -> bool:
    """Whether a column is mapped to header names of which the file has none and may lack one."""
    if isinstance(wanted, Derived | Constant):
        return False
    names = [wanted] if isinstance(wanted, str) else wanted
    return find_first_column(names, named.delivered) is None and find_first_column(names, named.absent) is not None


def _find_fill_mistakes(name: str, source: Source, named: NamedColumns) -> Iterator[Mistake]:
    if source.fill_down is None:
        return
    for wanted in (source.fill_down.document, *source.fill_down.columns):
        if find_column(wanted, named.names) is None:
            meant = did_you_mean(wanted, named.landed)
            sentence = f"column `{wanted}` for fill_down is missing{meant}; {list_header(named.landed)}"
            yield Mistake(name, "", "", "missing", sentence, "fill_down")


def _has_known_name(source: Source, columns: tuple[str, ...], checker: ExpressionChecker) -> bool:
    """Whether the file has one of the names in the settings; otherwise its first line may be a customer's values."""
    for mapping in source.mappings.values():
        for wanted in mapping.columns.values():
            if isinstance(wanted, str | list) and find_first_column(
                [wanted] if isinstance(wanted, str) else wanted, columns
            ):
                return True
        for _, expression in list_expressions(mapping):
            if find_first_column(checker.list_columns(expression), columns):
                return True
    return False


def _hide_header(mistake: Mistake) -> Mistake:
    """The same without what the file has in its first line."""
    what, is_missing, _ = mistake.sentence.partition(" is missing")
    if not is_missing:
        return mistake
    why = (
        "the file has none of the names in the settings: see that its first line is the header, and that `options` fit"
    )
    return replace(mistake, sentence=f"{what} is missing; {why}")


def _find_column_mistakes(
    name: str,
    kind: str,
    known: KindColumn,
    wanted: Column,
    header: tuple[str, ...],
    named: NamedColumns,
    checker: ExpressionChecker,
) -> Iterator[Mistake]:
    code = "warning" if known.is_descriptive else "missing"
    if isinstance(wanted, Derived):
        yield from _find_expression_mistakes(name, kind, known.name, wanted.sql, header, named, checker, code)
    elif not isinstance(wanted, Constant):
        names = [wanted] if isinstance(wanted, str) else wanted
        found = find_first_column(names, named.delivered)
        if found is None:
            either = " or ".join(f"`{one}`" for one in names)
            meant = did_you_mean(names[0], named.landed)
            sentence = f"column {either} for {kind}.{known.name} is missing{meant}; {list_header(named.landed)}"
            yield Mistake(name, kind, known.name, code, sentence)
        elif found.casefold() in repeated_names(header):
            yield Mistake(name, kind, known.name, "ambiguous", _word_ambiguous(found, kind, known.name))


def _find_expression_mistakes(
    name: str,
    kind: str,
    column: str,
    expression: str,
    header: tuple[str, ...],
    named: NamedColumns,
    checker: ExpressionChecker,
    code: str,
) -> Iterator[Mistake]:
    for read in checker.list_columns(expression):
        if find_column(read, named.names) is None:
            meant = did_you_mean(read, named.landed)
            sentence = f"column `{read}` for {_join(kind, column)} is missing{meant}; {list_header(named.landed)}"
            yield Mistake(name, kind, column, code, sentence)
            return
        if read.casefold() in repeated_names(header):
            yield Mistake(name, kind, column, "ambiguous", _word_ambiguous(read, kind, column))
            return
    try:
        checker.find_type(expression, list(named.names))
    except ExpressionWrong as wrong:
        yield Mistake(name, kind, column, "settings", f"the expression for {_join(kind, column)} {wrong}")


def _find_condition_mistakes(
    name: str,
    kind: str,
    rule: str,
    condition: str,
    header: tuple[str, ...],
    named: NamedColumns,
    checker: ExpressionChecker,
) -> Iterator[Mistake]:
    found = list(_find_expression_mistakes(name, kind, rule, condition, header, named, checker, "missing"))
    yield from found
    if not found and (found_type := checker.find_type(condition, list(named.names))) != "BOOLEAN":
        sentence = f"the expression for {_join(kind, rule)} is {found_type.lower()}, not yes or no: write a comparison"
        yield Mistake(name, kind, rule, "settings", sentence)


def _join(kind: str, column: str) -> str:
    return f"{kind}.{column}" if kind else column


def _word_ambiguous(column: str, kind: str, ours: str) -> str:
    return f"column `{column}` for {_join(kind, ours)} is there more than once: rename one of them, or map `{column}_2`"
