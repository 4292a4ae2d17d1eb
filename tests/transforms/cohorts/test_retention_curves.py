import datetime as dt

import polars as pl
import pytest

from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.cohorts.retention_cohorts import retention_cohorts
from regulars.pipelines.transforms.cohorts.retention_curves import COLUMNS, retention_curves
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


def test_without_cohorts_there_are_no_curves():
    assert curve() == []
    assert retention_curves(pl.DataFrame(schema=_cells_schema()), as_of=AS_OF).schema == pl.Schema(COLUMNS)


def _cells_schema() -> pl.Schema:
    from regulars.pipelines.transforms.cohorts.retention_cohorts import COLUMNS as CELLS

    return pl.Schema(CELLS)
