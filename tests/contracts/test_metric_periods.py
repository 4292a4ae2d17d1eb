"""Any published metric by month, quarter or year, from its definition alone."""

import datetime as dt
from dataclasses import replace
from functools import partial

import duckdb
import pytest

from regulars.pipelines.contracts.contract import Contract
from regulars.pipelines.contracts.metric_periods import describe_coverage, list_published_metrics, select_periods
from regulars.pipelines.contracts.raw_contracts import load_all_contracts
from regulars.pipelines.contracts.scorecard_targets import refuse_wrong_targets
from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.settings.package import CONTRACTS_FOLDER
from regulars.pipelines.settings.settings_file import parse_settings

AS_OF = dt.date(2026, 5, 10)
JANUARY, APRIL, MAY = dt.date(2026, 1, 1), dt.date(2026, 4, 1), dt.date(2026, 5, 1)
SETTINGS = """
company: {name: Corner Shop, timezone: Europe/Berlin, currency: EUR}
sources: {shop: {path: o.csv, delivery: full, kind: orders, columns: {order_id: O, ordered_at: A, gross_sales: T}}}
scorecard:
"""


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return load_all_contracts(CONTRACTS_FOLDER)


def values_of(contracts, metric, period, table, rows, **where):
    """What the metric was, of rows with these columns, without its interval; what a row does not name is NULL."""
    return [row[:4] for row in read_periods(contracts, metric, period, table, rows, **where)]


def read_periods(contracts, metric, period, table, rows, **where):
    """The same with the interval."""
    found = list_published_metrics(contracts)[metric]
    names = {column.name: column.type for column in found.contract.columns}
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("create schema marts")
        con.execute(f"create table marts.{table} ({', '.join(f'{name} {kind}' for name, kind in names.items())})")
        for row in rows:
            marks = ", ".join("?" * len(row))
            con.execute(f"insert into marts.{table} ({', '.join(row)}) values ({marks})", list(row.values()))
        return con.execute(select_periods(found, where, period), {"as_of": AS_OF}).fetchall()


def test_every_metric_of_every_mart_can_be_read(contracts):
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("create schema marts")
        for found in list_published_metrics(contracts).values():
            columns = ", ".join(f"{column.name} {column.type}" for column in found.contract.columns)
            con.execute(f"create table if not exists {found.contract.table} ({columns})")
            assert con.execute(select_periods(found, {}, "quarter"), {"as_of": AS_OF}).fetchall() == []


@pytest.mark.parametrize(
    ("expression", "over_time", "is_sum"),
    [
        ("sum(orders)", "sum", True),
        ("sum(orders) + count(orders)", "sum", True),
        ("max(orders)", "sum", False),
        ("sum(orders) / sum(customers)", "sum", False),
        ("sum(orders)", "last", False),
    ],
)
def test_what_grows_day_by_day_is_a_sum_over_time(contracts, expression, over_time, is_sum):
    found = list_published_metrics(contracts)["sales_new_vs_returning.net_sales"]
    changed = replace(found.metric, expression=expression, over_time=over_time)
    assert replace(found, metric=changed).is_sum == is_sum


def test_a_value_of_one_row_has_the_interval_of_its_metric(contracts):
    def total(scope, value):
        ends = {"predicted_total_value_12m_low": value - 1, "predicted_total_value_12m_high": value + 2}
        return {"scope": scope, "scope_value": scope, "predicted_total_value_12m": value, "as_of": MAY} | ends

    metric, table = "predicted_totals.predicted_total_value_12m", "predicted_totals"
    rows = [total("all", 10), total("risk", 10)]
    assert read_periods(contracts, metric, "month", table, rows) == [(MAY, 10.0, True, 1, 9.0, 12.0, None)]
    rows = [total("all", 10), total("all", 20)]
    assert [row[4:] for row in read_periods(contracts, metric, "month", table, rows)] == [(None, None, None)]
    sales = "sales_new_vs_returning"
    assert read_periods(contracts, f"{sales}.net_sales", "month", sales, [month_of_sales(MAY, 1, 0)])[0][4:] == (
        None,
        None,
        None,
    )


def test_a_share_of_several_days_says_what_it_is_a_share_of(contracts):
    rows = [day_of_complaints(APRIL, 1, 4), day_of_complaints(APRIL + dt.timedelta(days=1), 2, 2)]
    (found,) = read_periods(
        contracts, "support_response.complaints_on_time_rate_business", "month", "support_response", rows
    )
    assert found == (APRIL, 0.5, True, 1, None, None, 6.0)


def month_of_sales(month, new, refunds):
    zero = {"returning_customer_sales": 5, "unknown_customer_sales": 1}
    return {"month": month, "new_customer_sales": new, "refunds": refunds} | zero


def test_a_sum_is_added_up_over_the_period(contracts):
    rows = [month_of_sales(JANUARY, 10, 2), month_of_sales(APRIL, 20, 0), month_of_sales(MAY, 30, 6)]
    assert values_of(contracts, "sales_new_vs_returning.net_sales", "quarter", "sales_new_vs_returning", rows) == [
        (JANUARY, 14.0, True, 1),
        (APRIL, 56.0, True, 1),
    ]


def day_of_complaints(day, on_time, decided, grain="day"):
    first = day if grain == "day" else day - dt.timedelta(days=6)
    counts = {"complaints_on_time_business": on_time, "complaints_decided_business": decided, "is_complete": True}
    return {
        "grain": grain,
        "period_start": first,
        "period_end": day,
        "dimension": "all",
        "dimension_value": "all",
    } | counts


def test_days_are_added_up_over_the_month_though_the_table_has_a_period_start_of_its_own(contracts):
    rows = [
        day_of_complaints(dt.date(2026, 4, day), *counts) for day, counts in ((1, (1, 1)), (2, (0, 2)), (30, (2, 5)))
    ]
    rows += [day_of_complaints(dt.date(2026, 5, 3), 4, 4), day_of_complaints(dt.date(2026, 4, 5), 1, 3, grain="week")]
    metric = "support_response.complaints_on_time_rate_business"
    assert values_of(contracts, metric, "month", "support_response", rows) == [
        (APRIL, 3 / 8, True, 1),
        (MAY, 1.0, True, 1),
    ]
    assert values_of(contracts, metric, "quarter", "support_response", rows) == [(APRIL, 7 / 12, True, 1)]


def nps_of(grain, start, end, promoters):
    names = {"grain": grain, "dimension": "all", "dimension_value": "all", "is_complete": True}
    counts = {"responses": 10, "promoters": promoters, "detractors": 0, "nps": 10.0 * promoters}
    return names | counts | {"period_start": start, "period_end": end}


def test_a_window_belongs_to_the_period_in_which_it_ends(contracts):
    ends = {dt.date(2026, 3, 31): 5, dt.date(2026, 5, 9): 7, dt.date(2026, 5, 10): 8}
    rows = [nps_of("rolling_28d", end - dt.timedelta(days=27), end, promoters) for end, promoters in ends.items()]
    assert values_of(contracts, "nps.nps", "quarter", "nps", rows) == [(JANUARY, 50.0, True, 1), (APRIL, 80.0, True, 1)]


def test_a_month_is_read_from_the_rows_of_months_and_not_from_a_window_that_ends_with_it(contracts):
    april = dt.date(2026, 4, 30)
    rows = [nps_of("rolling_28d", dt.date(2026, 4, 3), april, 5), nps_of("month", APRIL, april, 6)]
    assert values_of(contracts, "nps.nps", "month", "nps", rows) == [(APRIL, 60.0, True, 1)]
    assert values_of(contracts, "nps.nps", "month", "nps", rows, **ROLLING) == [(APRIL, 50.0, True, 1)]


def test_what_a_quarter_opens_with_is_what_its_first_month_opens_with(contracts):
    june = dt.date(2026, 6, 1)
    names = {"dimension": "all", "dimension_value": "all"}
    rows = [
        names | {"month": month, "opening_mrr": opening, "closing_mrr": closing}
        for month, opening, closing in ((JANUARY, 0, 10), (APRIL, 30, 40), (MAY, 40, 50), (june, 50, 60))
    ]
    opening, closing = (
        values_of(contracts, f"mrr_movements.{name}", "quarter", "mrr_movements", rows)
        for name in ("opening_mrr", "closing_mrr")
    )
    assert opening == [(JANUARY, 0.0, True, 1), (APRIL, 30.0, True, 1)]
    assert closing == [(JANUARY, 10.0, True, 1), (APRIL, 50.0, True, 1)]


def test_every_metric_that_a_period_opens_with_is_that_of_the_first_of_it(contracts):
    found = {
        name: each.metric.over_time
        for name, each in list_published_metrics(contracts).items()
        if each.metric.name.startswith("opening_") or each.metric.name.endswith("_at_start")
    }
    assert found.keys() >= {"mrr_movements.opening_mrr", "subscription_churn.active_at_start"}
    assert {*found.values()} == {"first"}


LATEST_MONTH = "the value is that of the latest month, not of the quarter"
WEEKS = {"grain": "week"}
QUARTERS = {"grain": "quarter"}
ROLLING = {"grain": "rolling_28d"}


@pytest.mark.parametrize(
    ("metric", "where", "period", "said"),
    [
        ("purchase_behaviour.returning_customer_rate", {}, "quarter", LATEST_MONTH),
        ("purchase_behaviour.returning_customer_rate", {}, "month", ""),
        ("mrr_movements.opening_mrr", {}, "quarter", ""),
        ("mrr_movements.closing_mrr", {}, "quarter", LATEST_MONTH),
        ("nps.nps", {}, "month", ""),
        ("nps.nps", {}, "quarter", "the value is that of the latest 28 days, not of the quarter"),
        ("nps.nps", ROLLING, "month", "the value is that of the latest 28 days, not of the month"),
        ("nps.nps", WEEKS, "year", "the value is that of the latest week, not of the year"),
        ("support_response.complaints", {}, "month", ""),
        ("support_response.complaints", WEEKS, "month", "each week counts as a whole in the month of its period_end"),
        ("demand_forecast.demand", {}, "quarter", "each week counts as a whole in the quarter of its week_start"),
        ("retention_cohorts.retention_rate", QUARTERS, "year", ""),
        (
            "retention_cohorts.retention_rate",
            QUARTERS,
            "month",
            "each quarter counts as a whole in the month of its cohort_start",
        ),
        ("customer_clv.clv_simple", {}, "month", ""),
    ],
)
def test_a_value_that_is_not_of_the_whole_period_says_of_what_it_is(contracts, metric, where, period, said):
    assert describe_coverage(list_published_metrics(contracts)[metric], where, period) == said


def month_of_churn(end, lost, average, dimension="all", value="all", known=True):
    names = (
        "month_end",
        "churned_customers_12m",
        "average_customers_12m",
        "dimension",
        "dimension_value",
        "is_complete",
    )
    return dict(zip(names, (end, lost, average, dimension, value, known), strict=True))


def test_of_what_only_the_latest_counts_the_last_month_of_the_period_is_read(contracts):
    rows = [
        month_of_churn("2026-02-28", 1, 10),
        month_of_churn("2026-03-31", 3, 10),
        month_of_churn("2026-04-30", 4, 10, known=False),
        month_of_churn("2026-03-31", 8, 10, "country", "DE"),
    ]
    assert values_of(contracts, "churn.churn_rate_12m", "quarter", "churn", rows) == [
        (JANUARY, 0.3, True, 1),
        (APRIL, 0.4, False, 1),
    ]
    country = {"dimension": "country", "dimension_value": "DE"}
    assert values_of(contracts, "churn.churn_rate_12m", "month", "churn", rows, **country) == [
        (dt.date(2026, 3, 1), 0.8, True, 1)
    ]


def test_rows_that_must_not_be_added_up_are_seen(contracts):
    rows = [month_of_churn("2026-03-31", 8, 10, "country", name) for name in ("DE", "FI")]
    (found,) = values_of(contracts, "churn.churn_rate_12m", "month", "churn", rows, dimension="country")
    assert found[3] == 2


def test_the_row_of_all_channels_is_no_channel(contracts):
    def spent(channel: str, amount: int) -> dict[str, object]:
        return {"period_end": "2026-03-31", "customer_type": "all", "acquisition_channel": channel, "spend": amount}

    rows = [spent("all", 70), spent("ads", 50), spent("fair", 20)]
    of = partial(values_of, contracts, "acquisition_economics.spend", "month", "acquisition_economics", rows)
    assert [found[1] for found in of()] == [70]
    assert [found[1] for found in of(acquisition_channel="ads")] == [50]
    assert [found[1] for found in of(acquisition_channel="all")] == [70]


def test_what_lies_after_as_of_is_no_value(contracts):
    rows = [{"week_start": day, "demand_forecast": 7, "place_type": "all"} for day in ("2026-05-04", "2026-05-11")]
    found = values_of(contracts, "demand_forecast.demand_forecast", "month", "demand_forecast", rows)
    assert [(start, value) for start, value, _, _ in found] == [(MAY, 7.0)]


def refused(contracts, *targets: str) -> str:
    text = SETTINGS + "\n".join(f"  - {{lens: objective, target: 1, {each}}}" for each in targets)
    company = parse_settings(text, name="regulars.yaml", environment={})
    with pytest.raises(SettingsWrong) as refusal:
        refuse_wrong_targets(company, contracts)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (
            "metric: churn.churn_rate",
            "regulars.yaml:5: scorecard.0.metric: there is no metric `churn.churn_rate`; did you mean",
        ),
        ("metric: marts.chrun.churn_rate_12m", "did you mean `churn.churn_rate_12m`"),
        ("metric: xyz.qqq", "meta.metric_definitions lists all metrics"),
        ("metric: seasonality.season_index", "neither a high nor a low `seasonality.season_index` is good"),
        ("metric: nps.nps, where: {dimensoin: country}", "has no column `dimensoin`; did you mean `dimension`"),
    ],
)
def test_a_target_about_nothing_is_refused_with_the_nearest_names(contracts, target, said):
    assert said in refused(contracts, target)


def test_the_same_target_twice_is_refused(contracts):
    assert "the same target stands in scorecard.0 already" in refused(
        contracts, "metric: nps.nps", "metric: marts.nps.nps"
    )
