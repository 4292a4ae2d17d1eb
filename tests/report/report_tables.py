"""A small company's marts and `meta`, by hand: what the report reads."""

import datetime as dt

import duckdb

from regulars.pipelines.transforms.customers.headline import Headline

TABLES = """
create schema raw; create schema marts; create schema meta; create schema quarantine;

create table raw.company as select date '2026-01-18' as as_of, 'EUR' as currency, 365 as lapse_days;

create table marts.retention_cohorts as
select 'month' as grain, cohort_start, period_number, 'all' as dimension, 'all' as dimension_value, cohort_size,
    retained_customers, retention_rate, 4::decimal(18,4) as net_sales, each as cumulative_net_sales_per_customer,
    cohort_start = date '2025-11-01' as is_left_censored, retention_rate is not null as is_complete
from (values
    (date '2025-11-01', 0, 40, 40, 1.0e0, 25.0e0), (date '2025-11-01', 1, 40, 10, 0.25e0, 31.0e0),
    (date '2025-11-01', 2, 40, 4, null, null),
    (date '2025-12-01', 0, 60, 60, 1.0e0, 20.0e0), (date '2025-12-01', 1, 60, 3, null, null),
    (date '2026-01-01', 0, 7, 7, null, null)
) cells(cohort_start, period_number, cohort_size, retained_customers, retention_rate, each);

create table marts.churn as
select *, 3 as newly_active_customers, 1 as lapsed_in_month, 'all' as dimension, 'all' as dimension_value,
    date '2026-01-18' as as_of from (values
    (date '2024-12-31', 20, 100.0e0, 0.2e0, 110, 5, true, null, 80, 20, 0.25e0, 0.168e0, 0.355e0),
    (date '2025-11-30', null, null, null, 90, 2, false, 'history too short: known from 2025-12-31 on', null, null, null,
        null, null),
    (date '2025-12-31', 12, 96.0e0, 0.125e0, 98, 3, true, null, 110, 33, 0.3e0, 0.223e0, 0.391e0)
) months(month_end, churned_customers_12m, average_customers_12m, churn_rate_12m, active_customers,
    reactivated_customers, is_complete, reason, active_a_year_ago, gone_of_active_a_year_ago, gone_rate_12m,
    gone_rate_12m_low, gone_rate_12m_high);

create table marts.nps as
select *, if(grain = 'rolling_28d', 12.4e0, null) as nps_change,
    if(grain = 'rolling_28d', false, null) as is_nps_change_significant,
    'all' as dimension, 'all' as dimension_value, date '2026-01-18' as as_of from (values
    ('day', date '2026-01-10', date '2026-01-10', 4, 3, 0, 1, 50.0e0, -20.0e0, 90.0e0, true),
    ('day', date '2026-01-11', date '2026-01-11', 0, 0, 0, 0, null, null, null, true),
    ('week', date '2026-01-05', date '2026-01-11', 4, 3, 0, 1, 50.0e0, -20.0e0, 90.0e0, true),
    ('rolling_28d', date '2025-12-13', date '2026-01-09', 8, 4, 2, 2, 25.0e0, -10.0e0, 55.0e0, true),
    ('rolling_28d', date '2025-12-14', date '2026-01-10', 9, 5, 2, 2, 33.3e0, -5.0e0, 60.0e0, true),
    ('rolling_28d', date '2025-12-15', date '2026-01-11', 7, 4, 2, 1, 42.8e0, 0.0e0, 70.0e0, true)
) windows(grain, period_start, period_end, responses, promoters, passives, detractors, nps, nps_low, nps_high,
    is_complete);

create table marts.support_response as
select *, 'week' as grain, 'all' as dimension from (values
    (date '2026-01-04', 4, 8, 0.5e0, 0.75e0), (date '2026-01-11', 0, 0, null, null),
    (date '2026-01-18', 3, 4, 0.75e0, 1e0)
) weeks(period_end, complaints_on_time, complaints_decided, complaints_on_time_rate, complaints_on_time_rate_business);

create table marts.order_delivery as
select *, 'month' as grain, 'all' as dimension from (values
    (date '2025-11-30', 40, 4, 0.1e0, true), (date '2025-12-31', 50, 11, 0.22e0, true),
    (date '2026-01-31', 9, 1, 0.11e0, false)
) months(period_end, delivered_orders, late_orders, late_rate, is_complete);

create table marts.nps_value as
select *, 'all' as dimension, 30.0e0 as annual_value_over_detractors, -5.0e0 as annual_value_over_detractors_low,
    65.0e0 as annual_value_over_detractors_high, false as stands_out from (values
    ('promoter', 40, 210.0e0, 80.0e0, 0::decimal(18,4)),
    ('detractor', 9, 90.0e0, null, 1234::decimal(18,4))
) groups(nps_group, customers, net_sales_per_customer, predicted_value_per_customer, detractor_value_at_risk_12m);

create table marts.primary_customer_profile as
select *, 0.2e0 as customers_share, 0.8e0 as lift_low, 2.4e0 as lift_high, 'In words.' as description from (values
    ('customer_type', 'office', 0.3e0, 0.15e0, 2.0e0, true), ('target_customer', 'matches', 0.3e0, 0.15e0, 2.0e0, true)
) shares(attribute, attribute_value, top_share, other_share, lift, stands_out);

create table marts.referrals as
select * from (values (1, 2, 30::decimal(18,4)), (3, 1, 12::decimal(18,4)))
    referrers(chain_depth, brought_customers, brought_net_sales);

create table marts.scorecard as
select *, 'all' as scope, 'up' as good, if(metric = 'nps', false, null) as is_beyond_chance,
    if(trend = 'better', false, null) as is_trend_beyond_chance from (values
    (1, 'objective', 'net_sales', 'currency', date '2025-12-01', date '2025-12-31', 90.0e0, 100, false, 'worse', null),
    (1, 'objective', 'net_sales', 'currency', date '2026-01-01', date '2026-01-31', 70.0e0, 58, true, null,
        'the period is not over'),
    (2, 'mission', 'nps', 'decimal1', date '2025-12-01', date '2025-12-31', 41.0e0, 40, true, 'better', null),
    (2, 'mission', 'nps', 'decimal1', date '2026-01-01', date '2026-01-31', 12.0e0, 40, null, null, null)
) periods(target_number, lens, metric, format, period_start, period_end, metric_value, target_to_date, is_on_track,
    trend, reason);

create table marts.satisfaction_scores as
select *, 'csat' as survey_type, 1.0e0 as scale_min, 5.0e0 as scale_max, 'all' as dimension from (values
    ('day', date '2026-01-10', date '2026-01-10', 3, 4.0e0),
    ('rolling_28d', date '2025-11-14', date '2025-12-11', 9, 3.9e0),
    ('rolling_28d', date '2025-12-14', date '2026-01-10', 12, 4.2e0)
) windows(grain, period_start, period_end, responses, mean_score);

create table marts.satisfaction_drivers as
select *, 'nps' as survey_type, 300 as scored_responses from (values
    ('forms', 'taste', 0.7e0, 1, 82.0e0, 'keep_great', true),
    ('forms', 'days_late', 0.3e0, 2, null, null, false)
) drivers(system, driver, importance, importance_rank, performance, quadrant, matters);

create table marts.feedback_themes as
select *, 'all' as language, week_start + 6 as week_end, 40 as all_comments, true as is_complete from (values
    (date '2026-01-05', 'price', 10, 10, 5, 40.0e0, true),
    (date '2025-12-29', 'price', 2, 2, 1, 40.0e0, false),
    (date '2026-01-05', 'late_delivery', 20, 20, 15, 20.0e0, false),
    (date '2026-01-05', 'packaging', 6, 0, 0, 75.0e0, false),
    (date '2026-01-05', 'praise', 0, 0, 0, null, false),
    (date '2026-01-05', 'unmatched', 4, 4, 4, 0.0e0, false)
) cells(week_start, theme, comments, nps_responses, detractor_responses, performance, is_emerging);

create table marts.sales_new_vs_returning as
select *, (new_customer_sales + returning_customer_sales)::decimal(18,4) as net_sales from (values
    (date '2025-12-01', 60, 25::decimal(18,4), 75::decimal(18,4), 10::decimal(18,4), 1::decimal(18,4), true),
    (date '2026-01-01', 7, 5::decimal(18,4), 3::decimal(18,4), 0::decimal(18,4), 0::decimal(18,4), false)
) months(month, new_customers, new_customer_sales, returning_customer_sales, unknown_customer_sales, refunds,
    is_complete);

create table marts.revenue_concentration as
select *, date '2026-01-18' as period_end, date '2026-01-18' as as_of from (values
    ('to_date', 107, 0.05e0, 0.2e0, 0.3e0, 0.55e0, 0.04e0, 0.41e0, true),
    ('last_12_months', 60, null, null, null, null, null, null, false)
) scopes(scope, customers_in_shares, top_1_percent_share, top_5_percent_share, top_10_percent_share,
    top_20_percent_share, largest_customer_share, gini, is_complete);

create table marts.product_sales as select * from (values
    (date '2025-12-01', 70::decimal(18,4), true), (date '2026-01-01', 30::decimal(18,4), false)
) months(month, product_sales, is_complete);

create table marts.retention_economics as
select 'all' as dimension, 0.4e0 as contribution_margin_rate, 5 as horizon_years, null::varchar as reason, *
from (values
    (1, 400::decimal(18,4), 0.022e0), (5, 2000::decimal(18,4), 0.1169e0)
) steps(step_points, first_year_retention_gain, equal_cost_cut_rate);

create table marts.acquisition_economics as select 'all' as customer_type, * from (values
    ('ads', 50::decimal(18,4), 48::decimal(18,4), 9, false), ('fair', 10::decimal(18,4), 48::decimal(18,4), 4, true)
) channels(acquisition_channel, cost_per_customer, most_to_bid, new_customers_won, is_beyond_chance);

create table marts.seasonality as
select 'all' as customer_type, 'all' as category, month::integer as month_of_year, 1e0 as season_index,
    0.9e0 as season_index_low, 1.1e0 as season_index_high, 3 as years_behind, null::varchar as reason
from range(1, 13) as months(month);

create table marts.demand_forecast as select 'all' as place_type, * from (values
    (date '2026-01-05', 0, 40e0, null, null, null, null, null),
    (date '2026-01-12', 1, null, 41e0, 30e0, 44e0, 31e0, 40e0)
) weeks(week_start, weeks_ahead, demand, demand_forecast, tested_absolute_error, tested_absolute_error_seasonal_naive,
    tested_absolute_error_mean_8w, tested_demand);

create table marts.next_best_offers as select * from (values (1, 'due', 0.5e0), (2, 'habit', 0.2e0), (3, 'new', 0.1e0))
    offers(offer_rank, offer_kind, offer_score);

create table marts.bad_experiences as select *, date '2026-01-18' as as_of from (values
    (date '2025-12-03', 'late_delivery', false), (date '2025-12-09', 'complaint', false),
    (date '2026-01-03', 'refund', true)
) events(experienced_on, leading_sign, is_unknown);

create table marts.lapse_after_experiences as select * from (values
    (0, false, null, null, null, null, null, 900, null),
    (3, true, 0.566e0, 0.376e0, 1.5e0, 1.2e0, 1.9e0, 140, null)
) levels(experience_count, is_or_more, observed_lapse_rate, expected_lapse_rate, lapse_ratio, lapse_ratio_low,
    lapse_ratio_high, matched_customers, reason);

create table marts.service_risk_customers as select *, date '2026-01-03' as last_experience_on from (values
    ('c1', 'complaint', 'active', 90::decimal(18,4), 3), ('c2', 'complaint', 'lapsed', 210::decimal(18,4), 4),
    ('c3', 'refund', null, null, 3)
) customers(customer_id, last_leading_sign, lifecycle, service_risk_value_12m, bad_experience_count);

create table marts.customer_events as select *, date '2026-01-18' as as_of from (values
    (date '2025-12-03', 'sales'), (date '2025-12-03', 'logistics'), (date '2026-01-03', 'marketing')
) events(event_date, department);
create table marts.customer_360 as select * from (values
    ('active', 'none', null, false), ('active', 'high', '1 NPS answer; risk from none to high', false),
    ('lapsed', 'none', null, false), (null, 'none', null, true)
) customers(lifecycle, risk, changed_since_last_week, is_unknown);
create table marts.segment_moves as select *, date '2025-12-31' as month_end, 'segment' as segmentation from (values
    ('loyal', 'loyal', 30), ('loyal', 'at_risk', 10), ('new', 'loyal', 4), ('none', 'new', 7)
) moves(from_value, to_value, segmented_customers);
create table marts.owner_worklists as select *, date '2026-01-18' as as_of from (values
    ('c1', 'owner_1', 'detractor', 'scored 3 of 10 on 2026-01-10', 900.50, 850.20, 680.16, 1,
        date '2026-04-10', 0, 0.0),
    ('c2', 'owner_1', 'lapsed', 'lapsed on 2026-01-02 after 3 orders', 1400.00, 20.00, 4.00, 3,
        date '2026-07-01', 0, 0.0),
    ('c3', 'unassigned', 'staying_away', 'last order 300 days ago, lapses on 2026-03-24', 1250.00, 500.00, 150.00,
        2, date '2026-03-24', 12, 3000.0)
) lists(customer_id, owner, call_reason, why, at_stake, keepable_value, priority, company_rank, until_date,
    owner_customers_left_out, owner_keepable_value_left_out);

create table meta.offer_evaluation as select 'any_product' as scope, true as is_complete, 1200 as tested_customers, *
from (values ('offers', 0.73e0, 0.83e0), ('personal_frequency', 0.7e0, 0.8e0), ('best_sellers', 0.4e0, 0.55e0))
    methods(method, hit_rate_5, hit_rate_10);

create table meta.sources as select * from (values
    ('shop', timestamp '2026-01-19 01:10:00', false, null, 120, 97, 15, 5, 1, 2),
    ('surveys', null, true, 'cut off in line 12', 9, 9, 0, 0, 0, 0)
) sources(source, last_delivered_at, is_stale, reason, rows_read, rows_loaded, rows_superseded, rows_quarantined,
    rows_duplicate, rows_excluded);

create table meta.checks as select * from (values
    ('raw.orders', 'no_id', 'critical', 'Every order has an order_id', 100, 0, true),
    ('raw.customers', 'email_has_at', 'warning', 'An e-mail address has an @', 50, 17, false)
) checks(table_name, rule, severity, description, rows_checked, failed_count, passed);

create table meta.tie_out as
select 'shop' as source, 'orders' as kind, month, 'EUR' as currency, 81.555::decimal(18,4) as source_amount,
    70.555::decimal(18,4) as orders_amount, 10::decimal(18,4) as spread_discounts_amount,
    0::decimal(18,4) as included_tax_amount, 0::decimal(18,4) as refunds_amount, 0::decimal(18,4) as adjustments_amount,
    0::decimal(18,4) as payments_amount, 0::decimal(18,4) as subscriptions_amount,
    0::decimal(18,4) as never_charged_amount,
    1::decimal(18,4) as quarantined_amount, 0::decimal(18,4) as superseded_amount,
    0::decimal(18,4) as duplicate_amount, 0::decimal(18,4) as difference
from (values (date '2025-11-01'), (date '2025-12-01')) months(month);

create table meta.quarantine_reasons as select * from (values
    ('shop', 'orders', 'no_id', 'Every order has an order_id', 2), ('shop', 'orders', 'no_date', null, 1),
    ('shop', 'malformed', 'malformed', null, 1)
) reasons(source, kind, rule, rule_description, records);

create table quarantine.rows as select * from (values
    ('shop', 'orders', 'no_id', 'ada@example.com'), ('shop', 'orders', 'no_id,no_date', 'ada@example.com'),
    ('shop', 'malformed', 'malformed', '"ada@example.com')
) rows(source, kind, rules, content);
"""
HEADLINE = Headline(
    as_of=dt.date(2026, 1, 18),
    customers=107,
    active_customers=96,
    churn_rate_12m=0.125,
    churn_month_end=dt.date(2025, 12, 31),
    gone_rate_12m=0.3,
    repeat_rate=0.4,
    repeat_customers=50,
    nps=33.3,
    nps_responses=9,
    nps_start=dt.date(2025, 12, 14),
    nps_end=dt.date(2026, 1, 10),
)
NOTHING_YET = Headline(
    as_of=dt.date(2026, 1, 18),
    customers=0,
    active_customers=0,
    churn_rate_12m=None,
    churn_month_end=None,
    gone_rate_12m=None,
    repeat_rate=None,
    repeat_customers=0,
    nps=None,
    nps_responses=0,
    nps_start=None,
    nps_end=None,
)


def company_tables() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(TABLES)
    return con
