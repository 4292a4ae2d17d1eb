import datetime as dt
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.pipelines.transforms.churn.lapse_proposal import COLUMNS, lapse_proposal
from regulars.pipelines.transforms.purchases.survival import estimate_survival_curves
from tests.transforms import oracle
from tests.transforms.core_tables import CALENDAR, ENGINES, Row, core, order

AS_OF = dt.date(2026, 12, 31)
EPOCH = dt.date(1970, 1, 1)


def proposal(purchases: list[tuple[int, int]], as_of: dt.date = AS_OF, lapse_days: int = 365) -> Row:
    """The proposal; a purchase is its customer and how many days before `as_of` it was."""
    days = [as_of - dt.timedelta(days=before) for _, before in purchases]
    orders = pl.DataFrame(
        {"customer_idx": [idx for idx, _ in purchases], "order_date": days, "is_countable": [True] * len(days)},
        schema={"customer_idx": pl.Int32, "order_date": pl.Date, "is_countable": pl.Boolean},
    )
    return lapse_proposal(orders, CALENDAR, as_of=as_of, lapse_days=lapse_days).row(0, named=True)


def test_the_published_remission_times_have_the_published_curve():
    """Freireich et al., Blood 21 (1963), group 6-MP, weeks of remission; + is censored.

    The curve as in Cox and Oakes, Analysis of Survival Data (1984), table 4.2.
    """
    remissions, censored = [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    waits = pl.DataFrame(
        {"days": remissions + censored, "is_event": [True] * len(remissions) + [False] * len(censored)},
        schema={"days": pl.Int32, "is_event": pl.Boolean},
    )
    curve = estimate_survival_curves(waits.with_columns(group=0), ["group"]).filter(pl.col("events") > 0)
    assert curve["at_risk"].to_list() == [21, 17, 15, 12, 11, 7, 6]
    published = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert curve["survival"].to_list() == pytest.approx(published, abs=5e-4)


@settings(max_examples=50, deadline=None)
@given(waits=st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30))
def test_drawn_waits_have_the_curve_that_multiplying_by_hand_gives(waits: list[tuple[int, bool]]):
    table = pl.DataFrame(waits, schema={"days": pl.Int32, "is_event": pl.Boolean}, orient="row")
    found = estimate_survival_curves(table.with_columns(group=0), ["group"])
    expected = oracle.kaplan_meier(waits)
    assert dict(found.select("days", "survival").rows()) == pytest.approx(
        {day: float(s) for day, s in expected.items()}
    )


def test_the_proposal_is_when_nine_of_ten_returning_customers_have_returned():
    # 200 customers return once, after 1 … 200 days, and have been gone for 1,000 days since; 100 others never did
    returning = [(idx, before) for idx in range(1, 201) for before in (1000 + idx, 1000)]
    found = proposal([*returning, *((idx, 1500) for idx in range(201, 301))])
    assert (found["purchases"], found["returns"]) == (500, 200)
    assert found["return_rate"] == pytest.approx(200 / 500)
    assert [found[f"days_to_return_{share}"] for share in (50, 75, 90, 95)] == [100, 150, 180, 190]
    assert found["proposed_lapse_days"] == 180
    assert found["returns_in_time_rate"] == 1.0


@pytest.mark.parametrize(
    ("lapse_days", "reason"),
    [
        (180, None),
        (
            365,
            "lapse_days is 365, 185 days more than proposed: 100.0% of the returns come in time, but a loss "
            "is noticed later",
        ),
        (2000, "lapse_days is 2000, 1820 days more than proposed: a loss is noticed later"),
        (
            50,
            "lapse_days is 50, 130 days less than proposed: 75.0% of the returns are of customers who count as lost "
            "until then",
        ),
    ],
)
def test_a_setting_other_than_the_proposal_says_what_it_does(lapse_days: int, reason: str | None):
    returning = [(idx, before) for idx in range(1, 201) for before in (1000 + idx, 1000)]
    found = proposal([*returning, *((idx, 1500) for idx in range(201, 301))], lapse_days=lapse_days)
    assert (found["proposed_lapse_days"], found["reason"]) == (180, reason)


def test_who_may_still_come_back_is_not_counted_as_gone():
    # All come back after 300 days; half of them came only 100 days ago, so they could not yet
    early = [(idx, before) for idx in range(1, 151) for before in (1300, 1000)]
    late = [(idx, 100) for idx in range(151, 301)]
    found = proposal([*early, *late])
    # after 300 days 300 gaps are watched: those of the early ones, and the 150 of their second purchase
    assert (found["return_rate"], found["proposed_lapse_days"]) == (pytest.approx(0.5), 300)


def test_the_setting_is_measured_by_the_share_of_returns_that_come_in_time():
    returning = [(idx, before) for idx in range(1, 201) for before in (1000 + idx, 1000)]
    assert proposal(returning, lapse_days=50)["returns_in_time_rate"] == pytest.approx(0.25)
    assert proposal(returning, lapse_days=2000)["returns_in_time_rate"] is None


@pytest.mark.parametrize(("observed", "may_grow"), [(200, False), (199, True)])
def test_a_proposal_may_grow_until_gaps_twice_as_long_can_be_seen(observed: int, may_grow: bool):
    # all come back after 100 days, but for the 200 who bought only once, this many days ago
    returning = [(idx, before) for idx in range(1, 201) for before in (200, 100)]
    found = proposal([*returning, *((idx, observed) for idx in range(201, 401))], lapse_days=100)
    assert found["proposed_lapse_days"] == 100
    assert ("may grow" in (found["reason"] or "")) is may_grow


def test_a_short_history_says_that_the_proposal_may_grow():
    returning = [(idx, before) for idx in range(1, 201) for before in (190, 10)]
    found = proposal([*returning, *((idx, 190) for idx in range(201, 401))])
    assert (found["proposed_lapse_days"], found["observed_days"]) == (180, 190)
    assert found["reason"].startswith(
        "gaps of more than 190 days cannot be seen yet: the proposal may grow; lapse_days is"
    )


def test_with_few_returns_nothing_is_proposed():
    found = proposal([(1, 30), (1, 10)])
    assert (found["purchases"], found["returns"], found["proposed_lapse_days"]) == (2, 1, None)
    assert found["reason"] == "fewer than 100 purchases were followed by another one"
    assert proposal([])["purchases"] == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_several_orders_on_one_day_and_unknown_customers_make_no_gap(engine: str):
    tables = core(order("ada", "2026-01-05"), order("ada", "2026-01-05"), order("unknown", "2026-01-06"))
    with ENGINES[engine]({"orders": tables["orders"], "calendar": tables["calendar"]}) as inputs:
        found = lapse_proposal(**inputs, as_of=AS_OF, lapse_days=365)
    assert found.schema == pl.Schema(COLUMNS)
    assert found.select("purchases", "returns").row(0) == (1, 0)


def test_half_of_all_days_is_exact_in_fractions():
    assert oracle.kaplan_meier([(1, True), (2, False), (3, True)]) == {1: Fraction(2, 3), 2: Fraction(2, 3), 3: 0}
