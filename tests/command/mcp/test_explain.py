"""Metrics are explained by name, by synonym and by words; a query of each gives its latest values."""

import shutil
from pathlib import Path

import duckdb
import pytest

from regulars.pipelines.command.mcp.explain import LINE, explain_metric
from regulars.pipelines.command.mcp.file_rows import read_rows
from regulars.pipelines.command.mcp.query_process import answer
from regulars.pipelines.errors import UsageWrong


def ask(file: Path, query: str) -> dict:
    """What the process of a query would answer, in this process."""
    limits = {"row_limit": 500, "character_limit": 60_000, "memory_mib": 2048}
    return answer({"file": str(file), "query": query, **limits})


def test_of_metrics_that_fit_as_well_a_line_says_what_each_is(file):
    found = explain_metric(file, "month-3 retention")
    assert "as well as each other" in found["found"]
    assert [row["metric"] for row in found["metrics"]] == [line.partition(" (")[0] for line in found["which"]]
    assert "retention_rate (marts.retention_cohorts): retained_customers / cohort_size." in found["which"][0]
    assert max(len(line) for line in [*found["which"], *found["see_also"]]) < LINE + 100


def test_where_nothing_fits_it_is_said_with_the_words_that_no_metric_says(file):
    found = explain_metric(file, "conversion rate of the website")
    assert found["metrics"] == []
    assert "No metric fits well" in found["found"]
    assert "No metric says: website." in found["found"]
    assert len(found["see_also"]) == 5
    assert len(found["tables"]) == 3
    with pytest.raises(UsageWrong, match="no metric `abandoned carts`"):
        explain_metric(file, "abandoned carts")


@pytest.mark.parametrize(
    ("words", "table"),
    [
        ("rows quarantined", "meta.quarantine_reasons"),
        ("revenue tie out to source", "meta.sales_tie_out"),
        ("currency of orders and exchange rate", "core.fx_rates"),
    ],
)
def test_where_no_metric_fits_the_tables_are_named_that_say_the_words(file, words, table):
    found = explain_metric(file, words)
    assert found["metrics"] == []
    assert table in [line.partition(" | ")[0] for line in found["tables"]]


@pytest.mark.parametrize("words", ["12-month churn office home customers", "churn of office and home customers"])
def test_a_value_that_rows_are_of_is_not_missed_in_a_metric(file, words):
    found = explain_metric(file, words)
    assert found["metrics"][0]["metric"] == "churn_rate_12m"
    assert "office: marts.churn where dimension = 'customer_type' and dimension_value = 'office'" in found["values"]
    assert "home: marts.churn where dimension = 'customer_type' and dimension_value = 'home member'" in found["values"]
    for word in found["values"].split("; "):
        condition = word.partition(" where ")[2]
        assert ask(file, f"select count(*) from marts.churn where {condition}")["rows"][0][0] > 12
    assert {"customer_type"} <= set(found["metrics"][0]["splits"]["dimension"])


@pytest.mark.parametrize(
    ("words", "grain", "number"), [("month-3 retention", "month", 3), ("week 4 retention", "week", 4)]
)
def test_a_number_of_the_words_chooses_the_rows_of_it(file, words, grain, number):
    (definition, *_) = explain_metric(file, words)["metrics"]
    assert (definition["metric"], definition["table_name"]) == ("retention_rate", "marts.retention_cohorts")
    by_hand = f"""
        select cohort_start::varchar, retention_rate from marts.retention_cohorts
        where grain = '{grain}' and dimension = 'all' and period_number = {number} order by 1 desc limit 60
    """
    found = ask(file, definition["query"])
    place = found["columns"].index("retention_rate")
    with duckdb.connect(str(file), read_only=True) as con:
        assert [(row[0], row[place]) for row in found["rows"]] == con.execute(by_hand).fetchall()
    assert found["row_count"] > 3


def test_a_synonym_leads_first_to_the_table_that_says_it(file):
    tables = [row["table_name"] for row in explain_metric(file, "revenue")["metrics"]]
    assert (tables[0], len(tables)) == ("marts.sales_new_vs_returning", 2)


def test_how_many_there_are_is_asked_apart_from_how_many_came_and_went(file):
    found = explain_metric(file, "How many customers have we, how many active, how many lost?")
    names = ["customers_to_date", "still_lapsed_customers", "active_customers"]
    assert [row["metric"] for row in found["metrics"]] == names
    everybody, lost, active = (ask(file, row["query"])["rows"][0][1] for row in found["metrics"])
    counts = "count(*) filter (lifecycle <> 'prospect'), count(*) filter (lifecycle = 'lapsed')"
    by_hand = f"select {counts} from marts.customer_360"
    assert [[everybody, lost]] == ask(file, by_hand)["rows"]
    assert everybody == lost + active
    assert explain_metric(file, "how many customers do we have")["metrics"][0]["table_name"] == "marts.predicted_totals"


def test_whether_a_change_is_noise_stands_beside_it(file):
    (definition,) = explain_metric(file, "NPS this week and last: is the change noise?")["metrics"]
    assert {"nps_change", "nps_change_verdict", "nps_change_low"} <= set(ask(file, definition["query"])["columns"])


def test_the_median_of_all_customers_comes_before_that_of_a_month(file):
    (first, *_) = explain_metric(file, "median days between first and second order")["metrics"]
    assert first["table_name"] == "marts.second_orders"


def test_a_name_that_is_part_of_others_points_at_them(file):
    found = explain_metric(file, "churn rate")
    assert [row["table_name"] for row in found["metrics"]] == ["marts.subscription_churn"]
    assert any(line.startswith("churn_rate_12m (marts.churn): ") for line in found["see_also"])


def test_a_metric_of_days_that_add_up_is_asked_for_by_month(file):
    (definition,) = explain_metric(file, "complaints_on_time_rate")["metrics"]
    found = ask(file, definition["query"])
    by_hand = """
        select date_trunc('month', period_end)::date::varchar, sum(complaints_on_time) / sum(complaints_decided),
            sum(complaints_decided)
        from marts.support_response where grain = 'day' and dimension = 'all'
        group by 1 having sum(complaints_decided) > 0 order by 1 desc
    """
    with duckdb.connect(str(file), read_only=True) as con:
        expected = [(month, pytest.approx(rate), n) for month, rate, n in con.execute(by_hand).fetchall()]
    assert [tuple(row) for row in found["rows"] if row[2]] == expected
    assert set(definition["splits"]) == {"grain", "dimension"}
    assert {"day", "week"} <= set(definition["splits"]["grain"])


def test_a_period_that_is_not_over_is_left_out(file, tmp_path):
    copy = tmp_path / "copy.duckdb"
    shutil.copyfile(file, copy)
    with duckdb.connect(str(copy)) as con:
        con.execute("""
            insert into marts.sales_new_vs_returning
            select * replace (month + interval 1 month as month, 3 as new_customers, false as is_complete)
            from marts.sales_new_vs_returning order by month desc limit 1;
            insert into marts.support_response
            select * replace (period_end + 1 as period_end)
            from marts.support_response where period_end = date '2026-06-30';
        """)
    for metric, last in [("new_customers", "2026-06-01"), ("complaints_on_time_rate", "2026-06-01")]:
        (definition, *_) = explain_metric(copy, metric)["metrics"]
        assert ask(copy, definition["query"])["rows"][0][0] == last


def test_what_is_known_in_a_month_whose_main_number_is_not_is_kept(file):
    months = {}
    for name in ("active_customers", "churn_rate_12m"):
        (definition, *_) = explain_metric(file, name)["metrics"]
        months[name] = {row[0] for row in ask(file, definition["query"])["rows"]}
    assert months["active_customers"] > months["churn_rate_12m"]


def test_a_sum_with_an_interval_is_asked_for_with_it(file):
    (definition,) = explain_metric(file, "demand_forecast_4w")["metrics"]
    found = ask(file, definition["query"])
    assert {"demand_forecast_4w", "demand_forecast_4w_low", "demand_forecast_4w_high", "reason"} <= set(
        found["columns"]
    )
    assert len(found["rows"]) == 1


def test_a_metric_that_nobody_knows_is_refused_with_those_written_alike(file):
    with pytest.raises(UsageWrong, match=r"no metric `chrun`; did you mean `churn_rate`"):
        explain_metric(file, "chrun")


@pytest.mark.slow
def test_the_query_that_each_metric_gives_is_answered(published_demo, file):
    names = [row["metric"] for row in read_rows(file, "select distinct metric from meta.metric_definitions order by 1")]
    assert len(names) > 50
    for name in names:
        for definition in explain_metric(file, name)["metrics"]:
            assert "error" not in ask(file, definition["query"]), definition["query"]


@pytest.mark.parametrize(
    ("asked", "metric"),
    [
        ("max CAC", "most_to_bid"),
        ("Highest bid", "most_to_bid"),
        ("concentration", "top_10_percent_share"),
        ("time_to_second_purchase", "median_days_to_second_order"),
        ("Repeat rate", "repeat_rate_365d"),
        ("aov", "average_order_value"),
        ("LTV", "clv_simple"),
        ("churn", "churn_rate_12m"),
        ("CLV", "clv_simple"),
        ("money at risk", "value_at_risk_of_leaving_12m"),
        ("predicted value at risk of leaving", "value_at_risk_of_leaving_12m"),
        ("revenue_at_risk_12m", "value_at_risk_of_leaving_12m"),
        ("value of all at risk", "value_at_any_risk_12m"),
        ("value_at_risk_12m", "value_at_any_risk_12m"),
        ("overdue customers", "overdue_ratio"),
        ("payback", "payback_months"),
        ("point of retention", "first_year_retention_gain"),
        ("on-time rate", "tickets_on_time_rate"),
        ("number of complaints", "all_complaints"),
        ("Net sales", "net_sales"),
    ],
)
def test_a_metric_is_found_by_what_people_call_it(file, asked, metric):
    assert {row["metric"] for row in explain_metric(file, asked)["metrics"]} == {metric}


def test_of_customers_one_by_one_those_with_most_of_it_come_first(file):
    [metric] = explain_metric(file, "most overdue customers")["metrics"]
    assert metric["query"].endswith(" order by overdue_ratio desc nulls last limit 60")
    assert metric["n_column"] == "frequency"
    found = ask(file, metric["query"])
    ratios = [row[found["columns"].index("overdue_ratio")] for row in found["rows"]]
    known = [each for each in ratios if each is not None]
    assert ratios[: len(known)] == sorted(known, reverse=True)
    assert len(known) > 3


def test_of_products_those_with_most_of_it_come_first_with_name_and_verdict(file, tmp_path):
    copy = tmp_path / "copy.duckdb"
    shutil.copyfile(file, copy)
    with duckdb.connect(str(copy)) as con:  # so small a company has no ratio
        con.execute("""
            update marts.product_preferences
            set preference_ratio = rowid % 7 + rowid / 1000, preference_ratio_verdict = 'more_often'
            where rowid % 3 > 0
        """)
        names = "product_id, product_name, category, preference_ratio, preference_ratio_verdict"
        expected = con.execute(f"""
            select {names} from marts.product_preferences where dimension = 'product'
            order by preference_ratio desc nulls last limit 60
        """).fetchall()
    [metric] = explain_metric(copy, "preference_ratio")["metrics"]
    found = ask(copy, metric["query"])
    places = [found["columns"].index(name) for name in names.split(", ")]
    known = [tuple(row[place] for place in places) for row in found["rows"] if row[places[3]] is not None]
    assert known == expected[: len(known)]
    assert 10 < len(known) < len(found["rows"]) == len(expected)
    assert places[1] == places[0] + 1
    assert found["columns"].count("product_name") == 1


def test_of_products_by_month_those_with_most_of_it_in_the_newest_month_come_first(file):
    metric = next(row for row in explain_metric(file, "product_sales")["metrics"] if "month" in row["query"])
    assert " order by month desc, product_sales desc nulls last limit " in metric["query"]
    assert ", product_id, product_name, " in metric["query"]


def test_churn_says_first_which_number_tells_whether_more_customers_leave(file):
    [churn] = explain_metric(file, "churn")["metrics"]
    assert "gone_rate_12m" in churn["definition"][:LINE]
