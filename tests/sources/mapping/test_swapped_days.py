"""Files whose days can be read in two ways, and which of them is meant."""

import datetime as dt
import random
from collections import defaultdict

import duckdb
import pytest

from regulars.pipelines.settings.sources.columns import KindMapping
from regulars.pipelines.settings.sources.file_options import FileOptions
from regulars.pipelines.sources.mapping.mapping import LandedFile
from regulars.pipelines.sources.mapping.swapped_days import find_swapped_days, read_file_days

OPTIONS = FileOptions(datetime_format="%d/%m/%Y")


def look(*files, came=dt.datetime(2026, 12, 31, tzinfo=dt.UTC), column="ordered_at"):
    """The sentences about files, each of them days of a column as written."""
    mappings = {"orders": KindMapping(columns={"order_id": "no", column: "at", "gross_sales": "total"})}
    read = []
    for number, days in enumerate(files):
        with duckdb.connect() as con:
            con.execute('create table file_rows (no varchar, "at" varchar, total varchar)')
            con.executemany("insert into file_rows values ('1', ?, '1.00')", [[each] for each in days])
            file = LandedFile(
                "file_rows", ("no", "at", "total"), [], OPTIONS, "shop", "shop", 1, "", "UTC", "EUR",
                f"{number}.csv", came,
            )  # fmt: skip
            read += read_file_days(con, file, mappings)
    return [each.sentence for each in find_swapped_days(read)]


def write(form, start, count):
    return [(dt.date.fromisoformat(start) + dt.timedelta(days=n)).strftime(form) for n in range(count)]


def test_a_file_of_the_other_order_is_found_by_days_that_are_still_to_come():
    came = dt.datetime(2026, 3, 12, tzinfo=dt.UTC)
    [said] = look(write("%d/%m/%Y", "2026-02-01", 28), write("%m/%d/%Y", "2026-03-01", 10), came=came)
    assert said.startswith("1.csv: no day of orders.ordered_at is later than the 12th of a month, and 7 of its 10 days")


def test_days_that_are_promised_may_be_still_to_come():
    came, days = dt.datetime(2026, 9, 30, tzinfo=dt.UTC), write("%d/%m/%Y", "2026-10-01", 5)
    assert len(look(days, came=came)) == 1
    assert look(days, came=came, column="promised_at") == []


def test_a_file_of_the_other_order_is_found_by_days_that_lie_far_apart():
    [said] = look(write("%d/%m/%Y", "2026-02-01", 28), write("%m/%d/%Y", "2026-03-01", 10))
    assert "its 10 days are spread over 273 days, and would lie within 10 the other way round" in said


def test_a_file_of_the_other_order_over_two_months_is_found():
    days = [*write("%m/%d/%Y", "2026-03-01", 12), *write("%m/%d/%Y", "2026-04-01", 10)]
    assert len(look(write("%d/%m/%Y", "2026-02-01", 28), days)) == 1
    few = [dt.date(2026, 3, 5), dt.date(2026, 3, 11), dt.date(2026, 4, 2), dt.date(2026, 4, 3)]
    assert len(look([f"{day:%m/%d/%Y}" for day in few])) == 1


def sell_monthly(seed, numbers, share):
    """The days of two years on which a company sold, that opens on these days of each month and sells on a share."""
    rng = random.Random(seed)
    days = [dt.date(2024 + month // 12, month % 12 + 1, number) for month in range(24) for number in numbers]
    return [day for day in days for _ in range(rng.randint(1, 3)) if rng.random() < share]


@pytest.mark.parametrize("numbers", [(1,), (1, 2), (2, 3), (11, 12), (1, 2, 3)])
@pytest.mark.parametrize("share", [1.0, 0.6])
@pytest.mark.parametrize("months", [3, 6, 12, 24])
def test_a_company_that_sells_on_the_first_days_of_each_month_alone_is_not_doubted(numbers, share, months):
    for seed in range(3):
        files = defaultdict(list)
        for day in sell_monthly(seed, numbers, share):
            files[(day.year * 12 + day.month - 1) // months].append(f"{day:%d/%m/%Y}")
        assert look(*files.values()) == []


def test_a_company_that_sells_on_two_days_of_each_quarter_is_not_doubted():
    assert look([f"{day:02}/{month:02}/2026" for month in (1, 4, 7, 10) for day in (1, 2)]) == []


@pytest.mark.parametrize(
    "days",
    [
        write("%d/%m/%Y", "2026-03-01", 10),
        write("%d/%m/%Y", "2026-03-10", 10),
        [f"01/{month:02}/2026" for month in range(1, 13)],
        [f"{day:02}/{month:02}/2026" for month in range(1, 13) for day in (1, 8)],
        [f"{day:02}/{month:02}/2025" for month in range(1, 13) for day in range(1, 13)],
        ["01/03/2026", "02/03/2026"],
        ["03/03/2026"] * 20,
        ["2026-03-01", ""],
    ],
)
def test_a_file_that_is_read_rightly_says_nothing(days):
    assert look(days) == []


def test_one_day_of_each_month_is_odd_only_where_the_company_sells_on_others_too():
    monthly = write("%m/%d/%Y", "2026-03-01", 10)  # or the third of ten months
    assert look(monthly) == []
    assert look(["01/02/2026", "01/01/2026", "01/04/2026"], monthly) == []
    assert len(look(write("%d/%m/%Y", "2026-01-01", 20), monthly)) == 1


def test_days_that_fit_in_one_way_only_are_counted_elsewhere():
    assert look([*write("%m/%d/%Y", "2026-03-01", 10), "13/03/2026"]) == []
