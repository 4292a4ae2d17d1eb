"""What the sections choose to show: the latest, the largest, and how much more there is."""

import dataclasses
import datetime as dt
from decimal import Decimal

import pytest

from regulars.pipelines.report.facts.report_facts import ReportFacts, read_facts
from regulars.pipelines.report.report import SECTIONS, build_page
from regulars.pipelines.report.sections.headline import make_headline_tiles
from regulars.pipelines.report.words.words import read_words
from tests.report.prediction_tables import add_predictions
from tests.report.report_tables import HEADLINE, company_tables

ENGLISH = read_words("en")
NOTHING = ReportFacts("Knusperkiste", "g000123", HEADLINE)


@pytest.fixture(scope="module")
def facts():
    con = company_tables()
    add_predictions(con)
    return read_facts(con, "Knusperkiste", "g000123", HEADLINE)


def parts_of(key, facts):
    return [part for row in SECTIONS[key](facts, ENGLISH).rows for part in row]


def notes_of(key, facts):
    return [note.text for part in parts_of(key, facts) for note in part.notes]


def months(count):
    return [dt.date(2020 + place // 12, place % 12 + 1, 1) for place in range(count)]


def test_customers_with_many_bad_experiences_stand_by_what_is_at_stake(facts):
    (part,) = parts_of("care", facts)
    assert [row[:2] for row in part.table.rows] == [["c2", "4"], ["c1", "3"], ["c3", "3"]]
    assert SECTIONS["care"](facts, ENGLISH).lede.startswith("3 customers had 3 bad experiences or more lately")
    assert part.caption.startswith("After 3+ bad experiences 1.50 times as many lapsed")
    unknown = [facts.lapses[-1] | {"lapse_ratio": None, "reason": "too few"}]
    (part,) = parts_of("care", dataclasses.replace(facts, lapses=unknown))
    assert part.caption == "What followed for others is not known: too few."


def test_each_target_stands_with_the_last_period_that_was_compared(facts):
    (part,) = parts_of("scorecard", facts)
    assert part.table.rows == [
        [
            "objective",
            "net sales",
            "1 Jan 2026 to 31 Jan 2026",
            "EUR 70",
            "EUR 58",
            "yes",
            "–",
            "the period is not over",
        ],
        [
            "mission",
            "nps",
            "1 Dec 2025 to 31 Dec 2025",
            "41.0",
            "40.0",
            "yes, may be chance",
            "better, may be chance",
            "",
        ],
    ]
    assert SECTIONS["scorecard"](facts, ENGLISH).lede == "On track: 2 of 2 targets that can be compared."
    assert parts_of("scorecard", NOTHING)[0].sentences[0].text == "No targets are set (`scorecard` in the settings)."


def test_a_section_stands_under_its_key(facts):
    assert [section.key for section in build_page(facts, ENGLISH).sections] == list(SECTIONS)


def test_the_customers_to_call_first_are_named_by_id_with_what_a_call_can_keep(facts):
    (part,) = parts_of("worklists", facts)
    assert [row[0] for row in part.table.rows] == ["c1", "c3", "c2"]
    assert part.table.rows[0][1:] == ["owner_1", "scored 3 of 10 on 2026-01-10", "10 Apr 2026", "900", "850"]
    assert notes_of("worklists", facts) == ["12 more customers call for action below the end of a list."]
    assert parts_of("worklists", NOTHING)[0].sentences[0].text == "Nobody is to be called today."


def test_a_tile_shows_how_its_number_came_about_in_the_latest_months():
    sales = [{"month": month, "new_customers": 1, "is_complete": True} for month in months(40)]
    sales[-1] |= {"new_customers": 2}
    churn = [{"month_end": month, "churn_rate_12m": place / 100} for place, month in enumerate(months(40))]
    churn = [row | {"churned_customers_12m": 1, "average_customers_12m": 2.0} for row in churn]
    customers, lost, _ = make_headline_tiles(dataclasses.replace(NOTHING, sales=sales, churn=churn), ENGLISH)
    assert customers.history == [*(float(total) for total in range(5, 40)), 41.0]
    assert customers.text == "have bought or subscribed; 96 of them are active, 2 new in Apr 2023"
    assert lost.history[-1] == 0.39
    assert len(lost.history) == 36


def test_the_share_of_returning_customers_is_of_the_last_twelve_whole_months():
    sales = [
        {
            "month": month,
            "returning_customer_sales": Decimal(3 if place >= 2 else 1),
            "new_customer_sales": Decimal(1 if place >= 2 else 9),
            "unknown_customer_sales": Decimal(0),
            "refunds": Decimal(0),
            "net_sales": Decimal(4),
            "is_complete": place < 14,
        }
        for place, month in enumerate(months(15))
    ]
    lede = SECTIONS["sales"](dataclasses.replace(NOTHING, sales=sales), ENGLISH).lede
    assert lede == "75.0% of the sales from Mar 2020 to Feb 2021 came from customers who had bought before."


def test_more_cohorts_than_fit_are_counted():
    cells = {"period_number": 0, "cohort_size": 5, "retained_customers": 5, "retention_rate": 1.0, "net_sales": 1}
    cohorts = [cells | {"cohort_start": month, "cumulative_net_sales_per_customer": 1.0} for month in months(26)]
    assert notes_of("cohorts", dataclasses.replace(NOTHING, cohorts=cohorts)) == [
        "2 older cohorts in marts.retention_cohorts."
    ]
    assert notes_of("cohorts", dataclasses.replace(NOTHING, cohorts=cohorts[:24])) == []


def test_a_mark_is_explained_only_where_a_cohort_that_is_shown_has_it():
    cells = {"period_number": 0, "cohort_size": 5, "retained_customers": 5, "retention_rate": 1.0, "net_sales": 1}
    cohorts = [
        cells | {"cohort_start": month, "cumulative_net_sales_per_customer": 1.0, "is_left_censored": not place}
        for place, month in enumerate(months(25))
    ]
    mark = "* Some of these customers may have bought before the data begin."
    assert mark not in notes_of("cohorts", dataclasses.replace(NOTHING, cohorts=cohorts))
    assert mark in notes_of("cohorts", dataclasses.replace(NOTHING, cohorts=cohorts[:24]))


def test_a_year_that_is_not_whole_yet_says_so(facts):
    since_the_beginning, last_year = parts_of("concentration", facts)
    assert since_the_beginning.notes == []
    assert [note.text for note in last_year.notes] == ["Not known yet: the data are younger than 12 months."]


def test_a_change_of_the_nps_says_whether_it_may_be_chance(facts):
    def lede(**change: object) -> str:
        rows = [dict(row) | change for row in facts.nps]
        return SECTIONS["nps"](dataclasses.replace(facts, nps=rows), ENGLISH).lede

    assert lede().endswith(" That is +12 against the 28 days before, which may be chance.")
    assert lede(is_nps_change_significant=True).endswith("+12 against the 28 days before: more than chance explains.")
    assert "against" not in lede(nps_change=None)


def test_a_window_that_is_not_over_says_so(facts):
    part, *_ = parts_of("nps", facts)
    assert not [point for line in part.picture.lines for point in line.points if "not complete" in point.title]
    open_windows = [dict(row) | {"is_complete": False} for row in facts.nps]
    part, *_ = parts_of("nps", dataclasses.replace(facts, nps=open_windows))
    assert all("not complete" in point.title for line in part.picture.lines for point in line.points)


def test_a_week_that_is_not_over_says_so_in_the_table(facts):
    def name_weeks(**change):
        rows = [dict(row) | change for row in facts.nps]
        table, *_ = [part.table for part in parts_of("nps", dataclasses.replace(facts, nps=rows)) if part.table]
        return [name for name, *_ in table.rows]

    assert name_weeks() == ["5 Jan 2026"]
    assert name_weeks(is_complete=False) == ["5 Jan 2026, not complete"]


def test_the_picture_of_nps_shows_one_rolling_window_and_not_the_longer_one_too(facts):
    (last,) = facts.nps[-1:]
    longer = [dict(row) | {"grain": "rolling_90d"} for row in facts.nps if row["grain"] == last["grain"]]
    assert longer
    with_longer = dataclasses.replace(facts, nps=[*facts.nps, *longer])
    [before, *_], [after, *_] = parts_of("nps", facts), parts_of("nps", with_longer)
    assert after.picture.lines == before.picture.lines
    assert make_headline_tiles(with_longer, ENGLISH)[2].history == make_headline_tiles(facts, ENGLISH)[2].history


def restated(count):
    return [
        {
            "metric": f"metric_{place}",
            "key": "all",
            "period_start": dt.date(2025, 12, 1),
            "period_end": dt.date(2025, 12, 31),
            "cause_rank": 1,
            "value_before": 100.0,
            "value_after": 100.0 + place,
            "change": float(place) if place else None,
            "unit": ("count", "ratio", "points", "company currency")[place % 4],
            "reason": "1 order was dated back.",
        }
        for place in range(count)
    ]


def test_the_largest_restatements_come_first_and_the_rest_is_counted():
    facts = dataclasses.replace(NOTHING, restatements=restated(23))
    [part] = parts_of("restated", facts)
    assert [row[0] for row in part.table.rows[:3]] == ["metric 0", "metric 22", "metric 21"]
    assert len(part.table.rows) == 20
    assert notes_of("restated", facts) == ["3 more in meta.restatements."]
    assert notes_of("restated", dataclasses.replace(NOTHING, restatements=restated(20))) == []


def test_a_restated_metric_is_written_in_its_unit():
    [part] = parts_of("restated", dataclasses.replace(NOTHING, restatements=restated(4)))
    written = {row[0]: row[3] for row in part.table.rows}
    assert written == {"metric 0": "100", "metric 1": "10100.0%", "metric 2": "+102", "metric 3": "103.00"}


def check(place, *, passed):
    return {
        "table_name": f"core.table_{place}",
        "rule": "a_rule",
        "description": None,
        "failed_count": 0 if passed else place,
        "passed": passed,
    }


def test_more_broken_rules_than_fit_are_counted():
    checks = [check(place, passed=False) for place in range(1, 34)] + [check(99, passed=True)]
    facts = dataclasses.replace(NOTHING, checks=checks)
    rules = parts_of("proof", facts)[-2]
    assert len(rules.table.rows) == 30
    assert rules.sentences[0].text == "1 rule about 34 tables hold, 33 are broken with a warning."
    assert notes_of("proof", facts) == ["3 more in meta.checks."]


def test_rules_that_all_hold_are_good_news():
    rules = parts_of("proof", dataclasses.replace(NOTHING, checks=[check(1, passed=True), check(2, passed=True)]))[-2]
    assert (rules.sentences[0].kind, rules.sentences[0].text) == ("good", "2 rules about 2 tables hold.")


def test_customers_without_a_prediction_are_counted(facts):
    expected = dict(facts.predictions.expected) | {"customers": 103}
    predictions = dataclasses.replace(facts.predictions, expected=expected)
    lede = SECTIONS["worth"](dataclasses.replace(facts, predictions=predictions), ENGLISH).lede
    assert "It is not known for 3 more customers." in lede
    assert "it is not known" not in SECTIONS["worth"](facts, ENGLISH).lede
