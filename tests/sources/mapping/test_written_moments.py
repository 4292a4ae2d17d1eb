"""Days and moments that a tool wrote for people to read."""

from collections import Counter

import duckdb
import pytest

from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.sources.mapping.canonical import convert_to_form
from regulars.pipelines.sources.mapping.written_moments import MONTH_NAMES


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        yield con


def read(con, value, pattern, zone="UTC", form="moment"):
    options = FileOptions(datetime_format=pattern, date_format=pattern)
    return con.execute(f"select {convert_to_form(form, 'v', options, zone)} from (select ? as v)", [value]).fetchone()[
        0
    ]


@pytest.mark.parametrize(
    ("written", "pattern", "moment"),
    [
        ("Donnerstag, 26. Januar 2023 um 13:39:50", "%A, %d. %B %Y um %H:%M:%S", "2023-01-26 13:39:50"),
        ("Freitag, 3. März 2023 um 08:05:00", "%A, %d. %B %Y um %H:%M:%S", "2023-03-03 08:05:00"),
        ("Fr., 3. Mär. 2023", "%a, %d. %b %Y", "2023-03-03 00:00:00"),
        ("le 14 août 2024 à 09h05", "le %d %B %Y à %Hh%M", "2024-08-14 09:05:00"),
        ("3. toukokuuta 2024 klo 7.05", "%d. %B %Y klo %H.%M", "2024-05-03 07:05:00"),
        ("1 września 2024", "%d %B %Y", "2024-09-01 00:00:00"),
        ("Friday, 3 March 2023", "%A, %d %B %Y", "2023-03-03 00:00:00"),
        ("dic 31, 2024 11:59 PM", "%b %d, %Y %I:%M %p", "2024-12-31 23:59:00"),
    ],
)
def test_months_and_weekdays_are_read_in_words(con, written, pattern, moment):
    assert read(con, written, pattern) == moment


def test_words_around_a_moment_may_name_the_zone(con):
    pattern = "%A, %d. %B %Y um %H:%M:%S Mitteleuropäische Normalzeit"
    written = "Donnerstag, 26. Januar 2023 um 13:39:50 Mitteleuropäische Normalzeit"
    assert read(con, written, pattern, "Europe/Berlin") == "2023-01-26 12:39:50"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2023/09/27 3:00:00 PM GMT+3", "2023-09-27 12:00:00"),
        ("2023/09/28 11:05:09 AM GMT+3", "2023-09-28 08:05:09"),
        ("2023/09/28 11:05:09 AM GMT-3", "2023-09-28 14:05:09"),
        ("2023/09/28 11:05:09 AM GMT+05:30", "2023-09-28 05:35:09"),
    ],
)
def test_an_offset_may_be_one_digit(con, written, moment):
    assert read(con, written, "%Y/%m/%d %I:%M:%S %p GMT%z") == moment


def test_a_month_in_words_may_stand_in_a_day(con):
    assert read(con, "24. Dezember 2023", "%d. %B %Y", form="date") == "2023-12-24"


@pytest.mark.parametrize("written", ["3. Smarch 2023", "31. Februar 2023", "3. März 2023 x", "3 März 2023", ""])
def test_what_is_no_day_stays_as_it_was_written(con, written):
    assert read(con, written, "%d. %B %Y") == written


def test_no_name_stands_for_two_months():
    counts = Counter(name for names in MONTH_NAMES for name in set(names.split()))
    assert [name for name, count in counts.items() if count > 1] == []
    assert len(MONTH_NAMES) == 12
