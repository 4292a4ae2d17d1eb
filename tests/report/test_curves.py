import datetime as dt
from decimal import Decimal

import pytest

from regulars.pipelines.report.sections.curves import choose_lines, compute_average, make_curve_parts
from regulars.pipelines.report.words.words import read_words

ENGLISH = read_words("en")


def cell(start: str, period: int, size: int, retained: int, sales: str, *, known: bool = True) -> dict:
    return {
        "cohort_start": dt.date.fromisoformat(start),
        "period_number": period,
        "cohort_size": size,
        "retained_customers": retained,
        "retention_rate": retained / size if known else None,
        "net_sales": Decimal(sales),
    }


OLD_AND_POOR = [cell("2024-12-01", 0, 100, 100, "1000"), cell("2024-12-01", 1, 100, 10, "100")]
YOUNG_AND_RICH = [cell("2025-01-01", 0, 300, 300, "9000"), cell("2025-01-01", 1, 300, 90, "50", known=False)]


def test_a_month_that_is_not_over_is_left_out_of_the_average():
    curve = compute_average([*OLD_AND_POOR, *YOUNG_AND_RICH], 1)
    assert curve[0].customers == 400
    assert (curve[1].customers, curve[1].retention) == (100, 0.1)


def test_what_a_customer_brings_never_falls_because_good_cohorts_are_young():
    curve = compute_average([*OLD_AND_POOR, *YOUNG_AND_RICH], 1)
    assert curve[0].worth == 25
    assert curve[1].worth == pytest.approx(26)


def test_a_curve_ends_where_too_few_customers_are_known():
    assert list(compute_average([*OLD_AND_POOR, *YOUNG_AND_RICH], 200)) == [0]


def test_a_year_is_shown_as_far_as_half_of_its_customers_are_known():
    rows = [
        *(cell("2024-01-01", period, 100, 50, "100") for period in range(3)),
        *(cell("2024-06-01", period, 300, 50, "100") for period in range(2)),
        *(cell("2025-01-01", period, 50, 50, "100") for period in range(2)),
    ]
    assert [(name, max(curve)) for _, name, curve in choose_lines(rows, ENGLISH)] == [
        ("all", 2),
        ("2025", 1),
        ("2024", 1),
    ]


def test_before_any_month_is_over_there_are_no_curves():
    assert make_curve_parts(YOUNG_AND_RICH, "EUR", ENGLISH) == []


def test_the_curves_say_their_numbers_and_what_they_rest_on():
    retention, worth = make_curve_parts([*OLD_AND_POOR, *YOUNG_AND_RICH], "EUR", ENGLISH)
    assert retention.caption.startswith("10.0% came back in month 1 (n = 100)")
    assert "A customer brings EUR 25 in the month of the first order and EUR 26 by 1 month later" in worth.caption
    assert "(n = 400 to 100)" in worth.caption
