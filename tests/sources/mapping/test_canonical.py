"""What a tool writes, and the one form in which it is delivered."""

import itertools
from decimal import Decimal

import duckdb
import pytest

from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.sources.mapping.canonical import clean_text, convert_to_form


def form(kind, value, *, zone="UTC", **options):
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        shaped = convert_to_form(kind, "v", FileOptions(**options), zone)
        return con.execute(
            f"select {shaped} from (select {clean_text('w')} as v from (select ? as w))", [value]
        ).fetchall()[0][0]


@pytest.mark.parametrize(
    ("written", "delivered"),
    [
        ("5", "5"),
        ("-1234.50", "-1234.50"),
        ("+5.1", "5.1"),
        ("'5", "5"),
        ("12.50-", "-12.50"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("5.", "5"),
        ("007", "007"),
        (" 9.5 ", "9.5"),
        ("", None),
        (" \t", None),
        ("1,5", "1,5"),
        ("1E+15", "1E+15"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("inf", "inf"),
        ("($12.34)", "($12.34)"),
        ("$12.34", "$12.34"),
        ("(12.34)", "-12.34"),
        ("(-12.34)", "(-12.34)"),
        ("(12.34", "(12.34"),
        ("1-2", "1-2"),
        ("--1", "--1"),
        ("٣", "٣"),
    ],
)
def test_a_number_with_a_decimal_point(written, delivered):
    assert form("number", written) == delivered


@pytest.mark.parametrize(
    ("written", "thousands", "delivered"),
    [
        ("1.234,50", ".", "1234.50"),
        ("1.234", ".", "1234"),
        ("1234,5", ".", "1234.5"),
        ("1.5", ".", "1.5 (the decimal sign is ,)"),
        ("12.34.567", ".", "12.34.567"),
        ("1.5", "", "1.5 (the decimal sign is ,)"),
        ("1.234.567,89", ".", "1234567.89"),
        ("-1 234,5", " ", "-1234.5"),
        ("1\u00a0234,5", " ", "1234.5"),
        ("1\u202f234,5", " ", "1234.5"),
        ("1’234,5", "'", "1234.5"),
        (",5-", "", "-0.5"),
    ],
)
def test_a_number_with_a_decimal_comma(written, thousands, delivered):
    assert form("number", written, decimal=",", thousands=thousands) == delivered


@pytest.mark.parametrize(
    ("written", "delivered"),
    [
        ("$1,234.50 ", "1234.50"),
        ("1,234.50", "1234.50"),
        ("-$12.00", "-12.00"),
        ("$-12.00", "-12.00"),
        ("$ 12.00-", "-12.00"),
        ("($33.62)", "-33.62"),
        ("12.00 $", "12.00"),
        ("$0", "0"),
        ("€12.00", "€12.00"),
        ("-($12.00)", "-($12.00)"),
        ("--$12.00", "--$12.00"),
        ("-$-12.00", "-$-12.00"),
        ("$", "$"),
    ],
)
def test_an_amount_with_the_declared_sign_of_its_currency(written, delivered):
    assert form("number", written, thousands=",", currency_sign="$") == delivered


@pytest.mark.parametrize(
    ("written", "delivered"),
    [
        ("Rs. 1,234.50", "1234.50"),
        ("Rs.5", "5"),
        ("-Rs. 5.25", "-5.25"),
        ("Rs. -5.25", "-5.25"),
        ("5.25 Rs.", "5.25"),
        ("Rs 5.", "5"),
        ("Rs.. 5", "Rs.. 5"),
        ("Rs.", "Rs."),
    ],
)
def test_a_sign_of_letters_may_end_with_a_dot(written, delivered):
    assert form("number", written, thousands=",", currency_sign="Rs") == delivered


@pytest.mark.parametrize(
    ("written", "delivered"),
    [("1,234.50", "1234.50"), ("1,23", "1,23"), ("12,345,678", "12345678"), ("1.234", "1.234")],
)
def test_a_number_with_commas_between_thousands(written, delivered):
    assert form("number", written, thousands=",") == delivered


@pytest.mark.parametrize(
    ("written", "delivered"),
    [
        ("2026-01-05", "2026-01-05 00:00:00"),
        ("2026-01-05 10:00", "2026-01-05 10:00:00"),
        ("2026-01-05T10:00:01", "2026-01-05 10:00:01"),
        ("2026-01-05 10:00:01.250", "2026-01-05 10:00:01.25"),
        ("2026-01-05T10:00:01.123456789Z", "2026-01-05 10:00:01.123456"),
        ("2026-01-05T10:00Z", "2026-01-05 10:00:00"),
        ("2026-01-05 10:00:00 +0200", "2026-01-05 08:00:00"),
        ("2026-01-05 10:00 +02:00", "2026-01-05 08:00:00"),
        ("2026-01-05T10:00:00-05", "2026-01-05 15:00:00"),
        ("2026-01-05T10:00:00+05:30", "2026-01-05 04:30:00"),
        ("2026-01-05T10:00:00+14:00", "2026-01-04 20:00:00"),
        ("2026-01-05T10:00:00+14:30", "2026-01-05T10:00:00+14:30"),
        ("2026-01-05T10:00:00-15:00", "2026-01-05T10:00:00-15:00"),
        ("2026-01-05T10:00:00+0260", "2026-01-05T10:00:00+0260"),
        ("2026-02-30 10:00:00", "2026-02-30 10:00:00 (no moment in UTC)"),
        ("2026-01-05 25:00", "2026-01-05 25:00 (no moment in UTC)"),
        ("05.01.2026", "05.01.2026"),
        ("2026-1-5", "2026-1-5"),
        ("2026-01-05 10:00:00 Europe/Berlin", "2026-01-05 10:00:00 Europe/Berlin"),
        ("epoch", "epoch"),
        ("20260105", "20260105"),
    ],
)
def test_a_moment_in_iso(written, delivered):
    assert form("moment", written) == delivered


@pytest.mark.parametrize(
    ("zone", "written", "delivered"),
    [
        ("Europe/Berlin", "2026-01-05 10:00", "2026-01-05 09:00:00"),
        ("Europe/Berlin", "2026-07-05 10:00", "2026-07-05 08:00:00"),
        ("Europe/Berlin", "2026-07-05", "2026-07-04 22:00:00"),
        ("Europe/Berlin", "2026-07-05 10:00Z", "2026-07-05 10:00:00"),
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 02:30 (no moment in Europe/Berlin)"),
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 01:30:00"),  # the second of the two
        ("America/New_York", "2026-03-08 02:30", "2026-03-08 02:30 (no moment in America/New_York)"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04 03:00:00"),  # a day without its first hour still begins
        ("America/Sao_Paulo", "2018-11-04 00:30", "2018-11-04 00:30 (no moment in America/Sao_Paulo)"),
        ("Asia/Kolkata", "2026-01-05 00:10", "2026-01-04 18:40:00"),
    ],
)
def test_a_moment_of_a_zone_becomes_utc(zone, written, delivered):
    assert form("moment", written, zone=zone) == delivered


@pytest.mark.parametrize(
    ("pattern", "written", "delivered"),
    [
        ("%d/%m/%Y", "03/04/2026", "2026-04-02 22:00:00"),
        ("%d/%m/%Y", "12/13/2026", "12/13/2026"),
        ("%d/%m/%Y", "2026-04-03", "2026-04-03 (no moment in %d/%m/%Y)"),
        ("%d.%m.%Y %H:%M", "29.03.2026 02:30", "29.03.2026 02:30"),
        ("%d.%m.%Y %H:%M", "29.03.2026 03:30", "2026-03-29 01:30:00"),
        ("%m/%d/%Y %I:%M %p", "12/31/2026 01:05 PM", "2026-12-31 12:05:00"),
        ("%Y-%m-%d %H:%M:%S %z", "2026-03-29 03:30:00 +0200", "2026-03-29 01:30:00"),
        ("%Y-%m-%d %H:%M:%S %z", "2026-03-29 03:30:00 +1400", "2026-03-28 13:30:00"),
        (
            "%Y-%m-%d %H:%M:%S %z",
            "2026-03-29 03:30:00 +1500",
            "2026-03-29 03:30:00 +1500 (no moment in %Y-%m-%d %H:%M:%S %z)",
        ),
        ("%d.%m.%Y %H:%M %z", "29.03.2026 03:30 -14:30", "29.03.2026 03:30 -14:30"),
        ("%Y-%m-%d %H:%M:%S %Z", "2026-03-29 02:30:00 UTC", "2026-03-29 02:30:00"),
    ],
)
def test_a_moment_in_a_declared_pattern(pattern, written, delivered):
    assert form("moment", written, zone="Europe/Berlin", datetime_format=pattern) == delivered


@pytest.mark.parametrize(
    ("written", "pattern", "delivered"),
    [
        ("2026-01-05", "iso", "2026-01-05"),
        ("2026-01-05 00:00:00", "iso", "2026-01-05"),
        ("2026-01-05 10:00:00", "iso", "2026-01-05 10:00:00"),
        ("2026-02-30", "iso", "2026-02-30 (no moment in the calendar)"),
        ("5/1/26", "%d/%m/%y", "2026-01-05"),
        ("2026-01-05", "%d/%m/%y", "2026-01-05 (no moment in %d/%m/%y)"),
    ],
)
def test_a_date(written, pattern, delivered):
    assert form("date", written, date_format=pattern) == delivered


@pytest.mark.parametrize(
    ("written", "delivered"),
    [("Yes", "true"), ("TRUE", "true"), ("1", "true"), ("no", "false"), ("0", "false"), ("N", "false"), ("ja", "ja")],
)
def test_a_boolean(written, delivered):
    assert form("boolean", written) == delivered


@pytest.mark.parametrize(
    ("kind", "written", "delivered"),
    [
        ("id", "'7210448301122", "7210448301122"),
        ("id", "17850.0", "17850"),
        ("id", "-3.0", "-3"),
        ("id", "A-1.0", "A-1.0"),
        ("id", "1.5", "1.5"),
        ("id", "007", "007"),
        ("id", "'", None),
        ("ids", "12.0;13.0; x", "12;13; x"),
        ("code", "'+4930123", "+4930123"),
        ("code", "01234", "01234"),
        ("currency", "eur", "EUR"),
        ("lower", "NPS", "nps"),
        ("text", " Köln\u00a0", "Köln"),
        ("text", "a\nb\x00c", "a\nbc"),
        ("text", "=1+1", "=1+1"),
    ],
)
def test_other_forms(kind, written, delivered):
    assert form(kind, written) == delivered


def test_a_delivered_number_means_what_was_written():
    # every short text over the characters of numbers: either it is left as it was, or it is the number Python reads
    texts = ["".join(letters) for size in range(1, 6) for letters in itertools.product("-+.,10", repeat=size)]
    with duckdb.connect() as con:
        shaped = convert_to_form("number", "v", FileOptions(), "UTC")
        con.execute("create table written as select unnest(?) as v", [texts])
        for written, delivered in con.execute(f"select v, {shaped} from written").fetchall():
            if written != delivered:
                behind = written.endswith("-")
                assert Decimal(delivered) == Decimal(("-" if behind else "") + written.removesuffix("-"))


@pytest.mark.parametrize("written", ["007", "'007", '="007"'])
def test_what_keeps_the_zeros_of_an_id_in_a_spreadsheet_is_no_part_of_it(written):
    assert form("id", written) == "007"


@pytest.mark.parametrize("written", ["=007", '="a"b', "a'b"])
def test_other_signs_of_an_id_stay(written):
    assert form("id", written) == written


def test_an_accent_written_as_a_sign_of_its_own_is_composed():
    assert form("text", "Ko\u0308ln") == "Köln"
    assert form("id", " e\u0301\u00a0") == "é"
