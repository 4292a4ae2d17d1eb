"""A company that grows as companies do, night after night: a run that warns has a reason."""

import datetime as dt
import os

import pytest

from regulars.pipelines.run.request import make_request
from tests.run.growing_company import GrowingCompany
from tests.run.short_nights import run_short_night
from tests.shop import Shop

NIGHTS = int(os.environ.get("REGULARS_FINDING_NIGHTS", "12"))
CUSTOMERS = int(os.environ.get("REGULARS_FINDING_CUSTOMERS", "400"))
DAILY_BEFORE = 30
LAST_DAY = dt.date(2026, 6, 28)
NIGHTS_PER_WARNING = 30


@pytest.mark.slow
def test_a_growing_company_hears_at_most_one_new_warning_in_thirty_nights(tmp_path):
    company, shop = GrowingCompany(tmp_path, customers=CUSTOMERS), Shop(tmp_path)
    first = LAST_DAY - dt.timedelta(days=NIGHTS)
    company.write_history(first - dt.timedelta(days=DAILY_BEFORE))
    for days in range(DAILY_BEFORE - 1, 0, -1):
        company.write_day(first - dt.timedelta(days=days))
    warned: list[str] = []
    for night in range(NIGHTS):
        company.write_night(first + dt.timedelta(days=night))
        new = find_new(shop)
        if night:  # the first night may tell of what was odd before anybody looked
            warned += [f"night {night}: {each}" for each in new]
    company.write_night(LAST_DAY)  # a whole run, which has the findings about values and broken rules too
    assert shop.run() == 0, shop.said
    last = shop.ask(
        "select finding, sentence from meta.findings "
        f"where severity <> 'info' and first_seen_generation = {NIGHTS + 1} order by all"
    )
    warned += [f"last night: {finding} {sentence}" for finding, sentence in last]
    assert len(warned) <= max(1, NIGHTS // NIGHTS_PER_WARNING), "\n".join(warned)


def find_new(shop: Shop) -> list[str]:
    """The warnings that a night has and the night before had not."""
    request = make_request(shop.folder / "regulars.yaml", now=dt.datetime.now(dt.UTC))
    number = request.home.next_number()
    found = run_short_night(request)
    return [
        f"{each.finding.name} {each.finding.sentence}"
        for each in found
        if each.first_seen_generation == number and each.finding.severity != "info"
    ]
