"""What the report shows of predictions: whose value it is, who is still a customer, and how the models did.

Put here: reading, summed up in DuckDB so that a million customers become a few hundred numbers.
Keep out: wording and drawing (`sections/`). No single customer is read.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb
import polars as pl

from regulars.pipelines.models.dropout.dropout_model import DropoutModel
from regulars.pipelines.report.facts.reading import Row, Rows, has_tables, read_rows
from regulars.pipelines.transforms.clv.clv_models import read_models
from regulars.pipelines.transforms.clv.method_choice import find_model_of_p_alive

CLV, MODELS, TESTS, WEEKS = "marts.customer_clv", "meta.clv_models", "meta.clv_evaluation", "meta.clv_tracking"
TOTALS = "marts.predicted_totals"
POINTS_OF_A_CURVE = 100
FREQUENCIES = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
STEPS_SINCE, DAYS_OF_A_MONTH, DAYS_OF_A_WEEK = 12, 365.25 / 12, 7.0

EXPECTED = """
    with reasons as (
        select split_part(reason, '; ', 1) as reason
        from marts.customer_clv
        where first_order_date is not null and reason is not null
        group by all
        order by count(*) desc, reason
        limit 1
    )
    select count(*) as customers, count(predicted_value_12m) as predicted_customers, any_value(as_of) as as_of,
        sum(predicted_purchases_12m::decimal(18, 6))::double as purchases, sum(predicted_value_12m) as value,
        any_value(method) as method, any_value(value_basis) as value_basis,
        (from reasons) as reason
    from marts.customer_clv
    where first_order_date is not null
    having count(*) > 0
"""
RANGE = """
    select predicted_value_12m_low as value_low, predicted_value_12m_high as value_high
    from marts.predicted_totals
    where scope = 'all'
"""
SHARES = """
    with amounts as (
        select case $amount
            when 'to come' then predicted_value_lifetime
            when 'so far' then net_sales_to_date
        end as amount
        from marts.customer_clv
        where first_order_date is not null
    ),
    positive as (select greatest(coalesce(amount, 0), 0) as value from amounts),
    ranked as (
        select row_number() over by_value as place, sum(value) over by_value as running, count(*) over () as customers
        from positive
        window by_value as (order by value desc rows unbounded preceding)
    ),
    whole as (select max(running) as total from ranked)
    select place, customers, running, total, running / total as share,
        place = min(place) filter (running * 2 >= total) over () as is_half
    from ranked, whole
    where total > 0
    qualify place % ceil(customers / $points)::bigint = 0 or place = customers or is_half
        or list_contains([ceil(customers / 100), ceil(customers / 20), ceil(customers / 5)], place)
    order by place
"""
EVALUATION = """
    from meta.clv_evaluation
    where scope <> 'subscribers'
    order by is_chosen desc, is_baseline, rmse_purchases, method, scope, scope_value
"""
TRACKING = "from meta.clv_tracking order by week_start"
FITS = """
    from meta.clv_models
    order by trained_through, model, segment_from nulls first, strpos(correlations, '"' || parameter || '"')
"""
AGES = """
    select median(t)::integer as days, quantile_disc(frequency, 0.99) as frequency, count(*) as customers
    from marts.customer_clv
    where first_order_date >= $first and first_order_date < $end
"""


@dataclass(frozen=True)
class Alive:
    """How likely customers of one age are still customers, by purchases and time since the last one.

    Attributes:
        model: The model that says so.
        segment: Whom it was fitted on.
        customers: How many these are.
        days: Days since the first purchase of those who are shown: the median of the segment.
        unit: `month` or `week`, of `since`.
        since: Time since the last purchase, ascending; the last one reaches back to the first purchase.
        p_alive: Repeat purchases -> probability per `since`; None where no customer can be.
    """

    model: str
    segment: str
    customers: int
    days: int
    unit: str
    since: Sequence[int]
    p_alive: Mapping[int, Sequence[float | None]]


@dataclass(frozen=True)
class Predictions:
    """What is expected of customers, and how far to believe it.

    Attributes:
        expected: Sums of `marts.customer_clv`: customers, as_of, purchases and value of 12 months with the ends of its
            range, method, reason.
        to_come: place, customers, running, total, share, is_half: the expected lifetime value, largest first.
        so_far: The same of the net sales to date.
        alive: `p_alive` over frequency and recency by the model that it is by; None without one.
        tests: `meta.clv_evaluation`.
        weeks: `meta.clv_tracking`.
    """

    expected: Row | None = None
    to_come: Rows = ()
    so_far: Rows = ()
    alive: Alive | None = None
    tests: Rows = ()
    weeks: Rows = ()


def read_predictions(con: duckdb.DuckDBPyConnection) -> Predictions:
    """Read all of it."""
    return Predictions(
        expected=read_expected(con),
        to_come=read_shares(con, "to come"),
        so_far=read_shares(con, "so far"),
        alive=read_alive(con),
        tests=read_tests(con),
        weeks=read_weeks(con),
    )


def read_expected(con: duckdb.DuckDBPyConnection) -> Row | None:
    """What all customers together are expected to bring in a year, and its range if known; None without customers."""
    rows, ranges = read_rows(con, EXPECTED, CLV), read_rows(con, RANGE, TOTALS)
    if not rows:
        return None
    return {"value_low": None, "value_high": None, **rows[0], **(ranges[0] if ranges else {})}


def read_shares(con: duckdb.DuckDBPyConnection, amount: Literal["to come", "so far"]) -> Rows:
    """How much of the value the largest customers hold together; a negative one counts as nothing.

    Args:
        con: Where the mart is.
        amount: The value expected over their lifetime, or their net sales to date.
    """
    return read_rows(con, SHARES, CLV, amount=amount, points=POINTS_OF_A_CURVE)


def read_tests(con: duckdb.DuckDBPyConnection) -> Rows:
    """How each method did."""
    return read_rows(con, EVALUATION, TESTS)


def read_weeks(con: duckdb.DuckDBPyConnection) -> Rows:
    """Expected and actual repeat purchases."""
    return read_rows(con, TRACKING, WEEKS)


def read_fits(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """`meta.clv_models` as its reader wants it: parameters in the paper's order, which the correlations keep.

    The published table is sorted by name instead.
    """
    return con.sql(FITS).pl()


def read_alive(con: duckdb.DuckDBPyConnection) -> Alive | None:
    """The grid of the model that `p_alive` is by; of its largest segment, where it has several."""
    if not has_tables(con, CLV, MODELS, TESTS):
        return None
    tests, table = con.sql(EVALUATION).pl(), read_fits(con)
    if tests.is_empty():
        return None
    dropout = read_models(table, tests["as_of"][0]).dropout
    best = find_model_of_p_alive(tests, dropout.keys())
    if best is None:
        return None
    models = dropout[best]
    fits = {
        row["segment_from"]: row
        for row in table.to_dicts()
        if row["model"] == best and row["trained_through"] == row["as_of"]
    }
    starts = [start for start, _ in models]
    largest = max(range(len(models)), key=lambda place: fits[starts[place]]["fitted_customers"])
    fit = fits[starts[largest]]
    end = (*starts, None)[largest + 1]
    first = (starts[largest] if largest else None) or dt.date.min
    [ages] = read_rows(con, AGES, CLV, first=first, end=end or dt.date.max)
    if not ages["customers"]:
        return None
    unit, since, p_alive = compute_grid(models[largest][1], max(1, ages["days"]), ages["frequency"])
    return Alive(best, fit["segment"], fit["fitted_customers"], max(1, ages["days"]), unit, since, p_alive)


def compute_grid(model: DropoutModel, days: int, largest: int) -> tuple[str, list[int], dict[int, list[float | None]]]:
    """P(alive) of customers who first bought so many days ago.

    Args:
        model: What says so.
        days: Days since the first purchase, T.
        largest: Repeat purchases that hardly anybody exceeds.

    Returns:
        The unit (`month` or `week`), times since the last purchase in it, and per number of repeat purchases the
        probability at each; None where there is no room for so many purchases.
    """
    unit, length = ("month", DAYS_OF_A_MONTH) if days > STEPS_SINCE * DAYS_OF_A_WEEK * 2 else ("week", DAYS_OF_A_WEEK)
    whole = int(days / length)
    since = [*range(0, whole, -(-max(1, whole) // STEPS_SINCE)), whole] if whole else [0]
    last = len(since) - 1
    once = [None] * last + [float(model.p_alive(0, 0, days))]  # whose last purchase is the first
    recencies = [round(days - time * length) for time in since]
    rows: dict[int, list[float | None]] = {0: once}
    for frequency in FREQUENCIES[1:]:
        if frequency <= max(largest, 3):
            rows[frequency] = [
                float(model.p_alive(frequency, recency, days)) if frequency <= recency else None
                for recency in recencies
            ]
    return unit, since, rows
