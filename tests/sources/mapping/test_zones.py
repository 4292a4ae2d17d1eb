import datetime as dt
from zoneinfo import ZoneInfo

import duckdb
import pytest

from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.sources.mapping.canonical import convert_to_form
from regulars.pipelines.sources.mapping.zones import find_days_with_a_gap

ZONES = ["Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Nuuk", "Pacific/Apia", "Asia/Kolkata"]
QUARTER = dt.timedelta(minutes=15)


def was(local: dt.datetime, zone: ZoneInfo) -> bool:
    return local.replace(tzinfo=zone).astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) == local


def test_a_zone_that_never_changes_has_no_such_day():
    assert find_days_with_a_gap("UTC") == ()


def test_clocks_are_put_forward_once_a_year_in_berlin():
    assert dt.date(2026, 3, 29) in find_days_with_a_gap("Europe/Berlin")
    assert dt.date(2026, 10, 25) not in find_days_with_a_gap("Europe/Berlin")


@pytest.mark.parametrize("name", ZONES)
def test_every_quarter_of_an_hour_around_clock_changes_becomes_the_moment_python_knows(name):
    zone = ZoneInfo(name)
    days = [
        dt.datetime(year, month, day)  # noqa: DTZ001
        for year in (2011, 2018, 2023)
        for month in (2, 3, 9, 10, 11, 12)
        for day in range(1, 29)
    ]
    changes = [
        day
        for day in days
        if day.replace(tzinfo=zone).utcoffset() != (day + dt.timedelta(2)).replace(tzinfo=zone).utcoffset()
    ]
    changes += [dt.datetime(2011, 12, 29), dt.datetime(2023, 3, 25)]  # noqa: DTZ001
    locals_ = sorted({day + number * QUARTER for day in changes for number in range(2 * 96)})
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute("create table written as select unnest(?::varchar[]) as v", [[str(each) for each in locals_]])
        shaped = convert_to_form("moment", "v", FileOptions(), name)
        delivered = dict(con.execute(f"select v, {shaped} from written").fetchall())
    for local in locals_:
        found = delivered[str(local)]
        if not was(local, zone):
            assert found == f"{local} (no moment in {name})"
        else:
            later = local.replace(tzinfo=zone, fold=1).astimezone(dt.UTC).replace(tzinfo=None)
            assert found == str(later)
