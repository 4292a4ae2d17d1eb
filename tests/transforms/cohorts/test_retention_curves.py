import datetime as dt
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.cohorts.retention_cohorts import retention_cohorts
from regulars.pipelines.transforms.cohorts.retention_curves import COLUMNS, retention_curves
from tests.transforms.churn_oracle import find_end
from tests.transforms.core_tables import Row, core, dimensions_of, order

AS_OF = dt.date(2026, 3, 30)


def curve(*rows: Row, lapse_days: int = 365, as_of: dt.date = AS_OF) -> list[Row]:
    """The average monthly cohort."""
    tables = core(*rows)
    cells = retention_cohorts(
        tables["orders"],
        tables["refunds"],
        tables["calendar"],
        dimensions_of(tables, as_of, lapse_days),
        as_of=as_of,
        lapse_days=lapse_days,
        cohorts=Cohorts(grains=["month"], dimensions=[]),
    )
    return retention_curves(cells, as_of=as_of).to_dicts()


JANUARY = [order(name, "2026-01-05", "10") for name in ("ada", "bob", "cem")]


def test_the_average_weighs_cohorts_by_their_customers_and_keeps_those_in_which_nobody_came_back():
    rows = [*JANUARY, order("zoe", "2025-12-01", "10"), order("zoe", "2026-01-01", "10")]
    first = curve(*rows)[1]
    assert (first["cohorts"], first["cohort_size"], first["retained_customers"]) == (2, 4, 1)
    assert first["retention_rate"] == 0.25  # the mean of the rates 1 and 0 would be 0.5
    assert first["net_sales_per_customer"] == 2.5
    assert first["cumulative_net_sales_per_customer"] == pytest.approx((20 + 30) / 4)


def test_cells_whose_period_is_not_over_are_left_out():
    rows = [*JANUARY, order("ada", "2026-03-02")]
    assert [row["period_number"] for row in curve(*rows)] == [0, 1]
    assert [row["period_number"] for row in curve(*rows, as_of=dt.date(2026, 3, 31))] == [0, 1, 2]


def test_the_rate_of_new_customers_leaves_out_cohorts_from_the_beginning_of_the_data():
    rows = [order("old", "2025-11-01"), order("old", "2025-12-01"), *JANUARY]
    first = curve(*rows, lapse_days=31)[1]
    assert (first["left_censored_customers"], first["retention_rate"]) == (1, 0.25)
    assert first["retention_rate_of_new"] == 0.0
    assert curve(*rows, lapse_days=365)[1]["retention_rate_of_new"] is None


def test_rolling_rates_are_averaged_over_settled_cells_only():
    rows = [*JANUARY, order("zoe", "2025-11-01"), order("zoe", "2026-03-01")]
    first = curve(*rows, lapse_days=60)[1]
    # December 2025 ended 60 days before as_of, so Zoe's first month after is settled; February, for the others, is not
    assert (first["rolling_cohort_size"], first["rolling_retained_customers"]) == (1, 1)
    assert first["rolling_retention_rate"] == 1.0
    assert curve(*rows)[1]["rolling_retention_rate"] is None


def test_intervals_hold_the_rate_from_which_cohorts_were_drawn_as_often_as_they_claim():
    rng = np.random.default_rng(7)
    worlds, sizes = 4000, np.array([25, 40, 60])
    chances = np.array([0.05, 0.12, 0.2])  # cohorts differ, so that the whole varies less than the interval allows
    retained = rng.binomial(sizes, chances, size=(worlds, 3))
    cells = pl.DataFrame(
        {
            "dimension_value": np.repeat(np.arange(worlds), 3).astype(str),
            "cohort_start": [dt.date(2025, month, 1) for month in (1, 2, 3)] * worlds,
            "cohort_size": np.tile(sizes, worlds),
            "retained_customers": retained.ravel(),
            "rolling_retained_customers": retained.ravel(),
            "is_left_censored": [True, False, False] * worlds,
        }
    ).with_columns(
        grain=pl.lit("month"),
        dimension=pl.lit("drawn"),
        period_number=pl.lit(1, pl.Int32),
        order_count=pl.col("retained_customers"),
        net_sales=pl.lit(Decimal(0)),
        cumulative_net_sales=pl.lit(Decimal(0)),
        is_rolling_settled=pl.lit(value=True),
        is_complete=pl.lit(value=True),
    )
    found = retention_curves(cells, as_of=AS_OF)
    for rate, part in (("retention_rate", slice(None)), ("retention_rate_of_new", slice(1, None))):
        truth = sizes[part] @ chances[part] / sizes[part].sum()
        held = found.select(pl.lit(truth).is_between(f"{rate}_low", f"{rate}_high").mean()).item()
        assert 0.94 < held < 0.975
    assert found["rolling_retention_rate_low"].equals(found["retention_rate_low"])
    by_hand = find_end(found["retention_rate"][0], 125, -1), find_end(found["retention_rate"][0], 125, 1)
    assert found.select("retention_rate_low", "retention_rate_high").row(0) == pytest.approx(by_hand)


def test_without_cohorts_there_are_no_curves():
    assert curve() == []
    assert retention_curves(pl.DataFrame(schema=_cells_schema()), as_of=AS_OF).schema == pl.Schema(COLUMNS)


def _cells_schema() -> pl.Schema:
    from regulars.pipelines.transforms.cohorts.retention_cohorts import COLUMNS as CELLS

    return pl.Schema(CELLS)
