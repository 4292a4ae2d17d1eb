"""`business_hours` in the settings: what may be written, and what is refused."""

import pytest
import yaml
from pydantic import ValidationError

from regulars.pipelines.settings.business_hours import BusinessHours


@pytest.mark.parametrize("written", ["08:30", "8:30", "'08:30'"])
def test_a_time_may_be_written_with_or_without_quotes(written):
    assert BusinessHours.model_validate(yaml.safe_load(f"opens: {written}")).opens_minute == 8 * 60 + 30


def test_a_time_without_quotes_that_yaml_takes_for_a_number_is_still_a_time():
    hours = BusinessHours.model_validate(yaml.safe_load("{opens: 0:00, closes: 24:00}"))
    assert (hours.opens_minute, hours.closes_minute) == (0, 24 * 60)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"opens": "17:00", "closes": "09:00"}, "must be before"),
        ({"opens": "9 o'clock"}, "pattern"),
        ({"opens": 3000}, "pattern"),
        ({"country": "ZZ"}, "no holidays are known"),
        ({"country": "DE", "subdivision": "XX"}, "no holidays are known"),
        ({"subdivision": "BY"}, "needs a `country`"),
        ({"closed_on": ["2026-01-02"], "open_on": ["2026-01-02"]}, "stands in `closed_on` and in `open_on`"),
    ],
)
def test_what_cannot_be_is_refused(values, said):
    with pytest.raises(ValidationError, match=said):
        BusinessHours.model_validate(values)
