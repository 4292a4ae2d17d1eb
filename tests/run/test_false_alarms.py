"""A company that grows as companies do, night after night: a run that warns has a reason."""

import datetime as dt
import os
from collections import Counter

import pytest

from tests.run.growing_company import GrowingCompany
from tests.shop import Shop

NIGHTS = int(os.environ.get("REGULARS_FINDING_NIGHTS", "6"))
CUSTOMERS = int(os.environ.get("REGULARS_FINDING_CUSTOMERS", "1500"))
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
    warned: Counter[str] = Counter()
    for night in range(NIGHTS + 1):
        company.write_night(first + dt.timedelta(days=night))
        assert shop.run() == 0, shop.said
        new = shop.ask(
            "select severity, finding, source, sentence from meta.findings "
            f"where first_seen_generation = {night + 1} and not is_acknowledged order by all"
        )
        for severity, finding, source, sentence in new:
            print(night, severity, finding, source, sentence)
        if night:  # the first night may tell of what was odd before anybody looked
            warned.update(str(finding) for severity, finding, *_ in new if severity != "info")
    assert warned.total() <= max(1, NIGHTS // NIGHTS_PER_WARNING), warned
