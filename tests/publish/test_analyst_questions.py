"""What analysts ask: each question is one query over the published file, with the columns that its dictionary names."""

import duckdb
import pytest

QUESTIONS = {
    "Which account owner's customers are at most risk, in money, and is that more than chance?": """
        select scope_value, customers_with_value_at_any_risk,
            value_at_any_risk_12m, value_at_any_risk_12m_low, value_at_any_risk_12m_high,
            at_risk_per_customer_12m_over_others, is_at_risk_per_customer_12m_over_others_significant, reason
        from marts.predicted_totals where scope = 'owner' order by value_at_any_risk_12m desc""",
    "How long until half of the customers buy again, by the channel that won them?": """
        select dimension_value, median_days_to_second_order, median_days_to_second_order_low, reason
        from marts.second_orders where dimension = 'acquisition_channel'""",
    "Which complaints come from late deliveries?": """
        select count(*), count(*) filter (has_late_delivery) from marts.bad_experiences where has_complaint""",
    "What do customers do after a late delivery?": """
        select outcome, outcome_days, outcome_rate, expected_outcome_rate, outcome_ratio_low, outcome_ratio_high, reason
        from marts.orders_after_experiences where sign = 'late_delivery'""",
    "Do customers who complained about a late delivery leave more often?": """
        select outcome_rate, expected_outcome_rate, outcome_ratio_low, outcome_ratio_high, reason
        from marts.orders_after_experiences where sign = 'late_and_complaint' and outcome = 'lapsed'""",
    "Does a first discount make worse customers?": """
        select profiled_customers, annual_value_over_others, annual_value_over_others_low,
            annual_value_over_others_high, is_annual_value_over_others_significant
        from marts.primary_customer_profile where attribute = 'first_discount' and attribute_value = 'discounted'""",
    "Who has just passed the days after which one should worry?": """
        select customer_id, last_order_date, proposed_lapse_on from marts.customer_360
        where is_active and proposed_lapse_on between as_of - 30 and as_of""",
    "What may a point of retention cost at most?": """
        select first_year_retention_gain, first_year_retention_gain_low, first_year_retention_gain_high,
            most_to_spend_per_customer, most_to_spend_per_customer_low
        from marts.retention_economics_all where step_points = 1""",
    "Which numbers are not to be trusted yet, and why?": """
        select table_name, reason, newest_rows_with_reason, emptied_columns, smallest_n, greatest_n from meta.reasons
        where newest_rows_with_reason > 0""",
    "How many customers are there, how many active, how many lapsed?": """
        select count(*) filter (order_count > 0 or is_subscriber), count(*) filter (is_active),
            count(*) filter (lifecycle = 'lapsed')
        from marts.customer_360 where not is_unknown""",
    "What is the churn of office and home customers?": """
        select dimension_value, month_end, churn_rate_12m, reason from marts.churn where dimension = 'customer_type'""",
    "Do office and home customers leave at different rates, now and a year ago, or is it noise?": """
        select period_end, group_value, other_group_value, group_difference, group_difference_p_value,
            is_group_difference_significant, reason
        from marts.group_differences_of_values
        where metric = 'gone_rate_12m' and dimension_value = 'home member' and other_dimension_value = 'office'""",
    "Do more customers leave than a year ago, or is it noise?": """
        select group_value, other_group_value, group_difference, is_group_difference_significant, reason
        from marts.group_differences_over_a_year where metric = 'gone_rate_12m' and dimension = 'all'""",
    "How many of the last cohorts came back in month 3?": """
        select cohort_start, retention_rate
        from marts.retention_cohorts_monthly where period_number = 3 and is_complete""",
    "What are customers of a channel worth beside their cost, and when is it back?": """
        select acquisition_channel, average_clv_simple, cost_per_customer, clv_to_cost_ratio, payback_months, reason
        from marts.acquisition_economics_by_channel""",
    "Which channels cost more than they may?": """
        select acquisition_channel from marts.acquisition_economics_by_channel where is_above_most""",
    "Is the change of NPS noise?": """
        select period_end, nps, nps_before, nps_change_p_value, is_nps_change_significant
        from marts.nps where grain = 'week' and dimension = 'all'""",
    "What was the NPS of each of the last 12 months, and is the change noise?": """
        select period_start, responses, nps, nps_low, nps_high, nps_change, is_nps_change_significant
        from marts.nps_all_monthly where is_complete order by period_start desc limit 12""",
    "How long does it take until customers buy again?": """
        select median_days_to_second_order, median_days_to_second_order_low, median_days_to_second_order_high,
            second_order_rate, watched_days, reason
        from marts.second_orders_all""",
    "How many customers did each month win?": """
        select cohort_start, cohort_size from marts.monthly_cohort_sizes order by cohort_start""",
    "Are promoters worth more than detractors, and how sure is that?": """
        select annual_value_over_detractors, annual_value_over_detractors_low, annual_value_over_detractors_high,
            stands_out
        from marts.nps_value_all where nps_group = 'promoter'""",
    "What is the NPS of each region?": """
        select dimension_value, responses, nps, nps_low, nps_high, reason
        from marts.nps where dimension = 'region' and grain = 'rolling_90d'""",
    "Which regions really differ from the rest in NPS?": """
        select dimension_value, nps, nps_of_others, nps_over_others, nps_over_others_low, nps_over_others_high,
            is_nps_over_others_significant
        from marts.nps_by_value where dimension = 'region'""",
    "Is any region really different, small ones too?": """
        select dimension_value, responses, nps_over_others, is_nps_over_others_significant, reason
        from marts.nps_by_value_year where dimension = 'region'
        and period_end = (select max(period_end) from marts.nps_by_value_year)""",
    "How much money is at risk with detractors?": """
        select customers, detractor_value_at_risk_12m from marts.nps_value_all where nps_group = 'detractor'""",
    "Whom does each owner call first, and why?": """
        select owner, customer_id, why, at_stake, keepable_value, until_date
        from marts.owner_worklists where list_rank = 1""",
    "Whom do I call tomorrow, in which order, over all owners?": """
        select company_rank, customer_id, owner, next_step, why from marts.owner_worklists
        order by company_rank limit 20""",
    "How many detractors are also about to leave?": """
        select detractors_at_risk, detractors_about_to_leave from marts.nps_value_all
        where nps_group = 'detractor'""",
    "How many customers turned detractor within the week?": """
        select count(*) from marts.customer_360
        where latest_nps_group = 'detractor' and latest_nps_group_last_week is distinct from 'detractor'""",
    "What share of sales do the largest customers bring?": """
        select period_end, top_1_percent_share, top_10_percent_share from marts.revenue_concentration_12m""",
    "What do new and returning customers buy a month?": """
        select month, new_customer_sales, returning_customer_sales from marts.sales_new_vs_returning""",
    "Which first category leads to the best customers?": """
        select attribute_value, lift, lift_low, lift_high, stands_out from marts.primary_customer_profile
        where attribute = 'first_category'""",
    "What does each kind of customer buy when?": """
        select customer_type, month_of_year, season_index from marts.seasonality where category = 'all'""",
    "Do sales by product add up to orders?": """
        select sum(product_sales) from marts.product_sales
        having sum(product_sales) = (
            select sum(gross_sales - discounts) from core.orders
            where is_countable and order_date <= (select max(as_of) from marts.product_sales)
        )""",
    "Which product is sent back most, and how much money is it?": """
        select product_name, sum(refunds) as given_back,
            sum(refunded_sales) filter (is_refund_rate_complete) / sum(product_sales) filter (is_refund_rate_complete)
        from marts.product_sales where product_id <> 'unknown'
        group by product_name having given_back > 0 order by given_back desc""",
    "Why is each product sent back?": """
        select product_name, reason, sum(quantity), sum(goods)
        from core.refund_lines where is_countable and reason is not null group by all""",
    "Of how much of the refunds is no product known?": """
        select sum(refunds_beyond_lines) / sum(refunds) from marts.product_sales having sum(refunds) > 0""",
    "Who had three bad experiences?": """
        select customer_id, bad_experience_count, leading_signs, service_risk_value_12m
        from marts.service_risk_customers""",
    "To how many customers at risk may we write?": """
        select risk, count(*) filter (email_opt_in), count(*) filter (not email_opt_in),
            count(*) filter (email_opt_in is null)
        from marts.customer_360 where risk <> 'none' and not is_unknown group by risk""",
    "How long do customers wait for the first reply?": """
        select tickets_median_reply_minutes, tickets_slowest_tenth_reply_minutes, tickets_answered,
            tickets_answered_outside_hours, complaints_median_reply_minutes, reason
        from marts.support_response_last_year""",
    "Do customers wait longer than a year before, by topic?": """
        select dimension_value, group_value, other_group_value, group_difference, group_difference_p_value
        from marts.group_differences_over_a_year where metric = 'tickets_on_time_rate' and dimension = 'reason'""",
    "How much of this year's sales comes from customers won this year?": """
        select year(month), sum(won_this_year_net_sales), sum(won_this_year_net_sales) / sum(net_sales)
        from marts.sales_new_vs_returning where year(month) = year(as_of) group by all""",
    "For which topic do customers wait longest for the first reply, who still waits included?": """
        select dimension_value, tickets_median_reply_minutes, tickets_decided, tickets_on_time_rate,
            tickets_on_time_rate_low, tickets_on_time_rate_high
        from marts.support_response where grain = 'last_365d' and dimension = 'reason'
        order by tickets_median_reply_minutes desc nulls first""",
    "How many orders came late last month, and how long do they take?": """
        select period_end, late_orders, delivered_orders, late_rate, late_rate_low, late_rate_high,
            median_days_to_delivery, slowest_tenth_days_to_delivery, reason
        from marts.order_delivery_all where is_complete order by period_end desc limit 1""",
    "Which region's orders come late most often?": """
        select dimension_value, late_rate, late_rate_low, late_rate_high, delivered_orders from marts.order_delivery
        where grain = 'last_365d' and dimension = 'region' order by late_rate desc""",
    "How many complaints were answered within the hour?": """
        select sum(complaints_on_time) / sum(complaints_decided) from marts.support_response_all""",
    "How many complaints of the last year were answered within the hour, and how sure is that?": """
        select complaints_on_time_rate, complaints_on_time_rate_low, complaints_on_time_rate_high,
            complaints_decided, reason
        from marts.support_response_last_year""",
    "Do complaints with and without a reply due add up to all complaints?": """
        select sum(complaints + left_out_complaints) from marts.support_response_all
        having sum(complaints + left_out_complaints) = (
            select count(*) from marts.customer_events where event_type = 'complaint_opened'
        ) and sum(left_out_complaints) > 0""",
    "How many pieces will be sold in the next four weeks, by region, and how sure is that?": """
        select place, demand_forecast_4w, demand_forecast_4w_low, demand_forecast_4w_high, sales_forecast_4w, reason
        from marts.demand_totals where place_type = 'region'""",
    "What is a point of retention worth?": """
        select step_points, first_year_retention_gain, retention_gain, horizon_years, equal_cost_cut_rate, reason
        from marts.retention_economics_all""",
    "What is a customer worth who came by referral?": """
        select average_clv_simple, average_clv_simple_low, average_clv_simple_high
        from marts.acquisition_economics_by_channel where acquisition_channel = 'referral'""",
    "What is a customer worth whom another one brought, and does it differ from others of the same age?": """
        select brought_customers_valued, average_clv_of_brought, average_clv_of_brought_low,
            average_clv_of_brought_high, average_clv_of_others, clv_over_others, clv_over_others_low,
            clv_over_others_high, is_clv_over_others_significant, reason
        from marts.referral_worth_all""",
    "Who brought most others, and what do these bring?": """
        select customer_id, brought_customers, brought_net_sales
        from marts.referrals order by brought_customers desc""",
    "Do the net sales of last month tie out to the sources?": """
        select month, delivered_gross_sales, cancelled_gross_sales, gross_sales, gross_sales_difference, discounts,
            refunds, net_sales, net_sales_difference, reason
        from meta.sales_tie_out where delivered_gross_sales > 0 order by month desc limit 1""",
    "What did customers have to pay for the orders of last month, with shipping and tax?": """
        select month, gross_sales, discounts, shipping_charged, tax_charged, invoice_total, refund_total
        from meta.sales_tie_out where invoice_total > 0 order by month desc limit 1""",
    "Does the subscription revenue of last month tie out to the source?": """
        select month, delivered_mrr_to_date, quarantined_mrr_to_date, closing_mrr, mrr_difference, subscription_revenue,
            subscription_revenue_difference, reason
        from meta.subscription_tie_out order by month desc limit 1""",
    "How many customers lapsed, came back or turned detractor since the last run?": """
        select customer_change, changed_customers, changed_of_the_past, parent_as_of, as_of, reason
        from meta.customer_changes""",
    "What was kept out of the last run?": """
        select source, kind, rows_quarantined from meta.row_accounting where rows_quarantined > 0""",
}


@pytest.fixture(scope="module")
def con(published_demo):
    with duckdb.connect(published_demo / "home" / "current" / "regulars.duckdb", read_only=True) as con:
        yield con


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_published_file_alone_answers(con, question):
    assert con.sql(QUESTIONS[question]).fetchall()


def test_a_service_risk_is_on_a_list_exactly_where_its_call_is_due(con):
    rows = con.sql("""
        select call_status, lists.customer_id is not null, coalesce(lists.call_reason = 'service_risk', false),
            coalesce(full_lists.is_full, false)
        from marts.service_risk_customers as risks
        left join marts.owner_worklists as lists using (customer_id)
        left join (
            select owner, max(owner_customers_left_out) > 0 as is_full from marts.owner_worklists group by owner
        ) as full_lists on full_lists.owner = coalesce(risks.owner, 'unassigned')
    """).fetchall()
    assert {"due", "ordered_since"} <= {status for status, *_ in rows}
    for status, is_listed, is_reason, is_full in rows:
        assert is_listed or is_full if status == "due" else not is_reason


def test_no_text_of_the_file_points_to_a_page_that_it_does_not_hold(con):
    texts = con.sql("select comment from duckdb_tables() union all select comment from duckdb_columns()").fetchall()
    assert len(texts) > 1000
    assert [text for (text,) in texts if "docs/" in (text or "")] == []


def test_columns_that_hold_the_ids_of_another_table_are_relationships(con):
    """By value: whatever id column finds most of its values in a key of core, whatever it is called."""
    rows = con.sql("select table_name, column_names, to_table, to_column_names from meta.relationships").fetchall()
    known = {(table, columns.rpartition(", ")[2], to) for table, columns, to, _ in rows}
    keys = {(to, names.rpartition(", ")[2]) for _, _, to, names in rows}
    assert len(keys) >= 8
    ids = con.sql("""
        select table_name, column_name from meta.data_dictionary
        where (table_name like 'core.%' or table_name like 'marts.%') and column_name similar to '.*_(id|idx)'
            and table_name not in (select schema_name || '.' || view_name from duckdb_views())
    """).fetchall()
    missing = [
        (table, column, to)
        for table, column in ids
        for to, key in keys
        if table != to and (table, column, to) not in known and _holds_ids_of(con, table, column, to, key)
    ]
    of_several_tables = {("marts.bad_experiences", "subject_id"), ("marts.customer_events", "reference_id")}
    assert {(table, column) for table, column, _ in missing} <= of_several_tables


def _holds_ids_of(con, table: str, column: str, to: str, key: str) -> bool:
    ((filled, found),) = con.sql(f"""
        select count({column}), count(*) filter (cast({column} as varchar) in (select cast({key} as varchar) from {to}))
        from {table}
    """).fetchall()
    return filled > 0 and found > filled / 2 and (column.endswith("_idx") == key.endswith("_idx"))


def test_every_relationship_finds_rows_or_has_none_to_find(con):
    rows = con.sql("select table_name, column_names, to_table, to_column_names from meta.relationships").fetchall()
    empty = []
    for table, columns, to, to_columns in rows:
        pairs = list(zip(columns.split(", "), to_columns.split(", "), strict=True))
        filled = " and ".join(f"own.{name} is not null" for name, _ in pairs)
        equal = " and ".join(f"own.{name} = other.{key}" for name, key in pairs)
        ((here, found),) = con.sql(f"""
            select count(*), count(*) filter (exists (select 1 from {to} as other where {equal}))
            from {table} as own where {filled}
        """).fetchall()
        if here and not found:
            empty.append((table, columns))
    assert empty == []
