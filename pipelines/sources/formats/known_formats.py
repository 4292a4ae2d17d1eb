"""Lists the ways in which tools commonly write numbers, days and moments, to find one that fits values that do not.

Put here: the list, and the settings that each way needs. Keep out: counting (`format_advice.py`), and reading values
for good, which never guesses (`mapping/canonical.py`).
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from regulars.pipelines.kinds.shape.kind import Form
from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.sources.formats.currency_words import CODES, SIGNS
from regulars.pipelines.warehouse.sql_text import quote_literal

_DAYS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%B-%Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%d. %B %Y",
    "%b-%d-%y",
    "%d-%b-%y",
    "%A, %d. %B %Y",
    "%A, %d %B %Y",
    "%A, %B %d, %Y",
)
_BETWEEN = (" ", ", ", "T", " um ", " klo ", " à ", " - ")
_TIME = re.compile(
    r"(?<![\d.:/-])(?P<hour>\d{1,2})(?P<sep>[:.h])(?P<minute>\d{2})(?:(?P=sep)(?P<second>\d{2})(?P<fraction>\.\d{1,9})?)?(?![\d.:/])"
    r"(?P<half>\s?[AP]M\b)?(?P<zone>\s?(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?$|Z$|\s(?:UTC|GMT)$)?(?P<words>.*)$",
    re.IGNORECASE,
)
_NUMBERS = ((".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (".", " "), (".", "'"), (",", "'"))
_CURRENCY_SIGN = re.compile(rf"(?<![^\W\d_])({SIGNS}|{CODES})(?![^\W\d_])", re.IGNORECASE)
_WORDS_BEHIND = r" [(]?[\p{L}][\p{L} ]+[)]?$"


@dataclass(frozen=True)
class KnownFormat:
    """One way to write values of a form.

    Attributes:
        options: How the settings name it.
        text: SQL of what is read, over the text `value`; it is `value` itself where no expression is needed.
        expression: The expression that the settings need, with `{column}` for the file's column; empty: none.
        remark: What else to set.
    """

    options: FileOptions
    text: str = "value"
    expression: str = ""
    remark: str = ""


def list_known_formats(form: Form, example: str) -> Iterator[KnownFormat]:
    """The known ways to write a `number`, `date` or `moment` that may fit an example; the plain ones first.

    Nothing of the example but signs, `GMT` and `UTC` goes into a format.
    """
    if form == "number":
        signs = [FileOptions(decimal=decimal, thousands=grouping) for decimal, grouping in _NUMBERS]  # type: ignore[arg-type]
        yield from map(KnownFormat, signs)
        currency = _CURRENCY_SIGN.search(example)
        if currency:
            yield from (KnownFormat(options.model_copy(update={"currency_sign": currency[0]})) for options in signs)
        keep = "regexp_replace({column}, '[^0-9.,()-]', '', 'g')"
        yield from (_through_expression(options, keep) for options in signs)
    elif form == "date":
        yield KnownFormat(FileOptions())
        for pattern in _DAYS:
            yield KnownFormat(FileOptions(date_format=pattern))
    elif form == "moment":
        yield KnownFormat(FileOptions())
        yield from _list_moments(example)
        yield from _list_counts(example)


def _list_moments(example: str) -> Iterator[KnownFormat]:
    time = _TIME.search(example)
    if time is None:
        for pattern in (*_DAYS, "%Y%m%d%H%M%S"):
            yield KnownFormat(FileOptions(datetime_format=pattern))
        return
    zone = _write_zone(time["zone"] or "")
    remark = "and `timezone: UTC` for the source" if zone and "%z" not in zone else ""
    for day, between in itertools.product(_DAYS, _BETWEEN):
        if not example[: time.start()].endswith(between):
            continue
        options = FileOptions(datetime_format=f"{day}{between}{_write_time(time)}{zone}")
        if not time["words"]:
            yield KnownFormat(options, remark=remark)
        else:
            expression = f"regexp_replace({{column}}, {quote_literal(_WORDS_BEHIND)}, '')".replace("{L}", "{{L}}")
            yield _through_expression(options, expression, "and the `timezone` that the words behind it name")


def _write_time(time: re.Match[str]) -> str:
    """The pattern of a time: `9:05:00 PM` -> `%I:%M:%S %p`."""
    pattern = f"{'%I' if time['half'] else '%H'}{time['sep']}%M"
    pattern += f"{time['sep']}%S" if time["second"] else ""
    pattern += ".%f" if time["fraction"] else ""
    return pattern + (f"{' ' if time['half'][0].isspace() else ''}%p" if time["half"] else "")


def _write_zone(zone: str) -> str:
    """The pattern of an offset or of `UTC`: ` GMT+3` -> ` GMT%z`."""
    return re.sub(r"[+-][0-9:]+$", "%z", zone)


def _list_counts(example: str) -> Iterator[KnownFormat]:
    """Moments as a count: of seconds or milliseconds since 1970, or of a spreadsheet's days."""
    for digits, factor in ((10, 1_000_000), (13, 1000)):
        if re.fullmatch(rf"\d{{{digits}}}", example):
            yield _through_expression(
                FileOptions(), f"make_timestamp(try_cast({{column}} as bigint) * {factor})::varchar || '+00:00'"
            )
    if re.fullmatch(r"[2-6]\d{4}(\.\d+)?", example):
        since = "timestamp '1899-12-30' + to_seconds(round(try_cast({column} as double) * 86400)::bigint)"
        yield _through_expression(FileOptions(), f"({since})::varchar", "(a spreadsheet's count of days)")


def _through_expression(options: FileOptions, expression: str, remark: str = "") -> KnownFormat:
    return KnownFormat(options, expression.format(column="value"), expression, remark)
