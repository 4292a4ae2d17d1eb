"""Puts a value into the one form of its column, whatever the tool wrote: SQL over text columns.

Put here: numbers, moments, dates, booleans, ids as plain text. Keep out: which column is which.
A value that does not fit its form stays as it was delivered, so that a contract quarantines it and shows it. Where the
delivered text would pass for the form with another meaning (`1.5` where the decimal sign is a comma, a local time that
never was), a remark in brackets follows it.
Every function takes a SQL expression of cleaned text that is cheap to repeat (a column), and returns one of text.
"""

import re

from regulars.pipelines.kinds.shape.kind import Form
from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.sources.mapping.written_moments import parse_moment
from regulars.pipelines.sources.mapping.zones import find_days_with_a_gap
from regulars.pipelines.warehouse.sql_text import quote_literal

_BLANK = r"[\s\x{a0}\x{200b}\x{2060}\x{feff}]"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_UNTIDY = f"^{_BLANK}|{_BLANK}$|{_CONTROL}"
_NUMBER = r"-?[0-9]+(\.[0-9]+)?"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LOCAL = _DAY + r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_WITH_OFFSET = _LOCAL + r" ?(Z|[+-](0[0-9]|1[0-3])(:?[0-5][0-9])?|[+-]14(:?00)?)"  # no zone is farther away
_NO_ZONE = r"[+-](1[5-9]|[2-9][0-9]):?[0-9]{2}$|[+-]14:?(0[1-9]|[1-5][0-9])$"
REMARK = r" \((the decimal sign is|no moment in) .*\)$"
"""A regular expression of the remarks that follow a delivered text."""
CANONICAL: dict[Form, str] = {
    "number": _NUMBER,
    "moment": _DAY + r" [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?",
    "date": _DAY,
    "boolean": "true|false",
}
"""Form -> a regular expression of its one way to be written."""
_TRUE, _FALSE = ("yes", "y", "true", "t", "1"), ("no", "n", "false", "f", "0")


def clean_text(value: str) -> str:
    """Text without outer blanks and control characters, accents composed (NFC); NULL when nothing is left."""
    visible = f"regexp_replace({value}, {quote_literal(_CONTROL)}, '', 'g')"
    trimmed = f"regexp_replace({visible}, {quote_literal(f'^{_BLANK}+|{_BLANK}+$')}, '', 'g')"
    return f"""
        case
            when regexp_matches({value}, {quote_literal(_UNTIDY)}) then nullif(nfc_normalize({trimmed}), '')
            else nullif(nfc_normalize({value}), '')
        end
    """


def convert_to_form(form: Form, value: str, options: FileOptions, zone: str) -> str:
    """The value in the form of its column.

    Args:
        form: See `kind.Form`.
        value: SQL of clean text.
        options: How the source writes numbers, dates and moments.
        zone: The zone of moments that carry none.
    """
    match form:
        case "number":
            return _convert_number(value, options)
        case "moment":
            return _convert_moment(value, options, zone)
        case "date":
            return _convert_date(value, options)
        case "boolean":
            return _convert_boolean(value)
        case "id":
            return _convert_id(value)
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


def _convert_id(value: str) -> str:
    """Without the `.0` that spreadsheets put behind a number, and without what they put in front to keep zeros."""
    bare = _strip_text_marks(value)
    return rf"""
        case
            when regexp_matches({value}, '^[''=]') or suffix({value}, '.0')
                then nullif(regexp_replace({bare}, '^(-?[0-9]+)\.0$', '\1'), '')
            else {value}
        end
    """


def _strip_text_marks(value: str) -> str:
    """SQL: `'007` and `="007"`, by which a spreadsheet is made to keep zeros, as `007`."""
    return rf"""ltrim(regexp_replace({value}, '^="(.*)"$', '\1'), '''')"""


def _convert_boolean(value: str) -> str:
    true_words, false_words = (", ".join(quote_literal(word) for word in words) for words in (_TRUE, _FALSE))
    return f"""
        case
            when lower({value}) in ({true_words}) then 'true'
            when lower({value}) in ({false_words}) then 'false'
            else {value}
        end
    """


def _convert_number(value: str, options: FileOptions) -> str:
    sign = re.escape(options.decimal)
    marks = {"": "", " ": r"[ \x{a0}\x{202f}]", "'": r"['’]"}.get(options.thousands, re.escape(options.thousands))
    grouped = rf"|[0-9]{{1,3}}({marks}[0-9]{{3}})+" if marks else ""
    digits = rf"(([0-9]+{grouped})({sign}[0-9]*)?|{sign}[0-9]+)"
    currency = _write_currency(options.currency_sign)
    written = quote_literal(f"'?({_write_signed(digits, currency)})")
    plain = quote_literal(_NUMBER if options.decimal == "." else "-?[0-9]+")
    looks_plain = quote_literal(_NUMBER)
    remark = quote_literal(f" (the decimal sign is {options.decimal})")
    amount = f"regexp_replace({value}, {quote_literal(currency)}, '')" if currency.endswith("?") else value
    bare = f"regexp_replace({amount}, {quote_literal(f'[^0-9{sign}]')}, '', 'g')"
    with_point = f"replace({bare}, {quote_literal(options.decimal)}, '.')"
    whole = rf"regexp_replace(regexp_replace({with_point}, '^\.', '0.'), '\.$', '')"
    minus = f"case when contains({value}, '-') or contains({value}, '(') then '-' else '' end"
    return f"""
        case
            when regexp_full_match({value}, {plain}) then {value}
            when regexp_full_match({value}, {written}) then {minus} || {whole}
            when regexp_full_match({value}, {looks_plain}) then {value} || {remark}
            else {value}
        end
    """


def _write_currency(sign: str) -> str:
    """A regular expression of the sign of a currency; one of letters may be cut short by a dot: `Rs.`, `kr.`."""
    return re.escape(sign) + (r"\.?" if sign[-1:].isalpha() else "")


def _write_signed(digits: str, currency: str) -> str:
    """A regular expression of a number with its signs: `-5`, `5-`, `(5)`, and with `$` `$5`, `-$5`, `$-5`, `($5)`.

    Parentheses are a minus: that is how accounts write one, and nothing else.
    """
    blank = r"[ \x{a0}\x{202f}]?"
    amount = rf"({currency}{blank})?{digits}({blank}{currency})?" if currency else digits
    behind_currency = rf"|{currency}{blank}[+-]{digits}" if currency else ""
    return rf"[+-]?{amount}|{amount}-|\({amount}\){behind_currency}"


def _convert_moment(value: str, options: FileOptions, zone: str) -> str:
    if options.datetime_format == "iso":
        return _convert_iso_moment(value, zone)
    written = _convert_written_moment(value, options.datetime_format, zone)
    return _prefer_real_dates(value, _convert_iso_moment(value, zone), written) if options.has_real_dates else written


def _prefer_real_dates(value: str, iso: str, written: str) -> str:
    """A cell that holds a day or moment as such, which its reader has written as ISO, is no text in a format."""
    is_iso = f"regexp_full_match({value}, {quote_literal(f'{_LOCAL}|{_DAY}')})"
    return f"case when {is_iso} then {iso} else {written} end"


def _convert_written_moment(value: str, pattern: str, zone: str) -> str:
    parsed = parse_moment(value, pattern)
    if "%z" in pattern or "%Z" in pattern:
        no_zone = f"regexp_matches({value}, {quote_literal(_NO_ZONE)})" if pattern.endswith("%z") else "false"
        moment = f"case when not {no_zone} then {_format_utc(parsed)} end"
        return f"coalesce({moment}, {_add_remark(value, pattern)})"
    has_time = any(part in pattern for part in ("%H", "%-H", "%I", "%-I", "%c", "%X"))
    return f"coalesce({_convert_from_zone(parsed, zone, has_time)}, {_add_remark(value, pattern)})"


def _convert_iso_moment(value: str, zone: str) -> str:
    local = f"try_cast({value} as timestamp)"
    with_offset = f"try_cast({_write_offset_for_duckdb(value)} as timestamptz)"
    return f"""
        case
            when regexp_full_match({value}, {quote_literal(_LOCAL)})
                then coalesce({_convert_from_zone(local, zone, True)}, {_add_remark(value, zone)})
            when regexp_full_match({value}, {quote_literal(_DAY)})
                then coalesce({_convert_from_zone(local, zone, False)}, {_add_remark(value, zone)})
            when regexp_full_match({value}, {quote_literal(_WITH_OFFSET)})
                then coalesce({_format_utc(with_offset)}, {value})
            else {value}
        end
    """


def _write_offset_for_duckdb(value: str) -> str:
    """A moment with an offset as DuckDB reads it: with seconds, and no blank before the offset."""
    joined = rf"regexp_replace({value}, ' (Z|[+-][0-9:]+)$', '\1')"
    return rf"regexp_replace({joined}, '^(.{{16}})(Z|[+-][0-9:]+)$', '\1:00\2')"


def _convert_from_zone(local: str, zone: str, has_time: bool) -> str:
    """UTC text of a local timestamp; NULL for an hour that a clock change leaves out.

    A time that a clock change repeats is taken as the second of the two. A day alone begins with its first moment.
    """
    if zone in ("UTC", "Etc/UTC"):
        return f"{local}::varchar"
    moment = f"timezone({quote_literal(zone)}, {local})"
    days = ", ".join(f"date '{day}'" for day in find_days_with_a_gap(zone))
    if not has_time or not days:
        return _format_utc(moment)
    return f"""
        case
            when {local}::date in ({days}) and timezone({quote_literal(zone)}, {moment}) <> {local} then null
            else {_format_utc(moment)}
        end
    """


def _format_utc(moment: str) -> str:
    return f"make_timestamp(epoch_us({moment}))::varchar"  # a third faster than `timezone('UTC', …)`


def _add_remark(value: str, expected: str) -> str:
    """The value, with a remark where it would otherwise pass for a canonical day or moment."""
    looks_canonical = f"regexp_full_match({value}, {quote_literal(f'{_DAY}([T ].*)?')})"
    remark = quote_literal(f" (no moment in {expected})")
    return f"case when {looks_canonical} then {value} || {remark} else {value} end"


def _convert_date(value: str, options: FileOptions) -> str:
    pattern = options.date_format
    if pattern == "iso":
        return _convert_iso_date(value)
    written = f"coalesce({parse_moment(value, pattern)}::date::varchar, {_add_remark(value, pattern)})"
    return _prefer_real_dates(value, _convert_iso_date(value), written) if options.has_real_dates else written


def _convert_iso_date(value: str) -> str:
    plain = quote_literal(rf"{_DAY}([T ]00:00(:00(\.0+)?)?)?")
    return f"""
        case
            when regexp_full_match({value}, {plain})
                then coalesce(try_cast(left({value}, 10) as date)::varchar, {_add_remark(value, "the calendar")})
            else {value}
        end
    """
