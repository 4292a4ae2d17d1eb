import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy import stats

from regulars.pipelines.settings.settings import Cohorts
from regulars.pipelines.transforms.cohorts.cohort_cells import GRAINS
from regulars.pipelines.transforms.cohorts.retention_cohorts import (
    COLUMNS,
    KEY,
    retention_cohorts,
)
from tests.transforms import oracle
from tests.transforms.churn_oracle import find_end
from tests.transforms.core_tables import (
    CALENDAR,
    COSTS,
    ENGINES,
    FIRST_DAY,
    LAST_DAY,
    TYPES,
    Row,
    calendar,
    companies,
    core,
    dimensions_of,
    frames,
    in_polars,
    order,
    refund,
)

AS_OF = dt.date(2026, 3, 31)


MONTHS = Cohorts(grains=["month"], dimensions=[])


def mart(
    *rows: Row, as_of: dt.date = AS_OF, lapse_days: int = 365, cohorts: Cohorts = MONTHS, **customers: pl.Expr
) -> pl.DataFrame:
    """The mart of these rows; `customers` sets columns of core.customers."""
    tables = core(*rows)
    known = dimensions_of(tables, as_of, lapse_days, **customers)
    return build(tables, known, as_of=as_of, lapse_days=lapse_days, cohorts=cohorts)


def build(tables: dict[str, Any], customer_dimensions: Any, **settings: Any) -> pl.DataFrame:
    return retention_cohorts(tables["orders"], tables["refunds"], tables["calendar"], customer_dimensions, **settings)


def cells(column: str, *rows: Row, as_of: dt.date = AS_OF, **customers: pl.Expr) -> dict[tuple[str, int], Any]:
    """{(cohort month, months since): value}."""
    found = mart(*rows, as_of=as_of, **customers)
    return {(f"{row['cohort_start']:%Y-%m}", row["period_number"]): row[column] for row in found.to_dicts()}


def test_two_orders_in_one_month_count_once():
    rows = (order("ada", "2026-02-03"), order("ada", "2026-03-01"), order("ada", "2026-03-31"))
    assert cells("retained_customers", *rows) == {("2026-02", 0): 1, ("2026-02", 1): 1}
    assert cells("order_count", *rows) == {("2026-02", 0): 1, ("2026-02", 1): 2}


def test_months_are_counted_across_a_year_end_and_silent_months_are_zero():
    rows = (order("ada", "2025-12-31"), order("ada", "2026-02-01"))
    assert cells("retention_rate", *rows) == {("2025-12", n): rate for n, rate in enumerate([1.0, 0.0, 1.0, 0.0])}


def test_the_rate_is_the_share_of_those_who_began_together():
    rows = [order(name, "2026-02-05") for name in ("ada", "bob", "cem", "dan")]
    found = cells("retention_rate", *rows, order("bob", "2026-03-05"), order("eve", "2026-03-06"))
    assert found == {("2026-02", 0): 1.0, ("2026-02", 1): 0.25, ("2026-03", 0): 1.0}


def test_a_rate_of_few_customers_may_be_far_off_and_in_the_first_month_there_is_no_chance():
    rows = [order(name, "2026-02-05") for name in ("ada", "bob", "cem", "dan")]
    ends = [
        cells(f"retention_rate_{end}", *rows, order("bob", "2026-03-05"), as_of=dt.date(2026, 4, 1))
        for end in ("low", "high")
    ]
    share = stats.binomtest(1, 4).proportion_ci(method="wilson")
    assert [each["2026-02", 1] for each in ends] == pytest.approx(share, abs=1e-9)
    assert [each["2026-02", 0] for each in ends] == [1.0, 1.0]
    assert [each["2026-02", 2] for each in ends] == [None, None]  # April is not over


def test_the_running_month_has_counts_so_far_but_no_rate():
    rows = (order("ada", "2026-02-03", "60"), order("ada", "2026-03-01", "40"))
    found = mart(*rows, as_of=dt.date(2026, 3, 30)).to_dicts()
    assert [row["is_complete"] for row in found] == [True, False]
    assert [row["retained_customers"] for row in found] == [1, 1]
    assert [row["cumulative_net_sales"] for row in found] == [Decimal(60), Decimal(100)]
    assert [row["retention_rate"] for row in found] == [1.0, None]
    assert [row["cumulative_net_sales_per_customer"] for row in found] == [60.0, None]


def test_february_of_a_leap_year_is_complete_on_its_29th():
    rows = (order("ada", "2024-02-29"),)
    assert cells("is_complete", *rows, as_of=dt.date(2024, 2, 29)) == {("2024-02", 0): True}


def test_orders_after_the_as_of_day_are_ignored():
    assert cells("order_count", order("ada", "2026-03-31"), order("ada", "2026-04-01")) == {("2026-03", 0): 1}


def test_orders_that_do_not_count_neither_begin_a_cohort_nor_retain():
    rows = (
        order("ada", "2026-01-05", countable=False),
        order("ada", "2026-02-05"),
        order("ada", "2026-03-05", countable=False),
    )
    assert cells("retained_customers", *rows) == {("2026-02", 0): 1, ("2026-02", 1): 0}


def test_refunds_count_in_their_own_month_and_retain_nobody():
    rows = (order("ada", "2026-01-05", "100", "10"), refund("ada", "2026-03-01", "90"))
    assert cells("net_sales", *rows) == {("2026-01", 0): Decimal(90), ("2026-01", 1): 0, ("2026-01", 2): Decimal(-90)}
    assert cells("refunds", *rows) == {("2026-01", 0): 0, ("2026-01", 1): 0, ("2026-01", 2): Decimal(90)}
    assert cells("cumulative_net_sales", *rows)[("2026-01", 2)] == 0
    assert cells("retained_customers", *rows)[("2026-01", 2)] == 0


def test_a_refund_before_the_first_order_counts_in_the_first_month():
    rows = (refund("ada", "2025-07-01", "30"), order("ada", "2026-03-05", "100"))
    assert cells("net_sales", *rows) == {("2026-03", 0): Decimal(70)}
    assert cells("refunds", *rows) == {("2026-03", 0): Decimal(30)}


def test_the_unknown_customer_and_customers_with_refunds_only_are_in_no_cohort():
    rows = (order("unknown", "2026-01-05"), refund("bob", "2026-02-01"), order("ada", "2026-03-05"))
    assert cells("cohort_size", *rows) == {("2026-03", 0): 1}


def test_tenths_of_a_cent_are_kept():
    assert cells("net_sales", order("ada", "2026-03-05", "0.0150", "0.0005")) == {("2026-03", 0): Decimal("0.0145")}


def test_cohorts_of_the_first_lapse_days_may_hold_older_customers():
    rows = (order("ada", "2025-01-10"), order("bob", "2026-01-09"), order("cem", "2026-02-01"))
    found = mart(*rows).filter(pl.col("period_number") == 0)
    assert found["is_left_censored"].to_list() == [True, True, False]


def test_a_cohort_that_begins_lapse_days_after_the_first_order_holds_new_customers():
    found = mart(order("ada", "2025-03-01"), order("bob", "2026-03-05")).filter(pl.col("period_number") == 0)
    assert found["is_left_censored"].to_list() == [True, False]


def test_without_orders_the_table_is_empty_with_all_columns():
    assert mart().schema == pl.Schema(COLUMNS)
    assert mart(refund("ada", "2026-01-01")).is_empty()
    assert mart(order("ada", "2026-04-01")).is_empty()


def test_dimensions_split_the_base_and_add_up_to_it():
    rows = [
        order("ada", "2026-01-05"),
        order("bob", "2026-01-06"),
        order("bob", "2026-02-06", "7"),
        order("cem", "2026-02-07"),
    ]
    of = {"unknown": None, "ada": "office", "bob": "home", "cem": "home"}
    types = pl.col("customer_id").replace_strict(of, return_dtype=pl.String)
    both = mart(*rows, cohorts=Cohorts(grains=["month"], dimensions=["customer_type"]), customer_type=types)
    found = both.filter(dimension="customer_type")
    cell = {
        (row["dimension_value"], f"{row['cohort_start']:%m}", row["period_number"]): row for row in found.to_dicts()
    }
    assert cell[("home", "01", 1)]["retention_rate"] == 1.0
    assert cell[("office", "01", 1)]["retention_rate"] == 0.0
    assert ("office", "02", 0) not in cell
    sums = ["cohort_size", "retained_customers", "order_count", "net_sales", "refunds", "cumulative_net_sales"]
    added = (
        found.group_by("cohort_start", "period_number").agg(pl.col(sums).sum()).sort("cohort_start", "period_number")
    )
    assert_frame_equal(
        added.cast({name: kind for name, kind in COLUMNS.items() if name in sums}),
        both.filter(dimension="all").select("cohort_start", "period_number", *sums),
    )
    assert_frame_equal(both.filter(dimension="all"), mart(*rows))


def test_weeks_are_of_the_whole_base_only_and_other_grains_have_every_dimension():
    settings = Cohorts(grains=["week", "month", "year"], dimensions=["country", "first_discount"])
    found = mart(order("ada", "2026-03-03"), cohorts=settings).select("grain", "dimension").unique().rows()
    split = {(grain, name) for grain in ("month", "year") for name in ("all", "country", "first_discount")}
    assert set(found) == split | {("week", "all")}


def test_who_comes_back_later_counts_as_seen_again_in_every_period_before():
    rows = [order(name, "2025-12-05") for name in ("ada", "bob", "cem")]
    rows += [order("ada", "2026-02-05"), order("bob", "2026-01-05")]
    assert cells("rolling_retained_customers", *rows) == {("2025-12", n): k for n, k in enumerate([3, 2, 1, 0])}
    assert cells("rolling_retention_rate", *rows)[("2025-12", 2)] == pytest.approx(1 / 3)
    so_far = cells("rolling_retention_rate", *rows, as_of=dt.date(2026, 2, 27))
    assert so_far[("2025-12", 2)] is None


def test_a_rolling_rate_is_settled_once_nobody_is_waited_for_any_more():
    rows = (order("ada", "2025-01-05"),)
    found = mart(*rows, lapse_days=59).filter(pl.col("is_rolling_settled"))
    assert found["period_start"].max() == dt.date(2026, 1, 1)  # January ended 59 days before as_of


def test_the_cost_of_a_cohort_is_paid_back_in_the_first_period_with_so_much_value():
    rows = [order("ada", "2025-12-05", "10"), order("bob", "2025-12-06", "10"), order("ada", "2026-02-01", "15")]
    costs = {"unknown": None, "ada": Decimal(20), "bob": Decimal(12)}
    known = pl.col("customer_id").replace_strict(costs, return_dtype=pl.Decimal(18, 4))
    found = mart(*rows, acquisition_cost=known).to_dicts()
    assert {(row["customers_with_cost"], row["acquisition_cost"], row["payback_period"]) for row in found} == {
        (2, Decimal(32), 2)
    }
    early = mart(*rows, acquisition_cost=known, as_of=dt.date(2026, 2, 27)).to_dicts()
    assert {row["payback_period"] for row in early} == {None}  # February is not over


def test_only_customers_whose_cost_is_known_pay_it_back():
    rows = [order("ada", "2026-02-05", "10"), order("bob", "2026-02-06", "90")]
    costs = {"unknown": None, "ada": Decimal(20), "bob": None}
    known = pl.col("customer_id").replace_strict(costs, return_dtype=pl.Decimal(18, 4))
    first = mart(*rows, acquisition_cost=known).row(0, named=True)
    assert (first["customers_with_cost"], first["acquisition_cost"]) == (1, Decimal(20))
    assert (first["cumulative_net_sales_with_cost"], first["payback_period"]) == (Decimal(10), None)


def test_without_known_costs_nothing_is_said_about_payback():
    found = mart(order("ada", "2026-02-05"))
    assert found.select("acquisition_cost", "payback_period").unique().rows() == [(None, None)]


def test_who_cost_nothing_is_paid_back_in_the_first_period():
    rows = (order("ada", "2026-02-05"),)
    assert cells("payback_period", *rows, acquisition_cost=pl.lit(Decimal(0)))[("2026-02", 0)] == 0


def test_quarters_and_years_are_the_companys_fiscal_ones():
    tables = core(order("ada", "2025-01-31"), order("ada", "2025-02-01"), order("bob", "2026-01-15"))
    tables["calendar"] = calendar(FIRST_DAY, LAST_DAY, fiscal_year_starts=2)
    settings = Cohorts(grains=["month", "quarter", "year"], dimensions=[])
    found = build(tables, dimensions_of(tables, AS_OF), as_of=AS_OF, lapse_days=365, cohorts=settings)
    years = found.filter(grain="year").select("cohort_start", "period_start", "retained_customers").rows()
    assert years == [
        (dt.date(2024, 2, 1), dt.date(2024, 2, 1), 1),
        (dt.date(2024, 2, 1), dt.date(2025, 2, 1), 1),
        (dt.date(2024, 2, 1), dt.date(2026, 2, 1), 0),
        (dt.date(2025, 2, 1), dt.date(2025, 2, 1), 1),
        (dt.date(2025, 2, 1), dt.date(2026, 2, 1), 0),
    ]
    quarters = found.filter(grain="quarter", period_number=0)["cohort_start"].to_list()
    assert quarters == [dt.date(2024, 11, 1), dt.date(2025, 11, 1)]


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=30, deadline=None)
@given(
    company=companies(),
    lapse_days=st.sampled_from([30, 365]),
    grain=st.sampled_from(sorted(GRAINS)),
    fiscal_year_starts=st.sampled_from([1, 2, 10]),
)
def test_drawn_companies_have_the_cohorts_that_counting_by_hand_finds(
    engine: str, company: Any, lapse_days: int, grain: str, fiscal_year_starts: int
):
    orders, refunds, as_of = company
    inputs = frames(orders, refunds) | {"calendar": calendar(FIRST_DAY, LAST_DAY, fiscal_year_starts)}
    known = {"customer_dimensions": dimensions_of(inputs, as_of, lapse_days)}
    wanted = Cohorts.model_construct(grains=[grain], dimensions=["customer_type"])
    with ENGINES[engine](inputs | known) as tables:
        found = build(tables, tables["customer_dimensions"], as_of=as_of, lapse_days=lapse_days, cohorts=wanted)
    everybody = range(1, 10)
    parts = [
        ("customer_type", kind or "unknown", {idx for idx in everybody if TYPES[idx % 3] == kind}) for kind in TYPES
    ]
    costs = {idx: cost for idx, cost in enumerate(COSTS) if cost is not None}
    expected = [
        row
        for members in (None, *(parts if grain != "week" else []))
        for row in oracle.cohorts(
            orders,
            refunds,
            as_of,
            lapse_days,
            grain,
            costs=costs,
            fiscal_year_starts=fiscal_year_starts,
            members_of=members,
        )
    ]
    for row, rate in itertools.product(expected, ("retention_rate", "rolling_retention_rate")):
        for end, sign in (("low", -1), ("high", 1)):
            is_by_chance = row["period_number"] > 0
            row[f"{rate}_{end}"] = find_end(row[rate], row["cohort_size"], sign) if is_by_chance else row[rate]
    assert_frame_equal(found, pl.DataFrame(expected, schema=COLUMNS).sort(KEY), rel_tol=1e-12, abs_tol=1e-9)


@settings(max_examples=25, deadline=None)
@given(company=companies(), seed=st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_other_peoples_orders_change_a_cohort(company: Any, seed: Any):
    orders, refunds, as_of = company
    before = _of_drawn(orders, refunds, as_of)
    newcomer = {"customer_idx": 9, "order_date": as_of, "gross_sales": Decimal(1), "discounts": Decimal(0)}
    more = [*orders, newcomer | {"is_countable": True, "is_first_order": True, "system": "shop", "order_id": "new"}]
    seed.shuffle(more)
    after = _of_drawn(more, refunds[::-1], as_of)
    elsewhere = pl.col("cohort_start") != as_of.replace(day=1)
    assert_frame_equal(before.filter(elsewhere), after.filter(elsewhere))


def _of_drawn(orders: list[Row], refunds: list[Row], as_of: dt.date) -> pl.DataFrame:
    inputs = frames(orders, refunds)
    with in_polars(inputs) as tables:
        return build(tables, dimensions_of(inputs, as_of), as_of=as_of, lapse_days=365, cohorts=MONTHS)


def test_the_calendar_may_be_longer_than_the_data():
    assert CALENDAR["day"].max() > AS_OF
    assert mart(order("ada", "2026-03-05")).height == 1
