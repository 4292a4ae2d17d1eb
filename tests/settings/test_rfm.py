from decimal import Decimal

import pytest
from pydantic import ValidationError

from regulars.pipelines.settings.customers.rfm import Rfm


def test_nothing_set_means_fifths_and_the_default_segments():
    assert (Rfm().recency_days, Rfm().frequency, Rfm().monetary_value, Rfm().rules) == ([], [], [], [])


def test_a_rule_names_ranges_of_scores_and_a_letter_left_out_means_any():
    found = Rfm.model_validate({"segments": {"champions": ["R4-5 F4-5 M3-5", "F5 R5"], "new": ["R5 F1"]}})
    assert found.rules == [
        ("champions", (4, 5), (4, 5), (3, 5)),
        ("champions", (5, 5), (5, 5), (1, 5)),
        ("new", (5, 5), (1, 1), (1, 5)),
    ]


def test_bounds_of_money_are_exact():
    assert Rfm.model_validate({"monetary_value": [10, "20.10", 30, 40]}).monetary_value[1] == Decimal("20.10")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"recency_days": [30, 90, 180]}, "`recency_days` needs four bounds that rise, or none"),
        ({"recency_days": [30, 30, 90, 180]}, "`recency_days` needs four bounds that rise, or none"),
        ({"frequency": [4, 3, 2, 1]}, "`frequency` needs four bounds that rise, or none"),
        ({"frequency": [0, 1, 2, 3]}, "greater than or equal to 1"),
        ({"segments": {"champions": ["R5-4"]}}, "`R5-4` is no rule of scores"),
        ({"segments": {"champions": ["R6"]}}, "`R6` is no rule of scores"),
        ({"segments": {"champions": ["R5 R4"]}}, "`R5 R4` is no rule of scores"),
        ({"segments": {"champions": [""]}}, "`` is no rule of scores"),
        ({"segments": {"darlings": ["R5"]}}, "champions"),
        ({"segments": {"champions": ["R5 F5"], "loyal": ["F5 M1"]}}, "names R5 F5 M1 for champions and for loyal"),
    ],
)
def test_what_cannot_be_meant_is_said(wrong: dict[str, object], said: str):
    with pytest.raises(ValidationError) as raised:
        Rfm.model_validate(wrong)
    assert said in str(raised.value)


def test_a_company_may_call_segments_as_it_likes_also_by_the_names_of_others():
    names = {"champions": " Stammgäste ", "lost": "hibernating", "hibernating": "lost"}
    assert Rfm.model_validate({"names": names}).names == names | {"champions": "Stammgäste"}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"champions": "Loyal"}, "`names` calls both champions and loyal loyal"),
        ({"champions": "best", "loyal": "best"}, "`names` calls both champions and loyal best"),
        ({"lost": "None"}, "`names` calls lost None, which has a meaning of its own in the tables"),
        ({"lost": " "}, "at least 1 character"),
        ({"darlings": "best"}, "champions"),
    ],
)
def test_names_that_do_not_tell_segments_apart_are_refused(names: dict[str, str], said: str):
    with pytest.raises(ValidationError, match=said):
        Rfm.model_validate({"names": names})
