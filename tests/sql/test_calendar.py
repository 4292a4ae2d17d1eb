"""The calendar: which days it has, and how days, weeks, months and fiscal years are numbered."""

import datetime as dt

from tests.builders import run_sql


def days(**tables) -> dict[dt.date, dict]:
    return {row["day"]: row for row in run_sql("core/calendar", **tables)}


def test_the_calendar_goes_from_the_first_events_year_to_the_last_ones_or_as_ofs():
    calendar = days(
        staging__orders=[{"order_id": "1", "ordered_at": "2024-05-01"}],
        staging__survey_responses=[{"response_id": "1", "answered_at": "2023-12-31 23:00:00"}],
    )
    assert (min(calendar), max(calendar)) == (dt.date(2023, 1, 1), dt.date(2026, 12, 31))
    assert len(calendar) == 4 * 365 + 1


def test_days_weeks_and_months_are_numbered_without_gaps():
    calendar = days(staging__orders=[{"order_id": "1", "ordered_at": "1969-12-01"}])
    epoch, new_year = calendar[dt.date(1970, 1, 1)], calendar[dt.date(2027, 1, 1) - dt.timedelta(days=1)]
    assert (epoch["day_idx"], epoch["week_idx"], epoch["month_idx"], epoch["iso_week"]) == (0, 0, 1970 * 12, "1970-W01")
    assert calendar[dt.date(1969, 12, 28)]["week_idx"] == -1
    assert [(day["iso_weekday"], day["weekday"]) for day in (epoch, new_year)] == [(4, "Thursday"), (4, "Thursday")]
    assert (new_year["iso_week"], new_year["week_start"]) == ("2026-W53", dt.date(2026, 12, 28))
    assert new_year["is_month_end"] is True
    assert calendar[dt.date(2024, 2, 28)]["is_month_end"] is False


def test_a_day_knows_the_opening_minutes_of_all_days_before_it():
    calendar = days(raw__special_days=[{"day": dt.date(2026, 1, 1), "is_business_day": False}])
    before = [calendar[dt.date(2026, 1, day)]["business_minutes_before"] for day in range(1, 7)]
    assert before == [0, 0, 480, 480, 480, 960]  # a holiday, a Friday, a weekend, a Monday of 9 to 17


def test_a_fiscal_year_bears_the_name_of_the_year_in_which_it_ends():
    calendar = days(raw__company=[{"fiscal_year_starts": 4}])
    names = ("fiscal_year", "fiscal_quarter", "fiscal_month")
    assert [tuple(calendar[dt.date(2026, month, 1)][name] for name in names) for month in (3, 4, 12)] == [
        (2026, 4, 12),
        (2027, 1, 1),
        (2027, 3, 9),
    ]
    plain = days()[dt.date(2026, 12, 31)]
    assert tuple(plain[name] for name in names) == (2026, 4, 12)


def test_a_fiscal_year_and_its_quarters_begin_where_the_company_says():
    february = days(raw__company=[{"fiscal_year_starts": 2}])
    names = ("fiscal_year_start", "fiscal_quarter_start", "fiscal_quarter_idx")
    assert [tuple(february[dt.date(2026, month, 28)][name] for name in names) for month in (1, 2, 5)] == [
        (dt.date(2025, 2, 1), dt.date(2025, 11, 1), 2026 * 4 + 3),
        (dt.date(2026, 2, 1), dt.date(2026, 2, 1), 2027 * 4),
        (dt.date(2026, 2, 1), dt.date(2026, 5, 1), 2027 * 4 + 1),
    ]
    plain = days()[dt.date(2026, 12, 31)]
    assert (plain["fiscal_year_start"], plain["fiscal_quarter_start"]) == (dt.date(2026, 1, 1), plain["quarter"])
    assert plain["fiscal_quarter_idx"] == plain["quarter_idx"]
