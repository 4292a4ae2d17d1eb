"""The one form in which each value is delivered, whatever the tool wrote: SQL over text columns.

Put here: numbers, moments, dates, booleans, ids as plain text. Keep out: which column is which.
A value that cannot be put into its form is left as it was delivered, so that a contract quarantines it and shows it. If
what was delivered would pass for the form with another meaning (`1.5` where the decimal sign is a comma, a local time
that never was), a remark in brackets is put behind it.
Every function takes a SQL expression of cleaned text that is cheap to repeat (a column), and gives one of text.
"""

import re

from regulars.pipelines.kinds.kind import Form
from regulars.pipelines.settings.settings import FileOptions
from regulars.pipelines.sources.mapping.zones import days_with_a_gap
from regulars.pipelines.warehouse.sql_text import quote_literal

_BLANK = r"[\s\x{a0}\x{200b}\x{2060}\x{feff}]"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_UNTIDY = f"^{_BLANK}|{_BLANK}$|{_CONTROL}"
_NUMBER = r"-?[0-9]+(\.[0-9]+)?"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LOCAL = _DAY + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_WITH_OFFSET = _LOCAL + r" ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_TRUE, _FALSE = ("yes", "y", "true", "t", "1"), ("no", "n", "false", "f", "0")


def tidied(value: str) -> str:
    """Text without outer blanks and control characters; NULL when nothing is left."""
    bare = f"regexp_replace({value}, {quote_literal(_CONTROL)}, '', 'g')"
    trimmed = f"regexp_replace({bare}, {quote_literal(f'^{_BLANK}+|{_BLANK}+$')}, '', 'g')"
    is_untidy = f"regexp_matches({value}, {quote_literal(_UNTIDY)})"
    return f"case when {is_untidy} then nullif({trimmed}, '') else nullif({value}, '') end"


def canonical(form: Form, value: str, options: FileOptions, zone: str) -> str:
    """The value in the form of its column.

    Args:
        form: See `kind.Form`.
        value: SQL of tidied text.
        options: How the source writes numbers, dates and moments.
        zone: The zone of moments that carry none.
    """
    match form:
        case "number":
            return _number(value, options)
        case "moment":
            return _moment(value, options.datetime_format, zone)
        case "date":
            return _date(value, options.date_format)
        case "boolean":
            return _boolean(value)
        case "id":
            return _id(value)
        case "ids":
            return rf"regexp_replace({value}, '([0-9])\.0( *(;|$))', '\1\2', 'g')"
        case "code":
            return f"case when starts_with({value}, '''') then nullif(substr({value}, 2), '') else {value} end"
        case "currency":
            return f"upper({value})"
        case "lower":
            return f"lower({value})"
        case "text":
            return value


def _id(value: str) -> str:
    bare = f"ltrim({value}, '''')"
    return (
        f"case when starts_with({value}, '''') or suffix({value}, '.0') "
        rf"then nullif(regexp_replace({bare}, '^(-?[0-9]+)\.0$', '\1'), '') else {value} end"
    )


def _boolean(value: str) -> str:
    def one_of(words: tuple[str, ...]) -> str:
        return f"lower({value}) in ({', '.join(quote_literal(word) for word in words)})"

    return f"case when {one_of(_TRUE)} then 'true' when {one_of(_FALSE)} then 'false' else {value} end"


def _number(value: str, options: FileOptions) -> str:
    sign = re.escape(options.decimal)
    marks = {"": "", " ": r"[ \x{a0}\x{202f}]", "'": r"['’]"}.get(options.thousands, re.escape(options.thousands))
    grouped = rf"|[0-9]{{1,3}}({marks}[0-9]{{3}})+" if marks else ""
    digits = rf"(([0-9]+{grouped})({sign}[0-9]*)?|{sign}[0-9]+)"
    written = rf"'?([+-]?{digits}|{digits}-)"
    figures = f"regexp_replace({value}, {quote_literal(f'[^0-9{sign}]')}, '', 'g')"
    bare = f"replace({figures}, {quote_literal(options.decimal)}, '.')"
    whole = rf"regexp_replace(regexp_replace({bare}, '^\.', '0.'), '\.$', '')"
    minus = f"case when contains({value}, '-') then '-' else '' end"
    plain = _NUMBER if options.decimal == "." else "-?[0-9]+"
    other_sign = f" (the decimal sign is {options.decimal})"
    return (
        f"case when regexp_full_match({value}, {quote_literal(plain)}) then {value} "
        f"when regexp_full_match({value}, {quote_literal(written)}) then {minus} || {whole} "
        f"when regexp_full_match({value}, {quote_literal(_NUMBER)}) then {value} || {quote_literal(other_sign)} "
        f"else {value} end"
    )


def _moment(value: str, pattern: str, zone: str) -> str:
    if pattern != "iso":
        parsed = f"try_strptime({value}, {quote_literal(pattern)})"
        if "%z" in pattern or "%Z" in pattern:
            return f"coalesce({_utc_text(parsed)}, {_remarked(value, pattern)})"
        has_time = any(part in pattern for part in ("%H", "%-H", "%I", "%-I", "%c", "%X"))
        return f"coalesce({_from_zone(parsed, zone, has_time)}, {_remarked(value, pattern)})"
    local = f"try_cast({value} as timestamp)"
    return (
        f"case when regexp_full_match({value}, {quote_literal(_LOCAL)}) "
        f"then coalesce({_from_zone(local, zone, True)}, {_remarked(value, zone)}) "
        f"when regexp_full_match({value}, {quote_literal(_DAY)}) "
        f"then coalesce({_from_zone(local, zone, False)}, {_remarked(value, zone)}) "
        f"when regexp_full_match({value}, {quote_literal(_WITH_OFFSET)}) "
        f"then coalesce({_utc_text(f'try_cast({_as_duckdb_reads_offsets(value)} as timestamptz)')}, {value}) "
        f"else {value} end"
    )


def _as_duckdb_reads_offsets(value: str) -> str:
    """With seconds, and no blank before the offset."""
    joined = rf"regexp_replace({value}, ' (Z|[+-][0-9:]+)$', '\1')"
    return rf"regexp_replace({joined}, '^(.{{16}})(Z|[+-][0-9:]+)$', '\1:00\2')"


def _from_zone(local: str, zone: str, has_time: bool) -> str:
    """UTC text of a local timestamp; NULL for an hour that a clock change leaves out.

    A time that a clock change repeats is taken as the second of the two. A day alone begins with its first moment.
    """
    if zone in ("UTC", "Etc/UTC"):
        return f"{local}::varchar"
    there = f"timezone({quote_literal(zone)}, {local})"
    days = ", ".join(f"date '{day}'" for day in days_with_a_gap(zone))
    if not has_time or not days:
        return _utc_text(there)
    never_was = f"{local}::date in ({days}) and timezone({quote_literal(zone)}, {there}) <> {local}"
    return f"case when {never_was} then null else {_utc_text(there)} end"


def _utc_text(moment: str) -> str:
    return f"make_timestamp(epoch_us({moment}))::varchar"  # a third faster than `timezone('UTC', …)`


def _remarked(value: str, expected: str) -> str:
    looks_canonical = f"regexp_full_match({value}, {quote_literal(f'{_DAY}([T ].*)?')})"
    remark = quote_literal(f" (no moment in {expected})")
    return f"case when {looks_canonical} then {value} || {remark} else {value} end"


def _date(value: str, pattern: str) -> str:
    if pattern != "iso":
        return f"coalesce(try_strptime({value}, {quote_literal(pattern)})::date::varchar, {_remarked(value, pattern)})"
    plain = rf"{_DAY}([T ]00:00(:00(\.0+)?)?)?"
    return (
        f"case when regexp_full_match({value}, {quote_literal(plain)}) "
        f"then coalesce(try_cast(left({value}, 10) as date)::varchar, {_remarked(value, 'the calendar')}) "
        f"else {value} end"
    )
