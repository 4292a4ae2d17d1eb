import datetime as dt

import polars as pl
import pytest

from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.churn.churn import churn
from regulars.pipelines.transforms.customers.headline import Headline, find_headline
from tests.transforms.core_tables import ENGINES, WHOLE_BASE, Row, core, dimensions_of, order

AS_OF = dt.date(2026, 3, 31)
NPS_SCHEMA = {
    "grain": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "dimension": pl.String,
    "responses": pl.Int64,
    "nps": pl.Float64,
}

CUSTOMERS = {"is_unknown": pl.Boolean, "lifecycle": pl.String, "is_active": pl.Boolean}


def window(grain: str, end: str, responses: int, nps: float | None, *, days: int = 1, dimension: str = "all") -> Row:
    """One row of marts.nps."""
    last = dt.date.fromisoformat(end)
    return {
        "grain": grain,
        "period_start": last - dt.timedelta(days=days - 1),
        "period_end": last,
        "dimension": dimension,
        "responses": responses,
        "nps": nps,
    }


def headline(
    *rows: Row,
    nps: tuple[Row, ...] = (),
    customers: tuple[tuple[str | None, bool], ...] = (),
    as_of: dt.date = AS_OF,
) -> Headline:
    """The headline of orders, rows of marts.nps, and customers by lifecycle (None: the unknown one) and activity."""
    tables = core(*rows)
    orders, calendar = tables["orders"], tables["calendar"]
    inputs = (orders, tables["subscriptions"], calendar, dimensions_of(tables, as_of))
    monthly = churn(*inputs, as_of=as_of, lapse_days=365, cohorts=WHOLE_BASE)
    known = pl.DataFrame([(name is None, name, active) for name, active in customers], CUSTOMERS, orient="row")
    answers = pl.DataFrame(nps, schema=NPS_SCHEMA)
    return find_headline(orders, calendar, known, monthly, answers, as_of=as_of)


def test_customers_have_ever_bought_or_subscribed_and_some_are_active():
    found = headline(customers=(("loyal", True), ("lapsed", False), ("prospect", False), (None, True)))
    assert (found.customers, found.active_customers) == (2, 1)


def test_the_repeat_rate_is_of_those_whose_90_days_are_over():
    rows = (
        order("ada", "2025-01-01"),
        order("ada", "2025-04-01"),  # day 90: within
        order("bob", "2025-01-01"),
        order("bob", "2025-04-02"),  # day 91: too late
        order("cem", "2025-12-31"),  # its day 90 is as_of
        order("dan", "2026-01-01"),  # a day too young
        order("dan", "2026-01-02"),
    )
    found = headline(*rows)
    assert (found.repeat_customers, found.repeat_rate) == (3, pytest.approx(1 / 3))


def test_a_second_order_on_the_first_day_is_no_repeat():
    found = headline(order("ada", "2025-01-01"), order("ada", "2025-01-01"))
    assert (found.repeat_customers, found.repeat_rate) == (1, 0.0)


def test_churn_is_that_of_the_last_month_end_where_it_is_known():
    rows = (order("ada", "2022-01-01"), order("bob", "2022-01-01"), order("bob", "2022-12-15"))
    found = headline(*rows, order("bob", "2023-11-15"), as_of=dt.date(2024, 1, 15))
    # of the ends of December 2022 to 2023 ada is active at the first; she lapsed on 2023-01-01
    assert (found.churn_month_end, found.churn_rate_12m) == (dt.date(2023, 12, 31), pytest.approx(1 / (14 / 13)))
    assert found.gone_rate_12m == 1 / 2
    before = headline(*rows, as_of=dt.date(2023, 12, 30))
    assert (before.churn_rate_12m, before.gone_rate_12m) == (None, None)


def test_the_churn_of_the_headline_is_the_whole_bases():
    tables = core(order("ada", "2022-01-01"), order("bob", "2022-12-15"), order("bob", "2023-11-15"))
    tables["customers"] = tables["customers"].with_columns(country=pl.col("customer_id"))
    known = dimensions_of(tables, as_of := dt.date(2024, 1, 15))
    settings = Cohorts(dimensions=["country"])
    inputs = (tables["orders"], tables["subscriptions"], tables["calendar"], known)
    monthly = churn(*inputs, as_of=as_of, lapse_days=365, cohorts=settings)
    no_answers = pl.DataFrame(schema=NPS_SCHEMA)
    found = find_headline(
        tables["orders"], tables["calendar"], pl.DataFrame(schema=CUSTOMERS), monthly, no_answers, as_of=as_of
    )
    assert found.churn_rate_12m == pytest.approx(1 / (14 / 13))


def test_the_nps_is_that_of_the_window_that_ends_on_the_day_of_the_last_answer():
    found = headline(
        nps=(
            window("day", "2026-02-10", 1, 100.0),
            window("day", "2026-02-20", 0, None),
            window("rolling_28d", "2026-02-09", 4, 0.0, days=28),
            window("rolling_28d", "2026-02-10", 5, 20.0, days=28),
            window("rolling_90d", "2026-02-10", 50, 10.0, days=90),
            window("rolling_28d", "2026-02-20", 1, 100.0, days=28),
            window("rolling_28d", "2026-02-10", 2, -50.0, days=28, dimension="country"),
        )
    )
    assert (found.nps, found.nps_responses) == (20.0, 5)
    assert (found.nps_start, found.nps_end) == (dt.date(2026, 1, 14), dt.date(2026, 2, 10))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_company_without_anything_has_a_headline_of_nothing(engine: str):
    tables = core()
    orders, calendar, known = tables["orders"], tables["calendar"], dimensions_of(tables, AS_OF)
    core_tables = (orders, tables["subscriptions"], calendar, known)
    monthly = churn(*core_tables, as_of=AS_OF, lapse_days=365, cohorts=WHOLE_BASE)
    marts = {"churn": monthly, "nps": pl.DataFrame(schema=NPS_SCHEMA), "customer_360": pl.DataFrame(schema=CUSTOMERS)}
    with ENGINES[engine](tables | marts) as inputs:
        read = [inputs[name] for name in ("orders", "calendar", "customer_360", "churn", "nps")]
        found = find_headline(*read, as_of=AS_OF)
    assert found == Headline(AS_OF, 0, 0, None, None, None, None, 0, None, 0, None, None)
