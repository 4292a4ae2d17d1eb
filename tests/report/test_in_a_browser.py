"""The report on real screens, in a month that is not over: it must fit a phone."""

import pytest

from tests.report.browser import CHROMIUM, start_browser
from tests.report.prediction_tables import add_predictions
from tests.report.report_tables import company_tables
from tests.report.test_report import report_of

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: `make test` installs it, or apt-get install chromium"
)

TWO_YEARS_UP_TO_THE_MIDDLE_OF_JANUARY = """
    insert into marts.retention_cohorts
    with cohorts as (
        select unnest(range(date '2024-02-01', date '2026-02-01', interval 1 month))::date as cohort_start
    ),
    cells as (
        select cohort_start, unnest(range(0, date_diff('month', cohort_start, date '2026-01-18') + 1)) as period_number
        from cohorts
    ),
    with_end as (select *, cohort_start + to_months(period_number) = date '2026-01-01' as is_open from cells)
    select 'month', cohort_start, period_number, 'all', 'all', 100, 20, case when not is_open then 0.2e0 end,
        4::decimal(18,4), case when not is_open then 25.0e0 end, false, not is_open
    from with_end
"""


@pytest.fixture(scope="module", params=["en", "fi"])
def report(request, tmp_path_factory):
    con = company_tables()
    con.execute("delete from marts.retention_cohorts")
    con.execute(TWO_YEARS_UP_TO_THE_MIDDLE_OF_JANUARY)
    add_predictions(con)
    page = tmp_path_factory.mktemp("report") / "report.html"
    page.write_text(
        report_of(con, company="Donaudampfschifffahrtsgesellschaft", language=request.param), encoding="utf-8"
    )
    return page


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with start_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 800, 1400])
def test_the_report_is_no_wider_than_the_screen(browser, report, width, scheme):
    browser.open(report, width=width, scheme=scheme)
    assert browser.value_of(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
    assert browser.value_of("document.documentElement.scrollWidth") <= width
    assert browser.value_of("window.innerWidth") == width


def test_a_chart_over_time_opens_at_its_newest_end(browser, report):
    browser.open(report, width=360)
    box = "document.querySelector('.chart.dated:not(.half)')"
    assert browser.value_of(f"{box}.scrollWidth > {box}.clientWidth")
    drawn, shown = (f"{part}.getBoundingClientRect().right" for part in (f"{box}.firstElementChild", box))
    assert browser.value_of(f"Math.abs({drawn} - {shown}) < 1")


def test_a_wide_table_scrolls_inside_its_own_box(browser, report):
    browser.open(report, width=360)
    box = "document.querySelector('.heat').parentElement"
    assert browser.value_of(f"{box}.scrollWidth > {box}.clientWidth")
    assert browser.value_of(f"{box}.getBoundingClientRect().right <= 360")
