"""RFM scores by the bounds of the settings, and segments by the company's own rules."""

import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.settings.customers.rfm import Rfm
from regulars.pipelines.transforms.customers.customer_segments import customer_segments
from regulars.pipelines.transforms.customers.rfm_scores import RANKED, list_segments_by_score, score_customers
from regulars.pipelines.transforms.customers.segment_history import list_past_segments
from tests.transforms.customers.test_contracts_of_customer_marts import AS_OF, small_company

BOUNDS = Rfm.model_validate(
    {"recency_days": [30, 90, 180, 365], "frequency": [1, 2, 4, 9], "monetary_value": [10, 20, "30.50", 40]}
)
NAMES = ("orders", "refunds", "subscriptions", "customers", "calendar")
SCORES = ["recency_score", "frequency_score", "monetary_score"]


def score(*customers: tuple[int, int, str | None], rfm: Rfm = BOUNDS) -> list[tuple[int, int, int]]:
    """Scores of (recency_days, frequency, monetary_value)."""
    rows = pl.DataFrame(
        customers,
        schema={"recency_days": pl.Int64, "frequency": pl.Int64, "monetary_value": pl.String},
        orient="row",
    ).with_columns(pl.col("monetary_value").cast(pl.Decimal(18, 4)))
    return rows.select(**score_customers(rows, rfm)).rows()


def test_a_bound_itself_belongs_to_the_better_score():
    assert score((30, 9, "40"), (31, 8, "39.9999"), (90, 4, "30.5")) == [(5, 5, 5), (4, 4, 4), (4, 4, 4)]
    assert score((365, 1, "9.99"), (366, 2, "10")) == [(2, 2, 1), (1, 3, 2)]


def test_who_bought_on_one_day_has_the_lowest_scores_whatever_the_bounds():
    assert score((0, 0, None)) == [(5, 1, 1)]


def test_bounds_of_one_score_leave_the_others_in_fifths():
    only_days = Rfm.model_validate({"recency_days": [30, 90, 180, 365]})
    assert score((1, 1, "5"), (2, 9, "50"), rfm=only_days) == [(5, 1, 1), (5, 5, 5)]


customers = st.tuples(st.integers(0, 500), st.integers(1, 12), st.integers(0, 6000).map(lambda cents: f"{cents / 100}"))


@given(st.lists(customers, min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_scores_are_those_counted_by_hand_and_do_not_depend_on_other_customers(drawn: list[tuple[int, int, str]]):
    def by_hand(days: int, frequency: int, value: str) -> tuple[int, int, int]:
        r = 5 if days <= 30 else 4 if days <= 90 else 3 if days <= 180 else 2 if days <= 365 else 1
        f = 5 if frequency >= 9 else 4 if frequency >= 4 else 3 if frequency >= 2 else 2
        money = float(value)
        m = 5 if money >= 40 else 4 if money >= 30.5 else 3 if money >= 20 else 2 if money >= 10 else 1
        return r, f, m

    assert score(*drawn) == [by_hand(*each) for each in drawn]
    assert score(drawn[0]) == [by_hand(*drawn[0])]


def test_rules_of_the_company_go_before_the_defaults_and_leave_the_others():
    own = Rfm.model_validate({"segments": {"loyal": ["R5 F5", "R3 F3 M4-5"]}})
    before, after = dict(list_segments_by_score(RANKED).rows()), dict(list_segments_by_score(own).rows())
    moved = {scores for scores in before if before[scores] != after[scores]}
    assert after.keys() == before.keys()
    assert moved == {"553", "554", "555", "334", "335"}
    assert {after[scores] for scores in moved} == {"loyal"}


def test_the_marts_and_the_past_month_ends_follow_the_settings():
    frames = [small_company()[name] for name in NAMES]
    everybody = Rfm.model_validate({"recency_days": [1, 2, 3, 4], "segments": {"promising": ["R1"]}})
    today = customer_segments(*frames, as_of=AS_OF, lapse_days=365, rfm=everybody)
    assert set(today.filter(pl.col("recency_days") > 4)["recency_score"]) == {1}
    month_end = AS_OF if (AS_OF + dt.timedelta(days=1)).day == 1 else AS_OF.replace(day=1) - dt.timedelta(days=1)
    of_end = customer_segments(*frames, as_of=month_end, lapse_days=365, rfm=everybody)
    history = list_past_segments(*frames, as_of=AS_OF, lapse_days=365, rfm=everybody)
    latest = history.filter(pl.col("segmentation") == "segment", pl.col("valid_to").is_null())
    assert dict(latest.select("customer_id", "to_value").rows()) == dict(of_end.select("customer_id", "segment").rows())
    assert "promising" in set(of_end.filter(pl.col("lifecycle") == "active")["segment"])
