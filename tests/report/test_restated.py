import datetime as dt

import pytest

from regulars.pipelines.report.facts.report_facts import ReportFacts
from regulars.pipelines.report.sections.restated import build_restated
from regulars.pipelines.report.words.words import read_words
from tests.report.report_tables import HEADLINE


def periods_shown(*periods):
    """The second column of the section's table, for figures of these periods."""
    rows = [
        {
            "metric": f"metric_{place}", "key": "all", "period_start": start, "period_end": end, "cause_rank": 1,
            "value_before": 100.0, "value_after": 90.0 + place, "change": -10.0 + place, "unit": "count",
            "reason": "1 order was dated back.",
        }
        for place, (start, end) in enumerate(periods)
    ]  # fmt: skip
    facts = ReportFacts("Knusperkiste", "g000002", HEADLINE, restatements=rows)
    [[part]] = build_restated(facts, read_words("en")).rows
    return [row[1] for row in part.table.rows]


def test_a_restated_month_is_named_by_its_month_and_year():
    december, february = (dt.date(2025, 12, 1), dt.date(2025, 12, 31)), (dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    assert periods_shown(december, february) == ["Dec 2025", "Feb 2024"]


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (dt.date(2025, 12, 1), dt.date(2025, 12, 7), "1 Dec 2025 to 7 Dec 2025"),
        (dt.date(2025, 12, 2), dt.date(2025, 12, 31), "2 Dec 2025 to 31 Dec 2025"),
        (dt.date(2025, 12, 1), dt.date(2026, 12, 31), "1 Dec 2025 to 31 Dec 2026"),
        (dt.date(2025, 12, 1), dt.date(2026, 1, 31), "1 Dec 2025 to 31 Jan 2026"),
        (dt.date(2025, 12, 4), dt.date(2025, 12, 31), "4 Dec 2025 to 31 Dec 2025"),
    ],
)
def test_any_other_restated_period_is_named_by_its_first_and_last_day(start, end, shown):
    assert periods_shown((start, end)) == [shown]
