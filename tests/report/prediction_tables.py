"""A hundred customers' predictions and how the models did, by hand: what the report reads of them.

Customer i of 1 to 100 is expected to bring i over the lifetime (5,050 in all; the best 20 hold 1,810, 35.8 %).
"""

import json

import duckdb

PARAMETERS = {"r": 0.243, "alpha": 30.9, "a": 0.793, "b": 2.426}
"""BG/NBD of CDNOW (Fader, Hardie and Lee 2005), alpha in days."""

TABLES = """
create table marts.customer_clv as
select i as customer_idx, i::decimal(18,4) as predicted_value_lifetime, (101 - i)::decimal(18,4) as net_sales_to_date,
    0.5e0 as predicted_purchases_12m, 10::decimal(18,4) as predicted_value_12m, 400 as t, (i % 6)::bigint as frequency,
    date '2024-12-14' as first_order_date, 'bg_nbd' as method, 'net_sales' as value_basis, date '2026-01-18' as as_of,
    'bg_nbd chosen: smallest error; acquisition cost is unknown: nothing is subtracted' as reason
from range(1, 101) as customers(i);

create table meta.clv_models (model varchar, segment varchar, segment_from date, parameter varchar, estimate double,
    standard_error double, correlations varchar, log_likelihood double, converged boolean, at_boundary boolean,
    fitted_customers bigint, trained_through date, reason varchar, as_of date);

create table meta.clv_evaluation as
select method, method = 'last_year' as is_baseline, scope, scope_value, holdout_customers,
    expected as predicted_purchases, came as actual_purchases, expected / came - 1 as purchases_error_rate,
    0.4e0 as mae_purchases,
    error as rmse_purchases, 0.6e0 as rank_correlation_purchases, 10 * expected as predicted_value,
    (11 * came)::double as actual_value, 10 * expected / (11 * came) - 1 as value_error_rate, 4e0 as mae_value,
    0.6e0 as rank_correlation_value, 0.5e0 as top_20_percent_capture,
    if(method = 'last_year', 0, holdout_customers) as customers_with_interval,
    0.84e0 as purchases_interval_nominal_coverage,
    0.82e0 as purchases_interval_covered, method = 'bg_nbd' as is_chosen,
    if(method = 'bg_nbd', 'chosen: smallest error', 'larger error') as reason, date '2025-01-18' as trained_through,
    365::integer as horizon_days, date '2026-01-18' as as_of
from (values
    ('bg_nbd', 'all', 'all', 80, 12100e0, 11800, 1.0e0), ('bg_nbd', 'decile', '2', 8, 9000e0, 9000, 1.0e0),
    ('bg_nbd', 'decile', '10', 8, 3100e0, 2800, 1.0e0), ('mbg_nbd', 'all', 'all', 80, 11000e0, 11800, 1.1e0),
    ('last_year', 'all', 'all', 80, 15000e0, 11800, 1.4e0)
) tests(method, scope, scope_value, holdout_customers, expected, came, error);

create table marts.predicted_totals as
select 'all' as scope, 1000e0 as predicted_total_value_12m, 800e0 as predicted_total_value_12m_low,
    1250e0 as predicted_total_value_12m_high, 2000e0 as predicted_total_value_36m,
    1400e0 as predicted_total_value_36m_low, 2900e0 as predicted_total_value_36m_high,
    200e0 as predicted_subscription_revenue_12m, 500e0 as predicted_subscription_revenue_36m,
    null::double as predicted_value_12m_low, null::double as predicted_value_12m_high, null::varchar as reason;

create table meta.clv_tracking as
select week_start, week_start + 6 as week_end, 'bg_nbd' as method, 10 + place as actual_purchases,
    11.5e0 as expected_purchases, sum(10 + place) over (order by place)::bigint as cumulative_actual_purchases,
    11.5e0 * (place + 1) as cumulative_expected_purchases, week_start + 6 > date '2025-01-18' as is_forecast,
    date '2025-01-18' as trained_through, date '2026-01-18' as as_of
from (select place, date '2025-01-06' + 7 * place::integer as week_start from range(0, 5) as weeks(place)) as weeks;
"""


def add_predictions(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(TABLES)
    add_fit(con, "bg_nbd", "all", None, 80)
    add_fit(con, "mbg_nbd", "all", None, 80)


def add_fit(con: duckdb.DuckDBPyConnection, model: str, segment: str, segment_from: str | None, customers: int) -> None:
    correlations = json.dumps(dict.fromkeys(PARAMETERS))
    for day in ("2025-01-18", "2026-01-18"):
        for name, value in PARAMETERS.items():
            row = [model, segment, segment_from, name, value, None, correlations, -1.0, True, False, customers, day]
            con.execute(f"insert into meta.clv_models values ({', '.join('?' * 12)}, null, date '2026-01-18')", row)
