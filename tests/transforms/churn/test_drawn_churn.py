"""Drawn companies have the churn and the lost and returned customers that looking at every day finds."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.churn.churn import CHURN_COLUMNS, churn
from regulars.pipelines.transforms.churn.churned_customers import (
    churned_customers,
    reactivated_customers,
)
from tests.transforms import churn_oracle
from tests.transforms.core_tables import (
    ENGINES,
    TYPES,
    Row,
    companies,
    dimensions_of,
    frames,
)
from tests.transforms.subscription_tables import subscriptions


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=20, deadline=None)
@given(company=companies(), club=subscriptions(), lapse_days=st.sampled_from([1, 20, 45, 200, 365]))
def test_drawn_companies_lose_whom_looking_at_every_day_loses(
    engine: str, company: Any, club: list[Row], lapse_days: int
):
    orders, refunds, as_of = company
    lists = frames(orders, refunds, club)
    with ENGINES[engine](lists) as tables:
        churned = churned_customers(**tables, as_of=as_of, lapse_days=lapse_days)
        returned = reactivated_customers(**tables, as_of=as_of, lapse_days=lapse_days)
    lost_by_hand = churn_oracle.churned_customers(orders, refunds, club, as_of, lapse_days)
    names = list(lost_by_hand[0]) if lost_by_hand else ["customer_idx"]
    assert churned.select(names).to_dicts() == lost_by_hand
    back_by_hand = churn_oracle.reactivated_customers(orders, refunds, club, as_of, lapse_days)
    names = list(back_by_hand[0]) if back_by_hand else ["customer_idx"]
    assert returned.select(names).to_dicts() == back_by_hand


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=20, deadline=None)
@given(company=companies(), club=subscriptions(), lapse_days=st.sampled_from([1, 20, 45, 200, 365]))
def test_drawn_companies_have_the_churn_that_looking_at_every_day_finds(
    engine: str, company: Any, club: list[Row], lapse_days: int
):
    orders, refunds, as_of = company
    inputs = frames(orders, refunds, club)
    known = {"customer_dimensions": dimensions_of(inputs, as_of, lapse_days)}
    split = Cohorts(dimensions=["customer_type"])
    with ENGINES[engine](inputs | known) as tables:
        found = churn(
            tables["orders"],
            tables["subscriptions"],
            tables["calendar"],
            tables["customer_dimensions"],
            as_of=as_of,
            lapse_days=lapse_days,
            cohorts=split,
        )
    parts = {kind or "unknown": {idx for idx in range(1, 10) if TYPES[idx % 3] == kind} for kind in TYPES}
    stated = [name for name in CHURN_COLUMNS if name not in {"dimension", "reason", "as_of"} and "others" not in name]
    expected = [
        row | {"dimension_value": value}
        for value, chosen in ({"all": None} | parts).items()
        for row in churn_oracle.churn(orders, club, as_of, lapse_days, chosen)
    ]
    assert_frame_equal(
        found.sort("month_end", "dimension_value").select(stated),
        pl.DataFrame(expected, schema={name: CHURN_COLUMNS[name] for name in stated}).sort(
            "month_end", "dimension_value"
        ),
        rel_tol=1e-12,
    )
    has_all = [pl.col("is_complete"), pl.col("churn_rate_12m_low", "gone_rate_12m").is_not_null()]
    is_compared = (pl.col("dimension") == "all") | pl.col("gone_rate_12m_over_others").is_not_null()
    assert found.select((pl.all_horizontal(*has_all, is_compared) == pl.col("reason").is_null()).all()).item()
